// The catalogues: what each platform's events are, what of them is demanded, and the types
// that an app adds.

import assert from 'node:assert/strict';
import test from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { contracts, profiles } from '../receivers/contracts.mjs';
import { examplesOf } from '../receivers/examples.mjs';
import { openShop, sharedScene, startServer } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

const newApp = async (profile, more) =>
  (await server.client.newApp({ name: `Shop of ${profile}`, profile, ...more })).id;
const typesOf = async (app) => (await server.client.read(`/v1/apps/${app}/event-types`)).data;

function validator(schema) {
  const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats(ajv);
  return ajv.compile(schema);
}

// The five platforms' events, as their public pages name them.
const names = {
  mileston: ['invoice-paid', 'paymentlink-paid', 'recurring-paid'],
  stablemint: [
    'InwardPaymentAccepted',
    'InwardPaymentFailed',
    'InwardPaymentReconciled',
    'OutwardPaymentSent',
    'OutwardPaymentFailed',
  ],
  devdraft: ['payment.completed', 'payment.failed', 'payment.pending', 'payment.refunded'],
  yoco: ['payment.succeeded', 'refund.succeeded', 'refund.failed'],
  mesilat: ['payment'],
};

// What a publisher must send; the rest of an example is typical, not demanded.
const demanded = { yoco: ['id', 'type', 'mode'], mesilat: ['uuid', 'amount', 'currency'] };

