// An authority of our own, and a certificate it signed for 127.0.0.1 and localhost.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// Files, gone when the test ends: { ca, cert, key }.
export function makeCertificates(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'posthorn-tls-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const at = (name) => path.join(dir, name);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2',
    '-subj', '/CN=Flow CA', '-addext', 'basicConstraints=critical,CA:TRUE');
  openssl('req', ...key, '-keyout', at('key.pem'), '-out', at('csr.pem'), '-subj', '/CN=flow');
  fs.writeFileSync(at('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  openssl('x509', '-req', '-in', at('csr.pem'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'),
    '-CAcreateserial', '-out', at('cert.pem'), '-days', '2', '-extfile', at('ext'));
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') };
}
