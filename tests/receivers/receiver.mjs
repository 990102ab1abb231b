// A merchant's endpoint for tests: it verifies what it gets the way the platform tells its
// merchants to, writes everything down, and then answers as a script says.
//
//   const receiver = await startReceiver({ profile: 'yoco', secret, script: [500] });
//   await receiver.got(2);
//   receiver.requests[1].verified   // true: the second try got the merchant's own answer
//   await receiver.close();
//
// script: a list of steps, one per request, after which the merchant answers for itself; or
// one step, which then holds for every request. The steps stand in steps.mjs; null is the
// merchant's own answer. The secret may become known later: set receiver.secret.

import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { merchants } from './merchants.mjs';
import { play } from './steps.mjs';

const stepOf = (script, index) => (Array.isArray(script) ? (script[index] ?? null) : script);

class Receiver {
  constructor({ profile, secret = null, publicKey = null, script = [] }) {
    Object.assign(this, { profile, secret, publicKey, script });
    this.requests = [];
    this.connections = 0;
    this.merchant = merchants[profile](this);
    this.server = http.createServer({ keepAlive: true, requestTimeout: 0 });
    this.server.keepAliveTimeout = 0; // only a step closes a connection
    this.server.on('connection', (socket) => {
      socket.number = ++this.connections;
      socket.on('error', () => {}); // the peer may go away while a step is still playing
    });
    this.server.on('request', (request, response) => this.take(request, response));
  }

  // Records the request, lets the merchant's own code judge it, and plays the step in place
  // of what that code wanted to answer.
  take(request, response) {
    const chunks = [];
    const entry = {
      method: request.method,
      path: request.url,
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      at: performance.now(),
      connection: request.socket.number,
    };
    const step = stepOf(this.script, this.requests.length);
    this.requests.push(entry);
    request.on('data', (chunk) => chunks.push(chunk));
    const end = response.end;
    response.end = (...written) => {
      response.end = end;
      entry.body = Buffer.concat(chunks);
      entry.verified = response.statusCode < 300;
      entry.reason = entry.verified ? '' : String(written[0]);
      // Before it leaves: read later, on a busy machine, the wait that follows looks short.
      const answeredAt = performance.now();
      entry.step = step;
      if (step === null) end.apply(response, written);
      else play(step, request, response);
      entry.status =
        typeof step === 'string' ? step : (step?.status ?? step ?? response.statusCode);
      entry.answeredAt = answeredAt;
    };
    this.merchant(request, response);
  }

  // The requests whose body has arrived and been judged.
  get done() {
    return this.requests.filter((entry) => entry.answeredAt !== undefined);
  }

  // Waits until count requests have been judged, and gives them.
  async got(count, withinMs = 10000) {
    const deadline = performance.now() + withinMs;
    while (this.done.length < count) {
      if (performance.now() > deadline) {
        throw new Error(
          `${this.profile}: ${this.done.length} of ${count} requests in ${withinMs} ms`,
        );
      }
      await sleep(2);
    }
    return this.done;
  }

  // True when nothing more comes for ms.
  async staysAt(count, ms) {
    await sleep(ms);
    return this.requests.length === count;
  }

  async listen(port = 0) {
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/hooks/${this.profile}`;
    return this;
  }

  async close() {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

export async function startReceiver(options) {
  return new Receiver(options).listen(options.port);
}

// [name, value] pairs exactly as they stood on the wire.
export function headerLines(entry) {
  const lines = [];
  for (let i = 0; i < entry.rawHeaders.length; i += 2) {
    lines.push([entry.rawHeaders[i], entry.rawHeaders[i + 1]]);
  }
  return lines;
}
