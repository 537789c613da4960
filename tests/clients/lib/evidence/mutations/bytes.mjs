// Changes of finished evidence, which is not signed again.

import { concat } from '../../attestation/bytes.mjs';

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

