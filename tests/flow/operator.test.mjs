// Operational events: the operator's own webhooks are told what happens to those of all apps, by
// ids, signed and retried like any other event.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sleep, startServer, until } from './harness.mjs';

const SCALE = 100000;

// The operator's endpoint, told about from now on.
async function openOperator(t, server, script) {
  const shop = await openShop(t, server, { profile: 'standard', script, app: 'operator' });
  await server.client.delete(`/v1/webhooks/${shop.webhook.id}`);
  const made = await server.client.made('/v1/webhooks', { url: shop.receiver.url });
  shop.receiver.secret = made.secret;
  shop.webhook = made;
  return shop;
}

const told = (shop) => shop.receiver.requests.map(({ body }) => JSON.parse(body));
const isTold = (shop, count, withinMs) =>
  until(() => shop.receiver.requests.length >= count && told(shop), `${count} events`, withinMs);

test('what happens to a webhook is told to the operator, by ids and once', async (t) => {
  const server = await startServer(t, { timeScale: SCALE });
  const operator = await openOperator(t, server);
  const shop = await openShop(t, server, { profile: 'standard', script: 500 });
  const { id: app } = await server.client.read(`/v1/apps/${shop.app}`);
  const path = `/v1/apps/${app}/webhooks/${shop.webhook.id}`;
  const delivery = await shop.order();
  await shop.reaches(delivery, 'failed', 20000);
  const [failed] = await isTold(operator, 1);
  assert.equal(failed.type, 'delivery.failed');
  const { at, event, ...rest } = failed.data;
  assert.deepEqual(rest, {
    app, webhook: shop.webhook.id, delivery, attempts: 8, last_status: 500, last_error: 'status',
  });
  assert.match(event, /^evt_/);
  assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60000);
  await server.client.patch(path, { enabled: false });
  await server.client.patch(path, { enabled: true });
  const { secret } = await server.client.made(`${path}/secret/rotate`, {});
  const events = await isTold(operator, 4);
  assert.deepEqual(events.map(({ type }) => type).sort(),
    ['delivery.failed', 'webhook.disabled', 'webhook.enabled', 'webhook.secret_rotated']);
  for (const { data } of events) assert.equal(data.webhook, shop.webhook.id);
  const all = operator.receiver.requests.map(({ body }) => String(body)).join();
  assert.ok(!all.includes(secret) && !all.includes('1.10'), 'no secret and no payload');
  assert.ok(operator.receiver.requests.every(({ verified }) => verified), 'signed');
  await sleep(2500);
  assert.equal(operator.receiver.requests.length, 4);
});

test('an endpoint that says it is gone is told as disabled', async (t) => {
  const server = await startServer(t, { timeScale: SCALE });
  const operator = await openOperator(t, server);
  const shop = await openShop(t, server, { profile: 'standard', script: 410 });
  await shop.order();
  const [event] = await isTold(operator, 1);
  assert.equal(event.type, 'webhook.disabled');
  assert.match(event.data.reason, /gone/);
});

test("the operator's own failures are told to nobody, and can be read", async (t) => {
  const server = await startServer(t, { timeScale: SCALE });
  const operator = await openOperator(t, server, 500);
  const shop = await openShop(t, server, { profile: 'standard', script: 500 });
  await shop.reaches(await shop.order(), 'failed', 20000);
  await isTold(operator, 8, 20000);
  await sleep(2500);
  assert.equal(operator.receiver.requests.length, 8);
  const deliveries = await server.client.deliveries('operator');
  assert.deepEqual(deliveries.map(({ state }) => state), ['failed']);
});

test('what was written down is told after a crash, once', async (t) => {
  const server = await startServer(t, { timeScale: SCALE });
  const operator = await openOperator(t, server);
  const shop = await openShop(t, server, { profile: 'standard' });
  const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
  for (let i = 0; i < 10; i++) await server.client.patch(path, { enabled: i % 2 === 1 });
  await server.kill9();
  await server.start();
  await isTold(operator, 10, 20000);
  await sleep(2000);
  const ids = new Set(operator.receiver.requests.map(({ headers }) => headers['webhook-id']));
  assert.equal(ids.size, 10);
});

test("the operator's webhooks are his own", async (t) => {
  const server = await startServer(t);
  const operator = await openOperator(t, server);
  const own = await server.client.newApp({ name: 'A', profile: 'standard' });
  const key = await server.client.newKey(own.id, { name: 'k', scopes: ['webhook:read'] });
  const asApp = server.client.as(key.key);
  t.after(() => asApp.close());
  assert.equal((await asApp.get('/v1/webhooks')).status, 403);
  assert.equal((await asApp.get('/v1/apps/operator/webhooks')).status, 404);
  const { data } = await server.client.read('/v1/webhooks');
  assert.deepEqual(data.map(({ id }) => id), [operator.webhook.id]);
  const path = `/v1/webhooks/${operator.webhook.id}`;
  assert.equal((await server.client.get(path)).status, 200);
  assert.equal((await server.client.patch(path, { name: 'Pager' })).json.name, 'Pager');
  assert.match((await server.client.made(`${path}/secret/rotate`, {})).secret, /^whsec_/);
  assert.equal((await server.client.delete(path)).status, 204);
  assert.equal((await server.client.get(path)).status, 404);
  assert.equal((await server.client.delete('/v1/apps/operator')).status, 409);
  assert.equal((await server.client.patch('/v1/apps/operator', { name: 'B' })).status, 409);
  const apps = await server.client.all('/v1/apps');
  assert.deepEqual(apps.map(({ id }) => id), [own.id]);
  const taken = { name: 'B', profile: 'standard', uid: 'operator' };
  assert.equal((await server.client.post('/v1/apps', taken)).status, 409);
});
