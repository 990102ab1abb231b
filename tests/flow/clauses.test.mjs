// Clauses that all contracts have, each with a value of its own: what counts as received, how
// long an answer is waited for, whether the receiver may ask for more time, what the body is
// made of, and whether the secret is shown again.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import test from 'node:test';
import { contracts, profiles } from '../receivers/contracts.mjs';
import { headerLines } from '../receivers/receiver.mjs';
import { openShop, orders, sharedScene, startServer, until } from './harness.mjs';

const DAY_S = 24 * 3600;

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { workers: 2 });
});

const open = (t, profile, script, fields) => openShop(t, server, { profile, script, fields });

const ends = (shop, id, withinMs) =>
  until(
    async () => {
      const delivery = await shop.delivery(id);
      return /delivered|failed/.test(delivery.state) && delivery;
    },
    `delivery ${id} to end`,
    withinMs,
  );

// --- what counts as received ---

const STATUSES = [200, 201, 202, 203, 204, 206, 226, 299];
const FAILURES = [300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 409, 410, 418, 500, 503, 599];

for (const profile of profiles)
  test(`${profile}: which statuses are a receipt`, async (t) => {
    const tried = [...STATUSES, ...FAILURES.filter((status) => status !== 410)];
    const away = { Location: 'http://127.0.0.1:1/' };
    const script = tried.map((status) => ({ status, headers: away }));
    const shop = await open(t, profile, script, { waits: [] });
    const received = [];
    for (const status of tried) {
      const { state, last_status: last } = await ends(shop, await shop.order());
      assert.equal(last, status);
      if (state === 'delivered') received.push(status);
    }
    assert.deepEqual(received, contracts[profile].only200 ? [200] : STATUSES);
    assert.equal(shop.receiver.requests.length, tried.length, 'no redirect was followed');
  });

// --- how long it waits for an answer ---

test('an answer is waited for as long as each contract says', async (t) => {
  const waitsFor = async (profile) => {
    const shop = await open(t, profile, 'hang', { waits: [] });
    const delivery = await shop.order();
    await ends(shop, delivery, 30000);
    const [attempt] = await shop.attempts(delivery);
    assert.equal(attempt.error.code, 'timeout_headers', profile);
    return attempt.duration_ms;
  };
  await Promise.all(
    profiles.map(async (profile) => {
      const late = (await waitsFor(profile)) - contracts[profile].timeout * 1000;
      assert.ok(late >= 0 && late < 4000, `${profile}: ${late} ms late`);
    }),
  );
});

// --- Retry-After ---

// Seconds from the failure of the first attempt to the second one's time.
async function waitAfter(t, profile, status, retryAfter) {
  const headers = { 'Retry-After': retryAfter };
  const shop = await open(t, profile, [{ status, headers }]);
  const delivery = await shop.order();
  const [attempt] = await shop.hasAttempts(delivery, 1);
  const failedAt = Date.parse(attempt.started_at) + attempt.duration_ms;
  return (Date.parse((await shop.delivery(delivery)).next_attempt_at) - failedAt) / 1000;
}

const about = (wait, wanted, what) =>
  assert.ok(Math.abs(wait - wanted) < 3, `${what}: ${wait} s instead of ${wanted} s`);

for (const profile of profiles)
  test(`${profile}: ${profile === 'standard' ? 'heeds' : 'ignores'} Retry-After`, async (t) => {
    const [first] = contracts[profile].waits;
    for (const status of [429, 503]) {
      const wait = await waitAfter(t, profile, status, '900');
      about(wait, profile === 'standard' ? 900 : first, String(status));
    }
  });

const retryAfters = [
  ['is never shorter than the contract', 503, '1', 5],
  ['is of 429 and 503 only', 502, '900', 5],
  ['is a day at the most', 429, '999999', DAY_S],
  ['may be larger than any number', 429, '9'.repeat(30), DAY_S],
  ['may be nonsense', 503, 'soon', 5],
  ['may be negative', 503, '-9', 5],
  ['may be a date', 503, () => new Date(Date.now() + 600_000).toUTCString(), 600],
  ['may be a date that is past', 503, 'Sun, 06 Nov 1994 08:49:37 GMT', 5],
];
for (const [what, status, value, wanted] of retryAfters)
  test(`standard: a Retry-After ${what}`, async (t) => {
    const given = typeof value === 'function' ? value() : value;
    about(await waitAfter(t, 'standard', status, given), wanted, given);
  });

// --- the body ---

const least = '"uuid":"u","amount":500,"currency":"RUB"';
const mesilat = (more) => `{${least}${more}}`;
const STABLEMINT = '"notificationType":"InwardPaymentAccepted"';

