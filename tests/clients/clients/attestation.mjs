// The node's verifyNVTrust against a second implementation (lib/attestation), written in JavaScript from the specification:
// both judge the same evidence, right and wrong, under the same policies, and must answer the same bytes.
//
// PARS_EVIDENCE is the number of cases, PARS_EVIDENCE_SEED the seed.

import { readFileSync } from 'node:fs';
import { concat, hex, unhex, unsigned } from '../lib/attestation/bytes.mjs';
import { parseCertificate } from '../lib/attestation/certificate.mjs';
import { decodeAttestation } from '../lib/attestation/encoding.mjs';
import { parseReport } from '../lib/attestation/report.mjs';
import { firmwareTuple, genesisPolicy, goldenSetDigest, judge } from '../lib/attestation/verdict.mjs';
import { AI_MINING } from '../lib/contracts.mjs';
import { ICA_KEYS, adopt, attestation, clone, deviceIdOf } from '../lib/evidence/evidence.mjs';
import * as mutations from '../lib/evidence/mutations.mjs';
import { Random } from '../lib/evidence/random.mjs';
import { storageOf } from '../lib/evidence/state.mjs';

const VERIFY_NVTRUST = '8281b305';
const BATCH = 50;
const SHOWN = 5;
const FIXTURES = new URL('../../../src/nvtrust/tests/fixtures/', import.meta.url);

/** Evidence of a real H100, with the nonce that it answered. */
export function realH100() {
  const [report, leaf, identityKey] = ['h100_report.bin', 'h100_leaf.der', 'h100_ik.der'].map((name) => readFileSync(new URL(name, FIXTURES)));
  const sized = (part) => [unsigned(part.length, 2), part];
  return { bytes: concat([Buffer.from([1, 1, 0]), ...sized(report), ...sized(leaf), ...sized(identityKey)]), nonce: report.subarray(4, 36) };
}

/** Devices whose keys we have, made after a real one and after simulated ones. */
function patterns(simulated) {
  const real = realH100().bytes;
  const [gh100, gb100] = [simulated('gh100'), simulated('gb100')];
  return [
    adopt(real, { icaIndex: 254, architecture: 'GH100', name: 'after a real H100' }),
    adopt(gh100, { icaIndex: 254, architecture: 'GH100', name: 'after a simulated GH100' }),
    adopt(gb100, { icaIndex: 255, architecture: 'GB100', name: 'after a simulated GB100' }),
    adopt(gb100, { icaIndex: 2, architecture: 'GB202', name: 'below a further ICA', rename: 'GB100' }),
  ];
}

/** What governance could have decided, as changes of one policy. */
function policies(devices) {
  const make = (change) => {
    const policy = genesisPolicy({ dev: true });
    policy.icas.push({ tier: 2, architecture: 'GB202', key: hex(ICA_KEYS.GB202.point), revoked: false });
    for (const { evidence, fwid } of devices) {
      const { keys, icaIndex } = evidence;
      policy.devices[deviceIdOf(evidence)] = { icaIndex, key: hex(keys.leaf.point), fwid: hex(fwid) };
    }
    change?.(policy);
    return { policy, storage: storageOf(policy) };
  };
  const golden = (policy, mask, spoil) => {
    for (const { report } of devices) {
      const tuple = firmwareTuple(report);
      const digests = [goldenSetDigest(tuple, mask, report.measurements)].map((d) => (spoil ? d.fill(7, 0, 4) : d));
      policy.goldenSets[hex(tuple)] = { mask, digests: digests.map(hex) };
    }
  };
  return [
    make(), make(), make(), make(), make(), make(),
    make((p) => { p.dev = false; }),
    make((p) => { p.icas.pop(); p.icas[0].revoked = true; }),
    make((p) => { p.icas[1].revoked = true; p.icas[2].revoked = true; }),
    make((p) => { p.minimumDriver = [550n, 90n, 7n]; }),
    make((p) => { p.minimumDriver = [550n, 90n, 7n, 1n]; }),
    make((p) => { p.minimumDriver = [0n, 0n, 0n, (1n << 64n) - 1n]; }),
    make((p) => { golden(p, (1n << 64n) - 1n); p.pinnedFirmware = devices.map((d) => hex(d.fwid)); }),
    make((p) => { golden(p, 0x8000000ff0000001n); p.minimumDriver = [550n, 90n]; }),
    make((p) => { golden(p, 2n, true); }),
    make((p) => { p.deniedFirmware = devices.slice(0, 2).map((d) => hex(d.fwid)); p.revokedDevices = devices.slice(2).map((d) => deviceIdOf(d.evidence)); }),
  ];
}

