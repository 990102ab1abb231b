// Whatever the API takes, the command line can give: every operation of openapi.yaml, with
// every member of its body and every parameter of its query. Which commands and flags there
// are the program says itself; each is run against a server that writes down what was asked.

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { makeFolder, run, writeFile } from './cli_run.mjs';
import { description, operationOf, operations } from './openapi.mjs';

// Not for the command line, and why.
const excused = {
  operations: [
    /^(devdraft|yoco)/, // other platforms' own APIs, for their clients
    /^(getDescription|isHealthy|isReady|readMetrics)$/, // for programs
    /^(logIn|getSession|logOut)$/, // for the portal's pages: the command line has a key
  ],
  headers: ['If-Match'], // a person has read nothing that could be old
};
const others = ['delivery tail', 'doctor']; // without an end; that look at answers
const unwanted = ['--help', '--json', '--server', '--api-key-file', '--ca-file', '--wait'];

// --- what the API takes ---

function resolve(node) {
  if (!node?.$ref) return node ?? {};
  const steps = node.$ref.slice(2).split('/');
  return resolve(steps.reduce((at, step) => at[step], description));
}

function membersOf(schema) {
  const { properties = {}, allOf = [], oneOf = [], anyOf = [] } = resolve(schema);
  return [...Object.keys(properties), ...[...allOf, ...oneOf, ...anyOf].flatMap(membersOf)];
}

function fieldsOf({ method, path }) {
  const item = description.paths[path];
  const own = item[method.toLowerCase()];
  const parameters = [...(item.parameters ?? []), ...(own.parameters ?? [])].map(resolve);
  const named = (where) => parameters.filter((one) => one.in === where).map((one) => one.name);
  const bodies = Object.values(resolve(own.requestBody).content ?? {});
  return [
    ...bodies.flatMap(({ schema }) => membersOf(schema)).map((name) => `body ${name}`),
    ...named('query').map((name) => `query ${name}`),
    ...named('header')
      .filter((name) => !excused.headers.includes(name))
      .map((name) => `header ${name}`),
  ];
}

const wanted = operations
  .filter(({ id }) => !excused.operations.some((pattern) => pattern.test(id)))
  .flatMap((one) => [`${one.id}`, ...fieldsOf(one).map((field) => `${one.id}: ${field}`)]);

// --- what the command line gives ---

async function startListener(t) {
  const given = new Set();
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => (text += piece));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url, 'http://server');
      const id = operationOf(request.method, pathname)?.id ?? `nowhere: ${pathname}`;
      given.add(id);
      for (const name of Object.keys(text ? JSON.parse(text) : {}))
        given.add(`${id}: body ${name}`);
      for (const name of searchParams.keys()) given.add(`${id}: query ${name}`);
      if (request.headers['idempotency-key']) given.add(`${id}: header Idempotency-Key`);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(
        '{"id":"x_1","name":"x","received":true,"whole":true,"data":[],"next_cursor":null}',
      );
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => new Promise((done) => server.close(done)));
  return { given, env: { POSTHORN_URL: `http://127.0.0.1:${server.address().port}` } };
}

// What to give for "--name VALUE" of the help.
function valueFor(value, files) {
  if (value === 'FILE') return files;
  if (/\|JSON/.test(value)) return '{"a":1}';
  if (/^(COUNT|DAYS)$/.test(value)) return '3';
  if (/^TIME/.test(value)) return '5s';
  return value.split('|')[0];
}

const commandsOf = (completion) =>
  [...completion.matchAll(/^ {4}'([a-z -]+)'\) words='(.*)' ;;$/gm)]
    .filter(([, , flags]) => flags.includes('--server '))
    .map(([, name]) => name)
    .filter((name) => !others.includes(name));

// The words of a command line with every flag that --help names.
function lineOf(help, file) {
  const least = help.match(/^usage: posthorn [a-z-]+(?: [a-z-]+)? ?([A-Z ]*)/)[1];
  const flags = [...help.matchAll(/^ {2}(?:-\w,| {3}) (--[a-z-]+) ?(\S*)[ \n]/gm)]
    .filter(([, name]) => !unwanted.includes(name))
    .flatMap(([, name, value]) => (value ? [`${name}=${valueFor(value, file)}`] : [name]));
  return [...least.split(' ').filter(Boolean), ...flags];
}

test('every operation and every field of openapi.yaml can be reached', async (t) => {
  const { given, env } = await startListener(t);
  const file = writeFile(makeFolder(t), 'file', 'a: b');
  const completion = (await run(['completion', 'bash'])).stdout;
  const commands = commandsOf(completion);
  assert.ok(commands.length > 35, completion);
  for (const name of commands) {
    const help = (await run([...name.split(' '), '--help'])).stdout;
    const words = lineOf(help, file);
    const lines = [words.filter((word) => word !== '--operator')];
    if (words.includes('--operator')) lines.push(words);
    for (const line of lines) {
      const { code, stderr } = await run([...name.split(' '), ...line], { env });
      assert.equal(code, 0, `posthorn ${name} ${line.join(' ')}: ${stderr}`);
    }
  }
  const lacking = wanted.filter((field) => !given.has(field));
  assert.deepEqual(lacking, [], 'no command line gives these');
  assert.deepEqual(
    [...given].filter((field) => field.startsWith('nowhere')),
    [],
  );
});
