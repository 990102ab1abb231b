// The audit log: every operation that changes something, or shows a secret, leaves its row,
// whatever the door; refusals of authorisation do, in bounds; what changes nothing does not;
// and no secret is in it.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { cliOf, rowsOf } from './cli_run.mjs';
import { freePort, openShop, sharedScene, startServer, until } from './harness.mjs';
import { operations } from './openapi.mjs';

const scene = sharedScene();
const CANARY = `canary${crypto.randomBytes(12).toString('hex')}`;
const HOOK = { name: 'Orders', url: 'http://127.0.0.1:9999/hook' };
let server;
let api;
test.before(async () => {
  server = await startServer(scene);
  api = server.client;
});

const newest = async (query = '') => (await api.read(`/v1/audit?limit=9${query}`)).data;
// What clients did: the server ends erasing an app when it comes to it.
const newestDone = async () => (await newest()).filter(({ actor }) => actor !== 'server');
const newApp = async (profile) => (await api.newApp({ name: 'Shop', profile })).id;

// --- what each operation is done with, and the row that it leaves ---

const secrets = new Set([CANARY]);
const see = ({ json }) => {
  for (const name of ['secret', 'key', 'client_key', 'client_secret'])
    if (json?.[name]) secrets.add(json[name].replace(/^whsec_/, ''));
};

async function hookOf(app, fields = {}) {
  const made = await api.post(`/v1/apps/${app}/webhooks`, { ...HOOK, ...fields });
  see(made);
  return made.json;
}

// A delivery that waits, because nobody is there.
async function waitingDelivery() {
  const app = await newApp('standard');
  const url = `http://127.0.0.1:${await freePort()}/`;
  const { id } = await hookOf(app, { url, waits: [600] });
  const { json } = await api.send(app, 'order.paid', `"${CANARY}"`);
  const delivery = `/v1/apps/${app}/deliveries/${json.deliveries[0].id}`;
  const waits = async () => (await api.get(delivery)).json.state === 'waiting';
  await until(waits, 'the delivery to wait');
  return { app, delivery, id, object: json.deliveries[0].id };
}

async function pairOf(profile) {
  const app = await newApp(profile);
  const made = await api.post(`/v1/apps/${app}/keys`, { name: 'Till' });
  see(made);
  const { key, client_key, client_secret } = made.json;
  const headers = { 'x-client-key': client_key, 'x-client-secret': client_secret };
  return { app, options: key ? { key } : { key: null, headers }, actor: made.json.id };
}

async function doorHook(profile, base) {
  const pair = await pairOf(profile);
  const made = await api.post(base, HOOK, pair.options);
  see(made);
  return { ...pair, at: `${base}/${made.json.id}` };
}

const webhookOf = async (profile = 'standard', fields = {}) => {
  const app = await newApp(profile);
  const { id } = await hookOf(app, fields);
  return { app, object: id, at: `/v1/apps/${app}/webhooks/${id}` };
};

const ownHook = async () => {
  const made = await api.post('/v1/webhooks', HOOK);
  see(made);
  return { object: made.json.id, at: `/v1/webhooks/${made.json.id}` };
};

const keyAt = async (base) => {
  const made = await api.post(base, { name: 'Till' });
  see(made);
  return { object: made.json.id, at: `${base}/${made.json.id}` };
};

// Jobs have their steps one webhook after the other: the last one's is still to come.
async function jobOf() {
  const app = await newApp('standard');
  const hooks = [];
  for (let i = 0; i < 12; i++) hooks.push((await hookOf(app)).id);
  const recover = (hook) =>
    api.made(`/v1/apps/${app}/webhooks/${hook}/recover`, { since: '2020-01-01T00:00:00Z' });
  const { id } = (await Promise.all(hooks.map(recover))).pop();
  return { app, object: id, at: `/v1/apps/${app}/jobs/${id}/cancel` };
}

