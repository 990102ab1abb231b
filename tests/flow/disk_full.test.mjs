// A full disk: accepting is refused with 503, nothing acknowledged is lost, and the server
// heals by itself when there is room again. Needs root, to mount a small file system.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { openShop, startServer, until } from './harness.mjs';

const SIZE = '320m'; // room enough that the server does not call it full from the start
const PIECE = 65536;

// A small file system of our own, or why there is none.
function mountSmall(t) {
  if (process.getuid() !== 0) return { why: 'only root may mount a small file system' };
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', dir], {
      stdio: 'pipe',
    });
  } catch (error) {
    fs.rmdirSync(dir);
    return { why: `this machine does not let us mount: ${error.stderr}` };
  }
  t.after(() => {
    execFileSync('umount', ['-l', dir]);
    fs.rmdirSync(dir);
  });
  return { dir };
}

// Takes all that is free; the answer gives it back.
function fill(dir) {
  const ballast = path.join(dir, 'ballast');
  const file = fs.openSync(ballast, 'w');
  const piece = Buffer.alloc(PIECE);
  try {
    for (let len = PIECE; len > 0;) len = fs.writeSync(file, piece, 0, len);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  }
  fs.closeSync(file);
  return () => fs.rmSync(ballast);
}

test('a full disk: 503, then healed; nothing acknowledged is lost', async (t) => {
  const { dir, why } = mountSmall(t);
  if (!dir) return t.skip(why);
  const server = await startServer(t, { dir });
  t.diagnostic(`data folder on a tmpfs of ${SIZE}`);
  const shop = await openShop(t, server, { profile: 'devdraft' });
  const acked = [];
  const send = async () => {
    const answer = await shop.api.send(
      shop.app,
      'payment.completed',
      `"${'x'.repeat(8000)}"`,
    );
    if (answer.status === 202) acked.push(answer.json.id);
    return answer;
  };
  assert.equal((await send()).status, 202);
  const free = fill(dir);
  const refused = await until(
    async () => {
      const answer = await send();
      return answer.status !== 202 && answer;
    },
    'the server to refuse',
    20000,
  );
  assert.equal(refused.status, 503, refused.text);
  assert.ok(refused.headers['retry-after'], 'it says when to come again');
  assert.equal((await server.client.get('/healthz')).status, 200, 'the server goes on');
  free();
  await until(async () => (await send()).status === 202, 'the server to heal', 10000);
  await server.kill9();
  await server.start();
  const kept = new Set((await shop.api.events(shop.app)).map(({ id }) => id));
  assert.deepEqual(
    acked.filter((id) => !kept.has(id)),
    [],
  );
  await until(
    () =>
      new Set(shop.receiver.done.map(({ headers }) => headers['x-webhook-id'])).size >=
      acked.length,
    'all acknowledged events to arrive',
  );
});

test('a full disk: no backup is begun, and the words say why', async (t) => {
  const { dir, why } = mountSmall(t);
  if (!dir) return t.skip(why);
  const server = await startServer(t, { dir });
  const makeRoom = fill(dir);
  const refused = await server.client.request('POST', '/v1/backups');
  assert.equal(refused.status, 503, refused.text);
  assert.equal(refused.json.code, 'disk_full');
  assert.match(refused.json.detail, /takes up to \d+ MiB, and of the \d+ MiB that are free/);
  assert.deepEqual(fs.readdirSync(path.join(dir, 'backups')), []);
  makeRoom();
  const begun = await server.client.request('POST', '/v1/backups');
  assert.equal(begun.status, 202, begun.text);
  const isDone = async () => {
    const { data } = (await server.client.get('/v1/backups')).json;
    return data[0].name === begun.json.name && data[0].state === 'done';
  };
  await until(isDone, 'the backup to be made');
});
