// Changes of evidence: of bytes, of any DER element, of any field of the report, and of what single rules are about. All but
// the first kind are signed again, so that the rules behind the signatures are reached too.

import { ORDER, SPKI_PREFIX, ascii, concat, number, unhex, unsigned } from '../attestation/bytes.mjs';
import { EXTENSIONS, ISSUER, SERIAL, SPKI, SUBJECT, VALIDITY, signatureValue, writeCertificate } from './evidence.mjs';
import { keyOf } from './keys.mjs';
import { FORMS, copy, parse, places, write } from './tree.mjs';

const OIDS = {
  keyUsage: unhex('551d0f'), basicConstraints: unhex('551d13'), subjectKey: unhex('551d0e'), other: unhex('551d20'),
  composite: unhex('678105050401'), dice: unhex('67810505040101'), commonName: unhex('550403'), serialNumber: unhex('550405'),
  sha384: unhex('608648016503040202'), sha256: unhex('608648016503040201'),
};
const TEXTS = [3, 15, 16, 17, 18, 19, 35];
const KNOWN = [3, 4, 6, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 26, 34, 35, 36];
const DRIVERS = ['550.90.07', '550.90.7', '550.90', '551', '550.100', '550.90.07.1', '550.90.07.0', '0', '', '550.', '550..1', ' 550.90.07', '550.90.07 ', '+551',
  '1.2.3.4.5', '00550.0090.0007', '18446744073709551615', '18446744073709551616', '99999999999999999999.1', '550.90.06.18446744073709551615', '5x'];

const sequence = (...children) => ({ tag: 0x30, children });
const leafOf = (tag, content) => ({ tag, content });
const oid = (content) => leafOf(0x06, content);
const octets = (content) => leafOf(0x04, content);

// Bytes.

/** Changes some bytes of finished evidence. */
export function bytes(attestation, random) {
  let out = Buffer.from(attestation);
  for (let times = random.pick([1, 1, 1, 2, 5]); times > 0; times--) {
    const at = random.below(out.length + 1);
    const size = random.pick([1, 1, 2, 4, 32]);
    switch (random.below(6)) {
      case 0: case 1: case 2:
        if (at < out.length) out[at] ^= random.chance(70) ? 1 << random.below(8) : 1 + random.below(255);
        break;
      case 3:
        out = concat([out.subarray(0, at), out.subarray(at + size)]);
        break;
      case 4:
        out = concat([out.subarray(0, at), random.bytes(size), out.subarray(at)]);
        break;
      default:
        out = random.chance(50) ? out.subarray(0, at) : concat([out, random.bytes(size)]);
    }
  }
  return out;
}

/** The same in the first bytes and in lengths, where a chance of one in thousands would seldom come. */
export function header(attestation, random) {
  const out = Buffer.from(attestation);
  const first = out[1] === 2 ? 34 : 3;
  const leaf = first + 2 + out.readUInt16BE(first);
  const lengths = out[1] === 2 ? [first] : [first, leaf, leaf + 2 + out.readUInt16BE(leaf)];
  switch (random.below(5)) {
    case 0:
      out[random.below(3)] = random.pick([0, 1, 2, 3, 253, 254, 255]);
      return out;
    case 1:
      return out.subarray(0, random.below(5));
    default: {
      const at = random.pick(lengths);
      out.writeUInt16BE(random.pick([0, 1, out.readUInt16BE(at) - 1, out.readUInt16BE(at) + 1, 1024, 1025, 8192, 8193, 0xffff]), at);
      return out;
    }
  }
}

/** The part (0 report, 1 leaf, 2 identity key) with padding up to or above its limit. */
export function padded(evidence, random) {
  const part = random.pick(['leaf', 'identityKey']);
  const extension = sequence(oid(random.pick([OIDS.other, OIDS.subjectKey])), octets(Buffer.alloc(1)));
  extensions(evidence[part]).push(extension);
  const issuer = { leaf: evidence.keys.identityKey, identityKey: evidence.keys.ica }[part];
  const whole = () => writeCertificate(evidence[part], issuer).length;
  const wanted = random.pick([1022, 1023, 1024, 1024, 1025]);
  for (let i = 0; i < 4; i++) extension.children[1].content = Buffer.alloc(Math.max(0, extension.children[1].content.length + wanted - whole()));
}