// operation: [its action, prepare() → { app?, object?, actor?, at?, options? }, method, body]
const steps = {
  createApp: ['app.create', () => ({ at: '/v1/apps' }), 'POST', { name: 'A', profile: 'yoco' }],
  updateApp: ['app.update', () => appAt(), 'PATCH', { name: 'B', alert_email: 'a@b.example' }],
  deleteApp: ['app.delete', () => appAt(), 'DELETE'],
  createWebhook: [
    'webhook.create',
    async () => ({ at: `/v1/apps/${await newApp('standard')}/webhooks` }),
    'POST',
    { ...HOOK, headers: { 'X-Token': CANARY }, metadata: { a: CANARY } },
  ],
  updateWebhook: ['webhook.update', webhookOf, 'PATCH', { name: 'New', enabled: false }],
  deleteWebhook: ['webhook.delete', webhookOf, 'DELETE'],
  showSecret: ['secret.show', () => suffixed(webhookOf('mesilat'), '/secret'), 'GET'],
  rotateSecret: ['secret.rotate', () => suffixed(webhookOf(), '/secret/rotate'), 'POST', {}],
  putSigningKey: ['signing_key.put', () => suffixed(webhookOf(), '/signing-key'), 'PUT', {}],
  deleteSigningKey: ['signing_key.delete', withKeyPair, 'DELETE'],
  testWebhook: [
    'webhook.test',
    () => suffixed(webhookOf(), '/test'),
    'POST',
    { type: 'order.paid', payload: CANARY },
  ],
  recoverWebhook: [
    'webhook.recover',
    async () => {
      const { app, id } = await waitingDelivery();
      return { app, at: `/v1/apps/${app}/webhooks/${id}/recover` };
    },
    'POST',
    { since: '2020-01-01T00:00:00Z' },
  ],
  cancelJob: ['job.cancel', jobOf, 'POST'],
  retryDelivery: ['delivery.retry', () => deliveryAt('retry'), 'POST'],
  cancelDelivery: ['delivery.cancel', () => deliveryAt('cancel'), 'POST'],
  putEventType: ['event_type.put', () => typeAt(), 'PUT', { description: 'Open.' }],
  deleteEventType: ['event_type.delete', () => typeAt({ description: 'Open.' }), 'DELETE'],
  createKey: [
    'key.create',
    async () => ({ at: `/v1/apps/${await newApp('standard')}/keys` }),
    'POST',
    { name: 'Till' },
  ],
  deleteKey: ['key.delete', async () => keyAt(`/v1/apps/${await newApp('yoco')}/keys`), 'DELETE'],
  createPortalLink: [
    'portal_link.create',
    async () => ({ at: `/v1/apps/${await newApp('standard')}/portal-links` }),
    'POST',
    { expires_in_s: 60 },
  ],
  logIn: ['session.login', () => linkOf(), 'POST'],
  logOut: ['session.logout', () => sessionOf(), 'DELETE'],
  endSession: ['session.end', () => endingOf(true), 'DELETE'],
  endSessions: ['session.end', () => endingOf(false), 'DELETE'],
  createOperatorKey: ['key.create', () => ({ at: '/v1/keys' }), 'POST', { name: 'Other' }],
  deleteOperatorKey: ['key.delete', () => keyAt('/v1/keys'), 'DELETE'],
  createOperatorWebhook: ['webhook.create', () => ({ at: '/v1/webhooks' }), 'POST', HOOK],
  updateOperatorWebhook: ['webhook.update', ownHook, 'PATCH', { name: 'New' }],
  deleteOperatorWebhook: ['webhook.delete', ownHook, 'DELETE'],
  rotateOperatorSecret: ['secret.rotate', () => suffixed(ownHook(), '/secret/rotate'), 'POST', {}],
  devdraftCreateWebhook: [
    'webhook.create',
    async () => ({ ...(await pairOf('devdraft')), at: '/api/v0/webhooks' }),
    'POST',
    HOOK,
  ],
  devdraftUpdateWebhook: [
    'webhook.update',
    () => doorHook('devdraft', '/api/v0/webhooks'),
    'PATCH',
    { name: 'New' },
  ],
  devdraftDeleteWebhook: [
    'webhook.delete',
    () => doorHook('devdraft', '/api/v0/webhooks'),
    'DELETE',
  ],
  yocoCreateWebhook: [
    'webhook.create',
    async () => ({ ...(await pairOf('yoco')), at: '/api/webhooks' }),
    'POST',
    HOOK,
  ],
  createBackup: ['backup.create', () => ({ at: '/v1/backups' }), 'POST'],
  yocoDeleteWebhook: ['webhook.delete', () => doorHook('yoco', '/api/webhooks'), 'DELETE'],
};

