//! The typed refusal of every reason that evidence can be refused for.
//!
//! A reason is the snake-case name that `pars_nvtrust` gives it, ASCII, left-aligned: never a library's text.

use crate::outcome::{Stop, revert};
use alloy_primitives::B256;
use pars_nvtrust::{AttestationError, ChainError, EvidenceError};
use pars_protocol::{
    abi::IAIMiningErrors::{
        AttestationUnsupported, FirmwareMismatch, FirmwareMissing, InvalidCertificateChain,
        InvalidReportSignature, MalformedAttestation, MalformedCertificate, MalformedReport,
        MissingReportEntry, NonceMismatch, NvSwitchNotAllowed,
    },
    parameters::ascii,
};

pub(super) fn attestation(error: AttestationError) -> Stop {
    match error {
        AttestationError::Version(_) | AttestationError::Kind(_) => revert(AttestationUnsupported {}),
        error => revert(MalformedAttestation { reason: ascii(error.name()) }),
    }
}

/// `report` is the report that was refused; a nonce error tells which nonce it answers.
pub(super) fn evidence(error: EvidenceError, report: &[u8]) -> Stop {
    match error {
        EvidenceError::Report(error) => revert(MalformedReport { reason: ascii(error.name()) }),
        EvidenceError::Chain(error) => chain(error),
        EvidenceError::NvSwitch => revert(NvSwitchNotAllowed {}),
        EvidenceError::MissingEntry(entry) => revert(MissingReportEntry { entry }),
        EvidenceError::Nonce => revert(NonceMismatch { reported: reported_nonce(report) }),
        EvidenceError::FwidMismatch => revert(FirmwareMismatch {}),
        EvidenceError::FwidMissing => revert(FirmwareMissing {}),
        EvidenceError::ReportSignature => revert(InvalidReportSignature {}),
        // The enum may grow; its own name is then the reason.
        error => revert(MalformedReport { reason: ascii(error.name()) }),
    }
}

fn chain(error: ChainError) -> Stop {
    let malformed = |certificate, reason| {
        revert(MalformedCertificate { certificate: ascii(certificate), reason: ascii(reason) })
    };
    match error {
        ChainError::Leaf(error) => malformed("leaf", error.name()),
        ChainError::IdentityKey(error) => malformed("identity_key", error.name()),
        ChainError::NvSwitch => revert(NvSwitchNotAllowed {}),
        error => revert(InvalidCertificateChain { reason: ascii(error.name()) }),
    }
}

fn reported_nonce(report: &[u8]) -> B256 {
    pars_nvtrust::Report::parse(report).map(|report| B256::from(*report.nonce())).unwrap_or_default()
}
