// Mistakes that people make, and the words that lead out of each.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { cliOf, makeFolder, objectOf, rowsOf, run, writeFile } from './cli_run.mjs';
import { sharedScene, startServer } from './harness.mjs';

const scene = sharedScene();
let server;
let cli;
test.before(async () => {
  server = await startServer(scene);
  cli = cliOf(server);
  const { code, stderr } = await cli('app', 'add', 'Shop', '--profile', 'standard');
  assert.equal(code, 0, stderr);
});

const send = (data) => ['event', 'send', 'order.paid', '-d', data];
const mistakes = [
  [['app', 'add', 'Corner', 'shop'], 2, /too many: shop; what has spaces in it stands in quotes/],
  [send('{order:77}'), 2, /not JSON at byte 1; the shell wants quotes around it/],
  [send('order.json'), 2, /a file is @FILE\n/],
  [['webhook', 'add', 'http://127.0.0.1:1/', '--app', 'nobody'], 4, /posthorn app list shows/],
  [['event', 'send', 'a.b', '-d', '{}', '--app', 'nobody'], 4, /posthorn app list shows/],
  [['app', 'add', 'Shop', '--profile', 'none'], 5, /^posthorn: \/profile: there is no profile none\n/],
  [['audit', 'verify', '--noted', 'x'], 5, /^posthorn: the parameter noted: must be/],
  [['webhook', 'change', 'wh_nothing'], 2, /no flag says what to change\n.*webhook change --help/],
  [['webhook', 'show', 'wh_nothing'], 4, /posthorn webhook list shows/],
];
for (const [args, code, words] of mistakes) {
  test(`posthorn ${args.join(' ')}`, async () => {
    const answer = await cli(...args);
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr, words);
  });
}

test('https where no TLS is spoken', async () => {
  const env = { POSTHORN_URL: server.base.replace('http:', 'https:') };
  const { code, stderr } = await run(['app', 'list'], { env });
  assert.equal(code, 6);
  assert.match(stderr, /\n {2}no TLS is spoken there/);
});

test('of JSON in a file, no shell took the quotes', async (t) => {
  const file = writeFile(makeFolder(t), 'order.json', '{order:77}');
  const { code, stderr } = await cli(...send(`@${file}`));
  assert.equal(code, 2);
  assert.match(stderr, /not JSON at byte 1\n/);
});

test('no key, and a key that opens nothing, are told apart', async () => {
  const env = { POSTHORN_URL: server.base };
  const without = await run(['app', 'list'], { env });
  assert.deepEqual([without.code, without.stdout], [3, '']);
  assert.match(without.stderr, /\n {2}name a key's file with --api-key-file/);
  const wrong = await run(['app', 'list'], { env: { ...env, POSTHORN_API_KEY: 'abc' } });
  assert.deepEqual([wrong.code, wrong.stdout], [3, '']);
  assert.match(wrong.stderr, /\n {2}the key that was given opens nothing here/);
  assert.doesNotMatch(wrong.stderr, /name a key's file/);
});

test('a port that is taken, a folder that is held', async (t) => {
  const port = new URL(server.base).port;
  const serve = (dir, address) => run(['serve', '--data-dir', dir, '--listen', address]);
  const taken = await serve(makeFolder(t), `127.0.0.1:${port}`);
  assert.equal(taken.code, 69);
  assert.match(taken.stderr, /already in use; is a server there already\? --listen names another/);
  const held = await serve(server.dir, '127.0.0.1:0');
  assert.equal(held.code, 75);
  assert.match(held.stderr, /is held by process \d+, another server/);
});

test('a backup that was cut off says so of itself', async (t) => {
  const made = objectOf((await cli('backup', 'create', '--wait')).stdout);
  const folder = makeFolder(t);
  fs.copyFileSync(path.join(server.dir, 'master.key'), path.join(folder, 'master.key'));
  const half = fs.readFileSync(made.file).subarray(0, 100000);
  const file = writeFile(folder, 'half.db', half);
  const { code, stderr } = await run(['backup', 'restore', file, '--data-dir', folder]);
  assert.equal(code, 65);
  assert.match(stderr, /copy of .*half\.db: it is no whole backup; take another/);
});

test('a server without the profile of an app says what it needs', async (t) => {
  const folder = makeFolder(t);
  const profiles = makeFolder(t);
  const smallest = {
    format: 1,
    name: 'plain',
    open: true,
    body: { form: 'payload' },
    headers: [],
    received: ['2xx'],
    waits: [],
  };
  writeFile(profiles, 'plain.json', JSON.stringify(smallest));
  const first = await startServer(t, { dir: folder, flags: ['--profiles', profiles] });
  const added = await cliOf(first)('app', 'add', 'Shop', '--profile', 'plain');
  assert.equal(added.code, 0, added.stderr);
  await first.stop();
  const second = await startServer(t, { dir: folder });
  const { code, stderr } = await cliOf(second)(...send('{}'), '--app', objectOf(added.stdout).id);
  assert.equal(code, 1);
  assert.match(stderr, /no profile plain; start the server with the --profiles folder/);
});

test('bash completes files with spaces, and folders', async (t) => {
  const folder = makeFolder(t);
  fs.mkdirSync(path.join(folder, 'my backups'));
  writeFile(folder, 'my key', 'x');
  const { stdout: script } = await run(['completion', 'bash']);
  const ask = (line) =>
    run(['-c', `${script}\nCOMP_WORDS=(posthorn ${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _posthorn; printf '%s\\n' "\${COMPREPLY[@]}"`], { program: 'bash', cwd: folder });
  const keys = rowsOf((await ask('app list --api-key-file my')).stdout).flat();
  assert.deepEqual(keys.sort(), ['my backups', 'my key']);
  assert.equal((await ask('serve --data-dir my')).stdout, 'my backups\n');
});
