//! NVIDIA GPU evidence: from the bytes that a GPU signs to the device that signed them.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `report.rs`, `opaque.rs` | [`Report`]: the SPDM 1.1 measurements report, its blocks and its opaque data |
//! | `der.rs`, `certificate.rs` | X.509 in strict DER: what NVIDIA's device chains use, nothing else |
//! | `fwid.rs` | the firmware id that a leaf certificate carries, in both forms |
//! | `chain.rs` | [`Leaf`], [`IdentityKey`], [`PinnedIca`]: which certificate may stand where |
//! | `pins.rs` | [`GENESIS_ICAS`], [`SIMULATED_ICAS`], [`is_never_pinned`] |
//! | `path.rs` | [`verify_path`]: all five certificates, for whoever packs evidence or pins an intermediate |
//! | `evidence.rs` | [`verify_evidence`], [`verify_registered`]: the verdict |
//! | `attestation.rs` | [`Attestation`]: the encoding of `bytes attestation` |
//! | `firmware.rs`, `driver.rs` | firmware tuple, golden-set digest, [`DriverVersion`] |
//! | `ecdsa.rs` | [`P384Verifier`] and its [`Reference`] |
//! | `names.rs` | a short name for each reason to refuse |
//! | `simulated/` | a device of our own, behind the feature `simulated` |
//!
//! What a verdict proves: a genuine GPU with this firmware answered this nonce. It does not prove that a model ran,
//! nor that confidential computing was on: that shows only in the measurements, which a golden set pins.
//!
//! This is a consensus crate: pure functions of their arguments, free of any host. Every parser is bounded by its
//! input and copies none of it. The id of a device is computed by the caller from [`Gpu::ik_spki`], and its tier from
//! [`Gpu::architecture`]: both are words of another crate.
//!
//! ```
//! use pars_nvtrust::{Report, ReportError};
//!
//! assert_eq!(Report::parse(&[0x10; 4117]).unwrap_err(), ReportError::RequestVersion(0x10));
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

/// By the name that other crates know it by: tests share a file with the fuzz target.
#[cfg(test)]
extern crate self as pars_nvtrust;

mod attestation;
mod certificate;
mod chain;
mod der;
mod driver;
mod ecdsa;
mod evidence;
mod fields;
mod firmware;
mod fwid;
mod names;
mod opaque;
mod path;
mod pins;
mod report;
#[cfg(any(test, feature = "simulated"))]
pub mod simulated;
#[cfg(test)]
mod tests;

pub use attestation::{Attestation, AttestationError, FullEvidence, RegisteredEvidence};
pub use certificate::{Certificate, CertificateError, MAX_CERTIFICATE_LEN, Name, SPKI_LEN, SPKI_PREFIX};
pub use chain::{Architecture, ChainError, IdentityKey, Leaf, PinnedIca};
pub use der::DerError;
pub use driver::DriverVersion;
pub use ecdsa::{P384Verifier, PublicKey, Reference, Signature};
pub use evidence::{EvidenceError, Gpu, Registration, verify_evidence, verify_registered};
pub use firmware::{FIRMWARE_TAG, GOLDEN_SET_TAG, GoldenSetError, firmware_tuple, golden_set};
pub use fwid::{Fwid, FwidError, FwidForm};
pub use opaque::{FeatureFlag, Opaque, OpaqueError, Tlv, Toggle, Vbios, tlv};
pub use path::{NVIDIA_DEVICE_ROOT, PathError, SIMULATED_DEVICE_ROOT, verify_path};
pub use pins::{
    GENESIS_ICAS, SIMULATED_ICA_FIRST, SIMULATED_ICAS, SIMULATED_ROOT_NAME, is_never_pinned, simulated_ica,
    simulated_ica_index,
};
pub use report::{DeviceKind, MAX_REPORT_LEN, Measurement, Report, ReportError};
