// E-mails: the one that a contract demands when a delivery has failed for good, and the alerts
// that an app asked for; against real SMTP servers, good ones and bad ones.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { startMailServer } from '../receivers/mail.mjs';
import { makeCertificates } from './certificates.mjs';
import { openShop, sleep, startServer, until } from './harness.mjs';

const FROM = 'posthorn@platform.example';
const SCALE = 10000; // five hours in two seconds
const FAILED_MS = 20000;

const mailFlags = (url, ...more) => ['--smtp-url', url, '--mail-from', FROM, ...more];

// A Mesilat account whose endpoint always answers 500.
async function openFailing(t, server, app = {}, fields = {}) {
  const { id } = await server.client.newApp({
    name: 'Emma’s Shop',
    profile: 'mesilat',
    alert_email: 'emma@shop.example',
    ...app,
  });
  return openShop(t, server, { profile: 'mesilat', script: 500, app: id, fields });
}

const mailIs = (shop, delivery, state, withinMs = FAILED_MS) =>
  until(
    async () => (await shop.delivery(delivery)).mail === state,
    `the delivery to say ${state}`,
    withinMs,
  );

async function failFor(t, flags, app, fields) {
  const server = await startServer(t, { timeScale: SCALE, flags });
  const shop = await openFailing(t, server, app, fields);
  const { id } = (await shop.send('payment',
    '{"uuid":"b9c3e992","amount":500,"currency":"RUB","product_title":"Käse & Brot","product_id":141}',
  )).deliveries[0];
  return { server, shop, id };
}

test('after the tenth failure one e-mail with every attempt, and no other', async (t) => {
  const mail = await startMailServer(t);
  const { shop, id } = await failFor(t, mailFlags(mail.url));
  assert.equal((await shop.delivery(id)).mail, null);
  await mailIs(shop, id, 'sent');
  const [letter] = mail.letters;
  assert.equal(letter.from, FROM);
  assert.deepEqual(letter.to, ['emma@shop.example']);
  assert.equal(letter.subject, 'Webhook not delivered after 10 attempts: Käse & Brot');
  assert.match(letter.get('message-id')[0], new RegExp(`^<${id}@platform.example>$`));
  assert.deepEqual(letter.get('auto-submitted'), ['auto-generated']);
  const lines = { Product: 'Käse & Brot', 'Product id': '141', UUID: 'b9c3e992' };
  Object.assign(lines, { URL: shop.receiver.url, Delivery: id });
  for (const [label, value] of Object.entries(lines))
    assert.equal(new RegExp(`^${label}: +(.*)$`, 'm').exec(letter.text)?.[1], value);
  const attempts = await shop.attempts(id);
  assert.equal(attempts.length, 10);
  for (const { number, started_at: at } of attempts)
    assert.ok(letter.text.includes(`${String(number).padStart(3)}  ${at}  500: `), letter.text);
  // A manual retry that fails sends none.
  assert.equal((await shop.retry(id)).status, 202);
  await shop.hasAttempts(id, 11);
  await shop.reaches(id, 'failed');
  await sleep(2500);
  assert.equal(mail.letters.length, 1);
  assert.equal((await shop.delivery(id)).mail, 'sent');
});

test("the webhook's own address comes before the app's", async (t) => {
  const mail = await startMailServer(t);
  const fields = { alert_email: 'webhooks@shop.example' };
  const { shop, id } = await failFor(t, mailFlags(mail.url), {}, fields);
  await mailIs(shop, id, 'sent');
  assert.deepEqual(mail.letters[0].to, ['webhooks@shop.example']);
});

test('without an address, or a mail server, none is sent and the delivery says so', async (t) => {
  const mail = await startMailServer(t);
  const nobody = await failFor(t, mailFlags(mail.url), { alert_email: null });
  await mailIs(nobody.shop, nobody.id, 'not_sent: no address');
  const noServer = await failFor(t, []);
  await mailIs(noServer.shop, noServer.id, 'not_sent: no mail server');
  assert.equal(mail.letters.length, 0);
});

