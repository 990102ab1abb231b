// The portal as a browser and a program use it: a link is exchanged for a session, the session
// opens one app and nothing else, and it ends when it should, on every worker.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { makeCertificates } from './certificates.mjs';
import { cliOf, objectOf, rowsOf } from './cli_run.mjs';
import { Client } from './client.mjs';
import { openShop, sharedScene, spawnServer, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { workers: 2 });
});

const tokenOf = (url) => new URL(url).hash.replace('#portal=', '');

async function newLink(at, app, fields = {}) {
  return at.client.made(`/v1/apps/${app}/portal-links`, fields);
}

// What a browser does with a link: the cookie it then has, and the page's csrf token.
async function open(at, url) {
  const token = tokenOf(url);
  const answer = await at.client.post('/v1/session', { token }, { key: null });
  if (answer.status !== 201) return { answer };
  const [setCookie] = answer.headers['set-cookie'];
  return { answer, setCookie, cookie: setCookie.split(';')[0], csrf: answer.json.csrf_token };
}

// A client whose requests carry the cookie, as one of our own pages makes them.
class Page extends Client {
  constructor(at, { cookie, csrf }) {
    super(at.base, null);
    this.lines = { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin', 'X-Posthorn-CSRF': csrf };
  }
  request(method, target, options = {}) {
    const headers = { ...this.lines, ...options.headers };
    return super.request(method, target, { ...options, headers });
  }
}

async function logIn(t, at, app, fields) {
  const session = await open(at, (await newLink(at, app, fields)).url);
  const page = new Page(at, session);
  t.after(() => page.close());
  return { ...session, page };
}

async function isOpen(page) {
  return (await page.get('/v1/session')).status === 200;
}

test('a merchant logs in, makes a webhook, sends an event and logs out', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const { page, answer, setCookie } = await logIn(t, server, shop.app);
  assert.equal(answer.json.app.id, shop.app);
  assert.match(setCookie, /^posthorn=\w{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const self = await page.get('/v1/self');
  assert.equal(self.json.session.id, answer.json.id);
  assert.equal(self.json.app.profile, 'standard');
  const webhooks = `/v1/apps/${shop.app}/webhooks`;
  assert.equal((await page.get(webhooks)).json.data.length, 1);
  const made = await page.post(webhooks, { name: 'Mine', url: shop.receiver.url });
  assert.equal(made.status, 201, made.text);
  assert.equal((await page.send(shop.app, 'order.paid', '{"a":1.10}')).status, 202);
  await shop.receiver.got(1);
  assert.equal((await page.delete('/v1/session')).status, 204);
  assert.equal(await isOpen(page), false);
});

test('a session opens its own app alone, and nothing of the operator', async (t) => {
  const mine = await server.client.newApp({ name: 'Mine', profile: 'standard' });
  const theirs = await server.client.newApp({ name: 'Theirs', profile: 'standard' });
  const { page } = await logIn(t, server, mine.id);
  const operators = ['/v1/apps', '/v1/keys', '/v1/webhooks', `/v1/apps/${mine.id}`];
  for (const target of operators) assert.equal((await page.get(target)).status, 403, target);
  const again = await page.post(`/v1/apps/${mine.id}/portal-links`, {});
  assert.equal(again.status, 403);
  const strangers = [`/v1/apps/${theirs.id}/webhooks`, '/v1/apps/app_unknown/webhooks'];
  const [foreign, unknown] = await Promise.all(strangers.map((one) => page.get(one)));
  assert.equal(foreign.status, 404);
  assert.deepEqual(
    { ...foreign.json, instance: '' },
    { ...unknown.json, instance: '' },
  );
});

test('a page of another site gets nothing done with the cookie', async (t) => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { cookie, csrf } = await logIn(t, server, app);
  const token = { 'X-Posthorn-CSRF': csrf };
  const rows = [
    [{}, 403],
    [{ 'Sec-Fetch-Site': 'same-origin' }, 403],
    [{ ...token }, 403],
    [{ ...token, 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ ...token, Origin: 'null' }, 403],
    [{ ...token, Origin: 'https://evil.example' }, 403],
    [{ ...token, Origin: server.base }, 202],
    [{ ...token, 'Sec-Fetch-Site': 'same-origin' }, 202],
  ];
  for (const [headers, status] of rows) {
    const sent = { headers: { Cookie: cookie, ...headers }, key: null };
    const answer = await server.client.post(
      `/v1/apps/${app}/events`,
      { type: 'a', payload: 1 },
      sent,
    );
    assert.equal(answer.status, status, JSON.stringify(headers));
    if (status === 403) assert.equal(answer.json.code, 'csrf');
  }
});

// What the client of these scenes does not send: another Host, or from another address.
function ask(target, options) {
  return new Promise((resolve, reject) => {
    const request = http.request(server.base + target, options, (got) => {
      let text = '';
      got.on('data', (some) => (text += some));
      got.on('end', () => resolve({ status: got.statusCode, json: JSON.parse(text) }));
    });
    request.on('error', reject);
    request.end();
  });
}

test('a session may go on from another address', async (t) => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { cookie, answer } = await logIn(t, server, app);
  const options = { headers: { Cookie: cookie }, localAddress: '127.0.0.2' };
  assert.equal((await ask('/v1/session', options)).json.id, answer.json.id);
});

