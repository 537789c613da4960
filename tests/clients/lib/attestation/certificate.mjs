// An X.509 certificate of a GPU's identity key or leaf.

import { SPKI_PREFIX, ascii, concat, equalBytes, hex, unhex } from './bytes.mjs';
import { Der, GENERALIZED_TIME, OCTET_STRING, OID, PRINTABLE_STRING, SEQUENCE, SET, UTC_TIME, UTF8_STRING } from './der.mjs';
import { fail } from './refusal.mjs';

const MOST = 1024;
const FWID = 48;
const ECDSA_SHA384 = unhex('300a06082a8648ce3d040303');
const VERSION_3 = unhex('a003020102');
const NEVER = concat([unhex('180f'), ascii('99991231235959Z')]);
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
  const outer = new Der(whole.element(SEQUENCE).content);
  whole.end();
  const tbs = outer.element(SEQUENCE);
  outer.exact(ECDSA_SHA384, 'signature_algorithm');
  const bits = new Der(outer.octetBits());
  outer.end();
  const signature = bits.inside(SEQUENCE, (der) => {
    const [r, s] = [der.positive(48, 'signature'), der.positive(48, 'signature')];
    return concat([new Uint8Array(48 - r.length), r, new Uint8Array(48 - s.length), s]);
  });
  bits.end();
  return { signed: tbs.raw, signature, ...parseSigned(new Der(tbs.content)) };
}

function parseSigned(der) {
  der.exact(VERSION_3, 'version');
  const serial = der.positive(20, 'serial_number');
  der.exact(ECDSA_SHA384, 'signature_algorithm');
  const issuer = parseName(der);
  der.inside(SEQUENCE, parseValidity);
  const subject = parseName(der);
  const key = publicKey(der);
  if (der.empty || der.tag !== EXTENSIONS) fail('extensions');
  const extensions = new Der(der.any().content);
  if (!der.empty) fail('extensions');
  const found = extensions.inside(SEQUENCE, parseExtensions);
  extensions.end();
  return { serial, issuer, subject, key, ...found };
}

function publicKey(der) {
  der.exact(SPKI_PREFIX, 'public_key');
  const point = der.bytes.subarray(der.at, der.at + 96);
  if (point.length !== 96) fail('public_key');
  der.at += 96;
  return point;
}

function parseName(der) {
  const sequence = der.element(SEQUENCE);
  const sets = new Der(sequence.content);
  const name = { raw: sequence.raw };
  while (!sets.empty) {
    const [type, value] = sets.inside(SET, (set) => set.inside(SEQUENCE, (attribute) => {
      const oid = hex(attribute.element(OID).content);
      const { tag, content } = attribute.any();
      const kept = (tag === UTF8_STRING && valid(content)) || (tag === PRINTABLE_STRING && content.every((b) => b < 0x80));
      if (!kept) fail('name');
      return [oid, content];
    }));
    const field = { [COMMON_NAME]: 'commonName', [SERIAL_NUMBER]: 'serialNumber' }[type];
    if (field && name[field]) fail('name');
    if (field) name[field] = value;
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
  der.exact(NEVER, 'not_after');
}

function parseExtensions(der) {
  if (der.empty) fail('extensions');
  const seen = new Set();
  const found = {};
  while (!der.empty) {
    const [oid, critical, value] = der.inside(SEQUENCE, (extension) => [
      hex(extension.element(OID).content), extension.optionalTrue(), extension.element(OCTET_STRING).content,
    ]);
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
    if (found.fwid) fail('both_forms');
    Object.assign(found, oid === COMPOSITE_DEVICE_ID ? compositeDeviceId(value) : { fwid: diceTcbInfo(value) });
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

function compositeDeviceId(value) {
  const whole = new Der(value);
  const read = whole.inside(SEQUENCE, (der) => {
    if (hex(der.integer()) !== '01') fail('version');
    return { compositeKey: publicKey(der), fwid: firmwareId(der) };
  });
  whole.end();
  return read;
}

function diceTcbInfo(value) {
  const whole = new Der(value);
  const fwid = whole.inside(SEQUENCE, (der) => {
    let last = -1;
    let first;
    while (!der.empty) {
      const { tag } = der;
      const field = tag & 0x1f;
      if ((tag & 0xc0) !== 0x80 || field > 9) fail('tag');
      if (field <= last) fail('order');
      last = field;
      if (field !== 6) {
        der.any();
        continue;
      }
      der.inside(0xa6, (list) => {
        while (!list.empty) {
          const one = firmwareId(list);
          first ??= one;
        }
      });
    }
    return first ?? fail('missing');
  });
  whole.end();
  return fwid;
}

function firmwareId(der) {
  return der.inside(SEQUENCE, (fwid) => {
    if (!equalBytes(fwid.element(OID).content, SHA384)) fail('algorithm');
    const { content } = fwid.element(OCTET_STRING);
    if (content.length !== FWID) fail('length');
    return content;
  });
}