test('STARTTLS and a password, both from the settings', async (t) => {
  const files = makeCertificates(t);
  const mail = await startMailServer(t, {
    authOptional: false,
    disabledCommands: [],
    key: fs.readFileSync(files.key),
    cert: fs.readFileSync(files.cert),
    onAuth: (auth, session, done) =>
      auth.username === 'horn@platform.example' && auth.password === 'pass word'
        ? done(null, { user: auth.username })
        : done(new Error('wrong')),
  });
  const password = path.join(path.dirname(files.ca), 'password');
  fs.writeFileSync(password, 'pass word\n', { mode: 0o600 });
  const url = `smtp://horn%40platform.example@127.0.0.1:${mail.port}`;
  const flags = mailFlags(url, '--smtp-password-file', password, '--ca-file', files.ca);
  const { shop, id } = await failFor(t, flags);
  await mailIs(shop, id, 'sent');
  assert.equal(mail.letters[0].wasEncrypted, true);
  assert.equal(mail.letters[0].user, 'horn@platform.example');
});

test('where TLS is required, none is sent without it, nor to who cannot prove a name', async (t) => {
  const plain = await startMailServer(t);
  const stripped = await failFor(t, mailFlags(`${plain.url}?tls=required`));
  const self = await startMailServer(t, { disabledCommands: [] }); // a certificate of its own
  const unknown = await failFor(t, mailFlags(self.url));
  await mailIs(stripped.shop, stripped.id, 'waiting');
  await mailIs(unknown.shop, unknown.id, 'waiting');
  await until(() => /mail\.failed/.test(stripped.server.log), 'the first try to fail');
  await until(() => /mail\.failed/.test(unknown.server.log), 'the first try to fail');
  assert.equal(plain.letters.length + self.letters.length, 0);
});

test('what a mail server puts off is tried again; what it refuses is not', async (t) => {
  const busy = await startMailServer(t, { refuse: [451] });
  const later = await failFor(t, mailFlags(busy.url));
  const strict = await startMailServer(t, { refuse: 550 });
  const never = await failFor(t, mailFlags(strict.url));
  await mailIs(never.shop, never.id, 'failed');
  await mailIs(later.shop, later.id, 'sent', 30000);
  assert.equal(busy.tries, 2);
  assert.equal(busy.letters.length, 1);
  assert.equal(strict.tries, 1);
});

// A server that plays a scripted conversation, or none.
async function startBadServer(t, onSocket) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (sockets.forEach((socket) => socket.destroy()), server.close()));
  return `smtp://127.0.0.1:${server.address().port}`;
}

const silent = () => {};

function babbling(socket) {
  const timer = setInterval(() => socket.write('220-and so on\r\n'.repeat(50)), 5);
  socket.on('close', () => clearInterval(timer));
}

// Answers to what was not yet asked, behind the one to STARTTLS, as a man in the middle would.
function injecting(socket) {
  socket.write('220 hello\r\n');
  socket.on('data', (bytes) => {
    if (/^EHLO/i.test(bytes)) socket.write('250-hello\r\n250 STARTTLS\r\n');
    if (/^STARTTLS/i.test(bytes))
      socket.write('220 go\r\n250 hello\r\n250 from\r\n250 to\r\n354 data\r\n250 taken\r\n');
  });
}

for (const bad of [silent, babbling, injecting])
  test(`a mail server that is ${bad.name} takes no letter, and delays no delivery`, async (t) => {
    const flags = mailFlags(await startBadServer(t, bad));
    const { server, shop, id } = await failFor(t, flags);
    await mailIs(shop, id, 'waiting');
    await sleep(1500); // the letter is under way
    const other = await openShop(t, server, { profile: 'standard' });
    const began = performance.now();
    await other.reaches(await other.order(), 'delivered');
    assert.ok(performance.now() - began < 5000);
    await until(() => /mail\.failed/.test(server.log), 'the letter to be given up', 13000);
    assert.equal((await shop.delivery(id)).mail, 'waiting');
  });

test('the end of the server waits for no mail server', async (t) => {
  const { server, shop, id } = await failFor(t, mailFlags(await startBadServer(t, silent)));
  await mailIs(shop, id, 'waiting');
  await sleep(1500);
  const began = performance.now();
  assert.equal((await server.stop()).code, 0);
  assert.ok(performance.now() - began < 5000);
});

test('what is waiting survives a crash, and is sent once', async (t) => {
  const port = await new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const flags = mailFlags(`smtp://127.0.0.1:${port}`);
  const { server, shop, id } = await failFor(t, flags);
  await mailIs(shop, id, 'waiting');
  await server.kill9();
  const mail = await startMailServer(t, { port });
  await server.start();
  await mailIs(shop, id, 'sent', 30000);
  await sleep(1500);
  assert.equal(mail.letters.length, 1);
});

