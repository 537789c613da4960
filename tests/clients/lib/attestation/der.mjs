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

  /** The tag of the next element, or undefined at the end. */
  get tag() {
    return this.bytes[this.at];
  }

  /** The next element, whatever it is: tag, content, and all of it. */
  any() {
    const start = this.at;
    const tag = this.take(1)[0];
    if ((tag & 0x1f) === 0x1f) fail('long_tag');
    const content = this.take(this.#length());
    return { tag, content, raw: this.bytes.subarray(start, this.at) };
  }

  /** The next element, which must be a `tag`: that is asked of a whole element. */
  element(tag) {
    const element = this.any();
    if (element.tag !== tag) fail('tag');
    return element;
  }

  /** A reader of the content of the next element. */
  inside(tag) {
    return new Der(this.element(tag).content);
  }

  /** The next element, which must be these bytes. */
  exact(bytes, reason) {
    if (Buffer.compare(this.any().raw, bytes) !== 0) fail(reason);
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

  /** The magnitude of an INTEGER that is not negative and as short as it can be; zero is one byte. */
  unsigned() {
    const { content } = this.element(INTEGER);
    const [first, second] = content;
    if (first === undefined || first >= 0x80 || (first === 0 && second < 0x80)) fail('integer');
    return first === 0 && content.length > 1 ? content.subarray(1) : content;
  }

  /** A BOOLEAN that stands only where it is true. */
  optionalTrue() {
    if (this.tag !== BOOLEAN) return false;
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