// [profile, payload, body on the wire]: members are set at the end, in order; what is there
// and equal is not touched, and neither is any other byte.
const bodies = [
  ['mesilat', mesilat(''), mesilat(',"metadata":[],"additional_fields":[],"trigger_type":"auto"')],
  ...['{}', '{ }', '{\n\t}', 'null', '[]'].map((empty) => [
    'mesilat',
    mesilat(`,"metadata":${empty},"additional_fields":${empty},"x":1`),
    mesilat(',"metadata":[],"additional_fields":[],"x":1,"trigger_type":"auto"'),
  ]),
  [
    'mesilat',
    mesilat(',"metadata":{"a":{}},"additional_fields":[ ],"trigger_type":"\\u0061uto"'),
    mesilat(',"metadata":{"a":{}},"additional_fields":[ ],"trigger_type":"\\u0061uto"'),
  ],
  [
    'mesilat',
    mesilat(',"trigger_type":"auto"'),
    mesilat(',"trigger_type":"auto","metadata":[],"additional_fields":[]'),
  ],
  [
    'mesilat',
    mesilat(',"x":{},"y":null,"x":[{}]'),
    mesilat(',"x":{},"y":null,"x":[{}],"metadata":[],"additional_fields":[],"trigger_type":"auto"'),
  ],
  ['stablemint', '{}', `{${STABLEMINT}}`],
  ['stablemint', '{"amount":0 }', `{"amount":0 ,${STABLEMINT}}`],
  ['stablemint', `{${STABLEMINT},"n":{"notificationType":1}}`, null],
  ['stablemint', '{"notificationType" : "\\u0049nwardPaymentAccepted"}', null],
  ['mileston', ' [1.10] ', '{"event":"invoice-paid","payload":[1.10]}'],
  ['mileston', '{"event":"x"}', '{"event":"invoice-paid","payload":{"event":"x"}}'],
];
test('what is set in a body, and where', async (t) => {
  const shops = {};
  for (const [profile, payload, wanted] of bodies) {
    shops[profile] ??= await open(t, profile);
    const { receiver } = shops[profile];
    const count = receiver.done.length + 1;
    await shops[profile].send(orders[profile].type, payload);
    const { body } = (await receiver.got(count)).at(-1);
    assert.equal(body.toString(), wanted ?? payload, payload);
  }
});

const refused = [
  ['mesilat', mesilat(',"trigger_type":"manual"'), 'invalid_field', 'trigger_type'],
  ['mesilat', mesilat(',"trigger_type":null'), 'invalid_field', 'trigger_type'],
  ['mesilat', mesilat(',"metadata":[],"metadata":[]'), 'duplicate_key', 'metadata'],
  ['mesilat', mesilat(',"metadata":[],"meta\\u0064ata":[]'), 'duplicate_key', 'metadata'],
  ['mesilat', mesilat(',"additional_fields":1,"additional_fields":1'), 'duplicate_key', ''],
  ['mesilat', '{"uuid":"u","amount":1,"currency":"GBP"}', 'invalid_field', 'currency'],
  ['stablemint', '{"notificationType":"inwardPaymentAccepted"}', 'invalid_field', ''],
  ['stablemint', `{${STABLEMINT},${STABLEMINT}}`, 'duplicate_key', 'notificationType'],
  ['yoco', '{"id":"p_1","type":"payment","mode":"prod"}', 'invalid_field', 'mode'],
];
test('what a body may not have', async (t) => {
  for (const [profile, payload, code, field] of refused) {
    const { app } = await open(t, profile);
    const answer = await server.client.send(app, orders[profile].type, payload);
    assert.deepEqual([answer.status, answer.json.code], [422, code], payload);
    assert.ok(answer.text.includes(field), answer.text);
  }
});

// --- the secret ---

const shownAgain = { mileston: 200, mesilat: 200, stablemint: 409, devdraft: 409, yoco: 409 };
for (const [profile, status] of Object.entries({ ...shownAgain, standard: 409 }))
  test(`${profile}: the secret is ${status === 200 ? 'shown again' : 'shown once'}`, async (t) => {
    const shop = await open(t, profile);
    const base = `/v1/apps/${shop.app}/webhooks`;
    const again = await shop.api.get(`${base}/${shop.webhook.id}/secret`);
    assert.equal(again.status, status, again.text);
    if (status === 200) assert.equal(again.json.secret, shop.webhook.secret);
    for (const path of [base, `${base}/${shop.webhook.id}`]) {
      const { text } = await shop.api.get(path);
      assert.doesNotMatch(text, /"secret"/, 'never beside the webhook');
      assert.ok(!text.includes(shop.receiver.secret ?? '"secret"'));
    }
  });

