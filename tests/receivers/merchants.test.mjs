// Each receiver accepts what its platform would send, and nothing else: not with another
// secret, not with a changed body, not without its headers.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import test from 'node:test';
import { startReceiver } from './receiver.mjs';
import { nowSeconds, post, seal, signers } from './signer.mjs';

const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER_WHSEC = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX';

const devdraftBody = Buffer.from(
  '{"id":"evt_1","event_type":"payment.completed","data":{"a":1.10}}',
);
const devdraftDetails = { id: 'evt_1', type: 'payment.completed' };

const rows = [
  {
    profile: 'mileston',
    secret: 'my-verification-token',
    other: 'another-token',
    body: Buffer.from('{"event":"invoice-paid","payload":{"amount":"1"}}'),
    tampered: null,
  },
  {
    profile: 'stablemint',
    secret: rsa.privateKey,
    other: otherRsa.privateKey,
    publicKey: rsa.publicKey,
    body: Buffer.from('{"amount":1.10,"notificationType":"OutwardPaymentSent"}'),
  },
  {
    profile: 'devdraft',
    secret: 's3cret_'.repeat(6),
    other: 'other_'.repeat(6),
    details: devdraftDetails,
    body: devdraftBody,
  },
  {
    profile: 'yoco',
    secret: WHSEC,
    other: OTHER_WHSEC,
    body: Buffer.from('{"test": 2432232314}'),
  },
  {
    profile: 'mesilat',
    secret: 'a'.repeat(64),
    other: 'b'.repeat(64),
    tampered: null,
    body: Buffer.from(
      '{"uuid":"b9c3e992","metadata":[],"additional_fields":[],"trigger_type":"auto"}',
    ),
  },
  {
    profile: 'standard',
    secret: WHSEC,
    other: OTHER_WHSEC,
    body: Buffer.from('{"type":"a","data":"é"}'),
  },
];

function tamper(body) {
  const changed = Buffer.from(body);
  changed[changed.length - 2] ^= 1;
  return changed;
}

for (const row of rows) {
  test(`${row.profile}: takes what its platform sends, and nothing else`, async (t) => {
    const { profile, secret, body } = row;
    const receiver = await startReceiver({ profile, secret, publicKey: row.publicKey });
    t.after(() => receiver.close());
    const headers = signers[profile](secret, body, row.details);
    const send = async (withHeaders, bytes) =>
      (await post(receiver.url, withHeaders, bytes)).status;

    assert.ok((await send(headers, body)) < 300, receiver.requests[0].reason);
    assert.ok(
      (await send(signers[profile](row.other, body, row.details), body)) >= 400,
      'another secret',
    );
    assert.ok((await send({}, body)) >= 400, 'no proof at all');
    if (row.tampered !== null)
      assert.ok((await send(headers, tamper(body))) >= 400, 'one bit changed');

    const verdicts = receiver.requests.map((entry) => entry.verified);
    assert.deepEqual(verdicts, [true, ...verdicts.slice(1).map(() => false)]);
    assert.ok(receiver.requests[1].reason.length > 0, 'a refusal says why');
    assert.deepEqual(receiver.requests[0].body, body);
  });
}

test('the published vector of Standard Webhooks is what our signer makes', () => {
  const made = signers.yoco(WHSEC, Buffer.from('{"test": 2432232314}'), { at: 1614265330 });
  assert.equal(made['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('yoco: a signature of another time, or in hex, does not hold', async (t) => {
  const receiver = await startReceiver({ profile: 'yoco', secret: WHSEC });
  t.after(() => receiver.close());
  const body = Buffer.from('{}');
  const old = signers.yoco(WHSEC, body, { at: nowSeconds() - 3600 });
  const hex = signers.yoco(WHSEC, body);
  const bytes = Buffer.from(hex['webhook-signature'].slice(3), 'base64');
  hex['webhook-signature'] = `v1,${bytes.toString('hex')}`;
  for (const headers of [old, hex])
    assert.equal((await post(receiver.url, headers, body)).status, 401);
});

test('yoco: one signature of several is enough, as during a rotation', async (t) => {
  const receiver = await startReceiver({ profile: 'yoco', secret: WHSEC });
  t.after(() => receiver.close());
  const body = Buffer.from('{}');
  const headers = signers.yoco(WHSEC, body);
  const other = signers.yoco(OTHER_WHSEC, body);
  headers['webhook-signature'] =
    `${other['webhook-signature']} ${headers['webhook-signature']}`;
  assert.equal((await post(receiver.url, headers, body)).status, 200);
});

test('stablemint: without a key the headers must be absent', async (t) => {
  const receiver = await startReceiver({ profile: 'stablemint' });
  t.after(() => receiver.close());
  const body = Buffer.from('{"notificationType":"OutwardPaymentSent"}');
  assert.equal((await post(receiver.url, {}, body)).status, 202);
  assert.equal(
    (await post(receiver.url, signers.stablemint(rsa.privateKey, body), body)).status,
    400,
  );
});

test('devdraft: opens an encrypted body, unless its id or a bit is changed', async (t) => {
  const secret = 's3cret_'.repeat(6);
  const receiver = await startReceiver({ profile: 'devdraft', secret });
  t.after(() => receiver.close());
  const sealed = seal(devdraftBody, secret, 'evt_1');
  const send = async (body, id = 'evt_1') => {
    const headers = signers.devdraft(secret, body, { id, type: 'payment.completed' });
    return (await post(receiver.url, headers, body)).status;
  };
  assert.equal(await send(sealed), 200);
  assert.equal(await send(sealed, 'evt_2'), 400);
  const envelope = JSON.parse(sealed);
  envelope.data = (envelope.data.startsWith('A') ? 'B' : 'A') + envelope.data.slice(1);
  assert.equal(await send(Buffer.from(JSON.stringify(envelope))), 400);
});

test('mesilat: metadata {} or absent, or an unknown trigger, is refused', async (t) => {
  const receiver = await startReceiver({ profile: 'mesilat', secret: 'k' });
  t.after(() => receiver.close());
  const wrong = [
    '{"uuid":"1","metadata":{},"additional_fields":[],"trigger_type":"auto"}',
    '{"uuid":"1","metadata":[],"trigger_type":"auto"}',
    '{"uuid":"1","metadata":[],"additional_fields":[],"trigger_type":"other"}',
    '{"metadata":[],"additional_fields":[],"trigger_type":"auto"}',
  ];
  for (const body of wrong) {
    assert.equal(
      (await post(receiver.url, { 'webhook-key': 'k' }, Buffer.from(body))).status,
      400,
      body,
    );
  }
});
