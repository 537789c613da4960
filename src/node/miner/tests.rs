use super::*;
use alloy_primitives::{Address, b256};
use pars_mldsa::ParameterSet;
use pars_precompile::{Genesis, MemoryHost, Outcome, Precompile, Verifiers, activate, memory::Call};
use pars_protocol::{ADDRESS, Tier};
use proof::MAX_JOB_SECONDS;
use std::path::PathBuf;

pub(super) const NOW: u64 = 1_800_000_000;
const ALICE: Address = Address::repeat_byte(0xa1);

pub(super) fn key(set: ParameterSet) -> MinerKey {
    MinerKey::from_seed(set, B256::repeat_byte(7))
}

pub(super) fn work() -> Work {
    Work {
        chain_id: 6133,
        job_id: B256::repeat_byte(1),
        model_hash: B256::repeat_byte(2),
        input_hash: B256::repeat_byte(3),
        output_hash: B256::repeat_byte(4),
        nonce: B256::repeat_byte(5),
        compute_units: 419_000,
        began_at: NOW - 1,
        completed_at: NOW,
        recipient: ALICE,
        min_reward: 0,
    }
}

/// What the core makes of it, on a chain that accepts simulated GPUs or not.
pub(super) fn submit_to(dev: bool, work: &SignedWork) -> Outcome {
    let genesis = Genesis { dev, ..Genesis::dev(6133, Address::repeat_byte(0x60)) };
    let mut host = MemoryHost::new(6133);
    (host.block_number, host.block_timestamp) = (1, NOW);
    activate(&mut host, &genesis).unwrap();
    let precompile = Precompile::new(genesis.profile, Verifiers::default());
    host.execute(&precompile, Call::new(Address::repeat_byte(0xc0), work.calldata(), 10_000_000)).outcome
}

fn submit(work: &SignedWork) -> Outcome {
    submit_to(true, work)
}

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pars-miner-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn signed_work_is_accepted_by_the_core_in_every_set() {
    for set in ParameterSet::ALL {
        let signed = work().sign(&key(set)).unwrap();
        assert!(signed.verifies());
        let Outcome::Success(output) = submit(&signed) else { panic!("{set}: {:?}", submit(&signed)) };
        assert_eq!(alloy_primitives::U256::from_be_slice(&output).to_string(), "2514000000000000");
    }
}

#[test]
fn a_changed_proof_does_not_verify() {
    let signed = work().sign(&key(ParameterSet::MlDsa44)).unwrap();
    for position in [2, 222, 290, 290 + 1312, signed.proof.len() - 1] {
        let mut changed = signed.proof.to_vec();
        changed[position] ^= 1;
        assert!(!SignedWork { proof: changed.into(), ..signed.clone() }.verifies(), "byte {position}");
    }
}

#[test]
fn what_no_chain_accepts_is_not_signed() {
    let miner = key(ParameterSet::MlDsa44);
    let refused = |change: &dyn Fn(&mut Work)| {
        let mut work = work();
        change(&mut work);
        work.sign(&miner).expect_err("refused")
    };
    assert_eq!(refused(&|w| w.chain_id = 0), ProveError::Zero("the chain id"));
    assert_eq!(refused(&|w| w.job_id = B256::ZERO), ProveError::Zero("the job id"));
    assert_eq!(refused(&|w| w.model_hash = B256::ZERO), ProveError::Zero("the model hash"));
    assert_eq!(refused(&|w| w.input_hash = B256::ZERO), ProveError::Zero("the input hash"));
    assert_eq!(refused(&|w| w.output_hash = B256::ZERO), ProveError::Zero("the output hash"));
    assert_eq!(refused(&|w| w.nonce = B256::ZERO), ProveError::Zero("the nonce"));
    assert_eq!(refused(&|w| w.compute_units = 0), ProveError::Zero("the number of compute units"));
    for recipient in [Address::ZERO, ADDRESS, miner.address()] {
        let error = refused(&|w| w.recipient = recipient);
        assert!(matches!(error, ProveError::Recipient { recipient: named, .. } if named == recipient));
    }
    assert_eq!(
        refused(&|w| w.began_at = NOW + 1),
        ProveError::Order { began_at: NOW + 1, completed_at: NOW }
    );
    assert_eq!(refused(&|w| w.began_at = NOW - 86_401), ProveError::JobTooLong { seconds: 86_401 });
    assert_eq!(refused(&|w| w.began_at = 0), ProveError::JobTooLong { seconds: NOW });
}