// DER.

/** Changes any element of a certificate's signed part. */
export function der(evidence, random) {
  const part = random.pick(['leaf', 'identityKey']);
  const certificate = evidence[part];
  for (let times = random.pick([1, 1, 1, 1, 2]); times > 0; times--) {
    const found = random.chance(60) ? places({ children: certificate.children.slice() }) : places({ children: [certificate.children[EXTENSIONS]].filter(Boolean) });
    // A slice has places of its own at the top; those are changed in the certificate.
    for (const place of found) if (certificate.children.includes(place.siblings[place.at])) Object.assign(place, { siblings: certificate.children, at: certificate.children.indexOf(place.siblings[place.at]) });
    if (found.length > 0) element(random.pick(found), found, random);
  }
  if (part === 'identityKey' && random.chance(70) && certificate.children[SUBJECT]) evidence.leaf.children[ISSUER] = copy(certificate.children[SUBJECT]);
}

function element({ siblings, at }, all, random) {
  const node = siblings[at];
  if (!node) return;
  const content = () => node.content ?? write({ ...node, form: undefined }).subarray(2);
  switch (random.below(13)) {
    case 0: siblings.splice(at, 1); break;
    case 1: siblings.splice(at, 0, copy(node)); break;
    case 2: {
      const other = random.below(siblings.length);
      [siblings[at], siblings[other]] = [siblings[other], siblings[at]];
      break;
    }
    case 3: node.tag = random.pick([node.tag ^ (1 << random.below(8)), 0x1f, 0x3f, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0xa0, 0xa3]); break;
    case 4: node.form = random.pick(FORMS); break;
    case 5: siblings.splice(at + random.below(2), 0, leafOf(random.pick([0x01, 0x02, 0x04, 0x05, 0x06, 0x0c, 0x30, 0x31, 0x80, 0xa3, 0x1f]), random.bytes(random.below(4)))); break;
    case 6: {
      const other = random.pick(all);
      const taken = other.siblings[other.at];
      if (taken) siblings[at] = copy(taken);
      break;
    }
    case 7: siblings[at] = { tag: node.tag, content: Buffer.alloc(0) }; break;
    case 8: siblings[at] = { tag: node.tag, content: concat([content(), random.bytes(1 + random.below(3))]) }; break;
    case 9: siblings[at] = { tag: node.tag, content: content().subarray(0, -1) }; break;
    case 10: siblings[at] = { tag: node.tag, content: concat([Buffer.from([random.pick([0, 0x7f, 0x80, 0xff])]), content()]) }; break;
    default: {
      const changed = Buffer.from(content());
      if (changed.length > 0) changed[random.below(changed.length)] = random.pick([0, 1, 0x20, 0x5a, 0x7f, 0x80, 0xff, random.below(256)]);
      siblings[at] = { tag: node.tag, content: changed };
    }
  }
}

