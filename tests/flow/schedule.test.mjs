// Retries: each contract's schedule from the first attempt to the last, with the server's
// clock running faster; a wait is never cut short and hardly ever overdrawn.

import assert from 'node:assert/strict';
import test from 'node:test';
import { contracts, profiles } from '../receivers/contracts.mjs';
import { openShop, startServer, sleep } from './harness.mjs';

const WHOLE_MS = 6000; // how long the waits of one schedule take together
const EARLY_MS = 2; // the server's clock has milliseconds, and ours is read a little late
const LATE_MS = 1000;

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// The pause before each attempt but the first, from the answer to the next request's arrival.
const pauses = (requests) =>
  requests.slice(1).map((request, index) => request.at - requests[index].answeredAt);

function assertPauses(requests, waitsMs) {
  for (const [index, pause] of pauses(requests).entries()) {
    const wait = waitsMs[index];
    assert.ok(
      pause >= wait - EARLY_MS,
      `wait ${index + 1}: ${pause} ms, before ${wait} ms were over`,
    );
    assert.ok(
      pause <= wait + LATE_MS,
      `wait ${index + 1}: ${pause} ms instead of ${wait} ms`,
    );
  }
}

for (const profile of profiles) {
  test(`${profile}: every attempt of its schedule, then failed for good`, async (t) => {
    const { waits } = contracts[profile];
    const timeScale = Math.ceil((sum(waits) * 1000) / WHOLE_MS);
    const server = await startServer(t, { timeScale });
    const shop = await openShop(t, server, { profile, script: 500 });
    const delivery = await shop.order();
    const ended = await shop.reaches(delivery, 'failed', WHOLE_MS + 10000);
    const count = waits.length + 1;
    assert.equal(ended.attempts, count);
    assert.equal(ended.last_status, 500);
    assert.equal(ended.next_attempt_at, null);
    assertPauses(
      shop.receiver.requests,
      waits.map((wait) => (wait * 1000) / timeScale),
    );
    const numbers = (await shop.attempts(delivery)).map((attempt) => attempt.number);
    assert.deepEqual(
      numbers,
      Array.from({ length: count }, (_, index) => index + 1),
    );
    assert.ok(shop.receiver.requests.every(({ verified }) => verified));
    assert.ok(await shop.receiver.staysAt(count, 500), 'nothing comes after the last');
  });
}

test('a receiver that fails twice gets the event with the third attempt', async (t) => {
  const server = await startServer(t, { timeScale: 50 });
  const shop = await openShop(t, server, { profile: 'devdraft', script: [500, 503] });
  const delivery = await shop.order();
  const ended = await shop.reaches(delivery, 'delivered');
  assert.equal(ended.attempts, 3);
  assertPauses(await shop.receiver.got(3), [100, 200]);
  const statuses = (await shop.attempts(delivery)).map(({ status }) => status);
  assert.deepEqual(statuses, [500, 503, 200]);
  assert.ok(await shop.receiver.staysAt(3, 600), 'received is the end');
});

test('a wait starts when the attempt failed: a timeout shifts the rest', async (t) => {
  const server = await startServer(t, { timeScale: 50 });
  const fields = { timeout_s: 1 };
  const shop = await openShop(t, server, {
    profile: 'devdraft',
    script: ['hang', 'hang'],
    fields,
  });
  await shop.order();
  const requests = await shop.receiver.got(3);
  const between = requests.slice(1).map((request, index) => request.at - requests[index].at);
  for (const [index, least] of [1100, 1200].entries()) {
    assert.ok(between[index] >= least - 20, `${between[index]} ms, at least ${least}`);
    assert.ok(
      between[index] <= least + LATE_MS,
      `${between[index]} ms, hardly over ${least}`,
    );
  }
});

test('the five ignore Retry-After; standard waits longer for it', async (t) => {
  const server = await startServer(t, { timeScale: 10 });
  const busy = { status: 503, headers: { 'Retry-After': '20' } };
  const yoco = await openShop(t, server, { profile: 'yoco', script: [busy] });
  const standard = await openShop(t, server, { profile: 'standard', script: [busy] });
  await Promise.all([yoco.order(), standard.order()]);
  assertPauses(await yoco.receiver.got(2), [500]);
  assertPauses(await standard.receiver.got(2), [2000]);
});

test('deliveries to a good receiver do not wait for those to a bad one', async (t) => {
  const server = await startServer(t);
  const bad = await openShop(t, server, { profile: 'standard', script: 'hang' });
  const good = await openShop(t, server, { profile: 'standard', app: bad.app });
  for (let i = 0; i < 20; i++) await bad.order();
  await sleep(50);
  const start = performance.now();
  await good.order();
  await good.receiver.got(21, 5000);
  assert.ok(performance.now() - start < 2000);
});

test("waits of a webhook stand in place of the contract's", async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, {
    profile: 'yoco',
    script: 500,
    fields: { waits: [1, 2] },
  });
  const delivery = await shop.order();
  const ended = await shop.reaches(delivery, 'failed');
  assert.equal(ended.attempts, 3);
  assertPauses(shop.receiver.requests, [1000, 2000]);
});
