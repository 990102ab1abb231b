// The main job, for each platform: an event goes in, and what leaves is what the platform's
// merchants were promised, byte by byte, and their own code takes it.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import test from 'node:test';
import { contracts, EVERY_DELIVERY, profiles } from '../receivers/contracts.mjs';
import { examplesOf, wireMatches } from '../receivers/examples.mjs';
import { headerLines } from '../receivers/receiver.mjs';
import { openShop, orders, sharedScene, startServer } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

// StableMint binds one type to one webhook; the other contracts need one webhook for all.
const shopFor = (t, profile, types, more = {}) =>
  openShop(t, server, {
    profile,
    fields: profile === 'stablemint' ? { events: types } : {},
    ...more,
  });

for (const profile of profiles) {
  test(`${profile}: its examples leave as published, and are taken`, async (t) => {
    const shops = new Map();
    for (const example of examplesOf(profile)) {
      const key = profile === 'stablemint' ? example.type : '';
      const app = [...shops.values()][0]?.app;
      if (!shops.has(key)) shops.set(key, await shopFor(t, profile, [example.type], { app }));
      const { receiver, ...shop } = shops.get(key);
      const before = receiver.requests.length;
      await shops.get(key).send(example.type, example.payload);
      const request = (await receiver.got(before + 1))[before];
      assert.ok(request.verified, `${example.name}: ${request.reason}`);
      assert.ok(example.fits(request.body), `${example.name}: ${request.body}`);
      assert.equal(shop.profile, profile);
    }
  });

  test(`${profile}: carries these headers, spelled so, and no others`, async (t) => {
    const shop = await shopFor(t, profile, [orders[profile].type]);
    const delivery = await shop.order();
    const [request] = await shop.receiver.got(1);
    const lines = headerLines(request);
    const names = [...EVERY_DELIVERY, ...contracts[profile].headers];
    assert.deepEqual(lines.map(([name]) => name).sort(), names.sort());
    const value = Object.fromEntries(lines);
    assert.equal(value.Host, `127.0.0.1:${shop.receiver.port}`);
    assert.match(value['User-Agent'], /^Posthorn\/\d+\.\d+/);
    assert.equal(value.Accept, '*/*');
    assert.equal(value['Content-Type'], 'application/json');
    assert.equal(value['Content-Length'], String(request.body.length));
    assert.equal(`${request.method} ${request.path}`, `POST /hooks/${profile}`);
    await shop.reaches(delivery, 'delivered');
  });
}

// What a program that parsed and wrote the payload again would change.
const PAYLOADS = [
  '{"n":1.10,"big":12345678901234567890,"e":1E+2,"minus":-0}',
  '{"z":1,"a":2,"m":3}',
  '{"text":"\\u0041\\u00e9\\/","plain":"é€😀"}',
  '{ "spaces" :\t[ 1 , 2 ] ,\n "more": { } }',
  '{"nested":{"a":1,"a":2},"empty":{},"list":[]}',
  `{"long":"${'x'.repeat(60000)}"}`,
];
// What each contract demands besides; it goes first, so that the rest keeps its place.
const DEMANDED = {
  yoco: '"id":"p_1","type":"payment","mode":"live",',
  mesilat:
    '"uuid":"u1","amount":1,"currency":"EUR","metadata":[],"additional_fields":[],' +
    '"trigger_type":"auto",',
  stablemint: '"notificationType":"InwardPaymentAccepted",',
};

for (const profile of profiles) {
  test(`${profile}: the payload's bytes leave as they came`, async (t) => {
    const { type } = orders[profile];
    const shop = await shopFor(t, profile, [type]);
    const { wire } = examplesOf(profile).find(
      (example) => example.type === type || profile === 'standard',
    );
    const template =
      profile === 'standard' ? wire.replace(/"type":"[^"]+"/, `"type":"${type}"`) : wire;
    for (const [index, form] of PAYLOADS.entries()) {
      const payload = Buffer.from(form.replace('{', `{${DEMANDED[profile] ?? ''}`));
      await shop.send(type, payload);
      const { body, verified, reason } = (await shop.receiver.got(index + 1))[index];
      assert.ok(
        wireMatches(template, payload.toString('latin1'), body),
        `${form.slice(0, 99)} left as ${body.toString().slice(0, 199)}`,
      );
      assert.ok(verified, reason);
    }
  });
}

for (const profile of ['devdraft', 'standard']) {
  test(`${profile}: an encrypted webhook gets what only its merchant can open`, async (t) => {
    const shop = await openShop(t, server, { profile, fields: { encrypted: true } });
    await shop.send(orders[profile].type, '{"card":"canary-4111"}');
    const [request] = await shop.receiver.got(1);
    assert.ok(request.verified, request.reason);
    assert.ok(!request.body.includes('canary'), 'the payload must not leave in clear');
    const members = Object.keys(JSON.parse(request.body));
    assert.deepEqual(members, ['encrypted', 'alg', 'key_version', 'iv', 'tag', 'data']);
  });
}

test('devdraft: each attempt of an encrypted delivery has its own IV', async (t) => {
  const shop = await openShop(t, server, {
    profile: 'devdraft',
    script: [500],
    fields: { encrypted: true, waits: [1] },
  });
  await shop.order();
  const requests = await shop.receiver.got(2);
  const ivs = requests.map(({ body }) => JSON.parse(body).iv);
  assert.notEqual(ivs[0], ivs[1]);
  assert.ok(requests.every(({ verified }) => verified));
});

test('stablemint: with a key configured, two RSA headers hold', async (t) => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', {
    modulusLength: 2048,
  });
  const shop = await openShop(t, server, { profile: 'stablemint' });
  const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}/signing-key`;
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const answer = await server.client.request('PUT', path, { body: { pem } });
  assert.equal(answer.status, 200, answer.text);
  assert.ok(!answer.text.includes('PRIVATE'), 'the private key is never answered');
  shop.receiver.publicKey = publicKey;
  await shop.order();
  const [request] = await shop.receiver.got(1);
  assert.ok(request.verified, request.reason);
  const names = headerLines(request).map(([name]) => name);
  assert.ok(names.includes('StableMint-Timestamp') && names.includes('StableMint-Signature'));
});

test('a second attempt has the same id, a new time and signature', async (t) => {
  const shop = await openShop(t, server, {
    profile: 'standard',
    script: [500],
    fields: { waits: [2] },
  });
  await shop.order();
  const [first, second] = await shop.receiver.got(2);
  assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
  assert.ok(
    Number(second.headers['webhook-timestamp']) > Number(first.headers['webhook-timestamp']),
  );
  assert.deepEqual(second.body, first.body);
  assert.ok(second.verified, second.reason);
});

test('mileston: no choice of events is all three', async (t) => {
  const all = await openShop(t, server, { profile: 'mileston' });
  const one = await openShop(t, server, {
    profile: 'mileston',
    app: all.app,
    fields: { events: ['invoice-paid'] },
  });
  for (const type of ['invoice-paid', 'paymentlink-paid', 'recurring-paid'])
    await all.send(type, '{}');
  await all.receiver.got(3);
  const events = one.receiver.done.map(({ body }) => JSON.parse(body).event);
  assert.deepEqual(events, ['invoice-paid']);
});
