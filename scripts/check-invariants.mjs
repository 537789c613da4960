// Fails when an invariant of the specification has no test.
//
// An id is the first cell of a table row in precompile-spec/invariants.md (`| A1 | …`) or begins a heading (`### INV-3`).
// Its test is a Rust function marked as a test, or a name in a .mjs or .sol file, in which the id stands in small letters
// as a word: `a1_…`, `golden_a1_…`, `inv_3_…`.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SPEC = join(ROOT, 'precompile-spec', 'invariants.md');
const FOLDERS = ['src', 'tests', 'contracts', 'node-patch'];
const SKIPPED = new Set(['node_modules', 'target', 'artifacts', 'cache', 'out']);

if (!existsSync(SPEC)) fail('precompile-spec/invariants.md does not exist');
const ids = readIds(readFileSync(SPEC, 'utf8'));
if (ids.length === 0) fail('precompile-spec/invariants.md names no invariant');

const tests = FOLDERS.flatMap((folder) => files(join(ROOT, folder))).flatMap(testsIn);
const untested = [];
const onlyLong = [];
for (const id of ids) {
  const word = new RegExp(`(^|_)${id.toLowerCase().replace('-', '_?')}(_|$)`);
  const found = tests.filter((test) => word.test(test.name));
  if (found.length === 0) untested.push(id);
  else if (found.every((test) => test.ignored)) onlyLong.push(id);
}
console.log(`${ids.length} invariants, ${tests.length} tests`);
if (onlyLong.length > 0) console.log(`tested by \`make long\` only: ${onlyLong.join(' ')}`);
if (untested.length > 0) fail(`no test for: ${untested.join(' ')}`);
console.log('ok each invariant has a test');

function fail(message) {
  console.error(`FAIL ${message}`);
  process.exit(1);
}

function readIds(text) {
  const found = [];
  for (const line of text.split('\n')) {
    const cell = line.match(/^\|\s*[*`]*([A-Z][0-9]+)[*`]*\s*\|/) ?? line.match(/^#{2,5}\s+(INV-[0-9]+|[A-Z][0-9]+)\b/);
    if (cell && found.includes(cell[1]) && line.startsWith('#')) continue;
    if (cell && found.includes(cell[1])) fail(`precompile-spec/invariants.md names ${cell[1]} twice`);
    if (cell) found.push(cell[1]);
  }
  return found;
}

function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : files(path);
    return ['.rs', '.mjs', '.sol', '.go'].includes(extname(path)) ? [path] : [];
  });
}

function testsIn(path) {
  const text = readFileSync(path, 'utf8');
  if (extname(path) !== '.rs') {
    // `a1_…` as a test's name in a string, or as part of a Solidity function's name.
    return [...text.matchAll(/\b(?:test_?)?([a-z]+_?[0-9]+_[a-z0-9_]+)\b/gi)].map((m) => ({ name: m[1].toLowerCase(), ignored: false }));
  }
  // A function whose attributes hold `test`: #[test], #[tokio::test], and those inside proptest! { … }.
  const functions = /((?:^[ \t]*(?:#\[[^\n]*\]|\/\/[^\n]*)[ \t]*\n)+)^[ \t]*(?:pub )?(?:async )?fn ([a-z0-9_]+)/gm;
  return [...text.matchAll(functions)]
    .filter((m) => /#\[(?:[a-z_]+::)*test\b/.test(m[1]))
    .map((m) => ({ name: m[2], ignored: /#\[ignore/.test(m[1]) }));
}
