// Limits are exact over all workers: connections are spread over four of them here.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, startServer } from './harness.mjs';

const WORKERS = 4;
const BURST = 200;

async function count(asks) {
  const began = performance.now();
  const answers = await Promise.all(asks());
  const counts = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return { counts, answers, seconds: (performance.now() - began) / 1000 };
}

test('a key gets its burst, and no more for there being more workers', async (t) => {
  const server = await startServer(t, { workers: WORKERS });
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const asked = { name: 'Till', rate_per_s: 1, burst: BURST };
  const { key } = await server.client.newKey(app, asked);
  const asks = () =>
    Array.from({ length: 3 * BURST }, () => server.client.get('/v1/profiles', { key }));
  const { counts, answers, seconds } = await count(asks);
  assert.ok(counts[200] >= BURST && counts[200] <= BURST + Math.ceil(seconds), `${counts[200]}`);
  assert.equal(counts[200] + counts[429], 3 * BURST);
  const refused = answers.find(({ status }) => status === 429);
  assert.match(refused.headers['retry-after'], /^1$/);
  assert.equal(refused.headers['ratelimit-policy'], `"key";q=${BURST};w=${BURST}`);
  assert.equal(refused.headers.ratelimit, '"key";r=0;t=1');
  assert.equal((await server.client.get('/v1/profiles')).status, 200, 'others are not touched');
});

test('an address fails twenty times a minute, and then right keys still hold', async (t) => {
  const server = await startServer(t, { workers: WORKERS });
  const asks = () =>
    Array.from({ length: 100 }, () => server.client.get('/v1/apps', { key: 'x' }));
  const { counts, answers, seconds } = await count(asks);
  assert.ok(counts[401] >= 20 && counts[401] <= 20 + Math.ceil(seconds / 3), `${counts[401]}`);
  assert.equal(counts[401] + counts[429], 100);
  assert.equal(answers.find(({ status }) => status === 429).headers['retry-after'], '3');
  assert.equal((await server.client.get('/v1/apps')).status, 200);
});

test('a webhook is tested so often a minute, whichever worker is asked', async (t) => {
  const MOST = 12;
  const flags = ['--tests-per-webhook', String(MOST)];
  const server = await startServer(t, { workers: WORKERS, flags });
  const shop = await openShop(t, server, { profile: 'standard' });
  const path = `/v1/apps/${shop.app}/webhooks/${shop.webhook.id}/test`;
  const asks = () =>
    Array.from({ length: 4 }, async () => {
      const lane = [];
      for (let i = 0; i < MOST; i++) lane.push((await server.client.post(path)).status);
      return { status: lane.filter((status) => status === 200).length, lane };
    });
  const { answers, seconds } = await count(asks);
  const sent = answers.reduce((sum, { status }) => sum + status, 0);
  assert.ok(sent >= MOST && sent <= MOST + Math.ceil((seconds * MOST) / 60), `${sent}`);
  assert.deepEqual([...new Set(answers.flatMap(({ lane }) => lane))].sort(), [200, 429]);
  assert.equal(shop.receiver.requests.length, sent, 'what is refused is not sent');
});

test('a revoked key is shut at once, in the middle of its requests', async (t) => {
  const server = await startServer(t, { workers: WORKERS });
  const app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
  const { id, key } = await server.client.newKey(app, { name: 'Till', rate_per_s: 0 });
  const late = [];
  let revokedAt = Infinity;
  const lane = async () => {
    for (let i = 0; i < 40; i++) {
      const askedAt = performance.now();
      const { status } = await server.client.get('/v1/profiles', { key });
      if (status === 200 && askedAt > revokedAt) late.push(askedAt - revokedAt);
    }
  };
  const lanes = Promise.all(Array.from({ length: 32 }, lane));
  assert.equal((await server.client.delete(`/v1/apps/${app}/keys/${id}`)).status, 204);
  revokedAt = performance.now();
  await lanes;
  assert.deepEqual(late, [], 'asked after the answer that it is revoked');
});
