// What single rules of certificates are about, with values at their edges. All of it is signed again.

import { SPKI_PREFIX, ascii, concat, unhex, unsigned } from '../../attestation/bytes.mjs';
import { EXTENSIONS, ISSUER, SERIAL, SPKI, SUBJECT, VALIDITY, writeCertificate } from '../evidence.mjs';
import { keyOf } from '../keys.mjs';
import { copy, parse, plain, sequence, write } from '../tree.mjs';

const OIDS = {
  keyUsage: unhex('551d0f'), basicConstraints: unhex('551d13'), subjectKey: unhex('551d0e'), other: unhex('551d20'),
  composite: unhex('678105050401'), dice: unhex('67810505040101'), commonName: unhex('550403'), serialNumber: unhex('550405'),
  organization: unhex('55040a'), country: unhex('550406'), sha384: unhex('608648016503040202'), sha256: unhex('608648016503040201'),
};

const KEY_USAGES = [
  '03020780', '03020204', '03020284', '03020186', '030206c0', '03020106', '03020000', '03020700', '03020680', '0303070080', '030107',
  '03020081', '02020780', '03020604', '0302ff80', '03020880', '0302078000',
];
const CONSTRAINTS = [
  '3000', '30030101ff', '30060101ff020100', '30060101ff02017f', '30060101ff020180', '3003010100', '3003020100', '30060101ff0201',
  '30070101ff02020080', '30080101ff02010002', '',
];
const CRITICAL = [undefined, 'ff', '00', '01', '', 'ffff'];
const SERIALS = [
  '41', '4100', '00', '0041', 'ff', '80', '', '7f'.repeat(20), '7f'.repeat(21), `00${'80'.repeat(19)}`, `00${'80'.repeat(20)}`,
  `00${'80'.repeat(21)}`, `41${'00'.repeat(8)}`, `50${'11'.repeat(8)}`, `42${'11'.repeat(8)}`, `0080${'11'.repeat(7)}`, `00c1${'11'.repeat(8)}`,
];
const TEXTS = ['', '41', 'ff', 'c3a9', 'c0af', 'eda080', 'f4908080', 'efbbbf41', '80', '7f00'];
const TIMES = [
  [0x17, '201017000000Z'], [0x17, '999999999999Z'], [0x17, '201017000000z'], [0x17, '2010170000Z'], [0x17, '20201017000000Z'],
  [0x17, '201017000000+0100'], [0x17, '2010170000000'], [0x17, '2010170000 00Z'], [0x17, 'Z'], [0x17, ''],
  [0x18, '20201017000000Z'], [0x18, '20201017000000.1Z'], [0x18, '202010170000Z'], [0x18, '201017000000Z'], [0x18, '99991231235959Z'], [0x0c, '201017000000Z'],
];

/** One rule of names, serial numbers, extensions, keys, dates or firmware ids. */
export function rule(evidence, random) {
  random.pick(RULES)(evidence, random);
}

const either = (e, random) => e[random.pick(['leaf', 'identityKey'])];
const names = (e) => [e.leaf.children[SUBJECT], e.identityKey.children[SUBJECT], e.identityKey.children[ISSUER]];

