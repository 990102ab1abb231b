// What the demo prints: aligned columns with a little colour on a terminal, plain lines
// separated by tabs elsewhere.

const COLUMNS = [
  ['profile', 11],
  ['event', 26],
  ['attempt', 8],
  ['status', 7],
  ['verified by the receiver', 0],
];

const isTerminal = process.stdout.isTTY === true;
const hasColour = isTerminal && !process.env.NO_COLOR;
const paint = (code, text) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const say = (text) => console.log(text);

function row(cells) {
  if (!isTerminal) return cells.join('\t');
  return cells.map((cell, index) => String(cell).padEnd(COLUMNS[index][1])).join(' ');
}

export function heading() {
  say(paint(1, row(COLUMNS.map(([name]) => name))));
}

export function line(cells) {
  const [, , , status, verified] = cells;
  const isGood = verified === 'yes' && status < 300;
  say(paint(isGood ? 32 : verified === 'yes' ? 33 : 31, row(cells)));
}

const NEXT = `
What to try next:
  build/release/posthorn serve --allow-private 127.0.0.0/8
      the server, with its data in ./posthorn-data; deliveries to this machine are allowed
  curl -H "Authorization: Bearer $(cat posthorn-data/operator.key)" \\
       http://127.0.0.1:8080/v1/profiles
      what each platform's contract says
  make test
      every promise put to the test`;

// Says how it went; the exit status follows.
export function summary({ deliveries, platforms, wrong, spoilt }) {
  if (spoilt.length > 0) say(`\nNot verified: ${[...new Set(spoilt)].join(', ')}`);
  if (wrong.length > 0)
    say(`\nThe server counts other attempts than the merchant: ${wrong.join(', ')}`);
  if (spoilt.length + wrong.length > 0) process.exitCode = 1;
  else say(`\n${deliveries} events of ${platforms} platforms delivered, each verified.`);
  say(NEXT);
}
