//! What the tests share: fixtures, real evidence where it is at hand, verifiers.

use crate::{
    Architecture, Attestation, EvidenceError, FullEvidence, GENESIS_ICAS, Gpu, P384Verifier, PinnedIca,
    PublicKey, Reference, Signature, verify_evidence,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

/// The H100 of `fixtures/README.md`.
pub(crate) const H100_REPORT: &[u8] = include_bytes!("fixtures/h100_report.bin");
pub(crate) const H100_LEAF: &[u8] = include_bytes!("fixtures/h100_leaf.der");
pub(crate) const H100_IK: &[u8] = include_bytes!("fixtures/h100_ik.der");
pub(crate) const H100_ICA: &[u8] = include_bytes!("fixtures/h100_ica.der");
pub(crate) const H100_IDENTITY: &[u8] = include_bytes!("fixtures/h100_identity.der");
pub(crate) const H100_ROOT: &[u8] = include_bytes!("fixtures/h100_root.der");

/// A report with its certificates, owned.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) id: String,
    pub(crate) report: Vec<u8>,
    /// Leaf first.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) ica: PinnedIca,
    /// The manifest's entry.
    pub(crate) facts: Value,
}

impl Evidence {
    pub(crate) fn h100() -> Self {
        Self {
            id: "fixture".to_owned(),
            report: H100_REPORT.to_vec(),
            chain: [H100_LEAF, H100_IK, H100_ICA].map(<[u8]>::to_vec).to_vec(),
            ica: GENESIS_ICAS[0],
            facts: Value::Null,
        }
    }

    pub(crate) fn full(&self) -> FullEvidence<'_> {
        FullEvidence {
            ica_index: u8::from(self.ica.architecture == Architecture::GB100),
            report: &self.report,
            leaf: &self.chain[0],
            ik: &self.chain[1],
        }
    }

    /// The nonce that the report itself says, so that nothing but the nonce is taken on trust.
    pub(crate) fn nonce(&self) -> [u8; 32] {
        self.report.get(4..36).and_then(|nonce| nonce.try_into().ok()).unwrap_or_default()
    }

    /// The verdict, by way of the bytes that calldata carries.
    pub(crate) fn verdict_with(&self, verifier: &dyn P384Verifier) -> Result<Verdict, EvidenceError> {
        let bytes = Attestation::Full(self.full()).encode().expect("within the caps");
        let Attestation::Full(full) = Attestation::decode(&bytes).expect("what was encoded") else {
            panic!("another kind");
        };
        verify_evidence(&full, &self.ica, &[self.nonce()], verifier).map(|gpu| Verdict::new(&gpu))
    }

    pub(crate) fn verdict(&self) -> Result<Verdict, EvidenceError> {
        self.verdict_with(&Reference)
    }
}

/// What outlives the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) architecture: Architecture,
    pub(crate) device_id: [u8; 32],
    pub(crate) pdi: [u8; 8],
    pub(crate) fwid: [u8; 48],
    pub(crate) leaf: PublicKey,
}

impl Verdict {
    pub(crate) fn new(gpu: &Gpu<'_>) -> Self {
        Self {
            architecture: gpu.architecture,
            // The formula of the protocol crate, which the caller applies.
            device_id: blake3::derive_key("pars.aimining.nvtrust-device.v1", gpu.ik_spki),
            pdi: *gpu.pdi,
            fwid: *gpu.fwid,
            leaf: *gpu.leaf_public_key,
        }
    }
}

/// Where the real evidence lies, if it is at hand. Its files are not part of this repository.
pub(crate) fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/nvtrust");
    path.join("manifest.json").is_file().then_some(path)
}

/// Says so where everybody sees it: the harness swallows what `eprintln!` prints.
pub(crate) fn not_run(what: &str) {
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "\n*** NOT RUN: {what}: there is no real evidence at ../shared/nvtrust. ***\n")
        .expect("stderr");
}

#[expect(clippy::disallowed_methods, reason = "tests read evidence from files")]
pub(crate) fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn manifest(shared: &Path) -> Value {
    serde_json::from_slice(&read(shared.join("manifest.json"))).expect("JSON")
}

