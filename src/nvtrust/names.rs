//! A short name for each reason to refuse evidence, for revert data and logs: the variant in snake case. A reason that
//! wraps another answers with the inner one's name.

use crate::{
    attestation::AttestationError, certificate::CertificateError, chain::ChainError, der::DerError,
    evidence::EvidenceError, firmware::GoldenSetError, fwid::FwidError, opaque::OpaqueError, path::PathError,
    report::ReportError,
};

macro_rules! name {
    ($($error:ty),+ $(,)?) => {
        $(impl $error {
            /// The reason in snake case, at most 31 bytes of ASCII; the innermost one, where this wraps another. It is
            /// part of the chain's answers: it never changes.
            pub fn name(&self) -> &'static str {
                self.into()
            }
        })+
    };
}

name!(
    AttestationError,
    CertificateError,
    ChainError,
    DerError,
    EvidenceError,
    FwidError,
    GoldenSetError,
    OpaqueError,
    PathError,
    ReportError,
);
