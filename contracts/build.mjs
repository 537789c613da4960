// Compiles every contract with the pinned npm `solc` into artifacts/, which are checked in so that the Rust tests need
// neither npm nor solc; and the kit's shim into kit/ShimCode.sol, so that its gas is the same under any compiler's
// settings.
//
//   node build.mjs            writes artifacts/
//   node build.mjs --check    compiles again and fails on any difference, and on any difference between src/*.sol and
//                             the ABI that the precompile itself is built from (../src/protocol/abi.rs)

import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const ARTIFACTS = join(ROOT, 'artifacts');
const ABI_RS = join(ROOT, '..', 'src', 'protocol', 'abi.rs');
const INTERFACE = join(ROOT, '..', 'precompile-spec', 'vectors', 'v1', 'interface.json');
const FOLDERS = ['src', 'harness', 'examples'];
const SOLC_VERSION = '0.8.37';
const LAYOUT_OF = 'StorageTwin';
const SHIM = 'kit/PrecompileShim.sol';
const SHIM_CODE = join(ROOT, 'kit', 'ShimCode.sol');
const SHIM_CONTRACTS = { PrecompileShim: 'SHIM_CODE', NativeMint: 'NATIVE_MINT_CODE' };

// Warnings that are known and wanted. They are printed; any other warning fails the build, and so does an entry here
// that no longer arises.
const KNOWN_WARNINGS = [
  { code: '5159', file: 'harness/SelfDestructTo.sol', why: 'SELFDESTRUCT is what this contract tests' },
];

const check = process.argv.includes('--check');
const failures = [];
const solc = loadSolc();
const contracts = build();
if (check && contracts) {
  compareWithRust(contracts);
  compareWithVectors(contracts);
}
if (failures.length > 0) {
  for (const failure of failures) console.error(`FAIL ${failure}`);
  process.exit(1);
}

function loadSolc() {
  const require = createRequire(import.meta.url);
  if (!existsSync(join(ROOT, 'node_modules', 'solc'))) {
    console.error('FAIL solc is not installed: run `npm ci` in contracts/');
    process.exit(1);
  }
  const compiler = require('solc');
  // solc installs handlers that turn an uncaught error of ours into silence.
  process.removeAllListeners('uncaughtException');
  process.removeAllListeners('unhandledRejection');
  if (!compiler.version().startsWith(`${SOLC_VERSION}+`)) {
    console.error(`FAIL solc ${SOLC_VERSION} is wanted, ${compiler.version()} is installed`);
    process.exit(1);
  }
  return compiler;
}

function compile(sources, outputs, evmVersion = 'prague') {
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      evmVersion,
      optimizer: { enabled: true, runs: 200 },
      // Without the metadata hash a changed comment does not change the bytecode.
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': outputs } },
    },
  };
  return JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }));
}

/** Packages, and files that a given source imports. */
function readImport(path) {
  const file = [join(ROOT, path), join(ROOT, 'node_modules', path)].find(existsSync);
  return file ? { contents: readFileSync(file, 'utf8') } : { error: `${path} is not there` };
}

/** Compiles, then writes or compares the artifacts. Answers the compiled contracts by name, null after an error. */
function build() {
  const sources = {};
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(ROOT, folder)).sort()) {
      if (file.endsWith('.sol')) sources[`${folder}/${file}`] = { content: readFileSync(join(ROOT, folder, file), 'utf8') };
    }
  }
  const output = compile(sources, ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'storageLayout']);
  if (!report(output.errors ?? [])) return null;

  const compiled = new Map();
  const wanted = new Map();
  for (const file of Object.keys(output.contracts).filter((path) => path in sources).sort()) {
    for (const [name, contract] of Object.entries(output.contracts[file])) {
      if (compiled.has(name)) failures.push(`two contracts are called ${name}`);
      compiled.set(name, contract);
      wanted.set(`${name}.json`, json({
        contractName: name,
        abi: contract.abi,
        bytecode: `0x${contract.evm.bytecode.object}`,
        deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
      }));
      if (name === LAYOUT_OF) wanted.set(`${name}.layout.json`, json(stableLayout(contract.storageLayout)));
    }
  }
  if (check) compareWithFiles(wanted);
  else writeFiles(wanted);
  shimCode();
  return compiled;
}

