//! The verdict on evidence: cheap checks first, then at most three signatures, from the pinned key down.

use crate::{
    attestation::FullEvidence,
    certificate::SPKI_LEN,
    chain::{Architecture, ChainError, IdentityKey, Leaf, PinnedIca, check_names, check_signatures},
    ecdsa::{P384Verifier, PublicKey},
    opaque::tlv,
    report::{DeviceKind, Report, ReportError},
};

/// Why evidence is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum EvidenceError {
    /// The report is malformed.
    #[error("report: {0}")]
    #[strum(transparent)]
    Report(#[from] ReportError),
    /// The certificates are malformed, or do not belong together.
    #[error("certificates: {0}")]
    #[strum(transparent)]
    Chain(#[from] ChainError),
    /// A genuine device, perhaps, but not a GPU.
    #[error("the report is an NVSwitch's, not a GPU's")]
    NvSwitch,
    /// An entry that every GPU reports.
    #[error("the report has no opaque entry {0}")]
    MissingEntry(u16),
    /// The report answers another challenge.
    #[error("the report answers another nonce")]
    Nonce,
    /// The report's firmware id is not the leaf's, or not the stored one.
    #[error("the report's firmware id is not the key's")]
    FwidMismatch,
    /// The report's firmware id is missing where it must stand.
    #[error("the report carries no firmware id")]
    FwidMissing,
    /// The report is not signed with the leaf's key.
    #[error("the report is not signed by the leaf")]
    ReportSignature,
}

/// A GPU whose evidence is genuine.
#[derive(Clone, Copy, Debug)]
pub struct Gpu<'a> {
    /// From the pinned intermediate.
    pub architecture: Architecture,
    /// The identity key's SubjectPublicKeyInfo, which the device id is computed from.
    pub ik_spki: &'a [u8; SPKI_LEN],
    /// The per-device identifier: a readable alias.
    pub pdi: &'a [u8; 8],
    /// The key that signs this device's reports, while its firmware stays.
    pub leaf_public_key: &'a PublicKey,
    /// The firmware id of that key.
    pub fwid: &'a [u8; 48],
    /// What it reported.
    pub report: Report<'a>,
}

/// What the chain keeps of a device after [`verify_evidence`], so that its later reports need one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration<'a> {
    /// [`Gpu::leaf_public_key`].
    pub leaf_public_key: &'a PublicKey,
    /// [`Gpu::fwid`].
    pub fwid: &'a [u8; 48],
}

/// Full evidence (kind 1): report, leaf and identity key, below a pinned intermediate.
///
/// The intermediate is the one at [`FullEvidence::ica_index`]; the caller looks it up, and refuses a revoked one. The
/// report must answer one of `nonces`: a chain accepts the challenges of two epochs. What this does not decide is
/// policy: revoked devices, denied firmware, golden sets, the lowest driver.
pub fn verify_evidence<'a>(
    evidence: &FullEvidence<'a>,
    ica: &PinnedIca,
    nonces: &[[u8; 32]],
    verifier: &dyn P384Verifier,
) -> Result<Gpu<'a>, EvidenceError> {
    let report = gpu_report(evidence.report, nonces)?;
    let leaf = Leaf::parse(evidence.leaf)?;
    let ik = IdentityKey::parse(evidence.ik)?;
    check_names(&leaf, &ik, ica)?;
    let fwid = leaf.fwid().digest;
    // Drivers before 550 report none; then the leaf's counts.
    if report.opaque().fwid().is_some_and(|reported| reported != fwid) {
        return Err(EvidenceError::FwidMismatch);
    }
    check_signatures(&leaf, &ik, ica, verifier)?;
    check_report_signature(&report, leaf.public_key(), verifier)?;
    Ok(Gpu {
        architecture: ica.architecture,
        ik_spki: ik.spki(),
        pdi: ik.pdi(),
        leaf_public_key: leaf.public_key(),
        fwid,
        report,
    })
}

/// A report of a registered device (kind 2) that answers one of `nonces`. It must name its firmware, or a new one could
/// hide behind an old key's.
pub fn verify_registered<'a>(
    report: &'a [u8],
    registration: Registration<'_>,
    nonces: &[[u8; 32]],
    verifier: &dyn P384Verifier,
) -> Result<Report<'a>, EvidenceError> {
    let report = gpu_report(report, nonces)?;
    match report.opaque().fwid() {
        None => return Err(EvidenceError::FwidMissing),
        Some(fwid) if fwid != registration.fwid => return Err(EvidenceError::FwidMismatch),
        Some(_) => {}
    }
    check_report_signature(&report, registration.leaf_public_key, verifier)?;
    Ok(report)
}

/// A GPU's report that answers one of these nonces and has the entries that policy reads.
fn gpu_report<'a>(bytes: &'a [u8], nonces: &[[u8; 32]]) -> Result<Report<'a>, EvidenceError> {
    let report = Report::parse(bytes)?;
    if report.kind() != DeviceKind::Gpu {
        return Err(EvidenceError::NvSwitch);
    }
    for kind in [tlv::DRIVER_VERSION, tlv::VBIOS_VERSION, tlv::NVDEC0_STATUS] {
        report.opaque().get(kind).ok_or(EvidenceError::MissingEntry(kind))?;
    }
    if !nonces.contains(report.nonce()) {
        return Err(EvidenceError::Nonce);
    }
    Ok(report)
}

fn check_report_signature(
    report: &Report<'_>,
    leaf: &PublicKey,
    verifier: &dyn P384Verifier,
) -> Result<(), EvidenceError> {
    if verifier.verify(leaf, report.signed_bytes(), report.signature()) {
        Ok(())
    } else {
        Err(EvidenceError::ReportSignature)
    }
}
