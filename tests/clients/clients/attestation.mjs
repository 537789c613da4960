// The node against a second implementation (lib/attestation), written in JavaScript from the specification and over other
// libraries: both judge the same evidence, right and wrong, under the same policies, and must answer the same bytes.
//
// PARS_EVIDENCE is the number of cases, PARS_EVIDENCE_SEED their seed; PARS_EVIDENCE_ANSWERS=1 prints what was answered
// how often, and the shortest calldata about which the two differ.

import { readFileSync } from 'node:fs';
import { concat, hex, unhex, unsigned } from '../lib/attestation/bytes.mjs';
import { decodeAttestation } from '../lib/attestation/encoding.mjs';
import { parseReport } from '../lib/attestation/report.mjs';
import { firmwareTuple, genesisPolicy, goldenSetDigest, judge } from '../lib/attestation/verdict.mjs';
import { equal, holds } from '../lib/check.mjs';
import { AI_MINING } from '../lib/contracts.mjs';
import { change, makeCase, makeDevices, makePolicies, realH100 } from '../lib/evidence/cases.mjs';
import { Random } from '../lib/evidence/random.mjs';
import { storageOf } from '../lib/evidence/state.mjs';
import { minerKey, proveWith } from '../lib/prover.mjs';
import { attestationVectors, replay } from '../lib/vectors.mjs';

const { PARS_EVIDENCE, PARS_EVIDENCE_SEED, PARS_EVIDENCE_ANSWERS } = process.env;
const CASES = Number(PARS_EVIDENCE ?? 3_000);
const SEED = PARS_EVIDENCE_SEED ?? 'pars';
// Distinct errors, reasons and verdicts that the default number of cases must reach; a smaller one need not.
const EVIDENCE = { count: CASES, least: CASES < 3_000 ? 1 : 105 };
const PROOFS = { count: Math.ceil(CASES / 15), least: CASES < 3_000 ? 1 : 20 };

const VERIFY_NVTRUST = '8281b305';
const SUBMIT_WORK_PROOF = 'a733975a';
const BATCH = 50;
const GAS = '0x1800000';
const RECIPIENT = '0x00000000000000000000000000000000000abcd1';
const UNITS = 5000n;
const BASE = 10n ** 10n; // of the devnet's genesis; its difficulty is 1
const EPOCH = 3600;

/** All checks of this file. */
export async function checkAttestation(node, check) {
  const vectors = attestationVectors();
  if (!vectors) console.log('NOT RUN vectors of attestation: there are none in precompile-spec/vectors/v1');
  for (const [file, content] of vectors ?? []) {
    await check(`${file}: a second implementation judges its evidence as the vectors say`, async () => {
      const compared = replay(content);
      console.log(`   ${compared} of ${content.vectors.length} vectors compared; other rules decide the rest`);
      holds(compared > 0.8 * content.vectors.length, 'too few vectors are about evidence');
    });
  }
  await check('encoding.md: the known answers of a real H100 follow', checkKnownAnswers);
  const key = node.keygen('evidence');
  const simulated = (architecture) => node.simulated(architecture, key);
  const now = Number((await node.rpc('eth_getBlockByNumber', ['latest', false])).timestamp);
  const parts = [['evidence', EVIDENCE, compareEvidence], ['attested proofs', PROOFS, compareProofs]];
  for (const [what, { count, least }, comparison] of parts) {
    await check(`${what}: a second implementation and the node agree`, async () => {
      const { reached, differences } = await comparison(node, simulated, { count, seed: SEED, now });
      console.log(`   ${count} cases from seed ${SEED}, ${reached.size} distinct answers, ${differences.length} differences`);
      if (PARS_EVIDENCE_ANSWERS) for (const [answer, times] of [...reached].sort()) console.log(`   ${times} × ${answer}`);
      report(differences);
      holds(reached.size >= least, `only ${reached.size} distinct answers were reached, not ${least}`);
    });
  }
}

function checkKnownAnswers() {
  const text = readFileSync(new URL('../../../precompile-spec/encoding.md', import.meta.url), 'utf8');
  const known = (name) => text.match(new RegExp(`^\\| ${name} \\|.*\\| \`0x([0-9a-f]{64})\` \\|$`, 'm'))?.[1] ?? `nothing under ${name}`;
  const { bytes, nonce } = realH100();
  const report = parseReport(decodeAttestation(bytes).report);
  const tuple = firmwareTuple(report);
  equal(judge(bytes, [nonce], genesisPolicy({ dev: false })).deviceId, `0x${known('attested device id, H100')}`, 'its device id');
  equal(hex(tuple), known('firmware tuple, H100'), 'its firmware tuple');
  equal(hex(goldenSetDigest(tuple, 1n, report.measurements)), known('golden-set digest, H100, block 1'), 'the digest of its first block');
  equal(hex(goldenSetDigest(tuple, (1n << 64n) - 1n, report.measurements)), known('golden-set digest, H100, all blocks'), 'that of all blocks');
}

/** Throws if there is a difference; the shortest one is the one to look at. */
function report(differences) {
  if (differences.length === 0) return;
  const [{ number, what, ours, expected, theirs, data }] = differences.sort((a, b) => a.data.length - b.data.length);
  if (PARS_EVIDENCE_ANSWERS) console.log(`   calldata: ${data}`);
  throw new Error(`case ${number} (${what}): ours is ${ours.refusal?.message ?? expected}, the node's ${theirs}`);
}

