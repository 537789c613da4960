// A policy as the storage of 0x0300 that precompile-spec/state.md says.

import { keccak_256 } from '@noble/hashes/sha3.js';
import { ascii, concat, hex, unhex, unsigned } from '../attestation/bytes.mjs';

const SLOT = {
  dev: 3, epochStart: 9, epochCounter: 10, seedCurrent: 12, seedPrevious: 13, poolDifficulty: 14, poolProofs: 18,
  icaCount: 34, icaTier: 35, icaArchitecture: 36, icaKey: 37, icaRevoked: 38, icaByKey: 39, firmwareDenied: 40, firmwarePinned: 41,
  goldenMask: 42, goldenCount: 43, goldenSet: 44, deviceRevoked: 45, minimumDriver: 46,
  deviceIca: 47, deviceKey: 48, deviceFwid: 49, deviceMiner: 50, deviceBoundFrom: 51,
};

const word = (value) => (typeof value === 'object' ? concat([value, Buffer.alloc(32 - value.length)]) : unsigned(value, 32));
const keccak = (bytes) => Buffer.from(keccak_256(bytes));
const entry = (slot, key) => keccak(concat([word(key), word(slot)]));

/** `stateDiff` of an eth_call: slot → value. `epoch` holds scalars by their names in state.md. */
export function storageOf(policy, epoch) {
  const diff = {};
  const put = (slot, value) => {
    diff[`0x${hex(word(slot))}`] = `0x${hex(word(value))}`;
  };
  const words = (slot, key, bytes) => {
    for (let i = 0; i * 32 < bytes.length; i++) put(entry(entry(slot, key), i), bytes.subarray(32 * i, 32 * (i + 1)));
  };
  put(SLOT.dev, policy.dev ? 1 : 0);
  put(SLOT.icaCount, policy.icas.length);
  for (const [index, { tier, architecture, key, revoked }] of policy.icas.entries()) {
    put(entry(SLOT.icaTier, index), tier);
    put(entry(SLOT.icaArchitecture, index), ascii(architecture));
    words(SLOT.icaKey, index, unhex(key));
    put(entry(SLOT.icaRevoked, index), revoked ? 1 : 0);
    put(entry(SLOT.icaByKey, keccak(unhex(key))), index + 1);
  }
  for (const fwid of policy.deniedFirmware) put(entry(SLOT.firmwareDenied, keccak(unhex(fwid))), 1);
  for (const fwid of policy.pinnedFirmware) put(entry(SLOT.firmwarePinned, keccak(unhex(fwid))), 1);
  for (const [tuple, { mask, digests }] of Object.entries(policy.goldenSets)) {
    put(entry(SLOT.goldenMask, unhex(tuple)), mask);
    put(entry(SLOT.goldenCount, unhex(tuple)), digests.length);
    for (const digest of digests) put(entry(SLOT.goldenSet, unhex(digest)), unhex(tuple));
  }
  for (const id of policy.revokedDevices) put(entry(SLOT.deviceRevoked, unhex(id)), 1);
  const driver = [0, 1, 2, 3].map((i) => unsigned(policy.minimumDriver?.[i] ?? 0, 8));
  put(SLOT.minimumDriver, concat(driver));
  for (const [id, { icaIndex, key, fwid, bindings }] of Object.entries(policy.devices)) {
    put(entry(SLOT.deviceIca, unhex(id)), icaIndex + 1);
    words(SLOT.deviceKey, unhex(id), unhex(key));
    words(SLOT.deviceFwid, unhex(id), unhex(fwid));
    for (const [i, { miner, from }] of bindings.entries()) {
      put(entry(entry(SLOT.deviceMiner, unhex(id)), i), unhex(miner));
      put(entry(entry(SLOT.deviceBoundFrom, unhex(id)), i), from);
    }
  }
  for (const [name, value] of Object.entries(epoch ?? {})) put(SLOT[name], value);
  if (epoch) {
    // As if nothing had been paid from the attested pool: its difficulty does not step.
    put(entry(SLOT.poolDifficulty, 1), 10n ** 18n);
    put(entry(SLOT.poolProofs, 1), 0);
  }
  return diff;
}
