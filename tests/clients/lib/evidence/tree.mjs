// DER as a tree that can be changed anywhere and written again, rightly or wrongly.

import { concat } from '../attestation/bytes.mjs';

/** All elements of `bytes`, or null where that is no DER. Strings that hold DER are opened as well. */
export function parse(bytes) {
  const nodes = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++];
    let size = bytes[at++];
    if (size > 0x80) {
      const count = size & 0x7f;
      if (count > 2 || at + count > bytes.length) return null;
      size = bytes.readUIntBE(at, count);
      at += count;
    }
    if (size === undefined || (tag & 0x1f) === 0x1f || at + size > bytes.length) return null;
    nodes.push(open(tag, bytes.subarray(at, at + size)));
    at += size;
  }
  return nodes;
}

function open(tag, content) {
  const skipped = tag === 0x03 && content[0] === 0 ? 1 : 0;
  if ((tag & 0x20) !== 0 || tag === 0x04 || skipped === 1) {
    const children = parse(content.subarray(skipped));
    if (children && ((tag & 0x20) !== 0 || children.length === 1)) return { tag, prefix: content.subarray(0, skipped), children };
  }
  return { tag, content };
}

export const sequence = (...children) => ({ tag: 0x30, prefix: Buffer.alloc(0), children });
export const plain = (tag, content) => ({ tag, content });

/** `node`, or bytes that stand for one. */
export function write(node) {
  if (Buffer.isBuffer(node)) return node;
  const content = node.content ?? concat([node.prefix, ...node.children.map(write)]);
  return concat([Buffer.from([node.tag]), length(content.length, node.form), content]);
}

/** `form`: how the length is written if not as DER demands. */
function length(size, form) {
  switch (form) {
    case 'indefinite': return Buffer.from([0x80]);
    case 'one more': return length(size + 1);
    case 'one less': return length(Math.max(size - 1, 0));
    case 'three bytes': return Buffer.from([0x83, 0, size >> 8, size & 0xff]);
    case 'two bytes': return Buffer.from([0x82, size >> 8, size & 0xff]);
    case 'one byte': return Buffer.from([0x81, size & 0xff]);
    default:
  }
  if (size < 0x80) return Buffer.from([size]);
  return size < 0x100 ? Buffer.from([0x81, size]) : Buffer.from([0x82, size >> 8, size & 0xff]);
}

export const FORMS = ['indefinite', 'one more', 'one less', 'three bytes', 'two bytes', 'one byte'];

/** Every node below `node`, each with its siblings and its place among them. */
export function places(node) {
  return (node.children ?? []).flatMap((child, at) => [{ siblings: node.children, at }, ...places(child)]);
}

export function copy(node) {
  if (Buffer.isBuffer(node)) return Buffer.from(node);
  const { tag, form } = node;
  return node.content
    ? { tag, form, content: Buffer.from(node.content) }
    : { tag, form, prefix: node.prefix, children: node.children.map(copy) };
}
