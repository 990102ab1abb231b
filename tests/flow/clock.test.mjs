// A wall clock that is wrong, and is set right while the server is down: waits stay what they
// are, and what happens next is as good as what happened before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sleep, startServer } from './harness.mjs';

const HOUR_MS = 3600000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const SLACK_MS = 1500;

// The server again, by a clock that is so far ahead.
async function startAgain(server, aheadMs, how = 'stop') {
  await server[how]();
  server.aheadMs = aheadMs;
  await server.start();
}

const failing = (seconds) => ({
  profile: 'standard',
  script: 500,
  fields: { waits: Array(8).fill(seconds) },
});

for (const [what, aheadMs] of [
  ['two hours', 2 * HOUR_MS],
  ['ten years', 10 * YEAR_MS],
]) {
  test(`set back by ${what}: a retry waits no longer than its own wait`, async (t) => {
    const server = await startServer(t, { aheadMs });
    const shop = await openShop(t, server, failing(3));
    const delivery = await shop.order();
    await shop.hasAttempts(delivery, 1);
    await startAgain(server, 0, 'kill9');
    const startedAt = performance.now();
    await shop.hasAttempts(delivery, 2, 3000 + SLACK_MS);
    assert.ok(performance.now() - startedAt < 3000 + SLACK_MS);
    const { requests } = shop.receiver;
    assert.ok(requests[1].at - requests[0].answeredAt >= 2990, 'nor any shorter');
    const { next_attempt_at: next } = await shop.delivery(delivery);
    assert.ok(Date.parse(next) < Date.now() + 3000 + SLACK_MS, next);
  });
}

test('ahead, and back again: the schedule goes on', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, failing(2));
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  await startAgain(server, 3 * HOUR_MS); // what is overdue goes out
  await shop.hasAttempts(delivery, 2, SLACK_MS);
  await startAgain(server, 0);
  await shop.hasAttempts(delivery, 3, 2000 + SLACK_MS);
  await startAgain(server, -3 * HOUR_MS);
  const attempts = await shop.hasAttempts(delivery, 4, 2000 + SLACK_MS);
  assert.deepEqual(
    attempts.map(({ number }) => number),
    [1, 2, 3, 4],
  );
});

test('deliver_at is a time of the wall clock, and stays that', async (t) => {
  const server = await startServer(t, { aheadMs: HOUR_MS });
  const shop = await openShop(t, server, { profile: 'standard' });
  const at = new Date(Date.now() + HOUR_MS + 2000).toISOString();
  const delivery = await shop.order({ more: `,"deliver_at":"${at}"` });
  await startAgain(server, 0);
  await sleep(3000);
  const row = await shop.delivery(delivery);
  assert.deepEqual([row.state, row.next_attempt_at], ['waiting', at]);
});

for (const [what, aheadMs] of [
  ['two hours', 2 * HOUR_MS],
  ['ten years', 10 * YEAR_MS],
]) {
  test(`disabled under a clock ${what} ahead, it takes new events after`, async (t) => {
    const server = await startServer(t, { aheadMs, workers: 2 });
    const shop = await openShop(t, server, { profile: 'devdraft' });
    await shop.reaches(await shop.order(), 'delivered');
    const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
    await shop.api.patch(path, { enabled: false });
    await startAgain(server, 0);
    await shop.api.patch(path, { enabled: true });
    for (let i = 0; i < 8; i++) await shop.reaches(await shop.order(), 'delivered');
    await shop.api.patch(path, { enabled: false });
    await shop.api.patch(path, { enabled: true });
    await shop.reaches(await shop.order(), 'delivered');
  });
}

test('new events stand before those of a clock that was an hour ahead', async (t) => {
  const server = await startServer(t, { aheadMs: HOUR_MS, workers: 2 });
  const shop = await openShop(t, server, { profile: 'devdraft' });
  const ids = [(await shop.send('payment.completed', '{}')).id];
  await startAgain(server, 0);
  for (let i = 0; i < 4; i++)
    ids.unshift((await shop.send('payment.completed', '{}')).id);
  const list = (await shop.api.events(shop.app)).map(({ id }) => id);
  assert.equal(list.length, 5);
  assert.equal(list[4], ids[4], 'the oldest is the last');
});
