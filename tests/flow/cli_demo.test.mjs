// posthorn demo shows every contract with nothing but the program, and leaves nothing behind.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeFolder, rowsOf, run } from './cli_run.mjs';
import { until } from './harness.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const shipped = fs
  .readdirSync(here('../../profiles'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(fs.readFileSync(here(`../../profiles/${name}`), 'utf8')));

// Events as [contract, type], each once, in the order shown.
const eventsOf = (rows) => [...new Set(rows.map(([contract, type]) => `${contract} ${type}`))];

function startDemo(t, ...args) {
  const folder = makeFolder(t);
  const running = {};
  const env = { TMPDIR: folder, POSTHORN_STORE: 'sqlite:/nowhere/x.db' }; // not for its server
  const done = run(['demo', ...args], {
    env,
    whileRunning: (child, shown) => Object.assign(running, { child, shown }),
  });
  return { folder, done, ...running };
}

test('every type of every contract is sent, signed, received; one after a retry', async (t) => {
  const { folder, done } = startDemo(t);
  const { code, stdout, stderr } = await done;
  assert.equal(code, 0, stderr);
  const rows = rowsOf(stdout).slice(1);
  const wanted = shipped.flatMap(({ name, types = [] }) =>
    types.length > 0 ? types.map((type) => `${name} ${type.name}`) : [`${name} order.paid`],
  );
  assert.deepEqual(eventsOf(rows).sort(), wanted.sort());
  const [[, , first, failed], [, , second, received]] = rows;
  assert.deepEqual([first, failed, second, received], ['1', '500', '2', '200']);
  for (const row of rows) assert.equal(row[4], 'holds', row.join(' '));
  assert.equal(rows.length, wanted.length + 1);
  assert.match(stderr, new RegExp(`${wanted.length} of ${wanted.length} events were received`));
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("one's own contracts are shown, too", async (t) => {
  const own = here('../../examples/profiles');
  const { code, stdout, stderr } = await startDemo(t, '--profiles', own).done;
  assert.equal(code, 0, stderr);
  for (const file of fs.readdirSync(own).filter((name) => name.endsWith('.json')))
    assert.match(stdout, new RegExp(`^${path.basename(file, '.json')}\\t.*holds$`, 'm'));
});

test('--keep lets it run until Ctrl-C', async (t) => {
  const { folder, done, child, shown } = startDemo(t, '--keep');
  const line = /POSTHORN_URL=(\S+) POSTHORN_API_KEY_FILE=(\S+)/;
  await until(() => line.test(shown.stderr) && /event send/.test(shown.stderr), 'it to go on', 30000);
  const [, url, file] = line.exec(shown.stderr);
  const env = { POSTHORN_URL: url, POSTHORN_API_KEY_FILE: file };
  const [, app] = /event send order\.paid --app (\S+)/.exec(shown.stderr);
  const send = ['event', 'send', 'order.paid', '--app', app, '-d', '{}', '--wait'];
  const sent = await run(send, { env });
  assert.equal(sent.code, 0, sent.stderr);
  await until(() => /\(yours\)\t\t200\tholds/.test(shown.stdout), 'it to be shown');
  child.kill('SIGINT');
  assert.equal((await done).code, 0);
  assert.deepEqual(fs.readdirSync(folder), []);
  assert.equal((await run(['app', 'list'], { env: { POSTHORN_URL: url } })).code, 6);
});

test('it ends, and tidies up, when nobody reads on', async (t) => {
  const { folder, done, child } = startDemo(t);
  child.stdout.once('data', () => child.stdout.destroy());
  await done;
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('Ctrl-C in the middle leaves nothing either', async (t) => {
  const { folder, done, child, shown } = startDemo(t);
  await until(() => shown.stdout.includes('payment'), 'the first rows');
  child.kill('SIGINT');
  assert.equal((await done).code, 130);
  assert.deepEqual(fs.readdirSync(folder), []);
});
