//! Writing a report: what `report.rs` and `opaque.rs` read. Numbers too large for their field become its largest, which
//! no reader accepts.

use super::encode::sign;
use crate::report::{GET_MEASUREMENTS, MEASUREMENTS, Measurement, SPDM_VERSION};
use p384::ecdsa::SigningKey;

/// Request and response around these blocks and this opaque data, signed.
pub(crate) fn signed_report(
    nonce: &[u8; 32],
    responder_nonce: &[u8; 32],
    blocks: &[Vec<u8>],
    opaque: &[u8],
    leaf_key: &SigningKey,
) -> Vec<u8> {
    let mut bytes = vec![SPDM_VERSION, GET_MEASUREMENTS, 0x01, 0xFF];
    bytes.extend(nonce);
    let count = u8::try_from(blocks.len()).unwrap_or(u8::MAX);
    bytes.extend([0, SPDM_VERSION, MEASUREMENTS, 0, 0, count]);
    let record = blocks.concat();
    let [low, middle, high, _] = u32::try_from(record.len()).unwrap_or(u32::MAX).to_le_bytes();
    bytes.extend([low, middle, high]);
    bytes.extend(record);
    bytes.extend(responder_nonce);
    bytes.extend(length(opaque));
    bytes.extend(opaque);
    let signature = sign(leaf_key, &bytes);
    bytes.extend(signature);
    bytes
}

/// A measurement block.
pub(crate) fn block(index: u8, value: &Measurement) -> Vec<u8> {
    [&[index, 1, 51, 0, 1, 48, 0][..], value].concat()
}

/// An opaque entry.
pub(crate) fn tlv(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &length(data), data].concat()
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes()
}