/** Asks both about `count` cases; answers how often each answer came, and where the two differ. */
export async function compareEvidence(node, simulated, { count, seed }) {
  const random = new Random(seed);
  const devices = makeDevices(simulated);
  const policies = makePolicies(devices, random).map((policy) => ({ policy, storage: storageOf(policy) }));
  return compare(node, count, () => {
    const { policy, storage } = random.pick(policies);
    const { what, bytes, nonce } = makeCase(devices, random);
    const ours = judge(bytes, [nonce], policy);
    const expected = ours.revert ?? `0x${hex(unsigned(ours.tier, 32))}${ours.deviceId.slice(2)}`;
    return { what, data: calldata(VERIFY_NVTRUST, nonce, bytes), storage, ours, expected };
  });
}

/** The same with whole proofs: the attestation nonce, the binding of device and miner, and the trust that is paid. */
export async function compareProofs(node, simulated, { count, seed, now }) {
  const random = new Random(seed);
  const devices = makeDevices(simulated);
  const policies = makePolicies(devices, random);
  const keys = [0, 1].map(() => minerKey(44, random.bytes(32)));
  return compare(node, count, () => {
    const policy = structuredClone(random.pick(policies));
    const key = random.pick(keys);
    for (const { id } of devices) {
      if (policy.devices[id]) policy.devices[id].bindings = bindings(keys, now, random);
    }
    const epoch = epochAt(now, random);
    const device = random.pick(devices);
    const deviceId = unhex(random.chance(90) ? device.id : random.pick(devices).id);
    const { what, evidence } = change(device, random, 70);
    const seeded = random.pick([epoch.seedCurrent, epoch.seedCurrent, epoch.seedPrevious]);
    const made = proveWith({
      key, chainId: node.chainId, device: deviceId, seed: seeded, evidence: (nonce) => notEmpty(evidence(nonce)),
      recipient: RECIPIENT, units: UNITS, now: BigInt(now),
    });
    const nonces = validSeeds(epoch, now).map((each) => made.nonceUnder(each));
    const ours = judge(made.attestation, nonces, policy, { deviceId, miner: key.hash, at: now });
    const expected = ours.revert ?? `0x${hex(unsigned((BASE * UNITS * BigInt(ours.trustBps)) / 10_000n, 32))}`;
    return { what, data: calldata(SUBMIT_WORK_PROOF, unhex(made.proof), made.attestation), storage: storageOf(policy, epoch), ours, expected };
  });
}

/** No bytes would make it a software proof. */
function notEmpty(bytes) {
  return bytes.length > 0 ? bytes : Buffer.from([1]);
}

/** Up to three bindings, the newest first, some of which hold only later than `now`. */
function bindings(keys, now, random) {
  const times = [now + 5000, now + 1, now, now - 1, now - 9, now - 5000].filter(() => random.chance(50)).slice(0, 3);
  return times.map((from) => ({ miner: hex(random.pick(keys).hash), from }));
}

function epochAt(now, random) {
  const [seedCurrent, seedPrevious] = [random.bytes(32), random.chance(80) ? random.bytes(32) : Buffer.alloc(32)];
  return random.pick([
    { epochStart: 0, epochCounter: 0, seedCurrent, seedPrevious },
    { epochStart: now - 600, epochCounter: 7, seedCurrent, seedPrevious },
    { epochStart: now - EPOCH, epochCounter: 7, seedCurrent, seedPrevious },
    { epochStart: now - 3 * EPOCH, epochCounter: 7, seedCurrent, seedPrevious },
  ]);
}

function validSeeds({ epochStart, seedCurrent, seedPrevious }, now) {
  const over = epochStart !== 0 && now - epochStart >= EPOCH;
  return [seedCurrent, seedPrevious].slice(0, over ? 1 : 2).filter((seed) => seed.some((byte) => byte !== 0));
}

async function compare(node, count, make) {
  const reached = new Map();
  const differences = [];
  const pending = [];
  for (let done = 0; done < count;) {
    const cases = [];
    for (; cases.length < BATCH && done < count; done++) cases.push({ number: done, ...make() });
    pending.push(ask(node, cases).then((answers) => {
      for (const [i, one] of cases.entries()) {
        const answer = kindOf(one.ours);
        reached.set(answer, (reached.get(answer) ?? 0) + 1);
        if (answers[i] !== one.expected) differences.push({ ...one, theirs: answers[i] });
      }
    }));
    if (pending.length === 4) await Promise.all(pending.splice(0));
  }
  await Promise.all(pending);
  return { reached, differences: differences.sort((a, b) => a.number - b.number) };
}

function ask(node, cases) {
  const call = ({ data, storage }) => [{ to: AI_MINING, data, gas: GAS }, 'latest', { [AI_MINING]: { stateDiff: storage } }];
  return node.batch(cases.map((one) => ['eth_call', call(one)]));
}

/** Error and reasons, without the bytes of devices and firmware. */
function kindOf({ refusal, tier, trustBps }) {
  if (!refusal) return `tier ${tier}, trust ${trustBps}`;
  return `${refusal.error}(${refusal.args.filter((argument) => typeof argument !== 'object').join(', ')})`;
}

/** The arguments are `bytes`, or a bytes32 between the offset and the tail. */
function calldata(selector, first, second) {
  const tail = (bytes) => concat([unsigned(bytes.length, 32), bytes, Buffer.alloc(-bytes.length & 31)]);
  const heads = selector === VERIFY_NVTRUST ? [unsigned(64, 32), first] : [unsigned(64, 32), unsigned(64 + tail(first).length, 32), tail(first)];
  return `0x${selector}${hex(concat([...heads, tail(second)]))}`;
}
