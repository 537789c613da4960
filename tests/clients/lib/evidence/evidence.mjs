// Evidence as a structure that can be changed anywhere and is then signed again, with keys of the simulated factory.

import { SPKI_PREFIX, concat, deriveKey, hex, unsigned } from '../attestation/bytes.mjs';
import { decodeAttestation } from '../attestation/encoding.mjs';
import { keyOf, sign } from './keys.mjs';
import { copy, parse, plain, sequence, write } from './tree.mjs';

export const ICA_KEYS = {
  GH100: keyOf('Pars simulated GH100 ICA, not NVIDIA'),
  GB100: keyOf('Pars simulated GB100 ICA, not NVIDIA'),
  GB202: keyOf('Pars test of a further ICA'),
};

// Places in the signed part of a certificate.
export const SERIAL = 1;
export const ISSUER = 3;
export const VALIDITY = 4;
export const SUBJECT = 5;
export const SPKI = 6;
export const EXTENSIONS = 7;

const ALGORITHM = Buffer.from('300a06082a8648ce3d040303', 'hex');
const BLOCK = 55;

/** Takes real or simulated evidence as the pattern of a device of ours. */
export function adopt(attestation, { icaIndex, architecture, name, rename }) {
  const parts = decodeAttestation(attestation);
  const certificate = (bytes) => {
    if (rename) bytes = Buffer.from(bytes.toString('latin1').replaceAll(rename, architecture), 'latin1');
    return parse(bytes)[0].children[0];
  };
  const evidence = {
    version: 1, kind: 1, icaIndex, report: openReport(parts.report),
    leaf: certificate(parts.leaf), identityKey: certificate(parts.identityKey),
    keys: { ica: ICA_KEYS[architecture], identityKey: keyOf(name, 'identity key'), leaf: keyOf(name, 'leaf') },
  };
  const old = write(evidence.identityKey.children[SPKI]);
  evidence.identityKey.children[SPKI] = spki(evidence.keys.identityKey);
  evidence.leaf.children[SPKI] = spki(evidence.keys.leaf);
  replace(evidence.leaf, old, spki(evidence.keys.identityKey));
  return evidence;
}

/** Puts `next` wherever `old` stands (a CompositeDeviceID holds the identity key's). */
function replace(node, old, next) {
  for (const [at, child] of (node.children ?? []).entries()) {
    if (write(child).equals(old)) node.children[at] = next;
    else replace(child, old, next);
  }
}

function spki({ point }) {
  return parse(concat([SPKI_PREFIX, point]))[0];
}

export function clone(evidence) {
  const { report } = evidence;
  return {
    ...evidence,
    leaf: copy(evidence.leaf),
    identityKey: copy(evidence.identityKey),
    report: { ...report, blocks: report.blocks.map((b) => ({ ...b })), entries: report.entries.map((e) => ({ ...e })) },
  };
}

/** `bytes attestation` for this nonce. */
export function attestation(evidence, nonce) {
  const { keys } = evidence;
  const report = writeReport({ ...evidence.report, nonce: evidence.report.nonce ?? nonce }, keys.leaf);
  const sized = (part) => concat([unsigned(part.length, 2), part]);
  const first = Buffer.from([evidence.version, evidence.kind]);
  if (evidence.kind === 2) return concat([first, evidence.deviceId, sized(report)]);
  const leaf = writeCertificate(evidence.leaf, keys.identityKey);
  const identityKey = writeCertificate(evidence.identityKey, keys.ica);
  return concat([first, Buffer.from([evidence.icaIndex]), ...[report, leaf, identityKey].map(sized)]);
}

export function writeCertificate(certificate, issuer) {
  const signed = write(certificate);
  const wrap = certificate.wrap ?? ((parts) => sequence(...parts));
  const signature = certificate.halves?.(sign(issuer, signed)) ?? sign(issuer, signed);
  return write(wrap([signed, parse(ALGORITHM)[0], signatureValue(signature)]));
}

/** BIT STRING { SEQUENCE { r, s } } of r ‖ s. */
export function signatureValue(signature) {
  const integer = (half) => {
    let bytes = half;
    while (bytes.length > 1 && bytes[0] === 0 && bytes[1] < 0x80) bytes = bytes.subarray(1);
    return plain(0x02, bytes[0] >= 0x80 ? concat([Buffer.from([0]), bytes]) : bytes);
  };
  const half = signature.length / 2;
  const pair = sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half)));
  return { tag: 0x03, prefix: Buffer.from([0]), children: [pair] };
}

function openReport(bytes) {
  const count = bytes[41];
  const record = 45 + BLOCK * count;
  const blocks = [];
  for (let at = 45; at < record; at += BLOCK) blocks.push({ head: bytes.subarray(at, at + 7), value: bytes.subarray(at + 7, at + BLOCK) });
  const entries = [];
  const end = record + 34 + bytes.readUInt16LE(record + 32);
  for (let at = record + 34; at < end;) {
    const size = bytes.readUInt16LE(at + 2);
    entries.push({ type: bytes.readUInt16LE(at), data: bytes.subarray(at + 4, at + 4 + size) });
    at += 4 + size;
  }
  const [request, response, responder] = [bytes.subarray(0, 4), bytes.subarray(37, 41), bytes.subarray(record, record + 32)];
  return { request, slot: bytes[36], response, blocks, responder, entries };
}

function writeReport(report, key) {
  const little = (value, size) => unsigned(value, size).reverse();
  const record = concat(report.blocks.flatMap(({ head, value }) => [head, value]));
  const entries = report.entries.flatMap(({ type, data, size }) => [little(type, 2), little(size ?? data.length, 2), data]);
  const opaque = concat([...entries, report.rest ?? Buffer.alloc(0)]);
  const signed = concat([
    report.request, report.nonce, Buffer.from([report.slot]), report.response, Buffer.from([report.count ?? report.blocks.length]),
    little(report.recordLength ?? record.length, 3), record, report.responder, little(report.opaqueLength ?? opaque.length, 2), opaque,
  ]);
  const signature = report.halves?.(sign(key, signed)) ?? sign(key, signed);
  return concat([signed, signature, report.behind ?? Buffer.alloc(0)]);
}

/** Its device id, as hex. */
export function deviceIdOf({ keys }) {
  return hex(deriveKey('pars.aimining.nvtrust-device.v1', SPKI_PREFIX, keys.identityKey.point));
}
