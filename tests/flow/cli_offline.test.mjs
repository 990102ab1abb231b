// What the command line does to a data folder without a server: the schema's steps.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { makeFolder, run, writeFile } from './cli_run.mjs';
import { startServer } from './harness.mjs';

// A data folder that a server has made and left.
async function makeData(t) {
  const dir = makeFolder(t);
  const server = await startServer(t, { dir });
  await server.stop();
  return dir;
}

// A number in the head of the database's file: 60 its schema, 68 whose it is.
function putNumber(file, at, number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, bytes, 0, 4, at);
  fs.closeSync(fd);
}

test('migrate finds nothing to do, and --check says so', async (t) => {
  const dir = await makeData(t);
  for (const more of [[], ['--check']]) {
    const { code, stdout, stderr } = await run(['migrate', '--data-dir', dir, ...more]);
    assert.deepEqual([code, stdout], [0, ''], stderr);
    assert.match(stderr, /has schema 1/);
  }
});

test('migrate leaves a running server alone; --check may look', async (t) => {
  const server = await startServer(t);
  const env = { POSTHORN_DATA_DIR: server.dir };
  const { code, stderr } = await run(['migrate'], { env });
  assert.equal(code, 75);
  assert.match(stderr, new RegExp(`held by process ${server.child.pid}, another server\\n.*stop that server`));
  assert.equal((await run(['migrate', '--check'], { env })).code, 0);
});

const refused = [
  ['a newer schema', 60, 9, /newer version/],
  ['another program', 68, 7, /not a database of this program/],
];
for (const [what, at, number, words] of refused) {
  test(`a file of ${what} is refused and left as it is`, async (t) => {
    const dir = await makeData(t);
    const file = path.join(dir, 'posthorn.db');
    putNumber(file, at, number);
    const before = fs.readFileSync(file);
    for (const more of [[], ['--check']]) {
      const { code, stderr } = await run(['migrate', '--data-dir', dir, ...more]);
      assert.equal(code, 65);
      assert.match(stderr, words);
    }
    assert.ok(fs.readFileSync(file).equals(before));
  });
}

test('where there is nothing, migrate makes nothing', async (t) => {
  const dir = makeFolder(t);
  const config = writeFile(dir, 'config', `data-dir=${dir}/none\n`);
  assert.equal((await run(['migrate', '--config', config])).code, 4);
  assert.equal((await run(['migrate', '--data-dir', dir, '--check'])).code, 4);
  assert.deepEqual(fs.readdirSync(dir), ['config']);
});
