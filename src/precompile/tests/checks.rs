//! The check table of submitWorkProof: each row alone, and each row before every later one.

use super::*;
use crate::{
    gas,
    storage::layout::{
        ACCEPTED_WORK, DEVICE_EPOCH, DEVICE_PAID, DEVICE_UNITS, EPOCH_COUNTER, EPOCH_START, JOB_PAID,
        POOL_NATIVE_PAID, POOL_PAID,
    },
};
use alloy_primitives::FixedBytes;
use pars_protocol::{
    ADDRESS, WorkProof, WorkStatement,
    abi::{IAIMining::submitWorkProofCall, IAIMiningErrors::*},
    ids,
};

/// A submission, legal until a fault is put in.
struct Case {
    miner: Miner,
    parameters: Vec<(Parameter, u128)>,
    attestation: Bytes,
    /// Bytes of the finished proof, replaced after signing.
    patches: Vec<(usize, u8)>,
    truncated: bool,
    weak_key: bool,
    valid: bool,
    recipient_after_signing: Option<Address>,
    selector: Option<[u8; 4]>,
    trailing: usize,
    delegate: bool,
    value: Option<U256>,
    is_static: bool,
    input_gas_short: bool,
    operation_gas_short: bool,
    spent: bool,
    job_paid: bool,
    device_units: u128,
    device_paid: u128,
    pool_paid: u128,
    native_paid: u128,
}

/// What 10^6 units earn at genesis: 10^10 · 10^6 · 10^18 · 6000 / 10^22.
const REWARD: u128 = 6_000_000_000_000_000;
const CEILING: u64 = 209_500;
const COUNTER: u64 = 7;

impl Case {
    fn new(set: ParameterSet) -> Self {
        Self {
            miner: Miner::new(set, 1, 1),
            parameters: Vec::new(),
            attestation: Bytes::new(),
            patches: Vec::new(),
            truncated: false,
            weak_key: false,
            valid: true,
            recipient_after_signing: None,
            selector: None,
            trailing: 0,
            delegate: false,
            value: Some(U256::ZERO),
            is_static: false,
            input_gas_short: false,
            operation_gas_short: false,
            spent: false,
            job_paid: false,
            device_units: 0,
            device_paid: 0,
            pool_paid: 0,
            native_paid: 0,
        }
    }

    fn statement(&mut self) -> &mut WorkStatement {
        &mut self.miner.statement
    }

    fn seconds(&self) -> u64 {
        self.miner.statement.completed_at - self.miner.statement.context.timestamp + 1
    }

    /// The state before the call: an epoch that runs, and what the case puts there.
    fn host(&self) -> MemoryHost {
        let mut host = host(&genesis());
        let (work, device) = (&self.miner.statement.context, self.miner.statement.context.device_id);
        put(&mut host, EPOCH_START.key(), U256::from(NOW - 10));
        put(&mut host, EPOCH_COUNTER.key(), U256::from(COUNTER));
        put(&mut host, DEVICE_EPOCH.at(device).key(), U256::from(COUNTER));
        put(&mut host, DEVICE_UNITS.at(device).key(), U256::from(self.device_units));
        put(&mut host, DEVICE_PAID.at(device).key(), U256::from(self.device_paid));
        put(&mut host, POOL_PAID.at(0).key(), U256::from(self.pool_paid));
        put(&mut host, POOL_NATIVE_PAID.at(0).key(), U256::from(self.native_paid));
        for (parameter, value) in &self.parameters {
            put_parameter(&mut host, *parameter, *value);
        }
        if self.spent {
            put(&mut host, ACCEPTED_WORK.at(self.miner.work_id()).key(), U256::ONE);
        }
        if self.job_paid {
            put(&mut host, JOB_PAID.at(ids::job_mark(work.device_id, work.job_id)).key(), U256::ONE);
        }
        host
    }

