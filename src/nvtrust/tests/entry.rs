//! The whole entry, from `bytes attestation` to the verdict, and what must hold whatever the bytes are. The fuzz target
//! (`fuzz/`) and the replay of its corpus (`corpus.rs`) share this file.

use pars_nvtrust::{
    Architecture, Attestation, DriverVersion, FullEvidence, GENESIS_ICAS, IdentityKey, Leaf, P384Verifier,
    PublicKey, Reference, RegisteredEvidence, Registration, Report, SIMULATED_ICAS, Signature, Toggle,
    firmware_tuple, golden_set, simulated::SimulatedDevice, verify_evidence, verify_registered,
};
use std::collections::BTreeSet;

const H100_REPORT: &[u8] = include_bytes!("fixtures/h100_report.bin");
const H100_LEAF: &[u8] = include_bytes!("fixtures/h100_leaf.der");
const H100_IK: &[u8] = include_bytes!("fixtures/h100_ik.der");

/// Answers every signature with yes, so that what stands behind a signature is reached without one.
struct Believes;

impl P384Verifier for Believes {
    fn verify(&self, _: &PublicKey, _: &[u8], _: &Signature) -> bool {
        true
    }
}

/// Evidence that somebody did sign: by name, as `bytes attestation`.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let report = RegisteredEvidence { device_id: &[0xD1; 32], report: H100_REPORT };
    let full = FullEvidence { ica_index: 0, report: H100_REPORT, leaf: H100_LEAF, ik: H100_IK };
    let encoded = |attestation: Attestation<'_>| attestation.encode().expect("within the caps");
    let mut seeds = vec![
        ("h100-full".to_owned(), encoded(Attestation::Full(full))),
        ("h100-registered".to_owned(), encoded(Attestation::Registered(report))),
    ];
    for architecture in Architecture::ALL {
        let mut device = SimulatedDevice::new(architecture, &[1; 32]);
        let chip = architecture.name().to_lowercase();
        seeds.push((format!("{chip}-full"), device.attestation(&[2; 32])));
        seeds.push((format!("{chip}-registered"), device.registered(&[0xD1; 32], &[3; 32])));
        device.update_firmware("600.10");
        device.firmware = device.firmware.with_decoder(architecture, Toggle::Enabled);
        device.firmware.reports_fwid = false;
        seeds.push((format!("{chip}-no-fwid"), device.attestation(&[4; 32])));
    }
    seeds
}

/// What was signed by a key that counts, and the devices that a chain knows.
pub(crate) struct Known {
    seeds: Vec<(String, Vec<u8>)>,
}

impl Known {
    pub(crate) fn new() -> Self {
        Self { seeds: seeds() }
    }

