// The vectors about attestation, judged by the second implementation: what earlier calls leave is kept as plain data, and what
// a call shall answer is compared with what follows from it.

import { blake3 } from '@noble/hashes/blake3.js';
import { readFileSync } from 'node:fs';
import { SPKI_PREFIX, ascii, concat, deriveKey, hex, number, unhex, unsigned } from './attestation/bytes.mjs';
import { ERRORS } from './attestation/refusal.mjs';
import { driverVersion, genesisPolicy, judge } from './attestation/verdict.mjs';

const V1 = new URL('../../../precompile-spec/vectors/v1/', import.meta.url);
const FILES = ['attestation.json', 'attested-valid.json', 'attested-invalid.json'];
const KEYS = { 44: 1312, 65: 1952, 87: 2592 };
const EVIDENCE_ROW = 24;

/** What the vectors say that these files hold, or undefined where there are none yet. */
export function attestationVectors() {
  const read = (name) => JSON.parse(readFileSync(new URL(name, V1), 'utf8'));
  const listed = read('manifest.json').files.map(({ file }) => file);
  return FILES.some((name) => listed.includes(name)) ? FILES.map((name) => [name, read(name)]) : undefined;
}

/** How many vectors were compared; throws at the first that differs. */
export function replay({ genesis, inputs, vectors }) {
  let compared = 0;
  for (const { name, pre, call, expected, row } of vectors) {
    const { dev, chainId } = genesis[pre.genesis];
    const state = new State(dev, chainId, Number(genesis[pre.genesis].parameters.epoch_length));
    const input = (c) => unhex(inputs[c.input] ?? c.input);
    for (const step of pre.setup ?? []) {
      if (step.status === 'success') state.run(input(step.call), step.block);
    }
    const answer = state.answer(input(call), pre.block);
    const same = compare(answer, expected, row);
    if (same) compared += 1;
    const ours = () => (typeof answer === 'string' ? answer : (answer.revert ?? `tier ${answer.tier}, trust ${answer.trustBps}`));
    if (same === false) throw new Error(`${name}: ours is ${ours()}, the vector's ${expected.output}`);
  }
  return compared;
}

/** Undefined where another rule than those of attestation decides. */
function compare(answer, { status, output, error, logs }, row) {
  if (answer === undefined || status === 'out_of_gas') return undefined;
  if (typeof answer === 'string') return output.startsWith(answer); // of deviceInfo all but the counters
  if (answer.revert) {
    const earlier = row !== undefined && Number(row.split('.')[0]) < EVIDENCE_ROW;
    return earlier ? undefined : status === 'revert' && output === answer.revert;
  }
  if (status === 'revert') return Object.hasOwn(ERRORS, error.split('(')[0]) ? false : undefined;
  const accepted = logs.find(({ event }) => event === 'WorkAccepted');
  const data = unhex(accepted.data);
  const [tier, trustBps] = [4, 5].map((i) => Number(number(data.subarray(32 * i, 32 * (i + 1)))));
  return tier === answer.tier && trustBps === answer.trustBps && `0x${hex(data.subarray(0, 32))}` === answer.deviceId;
}

class State {
  constructor(dev, chainId, length) {
    this.policy = genesisPolicy({ dev });
    const current = deriveKey('pars.aimining.epoch-seed.v1', unsigned(chainId, 4));
    this.epoch = { start: 0, counter: 0, length, current, previous: Buffer.alloc(32) };
    this.lastWorkId = Buffer.alloc(32);
  }