/** Changes what stands around a certificate's signed part. */
export function envelope(evidence, random) {
  const certificate = evidence[random.pick(['leaf', 'identityKey'])];
  if (random.chance(50)) {
    certificate.halves = halves(random);
  } else if (random.chance(60)) {
    certificate.wrap = (parts) => {
      const root = sequence(parse(parts[0])?.[0] ?? parts[0], ...parts.slice(1));
      root.children[1] = copy(root.children[1]);
      const found = places({ children: root.children.slice(1) }).filter(({ siblings, at }) => !Buffer.isBuffer(siblings[at]));
      const top = root.children;
      for (const place of found) if (top.includes(place.siblings[place.at])) Object.assign(place, { at: top.indexOf(place.siblings[place.at]), siblings: top });
      element(random.pick(found), found, random);
      return root;
    };
  } else {
    certificate.wrap = (parts) => random.pick([
      () => concat([write(sequence(...parts)), random.bytes(1 + random.below(2))]),
      () => sequence(...parts, leafOf(0x05, Buffer.alloc(0))),
      () => ({ ...sequence(...parts), form: random.pick(FORMS) }),
      () => ({ ...sequence(...parts), tag: random.pick([0x31, 0x1f, 0x10]) }),
      () => sequence(parts[0]),
      () => sequence(parts[0], parts[1]),
      () => sequence(parts[0], parts[2], parts[1]),
      () => sequence(),
      () => sequence(parts[0], concat([write(parts[1]).subarray(0, 11)])),
    ])();
  }
}

/** Another signature made of this one: some still hold. */
function halves(random) {
  const kind = random.below(9);
  const flip = random.below(96);
  return (signature) => {
    const [r, s] = [signature.subarray(0, 48), signature.subarray(48)];
    const order = unsigned(ORDER, 48);
    switch (kind) {
      case 0: case 1: return concat([r, unsigned(ORDER - number(s), 48)]); // valid as well
      case 2: return concat([Buffer.alloc(48), s]);
      case 3: return concat([r, Buffer.alloc(48)]);
      case 4: return concat([order, s]);
      case 5: return concat([r, order]);
      case 6: return concat([s, r]);
      case 7: return concat([Buffer.alloc(48, 0xff), s]);
      default: {
        const changed = Buffer.from(signature);
        changed[flip] ^= 0x10;
        return changed;
      }
    }
  };
}

// The report.

export function report(evidence, random) {
  for (let times = random.pick([1, 1, 1, 2]); times > 0; times--) random.pick(REPORT)(evidence.report, random);
}

const byte = (name) => (r, random) => {
  r[name] = Buffer.from(r[name]);
  r[name][random.below(r[name].length)] = random.pick([0, 1, 0x10, 0x11, 0x12, 0x60, 0xe0, 0xff]);
};

const REPORT = [
  byte('request'),
  byte('response'),
  (r, random) => { r.slot = random.below(3); },
  (r, random) => { r.nonce = random.bytes(32); },
  (r, random) => { r.count = random.pick([0, 1, 30, 31, 32, 63, 64, 65, 255]); },
  (r, random) => { r.recordLength = random.pick([0, 55, 55 * 31, 55 * 63, 55 * 64 + 1, 55 * 65, 0xffffff]); },
  (r, random) => { r.blocks.splice(random.below(r.blocks.length), 1); },
  (r, random) => { r.blocks.splice(random.below(r.blocks.length), 0, { ...random.pick(r.blocks) }); },
  (r) => toSwitch(r),
  (r, random) => { toSwitch(r); random.pick(ENTRIES)(r, random); },
  (r, random) => {
    const block = random.pick(r.blocks);
    block.head = Buffer.from(block.head);
    block.head[random.below(7)] = random.pick([0, 1, 2, 3, 31, 32, 48, 51, 63, 64, 65, 255]);
  },
  (r, random) => {
    const [a, b] = [random.below(r.blocks.length), random.below(r.blocks.length)];
    [r.blocks[a], r.blocks[b]] = [r.blocks[b], r.blocks[a]];
  },
  (r, random) => { random.pick(r.blocks).value = random.bytes(48); },
  (r, random) => { r.responder = random.bytes(32); },
  (r, random) => { r.opaqueLength = random.pick([0, 1, 0xffff, random.below(1000)]); },
  (r, random) => { r.rest = random.bytes(random.below(6)); },
  (r, random) => { r.behind = random.bytes(1 + random.below(3)); },
  (r, random) => { r.halves = halves(random); },
  (r, random) => { r.halves = (signature) => signature.subarray(0, random.below(96)); },
];

/** As an NVSwitch would report: 31 blocks. */
function toSwitch(r) {
  r.blocks = r.blocks.slice(0, 31);
}

