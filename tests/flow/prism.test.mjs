// Every operation of openapi.yaml is asked once, through Prism, which holds requests and
// answers to the document, and every answer is held to it once more by its JSON schemas. An
// operation that is added needs a step here.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { startReceiver } from '../receivers/receiver.mjs';
import { Client } from './client.mjs';
import { freePort, sharedScene, startServer, until } from './harness.mjs';
import { description, DOCUMENT, faultsOf, operationOf, operations } from './openapi.mjs';

const PRISM = fileURLToPath(new URL('../../node_modules/.bin/prism', import.meta.url));
const PAST = '2020-01-01T00:00:00Z';

const scene = sharedScene();
let server, prism, receiver;
test.before(async () => {
  server = await startServer(scene);
  receiver = await startReceiver({ profile: 'standard' });
  scene.after(() => receiver.close());
  prism = await startPrism(scene, DOCUMENT, server.base);
});

// A proxy before the server, which answers with what it finds; its base.
async function startPrism(t, document, upstream) {
  const port = await freePort();
  const args = ['proxy', document, upstream, '--errors', '--port', String(port)];
  const child = spawn(process.execPath, [fs.realpathSync(PRISM), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stdout.on('data', (text) => (log += text));
  child.stderr.on('data', (text) => (log += text));
  t.after(() => child.kill());
  await until(() => /listening/.test(log) || child.exitCode !== null, 'prism to listen', 60000);
  assert.equal(child.exitCode, null, log);
  return `http://127.0.0.1:${port}`;
}

const isPrisms = ({ json }) => /stoplight\.io\/prism/.test(json?.type ?? '');

// A client of prism's whose answers are all held to the document.
class Held extends Client {
  asked = new Set();
  async request(method, target, options = {}) {
    const answer = await super.request(method, target, options);
    assert.ok(!isPrisms(answer), `${method} ${target}: ${answer.text}`);
    assert.deepEqual(faultsOf(method, target, answer), [], `${answer.status} ${answer.text}`);
    const isFine = answer.status < 300 || answer.status === options.or;
    assert.ok(isFine, `${method} ${target}: ${answer.status} ${answer.text}`);
    this.asked.add(operationOf(method, target).id);
    return answer;
  }
}

const HOOK = () => ({ name: 'Orders', url: receiver.url });

async function walkApps(api) {
  await api.post('/v1/apps', { name: 'Gone', profile: 'yoco', uid: 'gone' });
  await api.get('/v1/apps?limit=5');
  await api.get('/v1/apps/gone');
  await api.patch('/v1/apps/gone', { alert_email: 'a@shop.example' });
  await api.delete('/v1/apps/gone');
}

async function walkWebhooks(api, app) {
  const base = `/v1/apps/${app}/webhooks`;
  const { json } = await api.post(base, { ...HOOK(), headers: { 'X-Shop': '7' } });
  const webhook = `${base}/${json.id}`;
  receiver.secret = json.secret;
  await api.get(base);
  await api.get(webhook);
  await api.patch(webhook, { name: 'New', waits: [1, 2] });
  await api.post(`${webhook}/secret/rotate`, { overlap_s: 60 });
  await api.post(`${webhook}/test`, {});
  await api.request('PUT', `${webhook}/signing-key`, { body: {} });
  await api.delete(`${webhook}/signing-key`);
  return webhook;
}

// A contract that shows its secret again.
async function walkSecret(api) {
  const app = (await api.newApp({ name: 'Shop', profile: 'mesilat' })).id;
  const { json } = await api.post(`/v1/apps/${app}/webhooks`, HOOK());
  await api.get(`/v1/apps/${app}/webhooks/${json.id}/secret`);
}

async function walkEvents(api, app, webhook) {
  const base = `/v1/apps/${app}`;
  const { json } = await api.send(app, 'order.paid', '{"amount":1.10}', { idempotencyKey: 'a' });
  await api.send(app, 'order.paid', '{"amount":1.10}', { idempotencyKey: 'a' });
  await api.get(`${base}/events?type=order.paid`);
  await api.get(`${base}/events/${json.id}`);
  await api.get(`${base}/deliveries?limit=10`);
  const delivery = `${base}/deliveries/${json.deliveries[0].id}`;
  const ended = async () => (await api.get(delivery)).json.state === 'delivered';
  await until(ended, 'the delivery to end');
  await api.get(`${delivery}/attempts`);
  await api.request('POST', `${delivery}/retry`);
  await api.get(`${base}/stats?since=${PAST}&until=2020-01-02T00:00:00Z`);
  await api.post(`${webhook}/recover`, { since: PAST, dry_run: true });
}

// One that waits, because nobody is there: it can be cancelled, and recovered.
async function walkJobs(api, app) {
  const base = `/v1/apps/${app}`;
  const url = `http://127.0.0.1:${await freePort()}/`;
  const dead = { name: 'Dead', url, waits: [600] };
  const { json: hook } = await api.post(`${base}/webhooks`, dead);
  const { json: event } = await api.send(app, 'order.paid', '1');
  const mine = event.deliveries.find(({ webhook }) => webhook === hook.id);
  const delivery = `${base}/deliveries/${mine.id}`;
  const waits = async () => (await api.get(delivery)).json.state === 'waiting';
  await until(waits, 'the delivery to wait');
  await api.request('POST', `${delivery}/cancel`);
  const { json: job } = await api.post(`${base}/webhooks/${hook.id}/recover`, { since: PAST });
  await api.get(`${base}/jobs/${job.id}`);
  await api.request('POST', `${base}/jobs/${job.id}/cancel`, { or: 409 }); // it may have ended
  await api.delete(`${base}/webhooks/${hook.id}`);
}

async function walkKeys(api, base) {
  const { json } = await api.post(`${base}/keys`, { name: 'Till', expires_at: null });
  await api.get(`${base}/keys?limit=2`);
  await api.delete(`${base}/keys/${json.id}`);
}

// Prism asks for the cookie by the name that it has over TLS.
async function walkPortal(api, app) {
  const base = `/v1/apps/${app}`;
  const { json: link } = await api.request('POST', `${base}/portal-links`);
  const token = link.url.split('#portal=')[1];
  const anyone = { key: null };
  const { json, headers } = await api.post('/v1/session', { token }, anyone);
  const [cookie] = headers['set-cookie'][0].split(';');
  const Cookie = `${cookie}; __Host-${cookie}`;
  await api.get('/v1/session', { ...anyone, headers: { Cookie } });
  await api.get('/v1/self');
  await api.get('/v1/self', { ...anyone, headers: { Cookie } });
  await api.get(`${base}/sessions`);
  const page = { 'Sec-Fetch-Site': 'same-origin', 'X-Posthorn-CSRF': json.csrf_token };
  await api.delete('/v1/session', { ...anyone, headers: { Cookie, ...page } });
  await api.delete(`${base}/sessions/${json.id}`, { or: 404 }); // it has ended
  await api.delete(`${base}/sessions`);
}

async function walkTypes(api, app) {
  const base = `/v1/apps/${app}/event-types`;
  await api.get(base);
  if (!operationOf('PUT', `${base}/a`)) return;
  await api.request('PUT', `${base}/shop.opened`, { body: { description: 'It is open.' } });
  await api.get(base);
  await api.delete(`${base}/shop.opened`);
}

async function walkOperatorWebhooks(api) {
  const { json } = await api.post('/v1/webhooks', HOOK());
  const webhook = `/v1/webhooks/${json.id}`;
  await api.get('/v1/webhooks');
  await api.get(webhook);
  await api.patch(webhook, { name: 'New' });
  await api.post(`${webhook}/secret/rotate`, {});
  await api.delete(webhook);
}

async function keyOf(profile) {
  const app = await server.client.newApp({ name: 'Shop', profile });
  return server.client.newKey(app.id, { name: 'Till' });
}

async function walkDevdraft(api) {
  const made = await keyOf('devdraft');
  const headers = {
    'x-client-key': made.client_key,
    'x-client-secret': made.client_secret,
  };
  const options = { key: null, headers };
  const base = '/api/v0/webhooks';
  const { json } = await api.post(base, HOOK(), options);
  await api.get(base, options);
  await api.get(`${base}?page=1&limit=5`, options);
  await api.get(`${base}/${json.id}`, options);
  await api.patch(`${base}/${json.id}`, { name: 'New' }, options);
  await api.delete(`${base}/${json.id}`, options);
}

async function walkYoco(api) {
  const options = { key: (await keyOf('yoco')).key };
  const { json } = await api.post('/api/webhooks', HOOK(), options);
  await api.get('/api/webhooks', options);
  await api.delete(`/api/webhooks/${json.id}`, options);
}

async function walkAudit(api) {
  const { json } = await api.get('/v1/audit?limit=5&action=webhook.&actor=server');
  assert.ok(Array.isArray(json.data));
  const { head } = (await api.get('/v1/audit/verify')).json;
  await api.get(`/v1/audit/verify?from=2&noted=${head.seq}:${head.hash}`);
}

async function walkService(api) {
  await api.request('POST', '/v1/backups');
  for (const one of ['/v1/backups', '/v1/profiles', '/v1/profiles/yoco', '/metrics'])
    await api.get(one);
  for (const one of ['/openapi.json', '/healthz', '/readyz']) await api.get(one, { key: null });
}

test('every operation keeps to the document, and prism finds nothing', async () => {
  const api = new Held(prism, server.key);
  scene.after(() => api.close());
  const app = (await api.newApp({ name: 'Shop', profile: 'standard' })).id;
  await walkApps(api);
  const webhook = await walkWebhooks(api, app);
  await walkSecret(api);
  await walkEvents(api, app, webhook);
  await walkJobs(api, app);
  await walkKeys(api, `/v1/apps/${app}`);
  await walkKeys(api, '/v1');
  await walkPortal(api, app);
  await walkTypes(api, app);
  await walkOperatorWebhooks(api);
  await walkDevdraft(api);
  await walkYoco(api);
  await walkAudit(api);
  await walkService(api);
  await api.delete(webhook);
  const missed = operations.map(({ id }) => id).filter((id) => !api.asked.has(id));
  assert.deepEqual(missed, [], 'operations without a step');
});

// --- what is refused ---

const refusals = [
  [401, 'GET', '/v1/apps', { key: null }],
  [403, 'GET', '/v1/apps', { key: () => keyOf('standard') }],
  [401, 'GET', '/v1/session', { key: null }],
  [401, 'POST', '/v1/session', { key: null, body: { token: 'x' } }],
  [404, 'GET', '/v1/session'],
  [404, 'GET', '/v1/apps/nobody'],
  [409, 'POST', '/v1/apps', { body: { name: 'A', profile: 'yoco', uid: 'twice' } }],
  [415, 'POST', '/v1/apps', { body: 'name=A', headers: { 'Content-Type': 'text/plain' } }],
  [400, 'POST', '/v1/apps', { body: '{' }],
  [422, 'POST', '/v1/apps', { body: { name: 'A', profile: 'yoco', nmae: 1 } }],
  [422, 'GET', '/v1/apps?limit=0'],
];

test('refusals are problem documents as described', async () => {
  await server.client.newApp({ name: 'A', profile: 'yoco', uid: 'twice' });
  for (const [status, method, target, options = {}] of refusals) {
    const asked = { ...options };
    if (typeof asked.key === 'function') asked.key = (await asked.key()).key;
    const answer = await server.client.request(method, target, asked);
    assert.equal(answer.status, status, `${method} ${target}: ${answer.text}`);
    assert.deepEqual(faultsOf(method, target, answer), [], answer.text);
    assert.ok(Buffer.byteLength(answer.text) <= 1024);
  }
});

// --- the document itself ---

test('/openapi.json is openapi.yaml', async () => {
  const answer = await server.client.get('/openapi.json', { key: null });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.deepEqual(answer.json, description);
});

// --- do they look at all? ---

test('a wrong answer is found, by prism and by the schemas', async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-prism-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const wrong = path.join(dir, 'openapi.yaml');
  const text = fs.readFileSync(DOCUMENT, 'utf8');
  assert.match(text, /\{status: \{const: ok\}\}/);
  fs.writeFileSync(wrong, text.replace('{status: {const: ok}}', '{status: {const: well}}'));
  const client = new Client(await startPrism(t, wrong, server.base), null);
  t.after(() => client.close());
  const answer = await client.get('/healthz');
  assert.ok(isPrisms(answer), answer.text);

  const healthy = await server.client.get('/healthz');
  assert.deepEqual(faultsOf('GET', '/healthz', healthy), []);
  healthy.json.status = 'well';
  assert.equal(faultsOf('GET', '/healthz', healthy).length, 1);
});
