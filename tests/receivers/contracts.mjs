// What each platform promises its merchants, written down a second time and by hand, so that
// the server's own profile files are held against something that is not made from them.

const MINUTE = 60;
const HOUR = 3600;
const STANDARD_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
const STANDARD_WAITS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];

// waits: seconds between attempts, so there is one attempt more than waits. headers: beside
// those that every delivery carries, spelled as on the wire. only200: 204 is a failure.
// timeout: seconds for the whole answer.
// secret: who chooses it ('ours': the server, 'theirs': the merchant, null: there is none).
export const contracts = {
  mileston: {
    headers: ['X-Webhook-Signature'],
    waits: [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR],
    timeout: 10,
    only200: true,
    secret: 'theirs',
  },
  stablemint: {
    headers: [],
    waits: [5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE, 90 * MINUTE],
    timeout: 15,
    only200: false,
    secret: null,
  },
  devdraft: {
    headers: [
      'X-Webhook-Id',
      'X-Webhook-Event',
      'X-Webhook-Timestamp',
      'X-Webhook-Signature',
    ],
    waits: [5, 10, 20],
    timeout: 10,
    only200: false,
    secret: 'ours',
  },
  yoco: {
    headers: STANDARD_HEADERS,
    waits: STANDARD_WAITS,
    timeout: 15,
    only200: false,
    secret: 'ours',
  },
  mesilat: {
    headers: ['webhook-key'],
    waits: [1, 5, 10, 20, 30, 60, 60, 60, 60].map((minutes) => minutes * MINUTE),
    timeout: 10,
    only200: true,
    secret: 'ours',
  },
  standard: {
    headers: STANDARD_HEADERS,
    waits: STANDARD_WAITS,
    timeout: 15,
    only200: false,
    secret: 'ours',
  },
};

export const EVERY_DELIVERY = [
  'Host',
  'User-Agent',
  'Accept',
  'Content-Type',
  'Content-Length',
];

export const profiles = Object.keys(contracts);