async function appAt() {
  const app = await newApp('standard');
  return { app, object: app, at: `/v1/apps/${app}` };
}

// What a browser would send from the server's own page.
const page = (more = {}) => ({ key: null, headers: { 'Sec-Fetch-Site': 'same-origin', ...more } });

async function linkOf() {
  const app = await newApp('standard');
  const { url } = await api.made(`/v1/apps/${app}/portal-links`);
  const token = url.split('#portal=')[1];
  secrets.add(token);
  return { app, at: '/v1/session', options: { ...page(), body: { token } }, actor: /^ses_/ };
}

async function sessionOf() {
  const { app, options } = await linkOf();
  const { json, headers } = await api.post('/v1/session', options.body, options);
  const [cookie] = headers['set-cookie'][0].split(';');
  secrets.add(cookie.split('=')[1]).add(json.csrf_token);
  const browser = page({ Cookie: cookie, 'X-Posthorn-CSRF': json.csrf_token });
  return { app, object: json.id, at: '/v1/session', options: browser, actor: json.id, browser };
}

async function endingOf(isOne) {
  const { app, object } = await sessionOf();
  const at = `/v1/apps/${app}/sessions`;
  return isOne ? { app, object, at: `${at}/${object}` } : { app, at };
}

async function suffixed(prepared, suffix) {
  const made = await prepared;
  return { ...made, at: made.at + suffix };
}

async function withKeyPair() {
  const made = await suffixed(webhookOf(), '/signing-key');
  assert.equal((await api.request('PUT', made.at, { body: {} })).status, 200);
  return made;
}

async function deliveryAt(verb) {
  const { app, delivery, object } = await waitingDelivery();
  return { app, object, at: `${delivery}/${verb}` };
}

async function typeAt(body) {
  const app = await newApp('standard');
  const at = `/v1/apps/${app}/event-types/shop.opened`;
  if (body) await api.request('PUT', at, { body });
  return { app, object: app, at, name: 'shop.opened' };
}

// --- every operation ---

const changing = operations.filter(
  ({ id, method }) => (method !== 'GET' && id !== 'createEvent') || /secret/i.test(id),
);

test('every operation that changes something has a step here', () => {
  const ids = changing.map(({ id }) => id).sort();
  assert.deepEqual(Object.keys(steps).sort(), ids);
});

// A job may have ended all the same before it is cancelled: then another is begun.
const ENDED_MAX = 20;

async function perform(id, prepare, method, body) {
  for (let ended = 0; ; ended++) {
    const prepared = await prepare();
    const isHasty = id === 'cancelJob';
    const before = isHasty ? null : (await newestDone())[0];
    const answer = await api.request(method, prepared.at, { body, ...prepared.options });
    see(answer);
    if (isHasty && answer.status === 409 && ended < ENDED_MAX) continue;
    assert.ok(answer.status < 300, answer.text);
    return { ...prepared, before };
  }
}

for (const [id, [action, prepare, method, body]] of Object.entries(steps)) {
  test(`${id} leaves one row: ${action}`, async () => {
    const done = await perform(id, prepare, method, body);
    const { app, object, name = null, actor, options = {}, before } = done;
    const [row, last] = await newestDone();
    assert.deepEqual([row.action, row.result, row.name], [action, 'done', name]);
    if (before) assert.equal(last.seq, before.seq, 'one row, and no more');
    assert.equal(row.address, '127.0.0.1');
    if (app) assert.equal(row.app, app);
    if (object) assert.equal(row.object, object);
    if (typeof actor === 'string') assert.equal(row.actor, actor);
    else assert.match(row.actor, actor ?? /^key_/);
    const read = id === 'testWebhook' ? {} : (options.body ?? body ?? {}); // that one is not
    assert.equal(row.detail ?? '', Object.keys(read).join(','));
  });
}