test('a link is built of no Host that is sent', async () => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const headers = {
    Host: 'evil.example',
    Authorization: `Bearer ${server.key}`,
    'Content-Length': 0,
  };
  const target = `/v1/apps/${app}/portal-links`;
  const { status, json } = await ask(target, { method: 'POST', headers });
  assert.equal(status, 201);
  assert.ok(json.url.startsWith(`${server.base}/dashboard/#portal=`), json.url);
});

test('a link works once, and says so in words', async (t) => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const link = await newLink(server, app, { expires_in_s: 60, scopes: ['delivery:read'] });
  assert.deepEqual(link.scopes, ['delivery:read']);
  const first = await open(server, link.url);
  assert.equal(first.answer.status, 201);
  assert.deepEqual(first.answer.json.scopes, ['delivery:read']);
  const second = await open(server, link.url);
  assert.equal(second.answer.status, 401);
  assert.match(second.answer.json.detail, /link/);
  const page = new Page(server, first);
  t.after(() => page.close());
  assert.equal((await page.get(`/v1/apps/${app}/deliveries`)).status, 200);
  assert.equal((await page.get(`/v1/apps/${app}/webhooks`)).status, 403);
  assert.equal((await page.delete('/v1/session')).status, 204);
  assert.equal((await open(server, link.url)).answer.status, 401, 'nor after the logout');
});

// Connections go to the workers in turn, so two of them are at two workers.
test('whoever is logged out is so on every worker at once', async (t) => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  for (const target of ['sessions/ID', 'sessions', '']) {
    const session = await logIn(t, server, app);
    const pages = [session.page, new Page(server, session), new Page(server, session)];
    t.after(() => pages.forEach((page) => page.close()));
    for (const page of pages) assert.ok(await isOpen(page));
    const where = target.replace('ID', session.answer.json.id);
    const gone = await server.client.delete(`/v1/apps/${app}/${where}`.replace(/\/$/, ''));
    assert.equal(gone.status, 204, gone.text);
    for (const page of pages) assert.equal(await isOpen(page), false, target);
  }
});

test('a session survives a restart, and a link does', async (t) => {
  const own = await startServer(t, { workers: 2 });
  const app = (await own.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { page } = await logIn(t, own, app);
  const { url } = await newLink(own, app);
  await own.kill9();
  await own.start();
  assert.ok(await isOpen(page));
  const made = await page.post(`/v1/apps/${app}/events`, { type: 'a', payload: 1 });
  assert.equal(made.status, 202, 'its csrf token is good, too');
  assert.equal((await open(own, url)).answer.status, 201);
});

test('a session that is used at one worker does not idle at another', async (t) => {
  const own = await startServer(t, { workers: 2, flags: ['--session-idle', '5s'] });
  const app = (await own.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const session = await logIn(t, own, app);
  const busy = [session.page, new Page(own, session)];
  t.after(() => busy[1].close());
  assert.ok((await isOpen(busy[0])) && (await isOpen(busy[1])));
  const until_ms = Date.now() + 6500;
  while (Date.now() < until_ms) {
    assert.ok(await isOpen(busy[0]));
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.ok(await isOpen(busy[1]), 'as the other worker knows');
  const ended = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5500));
    return !(await isOpen(busy[1]));
  };
  await until(ended, 'it to idle', 20000);
});

