//! Both sources of evidence, against the core: what is signed here is accepted there, what the core would refuse is
//! not signed.

use super::*;
use crate::miner::{
    MinerKey, ProveError, SignedWork, Work,
    tests::{NOW, key, submit_to, work},
};
use alloy_primitives::{U256, b256};
use pars_mldsa::ParameterSet;
use pars_nvtrust::EvidenceError;
use pars_precompile::Outcome;
use pars_protocol::{WorkProof, abi::IAIMiningErrors::IAIMiningErrorsErrors};

/// The device id of the fixture, made with another BLAKE3: `derive_key` of the 120 bytes that `openssl x509 -pubkey`
/// prints of the identity key.
const H100_DEVICE: B256 = b256!("0x154d0c6c820dc5a25d45b14a398a919d825d376e8b9a3682a6c9ee951d33c95a");

fn seed() -> B256 {
    ids::initial_epoch_seed(6133)
}

fn gpu(architecture: Architecture, miner: &MinerKey, registered: bool) -> SimulatedGpu {
    SimulatedGpu::new(architecture, SimulatedGpu::seed_of(miner.public_key()), registered)
}

fn sign(work: &Work, miner: &MinerKey, source: &dyn EvidenceSource) -> Result<SignedWork, ProveError> {
    work.sign_attested(miner, source, seed())
}

fn error_of(outcome: Outcome) -> &'static str {
    let Outcome::Revert(data) = outcome else { panic!("{outcome:?}") };
    IAIMiningErrorsErrors::name_by_selector(*data.first_chunk().unwrap()).unwrap()
}

/// NVIDIA's own sample of an H100.
fn real() -> Bytes {
    let evidence = FullEvidence {
        ica_index: 0,
        report: include_bytes!("../../../nvtrust/tests/fixtures/h100_report.bin"),
        leaf: include_bytes!("../../../nvtrust/tests/fixtures/h100_leaf.der"),
        ik: include_bytes!("../../../nvtrust/tests/fixtures/h100_ik.der"),
    };
    Attestation::Full(evidence).encode().unwrap().into()
}

#[test]
fn d1_attested_work_is_paid_as_its_devices_in_every_set() {
    for (set, architecture, reward) in [
        // 419,000 units × 10^10 × 80 %: nobody has pinned what a simulated device measures.
        (ParameterSet::MlDsa44, Architecture::GH100, "3352000000000000"),
        (ParameterSet::MlDsa65, Architecture::GB100, "3352000000000000"),
        (ParameterSet::MlDsa87, Architecture::GH100, "3352000000000000"),
    ] {
        let miner = key(set);
        let gpu = gpu(architecture, &miner, false);
        let signed = sign(&work(), &miner, &gpu).unwrap();
        assert!(signed.verifies());
        let statement = &signed.statement;
        assert_eq!(statement.context.device_id, gpu.device_id());
        assert_eq!(statement.context.device_id, ids::attested_device_id(&gpu.device().spki()));
        assert_eq!(statement.attestation_hash, ids::blake3(&signed.attestation));
        assert_eq!(signed.attestation[..2], [1, 1]);
        let outcome = submit_to(true, &signed);
        let Outcome::Success(output) = outcome else { panic!("{set}: {outcome:?}") };
        assert_eq!(U256::from_be_slice(&output).to_string(), reward, "{set}");
    }
}

#[test]
fn d6_a_chain_without_the_dev_flag_pays_no_simulated_device() {
    let miner = key(ParameterSet::MlDsa44);
    let signed = sign(&work(), &miner, &gpu(Architecture::GH100, &miner, false)).unwrap();
    assert_eq!(error_of(submit_to(false, &signed)), "SimulatedDeviceNotAllowed");
}

#[test]
fn d3_the_gpu_answers_a_nonce_of_all_that_the_work_is_bound_to() {
    let miner = key(ParameterSet::MlDsa44);
    let gpu = gpu(Architecture::GH100, &miner, false);
    let nonce = |work: &Work, miner: &MinerKey, seed| work.attestation_nonce(miner, gpu.device_id(), seed);
    let first = nonce(&work(), &miner, seed());

    // The formula, written out.
    let mut preimage = work().context(gpu.device_id()).encode().to_vec();
    preimage.extend(blake3::hash(miner.public_key()).as_bytes());
    preimage.extend(seed());
    assert_eq!(first, B256::from(blake3::derive_key("pars.aimining.nvtrust-nonce.v1", &preimage)));
    let signed = sign(&work(), &miner, &gpu).unwrap();
    assert_eq!(GivenEvidence::new(signed.attestation, None).unwrap().nonce().unwrap(), first);

    let changes: [fn(&mut Work); 6] = [
        |w| w.chain_id = 7070,
        |w| w.job_id = B256::repeat_byte(9),
        |w| w.model_hash = B256::repeat_byte(9),
        |w| w.input_hash = B256::repeat_byte(9),
        |w| w.nonce = B256::repeat_byte(9),
        |w| w.began_at -= 1,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut changed = work();
        change(&mut changed);
        assert_ne!(nonce(&changed, &miner, seed()), first, "change {index}");
    }
    assert_ne!(nonce(&work(), &MinerKey::from_seed(ParameterSet::MlDsa44, B256::ZERO), seed()), first);
    assert_ne!(nonce(&work(), &miner, B256::repeat_byte(9)), first);
    assert_ne!(work().attestation_nonce(&miner, B256::repeat_byte(9), seed()), first);
    // What is known only when the work is done is no part of it.
    let done = Work { compute_units: 1, completed_at: NOW + 1, output_hash: B256::repeat_byte(9), ..work() };
    assert_eq!(nonce(&done, &miner, seed()), first);
}

