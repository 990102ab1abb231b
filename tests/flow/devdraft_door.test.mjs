// Devdraft's API for webhooks: what each request answers. One assertion per clause of the
// contract.

import assert from 'node:assert/strict';
import test from 'node:test';
import { sharedScene, startServer, until } from './harness.mjs';
import {
  PATH,
  SECRET,
  URL_OK,
  assertError,
  merchant as newMerchant,
  without,
} from './devdraft.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { workers: 2, timeScale: 1000 });
});
const merchant = (options) => newMerchant(server, options);

test('create: 201 with the whole object, and the secret this once', async () => {
  const { client } = await merchant();
  const made = await client.create({ signing_secret: SECRET });
  assert.match(made.id, /^wh_[0-9a-f]{32}$/);
  assert.deepEqual(without(made), {
    id: made.id,
    name: 'Orders',
    url: URL_OK,
    isActive: true,
    encrypted: false,
    created_at: made.created_at,
    updated_at: made.updated_at,
    delivery_stats: {
      total_events: 0,
      successful_deliveries: 0,
      failed_deliveries: 0,
      last_delivery: null,
    },
  });
  assert.match(made.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(made.signing_secret, SECRET);
  const seen = [(await client.call('GET', `/${made.id}`)).json];
  seen.push(
    ...(await client.call('GET')).json,
    ...(await client.call('GET', '?page=1')).json.data,
  );
  assert.equal(seen.length, 3);
  for (const object of seen) assert.ok(!('signing_secret' in object));
});

test('a generated secret is 64 lower-case hex digits, each another', async () => {
  const { client } = await merchant();
  const [a, b] = [await client.create(), await client.create()];
  assert.match(a.signing_secret, /^[0-9a-f]{64}$/);
  assert.notEqual(a.signing_secret, b.signing_secret);
});

test('isActive and encrypted are kept; fields that it does not know are ignored', async () => {
  const { client } = await merchant();
  const made = await client.create({
    isActive: false,
    encrypted: true,
    colour: 1,
    enabled: true,
  });
  assert.equal(made.isActive, false);
  assert.equal(made.encrypted, true);
});

const good = [
  ['a name of 3 characters', { name: 'abc' }],
  ['a name of 100', { name: 'x'.repeat(100) }],
  ['a name of 100 emoji, which are 400 bytes', { name: '\u{1f600}'.repeat(100) }],
  ['a secret of 32', { signing_secret: 'a'.repeat(32) }],
  ['a secret of 256', { signing_secret: '-'.repeat(256) }],
];
for (const [what, fields] of good) {
  test(`${what}: 201`, async () => {
    const made = await (await merchant()).client.create(fields);
    for (const [name, value] of Object.entries(fields)) assert.equal(made[name], value);
  });
}

const bad = [
  ['a name of 2', { name: 'ab' }],
  ['a name of 2 emoji', { name: '\u{1f600}\u{1f600}' }],
  ['a name of 101', { name: 'x'.repeat(101) }],
  ['no name', { name: undefined }],
  ['a name that is a number', { name: 7 }],
  ['no url', { url: undefined }],
  ['a url that is none', { url: 'shop' }, 'Invalid webhook URL format'],
  ['a url of another scheme', { url: 'ftp://shop.example/' }, 'Invalid webhook URL format'],
  ['a url into the network', { url: 'https://10.0.0.1/' }, 'Invalid webhook URL format'],
  ['a secret of 31', { signing_secret: 'a'.repeat(31) }],
  ['a secret of 257', { signing_secret: 'a'.repeat(257) }],
  ['a secret with a dot', { signing_secret: `${'a'.repeat(32)}.` }],
  ['isActive as text', { isActive: 'true' }],
  ['encrypted as a number', { encrypted: 1 }],
];
test('what is wrong with a body: 400, naming the field, and nothing is made', async () => {
  const { client } = await merchant();
  for (const [what, fields, message] of bad) {
    const body = { name: 'Orders', url: URL_OK, ...fields };
    const answer = await client.call('POST', '', body);
    assertError(answer, 400, message);
    assert.ok(
      answer.json.details.startsWith(Object.keys(fields)[0]),
      `${what}: ${answer.json.details}`,
    );
  }
  assertError(await client.call('POST', '', '{"name":'), 400);
  assertError(await client.call('POST', '', '[]'), 400);
  assert.deepEqual((await client.call('GET')).json, []);
});

test('both headers must be there, and right: 401, without counts', async () => {
  const { client, key, app } = await merchant();
  const other = (await merchant({ app })).key;
  const [id, secret] = [key.client_key, key.client_secret];
  const tries = [
    {},
    { 'x-client-key': id },
    { 'x-client-secret': secret },
    { 'x-client-key': id, 'x-client-secret': other.client_secret },
    { 'x-client-key': id, 'x-client-secret': `${secret}a` },
    { 'x-client-key': secret, 'x-client-secret': id },
    { Authorization: `Bearer ${id}.${secret}` },
    { 'x-client-key': server.key, 'x-client-secret': secret },
  ];
  for (const headers of tries) {
    const answer = await client.call('GET', '', undefined, headers);
    assertError(answer, 401);
    assert.equal(answer.headers.get('x-ratelimit-limit'), null);
  }
  assert.equal((await client.call('GET')).status, 200);
});

test('a scope that is missing: 403', async () => {
  const all = ['create', 'read', 'update', 'delete'];
  const { app, client } = await merchant();
  const { id } = await client.create();
  const calls = {
    create: ['POST', '', { name: 'Orders', url: URL_OK }, 201],
    read: ['GET', `/${id}`, undefined, 200],
    update: ['PATCH', `/${id}`, { name: 'New name' }, 200],
    delete: ['DELETE', `/${id}`, undefined, 200],
  };
  for (const verb of all) {
    const [method, path, body, status] = calls[verb];
    const others = all.filter((name) => name !== verb).map((name) => `webhook:${name}`);
    const lacking = (await merchant({ app, scopes: others })).client;
    const answer = await lacking.call(method, path, body);
    assertError(answer, 403);
    assert.ok(answer.json.details.includes(`webhook:${verb}`));
    const having = (await merchant({ app, scopes: [`webhook:${verb}`] })).client;
    assert.equal((await having.call(method, path, body)).status, status, verb);
  }
});

test("another application's id, a forged one and another spelling: 404, all alike", async () => {
  const [mine, theirs] = [await merchant(), await merchant()];
  const { id } = await theirs.client.create();
  const native = (await server.client.all(`/v1/apps/${theirs.app}/webhooks`))[0].id;
  const ids = [
    id,
    `wh_${'0'.repeat(32)}`,
    native,
    id.toUpperCase(),
    id.slice(3),
    'x',
    '..%2f',
  ];
  let first;
  for (const [method, body] of [['GET'], ['PATCH', { name: 'Mine' }], ['DELETE']]) {
    for (const tried of ids) {
      const answer = await mine.client.call(method, `/${tried}`, body);
      assertError(answer, 404);
      first ??= answer.json;
      assert.deepEqual(answer.json, first, `${method} ${tried}`);
    }
  }
  assert.equal((await theirs.client.call('GET', `/${id}`)).json.name, 'Orders');
});

test('a path takes wh_<32 hex> or the bare UUID', async () => {
  const { client } = await merchant();
  const { id } = await client.create();
  const hex = id.slice(3);
  const uuid = [8, 12, 16, 20, 32]
    .map((end, at, ends) => hex.slice(ends[at - 1] ?? 0, end))
    .join('-');
  for (const spelled of [id, uuid, uuid.toUpperCase()]) {
    assert.equal((await client.call('GET', `/${spelled}`)).json.id, id, spelled);
  }
});

test('the list: an array by skip and take, a page by page and limit; newest first', async () => {
  const { client } = await merchant();
  for (let i = 0; i < 12; i++)
    await client.create({ name: `hook ${i}`, isActive: i % 3 > 0 });
  const names = async (query) =>
    (await client.call('GET', query)).json.map((row) => row.name);
  assert.deepEqual(
    await names(''),
    Array.from({ length: 10 }, (_, i) => `hook ${11 - i}`),
  );
  assert.deepEqual(await names('?skip=10&take=10'), ['hook 1', 'hook 0']);
  assert.deepEqual(await names('?skip=1&take=2&colour=red'), ['hook 10', 'hook 9']);
  assert.deepEqual(await names('?skip=99'), []);
  const page = (await client.call('GET', '?page=2&limit=5&active=true')).json;
  assert.deepEqual(page.pagination, { page: 2, limit: 5, total: 8, total_pages: 2 });
  assert.deepEqual(
    page.data.map((row) => row.name),
    ['hook 4', 'hook 2', 'hook 1'],
  );
  assert.ok(page.data.every((row) => row.isActive));
  const idle = (await client.call('GET', '?active=false')).json;
  assert.deepEqual(idle.pagination, { page: 1, limit: 20, total: 4, total_pages: 1 });
  for (const query of [
    'take=0',
    'take=101',
    'limit=0',
    'limit=101',
    'page=0',
    'skip=-1',
    'active=1',
  ]) {
    assertError(await client.call('GET', `?${query}`), 400);
  }
});

test('PATCH changes what it names, and shows a new secret once', async () => {
  const { client } = await merchant();
  const made = await client.create({ signing_secret: SECRET });
  const path = `/${made.id}`;
  let answer = await client.call('PATCH', path, {
    name: 'Renamed',
    isActive: false,
    other: 1,
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(
    { ...without(made), name: 'Renamed', isActive: false, updated_at: 0 },
    { ...answer.json, updated_at: 0 },
  );
  answer = await client.call('PATCH', path, { signing_secret: SECRET, encrypted: true });
  assert.ok(!('signing_secret' in answer.json), 'it is the one in force');
  assert.equal(answer.json.encrypted, true);
  const next = SECRET.toLowerCase();
  answer = await client.call('PATCH', path, { signing_secret: next, isActive: true });
  assert.equal(answer.json.signing_secret, next);
  assert.equal((await client.call('GET', path)).json.signing_secret, undefined);
  for (const [fields, name] of [
    [{ name: 'ab' }, 'name'],
    [{ url: 'x' }, 'url'],
    [{ url: null }, 'url'],
    [{ signing_secret: 'short' }, 'signing_secret'],
  ]) {
    answer = await client.call('PATCH', path, fields);
    assertError(answer, 400);
    assert.ok(answer.json.details.startsWith(name), answer.json.details);
  }
});

test('DELETE answers the deleted object; what waits is cancelled', async () => {
  const { client, app } = await merchant();
  const { id } = without(await client.create({ url: 'http://127.0.0.1:1999/closed' }));
  const sent = await server.client.send(app, 'payment.completed', '{"amount":1}');
  const answer = await client.call('DELETE', `/${id}`);
  assert.equal(answer.status, 200);
  assert.equal(answer.json.id, id);
  assert.equal(answer.json.name, 'Orders');
  assertError(await client.call('GET', `/${id}`), 404);
  assertError(await client.call('DELETE', `/${id}`), 404);
  const delivery = sent.json.deliveries[0].id;
  await until(
    async () => (await server.client.delivery(app, delivery)).state === 'cancelled',
    'the delivery to be cancelled',
  );
});

test('changes that meet are all made; of deletions that meet one is', async () => {
  const { client } = await merchant();
  const { id } = await client.create();
  const names = Array.from({ length: 12 }, (_, i) => `name ${i}`);
  const answers = await Promise.all(
    names.map((name) => client.call('PATCH', `/${id}`, { name })),
  );
  answers.forEach(({ status, json }, i) => {
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(json.name, names[i]);
  });
  const gone = await Promise.all(names.map(() => client.call('DELETE', `/${id}`)));
  assert.deepEqual(gone.map(({ status }) => status).sort(), [200, ...Array(11).fill(404)]);
});

test('an Idempotency-Key makes one webhook, and the repeat counts as a call', async () => {
  const { client } = await merchant({ mode: 'test' });
  const headers = { ...client.headers, 'Idempotency-Key': 'once' };
  const body = { name: 'Orders', url: URL_OK };
  const first = await client.call('POST', '', body, headers);
  const again = await client.call('POST', '', body, headers);
  assert.equal(again.status, 201);
  assert.deepEqual(again.json, first.json);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.equal(again.headers.get('x-ratelimit-remaining'), '98');
  assert.equal(
    (await client.call('POST', '', { ...body, name: 'Other' }, headers)).status,
    422,
  );
  assert.equal((await client.call('GET')).json.length, 1);
});

test('a body that is too large, or of another type, is refused in the same form', async () => {
  const { client } = await merchant();
  const large = await client.call('POST', '', { name: 'x'.repeat(300_000), url: URL_OK });
  assert.equal(large.status, 413);
  assert.equal(large.json.statusCode, 413);
  assert.equal(large.headers.get('x-ratelimit-remaining'), '999');
  const typed = { ...client.headers, 'Content-Type': 'text/xml' };
  const response = await fetch(server.base + PATH, {
    method: 'POST',
    headers: typed,
    body: '<a/>',
  });
  assert.equal(response.status, 415);
  assert.equal((await response.json()).statusCode, 415);
  assert.equal(response.headers.get('x-ratelimit-remaining'), '998');
});

test('another method: 405; nothing at the path: 404; both are counted', async () => {
  const { client } = await merchant({ mode: 'test' });
  const put = await client.call('PUT', '', {});
  assert.equal(put.status, 405);
  assert.match(put.headers.get('allow'), /POST/);
  assert.equal(put.headers.get('x-ratelimit-remaining'), '99');
  const nothing = await client.call('GET', '/a/b');
  assertError(nothing, 404);
  assert.equal(nothing.headers.get('x-ratelimit-remaining'), '98');
});
