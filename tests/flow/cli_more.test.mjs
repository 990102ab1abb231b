// The command line's less daily verbs: tests, recovery, key pairs, an app's own types, what
// belongs to the operator.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import test from 'node:test';
import { makeCertificates } from './certificates.mjs';
import { cliOf, makeFolder, objectOf, rowsOf, run, writeFile } from './cli_run.mjs';
import { openShop, sharedScene, startServer, until } from './harness.mjs';

const scene = sharedScene();
let server;
let cli;
test.before(async () => {
  server = await startServer(scene, { timeScale: 20 });
  cli = cliOf(server);
});

// Runs a command that must succeed, and gives its output.
async function done(...args) {
  const { code, stdout, stderr } = await cli(...args);
  assert.equal(code, 0, `posthorn ${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('a test says what came of it: 0 where it was received, else 11', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard', script: [500] });
  const send = ['webhook', 'test', shop.webhook.id, '--app', shop.app];
  const failed = await cli(...send, '--type', 'order.paid', '-d', '{"a":1}');
  assert.equal(failed.code, 11, failed.stderr);
  assert.equal(objectOf(failed.stdout).status, '500');
  const received = await cli(...send, '--type', 'order.paid', '-d', '{"a":1}');
  assert.equal(received.code, 0, received.stderr);
  assert.equal(objectOf(received.stdout).received, 'yes');
});

test('what has failed is recovered by a job', async (t) => {
  const fields = { waits: [] };
  const shop = await openShop(t, server, { profile: 'standard', script: [500], fields });
  const delivery = await shop.order();
  await shop.reaches(delivery, 'failed');
  const recover = ['webhook', 'recover', shop.webhook.id, '--app', shop.app];
  assert.equal((await cli(...recover)).code, 2);
  const counted = objectOf(await done(...recover, '--since', '1h', '--dry-run'));
  assert.equal(counted.total, '1');
  const job = objectOf(await done(...recover, '--since', '1h'));
  await shop.reaches(delivery, 'delivered');
  const show = async () => objectOf(await done('job', 'show', job.id, '--app', shop.app));
  await until(async () => (await show()).state === 'done', 'the job to be done');
  assert.equal((await cli('job', 'cancel', job.id, '--app', shop.app)).code, 5);
});

test('a key pair is given from a file, and its public half verifies', async (t) => {
  const folder = makeFolder(t);
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const shop = await openShop(t, server, { profile: 'stablemint' });
  const file = writeFile(folder, 'key.pem', privateKey);
  const set = ['webhook', 'signing-key', shop.webhook.id, '--secret-file', file];
  assert.equal(await done(...set, '--app', shop.app), publicKey);
  await shop.order();
  const request = (await shop.receiver.got(1))[0];
  const lines = request.rawHeaders.map((text, i) => text + (i % 2 ? '\n' : ': ')).join('');
  const verified = await run([
    ...['verify', '--profile', 'stablemint'],
    ...['--secret-file', writeFile(folder, 'public.pem', publicKey)],
    ...['--headers', writeFile(folder, 'headers', lines)],
    writeFile(folder, 'body', request.body),
  ]);
  assert.equal(verified.code, 0, verified.stderr);
});

test('a public key may lie open, a file with a private one may not', async (t) => {
  const folder = makeFolder(t);
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const verify = async (text) => {
    const file = path.join(folder, `key-${text.length}`);
    fs.writeFileSync(file, text);
    fs.chmodSync(file, 0o644);
    const headers = writeFile(folder, 'headers', 'webhook-signature: v1a,AAAA\nwebhook-id: 1\n');
    const body = writeFile(folder, 'body', '{}');
    const words = ['--profile', 'standard', '--secret-file', file, '--headers', headers];
    return run(['verify', ...words, body]);
  };
  assert.equal((await verify(publicKey)).code, 10);
  for (const text of [privateKey, publicKey + privateKey, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']) {
    const refused = await verify(text);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /others may read .*chmod 600/);
  }
});

test('statistics are rows of hours or days', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard', script: [500] });
  await shop.reaches(await shop.order(), 'delivered');
  const ask = ['stats', '--app', shop.app, '--webhook', shop.webhook.id, '--since', '1h'];
  const last = async (...more) => rowsOf(await done(...ask, ...more)).at(-1);
  await until(async () => (await last('--step', '1d'))[4] === '2', 'both attempts to count');
  const [at, accepted, delivered, givenUp, attempts, failed, p50] = await last('--step', '1d');
  assert.match(at, /^20.*Z$/);
  assert.deepEqual([accepted, delivered, givenUp, attempts, failed], ['1', '1', '0', '2', '1']);
  assert.match(p50, /^[0-9]+$/);
  const shown = objectOf(await done('webhook', 'show', shop.webhook.id, '--app', shop.app));
  assert.equal(shown['stats.successful_deliveries'], '1');
});

test('a key has a limit of its own, an event a key of its order', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const made = ['key', 'add', 'till', '--app', shop.app, '--rate', '5', '--burst', '9'];
  const key = objectOf(await done(...made));
  assert.deepEqual([key.rate_per_s, key.burst], ['5', '9']);
  const send = ['event', 'send', 'order.paid', '--app', shop.app, '--json', '-d', '{}'];
  const event = JSON.parse(await done(...send, '--order-key', 'order-7'));
  const delivery = await shop.delivery(event.deliveries[0].id);
  assert.equal(delivery.sequence, 1);
  const later = JSON.parse(await done(...send, '--deliver-at', '2h'));
  const waits = await shop.delivery(later.deliveries[0].id);
  const inMs = Date.parse(waits.next_attempt_at) - Date.now();
  assert.ok(inMs > 0 && inMs <= 2 * 3600e3, waits.next_attempt_at);
});

// What a person does first, and does wrong: the words say what to do instead.
const leads = [
  ['a private name', ['webhook', 'add', 'https://a.internal/'], /serve --allow-private/],
  ['no scheme', ['webhook', 'add', 'shop.example/hooks'], /write it whole: https:/],
  ['an address', ['webhook', 'add', 'http://10.0.0.1/'], /serve --allow-private/],
  ['a profile', ['app', 'add', 'X', '--profile', 'standrd'], /posthorn profile list/],
  ['a secret shown once', ['webhook', 'secret', 'WEBHOOK'], /webhook rotate WEBHOOK/],
  ['nobody gets it', ['event', 'send', 'a.b', '-d', '{}'], /posthorn webhook list/],
  ['a disabled webhook', ['delivery', 'retry', 'DELIVERY'], /webhook enable WEBHOOK/],
  ["another program's verb", ['webhook', 'create', 'https://x.example/'], /did you mean add/],
];
test('words lead on', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const delivery = await shop.order();
  await shop.reaches(delivery, 'delivered');
  await done('webhook', 'disable', shop.webhook.id, '--app', shop.app);
  const names = { WEBHOOK: shop.webhook.id, DELIVERY: delivery };
  for (const [what, words, expected] of leads) {
    const filled = words.map((word) => names[word] ?? word);
    const isOfApp = words[0] !== 'app' && words[1] !== 'create';
    const { stderr } = await cli(...filled, ...(isOfApp ? ['--app', shop.app] : []));
    assert.match(stderr, expected, what);
  }
});

test("what a receiver got, verify finds right: a standard webhook's", async (t) => {
  const folder = makeFolder(t);
  const shop = await openShop(t, server, { profile: 'standard' });
  await shop.order();
  const request = (await shop.receiver.got(1))[0];
  const lines = request.rawHeaders.map((text, i) => text + (i % 2 ? '\n' : ': ')).join('');
  const verify = (secret) =>
    run([
      ...['verify', '--profile', 'standard', '--tolerance', '5m'],
      ...['--secret-file', writeFile(folder, 'secret', secret)],
      ...['--headers', writeFile(folder, 'headers', lines)],
      writeFile(folder, 'body', request.body),
    ]);
  const right = await verify(shop.receiver.secret);
  assert.equal(right.code, 0, right.stderr);
  const other = `whsec_${crypto.randomBytes(32).toString('base64')}`;
  assert.equal((await verify(other)).code, 10);
});

test('an app has types of its own', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const flags = ['--app', shop.app];
  const put = ['--description', 'An order was paid', '--schema', '{"type":"object"}'];
  await done('type', 'put', 'order.paid', ...put, ...flags);
  const listed = rowsOf(await done('type', 'list', ...flags));
  assert.deepEqual(
    listed.find(([name]) => name === 'order.paid'),
    ['order.paid', 'yes', 'An order was paid'],
  );
  await done('type', 'delete', 'order.paid', ...flags);
  const left = rowsOf(await done('type', 'list', ...flags));
  assert.ok(!left.some(([name]) => name === 'order.paid'));
});

test("the operator's own keys and webhooks", async () => {
  const key = objectOf(await done('key', 'add', 'second', '--operator'));
  const env = { POSTHORN_API_KEY: key.key, POSTHORN_API_KEY_FILE: '' };
  assert.equal((await cli.with({ env }, 'app', 'list')).code, 0);
  await done('key', 'revoke', key.id, '--operator');
  assert.equal((await cli.with({ env }, 'app', 'list')).code, 3);
  const url = 'http://127.0.0.1:9999/';
  const { id } = objectOf(await done('webhook', 'add', url, '--operator', '--disabled'));
  assert.equal(rowsOf(await done('webhook', 'list', '--operator'))[0][0], id);
  await done('webhook', 'delete', id, '--operator');
});

test('over HTTPS: a certificate that nobody vouches for gets no key', async (t) => {
  const files = makeCertificates(t);
  const options = { key: fs.readFileSync(files.key), cert: fs.readFileSync(files.cert) };
  const keys = [];
  const tls = https.createServer(options, (request, response) => {
    keys.push(request.headers.authorization);
    response.end('{"data":[],"next_cursor":null}');
  });
  await new Promise((resolve) => tls.listen(0, '127.0.0.1', resolve));
  t.after(() => (tls.closeAllConnections(), tls.close()));
  const list = ['app', 'list', '--server', `https://127.0.0.1:${tls.address().port}`];
  const unknown = await cli(...list);
  assert.deepEqual([unknown.code, keys], [6, []], unknown.stderr);
  assert.match(unknown.stderr, /certificate/);
  const known = await cli(...list, '--ca-file', files.ca);
  assert.equal(known.code, 0, known.stderr);
  assert.deepEqual(keys, [`Bearer ${server.key}`]);
});

