// Changes of any DER element of a certificate: in its signed part, which is signed again, and around it.

import { concat, unhex } from '../../attestation/bytes.mjs';
import { EXTENSIONS, ISSUER, SUBJECT, signatureValue } from '../evidence.mjs';
import { FORMS, copy, parse, places, plain, sequence, write } from '../tree.mjs';
import { halves } from './halves.mjs';

const TAGS = [0x1f, 0x3f, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0xa0, 0xa3];

/** Changes any element of a certificate's signed part. */
export function der(evidence, random) {
  const part = random.pick(['leaf', 'identityKey']);
  const certificate = evidence[part];
  for (let times = random.pick([1, 1, 1, 1, 2]); times > 0; times--) {
    const list = certificate.children[EXTENSIONS];
    const found = places(list && random.chance(40) ? list : certificate);
    if (found.length > 0) element(random.pick(found), found, random);
  }
  if (part === 'identityKey' && certificate.children[SUBJECT] && random.chance(70)) {
    evidence.leaf.children[ISSUER] = copy(certificate.children[SUBJECT]);
  }
}

function element({ siblings, at }, all, random) {
  const node = siblings[at];
  const content = () => node.content ?? concat([node.prefix, ...node.children.map(write)]);
  const become = (bytes) => { siblings[at] = plain(node.tag, bytes); };
  random.pick([
    () => siblings.splice(at, 1),
    () => siblings.splice(at, 0, copy(node)),
    () => {
      const other = random.below(siblings.length);
      [siblings[at], siblings[other]] = [siblings[other], siblings[at]];
    },
    () => { node.tag = random.pick([node.tag ^ (1 << random.below(8)), ...TAGS]); },
    () => { node.form = random.pick(FORMS); },
    () => siblings.splice(at + random.below(2), 0, plain(random.pick([0x01, 0x80, ...TAGS]), random.bytes(random.below(4)))),
    () => {
      const other = random.pick(all);
      siblings[at] = copy(other.siblings[other.at]);
    },
    () => become(Buffer.alloc(0)),
    () => become(concat([content(), random.bytes(1 + random.below(3))])),
    () => become(content().subarray(0, -1)),
    () => become(concat([Buffer.from([random.pick([0, 0x7f, 0x80, 0xff])]), content()])),
    () => become(oneChanged(content(), random)),
    () => become(oneChanged(content(), random)),
  ])();
}

function oneChanged(bytes, random) {
  const changed = Buffer.from(bytes);
  if (changed.length > 0) changed[random.below(changed.length)] = random.pick([0, 1, 0x20, 0x5a, 0x7f, 0x80, 0xff, random.below(256)]);
  return changed;
}

/** Changes what stands around a certificate's signed part. */
export function envelope(evidence, random) {
  const certificate = evidence[random.pick(['leaf', 'identityKey'])];
  random.pick([
    () => { certificate.halves = halves(random); },
    () => { certificate.wrap = (parts) => around(parts, random); },
    () => { certificate.wrap = ([signed, ...rest]) => sequence(signed, ...elsewhere(rest, random)); },
    () => { certificate.wrap = ([signed, algorithm]) => sequence(signed, algorithm, otherSignature(random)); },
  ])();
}

function around(parts, random) {
  const [signed, algorithm, signature] = parts;
  return random.pick([
    () => concat([write(sequence(...parts)), random.bytes(1 + random.below(2))]),
    () => sequence(...parts, plain(0x05, Buffer.alloc(0))),
    () => ({ ...sequence(...parts), form: random.pick(FORMS) }),
    () => ({ ...sequence(...parts), tag: random.pick([0x31, 0x1f, 0x10]) }),
    () => sequence({ ...parse(signed)[0], form: random.pick(FORMS) }, algorithm, signature),
    () => sequence({ ...parse(signed)[0], tag: random.pick([0x31, 0x1f, 0x10]) }, algorithm, signature),
    () => sequence(signed),
    () => sequence(signed, algorithm),
    () => sequence(signed, signature, algorithm),
    () => sequence(),
    () => sequence(signed, write(algorithm).subarray(0, 11)),
  ])();
}

/** Any change of algorithm and signature. */
function elsewhere(nodes, random) {
  const parent = sequence(...nodes.map(copy));
  const found = places(parent);
  element(random.pick(found), found, random);
  return parent.children;
}

function otherSignature(random) {
  const value = signatureValue(Buffer.alloc(96, 0x11));
  const pair = value.children[0];
  const [r, s] = pair.children;
  const half = (content) => plain(0x02, content);
  const high = (size) => concat([Buffer.alloc(1), Buffer.alloc(size, 0x91)]);
  random.pick([
    () => { value.prefix = Buffer.from([random.pick([1, 7, 8, 255])]); },
    () => { value.prefix = Buffer.alloc(0); },
    () => { pair.children = [r]; },
    () => { pair.children = [r, s, s]; },
    () => { value.children = []; },
    () => { value.children = [pair, half(Buffer.from([1]))]; },
    () => { pair.children = [half(Buffer.alloc(1)), s]; },
    () => { pair.children = [half(Buffer.alloc(0)), s]; },
    () => { pair.children = [r, half(unhex('0001'))]; },
    () => { pair.children = [r, half(unhex('ff80'))]; },
    () => { pair.children = [r, half(unhex('80'))]; },
    () => { pair.children = [half(Buffer.alloc(49, 0x11)), s]; },
    () => { pair.children = [half(high(48)), s]; },
    () => { pair.children = [half(high(49)), s]; },
  ])();
  return value;
}
