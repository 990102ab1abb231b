// Yoco's API for registering webhooks, called as that platform's page tells its merchants to:
// fetch, a secret key as Bearer, JSON in and out. One assertion per clause of the contract.

import assert from 'node:assert/strict';
import test from 'node:test';
import { sharedScene, startServer } from './harness.mjs';
import { startReceiver } from '../receivers/receiver.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { workers: 2 });
});

const URL_OK = 'https://shop.example/hooks';
const PATH = '/api/webhooks';

async function call(key, method, path = '', body, more = {}) {
  const headers = { ...more, ...(key && { Authorization: `Bearer ${key}` }) };
  if (body !== undefined) headers['Content-Type'] ??= 'application/json';
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(server.base + PATH + path, { method, headers, body: text });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

async function merchant({ mode = 'test', scopes, app } = {}) {
  const id = app ?? (await server.client.newApp({ name: 'Shop', profile: 'yoco' })).id;
  const { key } = await server.client.newKey(id, {
    name: 'Till',
    mode,
    ...(scopes && { scopes }),
  });
  return { app: id, key };
}

const register = (key, fields, more) =>
  call(key, 'POST', '', { name: 'my-webhook', url: URL_OK, ...fields }, more);

async function list(key) {
  const { status, json } = await call(key, 'GET');
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ['subscriptions']);
  return json.subscriptions;
}

function assertRefused({ status, json }, code) {
  assert.equal(status, code, JSON.stringify(json));
  assert.deepEqual(Object.keys(json), ['message']);
  assert.equal(typeof json.message, 'string');
}

test('create: 200 with id, name, url, mode and the secret; the secret only here', async () => {
  const { key } = await merchant();
  const { status, json } = await register(key, { colour: 'ignored' });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ['id', 'name', 'url', 'mode', 'secret']);
  assert.match(json.id, /^sub_[0-9A-Za-z]{24}$/);
  assert.match(json.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(Buffer.from(json.secret.slice(6), 'base64').length, 32);
  const { secret: _, ...shown } = json;
  assert.deepEqual(shown, { id: json.id, name: 'my-webhook', url: URL_OK, mode: 'test' });
  assert.deepEqual(await list(key), [shown]);
});

test('the mode follows the key that made it; keys of either mode see all', async () => {
  const { key, app } = await merchant({ mode: 'test' });
  const live = (await merchant({ app, mode: 'live' })).key;
  assert.match(key, /^sk_test_/);
  assert.match(live, /^sk_live_/);
  assert.equal((await register(key)).json.mode, 'test');
  assert.equal((await register(live)).json.mode, 'live');
  assert.deepEqual(
    (await list(key)).map(({ mode }) => mode),
    ['live', 'test'],
  );
});

test('a missing or wrong key: 403', async () => {
  const { key } = await merchant();
  const turned = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
  for (const wrong of [null, 'x', turned, `${key}a`, server.key]) {
    assertRefused(await call(wrong, 'GET'), 403);
  }
  assertRefused(await call(null, 'GET', '', undefined, { Authorization: key }), 403);
  assertRefused(await call(null, 'POST', '', '{'), 403);
});

test('a scope that is missing: 403', async () => {
  const { app, key } = await merchant();
  const { id } = (await register(key)).json;
  const reader = (await merchant({ app, scopes: ['webhook:read'] })).key;
  assertRefused(await register(reader), 403);
  assertRefused(await call(reader, 'DELETE', `/${id}`), 403);
  assert.equal((await list(reader)).length, 1);
});

test('a bad name, URL or JSON: 400', async () => {
  const { key } = await merchant();
  const wrong = [
    { name: undefined },
    { name: '' },
    { name: 7 },
    { name: null },
    { url: undefined },
    { url: 'shop' },
    { url: 'https://' },
    { url: 'https://user:secret@shop.example/' },
    { url: 'https://10.0.0.1/' },
    { url: 7 },
  ];
  for (const fields of wrong) {
    const answer = await register(key, fields);
    assertRefused(answer, 400);
    assert.ok(answer.json.message.startsWith(Object.keys(fields)[0]), answer.json.message);
  }
  for (const body of ['', '{', '[]', '"x"', '{"name":"a","name":"b"}']) {
    assertRefused(await call(key, 'POST', '', body), 400);
  }
  assert.deepEqual(await list(key), []);
});

test('https is required, unless the operator allowed http to that place', async () => {
  const { key } = await merchant();
  assertRefused(await register(key, { url: 'http://shop.example/hooks' }), 400);
  assertRefused(await register(key, { url: 'http://93.184.216.34/hooks' }), 400);
  assert.equal((await register(key, { url: 'http://127.0.0.1:9999/hooks' })).status, 200);
});

test('delete: 200 and a message; then 404, as for what was never there', async () => {
  const [mine, theirs] = [await merchant(), await merchant()];
  const { id } = (await register(mine.key)).json;
  assertRefused(await call(theirs.key, 'DELETE', `/${id}`), 404);
  const answer = await call(mine.key, 'DELETE', `/${id}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(Object.keys(answer.json), ['message']);
  const gone = await call(mine.key, 'DELETE', `/${id}`);
  assertRefused(gone, 404);
  for (const unknown of ['sub_000000000000000000000000', 'sub_1', 'wh_1', `${id}a`]) {
    assert.deepEqual(
      (await call(mine.key, 'DELETE', `/${unknown}`)).json,
      gone.json,
      unknown,
    );
  }
  assert.deepEqual(await list(mine.key), []);
});

test('more than 5: 409; of 50 at once exactly 5 succeed', async () => {
  const { key } = await merchant();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => register(key, { name: `hook ${i}` })),
  );
  const made = answers.filter(({ status }) => status === 200);
  assert.equal(made.length, 5);
  for (const answer of answers) if (answer.status !== 200) assertRefused(answer, 409);
  const ids = (await list(key)).map(({ id }) => id).sort();
  assert.deepEqual(ids, made.map(({ json }) => json.id).sort());
  await call(key, 'DELETE', `/${ids[0]}`);
  assert.equal((await register(key)).status, 200, 'there is room for one again');
});

test('an Idempotency-Key: the same answer again; with another body 422', async () => {
  const { key } = await merchant();
  const once = { 'Idempotency-Key': 'order-77' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => register(key, {}, once)));
  for (const { status, json } of answers) {
    assert.equal(status, 200);
    assert.deepEqual(json, answers[0].json);
  }
  assert.equal((await list(key)).length, 1);
  assertRefused(await register(key, { name: 'another' }, once), 422);
  assertRefused(await register(key, {}, { 'Idempotency-Key': 'x'.repeat(256) }), 400);
});

test('nothing at a path: 404; another method: 405', async () => {
  const { key } = await merchant();
  assertRefused(await call(key, 'GET', '/a/b'), 404);
  assertRefused(await call(key, 'PUT', '', {}), 405);
  assertRefused(await register(key, { name: 'x'.repeat(300_000) }), 413);
});

test('what is sent to such a webhook verifies with the secret that was shown', async (t) => {
  const { key, app } = await merchant();
  const receiver = await startReceiver({ profile: 'yoco' });
  t.after(() => receiver.close());
  receiver.secret = (await register(key, { url: receiver.url })).json.secret;
  const payload =
    '{"id":"p_1","type":"payment","mode":"live","metadata":{"checkoutId":"ch_1"}}';
  assert.equal((await server.client.send(app, 'payment.succeeded', payload)).status, 202);
  const [got] = await receiver.got(1);
  assert.equal(got.verified, true, got.reason);
  assert.equal(JSON.parse(got.body).payload.metadata.checkoutId, 'ch_1');
});
