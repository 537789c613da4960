#!/usr/bin/env node
// A compiler for forge: npm's `solc` behind the two options of the native one that forge uses. Native binaries come from
// the network; this needs none. `forge --use ./solc.mjs`, or `solc = "./solc.mjs"` in foundry.toml.
//
// `solc` is looked for beside this file, then from the folder where forge runs.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const parameters = process.argv.slice(2);
const solc = load();

if (parameters.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (parameters.includes('--standard-json')) {
  const file = parameters[parameters.indexOf('--standard-json') + 1];
  const input = readFileSync(file && !file.startsWith('-') ? file : 0, 'utf8');
  process.stdout.write(solc.compile(input));
} else {
  process.stderr.write(`solc.mjs: only --version and --standard-json are known, not ${parameters.join(' ')}\n`);
  process.exitCode = 1;
}

function load() {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    let solc;
    try {
      solc = createRequire(from)('solc');
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
      continue;
    }
    // solc installs handlers that turn an uncaught error of ours into silence.
    process.removeAllListeners('uncaughtException');
    process.removeAllListeners('unhandledRejection');
    return solc;
  }
  process.stderr.write('solc.mjs: npm package `solc` is not installed here: npm install --save-dev solc\n');
  process.exit(1);
}
