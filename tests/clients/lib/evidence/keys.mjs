// Keys that follow from public bytes, and signatures that follow from key and message: a seed gives the same evidence again.

import { createECDH, createHash } from 'node:crypto';
import { ORDER, ascii, concat, deriveKey, number, unsigned } from '../attestation/bytes.mjs';
import { blake3 } from '@noble/hashes/blake3.js';

/** The key of simulated certificates that follows from these parts. */
export function keyOf(...parts) {
  const scalar = Buffer.from(blake3(concat([...parts.map(ascii), Buffer.from([0])]), { context: ascii('pars.aimining.simulated-key.v1'), dkLen: 48 }));
  return { secret: number(scalar), point: pointOf(scalar) };
}

/** ECDSA with SHA-384, r ‖ s. */
export function sign({ secret }, message) {
  const digest = createHash('sha384').update(message).digest();
  const half = (part) => deriveKey('test.ecdsa.k', unsigned(secret, 48), digest, Buffer.from([part]));
  const k = unsigned(number(concat([half(0), half(1)]).subarray(0, 48)) % (ORDER - 1n) + 1n, 48);
  const r = number(pointOf(k).subarray(0, 48)) % ORDER;
  const s = (inverse(number(k)) * (number(digest) + r * secret)) % ORDER;
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
