// What is counted: of a webhook since it was made, and of an app hour by hour.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { timeScale: 1000 });
});

const open = (t, profile, script, fields) => openShop(t, server, { profile, script, fields });
const webhookPath = (shop) => `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
const statsOf = async (shop) => (await shop.api.read(webhookPath(shop))).stats;

// Figures follow within a second or two.
const counts = (shop, name, wanted) =>
  until(async () => {
    const stats = await statsOf(shop);
    return stats[name] === wanted && stats;
  }, `${name} to be ${wanted}`);

test('a webhook tells what became of its deliveries', async (t) => {
  const shop = await open(t, 'yoco', [200, 500, 200, 200], { waits: [1] });
  const fresh = await statsOf(shop);
  assert.deepEqual([fresh.total_events, fresh.last_delivery], [0, null]);
  for (let i = 0; i < 3; i++) await shop.reaches(await shop.order(), 'delivered');
  const stats = await counts(shop, 'successful_deliveries', 3);
  assert.deepEqual(
    [stats.total_events, stats.failed_deliveries, stats.success_rate, stats.last_24h_events],
    [3, 0, 100, 3],
  );
  assert.ok(Date.now() - Date.parse(stats.last_delivery) < 60000);
  assert.ok(stats.average_response_time < 1000);
  const [row] = (await shop.api.read(`/v1/apps/${shop.app}/webhooks`)).data;
  assert.deepEqual(row.stats, stats);
});

test('what was given up counts as failed, a test as nothing', async (t) => {
  const shop = await open(t, 'yoco', 500, { waits: [] });
  await shop.reaches(await shop.order(), 'failed');
  await shop.api.post(`${webhookPath(shop)}/test`);
  const stats = await counts(shop, 'failed_deliveries', 1);
  assert.deepEqual(
    [stats.total_events, stats.successful_deliveries, stats.success_rate],
    [1, 0, 0],
  );
  assert.equal(stats.last_24h_failures, 1);
});

test('an app tells its hours, with quantiles of how long attempts took', async (t) => {
  const script = [{ status: 200, afterMs: 300 }, 500, 200];
  const shop = await open(t, 'yoco', script, { waits: [1] });
  for (let i = 0; i < 2; i++) await shop.reaches(await shop.order(), 'delivered');
  await counts(shop, 'successful_deliveries', 2);
  for (const query of ['', `?webhook=${shop.webhook.id}`]) {
    const { data, step_s } = await shop.api.read(`/v1/apps/${shop.app}/stats${query}`);
    assert.deepEqual([data.length, step_s], [24, 3600]);
    const sum = (name) => data.reduce((total, point) => total + point[name], 0);
    assert.deepEqual(
      ['accepted', 'delivered', 'failed', 'attempts', 'failed_attempts'].map(sum),
      [2, 2, 0, 3, 1],
    );
    const worst = Math.max(...data.map(({ duration_ms }) => duration_ms?.p99 ?? 0));
    assert.ok(worst >= 280 && worst < 2000, `p99 ${worst}`);
  }
});

test('the series says since when the oldest waits', async (t) => {
  const shop = await open(t, 'yoco', 500, { waits: [86400] });
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  const { created_at: created } = await shop.delivery(delivery);
  const told = async () =>
    (await shop.api.read(`/v1/apps/${shop.app}/stats`)).oldest_waiting_at === created;
  await until(told, 'the oldest to be told');
});

test('steps are hours or days; wrong ones are refused', async (t) => {
  const shop = await open(t, 'yoco');
  const path = `/v1/apps/${shop.app}/stats`;
  const week = 'since=2030-01-01T00:00:00Z&until=2030-01-08T00:00:00Z';
  assert.equal((await shop.api.read(`${path}?${week}&step=1d`)).data.length, 7);
  assert.equal((await shop.api.read(`${path}?${week}&step=6h`)).data.length, 28);
  const wrong = [
    'step=5m',
    'step=0h',
    'since=2030-01-08T00:00:00Z&until=2030-01-01T00:00:00Z',
    'since=2029-01-01T00:00:00Z&until=2030-01-01T00:00:00Z',
    'since=2030-01-01T00:00:00Z&until=2030-03-01T00:00:00Z',
    'webhook=none',
    'what=1',
  ];
  for (const query of wrong) assert.equal((await shop.api.get(`${path}?${query}`)).status, 422);
  const other = await open(t, 'yoco');
  const foreign = await shop.api.get(`${path}?webhook=${other.webhook.id}`);
  assert.equal(foreign.status, 404);
});

test('figures survive a crash, each counted once', async (t) => {
  const own = await startServer(t, { timeScale: 1000 });
  const shop = await openShop(t, own, { profile: 'yoco' });
  for (let i = 0; i < 20; i++) await shop.order();
  await shop.receiver.got(20);
  await own.kill9();
  await own.start();
  const stats = await counts(shop, 'total_events', 20);
  assert.ok(stats.successful_deliveries <= 20);
  await counts(shop, 'successful_deliveries', 20);
});