    fn call(&self, signed: bool) -> Call {
        let proof = if signed { self.miner.proof() } else { self.miner.unsigned_proof() };
        let mut proof = proof.to_vec();
        let set = self.miner.statement.parameter_set;
        if self.weak_key {
            // After the 32 bytes of ρ comes t1.
            proof[WorkStatement::LENGTH + 32..WorkStatement::LENGTH + set.public_key_len()].fill(0);
        }
        if let Some(recipient) = self.recipient_after_signing {
            proof[222..242].copy_from_slice(recipient.as_slice());
        }
        for (offset, byte) in &self.patches {
            proof[*offset] = *byte;
        }
        if self.truncated {
            proof.pop();
        }
        let mut input =
            submitWorkProofCall { proof: proof.into(), attestation: self.attestation.clone() }.abi_encode();
        if let Some(selector) = self.selector {
            input[..4].copy_from_slice(&selector);
        }
        input.resize(input.len() + self.trailing, 0);
        let base = gas::input(input.len());
        let full = base + gas::operation::submit_work_proof(set, gas::Evidence::None);
        Call {
            caller: RELAYER,
            gas: match (self.input_gas_short, self.operation_gas_short) {
                (true, _) => base - 1,
                (_, true) => full - 1,
                _ => full,
            },
            value: self.value,
            is_static: self.is_static,
            is_direct: !self.delegate,
            input: input.into(),
        }
    }
}

struct Row {
    name: &'static str,
    fault: fn(&mut Case),
    /// What the call must end with; `None` is out of gas.
    error: fn(&Case) -> Option<Vec<u8>>,
}

macro_rules! rows {
    ($($name:literal, $fault:expr, $error:expr;)*) => {
        vec![$(Row { name: $name, fault: $fault, error: $error }),*]
    };
}

fn some(error: impl SolError) -> Option<Vec<u8>> {
    Some(error.abi_encode())
}

fn zero(name: &str) -> Option<Vec<u8>> {
    let mut padded = [0; 32];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    some(ZeroField { name: FixedBytes(padded) })
}