const waits = [
  ['delivered', [], 0, /^$/],
  ['failed at last', [500], 11, /1 of 1 were not delivered/],
  ['still waiting', 500, 1, /1 of 1 deliveries have not ended yet/],
];
for (const [what, script, code, words] of waits) {
  test(`event send --wait, ${what}: ${code}`, async (t) => {
    const fields = { waits: script === 500 ? [600] : [] };
    const shop = await openShop(t, server, { profile: 'standard', script, fields });
    const send = ['event', 'send', 'a.b', '-d', '1', '--app', shop.app, '--wait'];
    const sent = await cli(...send, '--wait-max', '2s');
    assert.equal(sent.code, code, sent.stderr);
    assert.match(sent.stderr, words);
    assert.equal(rowsOf(sent.stdout).filter((row) => row.length > 2).length, 1);
  });
}

test('a wrong --wait-max is said before anything is sent', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  const send = ['event', 'send', 'a.b', '-d', '1', '--app', shop.app, '--wait'];
  assert.equal((await cli(...send, '--wait-max', '5')).code, 2);
  assert.equal(rowsOf(await done('event', 'list', '--app', shop.app)).length, 0);
});

test('a delivery that is cancelled while it is waited for has not been delivered', async (t) => {
  const fields = { waits: [600] };
  const shop = await openShop(t, server, { profile: 'standard', script: 500, fields });
  const send = ['event', 'send', 'a.b', '-d', '1', '--app', shop.app, '--wait', '--json'];
  const whileRunning = async (child, result) => {
    await until(() => result.stdout.includes('\n'), 'the event');
    const { id } = JSON.parse(result.stdout.split('\n')[0]).deliveries[0];
    await shop.hasAttempts(id, 1);
    await shop.reaches(id, 'waiting');
    await done('delivery', 'cancel', id, '--app', shop.app);
  };
  const sent = await cli.with({ whileRunning }, ...send);
  assert.equal(sent.code, 11, sent.stderr);
  assert.equal(JSON.parse(sent.stdout.trim().split('\n').at(-1)).state, 'cancelled');
});

const urls = [
  ['http://1.1.1.1/', /plain http is for addresses that.*--allow-private/],
  ['https://10.1.2.3/', /calls private addresses only where its --allow-private/],
];
for (const [url, words] of urls) {
  test(`${url} is refused, and said how it would not be`, async (t) => {
    const shop = await openShop(t, server, { profile: 'standard' });
    const refused = await cli('webhook', 'add', url, '--app', shop.app);
    assert.equal(refused.code, 5);
    assert.match(refused.stderr, words);
  });
}

const slips = [
  [['webhooks', 'list'], /did you mean webhook\?/],
  [['delivery', 'attempt', 'x'], /did you mean attempts\?/],
  [['nonsense'], /usage: posthorn NOUN/],
];
for (const [args, words] of slips) {
  test(`a slip of the pen: ${args.join(' ')}`, async () => {
    const { code, stderr } = await run(args);
    assert.equal(code, 2);
    assert.match(stderr, words);
  });
}
