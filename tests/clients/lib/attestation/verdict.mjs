// What `bytes attestation` is worth under a policy: a second implementation of precompile-spec/attestation.md, written from
// that text alone and over other libraries, so that a difference between text and node shows.

import { SPKI_PREFIX, concat, deriveKey, equalBytes, hex, signedBy, unhex, unsigned } from './bytes.mjs';
import { parseCertificate } from './certificate.mjs';
import { checkIdentityKey, checkLeaf } from './chain.mjs';
import { decodeAttestation } from './encoding.mjs';
import { Refusal, within } from './refusal.mjs';
import { parseReport, text } from './report.mjs';

const REQUIRED = [3, 6, 11];
const TUPLE = [3, 6, 11, 15, 17, 18, 35, 36];
const DRIVER = 3;
const FWID = 20;
const TRUST = { 2: 8500, 3: 9500, 4: 10000 };
const TRUST_WITHOUT_PINS = 8000;

const ica = (tier, architecture, key) => ({ tier, architecture, key });
const GENESIS = [
  ica(3, 'GH100', 'cd4756aa39f53a55e12df14e280153821a86f90df3178c604816d9b14132598082deb2a313d367a3cf19a41431f393a8d0f92a3f6770a0c54d4d032fe5cbf2f632da4ef4935d9c0dd8740713dbbbc7b04862b5a2d2c1b7e6ad4824d48e18ee4b'),
  ica(4, 'GB100', '174a1e6883ec929420a9f229374b6b36dc5418fd1cca4768e13d9c4710be87a865e1e757519cf92c0ebf1b4c97bb5c9182f1e0140b12cfc05d6631d2101595e54fde4adb7887d6b66130b0f6bd21043800fa47398669f50c01a181cd71c8bd73'),
];
export const SIMULATED = {
  254: ica(3, 'GH100', '96174d3bb68e89faf161a7d318ed4262d14ad70f84b042b4d266296403718e85f0ea5e4165ddaa2a23ac28c80aafafd95a0695921ad041a43599ad355e653176a17a9db665f6a7f4d6f0d17f806f61fa3ae893d85e154cdcc2592530cce9726a'),
  255: ica(4, 'GB100', '2cacf315d96ca62a6098850fb3d91918a909ab738f14e40988fc877696a739503282194479b1a5965e4ea26fc6b8c61164f0f603fc4de41297ead8c4d41b2f8cf18a79d01254629e46df03fcebacce6cbcaa12c0ea21e8a3527da33d2f5f93a5'),
};

/** What genesis pins; everything is plain data, bytes as hex without 0x. */
export function genesisPolicy({ dev }) {
  return {
    dev,
    icas: structuredClone(GENESIS), // { tier, architecture, key, revoked }
    deniedFirmware: [],
    pinnedFirmware: [],
    revokedDevices: [],
    goldenSets: {}, // tuple → { mask (bigint), digests }
    minimumDriver: null, // up to four bigints
    devices: {}, // registered: device id → { icaIndex, key, fwid, bindings: [{ miner, from }], the newest first }
  };
}

/**
 * Judges evidence under the valid nonces, for a proof that names { deviceId, miner, at } if there is one: miner is BLAKE3 of its
 * public key, at the earlier of its completion and the block time. Answers { tier, deviceId, trustBps } or { refusal, revert }; with full evidence also what it registers.
 */
export function judge(bytes, nonces, policy, proof) {
  try {
    const attestation = decodeAttestation(bytes);
    const evidence = attestation.kind === 1 ? full(attestation, nonces, policy) : registered(attestation, nonces, policy, proof);
    checkDevice(evidence.deviceId, proof);
    const { ica, deviceId, registers } = evidence;
    return { tier: ica.tier, deviceId: `0x${hex(deviceId)}`, trustBps: trust(evidence, policy), registers };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refusal: error, revert: error.data };
  }
}

function checkDevice(deviceId, proof) {
  if (proof && !equalBytes(proof.deviceId, deviceId)) throw new Refusal('DeviceMismatch', deviceId, proof.deviceId);
}

/** Rows 1 to 17 of full evidence. */
function full(attestation, nonces, policy) {
  const factory = findIca(attestation.icaIndex, policy);
  const report = openReport(attestation.report, nonces);
  const leaf = within(['MalformedCertificate', 'leaf'], () => parseCertificate(attestation.leaf));
  checkLeaf(leaf);
  const identityKey = within(['MalformedCertificate', 'identity_key'], () => parseCertificate(attestation.identityKey));
  checkIdentityKey(identityKey, leaf, factory.architecture);
  checkFirmware(report, leaf.fwid);
  checkCertified(identityKey, unhex(factory.key), 'identity_key_signature');
  checkCertified(leaf, identityKey.key, 'leaf_signature');
  checkSignature(report, leaf.key);
  const deviceId = deriveKey('pars.aimining.nvtrust-device.v1', SPKI_PREFIX, identityKey.key);
  const registers = { icaIndex: attestation.icaIndex, key: hex(leaf.key), fwid: hex(leaf.fwid) };
  return { ica: factory, report, fwid: leaf.fwid, deviceId, registers };
}