#[test]
fn one_key_has_one_device_and_another_key_another() {
    let (miner, other) = (key(ParameterSet::MlDsa44), key(ParameterSet::MlDsa65));
    let id = |miner, registered| gpu(Architecture::GH100, miner, registered).device_id();
    assert_eq!(id(&miner, false), id(&miner, true));
    assert_ne!(id(&miner, false), id(&other, false));
    assert_ne!(id(&miner, false), gpu(Architecture::GB100, &miner, false).device_id());
}

#[test]
fn the_ceiling_is_that_of_the_devices_tier() {
    let miner = key(ParameterSet::MlDsa44);
    for (architecture, tier, words) in [
        (Architecture::GH100, Tier::Gh100, "an H100 or H200"),
        (Architecture::GB100, Tier::Gb100, "a B100, B200 or GB200"),
    ] {
        let gpu = gpu(architecture, &miner, false);
        assert_eq!(gpu.tier(), Some(tier));
        let most = Work { compute_units: 2 * tier.ceiling(), ..work() };
        let signed = sign(&most, &miner, &gpu).unwrap();
        assert!(matches!(submit_to(true, &signed), Outcome::Success(_)), "the core's ceiling is the same");
        let above = Work { compute_units: most.compute_units + 1, ..most };
        let error = sign(&above, &miner, &gpu).unwrap_err();
        assert_eq!(
            error,
            ProveError::UnitsAboveCeiling {
                tier,
                units: above.compute_units,
                seconds: 1,
                allowed: most.compute_units
            }
        );
        let text = error.to_string();
        assert!(text.contains(words) && text.contains("at least 2 s"), "{text}");
    }
}

#[test]
fn d5_a_report_alone_is_of_a_device_that_the_chain_must_know() {
    let miner = key(ParameterSet::MlDsa44);
    let gpu = gpu(Architecture::GH100, &miner, true);
    let signed = sign(&work(), &miner, &gpu).unwrap();
    assert_eq!(signed.attestation[..2], [1, 2]);
    assert_eq!(signed.attestation[2..34], gpu.device_id()[..]);
    assert_eq!(error_of(submit_to(true, &signed)), "DeviceNotRegistered");
    // From outside it reads the same; its tier is the chain's to know, so the fastest bounds its units.
    let given = GivenEvidence::new(signed.attestation.clone(), None).unwrap();
    assert_eq!((given.device_id(), given.tier()), (gpu.device_id(), None));
    let again = sign(&work(), &miner, &given).unwrap();
    assert_eq!(again.statement, signed.statement);
    let most = Work { compute_units: 2 * Tier::Gb100.ceiling(), ..work() };
    assert!(sign(&most, &miner, &given).is_ok());
    let above = Work { compute_units: most.compute_units + 1, ..most };
    assert!(matches!(sign(&above, &miner, &given), Err(ProveError::UnitsAboveCeiling { .. })));
}

#[test]
fn d1_evidence_from_outside_is_signed_over_as_it_is() {
    let miner = key(ParameterSet::MlDsa65);
    let gpu = gpu(Architecture::GB100, &miner, false);
    let nonce = work().attestation_nonce(&miner, gpu.device_id(), seed());
    let bytes = gpu.attestation(nonce).unwrap();
    assert_eq!(GivenEvidence::ica_index(&bytes), Some(255));
    let given = GivenEvidence::new(bytes.clone(), None).unwrap();
    assert_eq!((given.device_id(), given.tier()), (gpu.device_id(), Some(Tier::Gb100)));
    let signed = sign(&work(), &miner, &given).unwrap();
    assert_eq!(signed.attestation, bytes);
    assert!(matches!(submit_to(true, &signed), Outcome::Success(_)));
}

