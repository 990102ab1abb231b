// The example events of tests/data/events, and the comparison of a wire body with what the
// contract says, byte by byte.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../data/events/', import.meta.url));

const PLACEHOLDERS = {
  evt: 'evt_[0-9A-Za-z]+',
  ms: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z',
  us: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z',
};

// Bytes are compared as latin1 text: one character is one byte, whatever they mean.
function readBytes(file) {
  const text = fs.readFileSync(file, 'latin1');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// Does the body (a Buffer) have the form of the template, with the payload (latin1) in it?
export function wireMatches(template, payload, body) {
  const pieces = template.split(/\{\{(\w+)\}\}/);
  const pattern = pieces.map((piece, index) => {
    if (index % 2 === 0) return literal(piece);
    return piece === 'payload' ? literal(payload) : PLACEHOLDERS[piece];
  });
  return new RegExp(`^${pattern.join('')}$`, 's').test(body.toString('latin1'));
}

// [{ profile, name, type, payload: Buffer, wire: string, fits(body) }]
export function examplesOf(profile) {
  const folder = path.join(FOLDER, profile);
  const names = fs.readdirSync(folder).filter((name) => !name.endsWith('.wire.json'));
  return names.map((file) => {
    const name = file.replace(/\.json$/, '');
    const payload = readBytes(path.join(folder, file));
    const wire = readBytes(path.join(folder, `${name}.wire.json`));
    return {
      profile,
      name,
      type: name.replace(/~.*/, ''),
      payload: Buffer.from(payload, 'latin1'),
      wire,
      fits: (body) => wireMatches(wire, payload, body),
    };
  });
}
