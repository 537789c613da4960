//! The SPDM 1.1 report (DSP0274 1.1): GET_MEASUREMENTS request ‖ MEASUREMENTS response ‖ signature.
//!
//! | offset | size | field | value |
//! | --- | --- | --- | --- |
//! | 0 | 1 | SPDMVersion | 0x11 |
//! | 1 | 1 | RequestResponseCode | 0xE0 |
//! | 2 | 1 | Param1 | 0x01: signature requested |
//! | 3 | 1 | Param2 | 0xFF: all blocks |
//! | 4 | 32 | Nonce of the requester | the caller's |
//! | 36 | 1 | SlotIDParam | 0 |
//! | 37 | 1 | SPDMVersion | 0x11 |
//! | 38 | 1 | RequestResponseCode | 0x60 |
//! | 39 | 2 | Param1, Param2 | 0, 0 |
//! | 41 | 1 | NumberOfBlocks | 64 (GPU), 31 (NVSwitch) |
//! | 42 | 3 | MeasurementRecordLength | 55 · blocks |
//! | 45 | L1 | blocks of 55 bytes | below |
//! | 45 + L1 | 32 | Nonce of the responder | random |
//! | 77 + L1 | 2 | OpaqueLength L2 | |
//! | 79 + L1 | L2 | OpaqueData | `opaque.rs` |
//! | 79 + L1 + L2 | 96 | signature | r ‖ s, big-endian |
//!
//! A block: index u8, specification u8 = 1, size u16 = 51, then value type u8 = 1, value size u16 = 48 and the value.
//! Integers are little-endian. The signature covers everything before it.

use crate::{
    ecdsa::Signature,
    fields::Fields,
    opaque::{Opaque, OpaqueError},
};

/// Longest report that is read (NVML's own maximum).
pub const MAX_REPORT_LEN: usize = 8_192;

/// A measurement: SHA-384.
pub type Measurement = [u8; 48];

pub(crate) const SPDM_VERSION: u8 = 0x11;
pub(crate) const GET_MEASUREMENTS: u8 = 0xE0;
pub(crate) const MEASUREMENTS: u8 = 0x60;
const BLOCK_LEN: usize = 55;
const GPU_BLOCKS: u8 = 64;
const SWITCH_BLOCKS: u8 = 31;

/// Why bytes are not a report. Each names one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum ReportError {
    /// Longer than [`MAX_REPORT_LEN`].
    #[error("the report has {0} bytes, more than {MAX_REPORT_LEN}")]
    TooLong(usize),
    /// Ends inside a field.
    #[error("the report ends inside its {0}")]
    Truncated(&'static str),
    /// SPDM 1.1 only: a later version signs another transcript.
    #[error("the request has SPDM version {0:#04x}, not 0x11")]
    RequestVersion(u8),
    /// Not GET_MEASUREMENTS.
    #[error("the request has code {0:#04x}, not 0xe0")]
    RequestCode(u8),
    /// Param1 of the request.
    #[error("the request has Param1 {0:#04x}, not 0x01: a signature was not asked for")]
    RequestAttributes(u8),
    /// Param2 of the request.
    #[error("the request has Param2 {0:#04x}, not 0xff: not all blocks were asked for")]
    RequestOperation(u8),
    /// SlotIDParam of the request.
    #[error("the request names certificate slot {0}, not 0")]
    Slot(u8),
    /// SPDM 1.1 only.
    #[error("the response has SPDM version {0:#04x}, not 0x11")]
    ResponseVersion(u8),
    /// Not MEASUREMENTS.
    #[error("the response has code {0:#04x}, not 0x60")]
    ResponseCode(u8),
    /// Param1 and Param2 of the response.
    #[error("the response has parameters {0:#04x} and {1:#04x}, not zero")]
    ResponseParameters(u8, u8),
    /// Neither a GPU nor a switch.
    #[error("{0} measurement blocks; a GPU has 64, an NVSwitch 31")]
    BlockCount(u8),
    /// MeasurementRecordLength.
    #[error("the measurement record has {0} bytes, which is not its number of blocks times 55")]
    RecordLength(u32),
    /// Not within 1 … number of blocks.
    #[error("measurement block {position} has index {index}, which is out of range")]
    IndexOutOfRange {
        /// Where it stands, from 1.
        position: u8,
        /// What it says.
        index: u8,
    },
    /// An index that an earlier block has.
    #[error("measurement block {position} has index {index}, which an earlier one has")]
    DuplicateIndex {
        /// Where it stands, from 1.
        position: u8,
        /// What it says.
        index: u8,
    },
    /// Blocks stand in the order of their indices.
    #[error("measurement block {position} has index {index}")]
    IndexOrder {
        /// Where it stands, from 1.
        position: u8,
        /// What it says.
        index: u8,
    },
    /// MeasurementSpecification.
    #[error("measurement block {0} has specification {1}, not 1 (DMTF)")]
    Specification(u8, u8),
    /// MeasurementSize.
    #[error("measurement block {0} has {1} bytes, not 51")]
    BlockSize(u8, u16),
    /// DMTFSpecMeasurementValueType.
    #[error("measurement block {0} has value type {1:#04x}, not 0x01")]
    ValueType(u8, u8),
    /// DMTFSpecMeasurementValueSize.
    #[error("measurement block {0} has a value of {1} bytes, not 48")]
    ValueSize(u8, u16),
    /// The opaque data.
    #[error(transparent)]
    #[strum(transparent)]
    Opaque(#[from] OpaqueError),
    /// Something stands behind the signature.
    #[error("{0} bytes stand behind the signature")]
    TrailingBytes(usize),
}

/// What a report's number of blocks says about its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// 64 blocks.
    Gpu,
    /// 31 blocks: an NVSwitch, whose chain ends in the same root. Never a GPU.
    NvSwitch,
}

