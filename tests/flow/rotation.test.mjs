// Secrets that change while deliveries are under way, and keys of a webhook's own. What is
// checked here is checked by hand with node:crypto, not by the merchants' libraries alone.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import test from 'node:test';
import { openSealed } from '../receivers/sealed.mjs';
import { openShop, sharedScene, sleep, startServer, until } from './harness.mjs';

const WEEK_S = 7 * 86400;
const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

const open = (t, profile, script, fields) => openShop(t, server, { profile, script, fields });
const webhookPath = (shop) => `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
const ask = (shop, fields) => shop.api.post(`${webhookPath(shop)}/secret/rotate`, fields);

// The new secret, and that answers are given for it.
async function rotate(shop, fields) {
  const answer = await ask(shop, fields);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.secret ?? fields.secret;
}

// The request that the next event makes.
async function next(shop) {
  const seen = shop.receiver.requests.length;
  await shop.order();
  return (await shop.receiver.got(seen + 1))[seen];
}

function standardMac(request, secret) {
  const { 'webhook-id': id, 'webhook-timestamp': at } = request.headers;
  const mac = crypto.createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'));
  return `v1,${mac.update(`${id}.${at}.`).update(request.body).digest('base64')}`;
}

const hexMac = (request, secret) =>
  crypto.createHmac('sha256', secret).update(request.body).digest('hex');

for (const profile of ['yoco', 'standard'])
  test(`${profile}: signatures of both secrets, the newest first`, async (t) => {
    const shop = await open(t, profile);
    const first = shop.receiver.secret;
    const second = await rotate(shop, { overlap_s: 60 });
    const both = await next(shop);
    assert.equal(
      both.headers['webhook-signature'],
      `${standardMac(both, second)} ${standardMac(both, first)}`,
    );
    const third = await rotate(shop, { overlap_s: 60 });
    const later = await next(shop);
    assert.equal(
      later.headers['webhook-signature'],
      `${standardMac(later, third)} ${standardMac(later, second)}`,
      'the oldest ended at once',
    );
  });

test('the old secret signs until the overlap ends, and no longer', async (t) => {
  const shop = await open(t, 'yoco');
  const second = await rotate(shop, { overlap_s: 1 });
  const signatures = async () => (await next(shop)).headers['webhook-signature'].split(' ');
  assert.equal((await signatures()).length, 2);
  await sleep(1100);
  const alone = await next(shop);
  assert.equal(alone.headers['webhook-signature'], standardMac(alone, second));
});

test('an overlap of 0 ends the old secret at once; 7 days are the most', async (t) => {
  const shop = await open(t, 'standard');
  const second = await rotate(shop, { overlap_s: 0 });
  const request = await next(shop);
  assert.equal(request.headers['webhook-signature'], standardMac(request, second));
  assert.equal((await ask(shop, { overlap_s: WEEK_S })).status, 200);
  for (const overlap_s of [WEEK_S + 1, -1, 1.5, '60'])
    assert.equal((await ask(shop, { overlap_s })).status, 422, String(overlap_s));
});

test('a secret of the owner’s choice takes the place of the old one', async (t) => {
  const shop = await open(t, 'devdraft');
  const secret = 'a-secret-of-the-owners-choice_0123456789';
  assert.equal(await rotate(shop, { secret, overlap_s: 60 }), secret);
  const request = await next(shop);
  assert.equal(request.headers['x-webhook-signature'], hexMac(request, secret));
  assert.equal((await ask(shop, { secret: 'too short' })).status, 422);
});

test('devdraft: the previous secret signs in a header of its own', async (t) => {
  const shop = await open(t, 'devdraft');
  const first = shop.receiver.secret;
  assert.equal((await next(shop)).headers['x-webhook-signature-previous'], undefined);
  const second = await rotate(shop, { overlap_s: 1 });
  const both = await next(shop);
  assert.equal(both.headers['x-webhook-signature'], hexMac(both, second));
  assert.equal(both.headers['x-webhook-signature-previous'], hexMac(both, first));
  await sleep(1100);
  const alone = await next(shop);
  assert.equal(alone.headers['x-webhook-signature'], hexMac(alone, second));
  assert.equal(alone.headers['x-webhook-signature-previous'], undefined);
});

// Opens the body as whoever holds all secrets by their version would.
function opened(request, secrets) {
  const envelope = JSON.parse(request.body);
  const id = request.headers['x-webhook-id'] ?? request.headers['webhook-id'];
  return {
    version: envelope.key_version,
    event: JSON.parse(openSealed(envelope, secrets[envelope.key_version - 1], id)),
  };
}

for (const profile of ['devdraft', 'standard'])
  test(`${profile}: a sealed body keeps the old key until the overlap ends`, async (t) => {
    const shop = await open(t, profile, 200, { encrypted: true });
    const secrets = [shop.receiver.secret];
    const version = async () => {
      const { version: found, event } = opened(await next(shop), secrets);
      assert.equal(JSON.stringify(event).includes('1.1'), true);
      return found;
    };
    assert.equal(await version(), 1);
    secrets.push(await rotate(shop, { overlap_s: 60 }));
    assert.equal(await version(), 1, 'the old key, during the overlap');
    secrets.push(await rotate(shop, { overlap_s: 1 }));
    assert.equal(await version(), 2, 'the first one ended at once');
    await sleep(1100);
    assert.equal(await version(), 3, 'the new key, after it');
    secrets.push(await rotate(shop, { overlap_s: 0 }));
    assert.equal(await version(), 4, 'without an overlap, at once');
  });

for (const [profile, header, fields] of [
  ['mileston', 'x-webhook-signature', { secret: 'another-token' }],
  ['mesilat', 'webhook-key', {}],
])
  test(`${profile}: a static proof is replaced at the next attempt`, async (t) => {
    const shop = await open(t, profile);
    assert.equal((await next(shop)).headers[header], shop.receiver.secret);
    assert.equal((await ask(shop, { ...fields, overlap_s: 60 })).status, 422);
    const secret = await rotate(shop, { ...fields, overlap_s: 0 });
    assert.equal((await next(shop)).headers[header], secret);
  });

test('a retry is signed with what holds then', async (t) => {
  const shop = await open(t, 'yoco', [500], { waits: [1] });
  await shop.order();
  await shop.receiver.got(1);
  const secret = await rotate(shop, { overlap_s: 0 });
  const [, retried] = await shop.receiver.got(2);
  assert.equal(retried.headers['webhook-signature'], standardMac(retried, secret));
});

// Rotations while deliveries are in flight: a merchant that takes each new secret over before
// the old one's overlap ends refuses none.
for (const profile of ['yoco', 'devdraft'])
  test(`${profile}: of 1000 deliveries none is refused while secrets rotate`, async (t) => {
    const count = 1000;
    const slow = { status: 200, afterMs: 20 };
    const shop = await open(t, profile, slow);
    const held = [shop.receiver.secret];
    const holds = (request, secret) =>
      profile === 'yoco'
        ? request.headers['webhook-signature'].split(' ').includes(standardMac(request, secret))
        : [request.headers['x-webhook-signature'], request.headers['x-webhook-signature-previous']]
            .filter(Boolean)
            .includes(hexMac(request, secret));
    const sent = Promise.all(Array.from({ length: count }, () => shop.order()));
    await until(() => shop.receiver.requests.length > count / 10, 'many to be under way');
    held.push(await rotate(shop, { overlap_s: 600 }));
    await sent;
    await shop.receiver.got(count, 60000);
    const { done } = shop.receiver;
    assert.equal(done.filter((request) => !holds(request, held[0])).length, 0);
    assert.ok(done.some((request) => holds(request, held[1])));
    const alone = await next(shop);
    assert.ok(holds(alone, held[0]) && holds(alone, held[1]));
  });

// --- keys of a webhook's own ---

const putKey = (shop, body) =>
  shop.api.request('PUT', `${webhookPath(shop)}/signing-key`, { body });

function assertStableMintHolds(request, publicKey) {
  const { 'stablemint-timestamp': at, 'stablemint-signature': signature } = request.headers;
  assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  const signed = Buffer.concat([Buffer.from(`${at},`), request.body]);
  assert.ok(crypto.verify('sha256', signed, publicKey, Buffer.from(signature, 'base64')));
}

test('stablemint: an RSA key signs timestamp and body, until it is dropped', async (t) => {
  const shop = await open(t, 'stablemint', [202, 500]);
  assert.equal((await next(shop)).headers['stablemint-signature'], undefined);
  const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 3072 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const put = await putKey(shop, { pem });
  assert.equal(put.status, 200, put.text);
  assert.equal(put.json.public_key, publicKey.export({ type: 'spki', format: 'pem' }));
  shop.receiver.publicKey = put.json.public_key;
  const request = await next(shop);
  assertStableMintHolds(request, publicKey);
  assert.ok(request.verified, request.reason);
  assert.equal((await shop.api.delete(`${webhookPath(shop)}/signing-key`)).status, 204);
  assert.equal((await shop.api.delete(`${webhookPath(shop)}/signing-key`)).status, 404);
  assert.equal((await next(shop)).headers['stablemint-signature'], undefined);
});

test('stablemint: without a PEM the server makes the key, and shows its public half', async (t) => {
  const shop = await open(t, 'stablemint');
  const put = await putKey(shop);
  assert.equal(put.status, 200, put.text);
  assert.ok(!put.text.includes('PRIVATE'));
  const key = crypto.createPublicKey(put.json.public_key);
  assert.equal(key.asymmetricKeyDetails.modulusLength, 2048);
  assertStableMintHolds(await next(shop), key);
});

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

test('standard: an Ed25519 signature stands beside the HMAC', async (t) => {
  const shop = await open(t, 'standard');
  const { json } = await putKey(shop, {});
  assert.match(json.public_key, /^whpk_/);
  const raw = Buffer.from(json.public_key.slice('whpk_'.length), 'base64');
  const der = Buffer.concat([SPKI_ED25519, raw]);
  const key = crypto.createPublicKey({ key: der, format: 'der', type: 'spki' });
  const request = await next(shop);
  const [mac, pair, ...more] = request.headers['webhook-signature'].split(' ');
  assert.equal(mac, standardMac(request, shop.receiver.secret));
  assert.deepEqual(more, []);
  const { 'webhook-id': id, 'webhook-timestamp': at } = request.headers;
  const signed = Buffer.concat([Buffer.from(`${id}.${at}.`), request.body]);
  assert.match(pair, /^v1a,/);
  assert.ok(crypto.verify(null, signed, key, Buffer.from(pair.slice(4), 'base64')));
  assert.ok(request.verified, request.reason);
});

test('a key that is none, or of another kind, is refused', async (t) => {
  const stablemint = await open(t, 'stablemint');
  const standard = await open(t, 'standard');
  const yoco = await open(t, 'yoco');
  const pem = (type, options) =>
    crypto
      .generateKeyPairSync(type, options)
      .privateKey.export({ type: 'pkcs8', format: 'pem' });
  const rows = [
    [stablemint, 'no PEM at all', 422],
    [stablemint, pem('rsa', { modulusLength: 1024 }), 422],
    [stablemint, pem('ed25519'), 422],
    [standard, pem('rsa', { modulusLength: 2048 }), 422],
    [standard, pem('ed25519'), 200],
    [yoco, pem('ed25519'), 409],
  ];
  for (const [shop, text, status] of rows)
    assert.equal((await putKey(shop, { pem: text })).status, status, text.slice(0, 40));
});
