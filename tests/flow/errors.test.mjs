// A request that is wrong is refused with a problem document (RFC 9457) that names what is
// wrong, and nothing has changed after it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer } from './harness.mjs';

const BODY_MAX = 256 * 1024;

const scene = sharedScene();
let server;
const shops = {};
test.before(async () => {
  server = await startServer(scene);
  for (const profile of [
    'standard',
    'yoco',
    'mesilat',
    'mileston',
    'stablemint',
    'devdraft',
  ]) {
    shops[profile] = await openShop(scene, server, { profile });
  }
});

function assertProblem(answer, status, code, field) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  assert.equal(answer.json.status, status);
  if (code) assert.equal(answer.json.code, code);
  assert.ok(answer.json.detail?.length > 0 && answer.json.title?.length > 0, answer.text);
  if (field) assert.ok(JSON.stringify(answer.json.errors ?? '').includes(field), answer.text);
  assert.ok(answer.text.length <= 1024, 'a problem is short');
}

const event = (members) => `{${members}}`;
const yoco = (payload) => event(`"type":"payment.succeeded","payload":${payload}`);
const mesilat = (payload) => event(`"type":"payment","payload":${payload}`);
const deep = (depth) => '['.repeat(depth) + ']'.repeat(depth);

// [what, profile, body of POST …/events, status, code, field that is named]
const wrongEvents = [
  ['no JSON', 'standard', '{"type":', 400, 'bad_json'],
  ['a trailing comma', 'standard', event('"type":"a","payload":{},'), 400, 'bad_json'],
  [
    'bytes that are not UTF-8',
    'standard',
    Buffer.from('7b2274797065223a22ff227d', 'hex'),
    400,
    'bad_json',
  ],
  [
    'JSON too deep',
    'standard',
    event(`"type":"a","payload":${deep(65)}`),
    400,
    'json_too_deep',
  ],
  [
    'a member twice',
    'standard',
    event('"type":"a","type":"b","payload":1'),
    400,
    'duplicate_key',
  ],
  ['an array for an object', 'standard', '[]', 422, null],
  [
    'an unknown member',
    'standard',
    event('"type":"a","payload":1,"idempotencykey":"x"'),
    422,
    'unknown_field',
    'idempotencykey',
  ],
  ['no type', 'standard', event('"payload":1'), 422, 'invalid_field', 'type'],
  ['no payload', 'standard', event('"type":"a"'), 422, 'invalid_field', 'payload'],
  [
    'a type that is a number',
    'standard',
    event('"type":5,"payload":1'),
    422,
    'invalid_field',
    'type',
  ],
  ['a type with a space', 'standard', event('"type":"a b","payload":1'), 422, null, 'type'],
  [
    'a type of 129 bytes',
    'standard',
    event(`"type":"${'t'.repeat(129)}","payload":1`),
    422,
    null,
    'type',
  ],
  [
    'an id with a dot',
    'standard',
    event('"type":"a","payload":1,"id":"a.b"'),
    422,
    'invalid_field',
    'id',
  ],
  [
    'an unknown mode',
    'standard',
    event('"type":"a","payload":1,"mode":"prod"'),
    422,
    'invalid_field',
    'mode',
  ],
  [
    'a day that is not',
    'standard',
    event('"type":"a","payload":1,"deliver_at":"2030-02-30T00:00:00Z"'),
    422,
    null,
    'deliver_at',
  ],
  [
    'a type outside the catalogue',
    'yoco',
    event('"type":"payment.lost","payload":{}'),
    422,
    'unknown_event_type',
  ],
  ['yoco without id', 'yoco', yoco('{"type":"payment","mode":"live"}'), 422, null, 'id'],
  ['yoco without type', 'yoco', yoco('{"id":"p_1","mode":"live"}'), 422, null, 'type'],
  ['yoco without mode', 'yoco', yoco('{"id":"p_1","type":"payment"}'), 422, null, 'mode'],
  [
    'mesilat without uuid',
    'mesilat',
    mesilat('{"amount":1,"currency":"EUR"}'),
    422,
    null,
    'uuid',
  ],
  [
    'mesilat without amount',
    'mesilat',
    mesilat('{"uuid":"1","currency":"EUR"}'),
    422,
    null,
    'amount',
  ],
  [
    'mesilat without currency',
    'mesilat',
    mesilat('{"uuid":"1","amount":1}'),
    422,
    null,
    'currency',
  ],
  ['a flat payload that is no object', 'mesilat', mesilat('[1]'), 422, null, 'payload'],
  [
    'a set member twice',
    'mesilat',
    mesilat(
      '{"uuid":"1","amount":1,"currency":"EUR","trigger_type":"auto","trigger_type":"auto"}',
    ),
    422,
    'duplicate_key',
  ],
  [
    'another trigger_type',
    'mesilat',
    mesilat('{"uuid":"1","amount":1,"currency":"EUR","trigger_type":"manual"}'),
    422,
    null,
    'trigger_type',
  ],
  [
    'another notificationType',
    'stablemint',
    event(
      '"type":"InwardPaymentAccepted","payload":{"notificationType":"OutwardPaymentSent"}',
    ),
    422,
    null,
    'notificationType',
  ],
];