export function entries(evidence, random) {
  for (let times = random.pick([1, 1, 1, 2]); times > 0; times--) random.pick(ENTRIES)(evidence.report, random);
}

const entryOf = (r, type) => {
  let found = r.entries.find((e) => e.type === type);
  if (!found) r.entries.push(found = { type, data: Buffer.alloc(0) });
  return found;
};
const any = (r, random) => (r.entries.length > 0 ? random.pick(r.entries) : entryOf(r, 3));

const ENTRIES = [
  (r, random) => { r.entries.splice(random.below(r.entries.length), 1); },
  (r, random) => { r.entries = r.entries.filter((e) => e.type !== random.pick([3, 6, 11])); },
  (r, random) => { r.entries = r.entries.filter((e) => e.type !== 20); },
  (r, random) => { r.entries.splice(random.below(r.entries.length + 1), 0, { ...any(r, random) }); },
  (r, random) => { any(r, random).type = random.pick([...KNOWN, 0, 1, 2, 5, 7, 40, 0xffff]); },
  (r, random) => { any(r, random).size = random.pick([0, 1, 8, 48, 0xffff]); },
  (r, random) => {
    const entry = any(r, random);
    entry.data = random.pick([entry.data.subarray(1), concat([entry.data, random.bytes(1)]), concat([entry.data, Buffer.alloc(4)]), Buffer.alloc(0), entry.data.subarray(0, 4)]);
  },
  (r, random) => {
    const entry = any(r, random);
    entry.data = Buffer.from(entry.data);
    if (entry.data.length > 0) entry.data[random.below(entry.data.length)] = random.pick([0, 1, 0x1f, 0x20, 0x55, 0x7e, 0x7f, 0x80, 0xaa, 0xff]);
  },
  (r, random) => { entryOf(r, random.pick([11, 21])).data = Buffer.from([random.pick([0, 1, 0x55, 0x55, 0xaa, 0xaa, 0xff])]); },
  (r, random) => { entryOf(r, 34).data = random.pick(['0000', '0100', '0200', '0001', '01', '000000']).length ? unhex(random.pick(['0000', '0100', '0200', '0001', '01', '000000'])) : null; },
  (r, random) => { entryOf(r, random.pick([12, 13, 14, 22, 26, 36, 4, 20])).data = random.bytes(random.pick([0, 1, 2, 4, 6, 8, 12, 47, 48])); },
  (r, random) => { entryOf(r, random.pick(TEXTS)).data = random.pick([Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(3), ascii('a'), ascii('a b\0'), ascii(' \0\0'), ascii('a\0b\0'), ascii('a\0b'), ascii('~\0'), ascii('\x7f\0'), ascii('\xe9\0'), ascii('a\tb\0')]); },
  (r, random) => { entryOf(r, 3).data = ascii(`${random.pick(DRIVERS)}\0`); },
  (r, random) => { entryOf(r, 3).data = ascii(`${random.pick(DRIVERS)}\0`); },
  (r, random) => { entryOf(r, 6).data = random.pick([Buffer.alloc(0), ascii('96.10.2D'), ascii('96 10 2D'), ascii('96.10.2\0'), ascii('9'), Buffer.alloc(8)]); },
];

// Single rules.

const extensions = (certificate) => certificate.children[EXTENSIONS].children[0].children;
const isExtension = (id) => (e) => !Buffer.isBuffer(e) && write(e.children?.[0] ?? Buffer.alloc(0)).subarray(2).equals(id);

function setExtension(certificate, id, value, critical) {
  const list = extensions(certificate);
  const at = list.findIndex(isExtension(id));
  const made = sequence(oid(id), ...(critical === undefined ? [] : [leafOf(0x01, critical)]), octets(value));
  if (at < 0) list.push(made);
  else list[at] = made;
}

const without = (certificate, id) => {
  const list = extensions(certificate);
  const at = list.findIndex(isExtension(id));
  if (at >= 0) list.splice(at, 1);
};

