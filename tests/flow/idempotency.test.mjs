// The same Idempotency-Key with the same body is the same event: at once, in a crowd, and
// over a crash. With another body it is refused.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, orders, startServer } from './harness.mjs';

const ROUNDS = 200;
const { type, payload } = orders.standard;

async function shopOn(t, options) {
  const server = await startServer(t, options);
  return openShop(t, server, { profile: 'standard' });
}

const post = (shop, idempotencyKey, bytes = payload) =>
  shop.api.send(shop.app, type, bytes, { idempotencyKey });

test('the same request again gives the first answer again, and says so', async (t) => {
  const shop = await shopOn(t);
  const first = await post(shop, 'order-77');
  const again = await post(shop, 'order-77');
  assert.deepEqual([first.status, again.status], [202, 202]);
  assert.deepEqual(again.json, first.json);
  assert.equal(first.headers['idempotency-replayed'], undefined);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  await shop.receiver.got(1);
  assert.ok(await shop.receiver.staysAt(1, 300), 'sent once');
});

test('another body under the same key is refused, and nothing is sent', async (t) => {
  const shop = await shopOn(t);
  await post(shop, 'order-77');
  const other = await post(shop, 'order-77', '{"amount":1.100}');
  assert.equal(other.status, 422);
  assert.equal(other.json.code, 'idempotency_mismatch');
  await shop.receiver.got(1);
  assert.ok(await shop.receiver.staysAt(1, 300));
});

test('another key is another event', async (t) => {
  const shop = await shopOn(t);
  const ids = [(await post(shop, 'a')).json.id, (await post(shop, 'b')).json.id];
  assert.notEqual(ids[0], ids[1]);
  await shop.receiver.got(2);
});

test('keys of two apps do not meet', async (t) => {
  const shop = await shopOn(t);
  const other = await openShop(t, shop.server, { profile: 'standard' });
  await post(shop, 'order-77');
  const answer = await post(other, 'order-77', '{"other":true}');
  assert.equal(answer.status, 202);
  assert.equal(answer.headers['idempotency-replayed'], undefined);
});

test('64 at once are one event', async (t) => {
  const shop = await shopOn(t, { workers: 2 });
  for (let round = 0; round < ROUNDS; round++) {
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => post(shop, `crowd-${round}`)),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
    assert.equal(new Set(answers.map(({ json }) => json.id)).size, 1);
    const replayed = answers.filter(
      ({ headers }) => headers['idempotency-replayed'] === 'true',
    );
    assert.equal(replayed.length, 63);
  }
  await shop.receiver.got(ROUNDS, 30000);
  assert.ok(await shop.receiver.staysAt(ROUNDS, 500));
});

test('64 at once with an id of the caller are one event', async (t) => {
  const shop = await shopOn(t, { workers: 2 });
  const send = () => shop.api.send(shop.app, type, payload, { more: ',"id":"order-77"' });
  const answers = await Promise.all(Array.from({ length: 64 }, send));
  assert.equal(new Set(answers.map(({ json }) => json.id)).size, 1);
  await shop.receiver.got(1);
  assert.ok(await shop.receiver.staysAt(1, 300));
});

test('the key holds over kill -9 and a new start', async (t) => {
  const shop = await shopOn(t);
  const first = await post(shop, 'order-77');
  await shop.server.kill9();
  await shop.server.start();
  const again = await post(shop, 'order-77');
  assert.equal(again.json.id, first.json.id);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal((await post(shop, 'order-77', '{}')).status, 422);
});

test('a webhook asked for twice with one key is one, with its secret', async (t) => {
  const server = await startServer(t);
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const ask = () =>
    server.client.post(
      `/v1/apps/${app}/webhooks`,
      { name: 'Orders', url: 'http://127.0.0.1:9999/' },
      { headers: { 'Idempotency-Key': 'w-1' } },
    );
  const [first, again] = [await ask(), await ask()];
  assert.deepEqual(again.json, first.json);
  assert.ok(first.json.secret);
  assert.equal((await server.client.all(`/v1/apps/${app}/webhooks`)).length, 1);
});

test('what was refused is not kept: the same key may be tried again', async (t) => {
  const server = await startServer(t);
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const ask = (body, key) =>
    server.client.post(`/v1/apps/${app}/webhooks`, body, {
      headers: { 'Idempotency-Key': 'w-1' },
      ...(key && { key }),
    });
  const good = { url: 'https://shop.example/' };
  assert.equal((await ask({ url: 'nowhere' })).status, 422);
  assert.equal((await ask('{')).status, 400);
  assert.equal((await ask(good)).status, 201);
  assert.equal((await ask('{"url": "https://shop.example/"}')).status, 422, 'other bytes');
  const { key } = await server.client.newKey(app, { name: 'Till' });
  const other = await ask(good, key);
  assert.equal(other.status, 201, 'another key has its own');
  assert.equal(other.headers['idempotency-replayed'], undefined);
});

test('every POST that makes something takes the key', async (t) => {
  const server = await startServer(t);
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const hook = await server.client.newWebhook(app, { url: 'https://shop.example/' });
  const base = `/v1/apps/${app}`;
  const makers = [
    ['/v1/apps', { name: 'Other', profile: 'yoco' }],
    ['/v1/keys', { name: 'Second' }],
    ['/v1/webhooks', { url: 'https://ops.example/' }],
    [`${base}/keys`, { name: 'Till' }],
    [`${base}/webhooks`, { url: 'https://shop.example/' }],
    [`${base}/webhooks/${hook.id}/secret/rotate`, {}],
    [`${base}/webhooks/${hook.id}/recover`, { since: '2020-01-01T00:00:00Z' }],
    [`${base}/events`, { type: 'a', payload: 1 }],
  ];
  for (const [path, body] of makers) {
    const ask = () => server.client.post(path, body, { headers: { 'Idempotency-Key': 'once' } });
    const [first, again] = [await ask(), await ask()];
    assert.ok(first.status < 300, first.text);
    assert.deepEqual([again.status, again.text], [first.status, first.text], path);
    assert.equal(again.headers['idempotency-replayed'], 'true', path);
  }
});

const wrongKeys = ['x'.repeat(256), ''];
for (const key of wrongKeys) {
  test(`a key of ${key.length} bytes is refused`, async (t) => {
    const shop = await shopOn(t);
    const headers = { 'Idempotency-Key': key };
    const answer = await shop.api.send(shop.app, type, payload, { headers });
    assert.equal(answer.status, 422);
  });
}
