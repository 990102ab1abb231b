// Backups: made while the server works, put back elsewhere, and what is refused on the way.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { cliOf, makeFolder, objectOf, rowsOf, run } from './cli_run.mjs';
import { freePort, openShop, orders, startServer, until } from './harness.mjs';

const keys = ['master.key', 'operator.key'];

// A folder with the keys of the server's, and nothing else.
function elsewhere(t, server) {
  const dir = makeFolder(t);
  for (const name of keys) fs.copyFileSync(path.join(server.dir, name), path.join(dir, name));
  return dir;
}

async function makeBackup(server) {
  const { code, stdout, stderr } = await cliOf(server)('backup', 'create', '--wait');
  assert.equal(code, 0, stderr);
  return objectOf(stdout);
}

const restore = (file, dir, ...more) =>
  run(['backup', 'restore', file, '--data-dir', dir, ...more]);

// Events one after the other until it is told to stop; gives the ids that were answered 202.
function startLoad(shop) {
  const accepted = [];
  let isOver = false;
  const go = async () => {
    while (!isOver) {
      const { type, payload } = orders[shop.profile];
      const answer = await shop.api.send(shop.app, type, payload).catch(() => null);
      if (answer?.status === 202) accepted.push(answer.json);
    }
  };
  const all = Promise.all([1, 2, 3, 4].map(go));
  return { accepted, stop: () => ((isOver = true), all) };
}

// What evt_… and the msg_… on the wire have in common.
const sameOf = (id) => id.slice(-22);

// Listens on the port that nobody listened on, and keeps the ids that come.
async function openPort(t, port) {
  const ids = new Set();
  const server = http.createServer((request, response) => {
    ids.add(sameOf(request.headers['webhook-id']));
    request.resume();
    response.end();
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => server.close());
  return ids;
}

test('under load: all that was accepted before it is in it, and is delivered', async (t) => {
  const server = await startServer(t, { timeScale: 20 });
  const port = await freePort();
  const fields = { waits: Array(12).fill(60) };
  const shop = await openShop(t, server, { profile: 'standard', fields });
  await openShop(t, server, {
    ...{ profile: 'standard', fields, app: shop.app },
    url: `http://127.0.0.1:${port}/`,
  });
  const load = startLoad(shop);
  await until(() => load.accepted.length >= 300, 'the load to run');
  const before = load.accepted.slice();
  const backup = await makeBackup(server);
  const during = load.accepted.length;
  assert.ok(during > before.length, 'events were accepted meanwhile');
  await load.stop();
  await server.kill9();

  const dir = elsewhere(t, server);
  const put = await restore(backup.file, dir);
  assert.equal(put.code, 0, put.stderr);
  assert.match(put.stderr, /goes out again.*by its id/);
  const ids = await openPort(t, port);
  const second = await startServer(t, { dir, timeScale: 20 });
  for (const event of before) {
    const found = await second.client.get(`/v1/apps/${shop.app}/events/${event.id}`);
    assert.equal(found.status, 200, event.id);
  }
await until(() => before.every(({ id }) => ids.has(sameOf(id))), 'all to reach the shut one', 30000);
  for (const { deliveries } of before.slice(0, 50)) {
    for (const { id } of deliveries) {
      const there = async () =>
        (await second.client.delivery(shop.app, id)).state === 'delivered';
      await until(there, `${id} to be delivered`, 20000);
    }
  }
});

test('a backup is one file that sqlite and sha256sum find right', async (t) => {
  const server = await startServer(t);
  const backup = await makeBackup(server);
  const bytes = fs.readFileSync(backup.file);
  assert.equal(bytes.subarray(0, 15).toString(), 'SQLite format 3');
  assert.equal(bytes[18], 1, 'it needs no log beside it');
  assert.equal(fs.statSync(backup.file).mode & 0o777, 0o600);
  assert.equal(crypto.createHash('sha256').update(bytes).digest('hex'), backup.sha256);
  const [line] = fs.readFileSync(`${backup.file}.sha256`, 'utf8').split('\n');
  assert.equal(line, `${backup.sha256}  ${backup.name}`);
  execFileSync('sha256sum', ['-c', `${backup.name}.sha256`], {
    cwd: path.dirname(backup.file),
  });
  assert.deepEqual(fs.readdirSync(path.dirname(backup.file)).sort(), [
    backup.name,
    `${backup.name}.sha256`,
  ]);
});

test('one at a time, and the newest are kept', async (t) => {
  const server = await startServer(t, { flags: ['--backups-kept', '2'] });
  const folder = path.join(server.dir, 'backups');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'mine.db'), 'not of its making');
  fs.writeFileSync(path.join(folder, 'posthorn-x.db.part'), 'of a killed process');
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => server.client.post('/v1/backups')),
  );
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses[0], 202);
  assert.ok(statuses.includes(409), `${statuses}`);
  const refused = answers.find(({ status }) => status === 409).json;
  assert.match(refused.detail, /being made already/);
  const log = (await server.client.get('/v1/audit?action=backup.create&limit=100')).json.data;
  const made = statuses.filter((status) => status === 202);
  assert.equal(log.length, made.length, 'a row for each that was begun, and for no other');
  const isQuiet = async () =>
    (await server.client.get('/v1/backups')).json.data.every(({ state }) => state === 'done');
  await until(isQuiet, 'it to be made');
  const names = [];
  for (let i = 0; i < 3; i++) names.unshift((await makeBackup(server)).name);
  const listed = rowsOf((await cliOf(server)('backup', 'list')).stdout);
  assert.deepEqual(
    listed.map(([name, state]) => [name, state]),
    names.slice(0, 2).map((name) => [name, 'done']),
  );
  assert.equal(fs.readdirSync(folder).length, 2 * 2 + 1);
  assert.ok(fs.existsSync(path.join(folder, 'mine.db')));
});

