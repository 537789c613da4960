// Keys that follow from public bytes, and signatures that follow from key and message: a seed gives the same evidence again.

import { createECDH, createHash } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { ORDER, ascii, concat, number, unsigned } from '../attestation/bytes.mjs';

/** The key of simulated certificates that follows from these parts. */
export function keyOf(...parts) {
  const material = concat([...parts.map(ascii), Buffer.from([0])]);
  const scalar = Buffer.from(blake3(material, { context: ascii('pars.aimining.simulated-key.v1'), dkLen: 48 }));
  return { secret: number(scalar), point: pointOf(scalar) };
}

// A few nonces for all signatures: it is the dearest part of one, and these keys have no secret that it could betray.
const NONCES = Array.from({ length: 16 }, (_, i) => {
  const k = keyOf('test nonce', String(i));
  return { r: number(k.point.subarray(0, 48)) % ORDER, inverse: inverse(k.secret) };
});

/** ECDSA with SHA-384, r ‖ s. */
export function sign({ secret }, message) {
  const digest = createHash('sha384').update(message).digest();
  const { r, inverse: inverted } = NONCES[digest[0] % NONCES.length];
  const s = (inverted * (number(digest) + r * secret)) % ORDER;
  return concat([unsigned(r, 48), unsigned(s, 48)]);
}

function pointOf(scalar) {
  const ecdh = createECDH('secp384r1');
  ecdh.setPrivateKey(scalar);
  return ecdh.getPublicKey().subarray(1);
}

function inverse(value) {
  let [a, b, x, y] = [value, ORDER, 1n, 0n];
  while (b !== 0n) {
    const q = a / b;
    [a, b, x, y] = [b, a - q * b, y, x - q * y];
  }
  return ((x % ORDER) + ORDER) % ORDER;
}
