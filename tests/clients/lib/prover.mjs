// A second implementation of the proof, version 1, from precompile-spec/ alone and over other libraries: what it makes
// and what `pars-devnet prove` makes must be accepted alike.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { blake3 } from '@noble/hashes/blake3.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';

const SETS = { 44: ml_dsa44, 65: ml_dsa65, 87: ml_dsa87 };
const SIGNED_LENGTH = 290;
const ascii = (text) => new TextEncoder().encode(text);
const hex = (value) => `0x${Buffer.from(value).toString('hex')}`;
const bytes = (text) => Buffer.from(text.replace(/^0x/, ''), 'hex');

/** A software proof under a new key, for a job that took ten seconds and ends at `now`. */
export function prove({ set, chainId, recipient, units, now }) {
  const { publicKey, secretKey } = SETS[set].keygen(randomBytes(32));
  const context = encodeContext({
    chainId,
    job: randomBytes(32),
    model: blake3(ascii('model')),
    input: blake3(ascii('input')),
    device: blake3(publicKey, { context: ascii('pars.aimining.software-device.v1') }),
    nonce: randomBytes(32),
    began: now - 10n,
  });
  return sign({ set, publicKey, secretKey, context, output: blake3(ascii('output')), units, completed: now, recipient });
}

/**
 * An attested proof of the same work that `facts` (of `pars-devnet prove --json`) tell, under the same key, made from
 * the attestation's bytes and the epoch's seed. Throws unless the GPU answered what the specification says it is asked.
 */
export function proveAttested({ keyFile, facts, seed }) {
  const { seed: keySeed, parameter_set: set } = JSON.parse(readFileSync(keyFile, 'utf8'));
  const { publicKey, secretKey } = SETS[set].keygen(bytes(keySeed));
  const attestation = readAttestation(bytes(facts.attestation));
  const device = deviceId(attestation.ik);
  const context = encodeContext({
    chainId: facts.chain_id,
    job: bytes(facts.job_id),
    model: bytes(facts.model_hash),
    input: bytes(facts.input_hash),
    device,
    nonce: bytes(facts.nonce),
    began: BigInt(facts.began_at),
  });
  const asked = blake3(Buffer.concat([context, blake3(publicKey), bytes(seed)]), { context: ascii('pars.aimining.nvtrust-nonce.v1') });
  const answered = attestation.report.subarray(4, 36); // the requester's nonce
  if (hex(asked) !== hex(answered)) throw new Error(`the GPU was to answer ${hex(asked)}, it answered ${hex(answered)}`);
  const proof = sign({
    set, publicKey, secretKey, context,
    output: bytes(facts.output_hash),
    units: facts.compute_units,
    completed: BigInt(facts.completed_at),
    recipient: facts.recipient,
    attestationHash: blake3(bytes(facts.attestation)),
  });
  return { ...proof, attestation: facts.attestation, deviceId: hex(device) };
}

/** A miner's key, and BLAKE3 of its public key. */
export function minerKey(set, seed) {
  const { publicKey, secretKey } = SETS[set].keygen(seed);
  return { set, publicKey, secretKey, hash: Buffer.from(blake3(publicKey)) };
}

/**
 * A proof of ten seconds of some work of `device`, which `evidence` attests: it answers `bytes attestation` for the attestation
 * nonce under `seed`. `nonceUnder` is that nonce under any seed.
 */
export function proveWith({ key, chainId, device, seed, evidence, recipient, units, now }) {
  const [job, nonce] = [randomBytes(32), randomBytes(32)];
  const context = encodeContext({ chainId, job, model: blake3(ascii('model')), input: blake3(ascii('input')), device, nonce, began: now - 10n });
  const nonceUnder = (each) => Buffer.from(blake3(Buffer.concat([context, key.hash, each]), { context: ascii('pars.aimining.nvtrust-nonce.v1') }));
  const attestation = evidence(nonceUnder(seed));
  const proof = sign({ ...key, context, output: blake3(ascii('output')), units, completed: now, recipient, attestationHash: blake3(attestation) });
  return { ...proof, attestation, nonceUnder };
}

/** The device id of an identity key's certificate: of its SubjectPublicKeyInfo, P-384, 120 bytes. */
export function deviceId(certificate) {
  const prefix = Buffer.from('3076301006072a8648ce3d020106052b81040022036200', 'hex');
  const at = Buffer.from(certificate).indexOf(prefix);
  if (at < 0) throw new Error('the certificate has no P-384 key');
  return blake3(certificate.subarray(at, at + 120), { context: ascii('pars.aimining.nvtrust-device.v1') });
}

/** Kind 1: `version 1 | kind 1 | ica_index u8`, then report, leaf and identity key, each after its length. */
export function encodeAttestation({ icaIndex, report, leaf, ik }) {
  const parts = [report, leaf, ik].flatMap((part) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(part.length);
    return [length, part];
  });
  return hex(Buffer.concat([Buffer.from([1, 1, icaIndex]), ...parts]));
}

function readAttestation(encoded) {
  if (encoded[0] !== 1 || encoded[1] !== 1) throw new Error('not an attestation of kind 1');
  let at = 3;
  const part = () => {
    const length = encoded.readUInt16BE(at);
    at += 2 + length;
    return encoded.subarray(at - length, at);
  };
  const parts = { icaIndex: encoded[2], report: part(), leaf: part(), ik: part() };
  if (at !== encoded.length) throw new Error(`${encoded.length - at} bytes behind the attestation`);
  return parts;
}

function encodeContext({ chainId, job, model, input, device, nonce, began }) {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(chainId, 0);
  numbers.writeBigUInt64BE(began, 4);
  return Buffer.concat([numbers.subarray(0, 4), job, model, input, device, nonce, numbers.subarray(4)]);
}

function sign({ set, publicKey, secretKey, context, output, units, completed, recipient, attestationHash }) {
  const signed = Buffer.alloc(SIGNED_LENGTH); // min_reward stays zero, as attestation_hash does without a GPU
  signed[0] = 1;
  signed[1] = set;
  signed.set(context, 2);
  signed.set(output, 174);
  signed.writeBigUInt64BE(BigInt(units), 206);
  signed.writeBigUInt64BE(completed, 214);
  signed.set(bytes(recipient), 222);
  if (attestationHash) signed.set(attestationHash, 258);
  const signature = SETS[set].sign(signed, secretKey, { context: ascii('pars.aimining.work.v1') });

  const chain = Buffer.alloc(4);
  chain.writeUInt32LE(context.readUInt32BE(0));
  return {
    proof: hex(Buffer.concat([signed, publicKey, signature])),
    workId: hex(blake3(Buffer.concat([context.subarray(100, 132), context.subarray(132, 164), chain]))),
  };
}