const attribute = (id, text, tag = 0x0c) => ({ tag: 0x31, children: [sequence(oid(id), leafOf(tag, text))] });

function setAttribute(name, id, text, tag) {
  const at = name.children.findIndex((set) => write(set.children?.[0]?.children?.[0] ?? Buffer.alloc(0)).subarray(2).equals(id));
  if (at < 0) name.children.push(attribute(id, text, tag));
  else name.children[at] = attribute(id, text, tag);
}

function link(evidence) {
  evidence.leaf.children[ISSUER] = copy(evidence.identityKey.children[SUBJECT]);
}

/** One rule of names, serial numbers, extensions, keys or dates, with values at its edges. */
export function rule(evidence, random) {
  random.pick(RULES)(evidence, random);
}

const either = (e, random) => e[random.pick(['leaf', 'identityKey'])];
const CRITICAL = [undefined, Buffer.from([0xff]), Buffer.from([0]), Buffer.from([1]), Buffer.alloc(0), Buffer.from([0xff, 0xff])];

const RULES = [
  (e, random) => setExtension(either(e, random), OIDS.keyUsage, unhex(random.pick(['03020780', '03020204', '03020284', '03020186', '030206c0', '03020106', '03020000', '03020700', '03020680', '0303070080', '030107', '03020081', '020207800', '03020604', '0302ff80', '03020880'].map((h) => h.slice(0, h.length & ~1)))), random.pick(CRITICAL.slice(0, 2))),
  (e, random) => setExtension(either(e, random), OIDS.basicConstraints, unhex(random.pick(['3000', '30030101ff', '30060101ff020100', '30060101ff02017f', '30060101ff020180', '3003010100', '3003020100', '30060101ff0201', '30070101ff02020080', '30080101ff02010002', ''])), random.pick(CRITICAL.slice(0, 2))),
  (e, random) => without(random.pick([e.leaf, e.identityKey]), random.pick([OIDS.keyUsage, OIDS.basicConstraints, OIDS.composite, OIDS.dice])),
  (e, random) => setExtension(either(e, random), random.pick([OIDS.subjectKey, OIDS.other]), random.bytes(3), random.pick(CRITICAL)),
  (e, random) => {
    const list = extensions(either(e, random));
    list.splice(random.below(list.length + 1), 0, copy(random.pick(list)));
  },
  (e, random) => extensions(either(e, random)).reverse().splice(0, random.below(3)),
  (e, random) => extensions(either(e, random)).splice(0),
  (e, random) => either(e, random).children.splice(random.pick([EXTENSIONS, EXTENSIONS + 1]), random.below(2), leafOf(random.pick([0xa1, 0xa3, 0x30]), random.bytes(random.below(3)))),
  (e, random) => {
    const serial = random.pick(['41', '4100', '00', '0041', 'ff', '80', '', '7f'.repeat(20), '7f'.repeat(21), `00${'80'.repeat(19)}`, `00${'80'.repeat(20)}`, `00${'80'.repeat(21)}`, `41${'00'.repeat(8)}`, `50${'11'.repeat(8)}`, `42${'11'.repeat(8)}`, `0080${'11'.repeat(7)}`, `00c1${'11'.repeat(8)}`]);
    const certificate = either(e, random);
    certificate.children[SERIAL].content = unhex(serial);
    if (random.chance(60)) setAttribute(certificate.children[SUBJECT], OIDS.serialNumber, ascii(random.chance(80) ? serial.toUpperCase() : serial), random.pick([0x0c, 0x13]));
    if (random.chance(80)) link(e);
  },
  (e, random) => {
    const name = random.pick([e.leaf.children[SUBJECT], e.leaf.children[ISSUER], e.identityKey.children[SUBJECT], e.identityKey.children[ISSUER]]);
    const word = { 254: 'GH100', 255: 'GB100' }[e.icaIndex] ?? 'GB202';
    const value = random.pick([word, `${word} A01`, ` ${word}`, `${word}  X`, `X ${word}`, `X ${word} Y`, `${word}X Y`, `X${word}`, word.toLowerCase(), `${word}\tY`, '', `${word}-`, `A ${word}\0`, 'GH100', 'GB100 GH100']);
    setAttribute(name, OIDS.commonName, ascii(value), random.pick([0x0c, 0x13]));
    if (random.chance(70)) link(e);
  },
  (e, random) => {
    const name = random.pick([e.leaf.children[SUBJECT], e.identityKey.children[SUBJECT], e.identityKey.children[ISSUER]]);
    const id = random.pick([OIDS.commonName, OIDS.serialNumber, unhex('55040a'), unhex('550406')]);
    const value = random.pick(['', '41', 'ff', 'c3a9', 'c0af', 'eda080', 'f4908080', 'efbbbf41', '80', '7f00']);
    const tag = random.pick([0x0c, 0x13, 0x16, 0x14, 0x1e]);
    if (random.chance(50)) name.children.push(attribute(id, unhex(value), tag));
    else setAttribute(name, id, unhex(value), tag);
    if (random.chance(70)) link(e);
  },
  (e, random) => {
    const name = random.pick([e.leaf.children[SUBJECT], e.identityKey.children[SUBJECT], e.identityKey.children[ISSUER]]);
    const set = random.pick(name.children);
    random.pick([
      () => set.children.push(copy(random.pick(name.children).children[0])),
      () => set.children.splice(0),
      () => name.children.splice(0),
      () => set.children[0].children.push(leafOf(0x0c, ascii('x'))),
      () => set.children[0].children.pop(),
      () => { set.children[0].children[0].content = Buffer.alloc(0); },
    ])();
    link(e);
  },
  (e, random) => {
    const validity = either(e, random).children[VALIDITY];
    const [tag, value] = random.pick([[0x17, '201017000000Z'], [0x17, '999999999999Z'], [0x17, '201017000000z'], [0x17, '2010170000Z'], [0x17, '20101700000Z'], [0x18, '20201017000000Z'], [0x18, '20201017000000.1Z'], [0x18, '202010170000Z'], [0x17, '20201017000000Z'], [0x18, '201017000000Z'], [0x0c, '201017000000Z'], [0x17, ''], [0x18, '99991231235959Z'], [0x17, '2010170000000'], [0x17, '2010170000+000Z'], [0x17, 'Z'], [0x17, '201017000000+0100']]);
    validity.children[random.chance(85) ? 0 : 1] = leafOf(tag, ascii(value));
  },
  (e, random) => { either(e, random).children[VALIDITY].children.push(leafOf(0x05, Buffer.alloc(0))); },
  (e, random) => {
    const certificate = either(e, random);
    const point = random.pick([keyOf(`other ${random.below(4)}`).point, Buffer.alloc(96), random.bytes(96), unsigned(1n, 96)]);
    certificate.children[SPKI] = parse(concat([SPKI_PREFIX, point]))[0];
  },
  (e) => { e.leaf.children[SPKI] = copy(e.identityKey.children[SPKI]); },
  (e, random) => { e.keys = { ...e.keys, [random.pick(['ica', 'identityKey', 'leaf'])]: keyOf('other') }; },
  (e, random) => { e.icaIndex = random.pick([0, 1, 2, 3, 200, 253, 254, 255]); },
  (e, random) => { [e.leaf, e.identityKey] = random.pick([[e.identityKey, e.leaf], [e.leaf, e.leaf], [e.identityKey, e.identityKey]]).map(copy); },
  // The firmware id, in both forms.
  fwid, fwid, fwid, fwid,
];