/** Writes or compares kit/ShimCode.sol. For the oldest EVM that serves, so that it runs under whatever a project sets. */
function shimCode() {
  const output = compile({ [SHIM]: { content: readFileSync(join(ROOT, SHIM), 'utf8') } }, ['evm.deployedBytecode.object'], 'paris');
  if (!report(output.errors ?? [], [])) return;
  const constants = Object.entries(SHIM_CONTRACTS).map(([name, constant]) => {
    const code = output.contracts[SHIM][name].evm.deployedBytecode.object;
    const lines = code.match(/.{1,100}/g).map((part) => `    hex"${part}"`).join('\n');
    return `/// @dev ${name}.\nbytes constant ${constant} =\n${lines};\n`;
  });
  const text = `// SPDX-License-Identifier: MIT OR Apache-2.0\npragma solidity >=0.8.20;\n\n`
    + `// Made of PrecompileShim.sol by build.mjs, solc ${SOLC_VERSION}. forge fmt leaves it alone.\n// forgefmt: disable-start\n\n`
    + `${constants.join('\n')}\n// forgefmt: disable-end\n`;
  if (!check) {
    writeFileSync(SHIM_CODE, text);
    console.log('wrote contracts/kit/ShimCode.sol');
  } else if (existsSync(SHIM_CODE) && readFileSync(SHIM_CODE, 'utf8') === text) {
    console.log(`ok kit/ShimCode.sol equals what solc ${SOLC_VERSION} makes of the shim`);
  } else {
    failures.push('kit/ShimCode.sol differs: run `node build.mjs` in contracts/ and commit it');
  }
}

/** Prints every message of the compiler; false if there is an error. */
function report(messages, knownWarnings = KNOWN_WARNINGS) {
  let good = true;
  const seen = new Set();
  for (const message of messages) {
    const file = message.sourceLocation?.file ?? '';
    const known = knownWarnings.find((w) => message.severity === 'warning' && w.code === message.errorCode && w.file === file);
    if (known) {
      if (!seen.has(known)) console.log(`known warning ${known.code} in ${file}: ${known.why}`);
      seen.add(known);
      continue;
    }
    good = false;
    failures.push(`solc ${message.severity} ${message.errorCode}:\n${message.formattedMessage}`);
  }
  for (const known of knownWarnings) {
    if (good && !seen.has(known)) failures.push(`known warning ${known.code} in ${known.file} no longer arises: remove it`);
  }
  return good;
}