for (const [what, profile, body, status, code, field] of wrongEvents) {
  test(`an event with ${what}: ${status}`, async () => {
    const shop = shops[profile];
    const answer = await server.client.post(`/v1/apps/${shop.app}/events`, body);
    assertProblem(answer, status, code, field);
    assert.deepEqual(await server.client.events(shop.app), [], 'nothing was kept');
  });
}

const good = event('"type":"a","payload":1');
const types = [
  null,
  'text/plain',
  'text/xml',
  'application/json; charset=utf-16',
  'multipart/form-data',
];
for (const type of types) {
  test(`an event sent as ${type ?? 'nothing in particular'}: 415`, async () => {
    const headers = { 'Content-Type': type };
    const answer = await server.client.post(`/v1/apps/${shops.standard.app}/events`, good, {
      headers,
    });
    assertProblem(answer, 415, 'unsupported_type');
  });
}

test('an encoded body: 415', async () => {
  const headers = { 'Content-Encoding': 'gzip' };
  const answer = await server.client.post(`/v1/apps/${shops.standard.app}/events`, good, {
    headers,
  });
  assertProblem(answer, 415, 'unsupported_type');
});

test('a body of one byte too many: 413; one of just the size is taken', async () => {
  const path = `/v1/apps/${shops.devdraft.app}/events`;
  const frame = '{"type":"payment.completed","payload":""}'.length;
  const body = (len) => `{"type":"payment.completed","payload":"${'x'.repeat(len - frame)}"}`;
  assert.equal((await server.client.post(path, body(BODY_MAX))).status, 202);
  const answer = await server.client.post(path, body(BODY_MAX + 1)).catch((error) => error);
  // The server answers before it has read the body; a client still writing may see the reset.
  if (answer instanceof Error) assert.match(answer.code, /ECONNRESET|EPIPE/);
  else assertProblem(answer, 413, 'too_large');
  assert.equal((await server.client.events(shops.devdraft.app)).length, 1);
});

const url = 'http://127.0.0.1:9999/x';
// [what, profile, body of POST …/webhooks, status, field that is named]
const wrongWebhooks = [
  ['no URL', 'standard', { name: 'Orders' }, 422, 'url'],
  ['a URL that is none', 'standard', { name: 'Orders', url: 'example.com' }, 422, 'url'],
  ['ftp', 'standard', { name: 'Orders', url: 'ftp://example.com/' }, 422, 'url'],
  [
    'a user in the URL',
    'standard',
    { name: 'Orders', url: 'https://a:b@example.com/' },
    422,
    'url',
  ],
  [
    'a denied address',
    'standard',
    { name: 'Orders', url: 'https://169.254.169.254/' },
    422,
    'url',
  ],
  [
    'a number spelled oddly',
    'standard',
    { name: 'Orders', url: 'https://0x7f.1/' },
    422,
    'url',
  ],
  [
    'http to a public address',
    'standard',
    { name: 'Orders', url: 'http://1.2.3.4/' },
    422,
    'url',
  ],
  ['an unknown member', 'standard', { name: 'Orders', url, colour: 'red' }, 422, 'colour'],
  [
    "a member that is not the caller's",
    'standard',
    { name: 'Orders', url, created_at: 'now' },
    422,
    'created_at',
  ],
  ['a wait below zero', 'standard', { name: 'Orders', url, waits: [-1] }, 422, 'waits'],
  [
    'a timeout that is text',
    'standard',
    { name: 'Orders', url, timeout_s: '5' },
    422,
    'timeout_s',
  ],
  [
    'a header with a line break',
    'standard',
    { name: 'Orders', url, headers: { 'X-A': 'b\r\nEvil: 1' } },
    422,
    'headers',
  ],
  [
    'a header of our own',
    'standard',
    { name: 'Orders', url, headers: { 'webhook-id': '1' } },
    422,
    'headers',
  ],
  [
    'a type that is not',
    'mileston',
    { name: 'Orders', url, secret: 't', events: ['invoice-lost'] },
    422,
    'events',
  ],
  ['no token', 'mileston', { name: 'Orders', url }, 422, 'secret'],
  ['a token with a space', 'mileston', { name: 'Orders', url, secret: 'a b' }, 422, 'secret'],
  [
    'two types',
    'stablemint',
    { name: 'Orders', url, events: ['OutwardPaymentSent', 'OutwardPaymentFailed'] },
    422,
    'events',
  ],
  ['a short secret', 'devdraft', { name: 'Orders', url, secret: 'short' }, 422, 'secret'],
  [
    'a taken type',
    'stablemint',
    { name: 'Orders', url, events: ['InwardPaymentAccepted'] },
    409,
    null,
  ],
  ['a second one', 'mesilat', { name: 'Orders', url }, 409, null],
];

