// `bytes attestation`.

import { Refusal, fail, within } from './refusal.mjs';

const MOST_REPORT = 8192;
const MOST_CERTIFICATE = 1024;

/** Takes `bytes attestation` apart; nothing of it is judged yet. */
export function decodeAttestation(bytes) {
  if (bytes.length >= 1 && bytes[0] !== 1) throw new Refusal('AttestationUnsupported');
  if (bytes.length >= 2 && bytes[1] !== 1 && bytes[1] !== 2) throw new Refusal('AttestationUnsupported');
  return within(['MalformedAttestation'], () => {
    let at = 0;
    const take = (size) => {
      if (bytes.length - at < size) fail('truncated');
      at += size;
      return bytes.subarray(at - size, at);
    };
    const part = (most) => {
      const size = take(2).readUInt16BE();
      if (size === 0) fail('empty');
      if (size > most) fail('too_long');
      return take(size);
    };
    const kind = take(2)[1];
    const parts = kind === 1
      ? { kind, icaIndex: take(1)[0], report: part(MOST_REPORT), leaf: part(MOST_CERTIFICATE), identityKey: part(MOST_CERTIFICATE) }
      : { kind, deviceId: take(32), report: part(MOST_REPORT) };
    if (at !== bytes.length) fail('trailing_bytes');
    return parts;
  });
}