test('a change says which version it found, and which it left', async () => {
  const { at } = await webhookOf();
  await api.patch(at, { name: 'New' });
  await api.delete(at);
  const [gone, changed, made] = await newest();
  const versions = (row) => [row.version_before, row.version_after];
  assert.deepEqual([made, changed, gone].map(versions), [[null, 1], [1, 2], [2, null]]);
});

// --- what leaves none ---

test('what was refused, replayed or only counted leaves no row', async () => {
  const { app, id } = await waitingDelivery();
  await api.post('/v1/apps', { name: 'Shop', profile: 'yoco', uid: 'taken' });
  const headers = { 'Idempotency-Key': 'once' };
  const make = () => api.post(`/v1/apps/${app}/webhooks`, HOOK, { headers });
  assert.equal((await make()).status, 201);
  const [before] = await newest();
  assert.equal((await make()).headers['idempotency-replayed'], 'true');
  const taken = { name: 'Shop', profile: 'yoco', uid: 'taken' };
  assert.equal((await api.post('/v1/apps', taken)).status, 409);
  assert.equal((await api.patch(`/v1/apps/${app}/webhooks/${id}`, { url: 'x' })).status, 422);
  const dry = { since: '2020-01-01T00:00:00Z', dry_run: true };
  assert.equal((await api.post(`/v1/apps/${app}/webhooks/${id}/recover`, dry)).status, 200);
  assert.equal((await api.send(app, 'order.paid', '1')).status, 202);
  assert.equal((await newest())[0].seq, before.seq);
});

// --- refusals ---

async function keyOf(scopes) {
  const app = await newApp('standard');
  const made = await api.post(`/v1/apps/${app}/keys`, { name: 'Till', scopes });
  see(made);
  return { app, id: made.json.id, key: made.json.key };
}

async function refusal() {
  let row;
  await until(
    async () => ([row] = await newest('&action=access.refused')).length > 0,
    'the refusal to be in the log',
  );
  return row;
}

test('a scope that is missing is noted, with who asked for what', async () => {
  const { app, id, key } = await keyOf(['event:read']);
  assert.equal((await api.get(`/v1/apps/${app}/webhooks`, { key })).status, 403);
  const noted = async () => (await refusal()).actor === id;
  await until(noted, 'the refusal of this key');
  const row = await refusal();
  assert.equal(row.detail, 'GET /v1/apps/{app}/webhooks');
  assert.deepEqual([row.result, row.app], ['forbidden_scope', null]);
});

test('a key that cannot give what it lacks is noted, too', async () => {
  const { app, id, key } = await keyOf(['key:create']);
  const asked = { name: 'More', scopes: ['event:read'] };
  assert.equal((await api.post(`/v1/apps/${app}/keys`, asked, { key })).status, 403);
  await until(async () => (await refusal()).actor === id, 'the refusal of this key');
});

test('a key that opens nothing is noted by its public part, and by its id where it has one', async () => {
  const { app, id, key } = await keyOf(['event:read']);
  await api.delete(`/v1/apps/${app}/keys/${id}`);
  assert.equal((await api.get(`/v1/apps/${app}/events`, { key })).status, 401);
  const noted = async () => (await refusal()).object === id;
  await until(noted, 'the revoked key');
  const row = await refusal();
  assert.equal(row.name, key.slice(8, 20));
  assert.deepEqual([row.actor, row.result], ['stranger', 'unauthenticated']);
  const [before] = await newest();
  assert.equal((await api.get('/v1/apps', { key: 'nonsense' })).status, 401);
  assert.equal((await newest())[0].seq, before.seq); // that is no key
});

test('a login that fails is noted, and what another page asks of a session', async () => {
  const token = 'a'.repeat(43);
  assert.equal((await api.post('/v1/session', { token }, page())).status, 401);
  const failed = async () => (await refusal()).detail === 'POST /v1/session';
  await until(failed, 'the login that failed');
  const { object, options } = await sessionOf();
  const { Cookie } = options.headers;
  assert.equal((await api.delete('/v1/session', page({ Cookie }))).status, 403);
  await until(async () => (await refusal()).actor === object, 'the session');
  assert.equal((await refusal()).result, 'csrf');
  assert.ok((await api.all('/v1/audit', { actor: object })).length > 1); // it began, too
});