const RULES = [
  (e, random) => setExtension(either(e, random), OIDS.keyUsage, unhex(random.pick(KEY_USAGES)), random.pick(CRITICAL.slice(0, 2))),
  (e, random) => setExtension(either(e, random), OIDS.basicConstraints, unhex(random.pick(CONSTRAINTS)), random.pick(CRITICAL.slice(0, 2))),
  (e, random) => setExtension(either(e, random), random.pick([OIDS.subjectKey, OIDS.other]), random.bytes(3), random.pick(CRITICAL)),
  (e, random) => without(either(e, random), random.pick([OIDS.keyUsage, OIDS.basicConstraints])),
  (e) => [OIDS.composite, OIDS.dice].forEach((id) => without(e.leaf, id)),
  (e, random) => {
    const list = extensions(either(e, random));
    list.splice(random.below(list.length + 1), 0, copy(random.pick(list)));
  },
  (e, random) => extensions(either(e, random)).reverse().splice(0, random.below(3)),
  (e, random) => extensions(either(e, random)).splice(0),
  (e, random) => {
    const at = random.pick([EXTENSIONS, EXTENSIONS + 1]);
    either(e, random).children.splice(at, random.below(2), plain(random.pick([0xa1, 0xa3, 0x30]), random.bytes(random.below(3))));
  },
  serialNumber, serialNumber,
  (e, random) => {
    nameDevice(e.identityKey, serialOf(random));
    link(e);
  },
  commonName, commonName,
  (e, random) => {
    const name = random.pick(names(e));
    const id = random.pick([OIDS.commonName, OIDS.serialNumber, OIDS.organization, OIDS.country]);
    const tag = random.pick([0x0c, 0x13, 0x16, 0x14, 0x1e]);
    if (random.chance(50)) name.children.push(attribute(id, unhex(random.pick(TEXTS)), tag));
    else setAttribute(name, id, unhex(random.pick(TEXTS)), tag);
    if (random.chance(70)) link(e);
  },
  shapeOfName,
  (e, random) => {
    const [tag, time] = random.pick(TIMES);
    either(e, random).children[VALIDITY].children[random.chance(85) ? 0 : 1] = plain(tag, ascii(time));
  },
  (e, random) => { either(e, random).children[VALIDITY].children.push(plain(0x05, Buffer.alloc(0))); },
  (e, random) => {
    const point = random.pick([keyOf('other').point, Buffer.alloc(96), random.bytes(96), unsigned(1n, 96)]);
    either(e, random).children[SPKI] = parse(concat([SPKI_PREFIX, point]))[0];
  },
  (e) => { e.leaf.children[SPKI] = copy(e.identityKey.children[SPKI]); },
  (e, random) => { e.keys = { ...e.keys, [random.pick(['ica', 'identityKey', 'leaf'])]: keyOf('other') }; },
  (e, random) => { e.icaIndex = random.pick([0, 1, 2, 3, 4, 200, 253, 254, 255]); },
  (e, random) => {
    const { leaf, identityKey } = e;
    [e.leaf, e.identityKey] = random.pick([[identityKey, leaf], [leaf, leaf], [identityKey, identityKey]]).map(copy);
  },
  firmwareId, firmwareId, firmwareId, firmwareId,
  (e, random) => {
    const certificate = either(e, random);
    const id = fwid(OIDS.sha384, random.bytes(48));
    setExtension(certificate, OIDS.composite, write(sequence(plain(0x02, unhex('01')), copy(e.identityKey.children[SPKI]), id)));
    setExtension(certificate, OIDS.dice, write(sequence({ tag: 0xa6, prefix: Buffer.alloc(0), children: [id] })));
  },
];

function serialNumber(e, random) {
  const serial = random.pick(SERIALS);
  const certificate = either(e, random);
  certificate.children[SERIAL].content = unhex(serial);
  if (random.chance(60)) {
    const text = random.chance(80) ? serial.toUpperCase() : serial;
    setAttribute(certificate.children[SUBJECT], OIDS.serialNumber, ascii(text), random.pick([0x0c, 0x13]));
  }
  if (random.chance(80)) link(e);
}

function serialOf(random) {
  return `${random.pick(['41', '50', '50', '42'])}${random.bytes(random.pick([7, 8, 8, 8, 9])).toString('hex').toUpperCase()}`;
}

function nameDevice(certificate, serial) {
  certificate.children[SERIAL].content = unhex(serial);
  setAttribute(certificate.children[SUBJECT], OIDS.serialNumber, ascii(serial), 0x13);
}

function commonName(e, random) {
  const word = { 254: 'GH100', 255: 'GB100' }[e.icaIndex] ?? 'GB202';
  const name = random.pick([
    word, `${word} A01`, ` ${word}`, `${word}  X`, `X ${word}`, `X ${word} Y`, `${word}X Y`, `X${word}`,
    word.toLowerCase(), `${word}\tY`, '', `${word}-`, `A ${word}\0`, 'GH100', 'GB100 GH100',
  ]);
  setAttribute(random.pick([...names(e), e.leaf.children[ISSUER]]), OIDS.commonName, ascii(name), random.pick([0x0c, 0x13]));
  if (random.chance(70)) link(e);
}

function shapeOfName(e, random) {
  const name = random.pick(names(e));
  const set = random.pick(name.children);
  random.pick([
    () => set.children.push(copy(random.pick(name.children).children[0])),
    () => set.children.splice(0),
    () => name.children.splice(0),
    () => set.children[0].children.push(plain(0x0c, ascii('x'))),
    () => set.children[0].children.pop(),
    () => { set.children[0].children[0].content = Buffer.alloc(0); },
  ])();
  link(e);
}

