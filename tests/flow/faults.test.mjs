// What a receiver may do wrong, one row each: what is recorded, in a code for programs and a
// sentence for people, and whether the event counts as received.

import assert from 'node:assert/strict';
import test from 'node:test';
import { codeOf, sentenceOf } from './client.mjs';
import { freePort, openShop, sharedScene, startServer } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene);
});

const redirect = { status: 301, headers: { Location: 'http://127.0.0.1:1/elsewhere' } };

// [what the receiver does, step, error code, state after it, fields of the webhook]
const faults = [
  ['answers 500', 500, 'status', 'waiting'],
  ['answers 404', 404, 'status', 'waiting'],
  ['answers 301', redirect, 'redirect', 'waiting'],
  ['never answers', 'hang', 'timeout_headers', 'waiting', { timeout_s: 1 }],
  [
    'answers too late',
    { status: 200, afterMs: 1500 },
    'timeout_headers',
    'waiting',
    { timeout_s: 1 },
  ],
  ['drips its head', 'drip-head', 'timeout_headers', 'waiting', { timeout_s: 1 }],
  ['resets the connection', 'reset', 'connection_reset', 'waiting'],
  ['closes without a byte', 'close-early', 'incomplete_response', 'waiting'],
  ['closes in the status line', 'close-in-status', 'incomplete_response', 'waiting'],
  ['closes in its head', 'close-in-head', 'incomplete_response', 'waiting'],
  ['answers garbage', 'garbage', 'bad_status_line', 'waiting'],
  ['answers ICY 200', 'not-http-1', 'bad_status_line', 'waiting'],
  ['sends headers without end', 'endless-head', 'response_headers_too_large', 'waiting'],
  ['sends interim answers without end', 'endless-interim', 'too_many_interim', 'waiting'],
  ['wants another protocol', 'switch-protocols', 'unexpected_101', 'waiting'],
  ['states two lengths', 'two-lengths', 'bad_framing', 'waiting'],
  ['answers 204', 204, null, 'delivered'],
  ['answers 200 late, but in time', { status: 200, afterMs: 300 }, null, 'delivered'],
  ['drips its body after 200', 'drip-body', null, 'delivered'],
  ['sends a body without end after 200', 'endless-body', null, 'delivered'],
  ['sends 100 before 200', 'interim-then-200', null, 'delivered'],
  ['sends a body until it closes', 'until-close', null, 'delivered'],
  ['sends bytes behind its answer', 'extra-bytes', null, 'delivered'],
];

function assertRecorded(attempt, code) {
  assert.equal(codeOf(attempt), code);
  if (code !== null)
    assert.match(sentenceOf(attempt), /\w+ \w+ \w+/, 'a sentence a person understands');
}

for (const [what, step, code, state, fields] of faults) {
  test(`a receiver that ${what}: ${code ?? 'received'}`, async (t) => {
    const shop = await openShop(t, server, { profile: 'yoco', script: step, fields });
    const delivery = await shop.order();
    const [attempt] = await shop.hasAttempts(delivery, 1);
    assertRecorded(attempt, code);
    const { state: reached, attempts } = await shop.delivery(delivery);
    assert.deepEqual([reached, attempts], [state, 1]);
    assert.equal(shop.receiver.connections, 1, 'one attempt is one connection');
    if (typeof step === 'number') assert.equal(attempt.status, step);
  });
}

for (const profile of ['mileston', 'mesilat']) {
  for (const status of [201, 202, 204]) {
    test(`${profile}: ${status} is not received, only 200 is`, async (t) => {
      const shop = await openShop(t, server, { profile, script: [status] });
      const delivery = await shop.order();
      const [attempt] = await shop.hasAttempts(delivery, 1);
      assert.equal(attempt.status, status);
      assertRecorded(attempt, 'status');
      assert.equal((await shop.delivery(delivery)).state, 'waiting');
    });
  }
}

test('a redirect is not followed: nobody connects to where it points', async (t) => {
  const elsewhere = await openShop(t, server, { profile: 'mileston' });
  const step = { status: 307, headers: { Location: elsewhere.receiver.url } };
  const shop = await openShop(t, server, { profile: 'mileston', script: [step] });
  await shop.hasAttempts(await shop.order(), 1);
  assert.equal(elsewhere.receiver.connections, 0);
});

test('a receiver that is down: refused', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}/down`;
  const shop = await openShop(t, server, { profile: 'yoco', url });
  const [attempt] = await shop.hasAttempts(await shop.order(), 1);
  assertRecorded(attempt, 'connection_refused');
  assert.equal(attempt.status, null);
});

test('a name that does not exist: a failed attempt, and a next one', async (t) => {
  const shop = await openShop(t, server, { profile: 'yoco', url: 'https://nope.invalid/' });
  const delivery = await shop.order();
  const [attempt] = await shop.hasAttempts(delivery, 1);
  assertRecorded(attempt, 'dns_error');
  const { state, next_attempt_at: next } = await shop.delivery(delivery);
  assert.equal(state, 'waiting');
  assert.ok(Date.parse(next) > Date.now() - 5000);
});

test('an address that is not allowed gets no connection, only a record', async (t) => {
  const own = `http://127.0.0.1:${server.port}/v1/apps`;
  const shop = await server.client.newApp({ name: 'Loop', profile: 'standard' });
  const answer = await server.client.post(`/v1/apps/${shop.id}/webhooks`, {
    name: 'Loop',
    url: own,
  });
  assert.equal(answer.status, 422, 'the server does not send to itself');
});

test('bytes behind an answer do not spoil the next delivery', async (t) => {
  const shop = await openShop(t, server, { profile: 'yoco', script: ['extra-bytes'] });
  await shop.reaches(await shop.order(), 'delivered');
  await shop.reaches(await shop.order(), 'delivered');
  assert.equal(shop.receiver.requests[1].verified, true);
});

test('what the receiver answered can be read, up to 16 KiB', async (t) => {
  const step = {
    status: 500,
    headers: { 'X-Trace': 't-1' },
    body: `oh no ${'!'.repeat(20000)}`,
  };
  const shop = await openShop(t, server, { profile: 'yoco', script: [step] });
  const [attempt] = await shop.hasAttempts(await shop.order(), 1);
  const text = JSON.stringify(attempt);
  assert.ok(text.includes('X-Trace') && text.includes('t-1') && text.includes('oh no'));
  assert.ok(text.length < 20000, 'no more than 16 KiB of the body');
  assert.ok(!text.includes(shop.receiver.secret), 'no secret in it');
});
