// Starts the real server for a scene on a port and a data folder of its own, and takes both
// away again. A missing binary fails the test: a scene that did not play proves nothing.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReceiver } from '../receivers/receiver.mjs';
import { contracts } from '../receivers/contracts.mjs';
import { Client } from './client.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BINARY = process.env.POSTHORN_BIN ?? path.join(ROOT, 'build/release/posthorn');
const READY_MS = 20000;
const LOG_TAIL = 4000;

export { sleep };

// Asks until the answer is truthy, and gives it; throws, naming what was waited for.
export async function until(ask, what, withinMs = 10000) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > deadline)
      throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await sleep(10);
  }
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// What the tests of a whole file share: its end is the end of the file. Call it at the top.
export function sharedScene() {
  const undo = [];
  after(async () => {
    while (undo.length > 0) await undo.pop()();
  });
  return { after: (step) => undo.push(step) };
}

// However this process ends, no server outlives it.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

// The environment that preloads tests/flow/NAME.c, built beside the server.
function preloaded(name, environment) {
  const library =
    process.env[`POSTHORN_${name.toUpperCase()}`] ??
    path.join(path.dirname(BINARY), `tests/${name}.so`);
  if (!fs.existsSync(library)) throw new Error(`${library} is missing: build it first`);
  const asan = `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`;
  return { LD_PRELOAD: library, ASAN_OPTIONS: asan, ...environment };
}

class Server {
  // aheadMs: how far its wall clock is ahead of the machine's; hungWhile: the disk hangs while
  // that file is there. They count from the next start, one at a time.
  constructor(options) {
    const { dir, port, ca, timeScale = 1, workers = 1, flags = [] } = options;
    const { aheadMs = 0, hungWhile = null } = options;
    Object.assign(this, { dir, port, ca, aheadMs, hungWhile });
    this.base = `${ca ? 'https' : 'http'}://127.0.0.1:${port}`;
    this.log = '';
    this.args = ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', dir];
    this.args.push('--store', `sqlite:${path.join(dir, 'posthorn.db')}`);
    this.args.push('--allow-private', '127.0.0.0/8', '--http', 'private');
    const threads = process.env.POSTHORN_WORKERS ?? String(workers);
    this.args.push('--time-scale', String(timeScale), '--workers', threads, ...flags);
  }

  // Starts the process; exited resolves to { code, signal } when it has gone.
  spawn() {
    if (!fs.existsSync(BINARY))
      throw new Error(`${BINARY} is missing: build the server first`);
    const env = { ...process.env };
    if (this.aheadMs)
      Object.assign(env, preloaded('wrong_clock', { WRONG_CLOCK_MS: String(this.aheadMs) }));
    if (this.hungWhile)
      Object.assign(env, preloaded('hung_disk', { HUNG_DISK: this.hungWhile }));
    this.child = spawn(BINARY, this.args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (text) => (this.log = (this.log + text).slice(-LOG_TAIL * 4));
    this.child.stdout.on('data', keep);
    this.child.stderr.on('data', keep);
    const { child } = this;
    running.add(child);
    this.gone = null;
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        running.delete(child);
        resolve((this.gone = { code, signal }));
      });
    });
  }

  async start() {
    this.spawn();
    return this.ready();
  }

  async ready() {
    await until(
      () => this.gone || this.isReady(),
      `the server to be ready\n${this.log}`,
      READY_MS,
    );
    if (this.gone)
      throw new Error(`the server ended at once: ${JSON.stringify(this.gone)}\n${this.log}`);
    this.key ??= fs.readFileSync(path.join(this.dir, 'operator.key'), 'utf8').trim();
    this.client?.close();
    this.client = new Client(this.base, this.key, this.ca);
    return this;
  }

  async isReady() {
    const anyone = new Client(this.base, null, this.ca);
    try {
      return (await anyone.get('/readyz')).status === 200;
    } catch {
      return false;
    } finally {
      anyone.close();
    }
  }

  async signal(name) {
    if (this.gone === null) this.child.kill(name);
    return this.exited;
  }
  stop() {
    return this.signal('SIGTERM');
  }
  kill9() {
    return this.signal('SIGKILL');
  }
}

