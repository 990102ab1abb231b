// Signs by hand what a platform would send, with node:crypto alone: the receivers are tried
// against it before they are trusted to judge a server.

import crypto from 'node:crypto';
import http from 'node:http';
import { sealingKey } from './sealed.mjs';

const mac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();

export const nowSeconds = () => Math.floor(Date.now() / 1000);

function standard(
  secret,
  body,
  { id = 'msg_p5jXN8AQM9LWM0D4loKWxJek', at = nowSeconds() } = {},
) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = mac(key, Buffer.concat([Buffer.from(`${id}.${at}.`), body])).toString(
    'base64',
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${signature}`,
  };
}

function stablemint(privateKey, body, { at = new Date().toISOString() } = {}) {
  if (!privateKey) return {};
  const signature = crypto.sign(
    'sha256',
    Buffer.concat([Buffer.from(`${at},`), body]),
    privateKey,
  );
  return { 'StableMint-Timestamp': at, 'StableMint-Signature': signature.toString('base64') };
}

function devdraft(secret, body, { id, type }) {
  return {
    'X-Webhook-Id': id,
    'X-Webhook-Event': type,
    'X-Webhook-Timestamp': String(nowSeconds()),
    'X-Webhook-Signature': mac(secret, body).toString('hex'),
  };
}

// headers(secret, body, details): what each platform puts beside the body.
export const signers = {
  mileston: (secret) => ({ 'X-Webhook-Signature': secret }),
  stablemint,
  devdraft,
  yoco: standard,
  mesilat: (secret) => ({ 'webhook-key': secret }),
  standard,
};

export function seal(plaintext, secret, eventId) {
  const iv = crypto.randomBytes(12);
  const cipher = crypto.createCipheriv('aes-256-gcm', sealingKey(secret), iv);
  cipher.setAAD(Buffer.from(eventId));
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.from(
    JSON.stringify({
      encrypted: true,
      alg: 'A256GCM',
      key_version: 1,
      iv: iv.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
      data: data.toString('base64'),
    }),
  );
}

// Posts the bytes and gives the status; an error's code where no answer came.
export function post(url, headers, body, { timeoutMs = 2000 } = {}) {
  return new Promise((resolve) => {
    const options = { method: 'POST', agent: false, timeout: timeoutMs };
    options.headers = {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      ...headers,
    };
    const request = http.request(url, options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', (error) =>
        resolve({ status: response.statusCode, error: error.code }),
      );
      response.on('end', () => {
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })),
    );
    request.on('error', (error) => resolve({ error: error.code }));
    request.end(body);
  });
}