/// The certificates of a PEM file.
pub(crate) fn pem(path: impl AsRef<Path>) -> Vec<Vec<u8>> {
    certificates(&String::from_utf8(read(path)).expect("PEM is text"))
}

/// The certificates of PEM.
pub(crate) fn certificates(text: &str) -> Vec<Vec<u8>> {
    text.split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .map(|rest| base64(rest.split("-----END").next().expect("an end")))
        .collect()
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut width) = (Vec::new(), 0u32, 0);
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        bits = bits << 6 | u32::try_from(digit).expect("below 64");
        width += 6;
        if width >= 8 {
            width -= 8;
            bytes.push(u8::try_from(bits >> width & 0xFF).expect("a byte"));
        }
    }
    bytes
}

/// The evidence of a folder, below the intermediate that genesis pins for the names in its chain. A switch is shown to
/// the GH100 intermediate, as an attacker would.
pub(crate) fn load(shared: &Path, facts: &Value) -> Evidence {
    let folder = shared.join(facts["dir"].as_str().expect("a folder"));
    let blackwell = facts["ik_cn"].as_str().expect("a name").starts_with("GB100");
    Evidence {
        id: facts["id"].as_str().expect("an id").to_owned(),
        report: read(folder.join("report.bin")),
        chain: pem(folder.join("chain.pem")),
        ica: GENESIS_ICAS[usize::from(blackwell)],
        facts: facts.clone(),
    }
}

/// All real evidence, without the bad inputs.
pub(crate) fn all_real() -> Option<Vec<Evidence>> {
    let shared = shared()?;
    let manifest = manifest(&shared);
    let entries = manifest["evidence"].as_array().expect("a list");
    Some(entries.iter().map(|facts| load(&shared, facts)).collect())
}

/// One of the real ones, by id.
pub(crate) fn real(id: &str) -> Option<Evidence> {
    let found = all_real()?.into_iter().find(|evidence| evidence.id == id);
    Some(found.unwrap_or_else(|| panic!("no evidence {id}")))
}

type Question = (PublicKey, Vec<u8>, Signature);

/// Remembers what is valid, as a node may; every other question goes to the reference.
pub(crate) struct Known(BTreeSet<Question>);

impl Known {
    /// Knows the signatures of genuine evidence.
    pub(crate) fn of(evidence: &Evidence) -> Self {
        struct Recorder(
            #[expect(clippy::disallowed_types, reason = "a test records")] std::sync::Mutex<Vec<Question>>,
        );
        impl P384Verifier for Recorder {
            fn verify(&self, public_key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
                self.0.lock().expect("one thread").push((*public_key, message.to_vec(), *signature));
                Reference.verify(public_key, message, signature)
            }
        }
        let recorder = Recorder(Default::default());
        evidence.verdict_with(&recorder).expect("genuine");
        let asked = recorder.0.into_inner().expect("one thread");
        assert_eq!(asked.len(), 3, "identity key, leaf, report");
        Self(asked.into_iter().collect())
    }
}

impl P384Verifier for Known {
    fn verify(&self, public_key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        self.0.contains(&(*public_key, message.to_vec(), *signature))
            || Reference.verify(public_key, message, signature)
    }
}

/// Answers every signature with yes: shows what the rules refuse by themselves.
pub(crate) struct Believes;

impl P384Verifier for Believes {
    fn verify(&self, _: &PublicKey, _: &[u8], _: &Signature) -> bool {
        true
    }
}

/// Must not be asked: shows what is refused before any curve arithmetic.
pub(crate) struct Unasked;

impl P384Verifier for Unasked {
    fn verify(&self, _: &PublicKey, _: &[u8], _: &Signature) -> bool {
        panic!("a signature was verified before the cheap checks were done")
    }
}

/// r ‖ n − s.
pub(crate) fn twin(signature: &Signature) -> Signature {
    let order = hex::decode(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    )
    .expect("hex");
    let mut twin = *signature;
    let mut borrow = 0i16;
    for at in (0..48).rev() {
        let digit = i16::from(order[at]) - i16::from(signature[48 + at]) - borrow;
        borrow = i16::from(digit < 0);
        twin[48 + at] = u8::try_from(digit.rem_euclid(256)).expect("a byte");
    }
    twin
}

/// Deterministic random numbers (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ word >> 31
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).expect("small")).expect("small")
    }
}
