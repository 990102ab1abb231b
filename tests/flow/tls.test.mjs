// TLS on both sides: the API served over it, endpoints called over it, and an endpoint whose
// certificate nobody vouches for gets no byte of the event.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import https from 'node:https';
import test from 'node:test';
import { makeCertificates } from './certificates.mjs';
import { until, startServer } from './harness.mjs';

// Counts requests and connections, and answers 200.
async function startEndpoint(t, files) {
  const options = { key: fs.readFileSync(files.key), cert: fs.readFileSync(files.cert) };
  const endpoint = { requests: 0, sessions: 0, resumed: 0 };
  const server = https.createServer(options, (request, response) => {
    endpoint.requests++;
    request.resume();
    response.end('ok');
  });
  server.on('secureConnection', (socket) => {
    endpoint.sessions++;
    endpoint.protocol = socket.getProtocol();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  endpoint.url = `https://127.0.0.1:${server.address().port}/hook`;
  return endpoint;
}

async function openShop(client, url) {
  const app = await client.newApp({ name: 'TLS', profile: 'standard' });
  await client.newWebhook(app.id, { url });
  return app.id;
}

test('an endpoint with a certificate that holds is called over TLS, and kept', async (t) => {
  const files = makeCertificates(t);
  const endpoint = await startEndpoint(t, files);
  const server = await startServer(t, { flags: ['--ca-file', files.ca] });
  const app = await openShop(server.client, endpoint.url);
  for (let i = 1; i <= 5; i++) {
    await server.client.send(app, 'a', '{}');
    await until(() => endpoint.requests === i, `request ${i}`);
  }
  assert.equal(endpoint.sessions, 1);
  assert.match(endpoint.protocol, /^TLSv1\.[23]$/);
});

test('one that nobody vouches for gets nothing, and the attempt says why', async (t) => {
  const files = makeCertificates(t);
  const endpoint = await startEndpoint(t, files);
  const server = await startServer(t); // the system's authorities do not know ours
  const app = await openShop(server.client, endpoint.url);
  await server.client.send(app, 'a', '{}');
  const failed = async () => (await server.client.deliveries(app))[0]?.last_error;
  await until(failed, 'the attempt to fail');
  assert.equal((await failed()).code, 'tls_untrusted');
  assert.equal(endpoint.requests, 0);
});

test('the API is served over TLS', async (t) => {
  const files = makeCertificates(t);
  const flags = ['--tls-cert', files.cert, '--tls-key', files.key];
  const server = await startServer(t, { flags, ca: files.ca });
  assert.equal((await server.client.get('/v1/apps')).status, 200);
  assert.equal((await server.client.get('/healthz')).status, 200);
});