const whsec = (bytes) => `whsec_${Buffer.alloc(bytes, 'k').toString('base64')}`;
const secrets = [
  ['mileston', 'x', 201],
  ['mileston', '~!'.repeat(256), 201],
  ['mileston', 'y'.repeat(513), 422],
  ...['', 'a b', 'a\n', '\u007f', 'é', 7, null].map((token) => ['mileston', token, 422]),
  ['standard', whsec(24), 201],
  ['standard', whsec(64), 201],
  ['standard', whsec(23), 422],
  ['standard', whsec(65), 422],
  ['standard', whsec(33).slice('whsec_'.length), 422],
  ['standard', 'whsec_no base64', 422],
  ['devdraft', 'a'.repeat(32), 201],
  ['devdraft', 'a'.repeat(31), 422],
  ['devdraft', `${'a'.repeat(32)}.`, 422],
  ['yoco', whsec(32), 422],
  ['mesilat', 'a'.repeat(64), 422],
  ['stablemint', 'a', 422],
];
test('a secret of the owner’s choice: where it may be, and of which form', async () => {
  const apps = {};
  for (const [profile, secret, status] of secrets) {
    apps[profile] ??= (await server.client.newApp({ name: 'Shop', profile })).id;
    const fields = { name: 'Orders', url: 'https://shop.example/', secret };
    if (profile === 'stablemint') fields.events = ['InwardPaymentAccepted'];
    const answer = await server.client.post(`/v1/apps/${apps[profile]}/webhooks`, fields);
    assert.equal(answer.status, status, `${profile} ${secret}: ${answer.text}`);
    if (status === 201) assert.equal(answer.json.secret, secret);
    else assert.match(answer.text, /"\/secret"/);
  }
});

// --- headers ---

// [profile, the header that names the event, its form, the header that is new at each attempt]
const identities = [
  ['devdraft', 'x-webhook-id', /^evt_[0-9A-Za-z]{22}$/, 'x-webhook-timestamp'],
  ['yoco', 'webhook-id', /^msg_[0-9A-Za-z]{27}$/, 'webhook-timestamp'],
  ['standard', 'webhook-id', /^msg_[0-9A-Za-z]{27}$/, 'webhook-timestamp'],
];
for (const [profile, name, form, clock] of identities)
  test(`${profile}: an event has one id, at every attempt and every webhook`, async (t) => {
    const first = await open(t, profile, [500], { waits: [1] });
    const second = await openShop(t, server, { profile, app: first.app });
    await first.order();
    const [{ headers }] = await second.receiver.got(1);
    const tries = await first.receiver.got(2);
    assert.match(headers[name], form);
    for (const request of tries) {
      assert.equal(request.headers[name], headers[name]);
      assert.deepEqual(request.body, tries[0].body);
      assert.ok(request.verified, request.reason);
    }
    const [before, after] = tries.map((request) => Number(request.headers[clock]));
    assert.ok(after > before && Math.abs(after - Date.now() / 1000) < 30, 'Unix seconds, of now');
  });

test('stablemint: time and signature are new at each attempt', async (t) => {
  const shop = await open(t, 'stablemint', [500], { waits: [1] });
  const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}/signing-key`;
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' });
  assert.equal((await shop.api.request('PUT', path, { body: { pem } })).status, 200);
  shop.receiver.publicKey = publicKey;
  await shop.order();
  const tries = await shop.receiver.got(2);
  assert.ok(tries.every(({ verified }) => verified));
  for (const name of ['stablemint-timestamp', 'stablemint-signature'])
    assert.notEqual(tries[0].headers[name], tries[1].headers[name]);
  assert.match(tries[1].headers['stablemint-timestamp'], /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
});

test('a webhook’s own headers come last, and none takes the place of a contract’s', async (t) => {
  for (const profile of profiles) {
    const shop = await open(t, profile, [], { headers: { 'X-Own': 'a', 'x-other': 'b' } });
    await shop.order();
    const lines = headerLines((await shop.receiver.got(1))[0]);
    assert.deepEqual(lines.slice(-2), [['X-Own', 'a'], ['x-other', 'b']], profile);
    const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
    const more = profile === 'stablemint' ? ['StableMint-Signature'] : [];
    for (const name of [...contracts[profile].headers, ...more, 'host', 'User-Agent']) {
      const answer = await shop.api.patch(path, { headers: { [name.toUpperCase()]: 'x' } });
      assert.deepEqual([answer.status, answer.json.code], [422, 'header_not_allowed'], name);
    }
  }
});