function fwid(e, random) {
  const id = sequence(oid(random.chance(90) ? OIDS.sha384 : OIDS.sha256), octets(random.chance(50) ? fwidOf(e) : random.bytes(random.pick([47, 48, 48, 48, 49]))));
  if (random.chance(10)) id.children.push(leafOf(0x05, Buffer.alloc(0)));
  if (random.chance(30)) {
    const key = random.pick([copy(e.identityKey.children[SPKI]), parse(concat([SPKI_PREFIX, keyOf('other').point]))[0], leafOf(0x30, Buffer.alloc(118))]);
    const made = sequence(leafOf(0x02, unhex(random.pick(['01', '01', '01', '01', '02', '00', '0001', '', 'ff01', '81']))), key, id);
    if (random.chance(15)) made.children.push(leafOf(0x05, Buffer.alloc(0)));
    if (random.chance(80)) without(e.leaf, OIDS.dice);
    setExtension(either(e, random.chance(90) ? { pick: () => 'leaf' } : random), OIDS.composite, write(made));
    return;
  }
  const list = random.pick([[id], [id], [id, sequence(oid(OIDS.sha384), octets(random.bytes(48)))], [], [id, sequence(oid(OIDS.sha256), octets(random.bytes(32)))], [id, leafOf(0x05, Buffer.alloc(0))]]);
  const fields = random.pick([[], [0], [0, 1, 2, 3, 5], [3, 1], [2, 2], [7], [8, 9], [10], [31]]).map((n) => leafOf(random.pick([0x80, 0xa0]) | n, random.bytes(random.below(4))));
  const listed = { tag: random.chance(90) ? 0xa6 : 0x86, children: list, prefix: Buffer.alloc(0) };
  const behind = random.chance(30) ? [random.pick([leafOf(0x87, random.bytes(4)), leafOf(0xa9, Buffer.alloc(0)), leafOf(0x85, Buffer.alloc(1)), copy(listed), leafOf(0x04, Buffer.alloc(2)), leafOf(0xc7, Buffer.alloc(0))])] : [];
  const made = write(sequence(...fields.filter((f) => f.tag !== 0xa6), ...(random.chance(90) ? [listed] : []), ...behind));
  if (random.chance(85)) without(e.leaf, OIDS.composite);
  setExtension(e.leaf, OIDS.dice, random.chance(90) ? made : concat([made, Buffer.from([5, 0])]), random.pick(CRITICAL.slice(0, 2)));
}

