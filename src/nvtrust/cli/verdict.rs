//! The verdict: what the chain would say, and the whole path to NVIDIA's root besides.

use std::fmt::Debug;

use pars_nvtrust::{
    Architecture, AttestationError, Certificate, ChainError, DeviceKind, EvidenceError, FullEvidence,
    GENESIS_ICAS, GoldenSetError, Gpu, IdentityKey, NVIDIA_DEVICE_ROOT, PathError, PinnedIca, Reference,
    Report, ReportError, SIMULATED_ROOT_NAME, verify_evidence, verify_path,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    golden::Mismatch,
    input::{Evidence, InputError},
    output::plain,
    rim::RimError,
};

/// Whoever makes simulated evidence says so in this name; its key is public.
const SIMULATED: &[u8] = SIMULATED_ROOT_NAME.as_bytes();

/// Why evidence, or a RIM, is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The report is malformed.
    #[error("report: {0}")]
    Report(#[from] ReportError),
    /// What the chain would refuse.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The five certificates do not lead to NVIDIA's root.
    #[error("{0}")]
    Path(#[from] PathError),
    /// A device that is none.
    #[error(
        "the chain ends in the simulated root (\"Pars simulated device, not NVIDIA\"), whose key is public: only \
         development chains take it, and it proves nothing"
    )]
    SimulatedRoot,
    /// The other way round.
    #[error("the chain begins with the root; the leaf comes first")]
    RootFirst,
    /// NVIDIA's perhaps, but not pinned.
    #[error("the chain stands below \"{0}\", which genesis does not pin")]
    UnpinnedIca(String),
    /// The JSON names another architecture than the certificates.
    #[error("the JSON names the architecture {declared}, the certificates {found}")]
    DeclaredArchitecture {
        /// By the JSON.
        declared: String,
        /// By the certificates.
        found: &'static str,
    },
    /// The parts do not fit into an attestation.
    #[error("attestation: {0}")]
    Attestation(#[from] AttestationError),
    /// There is no digest under this mask.
    #[error("golden set: {0}")]
    GoldenSet(#[from] GoldenSetError),
    /// A reference manifest is refused.
    #[error("{file}: {error}")]
    Rim {
        /// Which.
        file: String,
        /// Why.
        error: RimError,
    },
    /// The report does not hold what the manifests say.
    #[error("{} of {compared} measurements differ from the RIMs", .differ.len())]
    Mismatch {
        /// How many were compared.
        compared: u32,
        /// Those that differ.
        differ: Vec<Mismatch>,
    },
}

impl Refusal {
    /// The reason as a word for scripts: `Evidence.FwidMismatch`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Report(error) => format!("Report.{}", variants(error)),
            Self::Evidence(error) => format!("Evidence.{}", variants(error)),
            Self::Path(error) => format!("Path.{}", variants(error)),
            Self::SimulatedRoot => "SimulatedRoot".to_owned(),
            Self::RootFirst => "RootFirst".to_owned(),
            Self::UnpinnedIca(_) => "UnpinnedIca".to_owned(),
            Self::DeclaredArchitecture { .. } => "DeclaredArchitecture".to_owned(),
            Self::Attestation(error) => format!("Attestation.{}", variants(error)),
            Self::GoldenSet(error) => format!("GoldenSet.{}", variants(error)),
            Self::Rim { error, .. } => format!("Rim.{}", variants(error)),
            Self::Mismatch { .. } => "Mismatch".to_owned(),
        }
    }

    /// More lines for a person: a way out, or the list.
    pub(crate) fn details(&self) -> Vec<String> {
        match self {
            Self::Report(ReportError::TrailingBytes(_)) => {
                vec!["the chain takes reports of exact length; `pars-nvtrust pack` strips zeros".to_owned()]
            }
            Self::Evidence(EvidenceError::Nonce) => {
                vec!["the GPU signed the nonce that `pars-nvtrust inspect` shows".to_owned()]
            }
            Self::Rim { error: RimError::Expired { .. }, .. } => vec![
                "NVIDIA's signers live two years; --at asks for another time, --allow-expired takes it as it is"
                    .to_owned(),
            ],
            Self::Mismatch { differ, .. } => differ.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// The reason as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let mut reason = json!({ "name": self.name(), "message": self.to_string() });
        if let (Self::Mismatch { compared, differ }, Some(reason)) = (self, reason.as_object_mut()) {
            reason.insert("compared".to_owned(), json!(compared));
            reason.insert("mismatches".to_owned(), differ.iter().map(Mismatch::to_json).collect());
        }
        reason
    }
}

