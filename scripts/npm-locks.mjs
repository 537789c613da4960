// Keeps the npm lock files free of host names and of names of persons: `npm install` may write the address of whichever
// registry was used, and copies "funding" links. Integrity hashes pin the packages; `npm ci` needs neither field.
//
//   node scripts/npm-locks.mjs            strips them
//   node scripts/npm-locks.mjs --check    fails if there are any

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LOCKS = ['contracts/package-lock.json', 'tests/clients/package-lock.json'];
const check = process.argv.includes('--check');
let failed = false;

for (const lock of LOCKS) {
  const path = fileURLToPath(new URL(`../${lock}`, import.meta.url));
  const before = readFileSync(path, 'utf8');
  const parsed = JSON.parse(before);
  for (const entry of Object.values(parsed.packages)) {
    delete entry.resolved;
    delete entry.funding;
  }
  const after = `${JSON.stringify(parsed, null, 2)}\n`;
  const unpinned = Object.entries(parsed.packages).filter(([name, entry]) => name !== '' && !entry.integrity);
  const problems = unpinned.map(([name]) => `${name} has no integrity hash`);
  if (/https?:\/\//.test(after)) problems.push('holds an address outside `resolved` and `funding`');
  if (check && before !== after) problems.push('holds addresses: run `node scripts/npm-locks.mjs`');
  if (!check && before !== after) writeFileSync(path, after);
  for (const problem of problems) console.error(`FAIL ${lock}: ${problem}`);
  if (problems.length > 0) failed = true;
  else console.log(`ok ${lock}: ${Object.keys(parsed.packages).length - 1} packages, each with its hash, no address`);
}
process.exitCode = failed ? 1 : 0;