    fn reports(&self) -> impl Iterator<Item = Report<'_>> {
        self.seeds.iter().map(|(name, bytes)| {
            let report = match Attestation::decode(bytes) {
                Ok(Attestation::Full(full)) => full.report,
                Ok(Attestation::Registered(registered)) => registered.report,
                Err(error) => panic!("{name}: {error}"),
            };
            Report::parse(report).expect("a report")
        })
    }

    fn certificates(&self) -> impl Iterator<Item = (Leaf<'_>, IdentityKey<'_>)> {
        self.seeds.iter().filter_map(|(_, bytes)| match Attestation::decode(bytes) {
            Ok(Attestation::Full(full)) => {
                Some((Leaf::parse(full.leaf).expect("a leaf"), IdentityKey::parse(full.ik).expect("a key")))
            }
            _ => None,
        })
    }

    /// Everything that a chain does with these bytes; what it accepts goes to `accepted`. Allocates nothing itself.
    pub(crate) fn judge(
        &self,
        bytes: &[u8],
        verifier: &dyn P384Verifier,
        mut accepted: impl FnMut(&Report<'_>, Option<&PublicKey>),
    ) {
        match Attestation::decode(bytes) {
            Err(_) => {}
            Ok(Attestation::Full(full)) => {
                let nonce = own_nonce(full.report);
                for ica in GENESIS_ICAS.iter().chain(&SIMULATED_ICAS) {
                    assert!(verify_evidence(&full, ica, &[], verifier).is_err(), "no nonce was answered");
                    if let Ok(gpu) = verify_evidence(&full, ica, &[nonce], verifier) {
                        read_policy(&gpu.report);
                        accepted(&gpu.report, Some(gpu.leaf_public_key));
                    }
                }
            }
            Ok(Attestation::Registered(RegisteredEvidence { report, .. })) => {
                let nonce = own_nonce(report);
                for (leaf, _) in self.certificates() {
                    let registration =
                        Registration { leaf_public_key: leaf.public_key(), fwid: leaf.fwid().digest };
                    assert!(verify_registered(report, registration, &[], verifier).is_err());
                    if let Ok(report) = verify_registered(report, registration, &[nonce], verifier) {
                        read_policy(&report);
                        accepted(&report, None);
                    }
                }
            }
        }
    }

    /// In which ways the entry ends below all intermediates, and would, were all signatures valid: reasons without what
    /// they name. One parser reads both certificates, one reads all DER, and architectures are equals: what they say is
    /// one reason.
    pub(crate) fn outcome(&self, bytes: &[u8]) -> String {
        let mut reasons = BTreeSet::new();
        for verifier in [&Believes as &dyn P384Verifier, &Reference] {
            match Attestation::decode(bytes) {
                Err(error) => drop(reasons.insert(format!("{error:?}"))),
                Ok(Attestation::Full(full)) => {
                    let nonces = [own_nonce(full.report)];
                    for ica in GENESIS_ICAS.iter().chain(&SIMULATED_ICAS) {
                        let verdict = verify_evidence(&full, ica, &nonces, verifier).map(drop);
                        reasons.insert(format!("{verdict:?}"));
                    }
                }
                Ok(Attestation::Registered(RegisteredEvidence { report, .. })) => {
                    let nonces = [own_nonce(report)];
                    for (leaf, _) in self.certificates() {
                        let (leaf_public_key, fwid) = (leaf.public_key(), leaf.fwid().digest);
                        let registration = Registration { leaf_public_key, fwid };
                        let verdict = verify_registered(report, registration, &nonces, verifier).map(drop);
                        reasons.insert(format!("{verdict:?}"));
                    }
                }
            }
        }
        let plain = |reason: String| {
            let reason = reason.split('"').step_by(2).collect::<String>();
            let reason =
                reason.replace("IdentityKey(", "Leaf(").replace("Fwid(Der(", "Der(").replace("Gb", "Gh");
            reason.replace(|character: char| character.is_ascii_digit() || character == ')', "")
        };
        let reasons: BTreeSet<_> = reasons.into_iter().map(plain).collect();
        reasons.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// Everything, and that nothing is accepted which nobody signed. Answers how much was accepted by the reference.
    pub(crate) fn check(&self, bytes: &[u8]) -> usize {
        people(bytes);
        let (mut believed, mut verified) = (0, 0);
        self.judge(bytes, &Believes, |_, _| believed += 1);
        self.judge(bytes, &Reference, |report, leaf| {
            verified += 1;
            let known = self.reports().any(|known| known.signed_bytes() == report.signed_bytes());
            assert!(known, "a report was accepted that nobody signed");
            if let Some(key) = leaf {
                assert!(
                    self.certificates().any(|(leaf, _)| leaf.public_key() == key),
                    "an unknown key signs"
                );
            }
        });
        assert!(verified <= believed, "a signature made something true that the rules refuse");
        verified
    }
}

/// The nonce that a report itself says.
fn own_nonce(report: &[u8]) -> [u8; 32] {
    report.get(4..36).and_then(|nonce| nonce.try_into().ok()).unwrap_or_default()
}

/// What policy reads of a genuine report.
fn read_policy(report: &Report<'_>) {
    let opaque = report.opaque();
    let tuple = firmware_tuple(opaque);
    golden_set(&tuple, u64::MAX, report).expect("64 blocks");
    let driver = opaque.driver().expect("every GPU reports it");
    if let Some(version) = DriverVersion::parse(driver.as_bytes()) {
        assert_eq!(DriverVersion::from_words(version.to_words()), version);
    }
    opaque.nvdec0().expect("every GPU reports it");
    opaque.vbios().expect("every GPU reports it");
}

/// What people are shown, and that bytes have one reading.
fn people(bytes: &[u8]) {
    let attestation = match Attestation::decode(bytes) {
        Ok(attestation) => attestation,
        Err(error) => return drop((error.to_string(), error.name())),
    };
    assert_eq!(attestation.encode().as_deref(), Ok(bytes), "two encodings of one attestation");
    let (report, certificates) = match attestation {
        Attestation::Full(full) => (full.report, Some((full.leaf, full.ik))),
        Attestation::Registered(registered) => (registered.report, None),
    };
    match Report::parse(report) {
        Ok(parsed) => {
            assert_eq!(Report::without_padding(report), Ok(report));
            assert_eq!(parsed.signed_bytes().len() + 96, report.len());
            let opaque = parsed.opaque();
            let length: usize = opaque.entries().map(|entry| 4 + entry.data.len()).sum();
            assert_eq!(79 + parsed.measurements().len() * 55 + length + 96, report.len());
            let shown = opaque.vbios().map(|vbios| vbios.to_string());
            let driver = opaque.driver().and_then(|text| DriverVersion::parse(text.as_bytes()));
            if let Some(version) = driver {
                assert_eq!(DriverVersion::parse(version.to_string().as_bytes()), Some(version));
            }
            drop((shown, opaque.version(), opaque.feature_flag(), opaque.protected_pcie(), opaque.fwid()));
        }
        Err(error) => drop((error.to_string(), error.name())),
    }
    if let Some((leaf, ik)) = certificates {
        if let Err(error) = Leaf::parse(leaf) {
            drop((error.to_string(), error.name()));
        }
        match IdentityKey::parse(ik) {
            Ok(ik) => assert_eq!(ik.certificate().serial().len(), 9),
            Err(error) => drop((error.to_string(), error.name())),
        }
    }
}
