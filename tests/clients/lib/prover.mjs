// A second implementation of the proof, version 1, from precompile-spec/ alone and over other libraries: what it makes
// and what `pars-devnet prove` makes must be accepted alike.

import { randomBytes } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';

const SETS = { 44: ml_dsa44, 65: ml_dsa65, 87: ml_dsa87 };
const SIGNED_LENGTH = 290;
const ascii = (text) => new TextEncoder().encode(text);
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;

/** A miner's key. */
export function minerKey(set, seed = randomBytes(32)) {
  const { publicKey, secretKey } = SETS[set].keygen(seed);
  return { set, publicKey, secretKey, hash: Buffer.from(blake3(publicKey)) };
}

/**
 * A proof for a job that took ten seconds and ends at `now`: a software proof under a new key, unless `attested` says { key, deviceId,
 * seed, evidence }, where evidence makes `bytes attestation` of the attestation nonce.
 */
export function prove({ set, chainId, recipient, units, now, attested }) {
  const { publicKey, secretKey, hash } = attested?.key ?? minerKey(set);
  const scheme = SETS[set];
  const device = attested?.deviceId ?? blake3(publicKey, { context: ascii('pars.aimining.software-device.v1') });
  const nonce = randomBytes(32);

  const signed = Buffer.alloc(SIGNED_LENGTH); // min_reward stays zero, and attestation_hash without evidence
  signed[0] = 1;
  signed[1] = set;
  signed.writeUInt32BE(chainId, 2);
  signed.set(randomBytes(32), 6); // job
  signed.set(blake3(ascii('model')), 38);
  signed.set(blake3(ascii('input')), 70);
  signed.set(device, 102);
  signed.set(nonce, 134);
  signed.writeBigUInt64BE(now - 10n, 166);
  signed.set(blake3(ascii('output')), 174);
  signed.writeBigUInt64BE(BigInt(units), 206);
  signed.writeBigUInt64BE(now, 214);
  signed.set(Buffer.from(recipient.slice(2), 'hex'), 222);
  const attestation = attested?.evidence(deriveNonce(signed, hash, attested.seed)) ?? Buffer.alloc(0);
  if (attestation.length > 0) signed.set(blake3(attestation), 258);
  const signature = scheme.sign(signed, secretKey, { context: ascii('pars.aimining.work.v1') });

  const chain = Buffer.alloc(4);
  chain.writeUInt32LE(chainId);
  return {
    proof: hex(Buffer.concat([signed, publicKey, signature])),
    attestation: hex(attestation),
    nonceUnder: (seed) => deriveNonce(signed, hash, seed),
    workId: hex(blake3(Buffer.concat([device, nonce, chain]))),
  };
}

/** The 32 bytes that a GPU signs for this proof. */
function deriveNonce(signed, miner, seed) {
  const material = Buffer.concat([signed.subarray(2, 174), miner, seed]);
  return Buffer.from(blake3(material, { context: ascii('pars.aimining.nvtrust-nonce.v1') }));
}
