// Signatures made of a good one.

import { ORDER, concat, number, unsigned } from '../../attestation/bytes.mjs';

/** Another signature made of this one: some still hold. */
export function halves(random) {
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
