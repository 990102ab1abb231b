// What a person may do to deliveries and webhooks: try again, cancel, disable, delete, test.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { timeScale: 2 });
});

const open = (t, profile, script, fields) => openShop(t, server, { profile, script, fields });
const webhookPath = (shop) => `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;

test('a failed delivery retried by hand is delivered', async (t) => {
  const shop = await open(t, 'yoco', [500], { waits: [] });
  const delivery = await shop.order();
  await shop.reaches(delivery, 'failed');
  assert.equal((await shop.retry(delivery)).status < 300, true);
  const ended = await shop.reaches(delivery, 'delivered');
  assert.equal(ended.attempts, 2);
  const attempts = await shop.attempts(delivery);
  assert.deepEqual(
    attempts.map(({ trigger }) => trigger),
    ['scheduled', 'manual'],
  );
});

test('a manual retry that fails changes no schedule', async (t) => {
  const shop = await open(t, 'yoco', 500, { waits: [4] });
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  const { next_attempt_at: due } = await shop.delivery(delivery);
  await shop.retry(delivery);
  await shop.hasAttempts(delivery, 2);
  const after = await shop.delivery(delivery);
  assert.deepEqual([after.state, after.next_attempt_at], ['waiting', due]);
  assert.equal((await shop.reaches(delivery, 'failed')).attempts, 3);
});

test('two manual retries are two attempts', async (t) => {
  const shop = await open(t, 'yoco', 500, { waits: [] });
  const delivery = await shop.order();
  await shop.reaches(delivery, 'failed');
  for (const count of [2, 3]) {
    assert.ok((await shop.retry(delivery)).status < 300);
    await shop.hasAttempts(delivery, count);
  }
  assert.equal((await shop.reaches(delivery, 'failed')).attempts, 3);
});

test('a delivery in flight cannot be retried: 409', async (t) => {
  const shop = await open(t, 'yoco', ['hang'], { timeout_s: 2 });
  const delivery = await shop.order();
  await until(() => shop.receiver.requests.length === 1, 'the attempt to be in flight');
  assert.equal((await shop.retry(delivery)).status, 409);
});

test('a cancelled delivery is not tried again', async (t) => {
  const shop = await open(t, 'yoco', 500, { waits: [2] });
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  const path = `/v1/apps/${shop.app}/deliveries/${delivery}/cancel`;
  assert.ok((await shop.api.post(path)).status < 300);
  assert.equal((await shop.delivery(delivery)).state, 'cancelled');
  assert.ok(await shop.receiver.staysAt(1, 1500));
});

test('a disabled webhook gets nothing new and what waited is cancelled', async (t) => {
  const shop = await open(t, 'standard', [500], { waits: [2] });
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  const answer = await shop.api.patch(webhookPath(shop), { enabled: false });
  assert.equal(answer.json.enabled, false, answer.text);
  await shop.reaches(delivery, 'cancelled');
  const accepted = await shop.send('order.paid', '{}');
  assert.deepEqual(accepted.deliveries, []);
  assert.ok(await shop.receiver.staysAt(1, 1500));
});

test('an enabled webhook gets what comes from then on', async (t) => {
  const shop = await open(t, 'standard');
  await shop.api.patch(webhookPath(shop), { enabled: false });
  await shop.send('order.paid', '{"n":1}');
  assert.equal(
    (await shop.api.patch(webhookPath(shop), { enabled: true })).json.enabled,
    true,
  );
  await shop.send('order.paid', '{"n":2}');
  const [request] = await shop.receiver.got(1);
  assert.equal(JSON.parse(request.body).data.n, 2);
});

test('deleting a webhook cancels what waits for it', async (t) => {
  const shop = await open(t, 'standard', 500, { waits: [2] });
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  assert.ok((await shop.api.delete(webhookPath(shop))).status < 300);
  assert.equal((await shop.api.get(webhookPath(shop))).status, 404);
  await shop.reaches(delivery, 'cancelled');
  assert.ok(await shop.receiver.staysAt(1, 1500));
});

test('deleting a webhook lets its attempt in flight finish', async (t) => {
  const shop = await open(t, 'standard', [{ status: 200, afterMs: 500 }]);
  const delivery = await shop.order();
  await until(() => shop.receiver.requests.length === 1, 'the attempt to be in flight');
  await shop.api.delete(webhookPath(shop));
  await shop.reaches(delivery, 'delivered');
});

for (const how of ['disabling', 'deleting'])
  test(`after ${how} a webhook its attempt in flight may fail, and no other follows`, async (t) => {
    const shop = await open(t, 'yoco', [{ status: 500, afterMs: 400 }], { waits: [1] });
    const delivery = await shop.order();
    await until(() => shop.receiver.requests.length === 1, 'the attempt to be in flight');
    if (how === 'disabling') await shop.api.patch(webhookPath(shop), { enabled: false });
    else await shop.api.delete(webhookPath(shop));
    const [attempt] = await shop.hasAttempts(delivery, 1);
    assert.equal(attempt.status, 500, 'it is finished and recorded');
    const ended = await shop.delivery(delivery);
    assert.deepEqual([ended.state, ended.next_attempt_at], ['cancelled', null]);
    assert.ok(await shop.receiver.staysAt(1, 1500));
    const late = await shop.retry(delivery);
    assert.equal(late.status, 409);
    assert.match(late.json.detail, /disabled or deleted/);
  });

test('a retry is made in any state, and success ends any as delivered', async (t) => {
  const shop = await open(t, 'standard', [500, null, null, 500], { waits: [600] });
  const delivery = await shop.order();
  await shop.hasAttempts(delivery, 1);
  const cancel = () => shop.api.post(`/v1/apps/${shop.app}/deliveries/${delivery}/cancel`);
  assert.equal((await cancel()).status, 200);
  assert.equal((await cancel()).status, 409, 'it has ended');
  for (const [count, last] of [
    [2, 200],
    [3, 200],
    [4, 500],
  ]) {
    assert.equal((await shop.retry(delivery)).status, 202);
    await shop.hasAttempts(delivery, count);
    const { state, last_status: status } = await shop.reaches(delivery, 'delivered');
    assert.deepEqual([state, status], ['delivered', last]);
  }
  assert.equal((await cancel()).status, 409);
});

test('a new URL is used from the next attempt on', async (t) => {
  const shop = await open(t, 'standard', [500], { waits: [2] });
  const other = await open(t, 'standard');
  other.receiver.secret = shop.receiver.secret;
  await shop.hasAttempts(await shop.order(), 1);
  await shop.api.patch(webhookPath(shop), { url: other.receiver.url });
  const [request] = await other.receiver.got(1);
  assert.ok(request.verified, request.reason);
});

test('standard: 410 disables the webhook; yoco: it is a failure like others', async (t) => {
  const standard = await open(t, 'standard', [410]);
  await standard.hasAttempts(await standard.order(), 1);
  const gone = async () => (await standard.api.read(webhookPath(standard))).enabled === false;
  await until(gone, 'the webhook to be disabled');
  assert.ok((await standard.api.read(webhookPath(standard))).disabled_reason);
  const yoco = await open(t, 'yoco', [410]);
  const delivery = await yoco.order();
  await yoco.hasAttempts(delivery, 1);
  assert.equal((await yoco.delivery(delivery)).state, 'waiting');
  assert.equal((await yoco.api.read(webhookPath(yoco))).enabled, true);
});

test('a test event answers with the attempt, sent once', async (t) => {
  const shop = await open(t, 'mesilat', 500);
  const answer = await shop.api.post(`${webhookPath(shop)}/test`);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(
    [answer.json.status, answer.json.trigger, answer.json.received],
    [500, 'test', false],
  );
  assert.equal(answer.json.error.code, 'status');
  assert.equal(JSON.parse(shop.receiver.requests[0].body).trigger_type, 'manual');
  assert.ok(await shop.receiver.staysAt(1, 300));
});

for (const profile of ['mileston', 'stablemint', 'devdraft', 'yoco', 'mesilat', 'standard'])
  test(`${profile}: a test event is sent signed and kept in the history`, async (t) => {
    const shop = await open(t, profile);
    const answer = await shop.api.post(`${webhookPath(shop)}/test`);
    assert.deepEqual([answer.status, answer.json.received], [200, true], answer.text);
    const [request] = shop.receiver.requests;
    if (shop.receiver.secret) assert.ok(request.verified, request.reason);
    const delivery = await shop.delivery(answer.json.delivery);
    assert.deepEqual([delivery.state, delivery.attempts], ['delivered', 1]);
    const [attempt] = await shop.attempts(answer.json.delivery);
    assert.deepEqual([attempt.trigger, attempt.status], ['test', answer.json.status]);
    const event = await shop.api.read(`/v1/apps/${shop.app}/events/${answer.json.event}`);
    assert.equal(event.test, true);
  });

// Where a contract's payload says whether money moved, a test event says that none did.
for (const [profile, says] of [
  ['mileston', ({ payload }) => payload.env === 'test'],
  ['yoco', ({ payload }) => payload.mode === 'test'],
  ['mesilat', (payload) => payload.trigger_type === 'manual'],
])
  test(`${profile}: a test event does not pass for a payment`, async (t) => {
    const shop = await open(t, profile);
    assert.equal((await shop.api.post(`${webhookPath(shop)}/test`)).status, 200);
    assert.ok(says(JSON.parse(shop.receiver.requests[0].body)));
  });

test('a test event may bring its own type and payload', async (t) => {
  const shop = await open(t, 'standard');
  const test = (body) => shop.api.post(`${webhookPath(shop)}/test`, body);
  const answer = await test({ type: 'order.paid', payload: { amount: 7 } });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(JSON.parse(shop.receiver.requests[0].body).data, { amount: 7 });
  assert.equal((await test({ typ: 'order.paid' })).status, 422);
});

test('a test of an endpoint that is not there says so', async (t) => {
  const shop = await open(t, 'standard');
  await shop.receiver.close();
  const { json } = await shop.api.post(`${webhookPath(shop)}/test`);
  assert.deepEqual([json.status, json.error.code], [null, 'connection_refused']);
});

test('of five tests at once one is told to wait', async (t) => {
  const shop = await open(t, 'standard', Array(4).fill({ status: 200, afterMs: 500 }));
  const one = () => shop.api.post(`${webhookPath(shop)}/test`);
  const answers = await Promise.all([1, 2, 3, 4, 5].map(one));
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, 200, 200, 200, 429]);
  assert.ok(await shop.receiver.staysAt(4, 300));
});

test('a rotated secret: both sign during the overlap', async (t) => {
  const shop = await open(t, 'standard');
  const old = shop.receiver.secret;
  const { secret } = await shop.api.made(`${webhookPath(shop)}/secret/rotate`, {});
  assert.notEqual(secret, old);
  for (const [index, held] of [old, secret].entries()) {
    shop.receiver.secret = held;
    await shop.order();
    const request = (await shop.receiver.got(index + 1))[index];
    assert.ok(request.verified, `${index}: ${request.reason}`);
    assert.equal(request.headers['webhook-signature'].split(' ').length, 2);
  }
});
