// The gas tables of README.md, made of snapshots/, which the Foundry tests write.
//
//   node gas.mjs            writes them
//   node gas.mjs --check    fails if they differ

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const README = fileURLToPath(new URL('README.md', import.meta.url));
const GROUPS = ['precompile', 'examples'];

const before = readFileSync(README, 'utf8');
let after = before;
for (const group of GROUPS) {
  const snapshot = JSON.parse(readFileSync(new URL(`snapshots/${group}.json`, import.meta.url), 'utf8'));
  const rows = Object.entries(snapshot).map(([call, gas]) => `| ${call} | ${Number(gas).toLocaleString('en-US')} |`);
  const table = ['| call | gas |', '| --- | --- |', ...rows].join('\n');
  const place = new RegExp(`(<!-- gas:${group} -->\\n)[^<]*(\\n<!-- end -->)`);
  if (!place.test(after)) fail(`README.md has no place for the table "${group}"`);
  after = after.replace(place, (_, start, end) => `${start}${table}${end}`);
}
if (process.argv.includes('--check')) {
  if (after !== before) fail('the gas tables of contracts/README.md are not those of snapshots/: run `node gas.mjs` there');
  console.log('ok the gas tables of README.md are those of snapshots/');
} else {
  writeFileSync(README, after);
}

function fail(message) {
  console.error(`FAIL ${message}`);
  process.exit(1);
}
