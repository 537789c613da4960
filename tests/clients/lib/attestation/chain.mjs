// Rules of places: what makes two certificates a GPU's identity key and the leaf below it.

import { ascii, equalBytes, hex } from './bytes.mjs';
import { Refusal } from './refusal.mjs';

const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
const GPU = 0x41;
const SWITCH = 0x50;

function must(kept, reason) {
  if (!kept) throw new Refusal('InvalidCertificateChain', reason);
}

/** Rules 1 to 3. */
export function checkLeaf(leaf) {
  must(!leaf.authority, 'leaf_is_authority');
  must((leaf.keyUsage & DIGITAL_SIGNATURE) !== 0 && (leaf.keyUsage & KEY_CERT_SIGN) === 0, 'leaf_key_usage');
  must(leaf.fwid, 'fwid_missing');
}

/** Rules 4 to 12. */
export function checkIdentityKey(identityKey, leaf, architecture) {
  const { serial, subject, issuer } = identityKey;
  must(identityKey.authority, 'issuer_is_no_authority');
  must((identityKey.keyUsage & KEY_CERT_SIGN) !== 0, 'issuer_key_usage');
  must(serial.length === 9 && (serial[0] === GPU || serial[0] === SWITCH), 'serial_number');
  must(subject.serialNumber && equalBytes(subject.serialNumber, ascii(hex(serial).toUpperCase())), 'subject_serial_number');
  if (serial[0] === SWITCH) throw new Refusal('NvSwitchNotAllowed');
  must(words(issuer).includes(architecture) && words(subject)[0] === architecture, 'architecture');
  must(equalBytes(leaf.issuer.raw, subject.raw), 'issuer');
  must(words(leaf.subject)[0] === architecture, 'architecture');
  must(!leaf.compositeKey || equalBytes(leaf.compositeKey, identityKey.spki), 'composite_key');
}

function words(name) {
  return name.commonName ? name.commonName.toString('latin1').split(' ') : [];
}