/// The names of an error's variants, outermost first, without what they carry: `Chain.Leaf.Der.Truncated`.
fn variants(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '(').unwrap_or(text.len());
    let names = text.get(..end).unwrap_or_default().split('(');
    let names: Vec<_> = names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())).collect();
    names.join(".")
}

/// Which intermediates count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pinned {
    /// Those of genesis.
    Genesis,
    /// Any of NVIDIA's for a GPU: governance may have pinned it.
    AnyOfNvidia,
}

/// Evidence that stood every check.
#[derive(Debug)]
pub(crate) struct Genuine<'a> {
    /// The device.
    pub(crate) gpu: Gpu<'a>,
    /// Where genesis pins the intermediate, if it does.
    pub(crate) ica_index: Option<u8>,
    /// The intermediate's name.
    pub(crate) ica_name: String,
}

/// Verifies a report of exact length and its five certificates. Without a nonce the report's own one counts: then
/// nothing is said of its age.
pub(crate) fn judge<'a>(
    report: &'a [u8],
    evidence: &'a Evidence,
    nonce: Option<&[u8; 32]>,
    pinned: Pinned,
) -> Result<Genuine<'a>, crate::Failure> {
    if evidence.chain.is_empty() {
        return Err(InputError::NoChain.into());
    }
    Ok(judge_chain(report, evidence, nonce, pinned)?)
}

fn judge_chain<'a>(
    report: &'a [u8],
    evidence: &'a Evidence,
    nonce: Option<&[u8; 32]>,
    pinned: Pinned,
) -> Result<Genuine<'a>, Refusal> {
    let parsed = Report::parse(report)?;
    if is_simulated(&evidence.chain) {
        return Err(Refusal::SimulatedRoot);
    }
    let certificates: Vec<&[u8]> = evidence.chain.iter().map(Vec::as_slice).collect();
    let &[leaf, ik, ica, _, _] = certificates.as_slice() else {
        return Err(PathError::Length(certificates.len()).into());
    };
    if Sha256::digest(leaf).as_slice() == NVIDIA_DEVICE_ROOT {
        return Err(Refusal::RootFirst);
    }
    // Before the intermediate, so that a switch is called a switch.
    if parsed.kind() == DeviceKind::NvSwitch {
        return Err(EvidenceError::NvSwitch.into());
    }
    if IdentityKey::parse(ik).map_err(EvidenceError::from)?.kind() == DeviceKind::NvSwitch {
        return Err(EvidenceError::from(ChainError::NvSwitch).into());
    }
    let (index, pin, name) = find_ica(ica, pinned)?;
    let full = FullEvidence { ica_index: index.unwrap_or_default(), report, leaf, ik };
    let gpu = verify_evidence(&full, &pin, &[*nonce.unwrap_or(parsed.nonce())], &Reference)?;
    verify_path(&certificates, pin.architecture, &NVIDIA_DEVICE_ROOT, &Reference)?;
    check_declared(evidence.arch.as_deref(), gpu.architecture)?;
    Ok(Genuine { gpu, ica_index: index, ica_name: name })
}

/// Does any certificate carry the simulated root's name?
pub(crate) fn is_simulated(chain: &[Vec<u8>]) -> bool {
    chain.iter().any(|certificate| certificate.windows(SIMULATED.len()).any(|window| window == SIMULATED))
}

/// The intermediate that genesis pins with this certificate's key, by its index.
pub(crate) fn genesis_index(ica: &[u8]) -> Option<(u8, PinnedIca)> {
    let certificate = Certificate::parse(ica).ok()?;
    (0..).zip(GENESIS_ICAS).find(|(_, pin)| pin.public_key == *certificate.public_key())
}

fn find_ica(ica: &[u8], pinned: Pinned) -> Result<(Option<u8>, PinnedIca, String), Refusal> {
    let certificate = Certificate::parse(ica).map_err(|error| EvidenceError::from(ChainError::Ica(error)))?;
    let name = plain(certificate.subject().common_name.unwrap_or("an intermediate without a name"));
    if let Some((index, pin)) = genesis_index(ica) {
        return Ok((Some(index), pin, name));
    }
    let mut any = Architecture::ALL.into_iter().map(|which| PinnedIca::from_certificate(which, ica));
    match any.find_map(Result::ok) {
        Some(pin) if pinned == Pinned::AnyOfNvidia => Ok((None, pin, name)),
        _ => Err(Refusal::UnpinnedIca(name)),
    }
}

