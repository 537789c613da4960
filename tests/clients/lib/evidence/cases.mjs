// Devices, policies and cases of the comparison in clients/attestation.mjs.

import { readFileSync } from 'node:fs';
import { concat, hex, unhex, unsigned } from '../attestation/bytes.mjs';
import { parseCertificate } from '../attestation/certificate.mjs';
import { decodeAttestation } from '../attestation/encoding.mjs';
import { parseReport } from '../attestation/report.mjs';
import { firmwareTuple, genesisPolicy, goldenSetDigest } from '../attestation/verdict.mjs';
import { ICA_KEYS, adopt, attestation, clone, deviceIdOf } from './evidence.mjs';
import * as finished from './mutations/bytes.mjs';
import { der, envelope } from './mutations/der.mjs';
import { entries, report } from './mutations/report.mjs';
import { padded, rule } from './mutations/rules.mjs';

const FIXTURES = new URL('../../../../src/nvtrust/tests/fixtures/', import.meta.url);

/** Evidence of a real H100, with the nonce that it answered. */
export function realH100() {
  const [reported, leaf, identityKey] = ['h100_report.bin', 'h100_leaf.der', 'h100_ik.der'].map((name) => readFileSync(new URL(name, FIXTURES)));
  const sized = (part) => [unsigned(part.length, 2), part];
  return { bytes: concat([Buffer.from([1, 1, 0]), ...sized(reported), ...sized(leaf), ...sized(identityKey)]), nonce: reported.subarray(4, 36) };
}

/** Devices whose keys we have, made after a real one and after simulated ones; one is below an intermediate that governance pinned. */
export function makeDevices(simulated) {
  const [gh100, gb100] = [simulated('gh100'), simulated('gb100')];
  return [
    adopt(realH100().bytes, { icaIndex: 254, architecture: 'GH100', name: 'after a real H100' }),
    adopt(gh100, { icaIndex: 254, architecture: 'GH100', name: 'after a simulated GH100' }),
    adopt(gb100, { icaIndex: 255, architecture: 'GB100', name: 'after a simulated GB100' }),
    adopt(gb100, { icaIndex: 2, architecture: 'GB202', name: 'below a further ICA', rename: 'GB100' }),
  ].map((evidence) => {
    const parts = decodeAttestation(attestation(evidence, Buffer.alloc(32)));
    return { evidence, id: deviceIdOf(evidence), report: parseReport(parts.report), fwid: hex(parseCertificate(parts.leaf).fwid) };
  });
}

/** A device's golden set of these blocks. */
function pin(policy, device, mask, spoiled) {
  const tuple = firmwareTuple(device.report);
  const digest = goldenSetDigest(tuple, mask, device.report.measurements);
  if (spoiled) digest[0] ^= 1;
  policy.goldenSets[hex(tuple)] = { mask, digests: [hex(digest)] };
}

const ALL = (1n << 64n) - 1n;
const WITHOUT_DECODER = ALL - (1n << 35n);
const pinFirmware = (p, devices) => { p.pinnedFirmware = devices.map(({ fwid }) => fwid); };
const MASKS = [ALL, WITHOUT_DECODER, 0x8000000ff0000001n, 2n];
const goldenSets = (p, devices, random) => devices.forEach((device) => pin(p, device, random.pick(MASKS), false));

// What governance can decide, or what a registration can look like.
const DECISIONS = [
  (p, devices, random) => { p.minimumDriver = random.pick([[550n, 90n, 7n], [550n, 90n, 7n, 1n], [0n, 0n, 0n, ALL], [550n, 91n], [1000n]]); },
  goldenSets,
  (p, devices) => devices.forEach((device) => pin(p, device, ALL, true)),
  pinFirmware,
  (p, devices, random) => {
    goldenSets(p, devices, random);
    pinFirmware(p, devices);
  },
  (p, devices, random) => { p.deniedFirmware = [random.pick(devices).fwid]; },
  (p, devices, random) => { p.revokedDevices = [random.pick(devices).id]; },
  (p) => { p.icas[0].revoked = true; },
  (p) => { p.icas[2].revoked = true; },
  (p, devices, random) => { delete p.devices[random.pick(devices).id]; },
  (p, devices, random) => registered(p, devices, random).fwid = hex(random.bytes(48)),
  (p, devices, random) => registered(p, devices, random).key = '01'.repeat(96),
  (p, devices, random) => registered(p, devices, random).icaIndex = random.below(4),
  (p) => { p.dev = false; },
];

function registered(policy, devices, random) {
  return policy.devices[random.pick(devices).id] ?? {};
}

/** A third as genesis is, with further intermediates and every device registered; then each decision, alone and with others. */
export function makePolicies(devices, random) {
  const decided = [...DECISIONS.map((decision) => [decision]), ...DECISIONS.map(() => [0, 1, 2].map(() => random.pick(DECISIONS)))];
  return [...decided.slice(DECISIONS.length).map(() => []), ...decided].map((decisions) => {
    const policy = genesisPolicy({ dev: true });
    policy.icas.push({ tier: 2, architecture: 'GB202', key: hex(ICA_KEYS.GB202.point), revoked: false });
    policy.icas.push({ tier: 2, architecture: 'GB202', key: '01'.repeat(96), revoked: false }); // no point of the curve
    for (const { evidence: { keys, icaIndex }, id, fwid } of devices) {
      policy.devices[id] = { icaIndex, key: hex(keys.leaf.point), fwid, bindings: [] };
    }
    for (const decision of decisions) decision(policy, devices, random);
    return policy;
  });
}

const FULL = [
  ['none', 2], ['bytes', 12], ['header', 6], ['der', 26], ['rule', 32], ['envelope', 12], ['padded', 2], ['report', 14], ['entries', 14], ['two', 6],
];
const ALONE = [['none', 2], ['bytes', 6], ['header', 4], ['report', 20], ['entries', 24]];
const CHANGES = { der, envelope, rule, padded, report, entries };

function weighted(list, random) {
  let at = random.below(list.reduce((sum, [, weight]) => sum + weight, 0));
  return list.find(([, weight]) => (at -= weight) < 0)[0];
}

/** What is changed (nothing, in so many of a hundred), and evidence for any nonce with that change. */
export function change(device, random, untouched = 0) {
  const evidence = clone(device.evidence);
  const kind = random.chance(15) ? 2 : 1;
  if (kind === 2) Object.assign(evidence, { kind, deviceId: unhex(device.id) });
  const what = random.chance(untouched) ? 'none' : weighted(kind === 1 ? FULL : ALONE, random);
  if (what === 'two') {
    rule(evidence, random);
    CHANGES[random.pick(['report', 'entries'])](evidence, random);
  } else {
    CHANGES[what]?.(evidence, random);
  }
  return {
    what: `kind ${kind}, ${what}`,
    evidence(nonce) {
      const bytes = attestation(evidence, nonce);
      return finished[what]?.(bytes, random) ?? bytes;
    },
  };
}

/** Evidence and the nonce that is asked for. */
export function makeCase(devices, random) {
  if (random.chance(8)) {
    const { bytes, nonce } = realH100();
    return { what: 'bytes of a real H100', bytes: random.chance(5) ? bytes : finished.bytes(bytes, random), nonce };
  }
  const { what, evidence } = change(random.pick(devices), random);
  const nonce = random.bytes(32);
  return { what, bytes: evidence(nonce), nonce: random.chance(2) ? random.bytes(32) : nonce };
}
