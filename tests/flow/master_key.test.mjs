// API keys and the master key: a new primary master key shuts nobody out; what API keys are
// hashed under lies sealed in the database, and is neither changed nor made anew in silence.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { startServer, until } from './harness.mjs';

const DAMAGED = 65;
const CONFIG = 78;

const sql = (server, text) =>
  execFileSync('sqlite3', [path.join(server.dir, 'posthorn.db'), text], { encoding: 'utf8' });

// Another master key before the one that is there, and from now on the one that seals.
function addPrimary(server) {
  const file = path.join(server.dir, 'master.key');
  const old = fs.readFileSync(file, 'utf8').replace(/ primary/g, '');
  const key = crypto.randomBytes(32).toString('base64');
  fs.writeFileSync(file, `new ${key} primary\n${old}`, { mode: 0o600 });
}

test('a new primary master key shuts no API key out', async (t) => {
  const server = await startServer(t);
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { key } = await server.client.newKey(app, { name: 'Till' });
  await server.stop();
  addPrimary(server);
  await server.start();
  assert.equal((await server.client.get('/v1/apps')).status, 200);
  assert.equal((await server.client.get('/v1/profiles', { key })).status, 200);
  const later = await server.client.newKey(app, { name: 'Later' });
  await server.stop();
  await server.start();
  assert.equal((await server.client.get('/v1/profiles', { key: later.key })).status, 200);
});

const faults = [
  ['swapped with the id key', DAMAGED, "UPDATE setting SET value = (SELECT value FROM setting WHERE name = 'id_key') WHERE name = 'pepper'"],
  ['taken away', DAMAGED, "DELETE FROM setting WHERE name = 'pepper'"],
  ['cut short', DAMAGED, "UPDATE setting SET value = substr(value, 1, length(value) - 4) WHERE name = 'pepper'"],
  ['nonsense', DAMAGED, "UPDATE setting SET value = 'x' WHERE name = 'pepper'"],
];
for (const [what, code, statement] of faults) {
  test(`the pepper ${what}: no start`, async (t) => {
    const server = await startServer(t);
    assert.match(sql(server, "SELECT value FROM setting WHERE name = 'pepper'"), /^v1\./);
    await server.stop();
    sql(server, statement);
    server.spawn();
    await until(() => server.gone, 'the server to end');
    assert.equal(server.gone.code, code, server.log);
    assert.doesNotMatch(server.log.split('server.stopped').pop(), /v1\./);
  });
}

test('another master key: no start', async (t) => {
  const server = await startServer(t);
  await server.stop();
  const file = path.join(server.dir, 'master.key');
  const text = fs.readFileSync(file, 'utf8');
  const other = crypto.randomBytes(32).toString('base64');
  fs.writeFileSync(file, text.replace(/[A-Za-z0-9+/]{43}=/, other), { mode: 0o600 });
  server.spawn();
  await until(() => server.gone, 'the server to end');
  assert.equal(server.gone.code, CONFIG, server.log);
});

test('what is stored of a key opens nothing', async (t) => {
  const server = await startServer(t);
  const tail = server.key.slice(-49);
  await server.stop();
  for (const name of fs.readdirSync(server.dir)) {
    if (name === 'operator.key') continue;
    const bytes = fs.readFileSync(path.join(server.dir, name));
    assert.ok(!bytes.includes(tail.slice(0, 43)), name);
  }
});
