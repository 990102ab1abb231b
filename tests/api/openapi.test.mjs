// openapi.yaml as two linters see it: nothing to find. Each must find a fault that was put in.
// That it names every route, and nothing else, tests/unit/test_routes.c says; that the server
// keeps to it, tests/flow/prism.test.mjs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const DOCUMENT = here('../../openapi.yaml');
const SPECTRAL = here('../../node_modules/.bin/spectral');

// The recommended rules but one: what an operation answers by default is its 4xx.
const rules = { 'operation-4xx-response': 'off' };

async function redocly(file) {
  const config = await createConfig({ extends: ['recommended'], rules });
  const problems = await lint({ ref: file, config });
  return problems.map(
    ({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`,
  );
}

function spectral(file) {
  const args = ['lint', file, '--ruleset', here('spectral.yaml'), '--format', 'json', '--quiet'];
  args.push('--fail-severity', 'hint');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [fs.realpathSync(SPECTRAL), ...args], (error, stdout, stderr) => {
      if (error && error.code !== 1) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout.slice(stdout.indexOf('['))).map(said));
    });
  });
}

const said = ({ code, message, path: at, range }) =>
  `${code} line ${range.start.line + 1} ${at.join('/')}: ${message}`;

// A copy with a fault in it: an operation that says nothing of its answers.
function faulty(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-openapi-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const file = path.join(dir, 'openapi.yaml');
  const text = fs.readFileSync(DOCUMENT, 'utf8');
  fs.writeFileSync(file, text.replace('\npaths:\n', '\npaths:\n  /fault: {get: {summary: A}}\n'));
  return file;
}

for (const [name, find] of [['redocly', redocly], ['spectral', spectral]]) {
  test(`${name} finds nothing in openapi.yaml`, async () => {
    assert.deepEqual(await find(DOCUMENT), []);
  });
  test(`${name} finds a fault`, async (t) => {
    assert.ok((await find(faulty(t))).length > 0);
  });
}
