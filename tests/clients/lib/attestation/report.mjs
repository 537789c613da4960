// The SPDM 1.1 report: request, response, signature.

import { printable, printableOrSpace } from './bytes.mjs';
import { fail } from './refusal.mjs';

const MOST = 8192;
const BLOCK = 55;
const GPU_BLOCKS = 64;
const SWITCH_BLOCKS = 31;
const SIGNATURE = 96;

export function parseReport(bytes) {
  if (bytes.length > MOST) fail('too_long');
  let at = 0;
  const group = (size) => {
    if (bytes.length - at < size) fail('truncated');
    at += size;
    return bytes.subarray(at - size, at);
  };
  const must = (kept, reason) => {
    if (!kept) fail(reason);
  };

  const request = group(4);
  must(request[0] === 0x11, 'request_version');
  must(request[1] === 0xe0, 'request_code');
  must(request[2] === 0x01, 'request_attributes');
  must(request[3] === 0xff, 'request_operation');
  const rest = group(33);
  const nonce = rest.subarray(0, 32);
  must(rest[32] === 0, 'slot');

  const response = group(8);
  must(response[0] === 0x11, 'response_version');
  must(response[1] === 0x60, 'response_code');
  must(response[2] === 0 && response[3] === 0, 'response_parameters');
  const blocks = response[4];
  must(blocks === GPU_BLOCKS || blocks === SWITCH_BLOCKS, 'block_count');
  must(response.readUIntLE(5, 3) === BLOCK * blocks, 'record_length');

  const record = group(BLOCK * blocks);
  const measurements = [];
  for (let k = 1; k <= blocks; k++) {
    const block = record.subarray(BLOCK * (k - 1), BLOCK * k);
    const index = block[0];
    must(index !== 0 && index <= blocks, 'index_out_of_range');
    must(index >= k, 'duplicate_index');
    must(index === k, 'index_order');
    must(block[1] === 1, 'specification');
    must(block.readUInt16LE(2) === 51, 'block_size');
    must(block[4] === 1, 'value_type');
    must(block.readUInt16LE(5) === 48, 'value_size');
    measurements.push(block.subarray(7));
  }

  group(32); // the responder's nonce says nothing
  const size = group(2).readUInt16LE();
  const data = group(size);
  const signed = bytes.subarray(0, at);
  const signature = group(SIGNATURE);
  const opaque = parseOpaque(data, blocks === GPU_BLOCKS);
  must(at === bytes.length, 'trailing_bytes');
  return { nonce, isSwitch: blocks === SWITCH_BLOCKS, measurements, opaque, signed, signature };
}

/** The entries by type, as reported. */
function parseOpaque(bytes, gpu) {
  const entries = new Map();
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 4) fail('rest');
    const type = bytes.readUInt16LE(at);
    const size = bytes.readUInt16LE(at + 2);
    if (bytes.length - at - 4 < size) fail('overrun');
    if (entries.has(type)) fail('duplicate');
    entries.set(type, bytes.subarray(at + 4, at + 4 + size));
    entry(type, entries.get(type), gpu);
    at += 4 + size;
  }
  return entries;
}

function entry(type, data, gpu) {
  const length = (kept) => {
    if (!kept) fail('length');
  };
  switch (type) {
    case 11: case 21:
      length(data.length === 1);
      if (data[0] !== 0xaa && data[0] !== 0x55) fail('status');
      break;
    case 34:
      length(data.length === 2);
      if (data.readUInt16LE() > 1) fail('version');
      break;
    case 36:
      length(data.length === 2);
      break;
    case 13: case 14:
      length(data.length === 4);
      break;
    case 4:
      if (gpu) length(data.length === 8);
      break;
    case 6:
      if (gpu) length(data.length === 8);
      else if (!data.every(printable)) fail('text');
      break;
    case 20:
      length(data.length === 48);
      break;
    case 12:
      length(data.length % 4 === 0);
      break;
    case 22: case 26:
      length(data.length % 8 === 0);
      break;
    case 3: case 15: case 16: case 17: case 18: case 19: case 35:
      if (!data.includes(0) || !text(data).every(printableOrSpace) || !data.subarray(data.indexOf(0)).every((b) => b === 0)) fail('text');
      break;
    default:
  }
}

/** A text entry without its zeros. */
export function text(data) {
  return data.subarray(0, data.indexOf(0));
}