/// A report that has the layout above. Nothing is verified yet.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    signed: &'a [u8],
    nonce: &'a [u8; 32],
    responder_nonce: &'a [u8; 32],
    blocks: &'a [[u8; BLOCK_LEN]],
    kind: DeviceKind,
    opaque: Opaque<'a>,
    signature: &'a Signature,
}

impl<'a> Report<'a> {
    /// Reads a report of exactly these bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ReportError> {
        let (report, rest) = Self::parse_prefix(bytes)?;
        match rest.len() {
            0 => Ok(report),
            trailing => Err(ReportError::TrailingBytes(trailing)),
        }
    }

    /// The report without the zeros that some tools leave behind it, for whoever packs evidence: the chain refuses
    /// them. Whatever else stands behind the signature is an error.
    pub fn without_padding(bytes: &'a [u8]) -> Result<&'a [u8], ReportError> {
        let (report, rest) = Self::parse_prefix(bytes)?;
        if rest.iter().any(|&byte| byte != 0) {
            return Err(ReportError::TrailingBytes(rest.len()));
        }
        let length = report.signed.len().saturating_add(report.signature.len());
        bytes.get(..length).ok_or(ReportError::Truncated("signature"))
    }

    /// A report at the front of `bytes`, and what stands behind it.
    fn parse_prefix(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), ReportError> {
        use ReportError as E;
        if bytes.len() > MAX_REPORT_LEN {
            return Err(E::TooLong(bytes.len()));
        }
        let mut fields = Fields(bytes);
        let &[version, code, attributes, operation] = fields.array().ok_or(E::Truncated("request"))?;
        check(version == SPDM_VERSION, E::RequestVersion(version))?;
        check(code == GET_MEASUREMENTS, E::RequestCode(code))?;
        check(attributes == 0x01, E::RequestAttributes(attributes))?;
        check(operation == 0xFF, E::RequestOperation(operation))?;
        let nonce = fields.array().ok_or(E::Truncated("request"))?;
        let slot = fields.byte().ok_or(E::Truncated("request"))?;
        check(slot == 0, E::Slot(slot))?;

        let &[version, code, first, second, count, length @ ..] =
            fields.array::<8>().ok_or(E::Truncated("response"))?;
        check(version == SPDM_VERSION, E::ResponseVersion(version))?;
        check(code == MEASUREMENTS, E::ResponseCode(code))?;
        check(first == 0 && second == 0, E::ResponseParameters(first, second))?;
        let kind = match count {
            GPU_BLOCKS => DeviceKind::Gpu,
            SWITCH_BLOCKS => DeviceKind::NvSwitch,
            _ => return Err(E::BlockCount(count)),
        };
        let [low, middle, high] = length;
        let length = u32::from_le_bytes([low, middle, high, 0]);
        let expected = usize::from(count).saturating_mul(BLOCK_LEN);
        check(usize::try_from(length) == Ok(expected), E::RecordLength(length))?;
        let record = fields.bytes(expected).ok_or(E::Truncated("measurement record"))?;
        let (blocks, _) = record.as_chunks::<BLOCK_LEN>();
        for (position, block) in (1..=count).zip(blocks) {
            check_block(position, count, block)?;
        }

        let responder_nonce = fields.array().ok_or(E::Truncated("responder's nonce"))?;
        let length = fields.array().ok_or(E::Truncated("opaque length"))?;
        let opaque =
            fields.bytes(usize::from(u16::from_le_bytes(*length))).ok_or(E::Truncated("opaque data"))?;
        let unsigned = fields.0.len();
        let signature = fields.array().ok_or(E::Truncated("signature"))?;
        let signed = bytes
            .len()
            .checked_sub(unsigned)
            .and_then(|length| bytes.get(..length))
            .ok_or(E::Truncated("signature"))?;
        let opaque = Opaque::parse(opaque, kind)?;
        Ok((Self { signed, nonce, responder_nonce, blocks, kind, opaque, signature }, fields.0))
    }

    /// What the signature covers: request ‖ response without its signature.
    pub const fn signed_bytes(&self) -> &'a [u8] {
        self.signed
    }

    /// The signature of the leaf's key over [`Self::signed_bytes`].
    pub const fn signature(&self) -> &'a Signature {
        self.signature
    }

    /// The 32 bytes that the caller chose: all that an application can make a GPU sign.
    pub const fn nonce(&self) -> &'a [u8; 32] {
        self.nonce
    }

    /// The 32 random bytes that the device added.
    pub const fn responder_nonce(&self) -> &'a [u8; 32] {
        self.responder_nonce
    }

    /// GPU or switch, by the number of blocks.
    pub const fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The opaque data.
    pub const fn opaque(&self) -> &Opaque<'a> {
        &self.opaque
    }

    /// The measurements, in the order of their blocks. The first one has block index 1 and RIM index 0.
    pub fn measurements(&self) -> impl ExactSizeIterator<Item = &'a Measurement> {
        self.blocks.iter().map(value)
    }

    /// The measurement with a RIM index: block index − 1.
    pub fn measurement(&self, rim_index: usize) -> Option<&'a Measurement> {
        self.blocks.get(rim_index).map(value)
    }
}

/// The value of a block: its last 48 bytes.
fn value(block: &[u8; BLOCK_LEN]) -> &Measurement {
    let [_, _, _, _, _, _, _, value @ ..] = block;
    value
}

fn check_block(position: u8, count: u8, block: &[u8; BLOCK_LEN]) -> Result<(), ReportError> {
    use ReportError as E;
    let &[index, specification, size_low, size_high, value_type, value_low, value_high, ..] = block;
    check(index != 0 && index <= count, E::IndexOutOfRange { position, index })?;
    // Every earlier block has the index of its position.
    check(index >= position, E::DuplicateIndex { position, index })?;
    check(index == position, E::IndexOrder { position, index })?;
    check(specification == 1, E::Specification(position, specification))?;
    let size = u16::from_le_bytes([size_low, size_high]);
    check(size == 51, E::BlockSize(position, size))?;
    check(value_type == 1, E::ValueType(position, value_type))?;
    let size = u16::from_le_bytes([value_low, value_high]);
    check(size == 48, E::ValueSize(position, size))
}

fn check(holds: bool, error: ReportError) -> Result<(), ReportError> {
    if holds { Ok(()) } else { Err(error) }
}
