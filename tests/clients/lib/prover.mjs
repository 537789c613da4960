// A second implementation of the proof, version 1, from precompile-spec/ alone and over other libraries: what it makes
// and what `pars-devnet prove` makes must be accepted alike.

import { randomBytes } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';

const SETS = { 44: ml_dsa44, 65: ml_dsa65, 87: ml_dsa87 };
const SIGNED_LENGTH = 290;
const ascii = (text) => new TextEncoder().encode(text);
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;

/** A software proof under a new key, for a job that took ten seconds and ends at `now`. */
export function prove({ set, chainId, recipient, units, now }) {
  const scheme = SETS[set];
  const { publicKey, secretKey } = scheme.keygen(randomBytes(32));
  const device = blake3(publicKey, { context: ascii('pars.aimining.software-device.v1') });
  const nonce = randomBytes(32);

  const signed = Buffer.alloc(SIGNED_LENGTH); // min_reward and attestation_hash stay zero
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
  const signature = scheme.sign(signed, secretKey, { context: ascii('pars.aimining.work.v1') });

  const chain = Buffer.alloc(4);
  chain.writeUInt32LE(chainId);
  return {
    proof: hex(Buffer.concat([signed, publicKey, signature])),
    workId: hex(blake3(Buffer.concat([device, nonce, chain]))),
  };
}