for (const profile of Object.keys(names)) {
  test(`${profile}: each type is named, said, and has an example of its schema`, async () => {
    const app = await newApp(profile);
    const types = await typesOf(app);
    assert.deepEqual(
      types.map((type) => type.name),
      names[profile],
    );
    for (const type of types) {
      assert.match(type.description, /^[A-Z].*\.$/, type.name);
      assert.equal(type.schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
      assert.equal(type.free, true);
      assert.equal(type.own, false);
      const holds = validator(type.schema);
      assert.ok(holds(type.example), `${type.name}: ${JSON.stringify(holds.errors)}`);
      const answer = await server.client.send(app, type.name, JSON.stringify(type.example));
      assert.equal(answer.status, 202, answer.text);
      assert.equal(answer.json.warnings, undefined);
    }
  });

  test(`${profile}: its published events fit the schemas`, async () => {
    const app = await newApp(profile);
    const types = new Map((await typesOf(app)).map((type) => [type.name, type]));
    for (const example of examplesOf(profile)) {
      const holds = validator(types.get(example.type).schema);
      const payload = JSON.parse(example.payload);
      assert.ok(holds(payload), `${example.name}: ${JSON.stringify(holds.errors)}`);
    }
  });

  test(`${profile}: demands what its contract demands, and nothing else`, async () => {
    const app = await newApp(profile);
    const wanted = demanded[profile] ?? [];
    for (const { name, schema, example } of await typesOf(app)) {
      assert.deepEqual(schema.required ?? [], wanted, name);
      const least = Object.fromEntries(wanted.map((key) => [key, example[key]]));
      const send = (payload) => server.client.send(app, name, JSON.stringify(payload));
      assert.equal((await send(least)).status, 202, name);
      for (const key of wanted) {
        for (const value of [undefined, null, '']) {
          const answer = await send({ ...least, [key]: value });
          assert.equal(answer.status, 422, `${name} without ${key}`);
          assert.match(answer.text, new RegExp(`payload/${key}`));
        }
      }
      for (const key of Object.keys(example).filter((key) => !wanted.includes(key))) {
        const { [key]: left, ...rest } = example;
        assert.equal((await send(rest)).status, 202, `${name} without ${key} (${left})`);
      }
    }
  });
}

test('standard takes any type and has no catalogue', async () => {
  const app = await newApp('standard');
  const list = await server.client.read(`/v1/apps/${app}/event-types`);
  assert.deepEqual(list, { data: [], open: true, next_cursor: null });
  assert.ok(profiles.includes('standard') && contracts.standard);
});

// Attack rows: a payload that is nothing.
test('a payload that is nothing is a payload, where an envelope holds it', async () => {
  for (const [profile, type] of [
    ['standard', 'a'],
    ['devdraft', 'payment.failed'],
    ['mileston', 'invoice-paid'],
  ]) {
    const app = await newApp(profile);
    for (const payload of ['null', '""', '0', '[]', '{}']) {
      const answer = await server.client.send(app, type, payload);
      assert.equal(answer.status, 202, `${profile} ${payload}`);
    }
  }
  for (const [profile, type] of [
    ['stablemint', 'OutwardPaymentSent'],
    ['mesilat', 'payment'],
    ['yoco', 'refund.failed'],
  ]) {
    const app = await newApp(profile);
    for (const payload of ['null', '""', '0', '[]']) {
      const answer = await server.client.send(app, type, payload);
      assert.equal(answer.status, 422, `${profile} ${payload}`);
    }
  }
});

const refusedNames = ['a'.repeat(129), 'a'.repeat(1024), 'a*', 'a\n', '💥', 'раyment', 'a b', ''];
test('names that are no event types are refused', async () => {
  const app = await newApp('standard');
  for (const name of refusedNames) {
    const answer = await server.client.send(app, name, '{}');
    assert.equal(answer.status, 422, JSON.stringify(name));
  }
  for (const name of ['.', '..', 'a.b', 'A-1_', 'a'.repeat(128)]) {
    assert.equal((await server.client.send(app, name, '{}')).status, 202, name);
  }
});

// --- checks of sense ---

const mesilat = (more) => JSON.stringify({ uuid: 'b9', amount: 500, currency: 'RUB', ...more });
const WRONG = mesilat({ total_amount: 460.01, commission: 40 });
const RIGHT = mesilat({ total_amount: 460.0, commission: 40 });

test('a sum that does not hold is a warning, or a refusal where the app is strict', async () => {
  const api = server.client;
  const app = await newApp('mesilat');
  const send = (payload) => api.send(app, 'payment', payload);
  const warned = await send(WRONG);
  assert.equal(warned.status, 202);
  assert.equal(warned.json.warnings[0].pointer, '/payload/total_amount');
  assert.equal((await send(RIGHT)).json.warnings, undefined);
  assert.equal((await api.read(`/v1/apps/${app}`)).strict, false);

  assert.equal((await api.patch(`/v1/apps/${app}`, { strict: true })).json.strict, true);
  const refused = await send(WRONG);
  assert.equal(refused.status, 422);
  assert.match(refused.text, /payload\/total_amount/);
  assert.equal((await send(RIGHT)).status, 202);
  assert.equal((await api.patch(`/v1/apps/${app}`, { name: 'Other' })).json.strict, true);
  assert.equal((await send(WRONG)).status, 422);
  assert.equal((await api.patch(`/v1/apps/${app}`, { strict: false })).status, 200);
  assert.equal((await send(WRONG)).status, 202);
});

test('an app may be strict from the start', async () => {
  const app = await newApp('mesilat', { strict: true });
  assert.equal((await server.client.send(app, 'payment', WRONG)).status, 422);
  for (const more of [{ exchange_rate: 1.1 }, { total_amount: undefined }]) {
    const payload = mesilat({ total_amount: 460.01, commission: 40, ...more });
    assert.equal((await server.client.send(app, 'payment', payload)).status, 202);
  }
  const bad = await server.client.post('/v1/apps', { name: 'a', profile: 'yoco', strict: 1 });
  assert.equal(bad.status, 422);
});

// --- types of the app's own ---

const put = (app, type, body) =>
  server.client.request('PUT', `/v1/apps/${app}/event-types/${type}`, { body });

test("an app's own types are listed, chosen, accepted, and go again", async (t) => {
  const shop = await openShop(t, server, { profile: 'mileston' });
  const { api, app } = shop;
  const type = 'payout.sent';
  assert.equal((await api.send(app, type, '{}')).json.code, 'unknown_event_type');

  const said = { description: 'A payout left.', schema: { type: 'object' }, example: { a: 0.1 } };
  const made = await put(app, type, said);
  assert.equal(made.status, 201);
  assert.deepEqual(made.json, { name: type, ...said, free: true, own: true });
  assert.deepEqual((await typesOf(app)).at(-1), made.json);

  assert.equal((await shop.send(type, '{}')).deliveries.length, 0, 'not one of the defaults');
  const path = `/v1/apps/${app}/webhooks/${shop.webhook.id}`;
  assert.equal((await api.patch(path, { events: [type] })).status, 200);
  assert.equal((await shop.send(type, '{"n":1.10}')).deliveries.length, 1);
  const [request] = await shop.receiver.got(1);
  assert.equal(request.body.toString(), `{"event":"${type}","payload":{"n":1.10}}`);

  assert.equal((await put(app, type, '{"example":1.10}')).status, 200);
  assert.match((await api.get(`/v1/apps/${app}/event-types`)).text, /"example":1\.10,/);
  assert.equal((await api.delete(`/v1/apps/${app}/event-types/${type}`)).status, 204);
  assert.equal((await api.delete(`/v1/apps/${app}/event-types/${type}`)).status, 404);
  assert.equal((await api.send(app, type, '{}')).status, 422);
  assert.deepEqual((await api.read(path)).events, [type], 'the webhook is as it was');
  assert.equal((await api.patch(path, { name: 'Other' })).status, 200);
});

test('own types survive a restart and changes of the app', async (t) => {
  const own = await startServer(t);
  const app = (await own.client.newApp({ name: 'Shop', profile: 'yoco' })).id;
  await own.client.request('PUT', `/v1/apps/${app}/event-types/x`, { body: {} });
  assert.equal((await own.client.patch(`/v1/apps/${app}`, { name: 'Other' })).status, 200);
  await own.stop();
  await own.start();
  const { data } = await own.client.read(`/v1/apps/${app}/event-types`);
  assert.equal(data.at(-1).name, 'x');
  assert.equal((await own.client.send(app, 'x', '{}')).status, 202);
});

test('stablemint: a type of its own is bound once, too', async () => {
  const app = await newApp('stablemint');
  await put(app, 'InwardPaymentHeld', {});
  const register = () =>
    server.client.post(`/v1/apps/${app}/webhooks`, {
      url: 'http://127.0.0.1:8009/',
      events: ['InwardPaymentHeld'],
    });
  assert.equal((await register()).status, 201);
  assert.equal((await register()).status, 409);
  assert.equal((await typesOf(app)).at(-1).free, false);
});

const refusals = [
  ['payment', {}, 409, 'the catalogue has it'],
  ['a*', {}, 422, 'a name that is none'],
  ['a'.repeat(129), {}, 422, 'a name too long'],
  ['x', { colour: 1 }, 422, 'a field that is none'],
  ['x', { schema: 1 }, 422, 'a schema that is none'],
  ['x', { description: 1 }, 422, 'a description that is none'],
  ['x', { example: 'x'.repeat(16384) }, 422, 'too much'],
  ['x', '{', 400, 'no JSON'],
];
for (const [type, body, status, what] of refusals) {
  test(`a type is refused: ${what}`, async () => {
    const app = await newApp('mesilat');
    assert.equal((await put(app, encodeURI(type), body)).status, status);
  });
}

test('an app adds a hundred types and no more, whoever is first', async () => {
  const app = await newApp('mesilat');
  for (let i = 0; i < 96; i++) assert.equal((await put(app, `t${i}`, {})).status, 201);
  const answers = [];
  for (let i = 96; i < 102; i++) answers.push((await put(app, `t${i}`, {})).status);
  assert.deepEqual(answers, [201, 201, 201, 201, 409, 409]);
  assert.equal((await put(app, 't0', { description: 'Again.' })).status, 200);
  assert.equal((await typesOf(app)).length, 101);
});

test('all that an app adds has an end, and so has each', async () => {
  const app = await newApp('mesilat');
  const sized = (length) => `{"example":"${'x'.repeat(length - 14)}"}`;
  assert.equal((await put(app, 'big', sized(16384))).status, 201);
  assert.equal((await put(app, 'bigger', sized(16385))).status, 422);
  for (let i = 0; i < 14; i++) assert.equal((await put(app, `t${i}`, sized(16384))).status, 201);
  const full = await put(app, 'last', sized(16384));
  assert.equal(full.status, 409, full.text);
  assert.equal(full.json.code, 'quota_exceeded');
  assert.equal((await put(app, 'last', sized(16000))).status, 201);
});

test('types that are added at the same time are all there', async () => {
  const app = await newApp('yoco');
  const answers = await Promise.all([1, 2, 3, 4].map((i) => put(app, `t${i}`, {})));
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [201, 201, 201, 201],
  );
  assert.equal((await typesOf(app)).length, 7);
});
