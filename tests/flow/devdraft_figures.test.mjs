// Devdraft's API for webhooks: that what is registered there is delivered, what it counts of
// it, and the calls of an hour.

import assert from 'node:assert/strict';
import test from 'node:test';
import { sharedScene, startServer, until } from './harness.mjs';
import { startReceiver } from '../receivers/receiver.mjs';
import { SECRET, assertError, merchant as newMerchant } from './devdraft.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { workers: 2, timeScale: 1000 });
});
const merchant = (options) => newMerchant(server, options);

test('deliveries verify, old and new secret sign after a change, and an encrypted one opens', async (t) => {
  const { client, app } = await merchant();
  const receiver = await startReceiver({ profile: 'devdraft' });
  t.after(() => receiver.close());
  const made = await client.create({ url: receiver.url });
  receiver.secret = made.signing_secret;
  const send = async (count) => {
    const sent = await server.client.send(app, 'payment.completed', '{"amount":1.10}');
    assert.equal(sent.status, 202);
    return (await receiver.got(count)).at(-1);
  };
  const first = await send(1);
  assert.equal(first.verified, true, first.reason);
  assert.equal(first.headers['x-webhook-signature-previous'], undefined);
  await client.call('PATCH', `/${made.id}`, { signing_secret: SECRET });
  const withOld = await send(2);
  assert.equal(withOld.verified, true, withOld.reason);
  receiver.secret = SECRET;
  const withNew = await send(3);
  assert.equal(withNew.verified, true, withNew.reason);
  assert.match(withNew.headers['x-webhook-signature-previous'], /^[0-9a-f]{64}$/);
  receiver.secret = made.signing_secret; // it encrypts until the overlap ends
  await client.call('PATCH', `/${made.id}`, { encrypted: true });
  const sealed = await send(4);
  assert.equal(sealed.verified, true, sealed.reason);
  assert.equal(JSON.parse(sealed.body).encrypted, true);
});

test('statistics and recent events', async (t) => {
  const { client, app } = await merchant();
  const receiver = await startReceiver({
    profile: 'devdraft',
    script: [null, null, 500, 500, 500, 500],
  });
  t.after(() => receiver.close());
  const made = await client.create({ url: receiver.url });
  receiver.secret = made.signing_secret;
  const events = [];
  for (let i = 0; i < 3; i++) {
    const sent = await server.client.send(
      app,
      i < 2 ? 'payment.completed' : 'payment.failed',
      '1',
    );
    events.push(sent.json);
    const { id } = sent.json.deliveries[0];
    await until(
      async () => /delivered|failed/.test((await server.client.delivery(app, id)).state),
      `delivery ${i} to end`,
    );
  }
  const read = async () =>
    (await client.call('GET', `/${made.id}?include_events=true&events_limit=2`)).json;
  await until(
    async () => (await read()).delivery_stats.failed_deliveries === 1,
    'the figures to follow',
  );
  const { delivery_stats: stats, recent_events: recent } = await read();
  assert.match(stats.last_delivery, /^\d{4}-.*Z$/);
  assert.ok(stats.average_response_time >= 0 && stats.average_response_time < 5000);
  assert.deepEqual(stats, {
    total_events: 3,
    successful_deliveries: 2,
    failed_deliveries: 1,
    last_delivery: stats.last_delivery,
    success_rate: 66.7,
    average_response_time: stats.average_response_time,
    last_24h_events: 3,
    last_24h_failures: 1,
  });
  assert.equal(recent.length, 2);
  assert.deepEqual(recent[0], {
    id: events[2].id,
    event_type: 'payment.failed',
    delivery_status: 'failed',
    response_code: 500,
    response_time: recent[0].response_time,
    created_at: events[2].created_at,
  });
  assert.ok(Number.isInteger(recent[0].response_time));
  assert.equal(recent[1].delivery_status, 'delivered');
  assert.equal(recent[1].response_code, 200);
  assert.equal(
    recent[1].id,
    JSON.parse(receiver.requests[1].body).id,
    'the id is the one on the wire',
  );
  const [listed] = (await client.call('GET')).json;
  const { total_events, successful_deliveries, failed_deliveries, last_delivery } = stats;
  assert.deepEqual(listed.delivery_stats, {
    total_events,
    successful_deliveries,
    failed_deliveries,
    last_delivery,
  });
  assert.equal((await client.call('GET', `/${made.id}`)).json.recent_events, undefined);
  for (const query of ['events_limit=0', 'events_limit=51', 'include_events=maybe']) {
    assertError(await client.call('GET', `/${made.id}?${query}`), 400);
  }
});

