//! What a golden set is pinned for, and its digest.
//!
//! Measurements are equal on every device with the same driver, VBIOS, SKU, mode and decoder status: the *firmware
//! tuple*. A golden set names the blocks that are compared (a mask) and what they must hold. "Confidential computing
//! off" and "debug" have no flag in a report: they show as a mismatch here, and nowhere else.

use crate::{
    opaque::{Opaque, tlv},
    report::Report,
};

/// `derive_key` context of [`firmware_tuple`].
pub const FIRMWARE_TAG: &str = "pars.aimining.firmware.v1";
/// `derive_key` context of [`golden_set`].
pub const GOLDEN_SET_TAG: &str = "pars.aimining.golden-set.v1";

/// The entries that make a tuple, in order.
const TUPLE: [u16; 8] = [
    tlv::DRIVER_VERSION,
    tlv::VBIOS_VERSION,
    tlv::NVDEC0_STATUS,
    tlv::CHIP_SKU,
    tlv::PROJECT,
    tlv::PROJECT_SKU,
    tlv::CHIP_INFO,
    tlv::FEATURE_FLAG,
];

/// Why a report has no digest under a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum GoldenSetError {
    /// A bit for a block that the report has not.
    #[error("the mask names block {0}, which the report has not")]
    NoSuchBlock(u32),
    /// A set that compares nothing.
    #[error("the mask is empty")]
    EmptyMask,
}

/// `derive_key("pars.aimining.firmware.v1", …)` over DRIVER_VERSION, VBIOS_VERSION, NVDEC0_STATUS, CHIP_SKU, PROJECT,
/// PROJECT_SKU, CHIP_INFO and FEATURE_FLAG: each as type u16 ‖ length u16 (big-endian) ‖ data as reported, with
/// length 0 where it is absent.
pub fn firmware_tuple(opaque: &Opaque<'_>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(FIRMWARE_TAG);
    for kind in TUPLE {
        let data = opaque.get(kind).unwrap_or_default();
        // Its length field in the report is a u16: the fallback cannot be taken.
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        hasher.update(&kind.to_be_bytes()).update(&length.to_be_bytes()).update(data);
    }
    *hasher.finalize().as_bytes()
}

/// `derive_key("pars.aimining.golden-set.v1", tuple ‖ mask u64 (big-endian) ‖ the masked values in order)`. Bit i of
/// the mask is block i + 1, RIM index i.
pub fn golden_set(tuple: &[u8; 32], mask: u64, report: &Report<'_>) -> Result<[u8; 32], GoldenSetError> {
    if mask == 0 {
        return Err(GoldenSetError::EmptyMask);
    }
    let mut hasher = blake3::Hasher::new_derive_key(GOLDEN_SET_TAG);
    hasher.update(tuple).update(&mask.to_be_bytes());
    let mut measurements = report.measurements();
    for bit in 0..u64::BITS {
        match (mask >> bit & 1 == 1, measurements.next()) {
            (true, Some(value)) => {
                hasher.update(value);
            }
            (true, None) => return Err(GoldenSetError::NoSuchBlock(bit.saturating_add(1))),
            (false, _) => {}
        }
    }
    Ok(*hasher.finalize().as_bytes())
}