#[test]
fn d1_a_real_h100_is_known_and_answers_no_work_of_ours() {
    let given = GivenEvidence::new(real(), None).unwrap();
    assert_eq!((given.device_id(), given.tier()), (H100_DEVICE, Some(Tier::Gh100)));
    let miner = key(ParameterSet::MlDsa44);
    let expected = work().attestation_nonce(&miner, H100_DEVICE, seed());
    let reported = given.nonce().unwrap();
    let error = sign(&work(), &miner, &given).unwrap_err();
    assert_eq!(error, ProveError::Device(DeviceError::Nonce { expected, reported }));
    assert!(error.to_string().contains(&reported.to_string()));
}

#[test]
fn d3_evidence_for_other_work_another_key_or_another_seed_is_not_signed() {
    let miner = key(ParameterSet::MlDsa44);
    let gpu = gpu(Architecture::GH100, &miner, false);
    let made = sign(&work(), &miner, &gpu).unwrap();
    let given = GivenEvidence::new(made.attestation, None).unwrap();
    let refused = |result: Result<SignedWork, ProveError>| {
        assert!(matches!(result, Err(ProveError::Device(DeviceError::Nonce { .. }))), "{result:?}");
    };
    refused(sign(&Work { job_id: B256::repeat_byte(9), ..work() }, &miner, &given));
    refused(sign(&work(), &key(ParameterSet::MlDsa65), &given));
    refused(work().sign_attested(&miner, &given, B256::repeat_byte(9)));
    assert!(sign(&work(), &miner, &given).is_ok());
    assert_eq!(
        work().sign_attested(&miner, &given, B256::ZERO),
        Err(ProveError::Zero("the epoch seed")),
        "zero is never a seed"
    );
}

#[test]
fn d2_evidence_that_is_not_genuine_is_refused_with_the_reason() {
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = real().to_vec();
        change(&mut bytes);
        GivenEvidence::new(bytes.into(), None).unwrap_err()
    };
    assert!(matches!(refused(&|b| b.truncate(2)), DeviceError::Encoding(_)));
    assert!(matches!(refused(&|b| b.push(0)), DeviceError::Encoding(AttestationError::TrailingBytes(1))));
    assert!(matches!(refused(&|b| b[5] = 0x12), DeviceError::Report(_)));
    // A bit of the report's signature, of the leaf's, and another intermediate's index.
    let (report, leaf) = (5 + 4_117, 5 + 4_117 + 2 + 897);
    let evidence = |error| DeviceError::Evidence(error);
    assert_eq!(refused(&|b| b[report - 1] ^= 1), evidence(EvidenceError::ReportSignature));
    assert!(matches!(refused(&|b| b[leaf - 1] ^= 1), DeviceError::Evidence(EvidenceError::Chain(_))));
    assert!(matches!(refused(&|b| b[2] = 1), DeviceError::Evidence(EvidenceError::Chain(_))));
    assert!(matches!(refused(&|b| b[2] = 254), DeviceError::Evidence(EvidenceError::Chain(_))));
    assert_eq!(refused(&|b| b[2] = 2), DeviceError::UnknownIca(2));
    // What the chain says of an index counts where nothing is known of it, and only there.
    let mut later = real().to_vec();
    later[2] = 2;
    let told = Some((Tier::RtxPro6000, GENESIS_ICAS[0]));
    assert_eq!(GivenEvidence::new(later.into(), told).unwrap().tier(), Some(Tier::RtxPro6000));
    assert_eq!(GivenEvidence::new(real(), told).unwrap().tier(), Some(Tier::Gh100));
}

#[test]
fn d7_a_proof_that_does_not_name_its_attestation_does_not_verify() {
    let miner = key(ParameterSet::MlDsa44);
    let signed = sign(&work(), &miner, &gpu(Architecture::GH100, &miner, false)).unwrap();
    let stripped = SignedWork { attestation: Bytes::new(), ..signed.clone() };
    assert!(!stripped.verifies());
    assert_eq!(error_of(submit_to(true, &stripped)), "AttestationHashMismatch");
    let mut attestation = signed.attestation.to_vec();
    attestation[40] ^= 1;
    assert!(!SignedWork { attestation: attestation.into(), ..signed }.verifies());

    // The other way: a software proof takes no attestation along.
    let software = work().sign(&miner).unwrap();
    assert!(software.attestation.is_empty() && software.statement.attestation_hash.is_zero());
    assert_eq!(WorkProof::decode(&software.proof).unwrap().statement.context.device_id, miner.device_id());
    let dressed = SignedWork { attestation: real(), ..software };
    assert!(!dressed.verifies());
    assert_eq!(error_of(submit_to(true, &dressed)), "AttestationHashMismatch");
}
