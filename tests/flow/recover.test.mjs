// Recover: what failed at a webhook in a window of time is tried anew, as a job.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, sharedScene, sleep, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
test.before(async () => {
  server = await startServer(scene, { timeScale: 100 });
});

const open = (t, script, fields = { waits: [1] }) =>
  openShop(t, server, { profile: 'standard', script, fields });
const webhookPath = (shop) => `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`;
const jobPath = (shop, job) => `/v1/apps/${shop.app}/jobs/${job.id}`;
const anHourAgo = () => new Date(Date.now() - 3600000).toISOString();
const recover = (shop, body = { since: anHourAgo() }, options) =>
  shop.api.post(`${webhookPath(shop)}/recover`, body, options);

function ended(shop, job) {
  const isOver = async () => {
    const now = await shop.api.read(jobPath(shop, job));
    return now.state !== 'running' && now;
  };
  return until(isOver, `the job to end`);
}

async function fail(shop, count) {
  const ids = [];
  for (let i = 0; i < count; i++) ids.push(await shop.order());
  for (const id of ids) await shop.reaches(id, 'failed');
  return ids;
}

test('what failed is delivered once its endpoint is well again', async (t) => {
  const shop = await open(t, [500, 500, 500, 500]);
  const ids = await fail(shop, 2);
  const answer = await recover(shop);
  assert.equal(answer.status, 202, answer.text);
  assert.match(answer.json.id, /^job_/);
  assert.equal(answer.json.state, 'running');
  for (const id of ids) await shop.reaches(id, 'delivered');
  const job = await ended(shop, answer.json);
  assert.deepEqual([job.state, job.done, job.total], ['done', 2, 2]);
  assert.ok(job.created_at && job.ended_at);
  const attempts = await shop.attempts(ids[0]);
  assert.deepEqual(
    attempts.map(({ number, trigger }) => [number, trigger]),
    [
      [1, 'scheduled'],
      [2, 'scheduled'],
      [3, 'replay'],
    ],
  );
});

const triggers = async (shop, id) => (await shop.attempts(id)).map(({ trigger }) => trigger);

test('all attempts of the new schedule say replay, after a restart too', async (t) => {
  const own = await startServer(t, { timeScale: 100 });
  const shop = await openShop(t, own, { profile: 'standard', script: 500, fields: { waits: [] } });
  const [id] = await fail(shop, 1);
  await shop.api.patch(webhookPath(shop), { waits: [200, 1] }); // 2 s, so that it is killed in it
  await ended(shop, (await recover(shop)).json);
  await shop.hasAttempts(id, 2);
  await own.kill9();
  await own.start();
  await shop.hasAttempts(id, 4);
  await shop.reaches(id, 'failed');
  await shop.api.post(`/v1/apps/${shop.app}/deliveries/${id}/retry`);
  await shop.hasAttempts(id, 5);
  assert.deepEqual(await triggers(shop, id), ['scheduled', 'replay', 'replay', 'replay', 'manual']);
});

test('the whole schedule begins anew', async (t) => {
  const shop = await open(t, 500, { waits: [1, 1] });
  const [id] = await fail(shop, 1);
  assert.equal((await shop.delivery(id)).attempts, 3);
  await ended(shop, (await recover(shop)).json);
  const again = await until(async () => {
    const now = await shop.delivery(id);
    return now.attempts === 6 && now.state === 'failed' && now;
  }, 'three more attempts');
  assert.equal(again.attempts, 6);
});

test('a dry run says how many, and does nothing', async (t) => {
  const shop = await open(t, 500);
  await fail(shop, 3);
  const before = shop.receiver.requests.length;
  const answer = await recover(shop, { since: anHourAgo(), dry_run: true });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json, { dry_run: true, total: 3 });
  assert.ok(await shop.receiver.staysAt(before, 300));
});