/// `consensus.md`, "Calls: checks, errors, order", from the top.
fn table() -> Vec<Row> {
    rows! {
        "DelegateCallNotAllowed", |c| c.delegate = true, |_| some(DelegateCallNotAllowed {});
        "ValueNotAllowed", |c| c.value = Some(U256::ONE), |_| some(ValueNotAllowed {});
        "InputTooLarge", |c| c.trailing = gas::MAX_INPUT, |_| some(InputTooLarge {});
        "input gas", |c| c.input_gas_short = true, |_| None;
        "UnknownSelector", |c| c.selector = Some([0xde, 0xad, 0xbe, 0xef]), |_| some(UnknownSelector {});
        "StaticCallNotAllowed", |c| c.is_static = true, |_| some(StaticCallNotAllowed {});
        "MalformedInput", |c| c.trailing = c.trailing.max(32), |_| some(MalformedInput {});
        "UnsupportedProofVersion", |c| c.patches.push((0, 2)), |_| some(UnsupportedProofVersion { version: 2 });
        "UnsupportedParameterSet", |c| c.patches.push((1, 45)),
            |_| some(UnsupportedParameterSet { parameterSet: 45 });
        "MalformedProof", |c| c.truncated = true, |_| some(MalformedProof {});
        "WrongChain", |c| c.statement().context.chain_id = 6134,
            |_| some(WrongChain { expected: 6133, actual: 6134 });
        "ZeroField job_id", |c| c.statement().context.job_id = B256::ZERO, |_| zero("job_id");
        "ZeroField model_hash", |c| c.statement().context.model_hash = B256::ZERO, |_| zero("model_hash");
        "ZeroField input_hash", |c| c.statement().context.input_hash = B256::ZERO, |_| zero("input_hash");
        "ZeroField device_id", |c| c.statement().context.device_id = B256::ZERO, |_| zero("device_id");
        "ZeroField nonce", |c| c.statement().context.nonce = B256::ZERO, |_| zero("nonce");
        "ZeroField output_hash", |c| c.statement().output_hash = B256::ZERO, |_| zero("output_hash");
        "AttestationHashMismatch", |c| c.statement().attestation_hash = B256::repeat_byte(1),
            |_| some(AttestationHashMismatch {});
        "InvalidRecipient", |c| c.statement().recipient = Address::ZERO,
            |c| some(InvalidRecipient { recipient: c.miner.statement.recipient });
        "TimestampOrder", |c| { let s = c.statement(); s.context.timestamp = s.completed_at + 1; },
            |c| some(TimestampOrder {
                context: c.miner.statement.completed_at + 1,
                completion: c.miner.statement.completed_at,
            });
        "TimestampInFuture", |c| { let s = c.statement(); s.completed_at = NOW + 61; s.context.timestamp = NOW + 1; },
            |_| some(TimestampInFuture { completion: NOW + 61, latest: NOW + 60 });
        "JobTooLong", |c| c.parameters.push((Parameter::MaxJob, 59)),
            |_| some(JobTooLong { duration: 60, maximum: 59 });
        "TimestampTooOld", |c| {
                let s = c.statement();
                s.completed_at = NOW - 7_201;
                s.context.timestamp = NOW - 7_261;
            },
            |_| some(TimestampTooOld { completion: NOW - 7_201, oldest: NOW - 7_200 });
        "WorkAlreadySpent", |c| c.spent = true, |c| some(WorkAlreadySpent { workId: c.miner.work_id() });
        "JobAlreadyPaid", |c| c.job_paid = true, |c| some(JobAlreadyPaid {
            deviceId: c.miner.statement.context.device_id,
            jobId: c.miner.statement.context.job_id,
        });
        "operation gas", |c| c.operation_gas_short = true, |_| None;
        "WeakPublicKey", |c| c.weak_key = true, |_| some(WeakPublicKey {});
        "InvalidSignature", |c| c.valid = false, |_| some(InvalidSignature {});
        "AttestationUnsupported", |c| {
                c.attestation = Bytes::from_static(b"evidence");
                c.statement().attestation_hash = ids::blake3(b"evidence");
            },
            |_| some(AttestationUnsupported {});
        "DeviceMismatch", |c| c.statement().context.device_id = B256::repeat_byte(9), |c| some(DeviceMismatch {
            expected: ids::software_device_id(c.miner.public_key()),
            actual: B256::repeat_byte(9),
        });
        "ZeroUnits", |c| c.statement().compute_units = 0, |_| some(ZeroUnits {});
        "UnitsAboveCeiling", |c| c.statement().compute_units = CEILING * 61 + 1, |c| some(UnitsAboveCeiling {
            units: CEILING * 61 + 1,
            ceiling: U256::from(CEILING * c.seconds()),
        });
        "DeviceUnitsReached", |c| c.device_units = u128::from(CEILING) * 3600, |c| some(DeviceUnitsReached {
            units: U256::from(CEILING * 3600 + c.miner.statement.compute_units),
            ceiling: U256::from(CEILING * 3600),
        });
        "ZeroReward", |c| c.parameters.push((Parameter::Base, 0)), |_| some(ZeroReward {});
        "RewardBelowMinimum", |c| c.statement().min_reward = REWARD + 1, |_| some(RewardBelowMinimum {
            reward: U256::from(REWARD),
            minimum: U256::from(REWARD + 1),
        });
        "ProofCapReached", |c| c.parameters.push((Parameter::ProofCap, REWARD - 1)),
            |_| some(ProofCapReached { reward: U256::from(REWARD), cap: U256::from(REWARD - 1) });
        "DeviceCapReached", |c| c.device_paid = 400 * ONE - REWARD + 1, |_| some(DeviceCapReached {
            paid: U256::from(400 * ONE + 1),
            cap: U256::from(400 * ONE),
        });
        "EpochCapReached", |c| c.pool_paid = 4_000 * ONE - REWARD + 1, |_| some(EpochCapReached {
            paid: U256::from(4_000 * ONE + 1),
            cap: U256::from(4_000 * ONE),
        });
        "NativeCapReached", |c| c.native_paid = 4_000 * ONE - REWARD + 1, |_| some(NativeCapReached {
            paid: U256::from(4_000 * ONE + 1),
            cap: U256::from(4_000 * ONE),
        });
    }
}

