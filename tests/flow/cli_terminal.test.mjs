// What a person sees: columns, colours, and nothing that a stranger could make the terminal do.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import test from 'node:test';
import { run, startAnswerer } from './cli_run.mjs';
import { BINARY } from './harness.mjs';

const hasScript = spawnSync('script', ['--version']).status === 0;

// Runs a command with a terminal as its output: script(1) makes one.
async function onTerminal(base, args, env = {}) {
  const words = [BINARY, ...args].map((word) => `'${word}'`).join(' ');
  const { stdout } = await run(['-qec', words, '/dev/null'], {
    program: 'script',
    env: { POSTHORN_URL: base, TERM: 'xterm', ...env },
  });
  return stdout.replaceAll('\r\n', '\n');
}

const evil = '\u001b]0;x\u0007 \u009b2J \u202egnp.exe \u007f';
const page = JSON.stringify({
  data: [
    { id: 'app_1', name: `Shop ${evil}`, uid: null, profile: 'yoco', created_at: 'then' },
    { id: 'app_22', name: 'Größe\tand\nmore', uid: 'x', profile: 'yoco', created_at: 'now' },
  ],
  next_cursor: null,
});

test('a table has titles and aligned columns', { skip: !hasScript }, async (t) => {
  const { base } = await startAnswerer(t, 200, page);
  const lines = (await onTerminal(base, ['app', 'list'], { NO_COLOR: '1' })).split('\n');
  assert.match(lines[0], /^ID {6}NAME +UID +PROFILE +CREATED$/);
  const at = lines[0].indexOf('PROFILE');
  for (const line of lines.slice(1, 3))
    assert.equal([...line].join('').indexOf('yoco'), at, line);
  assert.match(lines[1], / {2}- +yoco/);
});

for (const flags of [[], ['--json']]) {
  test(`control bytes are shown, not obeyed ${flags}`, { skip: !hasScript }, async (t) => {
    const raw = page.replaceAll('\\u009b', '\u009b').replaceAll('\\u007f', '\u007f');
    const { base } = await startAnswerer(t, 200, raw);
    const text = await onTerminal(base, ['app', 'list', ...flags], { NO_COLOR: '1' });
    // eslint-disable-next-line no-control-regex
    assert.ok(
      !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text),
      JSON.stringify(text),
    );
    if (flags.length > 0) assert.deepEqual(JSON.parse(text), JSON.parse(page));
  });
}

test('statistics have a bar for each step', { skip: !hasScript }, async (t) => {
  const step = (at, attempts, failed_attempts) => ({ at, attempts, failed_attempts });
  const data = [step('a', 16, 8), step('b', 0, 0), step('c', 1, 0)];
  const { base } = await startAnswerer(t, 200, JSON.stringify({ data }));
  const text = await onTerminal(base, ['stats', '--app', 'x'], { NO_COLOR: '1' });
  const bars = text.split('\n').map((line) => line.match(/[\u2580-\u259f]*$/)[0]);
  assert.deepEqual(bars.slice(1, 4), ['█'.repeat(12) + '░'.repeat(12), '', '█▌']);
});

// A server that makes a backup in three looks.
async function startBackup(t) {
  const states = [0, 50, 100, null];
  const server = http.createServer((request, response) => {
    const percent = request.method === 'POST' ? 0 : states.shift();
    const state = percent === null ? 'done' : 'running';
    const backup = { name: 'posthorn-x.db', state, percent, bytes: 4096, file: '/b/x.db' };
    const isList = request.method === 'GET';
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(isList ? { data: [backup] } : backup));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

test('a backup has a bar on a terminal, and none in a pipe', { skip: !hasScript }, async (t) => {
  const words = ['backup', 'create', '--wait'];
  const text = await onTerminal(await startBackup(t), words, { NO_COLOR: '1' });
  const bars = [...text.matchAll(/\r\[(#* *)\] (\d+) %/g)];
  assert.deepEqual(
    bars.map(([, bar, percent]) => [bar.trim().length, percent]),
    [
      [0, '0'],
      [15, '50'],
      [30, '100'],
    ],
  );
  assert.match(text, /\r +\rname +posthorn-x\.db\n/);
  const env = { POSTHORN_URL: await startBackup(t) };
  const piped = await run(words, { env });
  assert.deepEqual([piped.code, piped.stderr], [0, '']);
  assert.match(piped.stdout, /^name\tposthorn-x\.db\n/);
});

test('what a doctor finds is aligned, with the way out below', { skip: !hasScript }, async (t) => {
  const { base } = await startAnswerer(t, 200, '{"status":"ok"}');
  const lines = (await onTerminal(base, ['doctor'], { NO_COLOR: '1' })).split('\n');
  assert.match(lines[0], /^ok {4}server {5}http:/);
  const at = lines.findIndex((line) => /^warn {2}version/.test(line));
  assert.match(lines[at + 1], /^ {17}use the server's own executable/);
});

test('colours only on a terminal that wants them', { skip: !hasScript }, async (t) => {
  const { base } = await startAnswerer(t, 200, page);
  assert.ok((await onTerminal(base, ['app', 'list'])).includes('\x1b[1mID'));
  assert.ok(!(await onTerminal(base, ['app', 'list'], { NO_COLOR: '1' })).includes('\x1b'));
  assert.ok(!(await onTerminal(base, ['app', 'list'], { TERM: 'dumb' })).includes('\x1b'));
});

test('a pipe escapes tabs, line feeds and controls; --json leaves every byte', async (t) => {
  const odd = `{"data": [ {"id":"app_1","name":"\u009b\u007f"}],\r\n"next_cursor":null }`;
  const { base } = await startAnswerer(t, 200, odd);
  const env = { POSTHORN_URL: base };
  assert.equal((await run(['app', 'list', '--json'], { env })).stdout, `${odd}\n`);
  assert.equal((await run(['app', 'list'], { env })).stdout, 'app_1\t\\u009b\\x7f\t\t\t\n');
});

const strange = [
  ['a web page', '<html>hello</html>'],
  ['no object', '[]'],
  ['nothing', ''],
  ['an object cut short', '{"data":['],
];
for (const [what, body] of strange) {
  test(`an answer that is ${what} is a failure`, async (t) => {
    const { base } = await startAnswerer(t, 200, body);
    const { code, stdout, stderr } = await run(['app', 'list'], {
      env: { POSTHORN_URL: base },
    });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /cannot be read/);
  });
}
