// Lists of events and deliveries: what each filter finds, how long a page is, and what a
// cursor is good for.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server, shop, second, events;

// Two webhooks of one app: the first fails what is of type b, the second gets only type a.
test.before(async () => {
  server = await startServer(scene);
  shop = await openShop(scene, server, { profile: 'standard', script: 500, fields: { waits: [] } });
  second = await openShop(scene, server, {
    profile: 'standard',
    app: shop.app,
    fields: { events: ['a'] },
  });
  events = [];
  for (const [type, mode] of [
    ['a', 'live'],
    ['b', 'test'],
    ['b', 'live'],
  ]) {
    events.push(await shop.send(type, '1', { more: `,"mode":"${mode}"` }));
    await new Promise((resolve) => setTimeout(resolve, 5)); // times of their own
  }
  const over = async () => (await ask('deliveries', '?state=failed')).length === 3;
  await until(over, 'all deliveries to end');
});

const get = (path, query = '') => server.client.get(`/v1/apps/${shop.app}/${path}${query}`);
const ask = async (path, query) => (await get(path, query)).json.data;

// [query, the events (by their number) whose deliveries it finds, newest first]
const deliveryRows = () => [
  ['', [2, 1, 0, 0]],
  [`?webhook=${second.webhook.id}`, [0]],
  [`?event=${events[0].id}`, [0, 0]],
  [`?event=${events[1].id}`, [1]],
  ['?state=delivered', [0]],
  ['?state=failed', [2, 1, 0]],
  ['?state=waiting', []],
  ['?type=b', [2, 1]],
  ['?type=c', []],
  ['?status=2xx', [0]],
  ['?status=5xx', [2, 1, 0]],
  [`?since=${events[1].created_at}`, [2, 1]],
  [`?until=${events[1].created_at}`, [0, 0]],
  [`?since=${events[1].created_at}&until=${events[2].created_at}`, [1]],
  [`?type=a&state=failed&webhook=${shop.webhook.id}`, [0]],
];
const eventRows = () => [
  ['', [2, 1, 0]],
  ['?type=a', [0]],
  ['?type=b', [2, 1]],
  ['?mode=live', [2, 0]],
  ['?mode=test', [1]],
  [`?since=${events[1].created_at}`, [2, 1]],
  [`?until=${events[1].created_at}`, [0]],
  ['?type=b&mode=live', [2]],
];
test('a filter finds what it says, newest first', async () => {
  const numberOf = (id) => events.findIndex((event) => event.id === id);
  for (const [query, wanted] of deliveryRows()) {
    const found = await ask('deliveries', query);
    assert.deepEqual(found.map(({ event }) => numberOf(event)), wanted, query);
  }
  for (const [query, wanted] of eventRows()) {
    const found = await ask('events', query);
    assert.deepEqual(found.map(({ id }) => numberOf(id)), wanted, query);
  }
});

const refusals = [
  ['deliveries', 'state=lost', 'state'],
  ['deliveries', 'status=200', 'status'],
  ['deliveries', 'since=yesterday', 'since'],
  ['deliveries', 'mode=test', 'mode'],
  ['deliveries', 'limit=0', 'limit'],
  ['deliveries', 'limit=251', 'limit'],
  ['events', 'mode=prod', 'mode'],
  ['events', 'state=failed', 'state'],
  ['events', 'until=2030-02-30T00:00:00Z', 'until'],
  ['events', 'limit=x', 'limit'],
  ['keys', 'type=a', 'type'],
];
test('a parameter that is none, or says nothing, is refused by its name', async () => {
  for (const [path, query, parameter] of refusals) {
    const { status, json } = await get(path, `?${query}`);
    assert.deepEqual([status, json.errors[0].parameter], [422, parameter], query);
  }
});

test('a page has 50 rows, or what limit says; the cursor goes on, and nowhere else', async (t) => {
  const other = await openShop(t, server, { profile: 'standard' });
  for (let i = 0; i < 52; i++) await other.send(`n${i}`, '1');
  const base = `/v1/apps/${other.app}`;
  const page = async (query) => (await server.client.get(`${base}/events${query}`)).json;
  const first = await page('');
  assert.deepEqual([first.data.length, first.data[0].type, first.data[49].type], [50, 'n51', 'n2']);
  const rest = await page(`?cursor=${first.next_cursor}`);
  assert.deepEqual(rest.data.map(({ type }) => type), ['n1', 'n0']);
  assert.equal(rest.next_cursor, null);
  assert.equal((await page('?limit=7')).data.length, 7);

  const cursor = first.next_cursor;
  const last = cursor.at(-1) === 'a' ? 'b' : 'a';
  for (const path of [
    `${base}/deliveries?cursor=${cursor}`,
    `${base}/events?type=n1&cursor=${cursor}`,
    `/v1/apps/${shop.app}/events?cursor=${cursor}`,
    `${base}/events?cursor=${cursor.slice(0, -1)}${last}`,
    `${base}/events?cursor=cur_`,
  ]) {
    const { status, json } = await server.client.get(path);
    assert.deepEqual([status, json.code], [400, 'bad_cursor'], path);
  }
});
