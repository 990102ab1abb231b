// per_second_max: a webhook's own limit delays its deliveries, and nobody else's.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { timeScale: 1 });
});

const open = (t, script, fields) => openShop(t, server, { profile: 'standard', script, fields });

// The most that came within any second; a little less, because the network adds its own.
function mostInASecond(requests) {
  const times = requests.map(({ at }) => at).sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last] - times[first] >= 960) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

test('no second holds more than per_second_max, and all arrive', async (t) => {
  const slow = await open(t, 200, { per_second_max: 10 });
  const other = await open(t, 200);
  assert.equal(slow.webhook.per_second_max, 10);
  for (let i = 0; i < 25; i++) await slow.order();
  await other.reaches(await other.order(), 'delivered');
  assert.ok(slow.receiver.requests.length < 25, 'the other webhook was delayed');
  await slow.receiver.got(25);
  assert.ok(mostInASecond(slow.receiver.requests) <= 10);
});

test('a limit that is set, changed and taken back holds from the next attempt on', async (t) => {
  const shop = await open(t, 200);
  const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
  for (const [limit, leastMs, mostMs] of [
    [1, 1900, 20000],
    [null, 0, 1900],
  ]) {
    const answer = await shop.api.patch(path, { per_second_max: limit });
    assert.equal(answer.json.per_second_max, limit, answer.text);
    const start = performance.now();
    const before = shop.receiver.requests.length;
    for (let i = 0; i < 3; i++) await shop.order();
    await shop.receiver.got(before + 3);
    const took = performance.now() - start;
    assert.ok(took >= leastMs && took < mostMs, `${limit}: ${took} ms`);
  }
  for (const wrong of [0, -1, 1.5, 10001, 'many'])
    assert.equal((await shop.api.patch(path, { per_second_max: wrong })).status, 422);
});

// The receiver's count is P25's: beyond its limit it fails.
test('an outage’s backlog drains at the rate; what is new does not wait behind it', async (t) => {
  const shop = await open(t, 500, { waits: [3], per_second_max: 50, in_flight_max: 8 });
  const many = 1500;
  for (let i = 0; i < many; i += 50)
    await Promise.all(Array.from({ length: 50 }, () => shop.order()));
  await until(() => shop.receiver.requests.length > 20, 'the outage to be noticed');
  const outage = shop.receiver.requests.length;
  shop.receiver.script = 200;
  const start = performance.now();
  const fresh = await shop.order();
  await shop.reaches(fresh, 'delivered', 8000);
  const waited = performance.now() - start;
  const sent = shop.receiver.requests.length - outage;
  assert.ok(waited < 5000, `what is new waited ${waited} ms`);
  assert.ok(sent < many / 2, `${sent} of ${many} went before it`);
  assert.ok(mostInASecond(shop.receiver.requests) <= 50);
});
