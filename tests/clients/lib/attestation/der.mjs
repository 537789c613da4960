// DER (X.690) as far as these certificates go.

import { fail } from './refusal.mjs';

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OID = 0x06;
export const UTF8_STRING = 0x0c;
export const PRINTABLE_STRING = 0x13;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** Reads elements from the front of `bytes`. */
export class Der {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get empty() {
    return this.at === this.bytes.length;
  }

  /** The tag of the next element. */
  get tag() {
    if (this.empty) fail('truncated');
    if ((this.bytes[this.at] & 0x1f) === 0x1f) fail('long_tag');
    return this.bytes[this.at];
  }

  /** The next element, whatever it is: tag, content, and all of it. */
  any() {
    const start = this.at;
    const { tag } = this;
    this.at += 1;
    const size = this.#length();
    const content = this.take(size);
    return { tag, content, raw: this.bytes.subarray(start, this.at) };
  }

  /** The next element, which must be a `tag`. */
  element(tag) {
    if (this.tag !== tag) fail('tag');
    return this.any();
  }

  /** Reads all of the content of the next element with `body`. */
  inside(tag, body) {
    const inner = new Der(this.element(tag).content);
    const value = body(inner);
    inner.end();
    return value;
  }

  /** The next bytes, which must be these. */
  exact(bytes, reason) {
    const next = this.bytes.subarray(this.at, this.at + bytes.length);
    if (Buffer.compare(next, bytes) !== 0) fail(reason);
    this.at += bytes.length;
  }

  end() {
    if (!this.empty) fail('trailing');
  }

  take(size) {
    if (this.bytes.length - this.at < size) fail('truncated');
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  #length() {
    const first = this.take(1)[0];
    if (first < 0x80) return first;
    if (first !== 0x81 && first !== 0x82) fail('length');
    const size = this.take(first & 0x7f).readUIntBE(0, first & 0x7f);
    if (size < (first === 0x81 ? 0x80 : 0x100)) fail('length');
    return size;
  }

  /** The content of an INTEGER, as short as it can be. */
  integer() {
    const { content } = this.element(INTEGER);
    const [first, second] = content;
    if (first === undefined || (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) fail('integer');
    return content;
  }

  /** The magnitude of a positive INTEGER, of at most `most` bytes. */
  positive(most, reason) {
    const content = this.integer();
    const magnitude = content[0] === 0 ? content.subarray(1) : content;
    if (content[0] >= 0x80 || magnitude.length === 0 || magnitude.length > most) fail(reason);
    return magnitude;
  }

  /** A BOOLEAN that stands only where it is true. */
  optionalTrue() {
    if (this.empty || this.tag !== BOOLEAN) return false;
    const { content } = this.any();
    if (content.length !== 1 || content[0] !== 0xff) fail('boolean');
    return true;
  }

  /** The content of a BIT STRING without unused bits. */
  octetBits() {
    const { content } = this.element(BIT_STRING);
    if (content.length === 0 || content[0] !== 0) fail('bit_string');
    return content.subarray(1);
  }
}
