// A webhook whose attempts all fail: since when, and that one that may be is disabled for it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, startServer, until } from './harness.mjs';

const DAY_MS = 86400000;

const hookPath = (shop) => `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
const read = (shop) => shop.api.read(hookPath(shop));
const failing = (script, days, waits = [2, 600, 600]) => ({
  profile: 'standard',
  script,
  fields: { waits, disable_after_days: days },
});

test('failing_since is there from the first failure to the next success', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, failing([500, 200], null));
  assert.equal((await read(shop)).failing_since, null);
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  const { failing_since: since, enabled } = await read(shop);
  assert.ok(Math.abs(Date.now() - Date.parse(since)) < 5000, since);
  assert.equal(enabled, true);
  await shop.reaches(delivery, 'delivered');
  await until(async () => (await read(shop)).failing_since === null, 'it to be forgotten');
});

test('after its days it is disabled, says why, and the operator is told', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, failing(500, 3));
  const operator = await openShop(t, server, { profile: 'standard', app: 'operator' });
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 2);
  const { failing_since: since } = await read(shop);
  for (const [days, enabled, attempts] of [
    [2, true, 3],
    [3.1, false, 4],
  ]) {
    await server.stop();
    server.aheadMs = days * DAY_MS;
    await server.start();
    await shop.hasAttempts(delivery, attempts); // which was overdue
    const row = await until(async () => {
      const now = await read(shop);
      return now.enabled === enabled && now;
    }, `enabled to be ${enabled} after ${days} days`);
    assert.equal(row.failing_since, since);
    assert.equal(row.disabled_reason, enabled ? null : 'no attempt has succeeded for 3 days');
  }
  const told = () =>
    operator.receiver.requests
      .map(({ body }) => JSON.parse(body))
      .find(({ type }) => type === 'webhook.disabled');
  const { data } = await until(told, 'the operator to be told');
  assert.equal(data.reason, 'no attempt has succeeded for 3 days');
  assert.equal((await shop.api.patch(hookPath(shop), { enabled: true })).status, 200);
  assert.equal((await read(shop)).failing_since, null);
});

test('repaired, it is given all its days again', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, failing(500, 1, [604800]));
  await shop.hasAttempts(await shop.order(), 1);
  await server.stop();
  server.aheadMs = 2 * DAY_MS;
  await server.start();
  const url = `${shop.receiver.url}/repaired`;
  await shop.api.patch(hookPath(shop), { url });
  await shop.hasAttempts(await shop.order(), 1);
  const { enabled, failing_since: since } = await read(shop);
  assert.equal(enabled, true);
  assert.ok(Date.parse(since) > Date.now() + 2 * DAY_MS - 60000, since);
});

for (const profile of ['mileston', 'stablemint', 'devdraft', 'yoco', 'mesilat'])
  test(`${profile}: its webhooks are not disabled for failing`, async (t) => {
    const server = await startServer(t);
    const shop = await openShop(t, server, { profile });
    const answer = await shop.api.patch(hookPath(shop), { disable_after_days: 1 });
    assert.equal(answer.status, 422);
    assert.match(answer.text, /disable_after_days/);
  });