test('no address, name or payload begins a header of its own', async (t) => {
  const mail = await startMailServer(t);
  const server = await startServer(t, { timeScale: SCALE, flags: mailFlags(mail.url) });
  for (const alert_email of ['a@b.example\r\nBcc: x@y.example', '"a b"@c.example', 'ä@b.example',
    `${'a'.repeat(1024)}@b.example`, 'a@b.example, c@d.example']) {
    const app = await server.client.post('/v1/apps', { name: 'A', profile: 'mesilat', alert_email });
    assert.equal(app.status, 422);
  }
  const name = 'A\r\nBcc: x@y.example';
  assert.equal((await server.client.post('/v1/apps', { name, profile: 'mesilat' })).status, 422);
  const shop = await openFailing(t, server);
  const { id } = (await shop.send('payment',
    '{"uuid":"1\\r\\nBcc: x@y.example","amount":1,"currency":"RUB","product_title":"P\\r\\nBcc: x@y.example"}',
  )).deliveries[0];
  await mailIs(shop, id, 'sent');
  const [letter] = mail.letters;
  assert.deepEqual(letter.to, ['emma@shop.example']);
  assert.deepEqual(letter.get('bcc'), []);
  assert.equal(letter.subject, 'Webhook not delivered after 10 attempts: P  Bcc: x@y.example');
  assert.doesNotMatch(letter.text, /^Bcc:/m);
});

test('alerts are gathered: one for many deliveries that failed', async (t) => {
  const mail = await startMailServer(t);
  const server = await startServer(t, { timeScale: 100000, flags: mailFlags(mail.url) });
  const { id } = await server.client.newApp({
    name: 'Standard', profile: 'standard', alert_email: 'ops@shop.example',
  });
  const shop = await openShop(t, server, { profile: 'standard', script: 500, app: id });
  const deliveries = [];
  for (let i = 0; i < 20; i++) deliveries.push(await shop.order());
  for (const delivery of deliveries) await shop.reaches(delivery, 'failed', FAILED_MS);
  await until(() => mail.letters.length > 0, 'the alert', 20000);
  assert.equal(mail.letters[0].subject, '20 deliveries failed: Standard');
  assert.deepEqual(mail.letters[0].to, ['ops@shop.example']);
  assert.equal((await shop.delivery(deliveries[0])).mail, null);
  await shop.reaches(await shop.order(), 'failed', FAILED_MS);
  await sleep(2500);
  assert.equal(mail.letters.length, 1);
});

test('a delivery does not go where the mail server is', async (t) => {
  const mail = await startMailServer(t);
  const server = await startServer(t, { flags: mailFlags(mail.url) });
  const app = await server.client.newApp({ name: 'A', profile: 'standard' });
  const url = `http://127.0.0.1:${mail.port}/`;
  const made = await server.client.post(`/v1/apps/${app.id}/webhooks`, { url });
  assert.equal(made.status, 422);
  assert.match(made.text, /address_denied/);
});

test('settings that cannot be right stop the start', async (t) => {
  const rows = [
    [['--smtp-url', 'smtp://127.0.0.1'], 'mail-from'],
    [['--mail-from', FROM], 'mail-from'],
    [mailFlags('http://127.0.0.1'), 'smtp-url'],
    [mailFlags('smtp://user:secret@127.0.0.1'), 'smtp-url'],
    [mailFlags('smtp://user@127.0.0.1', '--smtp-password-file', '/nowhere'), 'smtp-password-file'],
  ];
  for (const [flags, field] of rows)
    await assert.rejects(startServer(t, { flags }), (error) => {
      assert.match(error.message, /"code":78/);
      assert.match(error.message, new RegExp(field));
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
});

test('other contracts send none', async (t) => {
  const mail = await startMailServer(t);
  const server = await startServer(t, { timeScale: SCALE, flags: mailFlags(mail.url) });
  const { id } = await server.client.newApp({ name: 'Y', profile: 'mileston' });
  const shop = await openShop(t, server, { profile: 'mileston', script: 500, app: id });
  const delivery = await shop.order();
  await shop.reaches(delivery, 'failed', FAILED_MS);
  await sleep(1500);
  assert.equal((await shop.delivery(delivery)).mail, null);
  assert.equal(mail.letters.length, 0);
});