/// A name that NVIDIA's tools do not use says nothing.
fn check_declared(declared: Option<&str>, found: Architecture) -> Result<(), Refusal> {
    let Some(declared) = declared else { return Ok(()) };
    let expected = match found {
        Architecture::GB100 => "BLACKWELL",
        _ => "HOPPER",
    };
    let known = ["HOPPER", "BLACKWELL", "LS10"].iter().any(|name| declared.eq_ignore_ascii_case(name));
    if known && !declared.eq_ignore_ascii_case(expected) {
        return Err(Refusal::DeclaredArchitecture { declared: declared.to_owned(), found: expected });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, evidence};

    fn verdict(evidence: &Evidence) -> Result<Option<u8>, String> {
        let judged = judge_chain(&evidence.report, evidence, evidence.nonce.as_ref(), Pinned::Genesis);
        judged.map(|genuine| genuine.ica_index).map_err(|refusal| refusal.name())
    }

    fn refused(name: &str) -> Result<Option<u8>, String> {
        Err(name.to_owned())
    }

    #[test]
    fn the_fixture_is_genuine_and_whatever_is_changed_has_its_name() {
        assert_eq!(verdict(&evidence()), Ok(Some(0)));
        let change = |change: &dyn Fn(&mut Evidence)| {
            let mut evidence = evidence();
            change(&mut evidence);
            verdict(&evidence)
        };
        assert_eq!(change(&|e| e.report.push(0)), refused("Report.TrailingBytes"));
        assert_eq!(change(&|e| e.report.truncate(100)), refused("Report.Truncated"));
        assert_eq!(change(&|e| e.report[4] ^= 1), refused("Evidence.ReportSignature"));
        assert_eq!(change(&|e| e.nonce = Some([7; 32])), refused("Evidence.Nonce"));
        assert_eq!(change(&|e| e.chain.truncate(3)), refused("Path.Length"));
        assert_eq!(change(&|e| e.chain.reverse()), refused("RootFirst"));
        assert_eq!(
            change(&|e| *e.chain[0].last_mut().unwrap() ^= 1),
            refused("Evidence.Chain.LeafSignature")
        );
        assert_eq!(change(&|e| *e.chain[4].last_mut().unwrap() ^= 1), refused("Path.Root"));
        assert_eq!(change(&|e| *e.chain[3].last_mut().unwrap() ^= 1), refused("Path.Signature"));
        assert_eq!(change(&|e| e.arch = Some("BLACKWELL".to_owned())), refused("DeclaredArchitecture"));
        assert_eq!(change(&|e| e.arch = Some("hopper".to_owned())), Ok(Some(0)));
        assert_eq!(change(&|e| e.arch = Some("unheard of".to_owned())), Ok(Some(0)));
        assert_eq!(change(&|e| e.chain[2] = e.chain[3].clone()), refused("UnpinnedIca"));
    }

    #[test]
    fn a_simulated_root_is_called_so_whatever_else_is_wrong() {
        let mut simulated = evidence();
        simulated.chain[4] = testing::authority(
            5,
            "Pars simulated device, not NVIDIA",
            5,
            "Pars simulated device, not NVIDIA",
        );
        assert_eq!(verdict(&simulated), refused("SimulatedRoot"));
        let error =
            judge_chain(&simulated.report, &simulated, None, Pinned::AnyOfNvidia).expect_err("simulated");
        assert!(error.to_string().contains("Pars simulated device, not NVIDIA"), "{error}");
    }

    #[test]
    fn a_name_does_not_steer_the_terminal() {
        let mut evidence = evidence();
        evidence.chain[2] = testing::authority(5, "\x1b[32mGENUINE\r\n", 5, "anybody");
        let error = judge_chain(&evidence.report, &evidence, None, Pinned::Genesis).expect_err("not pinned");
        assert!(matches!(error, Refusal::UnpinnedIca(_)), "{error}");
        assert!(error.to_string().contains("GENUINE") && !error.to_string().contains(char::is_control));
    }

    #[test]
    fn an_error_has_the_names_of_its_variants() {
        assert_eq!(variants(&ReportError::IndexOrder { position: 1, index: 2 }), "IndexOrder");
        assert_eq!(variants(&ReportError::Truncated("request")), "Truncated");
        assert_eq!(variants(&ReportError::ResponseParameters(1, 2)), "ResponseParameters");
        assert_eq!(variants(&EvidenceError::Report(ReportError::TrailingBytes(3))), "Report.TrailingBytes");
        assert_eq!(variants(&EvidenceError::Nonce), "Nonce");
    }
}
