//! `bytes attestation`, big-endian, of exact length. Empty bytes are no attestation, and not read here.
//!
//! * kind 1: `version 1 | kind 1 | ica_index u8 | u16 length, report | u16 length, leaf | u16 length, identity key`
//! * kind 2: `version 1 | kind 2 | device_id 32 | u16 length, report`

use crate::{certificate::MAX_CERTIFICATE_LEN, fields::Fields, report::MAX_REPORT_LEN};

const VERSION: u8 = 1;
const FULL: u8 = 1;
const REGISTERED: u8 = 2;

/// Why bytes are not an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum AttestationError {
    /// Ends inside a field.
    #[error("the attestation ends inside its {0}")]
    Truncated(&'static str),
    /// Not version 1.
    #[error("attestation version {0} is unknown")]
    Version(u8),
    /// Neither 1 nor 2.
    #[error("attestation kind {0} is unknown")]
    Kind(u8),
    /// A part of no bytes.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// A part longer than its cap. Decided by its length, before it is read.
    #[error("the {part} has {length} bytes, more than its cap")]
    TooLong {
        /// Which part.
        part: &'static str,
        /// What its length says.
        length: usize,
    },
    /// Something behind the last part.
    #[error("{0} bytes stand behind the attestation")]
    TrailingBytes(usize),
}

/// Kind 1, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullEvidence<'a> {
    /// Which pinned intermediate signed the identity key.
    pub ica_index: u8,
    /// The SPDM report.
    pub report: &'a [u8],
    /// DER of the leaf.
    pub leaf: &'a [u8],
    /// DER of the identity key's certificate.
    pub ik: &'a [u8],
}

/// Kind 2, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredEvidence<'a> {
    /// Which device claims to have signed.
    pub device_id: &'a [u8; 32],
    /// The SPDM report.
    pub report: &'a [u8],
}

/// A decoded attestation. Its parts are not parsed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation<'a> {
    /// Kind 1.
    Full(FullEvidence<'a>),
    /// Kind 2.
    Registered(RegisteredEvidence<'a>),
}

impl<'a> Attestation<'a> {
    /// Decodes exactly these bytes.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, AttestationError> {
        use AttestationError as E;
        let mut fields = Fields(bytes);
        let version = fields.byte().ok_or(E::Truncated("version"))?;
        if version != VERSION {
            return Err(E::Version(version));
        }
        let attestation = match fields.byte().ok_or(E::Truncated("kind"))? {
            FULL => Self::Full(FullEvidence {
                ica_index: fields.byte().ok_or(E::Truncated("intermediate's index"))?,
                report: part(&mut fields, "report", MAX_REPORT_LEN)?,
                leaf: part(&mut fields, "leaf", MAX_CERTIFICATE_LEN)?,
                ik: part(&mut fields, "identity key", MAX_CERTIFICATE_LEN)?,
            }),
            REGISTERED => Self::Registered(RegisteredEvidence {
                device_id: fields.array().ok_or(E::Truncated("device id"))?,
                report: part(&mut fields, "report", MAX_REPORT_LEN)?,
            }),
            kind => return Err(E::Kind(kind)),
        };
        match fields.0.len() {
            0 => Ok(attestation),
            trailing => Err(E::TrailingBytes(trailing)),
        }
    }

    /// Encodes. Refuses what [`Self::decode`] would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, AttestationError> {
        let mut bytes = vec![VERSION];
        match self {
            Self::Full(FullEvidence { ica_index, report, leaf, ik }) => {
                bytes.extend([FULL, *ica_index]);
                put(&mut bytes, "report", report, MAX_REPORT_LEN)?;
                put(&mut bytes, "leaf", leaf, MAX_CERTIFICATE_LEN)?;
                put(&mut bytes, "identity key", ik, MAX_CERTIFICATE_LEN)?;
            }
            Self::Registered(RegisteredEvidence { device_id, report }) => {
                bytes.push(REGISTERED);
                bytes.extend_from_slice(*device_id);
                put(&mut bytes, "report", report, MAX_REPORT_LEN)?;
            }
        }
        Ok(bytes)
    }
}

fn part<'a>(fields: &mut Fields<'a>, part: &'static str, cap: usize) -> Result<&'a [u8], AttestationError> {
    let length = fields.array().ok_or(AttestationError::Truncated(part))?;
    let length = usize::from(u16::from_be_bytes(*length));
    check_length(part, length, cap)?;
    fields.bytes(length).ok_or(AttestationError::Truncated(part))
}

fn put(bytes: &mut Vec<u8>, part: &'static str, value: &[u8], cap: usize) -> Result<(), AttestationError> {
    let length = value.len();
    check_length(part, length, cap)?;
    let prefix = u16::try_from(length).map_err(|_| AttestationError::TooLong { part, length })?;
    bytes.extend_from_slice(&prefix.to_be_bytes());
    bytes.extend_from_slice(value);
    Ok(())
}

fn check_length(part: &'static str, length: usize, cap: usize) -> Result<(), AttestationError> {
    match length {
        0 => Err(AttestationError::Empty(part)),
        length if length > cap => Err(AttestationError::TooLong { part, length }),
        _ => Ok(()),
    }
}
