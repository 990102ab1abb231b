// Who may do what: no key 401, a scope that lacks 403, another app's thing 404, and that 404
// is the one of a thing that does not exist.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

const ALL_SCOPES = [
  'event:create',
  'event:read',
  'delivery:read',
  'delivery:retry',
  'webhook:create',
  'webhook:read',
  'webhook:update',
  'webhook:delete',
  'webhook:secret',
  'webhook:test',
  'key:create',
  'key:read',
  'key:delete',
];

async function keyed(shop, scopes = ALL_SCOPES) {
  const made = await server.client.newKey(shop.app, { name: 'Till', scopes, mode: 'live' });
  return {
    ...made,
    client: server.client.as(made.key ?? `${made.client_key}.${made.client_secret}`),
  };
}

const wrongKeys = [
  ['none at all', null],
  ['an empty one', ''],
  ['one that was never made', `ph_live_${'a'.repeat(12)}_${'b'.repeat(49)}`],
];
for (const [what, key] of wrongKeys) {
  test(`a request with ${what}: 401`, async () => {
    const answer = await server.client.get('/v1/apps', { key });
    assert.equal(answer.status, 401);
    assert.equal(answer.json.code, 'unauthenticated');
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
  });
}

test('a key with one letter changed, or something behind it: 401', async () => {
  const { key } = server;
  const turned = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
  for (const wrong of [turned, `${key}a`, key.slice(0, -1), key.toUpperCase()]) {
    assert.equal((await server.client.get('/v1/apps', { key: wrong })).status, 401);
  }
});

test('a key does what its scopes say, no more: 403 names the scope', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const { client } = await keyed(shop, ['event:create']);
  assert.equal((await client.send(shop.app, 'a', '1')).status, 202);
  const webhooks = `/v1/apps/${shop.app}/webhooks`;
  const tries = [
    ['webhook:read', () => client.get(webhooks)],
    ['webhook:create', () => client.post(webhooks, { name: 'New', url: shop.receiver.url })],
    ['webhook:update', () => client.patch(`${webhooks}/${shop.webhook.id}`, { name: 'New' })],
    ['webhook:delete', () => client.delete(`${webhooks}/${shop.webhook.id}`)],
    ['webhook:secret', () => client.post(`${webhooks}/${shop.webhook.id}/secret/rotate`)],
    ['webhook:test', () => client.post(`${webhooks}/${shop.webhook.id}/test`)],
    ['delivery:read', () => client.get(`/v1/apps/${shop.app}/deliveries`)],
    [
      'key:create',
      () => client.post(`/v1/apps/${shop.app}/keys`, { name: 'k', scopes: [], mode: 'live' }),
    ],
  ];
  for (const [scope, ask] of tries) {
    const { status, text } = await ask();
    assert.equal(status, 403, `${scope}: ${text}`);
    assert.ok(text.includes(scope), text);
  }
  assert.equal((await server.client.all(webhooks)).length, 1, 'nothing has changed');
});

test("operator routes are closed to an app's key", async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const { client } = await keyed(shop);
  assert.equal((await client.get('/v1/apps')).status, 403);
  assert.equal((await client.post('/v1/apps', { name: 'x', profile: 'yoco' })).status, 403);
});

// Without what differs in every answer.
function bare({ status, json }) {
  const { instance, ...rest } = json;
  return { status, ...rest };
}

test('a thing of another app answers exactly as one that does not exist', async (t) => {
  const [mine, theirs] = [
    await openShop(t, server, { profile: 'standard' }),
    await openShop(t, server, { profile: 'standard' }),
  ];
  const { client } = await keyed(mine);
  const delivery = await theirs.order();
  await theirs.reaches(delivery, 'delivered');
  const event = (await server.client.events(theirs.app))[0].id;
  const paths = [
    `webhooks/${theirs.webhook.id}`,
    `deliveries/${delivery}`,
    `events/${event}`,
    `deliveries/${delivery}/attempts`,
  ];
  for (const path of paths) {
    const foreign = bare(await client.get(`/v1/apps/${mine.app}/${path}`));
    const unknown = bare(
      await client.get(`/v1/apps/${mine.app}/${path.replace(/_\w+/, '_unknown')}`),
    );
    assert.deepEqual(foreign, unknown, path);
    assert.equal(foreign.status, 404);
    assert.equal((await client.get(`/v1/apps/${theirs.app}/${path}`)).status, 404);
  }
  const foreignApp = bare(await client.get(`/v1/apps/${theirs.app}/webhooks`));
  const unknownApp = bare(await client.get('/v1/apps/app_unknown/webhooks'));
  assert.deepEqual(foreignApp, unknownApp);
});