  /** A call that succeeds. */
  run(input, block) {
    const args = new Arguments(input);
    const { policy } = this;
    const flag = (list, member) => {
      policy[list] = policy[list].filter((each) => each !== member);
      if (args.number(1) === 1) policy[list].push(member);
    };
    switch (args.selector) {
      case 'a733975a': return this.#accept(args.bytes(0), args.bytes(1), block);
      case '495a497f': {
        const key = hex(args.bytes(2).subarray(SPKI_PREFIX.length));
        return policy.icas.push({ tier: args.number(0), architecture: name(args.word(1)), key, revoked: false });
      }
      case '81b5ae94': { policy.icas[args.number(0)].revoked = args.number(1) === 1; return undefined; }
      case '4382e638': return flag('deniedFirmware', hex(args.bytes(0)));
      case '8dbc1ec2': return flag('pinnedFirmware', hex(args.bytes(0)));
      case '984b1995': return flag('revokedDevices', hex(args.word(0)));
      case 'ad563a49': { policy.minimumDriver = driverVersion(args.bytes(0).toString('latin1')); return undefined; }
      case 'e33a3630': return this.#pinGoldenSet(hex(args.word(0)), number(args.word(1)), hex(args.word(2)), args.number(3) === 1);
      default: throw new Error(`a call of ${args.selector} before a vector`);
    }
  }

  #pinGoldenSet(tuple, mask, digest, pinned) {
    const set = (this.policy.goldenSets[tuple] ??= { mask, digests: [] });
    set.digests = set.digests.filter((each) => each !== digest);
    if (pinned) set.digests.push(digest);
    if (set.digests.length === 0) delete this.policy.goldenSets[tuple];
  }

  /** What a call shall answer: bytes, or a judgement of a proof's evidence. */
  answer(input, block) {
    const args = new Arguments(input);
    const { policy } = this;
    const text = (bytes) => concat([unsigned(bytes.length, 32), bytes, Buffer.alloc(-bytes.length & 31)]);
    const words = (...values) => `0x${hex(concat(values.map((v) => (typeof v === 'object' ? v : unsigned(v, 32)))))}`;
    switch (args.selector) {
      case 'a733975a': return this.#judge(args.bytes(0), args.bytes(1), block);
      case '8281b305': {
        const { tier, deviceId, revert } = judge(args.bytes(0), [args.word(1)], policy);
        return revert ?? words(tier, unhex(deviceId));
      }
      case '0146dc50': return words(policy.icas.length);
      case '2959c1b7': {
        const ica = policy.icas[args.number(0)];
        if (!ica) return `0xea3cff93${words(args.number(0)).slice(2)}`;
        const spki = text(concat([SPKI_PREFIX, unhex(ica.key)]));
        return words(ica.tier, concat([ascii(ica.architecture), Buffer.alloc(32 - ica.architecture.length)]), 128, ica.revoked ? 1 : 0, spki);
      }
      case '17b78134': {
        const fwid = args.bytes(0);
        if (fwid.length !== 48) return '0x9bc0afdd';
        return words(...['deniedFirmware', 'pinnedFirmware'].map((list) => (policy[list].includes(hex(fwid)) ? 1 : 0)));
      }
      case 'e7019692': {
        const set = policy.goldenSets[hex(args.word(0))] ?? { mask: 0, digests: [] };
        return words(set.mask, set.digests.length, set.digests.includes(hex(args.word(1))) ? 1 : 0);
      }
      case '1001c1d4': return words(32, text(ascii(driverText(policy.minimumDriver))));
      case '0c19a13c': return this.#deviceInfo(hex(args.word(0)), block, words);
      default: return undefined;
    }
  }

  #deviceInfo(id, { timestamp }, words) {
    const device = this.policy.devices[id];
    const revoked = this.policy.revokedDevices.includes(id) ? 1 : 0;
    const bindings = device?.bindings ?? [];
    const none = '00'.repeat(32);
    const bound = bindings.find(({ from }) => from <= timestamp)?.miner ?? none;
    const next = bindings[0]?.from > timestamp ? bindings[0] : { miner: none, from: 0 };
    const tier = device ? judgeTier(device.icaIndex, this.policy) : 0;
    return words(device ? 1 : 0, revoked, tier, device?.icaIndex ?? 0, 320, unhex(bound), unhex(next.miner), next.from);
  }

  #effective({ timestamp }) {
    const { start, counter, length } = this.epoch;
    const n = start === 0 ? 0 : Math.floor(Math.max(timestamp - start, 0) / length);
    return start === 0 ? { n, start: timestamp, counter: 1 } : { n, start: start + n * length, counter: counter + n };
  }

  #judge(proof, attestation, block) {
    if (attestation.length === 0 || proof.length < 290) return undefined;
    const { context, miner, completedAt, deviceId } = readProof(proof);
    const { n } = this.#effective(block);
    const seeds = [this.epoch.current, this.epoch.previous].slice(0, n === 0 ? 2 : 1).filter((seed) => seed.some((byte) => byte !== 0));
    const nonces = seeds.map((seed) => deriveKey('pars.aimining.nvtrust-nonce.v1', context, miner, seed));
    const judged = judge(attestation, nonces, this.policy, { deviceId, miner, at: Math.min(completedAt, block.timestamp) });
    // Fresh is what answers the current seed, in a call that rolls no epoch; the opening is a roll.
    const rolls = n > 0 || this.epoch.start === 0;
    return { ...judged, fresh: !rolls && judge(attestation, nonces.slice(0, 1), this.policy).refusal?.error !== 'NonceMismatch' };
  }

  #accept(proof, attestation, block) {
    const judged = this.#judge(proof, attestation, block);
    if (judged?.refusal) throw judged.refusal;
    const { context, miner, deviceId } = readProof(proof);
    const { n, start, counter } = this.#effective(block);
    const { epoch } = this;
    if (epoch.start === 0 || n > 0) {
      const next = [unsigned(counter, 8), unsigned(block.number, 8), unsigned(block.timestamp, 8), this.lastWorkId];
      Object.assign(epoch, { start, counter, previous: epoch.current, current: deriveKey('pars.aimining.epoch-seed.v1', epoch.current, ...next) });
    }
    this.lastWorkId = Buffer.from(blake3(concat([deviceId, context.subarray(132, 164), Buffer.from(context.subarray(0, 4)).reverse()])));
    const known = this.policy.devices[hex(deviceId)]?.bindings.length > 0;
    if (judged?.registers && (judged.fresh || !known)) this.#register(hex(deviceId), judged.registers, hex(miner), Math.max(epoch.start + epoch.length, block.timestamp + 1), block.timestamp);
  }

  #register(id, registers, miner, from, now) {
    const device = (this.policy.devices[id] ??= { bindings: [] });
    Object.assign(device, registers);
    const [newest] = device.bindings;
    if (newest?.miner === miner) return;
    if (newest?.from > now) device.bindings.shift();
    device.bindings = [{ miner, from }, ...device.bindings].slice(0, 3);
  }
}

