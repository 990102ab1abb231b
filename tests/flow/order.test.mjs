// order_key: events of one key reach a webhook in the order in which they were accepted.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { timeScale: 10, workers: 2 });
});

const open = (t, script, fields) => openShop(t, server, { profile: 'standard', script, fields });
const numberOf = (request) => JSON.parse(request.body).data.n;

async function send(shop, n, key) {
  const more = key === undefined ? '' : `,"order_key":${JSON.stringify(key)}`;
  return (await shop.send('order.paid', JSON.stringify({ n }), { more })).deliveries[0].id;
}

test('one that fails holds its own key, and only that', async (t) => {
  const shop = await open(t, [500, 500], { waits: [3, 3, 3] });
  const first = await send(shop, 1, 'a');
  await shop.hasAttempts(first, 1);
  const held = await send(shop, 2, 'a');
  await send(shop, 3, 'a');
  assert.equal((await shop.delivery(held)).state, 'waiting');
  shop.receiver.script = [null, 500];
  const others = [await send(shop, 10, 'b'), await send(shop, 11)];
  for (const id of others) await shop.hasAttempts(id, 1);
  assert.equal((await shop.delivery(held)).attempts, 0);
  shop.receiver.script = 200;
  await shop.reaches(first, 'delivered');
  await until(async () => (await shop.delivery(held)).state === 'delivered', 'the next one');
  await until(() => shop.receiver.requests.some((r) => numberOf(r) === 3), 'the last one');
  const ofKey = shop.receiver.requests.map(numberOf).filter((n) => n <= 3);
  assert.deepEqual(
    ofKey,
    [...ofKey].sort((a, b) => a - b),
  );
});

test('hundreds of many keys arrive in order, under failures', async (t) => {
  const script = Array.from({ length: 1000 }, (_, index) => (index % 7 === 3 ? 500 : null));
  const shop = await open(t, script, { waits: [1, 1, 1, 1, 1, 1] });
  const keys = ['k1', 'k2', 'k3', 'k4'];
  const total = 240;
  for (let n = 0; n < total; n++) await send(shop, n, keys[n % keys.length]);
  const all = async () => {
    const done = await shop.api.deliveries(shop.app, { state: 'delivered' });
    return done.length === total;
  };
  await until(all, 'all to be delivered', 60000);
  for (let key = 0; key < keys.length; key++) {
    const seen = shop.receiver.requests.map(numberOf).filter((n) => n % keys.length === key);
    for (let i = 1; i < seen.length; i++)
      assert.ok(seen[i] >= seen[i - 1], `${keys[key]}: ${seen[i]} after ${seen[i - 1]}`);
  }
});

test('final failure and cancelling let the next one go', async (t) => {
  const shop = await open(t, [500], { waits: [] });
  const failed = await send(shop, 1, 'a');
  const next = await send(shop, 2, 'a');
  await shop.reaches(failed, 'failed');
  await shop.reaches(next, 'delivered');
  shop.receiver.script = 500;
  await shop.api.patch(`/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`, { waits: [3600] });
  const stuck = await send(shop, 3, 'a');
  await shop.hasAttempts(stuck, 1);
  const held = await send(shop, 4, 'a');
  shop.receiver.script = 200;
  const path = `/v1/apps/${shop.app}/deliveries/${stuck}/cancel`;
  assert.equal((await shop.api.post(path)).status, 200);
  await shop.reaches(held, 'delivered');
});

test('sequence is dense, and only of keyed events', async (t) => {
  const shop = await open(t, 200);
  const ids = [];
  for (const key of ['a', undefined, 'b', 'a']) ids.push(await send(shop, 0, key));
  const sequences = [];
  for (const id of ids) sequences.push((await shop.delivery(id)).sequence);
  assert.deepEqual(sequences, [1, null, 2, 3]);
});

test('a held one outlives a crash', async (t) => {
  const own = await startServer(t, { timeScale: 10 });
  const shop = await openShop(t, own, {
    profile: 'standard',
    script: 500,
    fields: { waits: [20, 20] },
  });
  const first = await send(shop, 1, 'a');
  const held = await send(shop, 2, 'a');
  await shop.hasAttempts(first, 1);
  await own.kill9();
  await own.start();
  shop.receiver.script = 200;
  await shop.reaches(first, 'delivered');
  await shop.reaches(held, 'delivered');
  assert.deepEqual(shop.receiver.requests.map(numberOf).at(-1), 2);
});

test('a key that is none is refused', async (t) => {
  const shop = await open(t, 200);
  for (const key of ['', ' ', 'a b', 'x'.repeat(129), 7, {}]) {
    const more = `,"order_key":${JSON.stringify(key)}`;
    const answer = await shop.api.send(shop.app, 'order.paid', '{}', { more });
    assert.equal(answer.status, 422, JSON.stringify(key));
  }
  const long = `,"order_key":"${'x'.repeat(128)}"`;
  assert.equal(
    (await shop.api.send(shop.app, 'order.paid', '{}', { more: long })).status,
    202,
  );
});
