// Everything about the contracts that needs Foundry: format, build, the suite on a fork of a devnet of its own, the same
// with --isolate, gas snapshots, the deployment script, a new project made of the template, and the page for viem.
//
//   node run.mjs [PATH/pars-devnet]        or PARS_DEVNET_BIN; PARS_LONG=1 runs ten times as much
//   node run.mjs [PATH] --write-gas        writes snapshots/ and README.md's tables instead of comparing them
//
// Lines `ok …` and `FAIL …`, last `N passed, M failed`. Speaks to loopback only; npm packages are installed first if
// they are not there.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, equal, holds, summary } from '../tests/clients/lib/check.mjs';
import { Devnet } from '../tests/clients/lib/devnet.mjs';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const CLIENTS = join(ROOT, '..', 'tests', 'clients');
const OLDEST_FORGE = [1, 5, 1];
const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'; // the first dev account's, public knowledge
const TEMPLATE_SECONDS = 60;
const writeGas = process.argv.includes('--write-gas');
const long = Boolean(process.env.PARS_LONG);

const binary = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? process.env.PARS_DEVNET_BIN;
if (!binary || !existsSync(binary)) {
  console.error(`FAIL no pars-devnet at ${binary ?? '(no path given)'}; build it: cargo build -p pars-node`);
  process.exit(1);
}
for (const folder of ['contracts', 'tests/clients']) {
  const install = spawnSync(join(ROOT, '..', 'scripts', 'npm-ci.sh'), [folder], { stdio: 'inherit' });
  if (install.status !== 0) process.exit(1);
}
const forge = tool('forge');
const cast = tool('cast');
const anvil = tool('anvil');
checkForge();

