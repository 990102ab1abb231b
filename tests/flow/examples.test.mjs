// The profiles of examples/profiles: two platforms that the program does not know, stated as
// data alone, and held to what those platforms' own libraries say of the bytes that arrive.

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Webhooks } from '@octokit/webhooks';
import Stripe from 'stripe';
import { sharedScene, startServer, until } from './harness.mjs';

const FOLDER = fileURLToPath(new URL('../../examples/profiles/', import.meta.url));
const PAYMENT = '{"livemode": true, "data":{"object":{"id":"pi_1","amount":1.10}}}';
const PUSH = '{"ref": "refs/heads/main", "size":12345678901234567890, "note":"caf\\u00e9"}';
const scene = sharedScene();
const stripe = new Stripe('sk_test_0');
let server;
test.before(async () => {
  server = await startServer(scene, { flags: ['--profiles', FOLDER], timeScale: 600 });
});

// An endpoint that only writes down; answers with the statuses in turn, then with 200.
async function startEndpoint(t, statuses = []) {
  const requests = [];
  const endpoint = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(statuses[requests.length - 1] ?? 200).end();
  });
  await new Promise((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    endpoint.close();
    endpoint.closeAllConnections();
  });
  const got = async (count) => {
    await until(() => requests.length >= count, `${count} requests`);
    return requests[count - 1];
  };
  return { url: `http://127.0.0.1:${endpoint.address().port}/hooks`, requests, got };
}

async function openShop(t, profile, { statuses, fields = {} } = {}) {
  const endpoint = await startEndpoint(t, statuses);
  const { id } = await server.client.newApp({ name: 'Shop', profile });
  const webhook = await server.client.newWebhook(id, { url: endpoint.url, ...fields });
  const send = async (type, payload) => {
    const answer = await server.client.send(id, type, payload);
    assert.equal(answer.status, 202, answer.text);
    return answer.json;
  };
  return { id, webhook, endpoint, send };
}

const constructed = ({ headers, body }, secret) =>
  stripe.webhooks.constructEvent(body, headers['stripe-signature'], secret);
const refuses = (request, secret) =>
  assert.throws(() => constructed(request, secret), { type: 'StripeSignatureVerificationError' });

test('stripe: its library takes the event, and refuses it with one byte changed', async (t) => {
  const { webhook, endpoint, send } = await openShop(t, 'stripe');
  assert.match(webhook.secret, /^whsec_[0-9a-f]{64}$/);
  const { id } = await send('payment_intent.succeeded', PAYMENT);
  const request = await endpoint.got(1);
  const event = constructed(request, webhook.secret);
  assert.deepEqual(
    [event.id, event.object, event.type, event.livemode, event.data.object.id],
    [id, 'event', 'payment_intent.succeeded', true, 'pi_1'],
  );
  assert.ok(Math.abs(event.created - Date.now() / 1000) < 60, `created ${event.created}`);
  assert.ok(request.body.startsWith(PAYMENT.slice(0, -1)), request.body);
  refuses({ ...request, body: request.body.replace('1.10', '1.11') }, webhook.secret);
  refuses(request, `whsec_${'0'.repeat(64)}`);
});

test('stripe: each attempt is signed at its own time', async (t) => {
  const { webhook, endpoint, send } = await openShop(t, 'stripe', { statuses: [500, 503] });
  await send('charge.refunded', PAYMENT);
  await endpoint.got(3);
  const ids = endpoint.requests.map((request) => constructed(request, webhook.secret).id);
  const times = endpoint.requests.map((r) => /^t=(\d+),/.exec(r.headers['stripe-signature'])[1]);
  assert.equal(new Set(ids).size, 1);
  assert.ok(Number(times[2]) > Number(times[0]), times.join());
});

test('stripe: both secrets sign while they are exchanged', async (t) => {
  const { id, webhook, endpoint, send } = await openShop(t, 'stripe');
  const path = `/v1/apps/${id}/webhooks/${webhook.id}/secret/rotate`;
  const { secret } = await server.client.made(path, {});
  assert.notEqual(secret, webhook.secret);
  await send('charge.succeeded', PAYMENT);
  const request = await endpoint.got(1);
  assert.match(request.headers['stripe-signature'], /^t=\d+,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);
  for (const each of [secret, webhook.secret]) {
    assert.equal(constructed(request, each).type, 'charge.succeeded');
    refuses({ ...request, body: `${request.body} ` }, each);
  }
});

test('github: its library takes the payload, and refuses it with one byte changed', async (t) => {
  const secret = 'a-secret-of-the-hook';
  const { endpoint, send } = await openShop(t, 'github', { fields: { secret } });
  const { id } = await send('push', PUSH);
  const { headers, body } = await endpoint.got(1);
  const signature = headers['x-hub-signature-256'];
  const webhooks = new Webhooks({ secret });
  assert.equal(body, PUSH);
  assert.deepEqual([headers['x-github-event'], headers['x-github-delivery']], ['push', id]);
  assert.equal(await webhooks.verify(body, signature), true);
  assert.equal(await webhooks.verify(body.replace('main', 'mein'), signature), false);
  assert.equal(await new Webhooks({ secret: 'another' }).verify(body, signature), false);
});

test('github: what fails is not tried again, but can be', async (t) => {
  const fields = { secret: 'a-shared-secret' };
  const { id, endpoint, send } = await openShop(t, 'github', { statuses: [500], fields });
  const delivery = (await send('push', PUSH)).deliveries[0].id;
  const state = async (wanted) =>
    (await server.client.delivery(id, delivery)).state === wanted;
  await until(() => state('failed'), 'the delivery to have failed');
  assert.equal(endpoint.requests.length, 1);
  assert.equal((await server.client.retry(id, delivery)).status, 202);
  await until(() => state('delivered'), 'the delivery to be received');
});
