// Many connections that say nothing do not keep the others from being served.

import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { openShop, orders, startServer, until } from './harness.mjs';

const CROWD = 2000;
const PER_ADDRESS = 50;
const WITHOUT_KEY = 64; // connections of one address that have not shown a key yet

// Loopback has 16 million addresses: the crowd comes from many, each within its own limit.
function connectFrom(port, localAddress) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

async function gather(t, server, count, addressOf) {
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket?.destroy()));
  for (let i = 0; i < count; i++) {
    const socket = await connectFrom(server.port, addressOf(i));
    socket?.on('error', () => {});
    socket?.on('close', () => (socket.isGone = true));
    sockets.push(socket);
  }
  return sockets;
}

test(`${CROWD} idle connections: the others are served as before`, async (t) => {
  const server = await startServer(t, { workers: 2 });
  const shop = await openShop(t, server, { profile: 'standard' });
  const address = (i) => `127.0.${1 + Math.floor(i / PER_ADDRESS)}.1`;
  const crowd = await gather(t, server, CROWD, address);
  const open = crowd.filter((socket) => socket && !socket.isGone).length;
  assert.ok(open >= CROWD * 0.99, `only ${open} could connect`);
  const { type, payload } = orders.standard;
  const times = [];
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    assert.equal((await shop.api.send(shop.app, type, payload)).status, 202);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  assert.ok(times[94] < 100, `95 of 100 took up to ${times[94]} ms`);
  await shop.receiver.got(100);
});

test('one address may not take all connections', async (t) => {
  const server = await startServer(t);
  const crowd = await gather(t, server, 300, () => '127.0.0.9');
  const open = () => crowd.filter((socket) => socket && !socket.isGone).length;
  await until(() => open() <= WITHOUT_KEY, 'the rest of the crowd to be turned away', 3000);
  assert.equal((await server.client.get('/v1/apps')).status, 200);
});

test('a head that never ends is closed after 10 s', async (t) => {
  const server = await startServer(t);
  const [socket] = await gather(t, server, 1, () => '127.0.0.9');
  let text = '';
  socket.on('data', (data) => (text += data));
  socket.write('POST /v1/apps HTTP/1.1\r\nHost: x\r\n');
  const timer = setInterval(() => socket.isGone || socket.write('X-Slow: 1\r\n'), 1000);
  const start = performance.now();
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  const took = performance.now() - start;
  assert.ok(took > 8000 && took < 14000, `closed after ${took} ms`);
  assert.match(text, /^HTTP\/1.1 408 /);
  assert.equal((await server.client.get('/v1/apps')).status, 200);
});