/** Kind 2. */
function registered({ deviceId, report: reportBytes }, nonces, policy, proof) {
  checkDevice(deviceId, proof);
  const device = policy.devices[hex(deviceId)];
  if (!device) throw new Refusal('DeviceNotRegistered', deviceId);
  if (proof) {
    const binding = device.bindings.find(({ from }) => from <= proof.at);
    if (!binding || binding.miner !== hex(proof.miner)) throw new Refusal('DeviceNotBound', deviceId, proof.miner);
  }
  const factory = findIca(device.icaIndex, policy);
  const report = openReport(reportBytes, nonces);
  if (!report.opaque.has(FWID)) throw new Refusal('FirmwareMissing');
  checkFirmware(report, unhex(device.fwid));
  checkSignature(report, unhex(device.key));
  return { ica: factory, report, fwid: unhex(device.fwid), deviceId };
}

function findIca(index, policy) {
  if (SIMULATED[index]) {
    if (!policy.dev) throw new Refusal('SimulatedDeviceNotAllowed');
    return SIMULATED[index];
  }
  const found = policy.icas[index];
  if (!found) throw new Refusal('UnknownIca', index);
  if (found.revoked) throw new Refusal('IcaRevoked', index);
  return found;
}

function openReport(bytes, nonces) {
  const report = within(['MalformedReport'], () => parseReport(bytes));
  if (report.isSwitch) throw new Refusal('NvSwitchNotAllowed');
  for (const type of REQUIRED) {
    if (!report.opaque.has(type)) throw new Refusal('MissingReportEntry', type);
  }
  if (!nonces.some((nonce) => equalBytes(nonce, report.nonce))) throw new Refusal('NonceMismatch', report.nonce);
  return report;
}

function checkFirmware(report, fwid) {
  const reported = report.opaque.get(FWID);
  if (reported && !equalBytes(reported, fwid)) throw new Refusal('FirmwareMismatch');
}

function checkCertified({ signed, signature }, issuer, reason) {
  if (!signedBy(issuer, signed, signature)) throw new Refusal('InvalidCertificateChain', reason);
}

function checkSignature(report, key) {
  if (!signedBy(key, report.signed, report.signature)) throw new Refusal('InvalidReportSignature');
}

/** Rows 19 to 22; the trust of what passes them. */
function trust({ ica: { tier }, report, fwid, deviceId }, policy) {
  if (policy.revokedDevices.includes(hex(deviceId))) throw new Refusal('DeviceRevoked', deviceId);
  if (policy.deniedFirmware.includes(hex(fwid))) throw new Refusal('FirmwareDenied', fwid);
  if (policy.minimumDriver) {
    const driver = text(report.opaque.get(DRIVER));
    const version = driverVersion(driver.toString('latin1'));
    if (!version || lower(version, policy.minimumDriver)) throw new Refusal('DriverTooOld', driver);
  }
  const tuple = firmwareTuple(report);
  const golden = policy.goldenSets[hex(tuple)];
  if (golden && !golden.digests.includes(hex(goldenSetDigest(tuple, golden.mask, report.measurements)))) {
    throw new Refusal('MeasurementsMismatch', tuple);
  }
  const believed = golden && policy.pinnedFirmware.includes(hex(fwid));
  return believed ? TRUST[tier] : Math.min(TRUST[tier], TRUST_WITHOUT_PINS);
}

/** One to four numbers, or null. */
export function driverVersion(version) {
  const parts = version.split('.');
  if (parts.length > 4 || !parts.every((part) => /^[0-9]+$/.test(part) && BigInt(part) < 1n << 64n)) return null;
  return parts.map(BigInt);
}

function lower(version, minimum) {
  for (let i = 0; i < 4; i++) {
    const [a, b] = [version[i] ?? 0n, minimum[i] ?? 0n];
    if (a !== b) return a < b;
  }
  return false;
}

export function firmwareTuple({ opaque }) {
  return deriveKey('pars.aimining.firmware.v1', ...TUPLE.flatMap((type) => {
    const data = opaque.get(type) ?? Buffer.alloc(0);
    return [unsigned(type, 2), unsigned(data.length, 2), data];
  }));
}

export function goldenSetDigest(tuple, mask, measurements) {
  const masked = measurements.filter((_, i) => (mask >> BigInt(i)) & 1n);
  return deriveKey('pars.aimining.golden-set.v1', tuple, unsigned(mask, 8), ...masked);
}
