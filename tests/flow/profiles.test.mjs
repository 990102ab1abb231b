// Profiles of a user's own: read at the start beside the built-in ones; a wrong one stops it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { createHmac } from 'node:crypto';
import { startReceiver } from '../receivers/receiver.mjs';
import { spawnServer, startServer } from './harness.mjs';

const CONFIG = 78;
const own = {
  format: 1,
  name: 'corner',
  title: 'Corner Bank',
  body: { form: 'payload' },
  proofs: [{ id: 'm', by: 'hmac-sha256', key: 'text', signs: '{body}', as: 'sha256={hex}' }],
  headers: [['X-Corner-Signature', '{m}']],
  received: ['2xx'],
  timeout: '5s',
  waits: ['1s'],
  open: true,
  register: { events: 'chosen', secret: { from: 'given', min: 8, show: 'once' } },
};

function folderOf(t, files) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-profiles-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(dir, name), text);
  return dir;
}

test('a profile of a user’s own delivers as it says', async (t) => {
  const dir = folderOf(t, { 'corner.json': JSON.stringify(own) });
  const server = await startServer(t, { flags: ['--profiles', dir] });
  const receiver = await startReceiver({ profile: 'mileston', script: 200 }); // we judge
  t.after(() => receiver.close());
  const app = await server.client.newApp({ name: 'Shop', profile: 'corner' });
  await server.client.newWebhook(app.id, { url: receiver.url, secret: 'a-shared-secret' });
  await server.client.send(app.id, 'card.charged', '{"amount":1}');
  await receiver.got(1);
  const { headers, body } = receiver.requests[0];
  const mac = createHmac('sha256', 'a-shared-secret').update(body).digest('hex');
  assert.equal(body.toString(), '{"amount":1}');
  assert.equal(headers['x-corner-signature'], `sha256=${mac}`);
});

for (const [what, text, place] of [
  ['is no JSON', '{"format": 1,', /broken\.json.*line 1/],
  ['has an unknown key', JSON.stringify({ ...own, colour: 1 }), /broken\.json.*colour/],
  ['has a wrong wait', JSON.stringify({ ...own, waits: ['soon'] }), /broken\.json.*waits/],
  ['names no such variable', JSON.stringify({ ...own, headers: [['X', '{attempt.hour}']] }),
    /broken\.json.*headers.*attempt\.hour/s],
]) {
  test(`a profile that ${what} stops the start, naming file and place`, async (t) => {
    const dir = folderOf(t, { 'broken.json': text });
    const server = await spawnServer(t, { flags: ['--profiles', dir] });
    assert.deepEqual(await server.exited, { code: CONFIG, signal: null });
    assert.match(server.log, place);
  });
}