const scratch = mkdtempSync(join(tmpdir(), 'pars-contracts-'));
const env = environment();
const node = await check('a devnet starts', () => Devnet.start(resolve(binary)));
const other = await check('a node of another kind of chain starts', startAnvil);
try {
  if (node && other) await all();
} finally {
  other?.kill();
  if (node) await check('the devnet ends when asked', async () => equal(await node.stop(), 'exit code 0', 'its end'));
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = summary();

async function all() {
  Object.assign(env, { PARS_RPC_URL: node.url });
  await check('forge fmt --check', () => run(forge, ['fmt', '--check']));
  if (!(await check('forge build, without warnings', build))) return;
  await check(`forge test${long ? ', ten times as long' : ''}`, () => suite(writeGas ? {} : { FORGE_SNAPSHOT_CHECK: 'true' }));
  if (writeGas) await check('README.md has the tables', () => run('node', ['gas.mjs']));
  else await check('README.md has the tables of snapshots/', () => run('node', ['gas.mjs', '--check']));
  // There each call is a transaction of its own: other gas, the same behaviour.
  await check('forge test --isolate', () => suite({ FORGE_SNAPSHOT_EMIT: 'false' }, ['--isolate', '--no-match-contract', 'GasSnapshot']));
  await check('forge script deploys the examples', deploy);
  await check('cast: the lines of README.md', castLines);
  await check('a new project of the template', template);
  await check('the page for viem', viemPage);
}

/** Prints what a step took; throws with the end of its output if it failed. */
function run(program, parameters, { cwd = ROOT, more = {}, quiet = true } = {}) {
  const start = Date.now();
  const { status, stdout, stderr, error } = spawnSync(program, parameters, {
    cwd, env: { ...env, ...more }, encoding: 'utf8', maxBuffer: 64 << 20,
  });
  if (error) throw error;
  const text = `${stdout}${stderr}`;
  if (status !== 0) {
    console.log(text.split('\n').map((line) => line.slice(0, 400)).slice(-80).join('\n'));
    throw new Error(`${program} ${parameters.slice(0, 3).join(' ')} ended with ${status}, see above`);
  }
  if (!quiet) console.log(`   ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return text;
}

function build() {
  // From nothing: a warning of a file that is compiled already is not repeated.
  run(forge, ['clean']);
  const text = run(forge, ['build', '--offline'], { quiet: false });
  holds(!/warning/i.test(text), `forge build warns:\n${text}`);
  return true;
}

function suite(more, parameters = []) {
  const profile = long ? { FOUNDRY_PROFILE: 'long' } : {};
  const text = run(forge, ['test', '--offline', ...parameters], { more: { ...profile, ...more }, quiet: false });
  const total = text.match(/(\d+) tests passed, (\d+) failed, (\d+) skipped \((\d+) total tests\)/);
  holds(total && Number(total[1]) > 80 && total[2] === '0' && total[3] === '0', `not what a whole run prints: ${total?.[0]}`);
  const calls = Number(text.match(/runs: \d+, calls: (\d+)/)?.[1]);
  holds(calls >= (long ? 20_000 : 2_000), `the invariants had ${calls} calls`);
  const runs = [...text.matchAll(/\(runs: (\d+), μ/g)].map((match) => Number(match[1]));
  holds(runs.length >= 7 && Math.min(...runs) >= (long ? 2_560 : 256), `fuzz runs: ${runs}`);
  console.log(`   ${total[0]}; ${runs.length} fuzz tests of ${Math.min(...runs)} runs or more; invariants: ${calls} calls`);
}

async function deploy() {
  const before = Number(await node.rpc('eth_blockNumber'));
  const text = run(forge, ['script', 'script/Deploy.s.sol', '--offline', '--broadcast', '--skip-simulation', '--rpc-url', node.url, '--private-key', KEY]);
  holds(/ONCHAIN EXECUTION COMPLETE & SUCCESSFUL/.test(text), 'forge script does not say that it succeeded');
  equal(Number(await node.rpc('eth_blockNumber')), before + 5, 'blocks after five deployments');
  const { transactions } = JSON.parse(readFileSync(join(ROOT, 'broadcast', 'Deploy.s.sol', String(node.chainId), 'run-latest.json'), 'utf8'));
  equal(transactions.length, 5, 'transactions');
  for (const { contractName, contractAddress } of transactions) {
    holds((await node.rpc('eth_getCode', [contractAddress, 'latest'])).length > 4, `${contractName} has no code`);
  }
}

/** Each line of the block marked `cast` of README.md, as a person types it. */
function castLines() {
  const lines = block(join(ROOT, 'README.md'), 'cast');
  const key = node.keygen('readme');
  const paths = [resolve(binary, '..'), resolve(cast, '..'), process.env.PATH].join(':');
  const text = lines.replaceAll('http://127.0.0.1:8545', node.url).replaceAll('miner.json', key);
  const output = run('bash', ['-euo', 'pipefail', '-c', text], { cwd: scratch, more: { PATH: paths } });
  holds(/status\s+1 \(success\)/.test(output), 'no transaction succeeded');
  holds(/^[1-9]\d+ \[/m.test(output), `no balance was told:\n${output}`);
}

/** A project outside this repository; the kit is in its lib/, as \`forge install\` leaves it. */
function template() {
  const project = join(scratch, 'project');
  cpSync(join(ROOT, 'template'), project, { recursive: true });
  const library = join(project, 'lib', 'pars-ai-mining', 'contracts');
  mkdirSync(library, { recursive: true });
  for (const folder of ['src', 'kit']) cpSync(join(ROOT, folder), join(library, folder), { recursive: true });
  const parameters = ['test', '--offline', '--use', join(ROOT, 'solc.mjs')];
  const start = Date.now();
  const text = run(forge, parameters, { cwd: project });
  const seconds = (Date.now() - start) / 1000;
  holds(/\[PASS\] test_/.test(text) && !/\[FAIL/.test(text), 'its tests did not pass');
  holds(seconds < TEMPLATE_SECONDS, `it took ${seconds} s`);
  console.log(`   ${seconds.toFixed(1)} s, compiler included`);
  // Without a devnet it says so, and fails.
  const { status, stdout } = spawnSync(forge, parameters, { cwd: project, env: { ...env, PARS_RPC_URL: 'http://127.0.0.1:9' }, encoding: 'utf8' });
  holds(status !== 0, 'it passes without a devnet');
  holds(stdout.includes('AIMiningKit: no devnet answers at http://127.0.0.1:9: start one with `pars-devnet`'), `it does not say what is missing:\n${stdout}`);
}

/** The program of viem.md, on this devnet. */
function viemPage() {
  const folder = join(scratch, 'viem');
  mkdirSync(folder);
  symlinkSync(join(CLIENTS, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'artifacts'), join(folder, 'artifacts'));
  writeFileSync(join(folder, 'mine.mjs'), block(join(ROOT, 'viem.md'), 'mine').replaceAll('http://127.0.0.1:8545', node.url));
  const output = run('node', ['mine.mjs'], { cwd: folder });
  holds(/^balance [1-9]\d*n$/m.test(output), `no balance:\n${output}`);
  holds(/^refused WorkAlreadySpent 0x[0-9a-f]{64}$/m.test(output), `no refusal by name:\n${output}`);
}

/** The code block behind `<!-- tested: NAME -->`. */
function block(file, name) {
  const found = readFileSync(file, 'utf8').match(new RegExp(`<!-- tested: ${name} -->\\n\`\`\`\\w*\\n([^]*?)\\n\`\`\``));
  if (!found) throw new Error(`${file} has no block named ${name}`);
  return found[1];
}