test('a key fills the log with so many refusals an hour, and the rest is counted', async () => {
  const noisy = await keyOf(['event:read']);
  const ask = ({ app, key }) => api.get(`/v1/apps/${app}/webhooks`, { key });
  for (let i = 0; i < 70; i++) assert.equal((await ask(noisy)).status, 403);
  const other = await keyOf(['event:read']);
  assert.equal((await ask(other)).status, 403);
  await until(async () => (await refusal()).actor === other.id, 'the other key');
  assert.equal((await api.all('/v1/audit', { actor: noisy.id })).length, 60);
  assert.equal((await refusal()).left_out, 10);
});

// --- the server itself ---

test('what the server does to a configuration by itself is noted', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard', script: [410] });
  await shop.order();
  const own = async (action) => (await newest(`&actor=server&action=${action}`))[0];
  await until(async () => (await own('webhook.disable'))?.object === shop.webhook.id, 'the 410');
  await api.delete(`/v1/apps/${shop.app}`);
  await until(async () => (await own('app.erased'))?.object === shop.app, 'the erasing');
  const [first] = (await api.all('/v1/audit')).slice(-1);
  assert.deepEqual([first.seq, first.actor, first.action], [1, 'server', 'key.create']);
});

// --- the log as a whole ---

test('lists are filtered, and only for the operator', async () => {
  const { app, key } = await keyOf(['event:read']);
  const own = await api.all('/v1/audit', { app });
  assert.deepEqual(own.map(({ action }) => action), ['key.create', 'app.create']);
  assert.equal((await api.all('/v1/audit', { app, action: 'key.' })).length, 1);
  assert.equal((await api.all('/v1/audit', { app, since: '2100-01-01T00:00:00Z' })).length, 0);
  assert.equal((await api.all('/v1/audit', { actor: app })).length, 0);
  assert.equal((await api.get('/v1/audit', { key })).status, 403);
  for (const query of ['action=A', 'noted=1', 'limit=0', 'since=x', 'webhook=a'])
    assert.equal((await api.get(`/v1/audit?${query}`)).status, 422, query);
  for (const query of ['from=x', 'noted=1', 'noted=0:00', 'limit=1'])
    assert.equal((await api.get(`/v1/audit/verify?${query}`)).status, 422, query);
});

test('the command line lists, exports and verifies it', async () => {
  const cli = cliOf(server);
  const { stdout } = await cli('audit', 'list', '--action', 'webhook.', '--limit', '3');
  assert.equal(rowsOf(stdout).length, 3);
  assert.match(rowsOf(stdout)[0][4], /^webhook\./);
  const exported = (await cli('audit', 'export')).stdout.trim().split('\n').map(JSON.parse);
  assert.deepEqual(
    exported.map(({ seq }) => seq),
    exported.map((_, i) => exported.length - i),
  );
  await api.post('/v1/apps', { name: 'Named', profile: 'yoco', uid: 'named' });
  const named = await cli('audit', 'list', '--app', 'named');
  assert.equal(rowsOf(named.stdout).length, 1);
  assert.equal((await cli('audit', 'list', '--app', 'nobody')).code, 4);
  const verified = await cli('audit', 'verify');
  assert.equal(verified.code, 0, verified.stderr);
  const [{ seq, hash }] = await newest();
  assert.equal(verified.stdout, `${seq}:${hash}\n`);
});

test('no secret is in it', () => {
  const database = path.join(server.dir, 'posthorn.db');
  const rows = execFileSync('sqlite3', [database, '.mode insert', 'SELECT * FROM audit']);
  const text = rows.toString();
  assert.ok(text.includes('secret.show') && secrets.size > 30, `${secrets.size} secrets`);
  for (const secret of secrets) assert.ok(!text.includes(secret), secret);
});