test('only what was accepted in the window', async (t) => {
  const shop = await open(t, 500);
  const [early] = await fail(shop, 1);
  await sleep(20);
  const middle = new Date().toISOString();
  await sleep(20);
  const [late] = await fail(shop, 1);
  shop.receiver.script = 200;
  await ended(shop, (await recover(shop, { since: middle })).json);
  await shop.reaches(late, 'delivered');
  assert.equal((await shop.delivery(early)).state, 'failed');
  await ended(shop, (await recover(shop, { since: anHourAgo(), until: middle })).json);
  await shop.reaches(early, 'delivered');
});

test('what a disabled webhook missed comes back; what a person cancelled does not', async (t) => {
  const shop = await open(t, 500, { waits: [3600] });
  const [missed, unwanted] = [await shop.order(), await shop.order()];
  await shop.hasAttempts(missed, 1);
  await shop.hasAttempts(unwanted, 1);
  await shop.api.post(`/v1/apps/${shop.app}/deliveries/${unwanted}/cancel`);
  await shop.api.patch(webhookPath(shop), { enabled: false });
  assert.equal((await recover(shop)).status, 409);
  await shop.api.patch(webhookPath(shop), { enabled: true });
  shop.receiver.script = 200;
  const job = await ended(shop, (await recover(shop)).json);
  assert.deepEqual([job.done, job.total], [1, 1]);
  await shop.reaches(missed, 'delivered');
  assert.equal((await shop.delivery(unwanted)).state, 'cancelled');
});

test('what is asked wrongly is refused', async (t) => {
  const shop = await open(t, 200);
  const bodies = [
    [{}, 'since'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: anHourAgo(), until: '2020-01-01T00:00:00Z' }, 'until'],
    [{ since: anHourAgo(), dry_run: 1 }, 'dry_run'],
    [{ since: anHourAgo(), all: true }, 'all'],
  ];
  for (const [body, field] of bodies) {
    const answer = await recover(shop, body);
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.text, new RegExp(field));
  }
});

test('the same Idempotency-Key starts one job', async (t) => {
  const shop = await open(t, 200);
  const body = { since: '2026-01-01T00:00:00Z' };
  const options = { headers: { 'Idempotency-Key': 'recover-1' } };
  const first = await recover(shop, body, options);
  const second = await recover(shop, body, options);
  assert.deepEqual([first.status, second.status], [202, 202], second.text);
  assert.equal(second.json.id, first.json.id);
  assert.equal(second.headers['idempotency-replayed'], 'true');
});

test('a job can be stopped once, and is nobody else’s', async (t) => {
  const shop = await open(t, 200);
  const other = await open(t, 200);
  const { json: job } = await recover(shop);
  const foreign = `/v1/apps/${other.app}/jobs/${job.id}`;
  assert.equal((await other.api.get(foreign)).status, 404);
  assert.equal((await other.api.post(`${foreign}/cancel`)).status, 404);
  const stopped = await shop.api.post(`${jobPath(shop, job)}/cancel`);
  assert.ok([200, 409].includes(stopped.status), stopped.text); // it may have ended
  assert.equal((await shop.api.post(`${jobPath(shop, job)}/cancel`)).status, 409);
});

test('a job goes on after a restart', async (t) => {
  const own = await startServer(t, { timeScale: 100 });
  const shop = await openShop(t, own, {
    profile: 'standard',
    script: 500,
    fields: { waits: [] },
  });
  const ids = await Promise.all(Array.from({ length: 800 }, () => shop.order()));
  await shop.reaches(ids.at(-1), 'failed', 30000);
  await until(
    async () => (await own.client.deliveries(shop.app, { state: 'failed' })).length === 800,
    'all to fail',
    30000,
  );
  shop.receiver.script = 200;
  const { json: job } = await recover(shop);
  await own.kill9();
  await own.start();
  const over = await ended(shop, job);
  assert.deepEqual([over.state, over.done], ['done', 800]);
  const left = async () =>
    (await own.client.deliveries(shop.app, { state: 'delivered' })).length === 800;
  await until(left, 'all to be delivered', 30000);
});