#[test]
fn units_above_the_ceiling_say_what_would_be_allowed() {
    let miner = key(ParameterSet::MlDsa44);
    let error = Work { compute_units: 419_001, ..work() }.sign(&miner).unwrap_err();
    assert_eq!(
        error,
        ProveError::UnitsAboveCeiling {
            tier: Tier::Software,
            units: 419_001,
            seconds: 1,
            allowed: 2 * Tier::Software.ceiling()
        }
    );
    let text = error.to_string();
    assert!(text.contains("at most 419000") && text.contains("at least 2 s"), "{text}");

    // The time it names is enough, and a second less is not.
    assert!(Work { compute_units: 419_001, began_at: NOW - 2, ..work() }.sign(&miner).is_ok());
    let most = Tier::Software.ceiling() * (MAX_JOB_SECONDS + 1);
    let longest = Work { compute_units: most, began_at: NOW - MAX_JOB_SECONDS, ..work() };
    assert!(longest.sign(&miner).is_ok());
    let text = Work { compute_units: most + 1, ..longest }.sign(&miner).unwrap_err().to_string();
    assert!(text.contains("no single job can be that large"), "{text}");
    let text = Work { compute_units: u64::MAX, ..work() }.sign(&miner).unwrap_err().to_string();
    assert!(text.contains("no single job can be that large"), "{text}");
}

#[test]
fn hashes_and_ids_are_the_protocols() {
    let miner = key(ParameterSet::MlDsa65);
    let signed = work().sign(&miner).unwrap();
    assert_eq!(signed.signed().as_slice(), &signed.proof[..290]);
    assert_eq!(signed.proof_hash(), alloy_primitives::keccak256(&signed.proof[..290]));
    let mut preimage = miner.device_id().to_vec();
    preimage.extend(work().nonce);
    preimage.extend(6133u32.to_le_bytes());
    assert_eq!(signed.work_id(), B256::from(*blake3::hash(&preimage).as_bytes()));
    // BLAKE3 of 32 bytes of 2, of 3 and of 5, made with another implementation.
    let job = Work::own_job_id(work().model_hash, work().input_hash, work().nonce);
    assert_eq!(job, b256!("0xb802638bd2443464867f638c6961aa3fbc81aa1a86c7001dd8a3737b41e1dac2"));
}

#[test]
fn a_key_comes_back_from_its_file_and_signs() {
    let folder = Folder::new("round-trip");
    for set in ParameterSet::ALL {
        let path = folder.0.join(format!("{}.json", set.id()));
        let made = MinerKey::generate(set).unwrap();
        made.create(&path).unwrap();
        let read = MinerKey::load(&path).unwrap();
        assert_eq!(read.parameter_set(), set);
        assert_eq!(read.public_key(), made.public_key());
        assert!(work().sign(&read).is_ok());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!key::readable_by_others(&path));
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(key::readable_by_others(&path));
        }
    }
    assert_ne!(
        MinerKey::generate(ParameterSet::MlDsa44).unwrap().address(),
        MinerKey::generate(ParameterSet::MlDsa44).unwrap().address()
    );
}

#[test]
fn a_key_file_is_never_overwritten() {
    let folder = Folder::new("exists");
    let path = folder.0.join("key.json");
    std::fs::write(&path, "mine").unwrap();
    let error = key(ParameterSet::MlDsa44).create(&path).unwrap_err();
    assert!(matches!(&error, KeyError::Exists(named) if *named == path));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let error = key(ParameterSet::MlDsa44).create(&folder.0.join("no/such/folder")).unwrap_err();
    assert!(matches!(error, KeyError::Write { .. }));
}

#[test]
fn a_damaged_key_file_is_refused() {
    let folder = Folder::new("damaged");
    let path = folder.0.join("key.json");
    key(ParameterSet::MlDsa44).create(&path).unwrap();
    let good: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let reason = |content: &[u8]| {
        std::fs::write(&path, content).unwrap();
        match MinerKey::load(&path) {
            Err(KeyError::Malformed { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    };
    let with = |name: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        changed[name] = value;
        serde_json::to_vec(&changed).unwrap()
    };
    let zeros = format!("0x{}", "00".repeat(32));
    assert!(reason(&with("seed", zeros.clone().into())).contains("public_key does not follow"));
    assert!(reason(&with("device_id", zeros.into())).contains("device_id does not follow"));
    assert!(reason(&with("miner", format!("{ADDRESS}").into())).contains("miner does not follow"));
    assert!(reason(&with("parameter_set", 65.into())).contains("public_key does not follow"));
    assert!(reason(&with("parameter_set", 66.into())).contains("not a parameter set"));
    assert!(reason(&with("version", 2.into())).contains("version 2"));
    assert!(reason(&with("extra", 2.into())).contains("unknown field"));
    assert!(reason(b"").contains("EOF"));
    assert!(reason(b"{}").contains("missing field"));
    assert!(reason(&vec![b' '; 70_000]).contains("more than"));
    assert!(reason(&[0xff, 0xfe]).contains("expected value"));
    assert!(matches!(MinerKey::load(&folder.0), Err(KeyError::Read { .. })));
    assert!(matches!(MinerKey::load(&folder.0.join("none")), Err(KeyError::Read { .. })));
}

#[test]
fn a_key_never_prints_its_seed() {
    let printed = format!("{:?}", key(ParameterSet::MlDsa44));
    assert!(!printed.contains("0707") && !printed.contains("7, 7"), "{printed}");
}
