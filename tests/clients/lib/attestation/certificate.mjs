// An X.509 certificate of a GPU's identity key or leaf.

import { SPKI_PREFIX, ascii, concat, equalBytes, hex, unhex } from './bytes.mjs';
import { Der, GENERALIZED_TIME, OCTET_STRING, OID, PRINTABLE_STRING, SEQUENCE, SET, UTC_TIME, UTF8_STRING } from './der.mjs';
import { fail } from './refusal.mjs';

const MOST = 1024;
const SPKI = 120;
const FWID = 48;
const FWID_LIST = 0xa6;
const ECDSA_SHA384 = unhex('300a06082a8648ce3d040303');
const VERSION_3 = unhex('a003020102');
const NEVER = ascii('99991231235959Z');
const SHA384 = unhex('608648016503040202');
const COMMON_NAME = '550403';
const SERIAL_NUMBER = '550405';
const EXTENSIONS = 0xa3;
const AUTHORITY = ['30030101ff', /^30060101ff0201[0-7].$/];

const KEY_USAGE = '551d0f';
const BASIC_CONSTRAINTS = '551d13';
const COMPOSITE_DEVICE_ID = '678105050401';
const DICE_TCB_INFO = '67810505040101';
const NOT_LOOKED_AT = ['551d0e', '551d23', '551d11']; // SubjectKeyIdentifier, AuthorityKeyIdentifier, SubjectAltName

export function parseCertificate(bytes) {
  if (bytes.length > MOST) fail('too_long');
  const whole = new Der(bytes);
  const outer = whole.inside(SEQUENCE);
  whole.end();
  const tbs = outer.element(SEQUENCE);
  outer.exact(ECDSA_SHA384, 'signature_algorithm');
  const signature = parseSignature(outer.octetBits());
  outer.end();
  return { signed: tbs.raw, signature, ...parseSigned(new Der(tbs.content)) };
}

/** r ‖ s. Whether they are in range is the signature's own question. */
function parseSignature(bytes) {
  const whole = new Der(bytes);
  const pair = whole.inside(SEQUENCE);
  whole.end();
  const halves = [pair.unsigned(), pair.unsigned()];
  pair.end();
  return concat(halves.flatMap((half) => (half.length > 48 ? fail('signature') : [new Uint8Array(48 - half.length), half])));
}

function parseSigned(der) {
  der.exact(VERSION_3, 'version');
  const serial = der.unsigned();
  if (serial.length > 20 || hex(serial) === '00') fail('serial_number');
  der.exact(ECDSA_SHA384, 'signature_algorithm');
  const issuer = parseName(der);
  parseValidity(der.inside(SEQUENCE));
  const subject = parseName(der);
  const spki = der.any().raw;
  if (spki.length !== SPKI || !equalBytes(spki.subarray(0, SPKI_PREFIX.length), SPKI_PREFIX)) fail('public_key');
  if (der.tag !== EXTENSIONS) fail('extensions');
  const explicit = der.inside(EXTENSIONS);
  der.end();
  const list = explicit.inside(SEQUENCE);
  explicit.end();
  return { serial, issuer, subject, spki, key: spki.subarray(SPKI_PREFIX.length), ...parseExtensions(list) };
}

function parseName(der) {
  const sequence = der.element(SEQUENCE);
  const sets = new Der(sequence.content);
  const name = { raw: sequence.raw };
  while (!sets.empty) {
    const set = sets.inside(SET);
    const attribute = set.inside(SEQUENCE);
    if (!set.empty) fail('name');
    const type = hex(attribute.element(OID).content);
    const { tag, content } = attribute.any();
    attribute.end();
    const kept = (tag === UTF8_STRING && valid(content)) || (tag === PRINTABLE_STRING && content.every((b) => b < 0x80));
    if (!kept) fail('name');
    const field = { [COMMON_NAME]: 'commonName', [SERIAL_NUMBER]: 'serialNumber' }[type];
    if (field && name[field]) fail('name');
    if (field) name[field] = content;
  }
  return name;
}

function valid(utf8) {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8);
    return true;
  } catch {
    return false;
  }
}

function parseValidity(der) {
  const { tag, content } = der.any();
  const digits = { [UTC_TIME]: 12, [GENERALIZED_TIME]: 14 }[tag];
  if (!digits || !new RegExp(`^[0-9]{${digits}}Z$`).test(content.toString('latin1'))) fail('not_before');
  const notAfter = der.any();
  if (notAfter.tag !== GENERALIZED_TIME || !equalBytes(notAfter.content, NEVER)) fail('not_after');
  der.end();
}

function parseExtensions(list) {
  if (list.empty) fail('extensions');
  const seen = new Set();
  const found = {};
  while (!list.empty) {
    const extension = list.inside(SEQUENCE);
    const oid = hex(extension.element(OID).content);
    const critical = extension.optionalTrue();
    const value = extension.element(OCTET_STRING).content;
    extension.end();
    if (seen.has(oid)) fail('duplicate_extension');
    seen.add(oid);
    parseExtension(found, oid, critical, value);
  }
  return found;
}

function parseExtension(found, oid, critical, value) {
  if (oid === KEY_USAGE) {
    found.keyUsage = keyUsage(value);
  } else if (oid === BASIC_CONSTRAINTS) {
    found.authority = AUTHORITY.some((form) => hex(value).match(form)?.[0] === hex(value));
    if (!found.authority && hex(value) !== '3000') fail('basic_constraints');
  } else if (oid === COMPOSITE_DEVICE_ID || oid === DICE_TCB_INFO) {
    const whole = new Der(value);
    const fields = whole.inside(SEQUENCE);
    whole.end();
    const read = oid === COMPOSITE_DEVICE_ID ? compositeDeviceId(fields) : { fwid: diceTcbInfo(fields) };
    if (found.fwid) fail('both_forms');
    Object.assign(found, read);
  } else if (critical && !NOT_LOOKED_AT.includes(oid)) {
    fail('critical_extension');
  }
}

function keyUsage(value) {
  const [tag, size, unused, bits] = value;
  const kept = value.length === 4 && tag === 3 && size === 2 && bits !== 0 && unused === 31 - Math.clz32(bits & -bits);
  if (!kept) fail('key_usage');
  return bits;
}

/** Its key is compared with the identity key's, and not looked at otherwise. */
function compositeDeviceId(fields) {
  if (hex(fields.unsigned()) !== '01') fail('version');
  const compositeKey = fields.element(SEQUENCE).raw;
  if (compositeKey.length !== SPKI) fail('public_key');
  const fwid = firmwareId(fields);
  fields.end();
  return { compositeKey, fwid };
}

function diceTcbInfo(fields) {
  let last = -1;
  let first;
  while (!fields.empty) {
    const { tag, content } = fields.any();
    const field = tag & 0x1f;
    if ((tag & 0xc0) !== 0x80 || field <= last || field > 9) fail('order');
    last = field;
    if (tag !== FWID_LIST) continue;
    const list = new Der(content);
    if (list.empty) fail('missing');
    while (!list.empty) {
      const one = firmwareId(list);
      first ??= one;
    }
  }
  return first ?? fail('missing');
}

function firmwareId(der) {
  const fwid = der.inside(SEQUENCE);
  if (!equalBytes(fwid.element(OID).content, SHA384)) fail('algorithm');
  const { content } = fwid.element(OCTET_STRING);
  fwid.end();
  if (content.length !== FWID) fail('length');
  return content;
}
