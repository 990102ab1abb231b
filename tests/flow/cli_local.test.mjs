// The commands that ask no server: sign and verify, profile check, completion, the manual.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { makeFolder, run, writeFile } from './cli_run.mjs';

const body = '{"a": 1.10,"b":[true]}';
const rsa = crypto.generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const whsec = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const secrets = {
  yoco: whsec,
  standard: whsec,
  devdraft: '0123456789abcdefghijklmnopqrstuv_-',
  mileston: 'my-verification-token',
  mesilat: 'another-token',
  stablemint: rsa.privateKey,
};

// Signs the body under the profile; gives what verify is then asked with.
async function signed(
  t,
  profile,
  { secret = secrets[profile], sent = body, more = [] } = {},
) {
  const folder = makeFolder(t);
  const secretFile = writeFile(folder, 'secret', `${secret}\n`);
  const bodyFile = writeFile(folder, 'body.json', sent);
  const flags = ['--profile', profile, '--secret-file', secretFile];
  const made = await run(['sign', ...flags, '--type', 'a.b', ...more, bodyFile]);
  assert.equal(made.code, 0, made.stderr);
  const headers = writeFile(
    folder,
    'headers',
    `POST / HTTP/1.1\r\n${made.stdout.replaceAll('\n', '\r\n')}\r\n`,
  );
  const verify = (...rest) =>
    run(['verify', ...flags, '--headers', headers, ...rest, bodyFile]);
  return { folder, secretFile, bodyFile, headers, verify, lines: made.stdout };
}

for (const profile of Object.keys(secrets)) {
  test(`${profile}: what sign makes, verify finds right, and another body wrong`, async (t) => {
    const it = await signed(t, profile);
    const right = await it.verify('--tolerance', '5m');
    if (['mileston', 'mesilat', 'devdraft'].includes(profile))
      assert.equal((await it.verify()).code, 0);
    else assert.equal(right.code, 0, right.stderr);
    fs.writeFileSync(it.bodyFile, body.replace('1.10', '1.11'));
    const isToken = ['mileston', 'mesilat'].includes(profile);
    assert.equal((await it.verify()).code, isToken ? 0 : 10);
    fs.writeFileSync(
      it.secretFile,
      profile === 'stablemint' ? rsa.publicKey : secrets[profile],
    );
    fs.writeFileSync(it.bodyFile, body);
    assert.equal((await it.verify()).code, 0);
  });
}

test('sign makes what Standard Webhooks asks for', async (t) => {
  const { lines } = await signed(t, 'standard', {
    more: ['--id', 'msg_1', '--at', '2026-01-31T12:00:00Z'],
  });
  const time = Date.parse('2026-01-31T12:00:00Z') / 1000;
  const key = Buffer.from(whsec.slice(6), 'base64');
  const mac = crypto
    .createHmac('sha256', key)
    .update(`msg_1.${time}.${body}`)
    .digest('base64');
  assert.ok(lines.includes(`webhook-signature: v1,${mac}\n`), lines);
  assert.ok(lines.includes(`webhook-timestamp: ${time}\n`));
});

const edit = (file, change) => fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
const doubts = [
  [
    'a line feed at its end',
    (it) => edit(it.bodyFile, (text) => `${text}\n`),
    /no line feed at its end/,
  ],
  [
    'JSON that was written anew',
    (it) => edit(it.bodyFile, (text) => JSON.stringify(JSON.parse(text), null, 2)),
    /parsed and written anew/,
    '{"a":1,"b":[true]}',
  ],
  ['another body', (it) => edit(it.bodyFile, () => '{}'), /another key, or body/],
  [
    'a missing signature',
    (it) => edit(it.headers, (text) => text.replace(/webhook-signature.*\r\n/, '')),
    /webhook-signature, which holds the signature, is missing/,
  ],
  [
    'a missing id',
    (it) => edit(it.headers, (text) => text.replace(/webhook-id.*\r\n/, '')),
    /webhook-id, which is part of what is signed, is missing/,
  ],
  [
    'another id',
    (it) => edit(it.headers, (text) => text.replace(/webhook-id: /, '$&x')),
    /another key, or body or headers/,
  ],
  [
    'two signatures',
    (it) => edit(it.headers, (text) => text.replace(/webhook-signature.*\r\n/, '$&$&')),
    /stands 2 times/,
  ],
  [
    'a signature of another version',
    (it) => edit(it.headers, (text) => text.replace('v1,', 'v9,')),
    /no header holds a signature/,
  ],
];
for (const [what, change, words, sent] of doubts) {
  test(`verify says why: ${what}`, async (t) => {
    const it = await signed(t, 'yoco', { sent: sent ?? body });
    change(it);
    const { code, stdout, stderr } = await it.verify();
    assert.deepEqual([code, stdout], [10, '']);
    assert.match(stderr, words);
  });
}

