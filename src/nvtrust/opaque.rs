//! OpaqueData of a report: entries of type u16 ‖ length u16 ‖ data, little-endian, without duplicates, without a rest.
//!
//! A type that this file does not know is kept and given no meaning: new drivers add types, and all of it is signed.
//! A version of the whole above 1 is refused, because it may change the meaning of what is known.

use crate::{fields::Fields, report::DeviceKind};
use std::fmt;

/// Types of opaque data, as NVIDIA names them.
#[expect(missing_docs, reason = "the field's own names")]
pub mod tlv {
    pub const DRIVER_VERSION: u16 = 3;
    pub const GPU_INFO: u16 = 4;
    pub const VBIOS_VERSION: u16 = 6;
    pub const NVDEC0_STATUS: u16 = 11;
    pub const MSRSCNT: u16 = 12;
    pub const CPRINFO: u16 = 13;
    pub const BOARD_ID: u16 = 14;
    pub const CHIP_SKU: u16 = 15;
    pub const CHIP_SKU_MOD: u16 = 16;
    pub const PROJECT: u16 = 17;
    pub const PROJECT_SKU: u16 = 18;
    pub const PROJECT_SKU_MOD: u16 = 19;
    pub const FWID: u16 = 20;
    pub const PROTECTED_PCIE_STATUS: u16 = 21;
    pub const SWITCH_PDI: u16 = 22;
    pub const FLOORSWEPT_PORTS: u16 = 23;
    pub const POSITION_ID: u16 = 24;
    pub const LOCK_STATUS: u16 = 25;
    pub const SWITCH_GPU_PDIS: u16 = 26;
    pub const GPU_LINK_CONN: u16 = 32;
    pub const SYS_ENABLE_STATUS: u16 = 33;
    pub const OPAQUE_DATA_VERSION: u16 = 34;
    pub const CHIP_INFO: u16 = 35;
    pub const FEATURE_FLAG: u16 = 36;
}

/// Highest OPAQUE_DATA_VERSION whose meaning is known.
const MAX_VERSION: u16 = 1;

/// Why opaque data is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum OpaqueError {
    /// Fewer than four bytes are left.
    #[error("{0} bytes are left in the opaque data, too few for an entry")]
    Rest(usize),
    /// An entry reaches beyond the end.
    #[error("opaque entry {0} overruns the opaque data")]
    Overrun(u16),
    /// A type stands twice.
    #[error("opaque entry {0} stands twice")]
    Duplicate(u16),
    /// A known type with a length that it cannot have.
    #[error("opaque entry {0} has {1} bytes")]
    Length(u16, usize),
    /// A status that is neither 0xAA nor 0x55.
    #[error("opaque entry {0} has status {1:#04x}, neither 0xaa nor 0x55")]
    Status(u16, u8),
    /// Text that is not printable ASCII, ended by zeros.
    #[error("opaque entry {0} is not ASCII ended by zeros")]
    Text(u16),
    /// OPAQUE_DATA_VERSION.
    #[error("opaque data version {0} is unknown")]
    Version(u16),
}

/// One entry, as reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// See [`tlv`].
    pub kind: u16,
    /// Its data.
    pub data: &'a [u8],
}

/// A status byte: 0xAA or 0x55.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toggle {
    /// 0xAA.
    Enabled,
    /// 0x55.
    Disabled,
}

impl Toggle {
    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0xAA => Some(Self::Enabled),
            0x55 => Some(Self::Disabled),
            _ => None,
        }
    }

    /// As reported.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Enabled => 0xAA,
            Self::Disabled => 0x55,
        }
    }

    /// The NVDEC rule, where `self` is NVDEC0_STATUS: RIM index 35 is the decoder's, and is compared with nothing
    /// while that is off.
    pub const fn skips(self, rim_index: usize) -> bool {
        matches!(self, Self::Disabled) && rim_index == 35
    }
}

/// FEATURE_FLAG: how GPUs of one machine share a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureFlag {
    /// 0: a single GPU is passed through.
    Spt,
    /// 1: several GPUs are passed through.
    Mpt,
    /// 2: protected PCIe.
    Ppcie,
    /// A value that has no name here.
    Other(u16),
}

/// VBIOS_VERSION. Displays as NVIDIA prints it: `96.00.9F.00.01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vbios<'a> {
    /// A GPU's eight bytes.
    Gpu(&'a [u8; 8]),
    /// An NVSwitch's text.
    NvSwitch(&'a str),
}

impl fmt::Display for Vbios<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gpu([b, c, d, e, a, ..]) => write!(f, "{e:02X}.{d:02X}.{c:02X}.{b:02X}.{a:02X}"),
            Self::NvSwitch(text) => f.write_str(text),
        }
    }
}

/// Opaque data whose entries are well formed.
#[derive(Clone, Copy, Debug)]
pub struct Opaque<'a> {
    bytes: &'a [u8],
    kind: DeviceKind,
}

impl<'a> Opaque<'a> {
    pub(crate) fn parse(bytes: &'a [u8], kind: DeviceKind) -> Result<Self, OpaqueError> {
        // One bit a type, so that time stays linear in the input.
        let mut seen = [0u64; 1024];
        let mut fields = Fields(bytes);
        while !fields.0.is_empty() {
            let entry = next(&mut fields)?;
            let bit = 1u64 << (entry.kind % 64);
            if let Some(word) = seen.get_mut(usize::from(entry.kind / 64)) {
                if *word & bit != 0 {
                    return Err(OpaqueError::Duplicate(entry.kind));
                }
                *word |= bit;
            }
            check(entry, kind)?;
        }
        Ok(Self { bytes, kind })
    }

