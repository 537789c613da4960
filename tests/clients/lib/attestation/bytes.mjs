// Bytes, hashes and signatures, over libraries that the precompile does not use.

import { createPublicKey, verify } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';

/** The SubjectPublicKeyInfo of an uncompressed P-384 key begins with it; x ‖ y follow. */
export const SPKI_PREFIX = Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex');
export const ORDER = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;

export const ascii = (text) => Buffer.from(text, 'latin1');
export const concat = (parts) => Buffer.concat(parts);
export const equalBytes = (a, b) => Buffer.compare(a, b) === 0;
export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const unhex = (text) => Buffer.from(text.replace(/^0x/, ''), 'hex');
export const number = (bytes) => BigInt(`0x0${hex(bytes)}`);
export const printable = (byte) => byte > 0x20 && byte < 0x7f;
export const printableOrSpace = (byte) => byte >= 0x20 && byte < 0x7f;

/** `value` as `size` bytes, big-endian. */
export function unsigned(value, size) {
  return Buffer.from(BigInt(value).toString(16).padStart(2 * size, '0'), 'hex');
}

export function deriveKey(tag, ...parts) {
  return Buffer.from(blake3(concat(parts), { context: ascii(tag) }));
}

const keys = new Map(); // a point that is not on the curve is remembered as null

/** ECDSA with SHA-384; `key` is x ‖ y, `signature` r ‖ s. */
export function signedBy(key, message, signature) {
  for (const half of [signature.subarray(0, 48), signature.subarray(48)]) {
    const value = number(half);
    if (value === 0n || value >= ORDER) return false;
  }
  const name = hex(key);
  if (!keys.has(name)) {
    let made = null;
    try {
      made = createPublicKey({ key: concat([SPKI_PREFIX, key]), format: 'der', type: 'spki' });
    } catch { /* not on the curve */ }
    keys.set(name, made);
  }
  const made = keys.get(name);
  return made !== null && verify('sha384', message, { key: made, dsaEncoding: 'ieee-p1363' }, signature);
}