/// Runs a case under a stub verifier; it must end as the row says, and leave no trace.
fn check(case: &Case, row: &Row, what: &str) {
    let (precompile, _) = stubbed(case.valid);
    let mut host = case.host();
    let before = state(&host);
    let call = case.call(false);
    let limit = call.gas;
    let executed = host.execute(&precompile, call);
    match (row.error)(case) {
        Some(error) => assert_eq!(executed.outcome, Outcome::Revert(error.into()), "{what}"),
        None => assert_eq!((&executed.outcome, executed.gas_used), (&Outcome::OutOfGas, limit), "{what}"),
    }
    assert!(executed.logs.is_empty(), "{what}");
    assert_eq!(state(&host), before, "{what}");
}

#[test]
fn the_case_is_legal_without_a_fault_and_pays_at_exactly_its_gas() {
    for set in SETS {
        let case = Case::new(set);
        let mut host = case.host();
        let (output, _) = accepted(&mut host, &precompile(), case.call(true));
        assert_eq!(U256::from_be_slice(&output), U256::from(REWARD));
    }
}

#[test]
fn c2_each_row_of_the_check_table_refuses_alone() {
    for set in SETS {
        for row in table() {
            let mut case = Case::new(set);
            (row.fault)(&mut case);
            check(&case, &row, row.name);
        }
    }
}

#[test]
fn c2_each_row_refuses_alone_with_real_cryptography() {
    for set in SETS {
        for row in table() {
            let mut case = Case::new(set);
            (row.fault)(&mut case);
            if !case.valid {
                case.patches.push((WorkProof::length(set) - 1, 0xff));
            }
            let expected =
                (row.error)(&case).map_or(Outcome::OutOfGas, |error| Outcome::Revert(error.into()));
            let call = case.call(true);
            let executed = refused(&mut case.host(), &precompile(), call, &expected);
            assert!(
                executed.gas_used
                    <= gas::input(gas::MAX_INPUT)
                        + gas::operation::submit_work_proof(set, gas::Evidence::None)
            );
        }
    }
}

#[test]
fn c2_each_row_comes_before_every_later_row() {
    let rows = table();
    for (k, first) in rows.iter().enumerate() {
        for later in &rows[k + 1..] {
            let mut case = Case::new(ParameterSet::MlDsa44);
            // The later fault first: where both touch one field, the earlier row's fault must stand.
            (later.fault)(&mut case);
            (first.fault)(&mut case);
            check(&case, first, &format!("{} with {}", first.name, later.name));
        }
    }
}

#[test]
fn c2_each_row_comes_before_all_later_rows_together() {
    let rows = table();
    for (k, first) in rows.iter().enumerate() {
        let mut case = Case::new(ParameterSet::MlDsa44);
        for row in rows[k..].iter().rev() {
            (row.fault)(&mut case);
        }
        check(&case, first, first.name);
    }
}

#[test]
fn the_table_has_every_error_of_a_proof() {
    // An error added to the interface without a case here fails. ZeroField stands six times; the two gas rows have
    // no error.
    let rows = table();
    let selectors: std::collections::BTreeSet<[u8; 4]> = rows
        .iter()
        .filter_map(|row| {
            let mut case = Case::new(ParameterSet::MlDsa44);
            (row.fault)(&mut case);
            (row.error)(&case).map(|error| <[u8; 4]>::try_from(&error[..4]).unwrap())
        })
        .collect();
    // Errors of teleports, views, governance and arithmetic are other calls' (14 + 9); those of evidence have a table of
    // their own in `attestation/refusals.rs` (19).
    assert_eq!(selectors.len(), IAIMiningErrorsErrors::SELECTORS.len() - 14 - 9 - 19);
    assert_eq!(rows.len(), selectors.len() + 5 + 2);
}

