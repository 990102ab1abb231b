// What was acknowledged is there after a stop, a crash and a new start, and goes on where it
// stood.

import assert from 'node:assert/strict';
import test from 'node:test';
import { codeOf } from './client.mjs';
import { openShop, orders, sleep, spawnBeside, startServer, until } from './harness.mjs';

const ALREADY_RUNNING = 75;
const DRAIN_MS = 20000;

// Sends events until stopped; every id whose 202 was read completely stands in acked.
function pour(shop, lanes = 8) {
  const acked = [];
  let isOn = true;
  const { type, payload } = orders[shop.profile];
  const lane = async () => {
    while (isOn) {
      try {
        const answer = await shop.api.send(shop.app, type, payload);
        if (answer.status === 202) acked.push(answer.json.id);
        else await sleep(5);
      } catch {
        await sleep(5); // the server is gone: neither acknowledged nor lost
      }
    }
  };
  const lanesDone = Promise.all(Array.from({ length: lanes }, lane));
  return { acked, stop: () => ((isOn = false), lanesDone) };
}

const idsOnTheWire = (receiver) =>
  new Set(receiver.done.map(({ body }) => JSON.parse(body).id));

async function assertNothingLost(shop, acked) {
  const arrived = () => {
    const ids = idsOnTheWire(shop.receiver);
    return acked.every((id) => ids.has(id));
  };
  await until(arrived, `all ${acked.length} acknowledged events to arrive`, 30000);
  const kept = new Set((await shop.api.events(shop.app)).map(({ id }) => id));
  assert.deepEqual(
    acked.filter((id) => !kept.has(id)),
    [],
  );
}

for (const how of ['stop', 'kill9']) {
  test(`the schedule goes on where it stood, after ${how}`, async (t) => {
    const server = await startServer(t, { timeScale: 5 });
    const shop = await openShop(t, server, { profile: 'devdraft', script: 500 });
    const delivery = await shop.order();
    await shop.hasAttempts(delivery, 2); // now it waits 10 s / 5
    await server[how]();
    await sleep(300);
    await server.start();
    const ended = await shop.reaches(delivery, 'failed', 15000);
    assert.equal(ended.attempts, 4, 'neither one more nor one less');
    const { requests } = shop.receiver;
    const pause = requests[2].at - requests[1].answeredAt;
    assert.ok(pause >= 1990, `the wait was not cut short: ${pause} ms`);
    assert.equal(requests[3].headers['x-webhook-id'], requests[0].headers['x-webhook-id']);
  });
}

test('what fell due while the server was down goes out at the start', async (t) => {
  const server = await startServer(t, { timeScale: 20 });
  const shop = await openShop(t, server, { profile: 'devdraft', script: [500] });
  await shop.hasAttempts(await shop.order(), 1);
  await server.kill9();
  await sleep(500);
  await server.start();
  await shop.receiver.got(2, 3000);
});

test('an attempt cut off by kill -9 is recorded as interrupted and made again', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, { profile: 'yoco', script: ['hang'] });
  const delivery = await shop.order();
  await until(() => shop.receiver.requests.length === 1, 'the attempt to hang');
  await server.kill9();
  await server.start();
  const ended = await shop.reaches(delivery, 'delivered');
  assert.equal(ended.attempts, 2);
  assert.equal(codeOf((await shop.attempts(delivery))[0]), 'interrupted');
});

test('secrets, keys and webhooks are the same after a start', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, { profile: 'yoco' });
  await server.stop();
  await server.start();
  await shop.order();
  const [request] = await shop.receiver.got(1);
  assert.ok(request.verified, request.reason);
});

test('kill -9 under load, five times: nothing acknowledged is lost', async (t) => {
  const server = await startServer(t, { workers: 2 });
  const shop = await openShop(t, server, { profile: 'devdraft' });
  const load = pour(shop);
  for (let round = 0; round < 5; round++) {
    await sleep(200 + 137 * round);
    await server.kill9();
    await server.start();
  }
  await load.stop();
  assert.ok(load.acked.length > 100, `only ${load.acked.length} events were accepted`);
  await assertNothingLost(shop, load.acked);
});

test('SIGTERM under load: drained, exit 0, nothing acknowledged lost', async (t) => {
  const server = await startServer(t, { workers: 2 });
  const shop = await openShop(t, server, { profile: 'devdraft' });
  const load = pour(shop);
  await sleep(700);
  const start = performance.now();
  const gone = await server.stop();
  assert.deepEqual(gone, { code: 0, signal: null }, server.log);
  assert.ok(performance.now() - start < DRAIN_MS);
  await load.stop();
  await server.start();
  await assertNothingLost(shop, load.acked);
});

test('SIGTERM waits for an attempt in flight and records it', async (t) => {
  const server = await startServer(t);
  const late = { status: 200, afterMs: 1000 };
  const shop = await openShop(t, server, { profile: 'yoco', script: [late] });
  const delivery = await shop.order();
  await until(() => shop.receiver.requests.length === 1, 'the attempt to be in flight');
  assert.equal((await server.stop()).code, 0);
  await server.start();
  assert.equal((await shop.delivery(delivery)).state, 'delivered');
  assert.equal(shop.receiver.requests.length, 1, 'sent once');
});

test('a second server on the same folder exits 75 and names the first', async (t) => {
  const server = await startServer(t);
  const second = await spawnBeside(t, server);
  const gone = await Promise.race([second.exited, sleep(5000)]);
  assert.equal(gone?.code, ALREADY_RUNNING, second.log);
  assert.ok(second.log.includes(String(server.child.pid)), second.log);
  assert.equal((await server.client.get('/readyz')).status, 200, 'the first goes on');
});