test('the hour counts the calls of this door, and no others', async () => {
  const { client, app, key } = await merchant({ mode: 'test' });
  const left = async () => Number((await client.call('GET')).headers.get('x-ratelimit-remaining'));
  assert.equal(await left(), 99);
  const bearer = `${key.client_key}.${key.client_secret}`;
  const native = await server.client.get(`/v1/apps/${app}/webhooks`, { key: bearer });
  assert.equal(native.status, 200);
  assert.equal(native.headers['x-ratelimit-limit'], undefined);
  assert.equal(await left(), 98);
});

// Both workers are asked, by connections of their own; an hour that ends meanwhile begins anew.
test('a development key has 100 calls an hour, exactly, and says how many are left', async () => {
  const { client, app } = await merchant({ mode: 'test' });
  const until_ = async () =>
    Number((await client.call('GET')).headers.get('x-ratelimit-reset'));
  const reset = await until_();
  assert.equal(reset % 3600, 0);
  assert.ok(reset * 1000 > Date.now() && reset * 1000 <= Date.now() + 3600_000);
  const answers = [];
  for (const count of [40, 40, 39]) {
    const calls = Array.from({ length: count }, () => client.call('GET'));
    answers.push(...(await Promise.all(calls)));
  }
  if (answers.some(({ headers }) => Number(headers.get('x-ratelimit-reset')) !== reset))
    return;
  const passed = answers.filter(({ status }) => status === 200);
  const over = answers.filter(({ status }) => status === 429);
  assert.equal(passed.length, 99);
  assert.equal(over.length, 20);
  const left = passed.map(({ headers }) => Number(headers.get('x-ratelimit-remaining')));
  assert.deepEqual(
    left.sort((a, b) => a - b),
    Array.from({ length: 99 }, (_, i) => i),
  );
  for (const { headers, json } of over) {
    const wait = Number(headers.get('retry-after'));
    assert.ok(wait >= 1 && wait <= 3600);
    assert.deepEqual(json, {
      statusCode: 429,
      message: 'Rate limit exceeded',
      retryAfter: wait,
    });
    assert.equal(headers.get('x-ratelimit-limit'), '100');
    assert.equal(headers.get('x-ratelimit-remaining'), '0');
    assert.ok(Math.abs(Date.now() / 1000 + wait - reset) < 5);
  }
  const { client: another } = await merchant({ app, mode: 'live' });
  const answer = await another.call('GET');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('x-ratelimit-limit'), '1000');
  assert.equal(answer.headers.get('x-ratelimit-remaining'), '999');
  const native = server.client.as(
    `${client.headers['x-client-key']}.${client.headers['x-client-secret']}`,
  );
  assert.equal((await native.get(`/v1/apps/${app}/webhooks`)).status, 200, 'this door only');
});

test('an address that fails too often: 429, in the same form', async () => {
  const { client } = await merchant();
  const answers = [];
  for (let i = 0; i < 40; i++) answers.push(await client.call('GET', '', undefined, {}));
  const last = answers.at(-1);
  assert.equal(last.status, 429);
  assert.equal(last.json.message, 'Rate limit exceeded');
  assert.equal(Number(last.headers.get('retry-after')), last.json.retryAfter);
  assert.equal(last.headers.get('x-ratelimit-remaining'), '0');
  assert.equal((await client.call('GET')).status, 200, 'who has a key is served');
});
