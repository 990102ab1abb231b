// The example events of tests/data/events, and the comparison of a wire body with what the
// contract says, byte by byte.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../data/events/', import.meta.url));

const RFC3339 = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d';
const PLACEHOLDERS = {
  evt: /^evt_[0-9A-Za-z]+/,
  ms: new RegExp(`^${RFC3339}\\.\\d{3}Z`),
  us: new RegExp(`^${RFC3339}\\.\\d{6}Z`),
};

// Bytes are compared as latin1 text: one character is one byte, whatever they mean.
function readBytes(file) {
  const text = fs.readFileSync(file, 'latin1');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

// Does the body (a Buffer) have the form of the template, with the payload (latin1) in it?
export function wireMatches(template, payload, body) {
  let rest = body.toString('latin1');
  for (const [index, piece] of template.split(/\{\{(\w+)\}\}/).entries()) {
    let expected = piece;
    if (index % 2 === 1) {
      expected = piece === 'payload' ? payload : PLACEHOLDERS[piece].exec(rest)?.[0];
    }
    if (expected === undefined || !rest.startsWith(expected)) return false;
    rest = rest.slice(expected.length);
  }
  return rest === '';
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
