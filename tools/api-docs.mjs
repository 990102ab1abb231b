#!/usr/bin/env node
// api-docs.mjs [--check] [PAGE]: writes the tables of routes in docs/api.md, or in PAGE, anew
// from openapi.yaml; with --check only says, by its exit code, whether they are what they would be.

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const isCheck = process.argv[2] === '--check';
const PAGE = process.argv[isCheck ? 3 : 2] ?? here('../docs/api.md');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const OPERATORS = ['apps', 'operator'];
const BEGIN = '<!-- routes -->\n';
const END = '<!-- end of routes -->\n';

const document = parse(fs.readFileSync(here('../openapi.yaml'), 'utf8'));

// Who may ask: the scope as the description names it, else as the tag and the keys say.
function scopeOf({ description = '', security, tags }) {
  const scope = /^Scope `([a-z:]+)`/.exec(description);
  if (scope) return `\`${scope[1]}\``;
  if (/^Any key\./.test(description)) return 'any key';
  if (/^With a session\./.test(description)) return 'a session';
  if (security?.length === 0) return 'none';
  if (security?.some((way) => Object.keys(way).length === 0)) return 'operator; none on loopback';
  if (/^For the operator's keys\./.test(description) || OPERATORS.includes(tags[0]))
    return 'operator';
  throw new Error(`nothing says who may ask: ${tags[0]} ${description}`);
}

const isOnce = ({ parameters = [] }) =>
  parameters.some(({ $ref }) => $ref === '#/components/parameters/once');

function rowsOf([path, methods]) {
  return METHODS.filter((method) => methods[method]).map((method) => {
    const operation = methods[method];
    const says = operation.summary + (isOnce(operation) ? ' (*once*)' : '');
    const row = `| \`${method.toUpperCase()} ${path}\` | ${scopeOf(operation)} | ${says} |\n`;
    return { tag: operation.tags[0], row };
  });
}

function table() {
  const rows = Object.entries(document.paths).flatMap(rowsOf);
  const section = ({ name, description }) => {
    const own = rows.filter(({ tag }) => tag === name).map(({ row }) => row);
    return `\n### ${name}\n\n${description}\n\n| route | scope | |\n|---|---|---|\n${own.join('')}`;
  };
  return document.tags.map(section).join('');
}

const page = fs.readFileSync(PAGE, 'utf8');
const [before, rest] = page.split(BEGIN);
const made = `${before}${BEGIN}${table()}\n${END}${rest.split(END)[1]}`;
if (!isCheck) {
  fs.writeFileSync(PAGE, made);
} else if (made !== page) {
  process.stderr.write(`${PAGE} is not what tools/api-docs.mjs makes of openapi.yaml\n`);
  process.exit(1);
}
