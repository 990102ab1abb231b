// Merchants' endpoints as the platforms' own pages have them, unchanged and in processes of
// their own: they take what Posthorn sends, and refuse what another would.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, sharedScene, startServer, until } from './harness.mjs';

const FOLDER = fileURLToPath(new URL('../receivers/published/', import.meta.url));

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

// The example listening at port, and what it has passed on to the shop.
async function startExample(t, name, port, env = {}) {
  const child = fork(`${FOLDER}${name}.cjs`, {
    execArgv: ['--require', `${FOLDER}port.cjs`],
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const passed = [];
  child.on('message', (message) => passed.push(message));
  t.after(() => child.kill('SIGKILL'));
  await until(() => passed[0] === 'ready', `${name} to listen`, 30000);
  passed.shift();
  return passed;
}

const has = (passed, count) =>
  until(() => passed.length >= count, `${count} events to reach the shop`);

async function openShop(profile, path, fields) {
  const port = await freePort();
  const app = (await server.client.newApp({ name: 'Shop', profile })).id;
  const url = `http://127.0.0.1:${port}${path}`;
  const webhook = await server.client.newWebhook(app, { url, waits: [], ...fields });
  return { port, app, webhook };
}

// Sends the event, and gives its delivery when it has ended.
async function send(app, type, payload) {
  const { status, text, json } = await server.client.send(app, type, payload);
  assert.equal(status, 202, text);
  return until(async () => {
    const delivery = await server.client.delivery(app, json.deliveries[0].id);
    return /delivered|failed/.test(delivery.state) && delivery;
  }, 'the delivery to end');
}

test("mileston: its page's endpoint", async (t) => {
  const path = '/your-webhook-endpoint';
  const { port, app, webhook } = await openShop('mileston', path, {
    secret: 'your-verification-token',
  });
  const passed = await startExample(t, 'mileston', port);
  const payload = '{"paymentLinkId":"id","amount":"1","chain":"pol","env":"test"}';
  assert.equal((await send(app, 'paymentlink-paid', payload)).state, 'delivered');
  await has(passed, 1);
  assert.deepEqual(passed, [{ event: 'paymentlink-paid', payload: JSON.parse(payload) }]);
  const rotate = `/v1/apps/${app}/webhooks/${webhook.id}/secret/rotate`;
  await server.client.made(rotate, { secret: 'another-token' });
  assert.equal((await send(app, 'paymentlink-paid', payload)).last_status, 401);
});

test("mesilat: its page's handler, a test event, and the same event twice", async (t) => {
  const { port, app, webhook } = await openShop('mesilat', '/webhooks/mesilat');
  const env = { MESILAT_WEBHOOK_KEY: webhook.secret };
  const passed = await startExample(t, 'mesilat', port, env);
  const base = `/v1/apps/${app}/webhooks/${webhook.id}`;
  const tried = await server.client.made(`${base}/test`);
  assert.deepEqual([tried.received, tried.response.body], [true, 'OK']);
  await has(passed, 1);
  assert.equal(passed[0].data.trigger_type, 'manual');

  const payload = '{"uuid":"u-1","amount":500,"currency":"RUB","metadata":{}}';
  const { id } = await send(app, 'payment', payload);
  await has(passed, 2);
  assert.deepEqual(passed[1], {
    job: 'processWebhook',
    data: { ...JSON.parse(payload), metadata: [], additional_fields: [], trigger_type: 'auto' },
  });
  await server.client.retry(app, id);
  await until(async () => (await server.client.attempts(app, id)).length === 2, 'the second');
  assert.equal((await server.client.delivery(app, id)).last_status, 200);
  assert.equal(passed.length, 2, 'it was processed before');
  await server.client.made(`${base}/secret/rotate`, {});
  assert.equal((await send(app, 'payment', payload)).last_status, 401);
});

test('yoco: an endpoint that verifies by hand and picks out its checkout', async (t) => {
  const { port, app, webhook } = await openShop('yoco', '/my/webhook/url', { name: 'my-webhook' });
  const passed = await startExample(t, 'yoco', port, { WEBHOOK_SECRET: webhook.secret });
  const payment = (checkoutId) => ({
    ...{ id: 'p_1', type: 'payment', amount: 900, currency: 'ZAR', mode: 'live' },
    metadata: { checkoutId },
  });
  for (const checkout of ['ch_theirs', 'ch_mine']) {
    const payload = JSON.stringify(payment(checkout));
    assert.equal((await send(app, 'payment.succeeded', payload)).state, 'delivered');
  }
  await has(passed, 1);
  assert.deepEqual(passed, [{ type: 'payment.succeeded', payload: payment('ch_mine') }]);
  const path = `/v1/apps/${app}/webhooks/${webhook.id}/secret/rotate`;
  await server.client.made(path, { overlap_s: 0 });
  const refused = await send(app, 'payment.succeeded', JSON.stringify(payment('ch_mine')));
  assert.equal(refused.last_status, 403);
});