#[test]
fn f3_each_payee_that_nobody_holds_is_refused() {
    let miner = Miner::new(ParameterSet::MlDsa65, 1, 1);
    let derived = ids::miner_address(miner.public_key());
    for recipient in [Address::ZERO, ADDRESS, derived] {
        let mut case = Case::new(ParameterSet::MlDsa65);
        case.statement().recipient = recipient;
        let call = case.call(true);
        refused(&mut case.host(), &precompile(), call, &error(InvalidRecipient { recipient }));
    }
    // One bit beside them is somebody's.
    for recipient in
        [Address::with_last_byte(1), Address::from_word(ADDRESS.into_word() | B256::with_last_byte(1))]
    {
        let mut case = Case::new(ParameterSet::MlDsa65);
        case.statement().recipient = recipient;
        let call = case.call(true);
        accepted(&mut case.host(), &precompile(), call);
    }
}

#[test]
fn d7_attestation_is_refused_by_its_hash_or_as_unsupported() {
    let evidence = Bytes::from_static(b"evidence");
    let mut case = Case::new(ParameterSet::MlDsa44);
    case.attestation = evidence.clone();
    // Hash zero, hash of something else, and the right hash.
    for (hash, expected) in [
        (B256::ZERO, error(AttestationHashMismatch {})),
        (ids::blake3(b"other"), error(AttestationHashMismatch {})),
        (ids::blake3(&evidence), error(AttestationUnsupported {})),
    ] {
        case.statement().attestation_hash = hash;
        let call = case.call(true);
        refused(&mut case.host(), &precompile(), call, &expected);
    }
    // Without a true signature the evidence is not looked at.
    let call = case.call(false);
    refused(&mut case.host(), &precompile(), call, &error(InvalidSignature {}));
    // An empty attestation under the hash of an empty string.
    let mut case = Case::new(ParameterSet::MlDsa44);
    case.statement().attestation_hash = ids::blake3(b"");
    let call = case.call(true);
    refused(&mut case.host(), &precompile(), call, &error(AttestationHashMismatch {}));
}

#[test]
fn c2_a_changed_recipient_and_a_flipped_byte_are_invalid_signatures() {
    for set in SETS {
        let mut case = Case::new(set);
        case.recipient_after_signing = Some(RELAYER);
        let call = case.call(true);
        refused(&mut case.host(), &precompile(), call, &error(InvalidSignature {}));

        let proof = case.miner.proof();
        let (key, end) = (WorkStatement::LENGTH, WorkProof::length(set));
        let signature = key + set.public_key_len();
        for offset in [key, key + 32, signature - 1, signature, signature + 32, signature + 1_000, end - 1] {
            let mut case = Case::new(set);
            case.patches.push((offset, proof[offset] ^ 1));
            let call = case.call(true);
            refused(&mut case.host(), &precompile(), call, &error(InvalidSignature {}));
        }
    }
}

#[test]
fn c2_no_signed_byte_can_change() {
    let proof = Case::new(ParameterSet::MlDsa44).miner.proof();
    for offset in 0..WorkStatement::LENGTH {
        for bit in [0x01, 0x80] {
            let mut case = Case::new(ParameterSet::MlDsa44);
            case.patches.push((offset, proof[offset] ^ bit));
            let mut host = case.host();
            let before = state(&host);
            let outcome = host.execute(&precompile(), case.call(true)).outcome;
            assert!(matches!(outcome, Outcome::Revert(_)), "byte {offset} is not bound: {outcome:?}");
            assert_eq!(state(&host), before);
        }
    }
}

