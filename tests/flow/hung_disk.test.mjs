// A disk that hangs, neither writing nor failing: nothing is acknowledged that is not on it,
// and a stop ends in time all the same.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { openShop, orders, sleep, startServer } from './harness.mjs';

const IO_ERROR = 74;
const STOP_MS = 20000;

test('a stop ends within 20 s, and what was acknowledged is there', async (t) => {
  const hungWhile = path.join(os.tmpdir(), `posthorn-hung-${process.pid}`);
  t.after(() => fs.rmSync(hungWhile, { force: true }));
  const server = await startServer(t, { hungWhile });
  const shop = await openShop(t, server, { profile: 'yoco' });
  const delivery = await shop.order();
  await shop.reaches(delivery, 'delivered');

  fs.writeFileSync(hungWhile, '');
  const { type, payload } = orders.yoco;
  const sent = shop.api.send(shop.app, type, payload).then(
    ({ status }) => status,
    () => null,
  );
  await sleep(200);
  const stoppedAt = performance.now();
  const { code } = await server.stop();
  assert.ok(performance.now() - stoppedAt < STOP_MS);
  assert.equal(code, IO_ERROR, server.log);
  assert.match(server.log, /server\.cut_short/);
  assert.notEqual(await sent, 202);

  fs.rmSync(hungWhile);
  await server.start();
  assert.equal((await shop.delivery(delivery)).state, 'delivered');
  const { code: atEase } = await server.stop();
  assert.equal(atEase, 0);
});