async function startAnvil() {
  const port = await new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const child = spawn(anvil, ['--port', String(port), '--quiet'], { stdio: 'ignore', env });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`anvil ended with ${child.exitCode}`);
    try {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      equal((await answer.json()).result, '0x7a69', 'its chain id');
      env.PARS_OTHER_RPC_URL = url;
      return child;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  child.kill();
  throw new Error('anvil did not answer within 10 s');
}

/** npm has the packaged binary for Linux on x86-64; elsewhere Foundry's own installation is used. */
function tool(name) {
  const packaged = join(ROOT, 'node_modules', '@foundry-rs', `${name}-linux-amd64`, 'bin', name);
  return existsSync(packaged) ? packaged : name;
}

function checkForge() {
  const { stdout, error } = spawnSync(forge, ['--version'], { encoding: 'utf8' });
  const version = stdout?.match(/(\d+)\.(\d+)\.(\d+)/)?.slice(1).map(Number);
  const wanted = OLDEST_FORGE.join('.');
  if (error || !version) {
    console.error(`FAIL forge is not installed: npm has no binary for this platform; install Foundry ${wanted} or later`);
    process.exit(1);
  }
  const [a, b] = [version, OLDEST_FORGE].map(([major, minor, patch]) => major * 1e8 + minor * 1e4 + patch);
  if (a < b) {
    console.error(`FAIL forge ${wanted} or later is needed, this is ${version.join('.')}`);
    process.exit(1);
  }
}

/** forge's vm.rpc reads the machine's certificates anew for every call, which takes longer than all the rest. Nothing
 *  here speaks TLS, so it is given a single one. */
function environment() {
  const certificate = readFileSync(join(ROOT, '..', 'src', 'nvtrust', 'tests', 'fixtures', 'h100_root.der')).toString('base64');
  const file = join(scratch, 'certificate.pem');
  const empty = join(scratch, 'certificates');
  writeFileSync(file, `-----BEGIN CERTIFICATE-----\n${certificate.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`);
  mkdirSync(empty);
  // forge and cast ask public directories for unknown selectors; these tests speak to loopback only.
  const dead = 'http://127.0.0.1:9';
  return {
    ...process.env, SSL_CERT_FILE: file, SSL_CERT_DIR: empty,
    HTTPS_PROXY: dead, https_proxy: dead, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1',
  };
}
