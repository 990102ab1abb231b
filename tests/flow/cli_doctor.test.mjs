// posthorn doctor finds what is wrong, says the way out, and changes nothing.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { cliOf, makeFolder, rowsOf, run, startAnswerer, writeFile } from './cli_run.mjs';
import { freePort, openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => (server = await startServer(scene, { timeScale: 100 })));

// check → { verdict, text, hint }; the last one of its name.
function found({ stdout }) {
  const rows = rowsOf(stdout).map(([verdict, check, text, hint]) => [
    check,
    { verdict, text, hint },
  ]);
  return Object.fromEntries(rows);
}

async function makeData(t) {
  const dir = makeFolder(t);
  fs.chmodSync(dir, 0o700);
  const one = await startServer(t, { dir });
  await one.stop();
  return dir;
}

const look = (dir, ...more) => run(['doctor', '--data-dir', dir, ...more]);

test('all is well with a server', async () => {
  const seen = await cliOf(server)('doctor');
  assert.equal(seen.code, 0, seen.stderr);
  const checks = found(seen);
  for (const name of ['server', 'tls', 'ready', 'version', 'clocks', 'key', 'waiting'])
    assert.equal(checks[name].verdict, 'ok', `${name}: ${checks[name].text}`);
  assert.equal(checks.mail.verdict, 'warn');
  assert.match(checks.mail.hint, /--smtp-url/);
});

test('--json is one document of the same', async () => {
  const { code, stdout } = await cliOf(server)('doctor', '--json');
  const document = JSON.parse(stdout);
  assert.deepEqual([code, document.ok], [0, true]);
  assert.ok(document.checks.some(({ check, verdict }) => check === 'ready' && verdict === 'ok'));
});

test('a server that is not there', async () => {
  const env = { POSTHORN_URL: `http://127.0.0.1:${await freePort()}` };
  const seen = await run(['doctor'], { env });
  assert.equal(seen.code, 1);
  assert.equal(found(seen).server.verdict, 'fail');
  assert.match(found(seen).server.hint, /is it started/);
});

test('a key that is none, and none at all', async (t) => {
  const file = writeFile(makeFolder(t), 'key', `ph_live_${'0'.repeat(61)}`);
  for (const [env, words] of [
    [{ POSTHORN_API_KEY_FILE: file }, /does not know this key/],
    [{}, /none is given/],
  ]) {
    const seen = await run(['doctor'], { env: { POSTHORN_URL: server.base, ...env } });
    assert.equal(seen.code, 1);
    assert.match(found(seen).key.text, words);
    assert.match(found(seen).key.hint, /operator\.key/);
  }
});

test("an app's key: whose it is and what it may", async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const asked = { name: 'till', scopes: ['event:create', 'delivery:read'] };
  const made = await server.client.post(`/v1/apps/${shop.app}/keys`, asked);
  const env = { POSTHORN_API_KEY: made.json.key, POSTHORN_API_KEY_FILE: '' };
  const cli = cliOf(server, env);
  const { text } = found(await cli('doctor')).key;
  assert.match(text, new RegExp(`of app ${shop.app}, and may .*delivery:read`));
  assert.match(text, /event:create/);
});

test('webhooks that are disabled, or give up', async (t) => {
  const off = await openShop(t, server, { profile: 'standard', fields: { enabled: false } });
  const fields = { waits: [] };
  const bad = await openShop(t, server, { profile: 'standard', script: [500], fields });
  await bad.reaches(await bad.order(), 'failed');
  const cli = cliOf(server);
  const lines = await until(async () => {
    const { stdout } = await cli('doctor');
    return stdout.includes('given up in 24 hours: 1\twhy') && stdout;
  }, 'the failure to be counted');
  assert.match(lines, new RegExp(`${off.webhook.id}\\) is disabled.*posthorn webhook enable ${off.webhook.id}`));
  assert.match(lines, new RegExp(`delivery list --app ${bad.app} --webhook ${bad.webhook.id}`));
});

test('a clock that is far off', async (t) => {
  const headers = { Date: new Date(Date.now() - 3600e3).toUTCString() };
  const { base } = await startAnswerer(t, 200, '{"status":"ok"}', headers);
  const seen = await run(['doctor'], { env: { POSTHORN_URL: base } });
  assert.equal(found(seen).clocks.verdict, 'fail');
  assert.match(found(seen).clocks.text, /3(599|600|601) s/);
});

test('all is well with a folder that a server left', async (t) => {
  const dir = await makeData(t);
  const before = fs.readFileSync(path.join(dir, 'posthorn.db'));
  const seen = await look(dir);
  assert.equal(seen.code, 0, seen.stdout);
  const checks = found(seen);
  for (const name of ['folder', 'disk', 'masterkey', 'operator', 'lock', 'database'])
    assert.equal(checks[name].verdict, 'ok', `${name}: ${checks[name].text}`);
  for (const name of ['whole', 'fit', 'ca']) assert.equal(checks[name].verdict, 'ok', name);
  assert.ok(fs.readFileSync(path.join(dir, 'posthorn.db')).equals(before));
  const names = ['master.key', 'operator.key', 'posthorn.db', 'posthorn.inflight'];
  assert.deepEqual(fs.readdirSync(dir).sort(), [...names, 'posthorn.lock']);
});

test("a running server's database is not opened", async () => {
  const checks = found(await look(server.dir));
  assert.match(checks.lock.text, new RegExp(`process ${server.child.pid} works on it`));
  assert.equal(checks.whole, undefined);
  assert.equal(checks.fit, undefined);
});

const wrongs = [
  ['a folder that is open', 'folder', (dir) => fs.chmodSync(dir, 0o777), /chmod 700/],
  ['a key that is open', 'masterkey', (dir) => fs.chmodSync(`${dir}/master.key`, 0o644), /chmod 600/],
  ['no master key', 'masterkey', (dir) => fs.rmSync(`${dir}/master.key`), /from your copy/],
  [
    'another master key',
    'fit',
    (dir) => {
      const line = fs.readFileSync(`${dir}/master.key`, 'utf8');
      const other = crypto.randomBytes(32).toString('base64');
      fs.writeFileSync(`${dir}/master.key`, line.replace(/ .*/, ` ${other}`));
    },
    /^$/,
  ],
  [
    'a database that is damaged',
    'whole',
    (dir) => {
      const fd = fs.openSync(`${dir}/posthorn.db`, 'r+');
      fs.writeSync(fd, Buffer.alloc(8192, 7), 0, 8192, 4096);
      fs.closeSync(fd);
    },
    /backup restore/,
  ],
  ['no folder', 'folder', (dir) => fs.rmSync(dir, { recursive: true }), /--data-dir/],
];
for (const [what, check, spoil, hint] of wrongs) {
  test(`${what} is found`, async (t) => {
    const dir = await makeData(t);
    spoil(dir);
    const seen = await look(dir);
    assert.equal(seen.code, 1, seen.stdout);
    assert.equal(found(seen)[check].verdict, 'fail');
    assert.match(found(seen)[check].hint, hint);
  });
}