const STRATEGIES = [
  ['as it is', 2], ['bytes', 12], ['header', 6], ['der', 26], ['rule', 30], ['envelope', 8], ['signatures', 4], ['padded', 2], ['report', 14], ['entries', 14], ['two', 6],
];
const WEIGHT = STRATEGIES.reduce((sum, [, weight]) => sum + weight, 0);
const OF_REPORT = ['report', 'entries'];

function strategy(random) {
  let at = random.below(WEIGHT);
  for (const [name, weight] of STRATEGIES) {
    at -= weight;
    if (at < 0) return name;
  }
}

/** Evidence and the nonce that is asked for. */
function makeCase(devices, random) {
  const real = realH100();
  if (random.chance(8)) return { what: 'bytes of a real H100', bytes: random.chance(5) ? real.bytes : mutations.bytes(real.bytes, random), nonce: real.nonce };
  const { evidence: pattern } = random.pick(devices);
  const evidence = clone(pattern);
  const nonce = random.bytes(32);
  if (random.chance(15)) Object.assign(evidence, { kind: 2, deviceId: unhex(deviceIdOf(evidence)) });
  let what = strategy(random);
  if (evidence.kind === 2 && !['bytes', 'header', 'as it is'].includes(what)) what = random.pick(OF_REPORT);
  if (what === 'two') {
    mutations.rule(evidence, random);
    mutations[random.pick(OF_REPORT)](evidence, random);
  } else if (!['as it is', 'bytes', 'header'].includes(what)) {
    mutations[what](evidence, random);
  }
  let bytes = attestation(evidence, nonce);
  if (what === 'bytes' || what === 'header') bytes = mutations[what](bytes, random);
  return { what: `${what}, kind ${evidence.kind}`, bytes, nonce: random.chance(2) ? random.bytes(32) : nonce };
}

function calldata({ bytes, nonce }) {
  return `0x${VERIFY_NVTRUST}${hex(concat([unsigned(64, 32), nonce, unsigned(bytes.length, 32), bytes, Buffer.alloc(-bytes.length & 31)]))}`;
}

/** What our judgement is, as the node answers it. */
function expected({ tier, deviceId, revert }) {
  return revert ?? `0x${hex(unsigned(tier, 32))}${deviceId.slice(2)}`;
}

function answers(node, cases) {
  return node.batch(cases.map(({ call, storage }) => ['eth_call', [{ to: AI_MINING, data: call, gas: '0x1000000' }, 'latest', { [AI_MINING]: { stateDiff: storage } }]]));
}

/** Asks both; answers what was compared, and the differences. */
export async function differential(node, simulated, { count, seed }) {
  const random = new Random(seed);
  const devices = patterns(simulated).map((evidence) => {
    const parts = decodeAttestation(attestation(evidence, Buffer.alloc(32)));
    return { evidence, report: parseReport(parts.report), fwid: parseCertificate(parts.leaf).fwid };
  });
  const all = policies(devices);
  const reached = new Map();
  const differences = [];
  let pending = [];
  for (let done = 0; done < count;) {
    const cases = [];
    for (; cases.length < BATCH && done < count; done++) {
      const { policy, storage } = random.pick(all);
      const made = makeCase(devices, random);
      const ours = judge(made.bytes, [made.nonce], policy);
      cases.push({ ...made, number: done, storage, ours, call: calldata(made) });
    }
    pending.push(answers(node, cases).then((theirs) => {
      for (const [i, one] of cases.entries()) {
        const name = one.ours.refusal?.message.replace(/[0-9a-f]{16,}/g, '…') ?? `tier ${one.ours.tier}, trust ${one.ours.trustBps}`;
        reached.set(name, (reached.get(name) ?? 0) + 1);
        if (theirs[i] !== expected(one.ours)) differences.push({ ...one, theirs: theirs[i] });
      }
    }));
    if (pending.length === 4) await Promise.all(pending.splice(0));
  }
  await Promise.all(pending);
  return { reached, differences };
}
