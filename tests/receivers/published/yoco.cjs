// What Yoco's page asks of an endpoint, by hand and without a library: verify, then pick out
// the events of one's own checkout.
const crypto = require('node:crypto');
const express = require('express');
const app = express();
app.use(express.json({ verify: (req, res, buf) => (req.rawBody = buf.toString()) }));

app.post('/my/webhook/url', (req, res) => {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = req.headers;
  const signedContent = `${id}.${timestamp}.${req.rawBody}`;
  const secretBytes = Buffer.from(process.env.WEBHOOK_SECRET.split('_')[1], 'base64');
  const expectedSignature = crypto
    .createHmac('sha256', secretBytes)
    .update(signedContent)
    .digest('base64');
  const signature = req.headers['webhook-signature'].split(' ')[0].split(',')[1];
  const isGenuine =
    signature.length === expectedSignature.length &&
    crypto.timingSafeEqual(Buffer.from(expectedSignature), Buffer.from(signature)) &&
    Math.abs(Date.now() / 1000 - Number(timestamp)) < 180;
  if (!isGenuine) return res.sendStatus(403);

  const { type, payload } = req.body;
  if (payload.metadata.checkoutId === 'ch_mine') process.send({ type, payload });
  return res.sendStatus(200);
});

app.listen(3000);
