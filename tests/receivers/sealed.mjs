// Opens an encrypted body as the contract states it: AES-256-GCM, key by HKDF-SHA256 from the
// signing secret without salt, additional data = the event's id. Throws if a bit is changed.

import crypto from 'node:crypto';

const INFO = 'webhook-payload-encryption';
const IV_LEN = 12;
const TAG_LEN = 16;

export function sealingKey(secret) {
  return Buffer.from(crypto.hkdfSync('sha256', secret, '', INFO, 32));
}

export function openSealed(envelope, secret, eventId) {
  if (envelope.alg !== 'A256GCM') throw new Error(`unknown alg ${envelope.alg}`);
  const [iv, tag, data] = ['iv', 'tag', 'data'].map((name) =>
    Buffer.from(envelope[name], 'base64'),
  );
  if (iv.length !== IV_LEN || tag.length !== TAG_LEN)
    throw new Error('iv or tag of a wrong length');
  const decipher = crypto.createDecipheriv('aes-256-gcm', sealingKey(secret), iv);
  decipher.setAAD(Buffer.from(eventId));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(data), decipher.final()]);
}