test('a backup that cannot be written says why', async (t) => {
  const server = await startServer(t);
  const folder = path.join(server.dir, 'backups');
  fs.writeFileSync(folder, 'a file where the folder should be');
  const refused = await cliOf(server)('backup', 'create', '--wait');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /backups: Not a directory/);
  const log = async () => (await server.client.get('/v1/audit?action=backup.create')).json.data;
  assert.deepEqual(await log(), []);
  fs.rmSync(folder);
  await makeBackup(server);
  assert.equal((await log()).length, 1);
});

test('restore refuses what would go wrong, and touches nothing', async (t) => {
  const server = await startServer(t);
  const { file } = await makeBackup(server);
  const held = await restore(file, server.dir, '--replace');
  assert.equal(held.code, 75, held.stderr);
  assert.match(held.stderr, new RegExp(`held by process ${server.child.pid}`));
  await server.stop();
  const there = await restore(file, server.dir);
  assert.equal(there.code, 5);
  assert.match(there.stderr, /--replace moves it aside/);

  const dir = elsewhere(t, server);
  const broken = path.join(dir, 'broken.db');
  const bytes = fs.readFileSync(file);
  const rows = [
    ['cut off', bytes.subarray(0, bytes.length / 2), 65, /cut off/],
    ['no database', Buffer.alloc(9999, 'x'), 65, /not a database of this program/],
    ['empty', Buffer.alloc(0), 65, /too short/],
    ['damaged', Buffer.concat([bytes.subarray(0, 8192), Buffer.alloc(bytes.length - 8192)]), 65, /damaged/],
  ];
  for (const [what, content, code, words] of rows) {
    fs.writeFileSync(broken, content);
    const refused = await restore(broken, dir);
    assert.equal(refused.code, code, `${what}: ${refused.stderr}`);
    assert.match(refused.stderr, words, what);
  }
  fs.writeFileSync(broken, Buffer.concat([bytes, Buffer.alloc(1)]));
  fs.copyFileSync(`${file}.sha256`, `${broken}.sha256`);
  const changed = await restore(broken, dir);
  assert.equal(changed.code, 65);
  assert.match(changed.stderr, /not what its digest/);

  const key = path.join(dir, 'master.key');
  const line = fs.readFileSync(key, 'utf8');
  fs.writeFileSync(key, line.replace(/ .*/, ` ${crypto.randomBytes(32).toString('base64')}`));
  const wrong = await restore(file, dir);
  assert.equal(wrong.code, 78);
  assert.match(wrong.stderr, /not the master key/);
  fs.rmSync(key);
  assert.equal((await restore(file, dir)).code, 78);
  const left = fs.readdirSync(dir).filter((name) => !name.startsWith('broken'));
  assert.deepEqual(left.sort(), ['operator.key', 'posthorn.lock']);
});

test('--replace keeps what was there', async (t) => {
  const server = await startServer(t);
  const { file } = await makeBackup(server);
  await server.client.newApp({ name: 'Later', profile: 'standard' });
  await server.kill9();
  const put = await restore(file, server.dir, '--replace');
  assert.equal(put.code, 0, put.stderr);
  const aside = () => fs.readdirSync(server.dir).filter((name) => /\.db\.before-\d+$/.test(name));
  assert.equal(aside().length, 1);
  for (const kept of [2, 3]) {
    assert.equal((await restore(file, server.dir, '--replace')).code, 0);
    assert.equal(aside().length, kept, 'however soon after the last one');
  }
  await server.start();
  assert.equal((await server.client.get('/v1/apps')).json.data.length, 0);
});

test('a log whose database is gone is not played over the one that comes', async (t) => {
  const server = await startServer(t);
  const { file } = await makeBackup(server);
  await server.client.newApp({ name: 'Later', profile: 'standard' });
  await server.kill9();
  fs.rmSync(path.join(server.dir, 'posthorn.db'));
  assert.ok(fs.statSync(path.join(server.dir, 'posthorn.db-wal')).size > 0);
  const put = await restore(file, server.dir);
  assert.equal(put.code, 0, put.stderr);
  assert.ok(fs.readdirSync(server.dir).some((name) => /\.db\.before-\d+-wal$/.test(name)));
  await server.start();
  assert.equal((await server.client.get('/v1/apps')).json.data.length, 0);
});

const skip = process.getuid() === 0 ? false : 'only root has what no other may read';

test("root's own backup is held to its digest, though the server is another's", { skip }, async (t) => {
  const server = await startServer(t);
  const { file } = await makeBackup(server);
  await server.stop();
  const dir = elsewhere(t, server);
  const NOBODY = 65534;
  for (const name of ['', ...keys]) fs.chownSync(path.join(dir, name), NOBODY, NOBODY);
  fs.appendFileSync(file, 'more'); // in a folder of root's alone
  const refused = await restore(file, dir);
  assert.equal(refused.code, 65, refused.stderr);
  assert.match(refused.stderr, /not what its digest/);
  fs.truncateSync(file, fs.statSync(file).size - 4);
  assert.equal((await restore(file, dir)).code, 0);
  assert.equal(fs.statSync(path.join(dir, 'posthorn.db')).uid, NOBODY);
});
