// The errors that evidence is refused with, and their ABI encoding.

import { keccak_256 } from '@noble/hashes/sha3.js';
import { ascii, concat, unsigned } from './bytes.mjs';

export const ERRORS = {
  AttestationUnsupported: [],
  MalformedAttestation: ['bytes32'],
  SimulatedDeviceNotAllowed: [],
  UnknownIca: ['uint8'],
  IcaRevoked: ['uint8'],
  MalformedReport: ['bytes32'],
  NvSwitchNotAllowed: [],
  MissingReportEntry: ['uint16'],
  NonceMismatch: ['bytes32'],
  MalformedCertificate: ['bytes32', 'bytes32'],
  InvalidCertificateChain: ['bytes32'],
  FirmwareMissing: [],
  FirmwareMismatch: [],
  InvalidReportSignature: [],
  DeviceMismatch: ['bytes32', 'bytes32'],
  DeviceNotRegistered: ['bytes32'],
  DeviceNotBound: ['bytes32', 'bytes32'],
  DeviceRevoked: ['bytes32'],
  FirmwareDenied: ['bytes'],
  DriverTooOld: ['string'],
  MeasurementsMismatch: ['bytes32'],
};

const SELECTORS = Object.fromEntries(
  Object.entries(ERRORS).map(([name, types]) => [name, keccak_256(ascii(`${name}(${types.join(',')})`)).subarray(0, 4)]),
);

/** One refusal: a typed error and its arguments. A name stands for its bytes32. */
export class Refusal extends Error {
  constructor(name, ...args) {
    super(`${name}(${args.map((a) => (typeof a === 'object' ? Buffer.from(a).toString('hex') : a)).join(', ')})`);
    this.error = name;
    this.args = args;
  }

  /** What the call reverts with. */
  get data() {
    const types = ERRORS[this.error];
    const heads = [];
    const tails = [];
    let end = 32 * types.length;
    for (const [i, type] of types.entries()) {
      if (type === 'bytes' || type === 'string') {
        const bytes = this.args[i];
        const tail = concat([word(bytes.length), bytes, new Uint8Array(-bytes.length & 31)]);
        heads.push(word(end));
        tails.push(tail);
        end += tail.length;
      } else {
        heads.push(word(this.args[i]));
      }
    }
    return `0x${concat([SELECTORS[this.error], ...heads, ...tails]).toString('hex')}`;
  }
}

/** A rule that is not kept, before it is known what it is a rule of. */
export class Reason extends Error {}

export function fail(reason) {
  throw new Reason(reason);
}

/** Runs `body`; a reason becomes `name(...args, reason)`. */
export function within([name, ...args], body) {
  try {
    return body();
  } catch (error) {
    throw error instanceof Reason ? new Refusal(name, ...args, error.message) : error;
  }
}

function word(value) {
  if (typeof value === 'number') return unsigned(value, 32);
  const bytes = typeof value === 'string' ? ascii(value) : value;
  return concat([bytes, new Uint8Array(32 - bytes.length)]);
}
