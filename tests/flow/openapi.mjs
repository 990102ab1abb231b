// openapi.yaml as a judge of answers: finds the operation of a request, and says what in an
// answer is not as the document has it. Everything is read from the document, so a new
// operation is judged as soon as it is described.

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import YAML from 'yaml';

export const DOCUMENT = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));
export const description = YAML.parse(fs.readFileSync(DOCUMENT, 'utf8'));

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

// { id, method, path, pattern, responses }: fixed paths before those with names in them.
export const operations = Object.entries(description.paths)
  .flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      id: item[method].operationId,
      method: method.toUpperCase(),
      path,
      pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
      responses: item[method].responses,
    })),
  )
  .sort((a, b) => a.path.includes('{') - b.path.includes('{'));

export function operationOf(method, target) {
  const path = target.split('?')[0];
  return operations.find((one) => one.method === method && one.pattern.test(path));
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'api', ...description });

const pointerTo = (...steps) =>
  steps.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');

// Where the answer's schema stands in the document, references followed.
function follow(pointer) {
  let node = description;
  for (const step of pointer.split('/').slice(1)) {
    node = node[step.replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  return node?.$ref ? follow(node.$ref.slice(1)) : { pointer, node };
}

const validators = new Map();

function validator(pointer) {
  if (!validators.has(pointer)) {
    validators.set(pointer, ajv.compile({ $ref: `api#${encodeURI(pointer)}` }));
  }
  return validators.get(pointer);
}

// What is wrong with the answer, in words; nothing: [].
export function faultsOf(method, target, { status, headers, json }) {
  const operation = operationOf(method, target);
  if (!operation) return [`${method} ${target} is not described`];
  const which = operation.responses[status] ? String(status) : 'default';
  const at = pointerTo('paths', operation.path, method.toLowerCase(), 'responses', which);
  const { pointer, node } = follow(at);
  if (!node) return [`${operation.id}: ${status} is not described`];
  const type = (headers['content-type'] ?? '').split(';')[0];
  const content = node.content ?? {};
  if (!type && Object.keys(content).length === 0) return [];
  if (!content[type]) return [`${operation.id}: ${status} is ${type || 'nothing'}`];
  const validate = validator(`${pointer}${pointerTo('content', type, 'schema')}`);
  if (!/json/.test(type) || validate(json)) return [];
  return validate.errors.map(
    ({ instancePath, message }) => `${operation.id} ${status} ${instancePath}: ${message}`,
  );
}
