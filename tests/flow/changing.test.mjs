// Events that come while their app's webhooks change are planned again, unseen by the publisher.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openShop, startServer } from './harness.mjs';

test('events that come while webhooks change are accepted all the same', async (t) => {
  const server = await startServer(t);
  const shop = await openShop(t, server, { profile: 'standard', script: 200 });
  let isOn = true;
  const change = async () => {
    for (let i = 0; isOn; i++) {
      const body = { name: `Orders ${i}` };
      await shop.api.patch(`/v1/apps/${shop.app}/webhooks/${shop.webhook.id}`, body);
    }
  };
  const changes = [change(), change(), change()];
  const send = async (lane) => {
    const statuses = [];
    for (let i = 0; i < 100; i++) {
      const more = `,"id":"order-${lane}-${i}"`;
      statuses.push((await shop.api.send(shop.app, 'a', `{"n":${i}}`, { more })).status);
    }
    return statuses;
  };
  const statuses = (await Promise.all([0, 1, 2, 3, 4, 5].map(send))).flat();
  isOn = false;
  await Promise.all(changes);
  const counts = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  assert.deepEqual(counts, { 202: 600 });
});
