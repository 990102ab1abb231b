// Registering: what each contract allows, and what it refuses; races have one winner.

import assert from 'node:assert/strict';
import test from 'node:test';
import { contracts } from '../receivers/contracts.mjs';
import { sharedScene, startServer } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

const URL_OF = (path = '') => `http://127.0.0.1:8009/hooks${path}`;

// An app of the profile, and its webhooks' door.
async function openApp(profile, fields = {}) {
  const api = server.client;
  const app = (await api.newApp({ name: `Shop of ${profile}`, profile, ...fields })).id;
  const path = `/v1/apps/${app}/webhooks`;
  const asked = { name: 'Orders', url: URL_OF() };
  if (contracts[profile].secret === 'theirs') asked.secret = 'my-verification-token';
  return { api, app, path, register: (more) => api.post(path, { ...asked, ...more }) };
}

async function freeTypes({ api, app }) {
  const { data } = await api.read(`/v1/apps/${app}/event-types`);
  return data.filter((type) => type.free).map((type) => type.name);
}

const INWARD = 'InwardPaymentAccepted';

test('stablemint: fifty race for one type, one wins, and the others are told which', async () => {
  const shop = await openApp('stablemint');
  const before = await freeTypes(shop);
  assert.ok(before.includes(INWARD) && before.length === 5);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      shop.register({ events: [INWARD], url: URL_OF(`/${i}`) }),
    ),
  );
  const won = answers.filter((answer) => answer.status === 201);
  const lost = answers.filter((answer) => answer.status === 409);
  assert.equal(won.length, 1);
  assert.equal(lost.length, 49);
  for (const { json } of lost) {
    assert.equal(json.code, 'conflict');
    assert.match(json.detail, new RegExp(INWARD));
  }
  assert.equal((await shop.api.all(shop.path)).length, 1);
  assert.deepEqual(
    await freeTypes(shop),
    before.filter((type) => type !== INWARD),
  );

  await shop.api.delete(`${shop.path}/${won[0].json.id}`);
  assert.deepEqual(await freeTypes(shop), before);
  assert.equal((await shop.register({ events: [INWARD] })).status, 201);
});

test('stablemint: one URL serves several types, each bound once, by changes too', async () => {
  const shop = await openApp('stablemint');
  const first = await shop.register({ events: [INWARD] });
  const second = await shop.register({ events: ['InwardPaymentFailed'] });
  assert.deepEqual([first.status, second.status], [201, 201]);
  const path = `${shop.path}/${second.json.id}`;
  const taken = await shop.api.patch(path, { events: [INWARD] });
  assert.equal(taken.status, 409);
  assert.match(taken.json.detail, new RegExp(INWARD));
  const moved = await shop.api.patch(path, { events: ['OutwardPaymentSent'] });
  assert.equal(moved.status, 200);
  assert.deepEqual(await freeTypes(shop), [
    'InwardPaymentFailed',
    'InwardPaymentReconciled',
    'OutwardPaymentFailed',
  ]);
});

test('stablemint: exactly one type, and another app has types of its own', async () => {
  const shop = await openApp('stablemint');
  for (const events of [undefined, null, [], [INWARD, 'InwardPaymentFailed']]) {
    assert.equal((await shop.register({ events })).status, 422, JSON.stringify(events));
  }
  assert.equal((await shop.register({ events: [INWARD] })).status, 201);
  const other = await openApp('stablemint');
  assert.equal((await other.register({ events: [INWARD] })).status, 201);
});

// How many webhooks an app may have.
const most = [
  ['yoco', 5],
  ['mesilat', 1],
];
for (const [profile, count] of most) {
  test(`${profile}: ${count} and no more, whoever is first`, async () => {
    const shop = await openApp(profile);
    const answers = await Promise.all(Array.from({ length: count + 3 }, () => shop.register()));
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [...Array(count).fill(201), 409, 409, 409]);
    const refused = answers.find((answer) => answer.status === 409);
    assert.equal(refused.json.code, 'quota_exceeded');
    const { id } = answers.find((answer) => answer.status === 201).json;
    await shop.api.delete(`${shop.path}/${id}`);
    assert.equal((await shop.register()).status, 201);
    assert.equal((await shop.register()).status, 409);
  });
}

