// A merchant of Devdraft: its API for webhooks, called as that platform's pages tell to, with
// fetch, two key headers, and JSON in and out.

import assert from 'node:assert/strict';

export const URL_OK = 'https://shop.example/hooks';
export const PATH = '/api/v0/webhooks';
export const SECRET = 'abcdefghijklmnopqrstuvwxyz_ABCDE-0123';

// A merchant's client, as its own code would have it.
export class Client {
  constructor(server, key) {
    this.server = server;
    this.headers = { 'x-client-key': key.client_key, 'x-client-secret': key.client_secret };
  }
  async call(method, path = '', body, headers = this.headers) {
    const sent =
      body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' };
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(this.server.base + PATH + path, {
      method,
      headers: sent,
      body: text,
    });
    return {
      status: response.status,
      headers: response.headers,
      json: await response.json(),
    };
  }
  async create(fields = {}) {
    const { status, json } = await this.call('POST', '', {
      name: 'Orders',
      url: URL_OK,
      ...fields,
    });
    assert.equal(status, 201, JSON.stringify(json));
    return json;
  }
}

export async function merchant(server, { mode = 'live', scopes, app } = {}) {
  const id = app ?? (await server.client.newApp({ name: 'Shop', profile: 'devdraft' })).id;
  const key = await server.client.newKey(id, {
    name: 'Till',
    mode,
    ...(scopes && { scopes }),
  });
  return { app: id, key, client: new Client(server, key) };
}

export const without = ({ signing_secret: _, ...rest }) => rest;

export function assertError({ status, json }, code, message) {
  const words = {
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
  };
  assert.equal(status, code, JSON.stringify(json));
  assert.deepEqual(Object.keys(json), ['statusCode', 'message', 'error', 'details']);
  assert.equal(json.statusCode, code);
  assert.equal(json.error, words[code]);
  assert.equal(typeof json.details, 'string');
  if (message) assert.equal(json.message, message);
}