test('with an https public URL the cookie is Secure, and links lead there', async (t) => {
  const flags = ['--public-url', 'https://Hooks.Example:443/'];
  const own = await startServer(t, { flags });
  const app = (await own.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { url } = await newLink(own, app);
  assert.ok(url.startsWith('https://hooks.example/dashboard/#portal='), url);
  const { setCookie, cookie, csrf } = await open(own, url);
  assert.match(
    setCookie,
    /^__Host-posthorn=\w{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  );
  const plain = await own.client.get('/v1/session', {
    key: null,
    headers: { Cookie: cookie.replace('__Host-', '') },
  });
  assert.equal(plain.status, 401);
  const headers = {
    Cookie: cookie,
    Origin: 'https://hooks.example',
    'X-Posthorn-CSRF': csrf,
  };
  const gone = await own.client.delete('/v1/session', { key: null, headers });
  assert.equal(gone.status, 204, gone.text);
});

test('over TLS the cookie is Secure on loopback, too', async (t) => {
  const files = makeCertificates(t);
  const flags = ['--tls-cert', files.cert, '--tls-key', files.key];
  const own = await startServer(t, { flags, ca: files.ca });
  const app = (await own.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { url } = await newLink(own, app);
  assert.ok(url.startsWith(`${own.base}/dashboard/#portal=`), url);
  assert.match((await open(own, url)).setCookie, /^__Host-.*; Secure; HttpOnly/);
});

const wrongUrls = ['http://hooks.example', 'http://127.example.com', 'https://hooks.example/path', 'hooks.example', 'https://'];
for (const url of wrongUrls) {
  test(`--public-url ${url}: the server says why it does not start`, async (t) => {
    const own = await spawnServer(t, { flags: ['--public-url', url] });
    assert.equal((await own.exited).code, 78);
    assert.match(own.log, /public-url/);
  });
}

test('without a public URL there are no links where strangers listen', async (t) => {
  const own = await spawnServer(t);
  await own.kill9();
  own.args[2] = `0.0.0.0:${own.port}`;
  await own.start();
  const app = (await own.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const answer = await own.client.post(`/v1/apps/${app}/portal-links`);
  assert.equal(answer.status, 409);
  assert.match(answer.json.detail, /--public-url/);
});

test('no token is kept in the clear, or logged', async (t) => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const unused = tokenOf((await newLink(server, app)).url);
  const { cookie } = await logIn(t, server, app);
  const files = fs
    .readdirSync(server.dir)
    .filter((name) => name.startsWith('posthorn.db'))
    .map((name) => fs.readFileSync(path.join(server.dir, name), 'latin1'));
  for (const secret of [unused, cookie.split('=')[1]]) {
    assert.ok(files.every((text) => !text.includes(secret)));
    assert.ok(!server.log.includes(secret));
  }
});

// --- the command line ---

test('the command line makes links, and shows and ends sessions', async () => {
  const cli = cliOf(server);
  const app = (await server.client.newApp({ name: 'Shop', profile: 'yoco', uid: 'cli' })).id;
  const made = await cli(
    ...['app', 'portal-link', 'cli', '--scopes', 'delivery:read', '--expires-in', '5m'],
  );
  assert.equal(made.code, 0, made.stderr);
  const link = objectOf(made.stdout);
  assert.equal(link.scopes, 'delivery:read');
  const { answer } = await open(server, link.url);
  assert.equal(answer.status, 201);
  const rows = rowsOf((await cli('session', 'list', '--app', app)).stdout);
  assert.equal(rows.length, 1);
  assert.equal(rows[0][0], answer.json.id);
  assert.equal((await cli('session', 'end', answer.json.id, '--app', app)).code, 0);
  assert.equal((await cli('session', 'end', answer.json.id, '--app', app)).code, 4);
  assert.equal((await cli('session', 'end-all', '--app', app)).code, 0);
  const long = await cli('app', 'portal-link', 'cli', '--expires-in', '16m');
  assert.equal(long.code, 5, long.stderr);
});

test("an app's key says whose it is, and needs no --app", async () => {
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { key } = await server.client.newKey(app, { name: 'Till' });
  const cli = cliOf(server, { POSTHORN_API_KEY: key, POSTHORN_API_KEY_FILE: '' });
  const self = objectOf((await cli('key', 'self')).stdout);
  assert.equal(self['app.id'], app);
  assert.equal(self['key.name'], 'Till');
  const list = await cli('webhook', 'list');
  assert.equal(list.code, 0, list.stderr);
  assert.deepEqual(rowsOf(list.stdout), []);
});
