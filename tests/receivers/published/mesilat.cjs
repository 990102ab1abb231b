// From Mesilat's page on webhooks: the handler as it stands there, between what a shop has.
const express = require('express');
const app = express();
app.use(express.json());
const orders = new Set();
const Order = { findOne: async ({ transactionUuid }) => orders.has(transactionUuid) };
const queue = {
  add: async (job, data) => {
    orders.add(data.uuid);
    process.send({ job, data });
  },
};

app.post('/webhooks/mesilat', async (req, res) => {
  // Webhook key verification
  const webhookKey = req.headers['webhook-key'];

  if (webhookKey !== process.env.MESILAT_WEBHOOK_KEY) {
    return res.status(401).send('Unauthorized');
  }

  const data = req.body;
  const uuid = data.uuid;

  // Idempotency check
  const exists = await Order.findOne({ transactionUuid: uuid });
  if (exists) {
    return res.status(200).send('OK'); // Already processed
  }

  // Add to queue
  await queue.add('processWebhook', data);

  // Quick response
  res.status(200).send('OK');
});

app.listen(3000);
