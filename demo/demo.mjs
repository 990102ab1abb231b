// The whole of Posthorn in half a minute: starts the server on an empty folder, opens one
// merchant per platform, sends each platform's own example events, and shows what arrives and
// whether the merchant's own code takes it. Leaves nothing behind.

import { contracts, profiles } from '../tests/receivers/contracts.mjs';
import { examplesOf } from '../tests/receivers/examples.mjs';
import { openShop, sleep, startServer } from '../tests/flow/harness.mjs';
import { heading, line, say, summary } from './table.mjs';

const DEADLINE_MS = 60000;
const TIME_SCALE = 200; // Mesilat's waits of 1 and 5 minutes become 0.3 and 1.5 seconds
const FAILS_TWICE = 'mesilat';
const FAILURES = [500, 503];

// What must be undone at the end, last first.
const undo = [];
const scene = { after: (step) => undo.push(step) };

async function cleanUp() {
  while (undo.length > 0) await undo.pop()();
}

// One merchant per event type where a platform binds them so, else one for all its events.
async function openShops(server) {
  const shops = [];
  for (const profile of profiles) {
    const examples = examplesOf(profile).filter(({ name }) => !name.includes('~'));
    const groups = profile === 'stablemint' ? examples.map((one) => [one]) : [examples];
    let app;
    for (const group of groups) {
      const script = profile === FAILS_TWICE ? FAILURES : [];
      const fields = profile === 'stablemint' ? { events: [group[0].type] } : {};
      const shop = await openShop(scene, server, { profile, script, fields, app });
      app = shop.app;
      shops.push({ shop, examples: group });
    }
  }
  return shops;
}

// [{ shop, example, id of the delivery, attempts seen so far }]
async function sendExamples(shops) {
  const deliveries = [];
  for (const { shop, examples } of shops) {
    for (const example of examples) {
      const { deliveries: made } = await shop.send(example.type, example.payload);
      deliveries.push({ shop, example, id: made[0].id, attempts: 0 });
    }
  }
  return deliveries;
}

// Shows what has arrived at this merchant since the last look.
function showNew(entry, deliveries) {
  const { shop } = entry;
  for (; entry.shown < shop.receiver.done.length; entry.shown++) {
    const request = shop.receiver.done[entry.shown];
    const delivery = deliveries.find(
      (one) => one.shop === shop && one.example.fits(request.body),
    );
    const attempt = delivery ? ++delivery.attempts : '?';
    if (delivery && request.verified && request.status < 300) delivery.isReceived = true;
    if (!request.verified || !delivery) entry.isSpoilt = true;
    line([
      shop.profile,
      delivery?.example.type ?? 'unknown bytes',
      attempt,
      request.status,
      request.verified ? 'yes' : `NO: ${request.reason}`,
    ]);
  }
}

async function watch(shops, deliveries) {
  for (const entry of shops) entry.shown = 0;
  while (!deliveries.every(({ isReceived }) => isReceived)) {
    for (const entry of shops) showNew(entry, deliveries);
    await sleep(20);
  }
}

// The server's own record must agree with what the merchants saw.
async function disagreements(deliveries) {
  const wrong = [];
  for (const { shop, example, id, attempts } of deliveries) {
    const record = await shop.reaches(id, 'delivered', 5000);
    if (record.attempts !== attempts) wrong.push(`${shop.profile} ${example.type}`);
  }
  return wrong;
}

async function play() {
  const server = await startServer(scene, { timeScale: TIME_SCALE });
  say(
    `Posthorn listens on ${server.base}; its clock runs ${TIME_SCALE} times faster, so that`,
  );
  say(`the ${FAILS_TWICE} merchant, who fails twice, is tried again within seconds.\n`);
  heading();
  const shops = await openShops(server);
  const deliveries = await sendExamples(shops);
  await watch(shops, deliveries);
  const wrong = await disagreements(deliveries);
  const spoilt = shops.filter(({ isSpoilt }) => isSpoilt).map(({ shop }) => shop.profile);
  return {
    deliveries: deliveries.length,
    platforms: Object.keys(contracts).length,
    wrong,
    spoilt,
  };
}

const late = sleep(DEADLINE_MS, undefined, { ref: false }).then(() => {
  throw new Error(`not everything had arrived after ${DEADLINE_MS / 1000} seconds`);
});
const interrupted = new Promise((_, reject) => {
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => reject(new Error(name)));
  process.stdout.once('error', reject); // whoever read the table has gone
});

try {
  summary(await Promise.race([play(), late, interrupted]));
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
process.exit(); // play() may still be waiting for something that will not come