for (const [what, profile, body, status, field] of wrongWebhooks) {
  test(`a webhook of ${profile} with ${what}: ${status}`, async () => {
    const path = `/v1/apps/${shops[profile].app}/webhooks`;
    assertProblem(await server.client.post(path, body), status, null, field);
    assert.equal((await server.client.all(path)).length, 1, 'nothing was made');
  });
}

test('stablemint: the refusal of a taken type names the type', async () => {
  const body = { name: 'Orders', url, events: ['InwardPaymentAccepted'] };
  const answer = await server.client.post(`/v1/apps/${shops.stablemint.app}/webhooks`, body);
  assert.match(answer.json.detail, /InwardPaymentAccepted/);
});

test('stablemint: 50 registrations racing for one type: one wins', async () => {
  const app = (await server.client.newApp({ name: 'Race', profile: 'stablemint' })).id;
  const body = { name: 'Orders', url, events: ['OutwardPaymentSent'] };
  const race = Array.from({ length: 50 }, () =>
    server.client.post(`/v1/apps/${app}/webhooks`, body),
  );
  const statuses = (await Promise.all(race)).map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, ...Array(49).fill(409)]);
});

test('yoco: a sixth webhook is refused', async () => {
  const app = (await server.client.newApp({ name: 'Six', profile: 'yoco' })).id;
  const statuses = [];
  for (let i = 0; i < 6; i++) {
    const answer = await server.client.post(`/v1/apps/${app}/webhooks`, {
      name: `n${i}`,
      url,
    });
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [201, 201, 201, 201, 201, 409]);
});

const apps = [
  ['an unknown profile', { name: 'Shop', profile: 'nobody' }, 'profile'],
  ['no profile', { name: 'Shop' }, 'profile'],
  ['an unknown member', { name: 'Shop', profile: 'yoco', colour: 1 }, 'colour'],
  ['a name that is a number', { name: 5, profile: 'yoco' }, 'name'],
];
for (const [what, body, field] of apps) {
  test(`an app with ${what}: 422`, async () => {
    assertProblem(await server.client.post('/v1/apps', body), 422, null, field);
  });
}

test('a path that is not: 404; a method it does not have: 405 with Allow', async () => {
  assertProblem(await server.client.get('/v1/nothing'), 404, 'not_found');
  const answer = await server.client.request('PUT', '/v1/apps', { body: {} });
  assertProblem(answer, 405, 'method_not_allowed');
  assert.match(answer.headers.allow, /POST/);
});

test('a cursor that is not ours: 400', async () => {
  const answer = await server.client.get(`/v1/apps/${shops.yoco.app}/deliveries?cursor=abc`);
  assertProblem(answer, 400, 'bad_cursor');
});

for (const limit of ['0', '-1', '251', '0x10', 'ten']) {
  test(`a page of ${limit} rows: 422`, async () => {
    const answer = await server.client.get(
      `/v1/apps/${shops.yoco.app}/deliveries?limit=${limit}`,
    );
    assertProblem(answer, 422, 'invalid_field', 'limit');
  });
}
