// docs/api.md names the routes as openapi.yaml does today; a page that does not is found out.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const PAGE = here('../../docs/api.md');
const run = (...args) =>
  spawnSync(process.execPath, [here('../../tools/api-docs.mjs'), ...args], { encoding: 'utf8' });

test('docs/api.md is what openapi.yaml makes it', () => {
  const { status, stderr } = run('--check');
  assert.equal(status, 0, stderr);
});

test('a page without one route is found out, and mended', (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-page-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const copy = path.join(dir, 'api.md');
  const page = fs.readFileSync(PAGE, 'utf8');
  const less = page.replace(/^\| `GET \/v1\/apps` .*\n/m, '');
  assert.notEqual(less, page);
  fs.writeFileSync(copy, less);
  assert.equal(run('--check', copy).status, 1);
  assert.equal(run(copy).status, 0);
  assert.equal(fs.readFileSync(copy, 'utf8'), page);
});
