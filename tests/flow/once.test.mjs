// An Idempotency-Key on what makes things: 64 at once make one, and show its secret to all;
// over kill -9 too, wherever it falls.

import assert from 'node:assert/strict';
import test from 'node:test';
import { sharedScene, sleep, startServer } from './harness.mjs';

const CROWD = 64;
const KILLS = 12;

const scene = sharedScene();
let server, app;
test.before(async () => {
  server = await startServer(scene, { workers: 4 });
  app = (await server.client.newApp({ name: 'Shop', profile: 'standard' })).id;
});

const ask = (path, body, key) =>
  server.client.post(path, body, { headers: { 'Idempotency-Key': key } });

const HOOK = { name: 'Orders', url: 'http://127.0.0.1:9999/' };
const makers = [
  ['webhooks', () => `/v1/apps/${app}/webhooks`, HOOK, 'secret'],
  ['keys', () => `/v1/apps/${app}/keys`, { name: 'Till' }, 'key'],
  ['apps', () => '/v1/apps', { name: 'Shop', profile: 'yoco' }, 'id'],
  ["the operator's keys", () => '/v1/keys', { name: 'Second' }, 'key'],
];

for (const [what, path, body, shown] of makers) {
  test(`${what}: ${CROWD} at once are one, shown to all`, async () => {
    const before = (await server.client.all(path())).length;
    const crowd = Array.from({ length: CROWD }, () => ask(path(), body, 'crowd'));
    const answers = await Promise.all(crowd);
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1, 'byte for byte');
    assert.ok(answers[0].json[shown]);
    const first = answers.filter(({ headers }) => !headers['idempotency-replayed']);
    assert.equal(first.length, 1);
    assert.equal((await server.client.all(path())).length, before + 1);
    assert.equal((await ask(path(), { ...body, name: 'Other' }, 'crowd')).status, 422);
  });
}

test('one key in two places is two keys', async () => {
  const [one, other] = await Promise.all([
    ask(`/v1/apps/${app}/keys`, { name: 'A' }, 'twice'),
    ask('/v1/keys', { name: 'A' }, 'twice'),
  ]);
  assert.notEqual(one.json.id, other.json.id);
});

// What came before the end is what is answered after it.
test('kill -9 in the middle: one webhook, and the answer that was given', async () => {
  const path = `/v1/apps/${app}/webhooks`;
  let given = 0;
  for (let round = 0; round < KILLS; round++) {
    const body = { ...HOOK, name: `Round ${round}` };
    const tries = Array.from({ length: 16 }, () => ask(path, body, `k-${round}`));
    const ends = Promise.allSettled(tries);
    await sleep(round * 2);
    await server.kill9();
    const answers = (await ends).flatMap(({ value }) => (value?.status === 201 ? [value] : []));
    given += answers.length;
    await server.start();
    const again = await ask(path, body, `k-${round}`);
    assert.equal(again.status, 201, again.text);
    for (const { text } of answers) assert.equal(text, again.text);
    const hooks = await server.client.all(path);
    assert.equal(hooks.filter(({ name }) => name === body.name).length, 1);
  }
  assert.ok(given > 0 && given < KILLS * 16, `${given} were answered before the end`);
});