test('verify says that the sender took the secret undecoded', async (t) => {
  const it = await signed(t, 'yoco');
  const lines = Object.fromEntries(
    it.lines
      .trim()
      .split('\n')
      .map((line) => line.split(': ')),
  );
  const text = `${lines['webhook-id']}.${lines['webhook-timestamp']}.${body}`;
  const mac = crypto.createHmac('sha256', whsec).update(text).digest('base64');
  edit(it.headers, (old) => old.replace(/v1,\S+/, `v1,${mac}`));
  const { code, stderr } = await it.verify();
  assert.equal(code, 10);
  assert.match(stderr, /taken as the text it is, undecoded/);
});

test('an old timestamp is pointed out, and with --tolerance refused', async (t) => {
  const it = await signed(t, 'yoco', { more: ['--at', '2h'] });
  const lenient = await it.verify();
  assert.equal(lenient.code, 0);
  assert.match(lenient.stderr, /7\d\d\d s old/);
  assert.equal((await it.verify('--tolerance', '5m')).code, 10);
  assert.equal((await it.verify('--tolerance', '3h')).code, 0);
});

const profiles = [
  [
    'a good one',
    '{"format":1,"name":"mine","open":true,"body":{"form":"payload"},"headers":[],"received":["2xx"],"waits":[]}',
    0,
    /mine/,
  ],
  [
    'an unknown variable',
    '{"format":1,"name":"mine","body":{"form":"payload"},\n"headers":[["a","{attempt.hour}"]],"received":["2xx"],"waits":[]}',
    1,
    /line 2: .*attempt\.hour/,
  ],
  ['no JSON', '{"format":', 1, /line 1/],
  ['nothing', '', 1, /profile\.json/],
];
for (const [what, text, code, words] of profiles) {
  test(`profile check: ${what}`, async (t) => {
    const file = writeFile(makeFolder(t), 'profile.json', text);
    const checked = await run(['profile', 'check', file]);
    assert.equal(checked.code, code, checked.stderr);
    assert.match(checked.stdout + checked.stderr, words);
  });
}

for (const shell of ['bash', 'zsh', 'fish']) {
  const skip = spawnSync(shell, ['-c', 'exit 0']).status !== 0 && `${shell} is not there`;
  test(`the completion of ${shell} is a script`, { skip }, async (t) => {
    const { stdout, code } = await run(['completion', shell]);
    assert.equal(code, 0);
    const file = writeFile(makeFolder(t), 'completion', stdout);
    const checked = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    assert.deepEqual([checked.status, checked.stderr], [0, '']);
  });
}

const completions = [
  ['posthorn webh', 'webhook'],
  ['posthorn webhook ro', 'rotate'],
  ['posthorn delivery list --sta', '--state --status'],
  ['posthorn delivery list --state f', 'failed'],
  ['posthorn serve --log-f', '--log-format'],
  ['posthorn completion z', 'zsh'],
];
for (const [line, wanted] of completions) {
  test(`bash completes "${line}"`, async () => {
    const words = line
      .split(' ')
      .map((word) => `"${word}"`)
      .join(' ');
    const { stdout: script } = await run(['completion', 'bash']);
    const ask = `COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _posthorn; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await run(['-c', `${script}\n${ask}`], { program: 'bash' });
    assert.equal(stdout.trim(), wanted);
  });
}

test('every page of the manual is one that man reads without a warning', async (t) => {
  const folder = makeFolder(t);
  assert.equal((await run(['manual', folder])).code, 0);
  const pages = fs.readdirSync(folder);
  assert.ok(pages.includes('posthorn.1') && pages.includes('posthorn-webhook.1'));
  const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '100' };
  for (const page of pages) {
    const file = path.join(folder, page);
    assert.doesNotMatch(
      fs.readFileSync(file, 'utf8'),
      /^\.(?!\\"|TH |SH |SS |TP$|PP$|BR |B |br$|nf$|fi$)/m,
    );
    const args = ['--warnings', '-E', 'UTF-8', '-Tutf8', '-Z', '-l', file];
    const read = spawnSync('man', args, { env, encoding: 'utf8' });
    if (read.error) continue; // no man here: the macros were looked at
    assert.deepEqual([read.status, read.stderr], [0, ''], page);
  }
});
