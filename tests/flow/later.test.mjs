// deliver_at: an event that is kept now and delivered then.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sleep, startServer } from './harness.mjs';

const DAY_MS = 86400000;
const at = (ms) => new Date(Date.now() + ms).toISOString();
const later = (time) => ({ more: `,"deliver_at":${JSON.stringify(time)}` });

test('an event waits until then, and is delivered once', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, { profile: 'standard' });
  const time = at(1500);
  const id = await shop.order(later(time));
  const delivery = await shop.delivery(id);
  assert.equal(delivery.state, 'waiting');
  assert.equal(delivery.attempts, 0);
  assert.equal(delivery.next_attempt_at, time);
  await shop.order();
  await shop.receiver.got(1);
  await sleep(300);
  assert.equal(shop.receiver.requests.length, 1, 'only the one that does not wait');
  await shop.receiver.got(2);
  assert.ok(Date.now() >= Date.parse(time));
  assert.ok(Date.now() < Date.parse(time) + 5000);
  await shop.reaches(id, 'delivered');
});

test('it waits over a restart, and keeps its schedule after', async (t) => {
  const server = await startServer(t, { timeScale: 10 });
  const shop = await openShop(t, server, { profile: 'devdraft', script: [500] });
  const id = await shop.order(later(at(20000)));
  await server.kill9();
  assert.equal(shop.receiver.requests.length, 0);
  await server.start();
  await shop.receiver.got(1);
  await shop.reaches(id, 'delivered');
  assert.equal((await shop.attempts(id)).length, 2, 'a failure waits by the contract');
});

test('waits pass faster under --time-scale', async (t) => {
  const server = await startServer(t, { timeScale: 1000 });
  const shop = await openShop(t, server, { profile: 'standard' });
  const started = Date.now();
  await shop.order(later(at(1000000)));
  await shop.receiver.got(1);
  assert.ok(Date.now() - started >= 990 && Date.now() - started < 10000);
});

test('it can be cancelled while it waits, and goes at once when it is retried', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, { profile: 'standard' });
  const [first, second] = [await shop.order(later(at(DAY_MS))), await shop.order(later(at(DAY_MS)))];
  const path = `/v1/apps/${shop.app}/deliveries`;
  assert.ok((await shop.api.post(`${path}/${first}/cancel`)).status < 300);
  assert.equal((await shop.delivery(first)).state, 'cancelled');
  assert.ok((await shop.retry(second)).status < 300);
  await shop.receiver.got(1);
  await shop.reaches(second, 'delivered');
});

// A plan that the store refuses, because the app has changed, is made again for the same time.
test('the time stays while webhooks come and go', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, { profile: 'standard' });
  const time = at(60000);
  const change = () => shop.api.newWebhook(shop.app, { url: shop.receiver.url });
  const sends = Array.from({ length: 60 }, () => shop.send('a', '{}', later(time)));
  const changes = Array.from({ length: 20 }, change);
  const events = await Promise.all(sends);
  await Promise.all(changes);
  for (const { deliveries } of events) {
    assert.ok(deliveries.length >= 1);
    const delivery = await shop.delivery(deliveries.at(-1).id);
    assert.deepEqual([delivery.state, delivery.next_attempt_at], ['waiting', time]);
  }
  assert.equal(shop.receiver.requests.length, 0);
});

test('times that are past, far or none are refused', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, { profile: 'standard' });
  const rows = [
    [at(-1000), 422],
    [at(30 * DAY_MS + 60000), 422],
    [at(30 * DAY_MS - 60000), 202],
    ['tomorrow', 422],
    ['2030-02-30T00:00:00Z', 422],
    [17, 422],
    [null, 202],
    [at(60000).replace('Z', '+00:00'), 202],
  ];
  for (const [time, status] of rows) {
    const answer = await shop.api.send(shop.app, 'a', '{}', later(time));
    assert.equal(answer.status, status, `${time}: ${answer.text}`);
    if (status === 422) assert.match(answer.text, /deliver_at/);
  }
});