/** The firmware id that the report names, where it does. */
function fwidOf(e) {
  return e.report.entries.find((x) => x.type === 20)?.data ?? Buffer.alloc(48, 7);
}

/** Signed again with another signature form, for [`signatureValue`]'s own edges. */
export function signatures(evidence, random) {
  const certificate = evidence[random.pick(['leaf', 'identityKey'])];
  const integer = (content) => leafOf(0x02, content);
  certificate.wrap = (parts) => {
    const good = signatureValue(Buffer.alloc(96, 0x11));
    const [r, s] = good.children[0].children;
    random.pick([
      () => { good.prefix = Buffer.from([random.pick([1, 7, 8, 255])]); },
      () => { good.prefix = Buffer.alloc(0); },
      () => { good.children[0].children = [r]; },
      () => { good.children[0].children = [r, s, s]; },
      () => { good.children.push(integer(Buffer.from([1]))); },
      () => { good.children = []; },
      () => { good.children[0].children = [integer(Buffer.alloc(1)), s]; },
      () => { good.children[0].children = [integer(Buffer.alloc(0)), s]; },
      () => { good.children[0].children = [r, integer(unhex('0001'))]; },
      () => { good.children[0].children = [r, integer(unhex('ff80'))]; },
      () => { good.children[0].children = [r, integer(unhex('80'))]; },
      () => { good.children[0].children = [integer(Buffer.alloc(49, 0x11)), s]; },
      () => { good.children[0].children = [integer(concat([Buffer.alloc(1), Buffer.alloc(48, 0x91)])), s]; },
      () => { good.children[0].children = [integer(concat([Buffer.alloc(1), Buffer.alloc(49, 0x91)])), s]; },
    ])();
    return sequence(parts[0], parts[1], good);
  };
}
