// A receiver obeys its script, on the wire, and goes back to the merchant's own answer after.

import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { startReceiver } from './receiver.mjs';
import { post, signers } from './signer.mjs';
import { stepNames } from './steps.mjs';

const TOKEN = 'token';
const BODY = Buffer.from('{"event":"invoice-paid","payload":{}}');

async function open(t, script) {
  const receiver = await startReceiver({ profile: 'mileston', secret: TOKEN, script });
  t.after(() => receiver.close());
  return receiver;
}

const send = (receiver, options) =>
  post(receiver.url, signers.mileston(TOKEN), BODY, options);

const PATIENCE_MS = 20000;
const STILL_MS = 200;

// The first bytes of the answer, as they stood on the wire, until the connection ends or
// floods; or until they look as wanted and the connection is still open a while later.
function firstBytes(receiver, wanted) {
  return new Promise((resolve) => {
    const socket = net.connect(receiver.port, '127.0.0.1');
    let seen = Buffer.alloc(0);
    const text = () => seen.subarray(0, 4000).toString('latin1');
    const done = (how) => {
      socket.destroy();
      resolve({ how, text: text() });
    };
    const look = () => {
      if (socket.destroyed) return;
      const is = wanted.how === 'open' && receiver.done.length > 0 && wanted.text.test(text());
      setTimeout(is ? () => done('open') : look, is ? STILL_MS : 10);
    };
    socket.on('data', (data) => {
      seen = Buffer.concat([seen, data]);
      if (seen.length > 200000) done('flood');
    });
    socket.on('end', () => done('end'));
    socket.on('error', (error) => done(error.code));
    setTimeout(() => done('never'), PATIENCE_MS).unref();
    look();
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nX-Webhook-Signature: ${TOKEN}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    );
  });
}

test('statuses come in order, then the merchant answers for itself', async (t) => {
  const receiver = await open(t, [
    500,
    { status: 301, headers: { Location: 'http://127.0.0.1:1/' } },
    204,
  ]);
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await send(receiver)).status);
  assert.deepEqual(statuses, [500, 301, 204, 200]);
  assert.deepEqual(
    receiver.requests.map((entry) => entry.verified),
    [true, true, true, true],
  );
  assert.deepEqual(
    receiver.requests.map((entry) => entry.status),
    [500, 301, 204, 200],
  );
});

test('a single step holds for every request', async (t) => {
  const receiver = await open(t, 503);
  for (let i = 0; i < 3; i++) assert.equal((await send(receiver)).status, 503);
});

test('a late answer is late', async (t) => {
  const receiver = await open(t, [{ status: 200, afterMs: 150, body: 'late' }]);
  const start = performance.now();
  const answer = await send(receiver);
  assert.equal(answer.body, 'late');
  assert.ok(performance.now() - start >= 145);
});

const onTheWire = [
  ['hang', 'open', /^$/],
  ['reset', 'ECONNRESET', /^$/],
  ['close-early', 'end', /^$/],
  ['close-in-status', 'end', /^HTTP\/1.1 2$/],
  ['close-in-head', 'end', /^HTTP\/1.1 200 OK\r\nContent-Type: te$/],
  ['garbage', 'end', /this is not HTTP/],
  ['not-http-1', 'end', /^ICY 200 OK/],
  ['drip-body', 'open', /^HTTP\/1.1 200 OK\r\n(.+\r\n)+\r\n\.+$/],
  ['drip-head', 'open', /^HTTP\/1.1 200 OK\r\n(X-Slow: yes\r\n)+$/],
  ['endless-body', 'flood', /\r\n\r\n1000\r\nxxx/],
  ['endless-head', 'flood', /X-Endless: yyy/],
  ['endless-interim', 'flood', /^(HTTP\/1.1 103 Early Hints\r\n\r\n){9}/],
  ['switch-protocols', 'open', /^HTTP\/1.1 101 /],
  ['two-lengths', 'end', /Content-Length: 2\r\nContent-Length: 3\r\n/],
  ['extra-bytes', 'open', /okHTTP\/1.1 500 Smuggled/],
  ['interim-then-200', 'open', /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/],
  ['until-close', 'end', /Connection: close\r\n\r\nok$/],
];

for (const [step, how, text] of onTheWire) {
  test(`${step} is what its name says`, async (t) => {
    const receiver = await open(t, step);
    const seen = await firstBytes(receiver, { how, text });
    assert.equal(seen.how, how);
    assert.match(seen.text, text);
    assert.equal(
      receiver.requests[0].verified,
      true,
      'the merchant judged the request before',
    );
  });
}

test('every step of the table is tried above', () => {
  assert.deepEqual(onTheWire.map(([step]) => step).sort(), [...stepNames].sort());
});
