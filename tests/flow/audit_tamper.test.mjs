// Whoever writes the audit log's table behind the server's back is found out: the walk names
// the row, and a server that starts over it says so, once, and for ever.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { cliOf } from './cli_run.mjs';
import { sharedScene, startServer } from './harness.mjs';

const scene = sharedScene();
let server;
let database;
let whole; // a copy of the database, made while no server ran: twelve rows
test.before(async () => {
  server = await startServer(scene);
  for (let i = 1; i < 12; i++) await server.client.newApp({ name: `App ${i}`, profile: 'yoco' });
  await server.stop();
  database = path.join(server.dir, 'posthorn.db');
  whole = fs.readFileSync(database);
});

const FREE = 'DROP TRIGGER audit_stays; DROP TRIGGER audit_ages;';
const write = (sql) => execFileSync('sqlite3', [database, FREE + sql]);
const putBack = (bytes) => fs.writeFileSync(database, bytes);

// Starts over what is there, and gives what the walk says.
async function verified(...flags) {
  await server.start();
  return cliOf(server)('audit', 'verify', ...flags);
}

const swapped = (a, b) =>
  `UPDATE audit SET seq = -1 WHERE seq = ${a}; UPDATE audit SET seq = ${a} WHERE seq = ${b};` +
  `UPDATE audit SET seq = ${b} WHERE seq = -1;`;

// what was done: [statements, the row that is named, its fault, is it seen at the start?]
const deeds = {
  'nothing': ['', null],
  'a row was deleted': ['DELETE FROM audit WHERE seq = 5', 5, 'missing', false],
  'the oldest rows were deleted': ['DELETE FROM audit WHERE seq < 4', 1, 'missing', false],
  'an action was edited': ["UPDATE audit SET action = 'app.read' WHERE seq = 7", 7, 'changed', false],
  'an address was edited': ["UPDATE audit SET address = '10.0.0.1' WHERE seq = 2", 2, 'changed', false],
  'a time was edited': ['UPDATE audit SET at = at - 1 WHERE seq = 12', 12, 'changed', false],
  'a text goes on behind a NUL': [
    "UPDATE audit SET action = action || char(0) || 'x' WHERE seq = 3",
    3,
    'changed',
    false,
  ],
  'a number became a text': ["UPDATE audit SET at = at || 'x' WHERE seq = 3", 3, 'changed', false],
  'two rows changed places': [swapped(4, 9), 4, 'changed', false],
  'one row stands for another': [
    'DELETE FROM audit WHERE seq = 6; INSERT INTO audit SELECT 6, at, actor, actor_id, mode,' +
      ' address, app, action, kind, object, n, name, detail, before, after, result, left_out,' +
      ' hash FROM audit WHERE seq = 8',
    6,
    'changed',
    false,
  ],
  'a gap was closed': [
    'DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = -seq WHERE seq > 5;' +
      'UPDATE audit SET seq = -seq - 1 WHERE seq < 0',
    5,
    'changed',
    true,
  ],
  'the tail was cut': ['DELETE FROM audit WHERE seq > 10', 11, 'missing', true],
  'the tail was cut, and the end was edited': [
    'DELETE FROM audit WHERE seq > 10; UPDATE audit_ends SET last = 10, head =' +
      ' (SELECT hash FROM audit WHERE seq = 10)',
    11,
    'missing',
    true,
  ],
  'the record of the ends was deleted': ['DELETE FROM audit_ends', 13, 'missing', true],
  'all of it was deleted': ['DELETE FROM audit; DELETE FROM audit_ends', 1, 'missing', true],
};

for (const [what, [sql, row, fault, isSeen]] of Object.entries(deeds)) {
  test(`${what}: ${row ? `row ${row} is ${fault}` : 'all is well'}`, async () => {
    putBack(whole);
    if (sql) write(sql);
    const log = server.log.length;
    const { code, stderr } = await verified();
    await server.stop();
    assert.equal(code, row ? 1 : 0, stderr);
    assert.match(stderr, row ? new RegExp(`row ${row}: ${fault}: `) : /rows 1 to 12 are/);
    assert.equal(/audit\.broken/.test(server.log.slice(log)), isSeen ?? false);
  });
}

test('rows go on behind a cut tail, and it shows for ever', async () => {
  putBack(whole);
  write('DELETE FROM audit WHERE seq > 10');
  assert.match((await verified()).stderr, /row 11: missing/);
  await server.client.newApp({ name: 'Later', profile: 'yoco' });
  const [later, broken] = (await server.client.read('/v1/audit?limit=2')).data;
  assert.deepEqual([broken.action, broken.seq], ['audit.broken', 13]);
  assert.deepEqual([later.action, later.seq], ['app.create', 14]);
  assert.match((await cliOf(server)('audit', 'verify')).stderr, /row 11: missing/);
  assert.equal((await cliOf(server)('audit', 'verify', '--from', '14')).code, 0);
  await server.stop();
});

test('a whole older copy is found by the head that was noted', async () => {
  putBack(whole);
  await server.start();
  await server.client.newApp({ name: 'Later', profile: 'yoco' });
  const { stdout: noted } = await cliOf(server)('audit', 'verify');
  await server.stop();
  putBack(whole);
  assert.equal((await verified()).code, 0); // by itself it is whole
  const held = await cliOf(server)('audit', 'verify', '--noted', noted.trim());
  assert.equal(held.code, 1);
  assert.match(held.stderr, /row 13: noted/);
  await server.client.newApp({ name: 'Another', profile: 'yoco' }); // nor with another row 13
  assert.equal((await cliOf(server)('audit', 'verify', '--noted', noted.trim())).code, 1);
  await server.stop();
});

test('an ordinary slip of a statement is refused by the table itself', () => {
  putBack(whole);
  const slip = (sql) => execFileSync('sqlite3', [database, sql], { stdio: 'pipe' });
  assert.throws(() => slip('DELETE FROM audit WHERE seq = 12'), /only added to/);
  assert.throws(() => slip("UPDATE audit SET action = ''"), /only added to/);
});
