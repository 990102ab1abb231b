// The command line against a server: a newcomer's first hour, exit codes, what a pipe gets.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { startReceiver } from '../receivers/receiver.mjs';
import {
  cliOf,
  makeFolder,
  objectOf,
  rowsOf,
  run,
  startAnswerer,
  writeFile,
} from './cli_run.mjs';
import { freePort, openShop, sharedScene, startServer, until } from './harness.mjs';

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

const newApp = async (profile = 'standard') =>
  objectOf(await done('app', 'add', 'Shop', '--profile', profile)).id;

test('a newcomer: a dead endpoint, its words, a retry', async (t) => {
  const app = objectOf(await done('app', 'add', 'Corner shop', '--profile', 'standard')).id;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/hooks`;
  const webhook = objectOf(await done('webhook', 'add', url, '--waits', '1s', '-a', app));

  const args = ['event', 'send', 'order.paid', '-d', '{"amount":1.10}', '--wait', '-a', app];
  const sent = await cli(...args);
  assert.equal(sent.code, 11);
  const attempts = rowsOf(sent.stdout).filter(([first]) => first.startsWith('dlv_'));
  assert.deepEqual(
    attempts.map(([, number, trigger, , , error]) => [number, trigger, error]),
    [
      ['1', 'scheduled', 'connection_refused'],
      ['2', 'scheduled', 'connection_refused'],
    ],
  );
  assert.match(attempts[0][6], /refused the connection/);
  assert.match(sent.stderr, /1 of 1 were not delivered\n.*delivery attempts dlv_\w+ --json/);

  const failed = rowsOf(await done('delivery', 'list', '--state', 'failed', '--app', app));
  assert.match(failed[0].at(-1), /refused the connection/);
  const receiver = await startReceiver({ profile: 'standard', port });
  t.after(() => receiver.close());
  receiver.secret = webhook.secret;
  const retried = await cli('delivery', 'retry', failed[0][0], '--wait', '-a', app);
  assert.equal(retried.code, 0, retried.stderr);
  assert.ok((await receiver.got(1))[0].verified);
  const shown = objectOf(await done('delivery', 'show', failed[0][0], '--app', app));
  assert.deepEqual([shown.state, shown.attempts], ['delivered', '3']);
});

test('one app alone need not be named; of several one must be', async (t) => {
  const alone = await startServer(t);
  const ask = cliOf(alone);
  const none = await ask('webhook', 'list');
  assert.equal(none.code, 4);
  assert.match(none.stderr, /posthorn app add/);
  await ask('app', 'add', 'One', '--profile', 'standard', '--uid', 'one');
  assert.equal((await ask('webhook', 'list')).code, 0);
  await ask('app', 'add', 'Two', '--profile', 'standard');
  const several = await ask('webhook', 'list');
  assert.equal(several.code, 2);
  assert.match(several.stderr, /--app/);
  assert.equal((await ask('webhook', 'list', '--app', 'one')).code, 0);
  const named = await ask.with({ env: { POSTHORN_APP: 'one' } }, 'webhook', 'list');
  assert.equal(named.code, 0);
});

test('an app is added, listed, shown, changed and erased', async () => {
  const app = await newApp();
  assert.ok(rowsOf(await done('app', 'list')).some(([id]) => id === app));
  await done('app', 'change', app, '--uid', 'till-9', '--name', 'Till');
  assert.equal(objectOf(await done('app', 'show', 'till-9')).name, 'Till');
  await done('app', 'change', app, '--uid', '');
  assert.equal(objectOf(await done('app', 'show', app)).uid, '');
  assert.equal((await cli('app', 'delete', app)).code, 2);
  await done('app', 'delete', app, '--yes');
  assert.equal((await cli('app', 'show', app)).code, 4);
});

test('a key is shown once, does what it may, and is revoked', async () => {
  const app = await newApp();
  const made = objectOf(
    await done('key', 'add', 'till', '--scopes', 'event:create', '-a', app),
  );
  const env = { POSTHORN_API_KEY: made.key };
  const send = ['event', 'send', 'a.b', '-d', '1', '--app', app];
  assert.equal((await cli.with({ env }, ...send)).code, 0);
  const refused = await cli.with({ env }, 'webhook', 'list', '--app', app);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /lacks the scope webhook:read\n.*--scopes webhook:read/);
  assert.ok(!(await done('key', 'list', '--app', app)).includes(made.key));
  await done('key', 'revoke', made.id, '--app', app);
  assert.equal((await cli.with({ env }, ...send)).code, 3);
});

test('a webhook is changed, disabled, enabled, rotated and deleted', async (t) => {
  const app = await newApp();
  const folder = makeFolder(t);
  const headers = writeFile(folder, 'headers', 'Authorization: Basic abc\nX-Shop: 7\n');
  const { id } = objectOf(
    await done(
      'webhook',
      'add',
      server.base.replace(/\d+$/, '9999'),
      '--headers',
      headers,
      '-a',
      app,
    ),
  );
  const change = ['--waits', '5s,2m', '--timeout', '3s', '--metadata', '{"a":[1]}'];
  const changed = objectOf(
    await done('webhook', 'change', id, ...change, '--events', 'a,b', '-a', app),
  );
  assert.deepEqual(
    [changed.waits, changed.timeout_s, changed.metadata, changed.events],
    ['5,120', '3', '{"a":[1]}', 'a,b'],
  );
  assert.match(changed.headers, /X-Shop/);
  const back = objectOf(await done('webhook', 'change', id, '--waits', '', '-a', app));
  assert.equal(back.waits, '');
  assert.equal(objectOf(await done('webhook', 'disable', id, '-a', app)).enabled, 'no');
  assert.equal(objectOf(await done('webhook', 'enable', id, '-a', app)).enabled, 'yes');
  const rotated = objectOf(await done('webhook', 'rotate', id, '--overlap', '1h', '-a', app));
  assert.match(rotated.secret, /^whsec_/);
  await done('webhook', 'delete', id, '-a', app);
  assert.equal((await cli('webhook', 'show', id, '-a', app)).code, 4);
});

test('a secret comes from a file or standard input, never from the command line', async () => {
  const app = await newApp('devdraft');
  const secret = 'an-own-secret-of-thirty-two-bytes-or-more';
  const made = await cli.with(
    { input: `${secret}\n` },
    ...['webhook', 'add', 'http://127.0.0.1:9999/', '--name', 'x', '--app', app],
    ...['--secret-file', '-', '--json'],
  );
  assert.equal(made.code, 0, made.stderr);
  for (const flag of ['--secret', '--api-key', '--key', '--token', '--header']) {
    const { code, stderr } = await cli('webhook', 'list', flag, 'x', '--app', app);
    assert.equal(code, 64, flag);
    assert.match(stderr, /-file|--headers/);
  }
});

test('an event with the same id or idempotency key is accepted once', async () => {
  const app = await newApp();
  const send = (...more) =>
    done('event', 'send', 'a.b', '-d', '{"n":12345678901234567890}', '-a', app, ...more);
  const first = objectOf(await send('--idempotency-key', 'k1'));
  assert.equal(objectOf(await send('--idempotency-key', 'k1')).id, first.id);
  await send('--id', 'order-1');
  await send('--id', 'order-1');
  assert.equal(rowsOf(await done('event', 'list', '-a', app)).length, 2);
  const shown = objectOf(await done('event', 'show', first.id, '-a', app));
  assert.equal(shown.payload, '{"n":12345678901234567890}');
});

const payloads = [
  ['the JSON itself', ['-d', '{"a": 1.10}'], '', 0],
  ['standard input', ['-d', '-'], '{"a":1}', 0],
  ['standard input, as a file', ['-d', '@-'], '[]', 0],
  ['a file that is not there', ['-d', '@/nowhere'], '', 2],
  ['no JSON', ['-d', '{a:1}'], '', 2],
  ['more than one value', ['-d', '1,"mode":"test"'], '', 2],
  ['nothing', [], '', 2],
  ['an empty text', ['-d', ''], '', 2],
];
for (const [what, args, input, code] of payloads) {
  test(`a payload from ${what}: ${code}`, async () => {
    const app = await newApp();
    const sent = await cli.with({ input }, 'event', 'send', 'a.b', '-a', app, ...args);
    assert.equal(sent.code, code, sent.stderr);
  });
}

test('a pipe gets tabs, no titles and no colours; --json the bytes of the API', async (t) => {
  const shop = await openShop(t, server, { profile: 'standard' });
  await shop.reaches(await shop.order(), 'delivered');
  const env = { TERM: 'xterm' };
  for (const noun of ['app', 'webhook', 'event', 'delivery', 'key']) {
    const flags = noun === 'app' ? [] : ['--app', shop.app];
    const plain = await cli.with({ env }, noun, 'list', ...flags);
    assert.equal(plain.code, 0, plain.stderr);
    assert.ok(!plain.stdout.includes('\x1b'));
    assert.ok(!/^ID/.test(plain.stdout));
    assert.ok(rowsOf(plain.stdout).every((row, i, all) => row.length === all[0].length));
    const { stdout } = await cli(noun, 'list', '--json', ...flags);
    const at =
      noun === 'app' ? '/v1/apps' : `/v1/apps/${shop.app}/${noun.replace(/y$/, 'ie')}s`;
    const path = noun === 'key' ? `/v1/apps/${shop.app}/keys` : at;
    const { text } = await server.client.get(`${path}?limit=50`);
    if (noun !== 'key' && noun !== 'app') assert.equal(stdout, `${text}\n`);
    else assert.deepEqual(Object.keys(JSON.parse(stdout)), ['data', 'next_cursor']);
  }
});

test('a list goes on page after page', async () => {
  const app = await newApp();
  for (let i = 0; i < 7; i++) await server.client.send(app, 'a.b', '1');
  const list = (...more) => cli('event', 'list', '--app', app, ...more);
  const some = await list('--limit', '3');
  assert.equal(rowsOf(some.stdout).length, 3);
  const cursor = /--cursor (\S+)/.exec(some.stderr)[1];
  assert.equal(rowsOf((await list('--cursor', cursor)).stdout).length, 4);
  assert.equal(rowsOf((await list('--all')).stdout).length, 7);
  assert.equal(rowsOf((await list('--since', '1h')).stdout).length, 7);
  assert.equal(rowsOf((await list('--until', '1h')).stdout).length, 0);
});

test('tail shows what there is, then each change; SIGINT ends it with 130', async (t) => {
  const shop = await openShop(t, server, {
    profile: 'standard',
    script: [500],
    fields: { waits: [1] },
  });
  const first = await shop.order();
  await shop.reaches(first, 'delivered');
  const whileRunning = async (child, result) => {
    await until(() => result.stdout.includes(first), 'the first row');
    const second = await shop.order();
    await until(() => result.stdout.includes(`${second}\tdelivered`), 'the second row');
    child.kill('SIGINT');
  };
  const tail = await cli.with({ whileRunning }, 'delivery', 'tail', '--app', shop.app);
  assert.deepEqual([tail.code, tail.signal], [130, null]);
});

const strangeIds = [
  "'; DROP TABLE apps",
  '../../etc/passwd',
  '-rf',
  '$(id)',
  '..',
  '%2e%2e',
  'x'.repeat(100000),
  '\x1b[31m',
  'a/../../../healthz',
];
for (const id of strangeIds) {
  test(`the id ${JSON.stringify(id.slice(0, 24))} is an id like any other`, async () => {
    const app = await newApp();
    const { code, stdout, stderr } = await cli('event', 'show', '--app', app, '--', id);
    assert.equal(stdout, '');
    assert.ok([4, 5].includes(code), `${code}: ${stderr}`);
    assert.ok(!stderr.includes('\x1b'));
  });
}

const statuses = [
  [400, 5],
  [401, 3],
  [403, 3],
  [404, 4],
  [405, 5],
  [409, 5],
  [410, 4],
  [412, 5],
  [413, 5],
  [422, 5],
  [429, 7],
  [500, 1],
  [503, 1],
  [302, 1],
];
for (const [status, code] of statuses) {
  test(`status ${status}: exit code ${code}`, async (t) => {
    const problem = { status, code: 'x', detail: 'so it \u001b[2J is\u009b' };
    const headers = { 'Retry-After': '7', Location: 'http://127.0.0.1:1/' };
    const { base, asked } = await startAnswerer(t, status, JSON.stringify(problem), headers);
    const answer = await run(['app', 'list'], { env: { POSTHORN_URL: base } });
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr, /^posthorn: so it \\x1b\[2J is\\u009b\n/);
    assert.match(answer.stderr, /try again in 7 s/);
    assert.equal(asked.length, 1, 'a redirect is not followed, nothing is tried twice');
  });
}

const usages = [
  [[], 2],
  [['nonsense'], 2],
  [['app'], 2],
  [['app', 'nonsense'], 2],
  [['app', 'show'], 2],
  [['app', 'show', 'a', 'b'], 2],
  [['app', 'show', ''], 2],
  [['app', 'list', '--nonsense'], 2],
  [['app', 'list', '--limit'], 2],
  [['app', 'list', '--limit', 'x'], 2],
  [['app', 'list', '--limit', '0'], 2],
  [['app', 'list', '--json', '--json'], 2],
  [['app', 'list', '--json=yes'], 2],
  [['app', 'add', 'x'], 2],
  [['delivery', 'list', '--state', 'lost'], 2],
  [['event', 'list', '--since', 'yesterday'], 2],
  [['app', 'list', '--server', 'ftp://x'], 2],
  [['app', 'list', '--server', 'http://a:b@x'], 2],
  [['app', 'list', '--api-key-file', '/nowhere'], 2],
  [['help'], 0],
  [['--help'], 0],
  [['app', '--help'], 0],
  [['app', 'add', '--help'], 0],
  [['help', 'app', 'add'], 0],
  [['--version'], 0],
  [['limits'], 0],
  [['serve', '--help'], 0],
];
for (const [args, code] of usages) {
  test(`posthorn ${args.join(' ')}: exit code ${code}`, async () => {
    const { code: got, stdout, stderr } = await run(args);
    assert.equal(got, code, stderr);
    assert.equal(stdout === '', code !== 0, 'help that was asked for is data');
  });
}

test('no server: 6, and where it is said; no proxy of the environment is asked', async (t) => {
  const { base, asked } = await startAnswerer(t, 200, '{"data":[],"next_cursor":null}');
  const dead = `http://127.0.0.1:${await freePort()}`;
  const proxies = { http_proxy: base, HTTP_PROXY: base, ALL_PROXY: base };
  const { code, stderr } = await run(['app', 'list', '--server', dead], { env: proxies });
  assert.equal(code, 6);
  assert.match(stderr, /POSTHORN_URL/);
  assert.equal(asked.length, 0);
});

test('a key file that others may read is refused', async (t) => {
  const file = writeFile(
    makeFolder(t),
    'key',
    fs.readFileSync(path.join(server.dir, 'operator.key')),
  );
  assert.equal((await cli('app', 'list', '--api-key-file', file)).code, 0);
  fs.chmodSync(file, 0o644);
  const { code, stderr } = await cli('app', 'list', '--api-key-file', file);
  assert.equal(code, 2);
  assert.match(stderr, /chmod 600/);
});

test('what cannot be written is a failure: a full disk does not lose a key silently', async () => {
  const app = await newApp();
  const args = [
    '-c',
    'exec "$0" key add x --app "$1" > /dev/full',
    process.env.POSTHORN_BIN ?? 'build/release/posthorn',
    app,
  ];
  const { code, stderr } = await cli.with({ program: '/bin/sh' }, ...args);
  assert.equal(code, 1);
  assert.match(stderr, /cannot be written/);
});
