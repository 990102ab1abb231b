// --retention-days: what has ended long ago goes; what is open, or newer, stays.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { openShop, startServer, until } from './harness.mjs';

const DAY_MS = 86400000;

// Makes everything in a stopped server's database so many days older: ids are times.
function age(server, days) {
  const file = path.join(server.dir, 'posthorn.db');
  const ids = BigInt(days * DAY_MS) << 22n;
  const ended = `CASE WHEN ended > 0 THEN ended - ${days * DAY_MS} ELSE 0 END`;
  execFileSync('sqlite3', [
    file,
    `UPDATE attempt SET event = event - ${ids};
     UPDATE delivery SET event = event - ${ids}, ended = ${ended};
     UPDATE event SET id = id - ${ids}, created = created - ${days * DAY_MS};
     UPDATE idem_log SET event = event - ${ids};`,
  ]);
}

test('after 30 days what has ended is gone, and a retry of it is 410', async (t) => {
  const flags = ['--retention-days', '0'];
  const first = await startServer(t, { flags });
  const shop = await openShop(t, first, {
    profile: 'standard',
    script: [200, 500],
    fields: { waits: [3600] },
  });
  await shop.reaches(await shop.order(), 'delivered');
  await shop.hasAttempts(await shop.order(), 1); // it waits
  await first.stop();
  age(first, 40);

  const keeps = await startServer(t, { dir: first.dir, flags });
  const rows = await keeps.client.deliveries(shop.app);
  assert.deepEqual(rows.map(({ state }) => state).sort(), ['delivered', 'waiting']);
  const old = rows.find(({ state }) => state === 'delivered');
  await keeps.stop();

  const drops = await startServer(t, { dir: first.dir });
  const left = async () => (await drops.client.deliveries(shop.app)).length === 1;
  await until(left, 'the old one to go');
  const api = drops.client;
  assert.equal((await api.retry(shop.app, old.id)).status, 410);
  assert.equal((await api.get(`/v1/apps/${shop.app}/events/${old.event}`)).status, 404);
  const [open] = await api.deliveries(shop.app);
  assert.equal(open.state, 'waiting');
  assert.equal((await api.retry(shop.app, open.id)).status, 202);
});
