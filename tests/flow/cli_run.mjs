// Runs the command line as a person or a script would: no shell in between, an environment of
// its own, output through pipes.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { BINARY } from './harness.mjs';

const TOO_LONG_MS = 60000;

// { code, signal, stdout, stderr }. env is added to an environment without POSTHORN_…;
// whileRunning gets the child.
export function run(
  args,
  { env = {}, input = '', cwd, whileRunning, program = BINARY } = {},
) {
  const { PATH, HOME } = process.env;
  const child = spawn(program, args, { env: { PATH, HOME, ...env }, cwd });
  const result = { stdout: '', stderr: '' };
  const timer = setTimeout(() => child.kill('SIGKILL'), TOO_LONG_MS);
  child.stdout.on('data', (text) => (result.stdout += text));
  child.stderr.on('data', (text) => (result.stderr += text));
  child.stdin.on('error', () => {}); // it may not want to read
  child.stdin.end(input);
  whileRunning?.(child, result);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...result });
    });
  });
}

// A command line for one server: cli('app', 'list'), cli.with({ input }, 'event', …).
export function cliOf(server, more = {}) {
  const env = {
    POSTHORN_URL: server.base,
    POSTHORN_API_KEY_FILE: path.join(server.dir, 'operator.key'),
    ...more,
  };
  const cli = (...args) => run(args, { env });
  cli.with = (options, ...args) => run(args, { ...options, env: { ...env, ...options.env } });
  return cli;
}

// The rows of a pipe's table.
export const rowsOf = (text) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));

// The object of a show: member → text.
export const objectOf = (text) => Object.fromEntries(rowsOf(text));

export function makeFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-cli-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// A file that others may not read, as a secret's must be.
export function writeFile(folder, name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

// A server that always gives one answer, and keeps what it was asked.
export async function startAnswerer(t, status, body, headers = {}) {
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return { base: `http://127.0.0.1:${server.address().port}`, asked };
}