#[test]
fn c9_a_signature_under_another_context_string_never_pays() {
    use pars_mldsa::SigningKey;
    for set in SETS {
        let miner = Miner::new(set, 1, 1);
        let key = SigningKey::from_seed(set, &[1; 32]);
        assert_eq!(key.public_key(), miner.public_key());
        let signed = miner.statement.encode();
        for context in [
            b"".as_slice(),
            b"pars.aimining.teleport-root.v1",
            b"pars.aimining.committee.v1",
            b"pars.aimining.work.v2",
            b"pars.aimining.work.v1\0",
            b"pars.aimining.work.v",
        ] {
            let signature = key.sign(&signed, context, &[0; 32]).unwrap();
            assert!(pars_mldsa::verify(set, miner.public_key(), &signed, context, &signature));
            let proof = WorkProof::encode(&miner.statement, miner.public_key(), &signature).unwrap();
            let call = call(submit(proof.into()));
            refused(&mut host(&genesis()), &precompile(), call, &error(InvalidSignature {}));
        }
        let signature = key.sign(&signed, b"pars.aimining.work.v1", &[0; 32]).unwrap();
        let proof = WorkProof::encode(&miner.statement, miner.public_key(), &signature).unwrap();
        accepted(&mut host(&genesis()), &precompile(), call(submit(proof.into())));
    }
}

#[test]
fn f9_of_four_chains_only_the_named_one_pays() {
    for (named, chain) in [6133, 7070, 96_369, 200_200]
        .into_iter()
        .flat_map(|named| [6133_u32, 7070, 96_369, 200_200].map(|chain| (named, chain)))
    {
        let mut miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
        miner.statement.context.chain_id = named;
        let mut host = host(&Genesis::dev(chain, GOVERNOR));
        let call = call(miner.calldata());
        if named == chain {
            accepted(&mut host, &precompile(), call);
        } else {
            let expected = error(WrongChain { expected: u64::from(chain), actual: named });
            refused(&mut host, &precompile(), call, &expected);
        }
    }
}

#[test]
fn e1_work_is_spent_by_meaning_whatever_the_signature_bytes() {
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    let (mut host, precompile) = (host(&genesis()), precompile());
    accepted(&mut host, &precompile, call(miner.calldata()));
    let spent = error(WorkAlreadySpent { workId: miner.work_id() });

    // The same bytes; another valid signature; another output, recipient, price and time for the same work.
    refused(&mut host, &precompile, call(miner.calldata()), &spent);
    let key = pars_mldsa::SigningKey::from_seed(ParameterSet::MlDsa44, &[1; 32]);
    let other = key.sign(&miner.statement.encode(), b"pars.aimining.work.v1", &[7; 32]).unwrap();
    let proof = WorkProof::encode(&miner.statement, miner.public_key(), &other).unwrap();
    assert_ne!(proof, miner.proof().to_vec());
    refused(&mut host, &precompile, call(submit(proof.into())), &spent);
    let mut again = Miner::new(ParameterSet::MlDsa44, 1, 1);
    again.statement.output_hash = B256::repeat_byte(1);
    again.statement.recipient = RELAYER;
    again.statement.compute_units = 5;
    again.statement.completed_at -= 1;
    again.statement.context.job_id = B256::repeat_byte(2);
    refused(&mut host, &precompile, call(again.calldata()), &spent);

    // A new nonce for the job that was paid; and the job of another device is another job.
    let mut again = Miner::new(ParameterSet::MlDsa44, 1, 1);
    again.statement.context.nonce = B256::repeat_byte(3);
    let (device, job) = (again.statement.context.device_id, again.statement.context.job_id);
    let expected = error(JobAlreadyPaid { deviceId: device, jobId: job });
    refused(&mut host, &precompile, call(again.calldata()), &expected);
    accepted(&mut host, &precompile, call(Miner::new(ParameterSet::MlDsa44, 2, 1).calldata()));
}
