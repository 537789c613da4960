// Chance that a seed decides.

import { blake3 } from '@noble/hashes/blake3.js';

export class Random {
  constructor(seed) {
    this.seed = Buffer.from(String(seed));
    this.drawn = 0;
    this.pool = Buffer.alloc(0);
  }

  bytes(size) {
    while (this.pool.length < size) {
      const counter = Buffer.alloc(8);
      counter.writeUInt32BE(this.drawn++, 4);
      const more = blake3(Buffer.concat([this.seed, counter]), { dkLen: 1024 });
      this.pool = Buffer.concat([this.pool, more]);
    }
    const taken = this.pool.subarray(0, size);
    this.pool = this.pool.subarray(size);
    return Buffer.from(taken);
  }

  /** A number below `end`. */
  below(end) {
    return this.bytes(4).readUInt32BE() % end;
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}