/** What matters of solc's layout, without the ids of syntax nodes, which change with every edit. */
function stableLayout({ storage, types }) {
  return {
    contractName: LAYOUT_OF,
    storage: storage.map(({ label, slot, offset, type }) => ({ label, slot, offset, type })),
    types: Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function writeFiles(wanted) {
  mkdirSync(ARTIFACTS, { recursive: true });
  for (const file of readdirSync(ARTIFACTS)) if (!wanted.has(file)) rmSync(join(ARTIFACTS, file));
  for (const [file, content] of wanted) writeFileSync(join(ARTIFACTS, file), content);
  console.log(`wrote ${wanted.size} files to contracts/artifacts`);
}

function compareWithFiles(wanted) {
  const before = failures.length;
  const present = existsSync(ARTIFACTS) ? readdirSync(ARTIFACTS) : [];
  for (const file of present) if (!wanted.has(file)) failures.push(`artifacts/${file} belongs to no contract`);
  for (const [file, content] of wanted) {
    if (!present.includes(file)) failures.push(`artifacts/${file} is missing`);
    else if (readFileSync(join(ARTIFACTS, file), 'utf8') !== content) failures.push(`artifacts/${file} differs`);
  }
  if (failures.length === before) console.log(`ok ${wanted.size} artifacts equal what solc ${SOLC_VERSION} makes`);
  else failures.push('run `node build.mjs` in contracts/ and commit the artifacts');
}

/** The text inside `sol! { … }` is Solidity: compile it, and compare the ABI of each interface. */
function compareWithRust(compiled) {
  const text = readFileSync(ABI_RS, 'utf8');
  const start = text.search(/^sol! \{$/m);
  const end = text.indexOf('\n}\n', start);
  if (start < 0 || end < 0) {
    failures.push('src/protocol/abi.rs: no `sol! {` block found');
    return;
  }
  const body = text.slice(text.indexOf('\n', start), end).replaceAll(/^\s*#\[.*\]$/gm, '');
  const source = `// SPDX-License-Identifier: MIT OR Apache-2.0\npragma solidity >=0.8.4;\n${body}`;
  const output = compile({ 'abi.rs': { content: source } }, ['abi']);
  for (const message of output.errors ?? []) {
    if (message.severity === 'error') failures.push(`src/protocol/abi.rs: ${message.formattedMessage}`);
  }
  const rust = output.contracts?.['abi.rs'] ?? {};
  const names = Object.keys(rust);
  const ours = readdirSync(join(ROOT, 'src')).filter((f) => /^I.*\.sol$/.test(f)).map((f) => f.slice(0, -4));
  for (const name of new Set([...names, ...ours])) {
    if (!rust[name]) failures.push(`src/${name}.sol: abi.rs has no such interface`);
    else if (!ours.includes(name)) failures.push(`abi.rs declares ${name}, src/${name}.sol is missing`);
    else compareInterface(name, rust[name].abi, compiled.get(name).abi);
  }
}

function compareInterface(name, rustAbi, solidityAbi) {
  const key = (item) => JSON.stringify(item);
  const [left, right] = [new Set(rustAbi.map(key)), new Set(solidityAbi.map(key))];
  const missing = [...left].filter((item) => !right.has(item));
  const extra = [...right].filter((item) => !left.has(item));
  for (const item of missing) failures.push(`src/${name}.sol lacks what abi.rs declares: ${item}`);
  for (const item of extra) failures.push(`src/${name}.sol declares what abi.rs lacks: ${item}`);
  if (missing.length + extra.length === 0) console.log(`ok ${name}: ${left.size} entries equal src/protocol/abi.rs`);
}

/** Every selector, topic and error that Rust names in its vectors, and no others, are those of src/. */
function compareWithVectors(compiled) {
  const { keccak256 } = createRequire(join(ROOT, 'node_modules', 'solc', 'package.json'))('js-sha3');
  const vectors = JSON.parse(readFileSync(INTERFACE, 'utf8'));
  const abi = [...compiled].filter(([name]) => /^IAIMining/.test(name)).flatMap(([, contract]) => contract.abi);
  for (const [type, listed, field] of [['function', vectors.functions, 'selector'], ['event', vectors.events, 'topic'], ['error', vectors.errors, 'selector']]) {
    const ours = new Map(abi.filter((entry) => entry.type === type).map((entry) => {
      const signature = `${entry.name}(${entry.inputs.map((input) => input.type).join(',')})`;
      return [signature, `0x${keccak256(signature).slice(0, type === 'event' ? 64 : 8)}`];
    }));
    const before = failures.length;
    for (const entry of listed) {
      if (ours.get(entry.signature) !== entry[field]) failures.push(`${type} ${entry.signature}: ${ours.get(entry.signature)}, Rust says ${entry[field]}`);
      ours.delete(entry.signature);
    }
    for (const signature of ours.keys()) failures.push(`${type} ${signature}: Rust has none`);
    if (failures.length === before) console.log(`ok ${listed.length} ${type}s have Rust's ${field}s`);
  }
}
