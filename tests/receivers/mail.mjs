// A mail server for tests, made of the package smtp-server: it keeps the letters it took, read
// as a mail program would read them, and refuses what the script tells it to.

import { SMTPServer } from 'smtp-server';

// The lines of a header belong together where a line begins with a space.
function readHeaders(head) {
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
}

// RFC 2047 encoded words in base64; the space between two of them is none.
export function decodeWords(text) {
  return text
    .replace(/\?= +=\?/g, '?==?')
    .replace(/=\?utf-8\?B\?([^?]*)\?=/g, (_, word) => `\0${word}\0`)
    .replace(/\0\0/g, '\0\0')
    .replace(/(?:\0[^\0]*\0)+/g, (run) => {
      const words = run.split('\0').filter((word) => word !== '');
      return Buffer.concat(words.map((word) => Buffer.from(word, 'base64'))).toString();
    });
}

function decodeQuotedPrintable(text) {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8').replace(/\r\n/g, '\n');
}

// One text part within a multipart body, as the letters have.
export function readLetter(raw) {
  const [head, ...rest] = raw.split('\r\n\r\n');
  const headers = readHeaders(head);
  const part = rest.slice(1).join('\r\n\r\n').split('\r\n--')[0];
  const get = (name) => headers.filter(([key]) => key === name).map(([, value]) => value);
  return { headers, get, subject: decodeWords(get('subject')[0]), text: decodeQuotedPrintable(part) };
}

const refusal = (code) => Object.assign(new Error('as the script says'), { responseCode: code });

// options: smtp-server's own. refuse: the answers to the first letters, as [451, 451]; one
// number refuses every letter.
export async function startMailServer(t, { refuse = [], port = 0, ...options } = {}) {
  const mail = { letters: [], tries: 0, sessions: [] };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onRcptTo(address, session, done) {
      const code = Array.isArray(refuse) ? refuse[mail.tries] : refuse;
      mail.tries++;
      done(code ? refusal(code) : null);
    },
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('latin1');
        mail.letters.push({
          from: session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map(({ address }) => address),
          wasEncrypted: session.secure,
          user: session.user ?? null,
          raw,
          ...readLetter(raw),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {}); // a client that goes away is the scene's own doing
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  mail.port = server.server.address().port;
  mail.url = `smtp://127.0.0.1:${mail.port}`;
  return mail;
}
