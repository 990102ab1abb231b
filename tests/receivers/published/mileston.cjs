// From Mileston's page on webhooks, as it stands there.
const express = require("express");
const app = express();

app.use(express.json());

// Replace with your actual verification token from the dashboard
const VERIFICATION_TOKEN = "your-verification-token";

app.post("/your-webhook-endpoint", (req, res) => {
  const signature = req.headers["x-webhook-signature"];

  if (signature !== VERIFICATION_TOKEN) {
    // Invalid token, reject the request
    return res.status(401).json({ error: "Invalid webhook signature" });
  }

  // Process the webhook event
  const { event, payload } = req.body;
  // ... your logic here ...
  process.send({ event, payload });

  // Always return 200 OK after successful processing
  res.status(200).json({ received: true });
});

app.listen(3000, () => console.log("Webhook endpoint listening on port 3000"));
