// The example events are what they claim to be, and the comparison can fail.

import assert from 'node:assert/strict';
import test from 'node:test';
import { contracts, profiles } from './contracts.mjs';
import { examplesOf, wireMatches } from './examples.mjs';

for (const profile of profiles) {
  test(`${profile}: every example is JSON and has a wire body around it`, () => {
    const examples = examplesOf(profile);
    assert.ok(examples.length > 0);
    for (const { payload, wire } of examples) {
      assert.doesNotThrow(() => JSON.parse(payload));
      const filled = wire
        .replace('{{payload}}', () => payload.toString())
        .replace(/\{\{\w+\}\}/g, 'x');
      assert.doesNotThrow(() => JSON.parse(filled), `${wire} around ${payload}`);
    }
  });
}

const rows = [
  ['the same bytes', '{"a":{{payload}}}', '1.10', '{"a":1.10}', true],
  ['a number re-written', '{"a":{{payload}}}', '1.10', '{"a":1.1}', false],
  ['a space lost', '{{payload}}', '{ "a":1}', '{"a":1}', false],
  ['an escape resolved', '{{payload}}', '"\\u0041"', '"A"', false],
  ['a byte behind', '{{payload}}', '1', '1\n', false],
  ['a time with milliseconds', '"{{ms}}"', '', '"2024-03-20T14:30:00.000Z"', true],
  ['a time with microseconds', '"{{ms}}"', '', '"2024-03-20T14:30:00.000000Z"', false],
  ['an id', '{{evt}}', '', 'evt_3kTMd', true],
  ['an id with a dot', '{{evt}}', '', 'evt_3k.Md', false],
];
for (const [what, template, payload, body, fits] of rows) {
  test(`a wire body with ${what} ${fits ? 'fits' : 'does not fit'}`, () => {
    assert.equal(wireMatches(template, payload, Buffer.from(body)), fits);
  });
}

test('the attempts of each contract are as many as its page says', () => {
  const attempts = profiles.map((profile) => contracts[profile].waits.length + 1);
  assert.deepEqual(attempts, [7, 6, 4, 8, 10, 8]);
});
