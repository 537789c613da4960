// Three clients, each on its own account and with its own miner key, do what a user does: deploy a contract that uses
// IAIMining(0x0300), submit proofs directly and through it, read balance and event, and read the reason of a refusal.
// Then real evidence of an H100 is verified, a simulated one is paid and revoked, and proofs of another implementation,
// written in JavaScript from the specification, are submitted. Last, evidence is changed thousands of times and judged by
// the node and by another implementation (clients/attestation.mjs).
//
//   node run.mjs [PATH/pars-devnet]        or PARS_DEVNET_BIN
//
// Lines `ok …` and `FAIL …`, last `N passed, M failed`. Speaks to loopback only; npm packages are installed first if
// they are not there.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, equal, holds, summary } from './lib/check.mjs';
import { Devnet } from './lib/devnet.mjs';

const CLIENTS = ['cast', 'ethers', 'viem'];
const MNEMONIC = 'test test test test test test test test test test test junk'; // public: the devnet's funded accounts
const UNITS = 5_000;

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
    for (const [index, name] of CLIENTS.entries()) await attested(name, index);
    await independent();
    await independentAttested();
    await (await import('./clients/attestation.mjs')).checkAttestation(node, check);
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
  await say('the ledger knows who was paid for what', async () => {
    const { status, work, block } = await client.ask('aimining_getWork', direct.workId);
    equal(status, 'spent', 'status');
    holds(/^0x[0-9a-f]{64}$/.test(block.hash), `no block is named: ${JSON.stringify(block)}`);
    equal(work.recipient.toLowerCase(), miner.toLowerCase(), 'recipient');
    equal(BigInt(work.reward), await client.miningBalance(miner), 'reward');
    const { entries, next } = await client.ask('aimining_getHistory', work.miner, 'miner', null, 10);
    equal(entries.map(({ workId }) => workId).join(), [direct.workId, pooled.workId].join(), "the miner's work ids");
    equal(next, null, 'a further page');
    equal((await client.ask('aimining_getWork', `0x${'42'.repeat(32)}`)).status, 'unspent', 'status of another work id');
    equal((await client.ask('aimining_syncStatus')).sync, 'inSync', 'sync');
  });
  await say('the refusal of a replay passes through MiningPool', async () => spent(await client.refusalOfPool(pool, pooled.proof), pooled));
  client.close();
}

/** Real evidence is verified; a simulated H100 is paid, revoked by the governor, refused by name, and taken back. */
async function attested(name, index) {
  const { deviceId, encodeAttestation } = await import('./lib/prover.mjs');
  const say = (what, body) => check(`${name}: ${what}`, body);
  const client = await connectClient(name, index);
  const governor = await connectClient(name, 0);
  const real = { icaIndex: 0, report: fixture('h100_report.bin'), leaf: fixture('h100_leaf.der'), ik: fixture('h100_ik.der') };
  const attestation = encodeAttestation(real);
  const nonce = `0x${real.report.subarray(4, 36).toString('hex')}`;
  const h100 = `0x${Buffer.from(deviceId(real.ik)).toString('hex')}`;

  await say('a real H100 report is verified', async () => {
    const verdict = await client.verifyNVTrust(attestation, nonce);
    equal(verdict.tier, 3, 'tier');
    equal(verdict.deviceId, h100, 'device id');
  });
  await say('another nonce is refused with NonceMismatch', async () => {
    const refusal = await client.refusalOfEvidence(attestation, `0x${'42'.repeat(32)}`);
    equal(refusal.name, 'NonceMismatch', 'error');
    equal(refusal.args[0], nonce, 'the nonce that the report answers');
  });
  await say('the pinned intermediates are told', async () => {
    for (const [icaIndex, [tier, architecture]] of [[3, 'GH100'], [4, 'GB100']].entries()) {
      const ica = await client.icaInfo(icaIndex);
      equal(ica.tier, tier, 'tier');
      equal(ica.architecture, `0x${Buffer.from(architecture.padEnd(32, '\0')).toString('hex')}`, 'architecture');
      equal((ica.spki.length - 2) / 2, 120, 'length of the key');
      equal(ica.revoked, false, 'revoked');
    }
    const key = fixture('h100_ica.der').indexOf(Buffer.from((await client.icaInfo(0)).spki.slice(2), 'hex'));
    holds(key > 0, "the key at index 0 is not that of NVIDIA's intermediate");
  });
  await say('a device that was never attested is unknown', async () => equal((await client.deviceInfo(h100)).registered, false, 'registered'));

  const key = await say('a miner key is made for a GPU', () => node.keygen(`${name}-gpu`));
  const prove = (input) => node.proveAttested({ key, recipient: account(300 + index).address, input, units: UNITS });
  const proof = key && await say('a simulated H100 attests a proof', () => prove(`${name} gpu`));
  if (!proof) return;
  const device = proof.device_id;
  await say('the attested proof is paid', async () => {
    const receipt = await client.submitDirect(proof.proof, proof.attestation);
    holds(receipt.ok, 'the transaction failed');
    await accepted(client, receipt.block, proof, proof.recipient, await client.miningBalance(proof.recipient));
  });
  await say('deviceInfo knows the device', async () => {
    const info = await client.deviceInfo(device);
    for (const [field, value] of Object.entries({ registered: true, revoked: false, tier: 3, icaIndex: 254 })) equal(info[field], value, field);
    equal((info.fwid.length - 2) / 2, 48, 'length of the firmware id');
  });
  if (index !== 0) {
    await say('only the governor revokes', async () => equal((await client.refusalOfRevocation(device)).name, 'NotGovernor', 'error'));
  }
  await say('the governor revokes the device', async () => {
    holds((await governor.revokeDevice(device, true)).ok, 'the transaction failed');
    equal((await client.deviceInfo(device)).revoked, true, 'revoked');
  });
  const next = await say('the revoked device attests another proof', () => prove(`${name} gpu again`));
  if (!next) return;
  await say('it is refused with DeviceRevoked', async () => {
    const refusal = await client.refusalDirect(next.proof, next.attestation);
    equal(refusal.name, 'DeviceRevoked', 'error');
    equal(refusal.args[0], device, 'its device id');
  });
  await say('the revocation is taken back and the proof paid', async () => {
    holds((await governor.revokeDevice(device, false)).ok, 'the transaction failed');
    holds((await client.submitDirect(next.proof, next.attestation)).ok, 'the proof failed');
  });
  client.close();
  governor.close();
}

function fixture(name) {
  return readFileSync(new URL(`../../src/nvtrust/tests/fixtures/${name}`, import.meta.url));
}

/** Over a GPU's attestation another implementation makes the same proof: device id, nonce, hash and signed bytes. */
async function independentAttested() {
  const client = await connectClient('viem', CLIENTS.length);
  const { proveAttested } = await import('./lib/prover.mjs');
  await check('an attested proof made by another implementation', async () => {
    const key = node.keygen('independent-gpu');
    const recipient = account(400).address;
    const facts = node.proveAttested({ key, recipient, input: 'independent', units: UNITS });
    const proof = proveAttested({ keyFile: key, facts, seed: facts.epoch_seed });
    equal(proof.deviceId, facts.device_id, 'device id');
    equal(proof.workId, facts.work_id, 'work id');
    equal(proof.proof.slice(0, 2 + 2 * 290), facts.signed, 'the signed bytes');
    const receipt = await client.submitDirect(proof.proof, proof.attestation);
    holds(receipt.ok, 'the transaction failed');
    await accepted(client, receipt.block, proof, recipient, await client.miningBalance(recipient));
  });
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