    /// The entries, in the order of the report.
    pub fn entries(&self) -> impl Iterator<Item = Tlv<'a>> + use<'a> {
        let mut fields = Fields(self.bytes);
        std::iter::from_fn(move || if fields.0.is_empty() { None } else { next(&mut fields).ok() })
    }

    /// The data of an entry, as reported.
    pub fn get(&self, kind: u16) -> Option<&'a [u8]> {
        self.entries().find(|entry| entry.kind == kind).map(|entry| entry.data)
    }

    fn array<const N: usize>(&self, kind: u16) -> Option<&'a [u8; N]> {
        self.get(kind)?.try_into().ok()
    }

    /// The text of an entry, without the zeros that end it: driver version, SKUs, project, chip.
    pub fn text(&self, kind: u16) -> Option<&'a str> {
        text(self.get(kind)?)
    }

    fn toggle(&self, kind: u16) -> Option<Toggle> {
        let &[byte] = self.array(kind)?;
        Toggle::from_byte(byte)
    }

    /// DRIVER_VERSION, without the zeros that end it. See [`crate::DriverVersion::parse`].
    pub fn driver(&self) -> Option<&'a str> {
        self.text(tlv::DRIVER_VERSION)
    }

    /// VBIOS_VERSION.
    pub fn vbios(&self) -> Option<Vbios<'a>> {
        let data = self.get(tlv::VBIOS_VERSION)?;
        match self.kind {
            DeviceKind::Gpu => data.try_into().ok().map(Vbios::Gpu),
            DeviceKind::NvSwitch => str::from_utf8(data).ok().map(Vbios::NvSwitch),
        }
    }

    /// NVDEC0_STATUS. See [`Toggle::skips`].
    pub fn nvdec0(&self) -> Option<Toggle> {
        self.toggle(tlv::NVDEC0_STATUS)
    }

    /// FWID: SHA-384 of the firmware that holds the leaf's key. Drivers before 550 do not report it.
    pub fn fwid(&self) -> Option<&'a [u8; 48]> {
        self.array(tlv::FWID)
    }

    /// PROTECTED_PCIE_STATUS.
    pub fn protected_pcie(&self) -> Option<Toggle> {
        self.toggle(tlv::PROTECTED_PCIE_STATUS)
    }

    /// OPAQUE_DATA_VERSION.
    pub fn version(&self) -> Option<u16> {
        self.array(tlv::OPAQUE_DATA_VERSION).map(|data| u16::from_le_bytes(*data))
    }

    /// FEATURE_FLAG.
    pub fn feature_flag(&self) -> Option<FeatureFlag> {
        self.array(tlv::FEATURE_FLAG).map(|data| match u16::from_le_bytes(*data) {
            0 => FeatureFlag::Spt,
            1 => FeatureFlag::Mpt,
            2 => FeatureFlag::Ppcie,
            other => FeatureFlag::Other(other),
        })
    }
}

fn next<'a>(fields: &mut Fields<'a>) -> Result<Tlv<'a>, OpaqueError> {
    let rest = fields.0.len();
    let &[kind_low, kind_high, low, high] = fields.array().ok_or(OpaqueError::Rest(rest))?;
    let kind = u16::from_le_bytes([kind_low, kind_high]);
    let data =
        fields.bytes(usize::from(u16::from_le_bytes([low, high]))).ok_or(OpaqueError::Overrun(kind))?;
    Ok(Tlv { kind, data })
}

/// Known types have the shape that their accessors read.
fn check(Tlv { kind, data }: Tlv<'_>, device: DeviceKind) -> Result<(), OpaqueError> {
    let length = data.len();
    let fits = match kind {
        tlv::NVDEC0_STATUS | tlv::PROTECTED_PCIE_STATUS => length == 1,
        tlv::OPAQUE_DATA_VERSION | tlv::FEATURE_FLAG => length == 2,
        tlv::CPRINFO | tlv::BOARD_ID => length == 4,
        tlv::GPU_INFO if device == DeviceKind::Gpu => length == 8,
        tlv::VBIOS_VERSION if device == DeviceKind::Gpu => length == 8,
        tlv::FWID => length == 48,
        tlv::MSRSCNT => length.is_multiple_of(4),
        tlv::SWITCH_PDI | tlv::SWITCH_GPU_PDIS => length.is_multiple_of(8),
        _ => true,
    };
    if !fits {
        return Err(OpaqueError::Length(kind, length));
    }
    match (kind, data) {
        (tlv::NVDEC0_STATUS | tlv::PROTECTED_PCIE_STATUS, &[byte]) if Toggle::from_byte(byte).is_none() => {
            Err(OpaqueError::Status(kind, byte))
        }
        (tlv::OPAQUE_DATA_VERSION, &[low, high]) if u16::from_le_bytes([low, high]) > MAX_VERSION => {
            Err(OpaqueError::Version(u16::from_le_bytes([low, high])))
        }
        (tlv::DRIVER_VERSION | tlv::CHIP_SKU..=tlv::PROJECT_SKU_MOD | tlv::CHIP_INFO, data)
            if text(data).is_none() =>
        {
            Err(OpaqueError::Text(kind))
        }
        (tlv::VBIOS_VERSION, data)
            if device == DeviceKind::NvSwitch && !data.iter().all(u8::is_ascii_graphic) =>
        {
            Err(OpaqueError::Text(kind))
        }
        _ => Ok(()),
    }
}

/// Printable ASCII, then one zero or more.
fn text(data: &[u8]) -> Option<&str> {
    let end = data.iter().position(|&byte| byte == 0)?;
    let (text, zeros) = data.split_at_checked(end)?;
    let printable = text.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if !printable || zeros.iter().any(|&byte| byte != 0) {
        return None;
    }
    str::from_utf8(text).ok()
}