// A server that was only spawned, on an empty folder or on options.dir; gone when the test ends.
export async function spawnServer(t, options = {}) {
  const dir = options.dir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-flow-'));
  const server = new Server({ ...options, dir, port: options.port ?? (await freePort()) });
  t.after(async () => {
    if (server.child) await server.kill9();
    server.client?.close();
    if (!options.dir) fs.rmSync(dir, { recursive: true, force: true });
  });
  server.spawn();
  return server;
}

// … and one that is ready.
export async function startServer(t, options = {}) {
  const server = await spawnServer(t, options);
  await server.ready();
  return server;
}

// Another server over the same folder, only spawned: it is expected to refuse.
export async function spawnBeside(t, server) {
  const other = new Server({ dir: server.dir, port: await freePort() });
  other.spawn();
  t.after(() => other.kill9());
  return other;
}

const TOKEN = 'my-verification-token';
const defaultTypes = { stablemint: ['InwardPaymentAccepted'] };

// A merchant under one contract: an app, a receiver that follows the script, and a webhook
// from the one to the other. fields go into the webhook as they are.
export async function openShop(t, server, { profile, script, fields = {}, app, url } = {}) {
  const api = server.client;
  const receiver = await startReceiver({ profile, script });
  t.after(() => receiver.close());
  const appId = app ?? (await api.newApp({ name: `Shop of ${profile}`, profile })).id;
  const asked = { name: 'Orders', url: url ?? receiver.url, ...fields };
  if (contracts[profile].secret === 'theirs') asked.secret = TOKEN;
  if (defaultTypes[profile]) asked.events ??= defaultTypes[profile];
  const webhook = await api.newWebhook(appId, asked);
  if (contracts[profile].secret !== null) {
    receiver.secret =
      asked.secret ?? webhook.secret ?? (await api.secretOf(appId, webhook.id));
  }
  return new Shop(server, profile, appId, webhook, receiver);
}

class Shop {
  constructor(server, profile, app, webhook, receiver) {
    Object.assign(this, { server, profile, app, webhook, receiver });
  }
  get api() {
    return this.server.client;
  }
  // Sends an event that must be accepted, and gives the 202's body.
  async send(type, payload, options) {
    const answer = await this.api.send(this.app, type, payload, options);
    if (answer.status !== 202)
      throw new Error(`the event got ${answer.status}: ${answer.text}`);
    return answer.json;
  }
  // The simplest event of the contract; gives the id of its delivery.
  async order(options) {
    const { type, payload } = orders[this.profile];
    return (await this.send(type, payload, options)).deliveries[0].id;
  }
  delivery(id) {
    return this.api.delivery(this.app, id);
  }
  attempts(id) {
    return this.api.attempts(this.app, id);
  }
  retry(id) {
    return this.api.retry(this.app, id);
  }
  // Waits until the delivery's state is one of states (or its attempts are as many as asked).
  reaches(id, state, withinMs) {
    const there = async () => {
      const delivery = await this.delivery(id);
      return delivery.state === state && delivery;
    };
    return until(there, `delivery ${id} to be ${state}`, withinMs);
  }
  hasAttempts(id, count, withinMs) {
    const there = async () => {
      const list = await this.attempts(id);
      return list.length >= count && list;
    };
    return until(there, `${count} attempts of ${id}`, withinMs);
  }
}

// The least event of each contract.
export const orders = {
  mileston: { type: 'invoice-paid', payload: '{"invoiceId":"6a1c","amount":"1"}' },
  stablemint: { type: 'InwardPaymentAccepted', payload: '{"amount":1.10}' },
  devdraft: { type: 'payment.completed', payload: '{"amount":1.10}' },
  yoco: { type: 'payment.succeeded', payload: '{"id":"p_1","type":"payment","mode":"live"}' },
  mesilat: { type: 'payment', payload: '{"uuid":"b9c3e992","amount":500,"currency":"RUB"}' },
  standard: { type: 'order.paid', payload: '{"amount":1.10}' },
};
