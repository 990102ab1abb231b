// Speaks the API of one server for one key. Bytes are sent as given: a body that is a string
// or a Buffer leaves untouched, anything else as JSON. Paths and names that many scenes
// use stand here only.

import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const LIST_MAX = 250;

export class Client {
  // ca: the file of the authority that vouches for an https base.
  constructor(base, key, ca) {
    Object.assign(this, { base, key, ca });
    this.web = base.startsWith('https:') ? https : http;
    const trust = ca ? { ca: fs.readFileSync(ca) } : {};
    this.agent = new this.web.Agent({ keepAlive: true, maxSockets: 64, ...trust });
  }

  as(key) {
    return new Client(this.base, key, this.ca);
  }

  close() {
    this.agent.destroy();
  }

  // { status, headers, text, json }; a connection that breaks rejects.
  request(method, path, { body, headers = {}, key = this.key } = {}) {
    const bytes = body === undefined ? undefined : toBytes(body);
    const sent = { ...headers };
    if (key !== null) sent.Authorization ??= `Bearer ${key}`;
    if (bytes !== undefined && sent['Content-Type'] === undefined) {
      sent['Content-Type'] = 'application/json';
    }
    if (sent['Content-Type'] === null) delete sent['Content-Type'];
    if (bytes !== undefined) sent['Content-Length'] = bytes.length;
    return new Promise((resolve, reject) => {
      const options = { method, headers: sent, agent: this.agent };
      const request = this.web.request(this.base + path, options, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve(toAnswer(response, Buffer.concat(chunks))));
      });
      request.setTimeout(30000, () =>
        request.destroy(new Error(`${method} ${path}: no answer in 30 s`)),
      );
      request.on('error', reject);
      request.end(bytes);
    });
  }

  get(path, options) {
    return this.request('GET', path, options);
  }
  post(path, body, options) {
    return this.request('POST', path, { ...options, body: body ?? {} });
  }
  patch(path, body, options) {
    return this.request('PATCH', path, { ...options, body });
  }
  delete(path, options) {
    return this.request('DELETE', path, options);
  }

  // The calls below expect to succeed and give the answer's JSON.
  async made(path, body, options) {
    return expectStatus(
      await this.post(path, body, options),
      [200, 201, 202],
      `POST ${path}`,
    );
  }
  async read(path) {
    return expectStatus(await this.get(path), [200], `GET ${path}`);
  }

  newApp(fields) {
    return this.made('/v1/apps', fields);
  }
  newKey(app, fields) {
    return this.made(`/v1/apps/${app}/keys`, fields);
  }
  newWebhook(app, fields) {
    return this.made(`/v1/apps/${app}/webhooks`, fields);
  }
  async secretOf(app, webhook) {
    return (await this.read(`/v1/apps/${app}/webhooks/${webhook}/secret`)).secret;
  }

  // The answer whole, whatever its status. payload: bytes, not a value.
  send(app, type, payload, { idempotencyKey, headers = {}, more = '' } = {}) {
    const body = Buffer.concat([
      Buffer.from(`{"type":${JSON.stringify(type)},"payload":`),
      Buffer.from(payload),
      Buffer.from(`${more}}`),
    ]);
    const sent = idempotencyKey ? { 'Idempotency-Key': idempotencyKey, ...headers } : headers;
    return this.post(`/v1/apps/${app}/events`, body, { headers: sent });
  }
  delivery(app, id) {
    return this.read(`/v1/apps/${app}/deliveries/${id}`);
  }
  async attempts(app, id) {
    const { data } = await this.read(`/v1/apps/${app}/deliveries/${id}/attempts`);
    return data.sort((a, b) => a.number - b.number);
  }
  retry(app, id) {
    return this.post(`/v1/apps/${app}/deliveries/${id}/retry`);
  }

  // Every row of a list, page after page.
  async all(path, query = {}) {
    const rows = [];
    let cursor;
    do {
      const search = new URLSearchParams({
        limit: LIST_MAX,
        ...query,
        ...(cursor && { cursor }),
      });
      const page = await this.read(`${path}?${search}`);
      rows.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor);
    return rows;
  }
  deliveries(app, query) {
    return this.all(`/v1/apps/${app}/deliveries`, query);
  }
  events(app, query) {
    return this.all(`/v1/apps/${app}/events`, query);
  }
}

function toBytes(body) {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function toAnswer(response, bytes) {
  const text = bytes.toString('utf8');
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  const json = isJson && text !== '' ? JSON.parse(text) : undefined;
  return { status: response.statusCode, headers: response.headers, text, json };
}

function expectStatus(answer, statuses, what) {
  if (!statuses.includes(answer.status)) {
    throw new Error(`${what}: ${answer.status} ${answer.text.slice(0, 500)}`);
  }
  return answer.json;
}

// An attempt's error: a code for programs, a sentence for people.
export const codeOf = (attempt) => attempt.error?.code ?? null;
export const sentenceOf = (attempt) => attempt.error?.detail ?? attempt.error?.message ?? '';
