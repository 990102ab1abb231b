// The merchants' own code, one express application per platform, written as each platform's
// page tells its merchants to. Nothing in here knows Posthorn: an answer below 300 means
// "this came from my platform, unchanged".
//
// keys is where the merchant keeps what the platform gave it: secret, publicKey.

import crypto from 'node:crypto';
import express from 'express';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { openSealed } from './sealed.mjs';

const ANY_TYPE = () => true;

// Every refusal says why, in the body: the tests read it.
function refuse(response, status, reason) {
  response.status(status).type('text').send(reason);
}

// A handler that throws refuses the request instead of hiding the reason in a page of HTML.
function application(parser, handler) {
  const app = express();
  app.disable('x-powered-by');
  app.use(parser);
  app.post(/.*/, handler);
  app.use((error, request, response, next) => {
    if (response.headersSent) next(error);
    else refuse(response, 400, error.message);
  });
  return app;
}

const raw = () => express.raw({ type: ANY_TYPE, limit: '1mb' });
const json = () => express.json({ strict: false, limit: '1mb' });

// Mileston: the header carries the verification token itself; always answer exactly 200.
function mileston(keys) {
  return application(json(), (request, response) => {
    if (request.headers['x-webhook-signature'] !== keys.secret) {
      return refuse(response, 401, 'Invalid webhook signature');
    }
    const { event, payload } = request.body;
    if (typeof event !== 'string' || payload === undefined) {
      return refuse(response, 400, 'neither event nor payload');
    }
    return response.status(200).json({ received: true });
  });
}

// StableMint: nothing to verify unless an RSA key was agreed on; then the signature stands
// over "<timestamp>,<raw body>". Any 2xx will do.
function stablemint(keys) {
  return application(raw(), (request, response) => {
    const timestamp = request.headers['stablemint-timestamp'];
    const signature = request.headers['stablemint-signature'];
    if (!keys.publicKey) {
      if (timestamp || signature)
        return refuse(response, 400, 'signed, though no key was set');
    } else {
      const signed = Buffer.concat([Buffer.from(`${timestamp},`), request.body]);
      const bytes = Buffer.from(signature ?? '', 'base64');
      if (!crypto.verify('sha256', signed, keys.publicKey, bytes)) {
        return refuse(response, 401, 'the RSA signature does not hold');
      }
      if (!(Math.abs(Date.now() - Date.parse(timestamp)) < 300_000)) {
        return refuse(response, 401, 'the timestamp is not of now');
      }
    }
    if (typeof JSON.parse(request.body).notificationType !== 'string') {
      return refuse(response, 400, 'no notificationType');
    }
    return response.status(202).end();
  });
}

function hexMacHolds(header, secret, body) {
  const expected = crypto.createHmac('sha256', secret).update(body).digest();
  if (!/^[0-9a-f]{64}$/.test(header ?? '')) return false;
  return crypto.timingSafeEqual(Buffer.from(header, 'hex'), expected);
}

// Devdraft: lower-case hex HMAC-SHA256 over the raw body; the body may be sealed inside, with
// a key made from the same secret.
function devdraft(keys) {
  return application(raw(), (request, response) => {
    const { headers, body } = request;
    const holds =
      hexMacHolds(headers['x-webhook-signature'], keys.secret, body) ||
      hexMacHolds(headers['x-webhook-signature-previous'], keys.secret, body);
    if (!holds) return refuse(response, 401, 'the HMAC does not hold');
    let event = JSON.parse(body);
    if (event.encrypted)
      event = JSON.parse(openSealed(event, keys.secret, headers['x-webhook-id']));
    if (event.id !== headers['x-webhook-id']) return refuse(response, 400, 'the ids differ');
    if (event.event_type !== headers['x-webhook-event'])
      return refuse(response, 400, 'the types differ');
    return response.status(200).json({ received: true });
  });
}

// Yoco and standard: Standard Webhooks, by the reference library and by Svix's own. Svix's is
// an independent implementation; both must accept.
function standardWebhooks(keys) {
  return application(raw(), (request, response) => {
    const body = request.body.toString('utf8');
    for (const Library of [StandardWebhook, SvixWebhook]) {
      try {
        new Library(keys.secret).verify(body, request.headers);
      } catch (error) {
        return refuse(response, 401, error.message);
      }
    }
    const event = JSON.parse(body);
    if (event.encrypted) openSealed(event, keys.secret, request.headers['webhook-id']);
    return response.status(200).json({ received: true });
  });
}

const emptyIsArray = (value) =>
  Array.isArray(value)
    ? value.length === 0
    : typeof value === 'object' && value !== null && Object.keys(value).length > 0;

// Mesilat: the key verbatim; the shape the page promises; a uuid seen before is done already.
function mesilat(keys) {
  const seen = new Set();
  return application(json(), (request, response) => {
    if (request.headers['webhook-key'] !== keys.secret)
      return refuse(response, 401, 'Unauthorized');
    const order = request.body;
    if (typeof order.uuid !== 'string') return refuse(response, 400, 'no uuid');
    for (const name of ['metadata', 'additional_fields']) {
      if (!emptyIsArray(order[name]))
        return refuse(response, 400, `${name} is neither filled nor []`);
    }
    if (!['auto', 'manual'].includes(order.trigger_type))
      return refuse(response, 400, 'trigger_type');
    seen.add(order.uuid);
    return response.status(200).send('OK');
  });
}

export const merchants = {
  mileston,
  stablemint,
  devdraft,
  yoco: standardWebhooks,
  mesilat,
  standard: standardWebhooks,
};