test('mileston: none chosen means the three defaults', async () => {
  const shop = await openApp('mileston');
  const send = async (type) =>
    (await shop.api.send(shop.app, type, '{"amount":"1"}')).json.deliveries.length;
  const asked = [undefined, null, []];
  for (const events of asked) assert.equal((await shop.register({ events })).status, 201);
  assert.equal((await shop.register({ events: ['invoice-paid'] })).status, 201);
  assert.equal(await send('invoice-paid'), 4);
  assert.equal(await send('paymentlink-paid'), 3);
  assert.equal(await send('recurring-paid'), 3);
  const unknown = await shop.register({ events: ['invoice-lost'] });
  assert.equal(unknown.status, 422);
  assert.equal(unknown.json.code, 'unknown_event_type');
});

test('devdraft, yoco and mesilat send everything: there is nothing to choose', async () => {
  for (const profile of ['devdraft', 'yoco', 'mesilat']) {
    const shop = await openApp(profile);
    const [type] = (await shop.api.read(`/v1/apps/${shop.app}/event-types`)).data;
    assert.equal((await shop.register({ events: [type.name] })).status, 422, profile);
    assert.equal((await shop.register({ events: null })).status, 201, profile);
  }
});

// What has changed meanwhile is not overwritten.
test('a change holds to the version that it was made for', async () => {
  const { api, app, path, register } = await openApp('standard');
  const { id } = (await register()).json;
  for (const object of [`${path}/${id}`, `/v1/apps/${app}`]) {
    const { etag } = (await api.get(object)).headers;
    assert.match(etag, /^"[0-9a-f]+"$/);
    const change = (name, tag) => api.patch(object, { name }, { headers: { 'If-Match': tag } });
    assert.equal((await change('First', etag)).status, 200, object);
    const late = await change('Second', etag);
    assert.equal(late.status, 412, object);
    assert.equal(late.json.code, 'changed');
    assert.equal((await api.read(object)).name, 'First');
    assert.equal((await change('Third', '*')).status, 200);
    assert.equal((await change('Fourth', 'W/"1"')).status, 412);
    const now = (await api.get(object)).headers.etag;
    assert.notEqual(now, etag);
    const gone = await api.delete(object, { headers: { 'If-Match': etag } });
    assert.equal(gone.status, 412, object);
    assert.equal((await api.delete(object, { headers: { 'If-Match': now } })).status, 204);
    if (object.includes('webhooks')) assert.equal((await api.get(object)).status, 404);
  }
});

test('of fifty changes for one version, one is made', async () => {
  const { api, app, path, register } = await openApp('standard');
  for (const object of [`${path}/${(await register()).json.id}`, `/v1/apps/${app}`]) {
    const { etag } = (await api.get(object)).headers;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        api.patch(object, { name: `N${i}` }, { headers: { 'If-Match': etag } }),
      ),
    );
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [200, ...Array(49).fill(412)], object);
  }
});

test('what an app has is no change of the app, also while it is changed', async () => {
  const { api, app, path, register } = await openApp('standard');
  const object = `/v1/apps/${app}`;
  const { etag } = (await api.get(object)).headers;
  const { id } = (await register()).json;
  await api.newKey(app, { name: 'Till' });
  assert.equal((await api.get(object)).headers.etag, etag);
  const made = Array.from({ length: 20 }, () => register());
  const change = (tag) => api.patch(object, { name: 'New' }, { headers: { 'If-Match': tag } });
  assert.equal((await change(etag)).status, 200);
  assert.ok((await Promise.all(made)).every(({ status }) => status === 201));
  assert.equal((await change(etag)).status, 412);
  const any = [change('*'), change('*'), change('*'), api.delete(`${path}/${id}`)];
  assert.deepEqual((await Promise.all(any)).map(({ status }) => status), [200, 200, 200, 204]);
});
