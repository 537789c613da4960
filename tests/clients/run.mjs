// Three clients, each on its own account and with its own miner key, do what a user does: deploy a contract that uses
// IAIMining(0x0300), submit proofs directly and through it, read balance and event, and read the reason of a refusal.
// Then proofs of another implementation, written in JavaScript from the specification, are submitted.
// Last, evidence of GPUs is judged by the node and by a second implementation in JavaScript, thousands of times changed;
// PARS_EVIDENCE says how often, PARS_EVIDENCE_SEED from which seed.
//
//   node run.mjs [PATH/pars-devnet]        or PARS_DEVNET_BIN
//
// Lines `ok …` and `FAIL …`, last `N passed, M failed`. Speaks to loopback only; npm packages are installed first if
// they are not there.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, equal, holds, summary } from './lib/check.mjs';
import { Devnet } from './lib/devnet.mjs';

const CLIENTS = ['cast', 'ethers', 'viem'];
const MNEMONIC = 'test test test test test test test test test test test junk'; // public: the devnet's funded accounts
const UNITS = 5_000;
const EVIDENCE = { count: Number(process.env.PARS_EVIDENCE ?? 3_000), seed: process.env.PARS_EVIDENCE_SEED ?? 'pars' };
const EVIDENCE_ANSWERS = 105; // distinct errors and reasons that as many cases must reach

const binary = process.argv[2] ?? process.env.PARS_DEVNET_BIN;
if (!binary || !existsSync(binary)) {
  console.error(`FAIL no pars-devnet at ${binary ?? '(no path given)'}; build it: cargo build -p pars-node`);
  process.exit(1);
}
const install = spawnSync(fileURLToPath(new URL('../../scripts/npm-ci.sh', import.meta.url)), ['tests/clients'], { stdio: 'inherit' });
if (install.status !== 0) process.exit(1);

const { HDNodeWallet } = await import('ethers');
const node = await check('the node starts and answers', () => Devnet.start(resolve(binary)));
if (node) {
  try {
    for (const [index, name] of CLIENTS.entries()) await scenario(name, index);
    await independent();
    await attested();
  } finally {
    await check('the node ends when told to', async () => {
      equal(await node.stop(), 'exit code 0', 'its end');
    });
  }
}
process.exit(summary());

async function connectClient(name, index) {
  const { connect } = await import(`./clients/${name}.mjs`);
  return connect({ url: node.url, chainId: node.chainId, privateKey: account(index).privateKey });
}

function account(index) {
  return HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
}

async function scenario(name, index) {
  const say = (what, body) => check(`${name}: ${what}`, body);
  const client = await connectClient(name, index);
  // Nobody else is paid here, so that a balance is a reward.
  const miner = account(100 + index).address;

  const key = await say('a miner key is made', () => node.keygen(name));
  const pool = await say('deploys MiningPool', () => client.deployPool());
  if (!key || !pool) return;

  await say('miningBalance is 0 before', async () => equal(await client.miningBalance(miner), 0, 'balance'));

  const direct = await say('a proof is made', () => node.prove({ key, recipient: miner, input: `${name} direct`, units: UNITS }));
  if (!direct) return;
  await say('submits to 0x0300', async () => {
    const receipt = await client.submitDirect(direct.proof);
    holds(receipt.ok, 'the transaction failed');
    await accepted(client, receipt.block, direct, miner, await client.miningBalance(miner));
  });
  await say('a replay is refused with WorkAlreadySpent', async () => spent(await client.refusalDirect(direct.proof), direct));

  const pooled = await say('a proof for the pool is made', () => node.prove({ key, recipient: pool, input: `${name} pooled`, units: UNITS }));
  if (!pooled) return;
  await say('submits through MiningPool', async () => {
    const receipt = await client.submitToPool(pool, pooled.proof);
    holds(receipt.ok, 'the transaction failed');
    await accepted(client, receipt.block, pooled, pool, await client.poolBalance(pool));
    equal(await client.miningBalance(pool), await client.poolBalance(pool), 'miningBalance of the pool');
    equal(await client.poolUnits(pool), UNITS, 'units that the pool counts');
  });
  await say('the refusal of a replay passes through MiningPool', async () => spent(await client.refusalOfPool(pool, pooled.proof), pooled));
  client.close();
}

/** Proofs made in JavaScript from the specification alone, each parameter set once, are accepted. */
async function independent() {
  const client = await connectClient('viem', CLIENTS.length);
  const { prove } = await import('./lib/prover.mjs');
  const { timestamp } = await node.rpc('eth_getBlockByNumber', ['latest', false]);
  for (const [index, set] of [44, 65, 87].entries()) {
    await check(`a proof made by another implementation, ML-DSA-${set}`, async () => {
      const recipient = account(200 + index).address;
      const proof = prove({ set, chainId: node.chainId, recipient, units: UNITS, now: BigInt(timestamp) });
      const receipt = await client.submitDirect(proof.proof);
      holds(receipt.ok, 'the transaction failed');
      await accepted(client, receipt.block, proof, recipient, await client.miningBalance(recipient));
    });
  }
  client.close();
}

/** The node and the second implementation of attestation agree about evidence, right and wrong, to the byte. */
async function attested() {
  const { compareEvidence, compareProofs } = await import('./clients/attestation.mjs');
  const key = await check('a simulated GPU attests', async () => {
    const file = node.keygen('gpu');
    node.simulated('gh100', file);
    return file;
  });
  if (!key) return;
  const { seed } = EVIDENCE;
  const simulated = (architecture) => node.simulated(architecture, key);
  const now = Number((await node.rpc('eth_getBlockByNumber', ['latest', false])).timestamp);
  await agree('evidence', EVIDENCE.count, EVIDENCE_ANSWERS, (count) => compareEvidence(node, simulated, { count, seed }));
  await agree('attested proofs', Math.ceil(EVIDENCE.count / 20), 20, (count) => compareProofs(node, simulated, { count, seed, now }));
}

async function agree(what, count, least, compare) {
  await check(`${what}: a second implementation answers the same`, async () => {
    const { reached, differences } = await compare(count);
    console.log(`   ${count} cases from seed ${EVIDENCE.seed}, ${reached.size} distinct answers, ${differences.length} differences`);
    if (process.env.PARS_EVIDENCE_ANSWERS) for (const [answer, times] of [...reached].sort()) console.log(`   ${times} × ${answer}`);
    if (differences.length > 0) {
      const [{ number, what: change, ours, expected, theirs, data }] = differences.sort((a, b) => a.data.length - b.data.length);
      console.log(`   calldata: ${data}`);
      throw new Error(`case ${number} (${change}): ours is ${ours.refusal?.message ?? expected}, the node's ${theirs}`);
    }
    holds(count < least * 5 || reached.size >= least, `only ${reached.size} distinct answers of at least ${least} were reached`);
  });
}

/** Exactly one WorkAccepted in the block, and it says what the proof and the balance say. */
async function accepted(client, block, proof, recipient, balance) {
  const events = await client.acceptedBy(block);
  equal(events.length, 1, 'number of WorkAccepted events');
  const [event] = events;
  equal(event.workId, proof.workId, 'workId of the event');
  equal(event.recipient, recipient, 'recipient of the event');
  equal(event.computeUnits, UNITS, 'units of the event');
  holds(balance > 0n, 'the balance is zero');
  equal(event.reward, balance, 'reward of the event (the balance was zero before)');
}

function spent({ name, args }, proof) {
  equal(name, 'WorkAlreadySpent', 'error');
  equal(args[0], proof.workId, 'its work id');
}
