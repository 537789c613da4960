// Changes of a report's fields, blocks and entries. It is signed again.

import { ascii, concat, unhex } from '../../attestation/bytes.mjs';
import { halves } from './halves.mjs';

const TEXTS = [3, 15, 16, 17, 18, 19, 35];
const KNOWN = [3, 4, 6, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 26, 34, 35, 36];
const DRIVERS = [
  '550.90.07', '550.90.7', '550.90', '551', '550.100', '550.90.07.1', '550.90.07.0', '0', '', '550.', '550..1', ' 550.90.07', '550.90.07 ', '+551',
  '1.2.3.4.5', '1001.2.3.4.5', '00550.0090.0007', '18446744073709551615', '18446744073709551616', '99999999999999999999.1',
  '550.90.06.18446744073709551615', '5x',
];

export function report(evidence, random) {
  for (let times = random.pick([1, 1, 1, 2]); times > 0; times--) random.pick(FIELDS)(evidence.report, random);
}

export function entries(evidence, random) {
  for (let times = random.pick([1, 1, 1, 2]); times > 0; times--) random.pick(ENTRIES)(evidence.report, random);
}

const oneOf = (field, values) => (r, random) => {
  r[field] = Buffer.from(r[field]);
  r[field][random.below(r[field].length)] = random.pick(values);
};

const FIELDS = [
  oneOf('request', [0, 1, 0x10, 0x11, 0x12, 0xe0, 0xff]),
  oneOf('response', [0, 1, 0x10, 0x11, 0x12, 0x60, 0xff]),
  (r, random) => { r.slot = random.below(3); },
  (r, random) => { r.nonce = random.bytes(32); },
  (r, random) => { r.count = random.pick([0, 1, 30, 31, 32, 63, 64, 65, 255]); },
  (r, random) => { r.recordLength = random.pick([0, 55, 55 * 31, 55 * 63, 55 * 64 + 1, 55 * 65, 0xffffff]); },
  (r, random) => { r.blocks.splice(random.below(r.blocks.length), 1); },
  (r, random) => { r.blocks.splice(random.below(r.blocks.length), 0, { ...random.pick(r.blocks) }); },
  (r, random) => {
    toSwitch(r);
    entry(r, 6).data = ascii(random.pick(['96.10.2D', '', '96 10']));
  },
  (r, random) => {
    toSwitch(r);
    random.pick(ENTRIES)(r, random);
  },
  (r, random) => oneOf('head', [0, 1, 2, 3, 31, 32, 48, 51, 63, 64, 65, 255])(random.pick(r.blocks), random),
  (r, random) => oneOf('head', [0, 1, 2, 3, 31, 32, 48, 51, 63, 64, 65, 255])(random.pick(r.blocks), random),
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
  (r, random) => {
    const size = random.below(96);
    r.halves = (signature) => signature.subarray(0, size);
  },
];

/** As many blocks as an NVSwitch has. */
function toSwitch(r) {
  r.blocks = r.blocks.slice(0, 31);
}

/** The entry of this type; there is one now. */
function entry(r, type) {
  const found = r.entries.find((e) => e.type === type) ?? { type, data: Buffer.alloc(0) };
  if (!r.entries.includes(found)) r.entries.push(found);
  return found;
}

const any = (r, random) => (r.entries.length > 0 ? random.pick(r.entries) : entry(r, 3));
const without = (r, type) => { r.entries = r.entries.filter((e) => e.type !== type); };

const ENTRIES = [
  (r, random) => r.entries.splice(random.below(r.entries.length), 1),
  (r, random) => random.pick([[3], [6], [11], [3, 6], [6, 11], [3, 11]]).forEach((type) => without(r, type)),
  (r) => without(r, 20),
  (r, random) => r.entries.splice(random.below(r.entries.length + 1), 0, { ...any(r, random) }),
  (r, random) => { any(r, random).type = random.pick([...KNOWN, 0, 1, 2, 5, 7, 40, 0xffff]); },
  (r, random) => { any(r, random).size = random.pick([0, 1, 8, 48, 0xffff]); },
  (r, random) => {
    const e = any(r, random);
    const { data } = e;
    e.data = random.pick([data.subarray(1), concat([data, random.bytes(1)]), concat([data, Buffer.alloc(4)]), Buffer.alloc(0), data.subarray(0, 4)]);
  },
  (r, random) => {
    const e = any(r, random);
    if (e.data.length > 0) oneOf('data', [0, 1, 0x1f, 0x20, 0x55, 0x7e, 0x7f, 0x80, 0xaa, 0xff])(e, random);
  },
  (r, random) => { entry(r, random.pick([11, 21])).data = Buffer.from([random.pick([0, 1, 0x55, 0x55, 0xaa, 0xaa, 0xff])]); },
  (r, random) => { entry(r, 34).data = unhex(random.pick(['0000', '0100', '0200', '0001', '01', '000000'])); },
  (r, random) => {
    entry(r, random.pick([12, 13, 14, 22, 26, 36, 4, 20])).data = random.bytes(random.pick([0, 1, 2, 4, 6, 8, 12, 47, 48]));
  },
  (r, random) => {
    const texts = ['', '\0', '\0\0\0', 'a', 'a b\0', ' \0\0', 'a\0b\0', 'a\0b', '~\0', '\x7f\0', '\xe9\0', 'a\tb\0'];
    entry(r, random.pick(TEXTS)).data = ascii(random.pick(texts));
  },
  (r, random) => { entry(r, 3).data = ascii(`${random.pick(DRIVERS)}\0`); },
  (r, random) => { entry(r, 3).data = ascii(`${random.pick(DRIVERS)}\0`); },
  (r, random) => { entry(r, 6).data = ascii(random.pick(['', '96.10.2D', '96 10 2D', '96.10.2\0', '9', '\0'.repeat(8)])); },
];
