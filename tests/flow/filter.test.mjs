// Filters: a merchant gets the events of its own checkouts, and no others.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

const payment = (checkoutId, amount = 900) =>
  JSON.stringify({ id: 'p_1', type: 'payment', mode: 'live', amount, metadata: { checkoutId } });

const OF_CHECKOUT = [{ path: 'metadata.checkoutId', in: ['ch_1', 'ch_2'] }];

test('yoco: two shops behind one account each get their own checkouts', async (t) => {
  const mine = await openShop(t, server, { profile: 'yoco', fields: { filter: OF_CHECKOUT } });
  const others = await openShop(t, server, {
    profile: 'yoco',
    app: mine.app,
    fields: { filter: [{ path: 'metadata.checkoutId', nin: ['ch_1', 'ch_2'] }] },
  });
  const sent = [];
  for (const checkout of ['ch_1', 'ch_3', 'ch_2', 'ch_4']) {
    const { deliveries } = await mine.send('payment.succeeded', payment(checkout));
    sent.push(deliveries.map((delivery) => delivery.webhook));
  }
  const [a, b] = [mine.webhook.id, others.webhook.id];
  assert.deepEqual(sent, [[a], [b], [a], [b]]);
  await mine.receiver.got(2);
  await others.receiver.got(2);
  const ids = mine.receiver.requests.map(
    (request) => JSON.parse(request.body).payload.metadata.checkoutId,
  );
  assert.deepEqual(ids.sort(), ['ch_1', 'ch_2']);
});

test('numbers compare by value, and keep their digits until then', async (t) => {
  const filter = [{ path: 'amount', gte: 0.3 }];
  const shop = await openShop(t, server, { profile: 'standard', fields: { filter } });
  const reaches = async (amount) =>
    (await shop.send('a', `{"amount":${amount}}`)).deliveries.length;
  assert.equal(await reaches('0.30'), 1);
  assert.equal(await reaches('3e-1'), 1);
  assert.equal(await reaches('0.29999999999999999999999999999'), 0);
  assert.equal(await reaches('"0.5"'), 0);
  assert.equal(await reaches('1e400'), 1);
});

test('a filter is shown as it was set, changed, and taken away', async (t) => {
  const filter = [
    { path: 'amount', gt: 0.1 },
    { path: 'a.b', exists: false },
  ];
  const shop = await openShop(t, server, { profile: 'standard', fields: { filter } });
  const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
  assert.deepEqual(shop.webhook.filter, filter);
  assert.match((await shop.api.get(path)).text, /"gt":0\.1}/);
  const reaches = async () => (await shop.send('a', '{"amount":0.1}')).deliveries.length;
  assert.equal(await reaches(), 0);
  assert.equal((await shop.api.patch(path, { name: 'Other' })).status, 200);
  assert.deepEqual((await shop.api.read(path)).filter, filter);
  assert.equal(await reaches(), 0);
  for (const none of [[], null]) {
    assert.equal((await shop.api.patch(path, { filter })).status, 200);
    assert.equal(await reaches(), 0);
    assert.equal((await shop.api.patch(path, { filter: none })).status, 200);
    assert.equal((await shop.api.read(path)).filter, null);
    assert.equal(await reaches(), 1);
  }
});

test('filters hold after a restart', async (t) => {
  const own = await startServer(t);
  const shop = await openShop(t, own, {
    profile: 'standard',
    fields: { filter: OF_CHECKOUT, events: ['a'] },
  });
  await own.stop();
  await own.start();
  const { app } = shop;
  const reaches = async (type, id) =>
    (await own.client.send(app, type, `{"metadata":{"checkoutId":"${id}"}}`)).json.deliveries
      .length;
  assert.equal(await reaches('a', 'ch_1'), 1);
  assert.equal(await reaches('a', 'ch_9'), 0);
  assert.equal(await reaches('b', 'ch_1'), 0);
});

test('numbers of any length are kept and compared to the last digit', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard', fields: { enabled: true } });
  const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
  const members = '"filter":[{"path":"n","gt":12345678901234567890123}],"metadata":{"n":1.10e999}';
  const changed = await server.client.patch(path, `{${members}}`);
  assert.equal(changed.status, 200, changed.text);
  for (const { text } of [changed, await server.client.get(path)]) {
    for (const member of members.split(/,(?="m)/)) assert.ok(text.includes(member), text);
  }
  const reached = async (n) =>
    (await server.client.send(shop.app, 'a', `{"n":${n}}`)).json.deliveries.length;
  assert.equal(await reached('12345678901234567890123'), 0);
  assert.equal(await reached('12345678901234567890124'), 1);
});

const condition = (more) => [{ path: 'a', ...more }];
const refused = [
  ['not a list', { path: 'a', eq: 1 }],
  ['its own stored form', '[{"path":"a","eq":1}]'],
  ['a regular expression', condition({ matches: '(a+)+$' })],
  ['no operator', condition({})],
  ['two operators', condition({ gt: 1, lt: 2 })],
  ['no path', [{ eq: 1 }]],
  ['an object to compare with', condition({ eq: {} })],
  ['17 conditions', Array(17).fill({ path: 'a', eq: 1 })],
  ['1,000 conditions', Array(1000).fill({ path: 'a', eq: 1 })],
  ['65 values', condition({ in: Array(65).fill(1) })],
  ['a path of 17 names', [{ path: Array(17).fill('a').join('.'), eq: 1 }]],
  ['too many bytes', condition({ eq: 'x'.repeat(8192) })],
];
for (const [what, filter] of refused) {
  test(`refused: ${what}`, async () => {
    const api = server.client;
    const app = (await api.newApp({ name: 'Shop', profile: 'standard' })).id;
    const asked = { url: 'http://127.0.0.1:8009/', filter };
    const answer = await api.post(`/v1/apps/${app}/webhooks`, asked);
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.text, /filter/);
  });
}

// Every webhook with sixteen conditions on paths of its own: the payload is read once.
test('a thousand filters cost one look at the payload', async () => {
  const api = server.client;
  const app = (await api.newApp({ name: 'Crowd', profile: 'standard' })).id;
  for (let i = 0; i < 1000; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, k) => {
        const filter = Array.from({ length: 16 }, (_, c) => ({
          path: `w${i + k}.c${c}.x`,
          exists: false,
        }));
        filter[15] = { path: 'n', eq: i + k };
        return api.newWebhook(app, { url: 'http://127.0.0.1:8009/', enabled: true, filter });
      }),
    );
  }
  const long = 'x'.repeat(200000);
  const started = performance.now();
  for (let n = 0; n < 20; n++) {
    const answer = await api.send(app, 'a', `{"long":"${long}","n":${n}}`);
    assert.equal(answer.json.deliveries_total, 1);
  }
  const each = (performance.now() - started) / 20;
  assert.ok(each < 250, `an event took ${each.toFixed(0)} ms`);
});