test('nothing of another app can be changed', async (t) => {
  const [mine, theirs] = [
    await openShop(t, server, { profile: 'standard' }),
    await openShop(t, server, { profile: 'standard' }),
  ];
  const { client } = await keyed(mine);
  for (const app of [mine.app, theirs.app]) {
    const path = `/v1/apps/${app}/webhooks/${theirs.webhook.id}`;
    assert.equal((await client.delete(path)).status, 404);
    assert.equal((await client.patch(path, { enabled: false })).status, 404);
    assert.equal((await client.post(`${path}/secret/rotate`)).status, 404);
  }
  assert.equal((await client.send(theirs.app, 'a', '1')).status, 404);
  await theirs.order();
  assert.ok((await theirs.receiver.got(1))[0].verified);
});

test('a key cannot make one that may do more than itself', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const { client } = await keyed(shop, ['key:create', 'event:read']);
  const path = `/v1/apps/${shop.app}/keys`;
  const more = await client.post(path, {
    name: 'More',
    scopes: ['event:create'],
    mode: 'live',
  });
  assert.equal(more.status, 403, more.text);
  const less = await client.post(path, {
    name: 'Less',
    scopes: ['event:read'],
    mode: 'live',
  });
  assert.equal(less.status, 201, less.text);
});

test('a deleted key opens nothing any more', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const { id, client } = await keyed(shop);
  assert.equal((await client.send(shop.app, 'a', '1')).status, 202);
  assert.ok((await server.client.delete(`/v1/apps/${shop.app}/keys/${id}`)).status < 300);
  const isShut = async () => (await client.send(shop.app, 'a', '1')).status === 401;
  await until(isShut, 'the key to be refused', 1000);
});

// What names the key, what makes it secret, and a checksum; the hint is of the secret part.
const whole = (start) => (made) =>
  new RegExp(`^${start}_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`).test(made.key) &&
  made.key.slice(-10, -6) === made.hint;
const halves = (start) => (made) =>
  new RegExp(`^${start}_[0-9A-Za-z]{12}$`).test(made.client_key) &&
  /^[0-9A-Za-z]{49}$/.test(made.client_secret) &&
  made.client_secret.slice(-10, -6) === made.hint;
const forms = [
  ['standard', 'live', whole('ph_live')],
  ['standard', 'test', whole('ph_test')],
  ['yoco', 'live', whole('sk_live')],
  ['yoco', 'test', whole('sk_test')],
  ['devdraft', 'live', halves('ck_live')],
  ['devdraft', 'test', halves('ck_test')],
];
for (const [profile, mode, hasForm] of forms) {
  test(`${profile}: a ${mode} key has the platform's form and is shown once`, async () => {
    const app = (await server.client.newApp({ name: 'Shop', profile })).id;
    const made = await server.client.newKey(app, {
      name: 'Till',
      scopes: ['event:create'],
      mode,
    });
    assert.ok(hasForm(made), JSON.stringify(made));
    const listed = JSON.stringify(await server.client.all(`/v1/apps/${app}/keys`));
    assert.ok(!listed.includes(made.key ?? made.client_secret));
  });
}

test('an event takes its mode from its key', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const made = await server.client.newKey(shop.app, {
    name: 'T',
    scopes: ['event:create'],
    mode: 'test',
  });
  const answer = await server.client.as(made.key).send(shop.app, 'a', '1');
  assert.equal(answer.json.mode, 'test');
});

test('a key says when it was last used, and never having been', async () => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const path = `/v1/apps/${app}/keys`;
  const { key } = await server.client.newKey(app, { name: 'Till' });
  const lastUse = async () => (await server.client.all(path))[0].last_used_at;
  assert.equal(await lastUse(), null);
  const asked = Date.now();
  assert.equal((await server.client.get('/v1/profiles', { key })).status, 200);
  const at = Date.parse(await until(lastUse, 'the use to be written', 3000));
  assert.ok(at >= asked - 1000 && at <= Date.now(), `${at} ${asked}`);
});

// Last: it spends the address's 20 failures a minute.
test('wrong keys are slowed down, right ones are not', async () => {
  const statuses = [];
  for (let i = 0; i < 40; i++)
    statuses.push((await server.client.get('/v1/apps', { key: 'x' })).status);
  assert.equal(statuses[0] === 401 || statuses[0] === 429, true);
  assert.equal(statuses[39], 429);
  assert.equal((await server.client.get('/v1/apps')).status, 200);
});