/** The firmware id in one of its two forms, or in both. */
function firmwareId(e, random) {
  const reported = e.report.entries.find(({ type }) => type === 20)?.data ?? Buffer.alloc(48, 7);
  const digest = random.chance(50) ? reported : random.bytes(random.pick([47, 48, 48, 48, 49]));
  const id = fwid(random.chance(90) ? OIDS.sha384 : OIDS.sha256, digest);
  if (random.chance(10)) id.children.push(plain(0x05, Buffer.alloc(0)));
  const behind = (bytes) => (random.chance(90) ? bytes : concat([bytes, Buffer.from([5, 0])]));
  if (random.chance(35)) {
    if (random.chance(80)) without(e.leaf, OIDS.dice);
    setExtension(random.chance(90) ? e.leaf : e.identityKey, OIDS.composite, behind(write(compositeDeviceId(e, id, random))));
  } else {
    if (random.chance(85)) without(e.leaf, OIDS.composite);
    setExtension(random.chance(95) ? e.leaf : e.identityKey, OIDS.dice, behind(write(diceTcbInfo(id, random))), random.pick(CRITICAL.slice(0, 2)));
  }
}

const fwid = (algorithm, digest) => sequence(plain(0x06, algorithm), plain(0x04, digest));

function compositeDeviceId(e, id, random) {
  const key = random.pick([
    copy(e.identityKey.children[SPKI]), copy(e.identityKey.children[SPKI]), parse(concat([SPKI_PREFIX, keyOf('other').point]))[0],
    plain(0x30, Buffer.alloc(118)), plain(0x30, Buffer.alloc(117)), plain(0x31, Buffer.alloc(118)),
  ]);
  const version = random.pick(['01', '01', '01', '01', '01', '02', '00', '0001', '0080', '', 'ff', 'ff01', '81']);
  const rest = random.chance(15) ? [plain(0x05, Buffer.alloc(0))] : [];
  return sequence(plain(0x02, unhex(version)), key, id, ...rest);
}

function diceTcbInfo(id, random) {
  const tags = random.pick([[], [0], [0, 1, 2, 3, 5], [3, 1], [2, 2], [7], [8, 9], [10], [31], [6]]);
  const before = tags.map((tag) => plain(random.pick([0x80, 0xa0]) | tag, random.bytes(random.below(4))));
  const ids = random.pick([
    [id], [id], [id], [id, fwid(OIDS.sha384, random.bytes(48))], [], [id, fwid(OIDS.sha256, random.bytes(32))], [id, plain(0x05, Buffer.alloc(0))],
  ]);
  const list = random.chance(10) ? [] : [{ tag: random.chance(90) ? 0xa6 : 0x86, children: ids, prefix: Buffer.alloc(0) }];
  const behind = random.pick([
    plain(0x87, random.bytes(4)), plain(0xa9, Buffer.alloc(0)), plain(0x85, Buffer.alloc(1)), plain(0xa6, write(id)), plain(0x04, Buffer.alloc(2)),
    plain(0xc7, Buffer.alloc(0)),
  ]);
  return sequence(...before, ...list, ...(random.chance(30) ? [behind] : []));
}

/** One certificate grows to its limit, or by a byte beyond. */
export function padded(evidence, random) {
  const part = random.pick(['leaf', 'identityKey']);
  const issuer = { leaf: evidence.keys.identityKey, identityKey: evidence.keys.ica }[part];
  const wanted = random.pick([1022, 1023, 1024, 1024, 1025]);
  const content = plain(0x04, Buffer.alloc(1));
  extensions(evidence[part]).push(sequence(plain(0x06, random.pick([OIDS.other, Buffer.alloc(1)])), content));
  // The lengths around it and the signature change with it.
  for (let tries = 0; tries < 4; tries++) {
    const size = content.content.length + wanted - writeCertificate(evidence[part], issuer).length;
    content.content = Buffer.alloc(Math.max(0, size));
  }
}

function extensions(certificate) {
  return certificate.children[EXTENSIONS].children[0].children;
}

const startsWith = (node, id) => node.children?.[0]?.content?.equals(id);

function setExtension(certificate, id, value, critical) {
  const made = sequence(plain(0x06, id), ...(critical === undefined ? [] : [plain(0x01, unhex(critical))]), plain(0x04, value));
  put(extensions(certificate), made, (extension) => startsWith(extension, id));
}

function without(certificate, id) {
  const list = extensions(certificate);
  const at = list.findIndex((extension) => startsWith(extension, id));
  if (at >= 0) list.splice(at, 1);
}

function attribute(id, text, tag) {
  return { tag: 0x31, prefix: Buffer.alloc(0), children: [sequence(plain(0x06, id), plain(tag, text))] };
}

function setAttribute(name, id, text, tag) {
  put(name.children, attribute(id, text, tag), (set) => startsWith(set.children[0], id));
}

function put(list, made, same) {
  const at = list.findIndex(same);
  if (at < 0) list.push(made);
  else list[at] = made;
}

/** The leaf names the identity key's subject as its issuer. */
function link(evidence) {
  evidence.leaf.children[ISSUER] = copy(evidence.identityKey.children[SUBJECT]);
}
