//! One file of vectors a module.

pub(crate) mod activation;
mod attestation;
mod attestation_governance;
mod attested_invalid;
mod attested_valid;
mod calls;
mod epochs;
mod governance;
mod teleport;
mod verify;
mod views;
mod work_invalid;
mod work_valid;

use super::format::File;

/// Topics of [`files`].
pub(crate) const TOPICS: [&str; 12] = [
    "attestation",
    "attestation-governance",
    "attested-invalid",
    "attested-valid",
    "calls",
    "epochs",
    "governance",
    "teleport",
    "verify-mldsa",
    "views",
    "work-invalid",
    "work-valid",
];

/// Every file but the one about activation, which has a form of its own.
pub(crate) fn files() -> Vec<File> {
    vec![
        attestation::file(),
        attestation_governance::file(),
        attested_invalid::file(),
        attested_valid::file(),
        calls::file(),
        epochs::file(),
        governance::file(),
        teleport::file(),
        verify::file(),
        views::file(),
        work_invalid::file(),
        work_valid::file(),
    ]
}