function judgeTier(icaIndex, policy) {
  return { 254: 3, 255: 4 }[icaIndex] ?? policy.icas[icaIndex].tier;
}

function readProof(proof) {
  const key = proof.subarray(290, 290 + KEYS[proof[1]]);
  return {
    context: proof.subarray(2, 174),
    deviceId: proof.subarray(102, 134),
    completedAt: Number(proof.readBigUInt64BE(214)),
    miner: Buffer.from(blake3(key)),
  };
}

function driverText(version) {
  const parts = [0, 1, 2, 3].map((i) => version?.[i] ?? 0n);
  if (parts.every((part) => part === 0n)) return '';
  while (parts.length > 2 && parts.at(-1) === 0n) parts.pop();
  return parts.map((part, i) => part.toString().padStart(i === 0 ? 1 : 2, '0')).join('.');
}

function name(word) {
  return word.subarray(0, word.indexOf(0)).toString('latin1');
}

/** Calldata, encoded strictly. */
class Arguments {
  constructor(input) {
    this.selector = hex(input.subarray(0, 4));
    this.rest = input.subarray(4);
  }

  word(i) {
    return this.rest.subarray(32 * i, 32 * (i + 1));
  }

  number(i) {
    return Number(number(this.word(i)));
  }

  bytes(i) {
    const at = this.number(i);
    const size = Number(number(this.rest.subarray(at, at + 32)));
    return this.rest.subarray(at + 32, at + 32 + size);
  }
}
