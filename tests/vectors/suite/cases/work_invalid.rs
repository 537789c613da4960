//! One vector or more for each row of the check table in `precompile-spec/work.md`. Each differs from a proof that is
//! paid in one thing, so it fails in that row and nowhere else.

use crate::suite::{
    build::{self, Scenario, block, set, with},
    forge::{forge, weak_key},
    format::{File, Vector},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::{
        ADDRESS, gas,
        testing::{Miner, NOW, submit},
    },
    protocol::{
        Parameter, ParameterSet, Tier, WORK_SIGNATURE_CONTEXT, WorkProof,
        abi::IAIMining::submitWorkProofCall, ids,
    },
};

fn miner(number: u64) -> Miner {
    Miner::new(ParameterSet::MlDsa44, 1, number)
}

/// The first proof with something changed before it is signed.
fn signed(change: impl FnOnce(&mut Miner)) -> Scenario {
    let mut miner = miner(1);
    change(&mut miner);
    Scenario::submit(&miner)
}

/// The first proof with something changed after it was signed.
fn tampered(change: impl FnOnce(&mut Vec<u8>)) -> Scenario {
    let mut proof = miner(1).proof().to_vec();
    change(&mut proof);
    Scenario::new(build::call(submit(proof.into())))
}

/// The first proof with other calldata.
fn recoded(change: impl FnOnce(&mut Vec<u8>)) -> Scenario {
    let mut input = miner(1).calldata().to_vec();
    change(&mut input);
    Scenario::new(build::call(input))
}

fn attested(attestation: &'static [u8], hash: B256) -> Scenario {
    let mut miner = miner(1);
    miner.statement.attestation_hash = hash;
    let attestation = Bytes::from_static(attestation);
    Scenario::new(build::call(submitWorkProofCall { proof: miner.proof(), attestation }.abi_encode()))
}

fn good() -> Scenario {
    Scenario::submit(&miner(1))
}

/// A proof under a key that anyone can sign for; everything else about it is right.
fn weak() -> Scenario {
    let mut statement = miner(1).statement;
    let key = weak_key(statement.parameter_set);
    statement.context.device_id = ids::software_device_id(&key);
    let signature = forge(statement.parameter_set, &statement.encode(), WORK_SIGNATURE_CONTEXT);
    let proof = WorkProof::encode(&statement, &key, &signature).expect("lengths of one set");
    Scenario::new(build::call(submit(proof.into())))
}

fn mini_pool() -> Vec<(Parameter, u128)> {
    vec![(Parameter::TargetSoftware, 1_000_000), (Parameter::DMax, 1_000_000_000_000_000_000)]
}

fn zero_fields() -> Vec<Vector> {
    type Change = fn(&mut Miner);
    let fields: [(&str, Change); 6] = [
        ("job_id", |miner| miner.statement.context.job_id = B256::ZERO),
        ("model_hash", |miner| miner.statement.context.model_hash = B256::ZERO),
        ("input_hash", |miner| miner.statement.context.input_hash = B256::ZERO),
        ("device_id", |miner| miner.statement.context.device_id = B256::ZERO),
        ("nonce", |miner| miner.statement.context.nonce = B256::ZERO),
        ("output_hash", |miner| miner.statement.output_hash = B256::ZERO),
    ];
    fields
        .map(|(name, change)| {
            signed(change).reverts("ZeroField", &format!("zero_{name}"), &format!("{name} = 0."))
        })
        .into()
}

/// Rows 1 to 7: how the precompile was called.
fn rows_of_the_call() -> Vec<(&'static str, Vec<Vector>)> {
    let input_gas = gas::input(good().call.input.own().len());
    vec![
        (
            "1",
            vec![
                good().but(|call| call.is_direct = false).reverts(
                    "DelegateCallNotAllowed",
                    "delegate_call",
                    "DELEGATECALL or CALLCODE.",
                ),
                good()
                    .but(|call| {
                        call.is_direct = false;
                        call.value = U256::from(1);
                    })
                    .reverts(
                        "DelegateCallNotAllowed",
                        "delegate_call_with_value",
                        "The value under DELEGATECALL is the parent's: row 1 answers first.",
                    ),
            ],
        ),
        (
            "2",
            vec![
                good().but(|call| call.value = U256::from(1)).reverts(
                    "ValueNotAllowed",
                    "value",
                    "The call carries one coin.",
                ),
                good().but(|call| call.value = U256::from(1_u128) << 128).reverts(
                    "ValueNotAllowed",
                    "value_of_2_128",
                    "The low 128 bits of the value are zero.",
                ),
            ],
        ),
        (
            "3",
            vec![
                good()
                    .but(|call| call.append_zeros = Some(gas::MAX_INPUT + 1 - call.input.own().len()))
                    .reverts(
                        "InputTooLarge",
                        "input_too_large",
                        "One byte more than the longest valid input; costs nothing inside.",
                    ),
            ],
        ),
        (
            "4",
            vec![
                good()
                    .but(|call| call.gas = input_gas - 1)
                    .runs_out("input_gas", "One gas less than the input costs."),
            ],
        ),
        (
            "5",
            vec![recoded(|input| input[3] ^= 1).reverts(
                "UnknownSelector",
                "unknown_selector",
                "One bit of the selector.",
            )],
        ),
        (
            "6",
            vec![good().but(|call| call.is_static = true).reverts(
                "StaticCallNotAllowed",
                "static_call",
                "Inside a static call.",
            )],
        ),
        (
            "7",
            vec![
                recoded(|input| input.push(0)).reverts(
                    "MalformedInput",
                    "trailing_byte",
                    "One byte after the arguments.",
                ),
                recoded(|input| input.truncate(input.len() - 1)).reverts(
                    "MalformedInput",
                    "missing_byte",
                    "One byte short.",
                ),
                recoded(|input| *input.last_mut().expect("not empty") ^= 1).reverts(
                    "MalformedInput",
                    "attestation_length",
                    "The length of the attestation is 1, its byte is missing.",
                ),
            ],
        ),
    ]
}

/// Rows 8 to 20: what the signed bytes, the block and the parameters decide.
fn rows_of_the_statement() -> Vec<(&'static str, Vec<Vector>)> {
    let key = ids::miner_address(miner(1).public_key());
    let first = || Scenario::submit(&miner(1)).call;
    let to = |recipient: Address| signed(|miner| miner.statement.recipient = recipient);
    vec![
        (
            "8",
            vec![
                tampered(|proof| proof[0] = 2).reverts("UnsupportedProofVersion", "version_2", "Version 2."),
                tampered(|proof| proof[0] = 0).reverts("UnsupportedProofVersion", "version_0", "Version 0."),
            ],
        ),
        (
            "9",
            vec![tampered(|proof| proof[1] = 43).reverts(
                "UnsupportedParameterSet",
                "parameter_set_43",
                "Parameter set 43.",
            )],
        ),
        (
            "10",
            vec![
                tampered(|proof| proof.push(0)).reverts(
                    "MalformedProof",
                    "proof_too_long",
                    "One byte more than set 44 prescribes.",
                ),
                tampered(|proof| proof.truncate(proof.len() - 1)).reverts(
                    "MalformedProof",
                    "proof_too_short",
                    "One byte less.",
                ),
                tampered(|proof| proof[1] = 65).reverts(
                    "MalformedProof",
                    "proof_of_another_set",
                    "Set 65 with the length of set 44.",
                ),
                tampered(|proof| proof.truncate(1)).reverts(
                    "MalformedProof",
                    "proof_of_one_byte",
                    "Version without parameter set.",
                ),
                tampered(Vec::clear).reverts("MalformedProof", "proof_empty", "No bytes."),
            ],
        ),
        (
            "11",
            vec![signed(|miner| miner.statement.context.chain_id = 7070).reverts(
                "WrongChain",
                "wrong_chain",
                "Signed for chain 7070.",
            )],
        ),
        ("12", zero_fields()),
        (
            "13",
            vec![
                attested(&[], B256::repeat_byte(1)).reverts(
                    "AttestationHashMismatch",
                    "hash_without_attestation",
                    "No attestation, but a hash.",
                ),
                attested(&[1], B256::ZERO).reverts(
                    "AttestationHashMismatch",
                    "attestation_without_hash",
                    "An attestation, but no hash.",
                ),
                attested(&[1], ids::blake3(&[2])).reverts(
                    "AttestationHashMismatch",
                    "hash_of_another_attestation",
                    "The hash of other bytes.",
                ),
                attested(&[], ids::blake3(&[])).reverts(
                    "AttestationHashMismatch",
                    "hash_of_nothing",
                    "No attestation has the hash zero, not BLAKE3 of nothing.",
                ),
            ],
        ),
        (
            "14",
            vec![
                to(Address::ZERO).reverts("InvalidRecipient", "recipient_zero", "The zero address."),
                to(ADDRESS).reverts("InvalidRecipient", "recipient_precompile", "0x0300."),
                to(key).reverts(
                    "InvalidRecipient",
                    "recipient_miner_address",
                    "The address that follows from the key.",
                ),
            ],
        ),
        (
            "15",
            vec![signed(|miner| miner.statement.context.timestamp = NOW + 1).reverts(
                "TimestampOrder",
                "ends_before_it_begins",
                "completed_at = context.timestamp − 1.",
            )],
        ),
        (
            "16",
            vec![
                signed(|miner| miner.statement.completed_at = NOW + 61).reverts(
                    "TimestampInFuture",
                    "in_the_future",
                    "completed_at = block time + future_drift + 1.",
                ),
                signed(|miner| {
                    miner.statement.context.timestamp = u64::MAX;
                    miner.statement.completed_at = u64::MAX;
                })
                .reverts("TimestampInFuture", "end_of_time", "Both times are 2^64 − 1."),
            ],
        ),
        (
            "17",
            vec![
                signed(|miner| miner.statement.context.timestamp = NOW - 3_601).reverts(
                    "JobTooLong",
                    "job_too_long",
                    "max_job + 1 seconds.",
                ),
                signed(|miner| miner.statement.context.timestamp = 0).reverts(
                    "JobTooLong",
                    "began_at_zero",
                    "context.timestamp = 0.",
                ),
            ],
        ),
        (
            "18",
            vec![
                signed(|miner| {
                    miner.statement.context.timestamp = NOW - 7_261;
                    miner.statement.completed_at = NOW - 7_201;
                })
                .reverts(
                    "TimestampTooOld",
                    "too_old",
                    "completed_at + max_age = block time − 1.",
                ),
            ],
        ),
        (
            "19",
            vec![
                signed(|miner| miner.statement.context.job_id = B256::repeat_byte(7))
                    .after(block(0), first())
                    .reverts(
                        "WorkAlreadySpent",
                        "nonce_again",
                        "Another job of the device under a nonce that was accepted.",
                    ),
                good().after(block(0), first()).at(block(5)).reverts(
                    "WorkAlreadySpent",
                    "replay",
                    "The same bytes a second time.",
                ),
            ],
        ),
        (
            "20",
            vec![
                signed(|miner| miner.statement.context.nonce = B256::repeat_byte(7))
                    .after(block(0), first())
                    .reverts("JobAlreadyPaid", "job_again", "The same job of the device under a new nonce."),
            ],
        ),
    ]
}

/// Rows 21 to 25: gas, key, signature, device. Those of 24 are in `attested_invalid.rs`.
fn rows_of_the_signature() -> Vec<(&'static str, Vec<Vector>)> {
    let input_gas = gas::input(good().call.input.own().len());
    let gas = good().run().gas_used;
    let key = 290..290 + 1312;
    vec![
        (
            "21",
            vec![
                good()
                    .but(|call| call.gas = gas - 1)
                    .runs_out("operation_gas", "One gas less than the call costs."),
                good()
                    .but(|call| call.gas = input_gas)
                    .runs_out("input_gas_only", "Only what the input costs."),
            ],
        ),
        (
            "22",
            vec![weak().reverts(
                "WeakPublicKey",
                "weak_public_key",
                "t1 = 0; the signature verifies by FIPS 204, made without a secret.",
            )],
        ),
        (
            "23",
            vec![
                tampered(|proof| *proof.last_mut().expect("not empty") ^= 1).reverts(
                    "InvalidSignature",
                    "signature_last_bit",
                    "The last bit of the signature.",
                ),
                tampered(|proof| proof[key.end] ^= 1).reverts(
                    "InvalidSignature",
                    "signature_first_bit",
                    "The lowest bit of the signature's first byte.",
                ),
                tampered(|proof| proof[241] ^= 1).reverts(
                    "InvalidSignature",
                    "stolen_recipient",
                    "A changed recipient: the signature covers it.",
                ),
                tampered(|proof| proof[213] ^= 1).reverts(
                    "InvalidSignature",
                    "more_units",
                    "Changed units: the signature covers them.",
                ),
                other_context(),
            ],
        ),
        (
            "25",
            vec![
                signed(|miner| miner.statement.context.device_id = B256::repeat_byte(7)).reverts(
                    "DeviceMismatch",
                    "device_of_nobody",
                    "A device id of no key.",
                ),
                signed(|miner| {
                    miner.statement.context.device_id =
                        ids::software_device_id(Miner::new(ParameterSet::MlDsa44, 2, 1).public_key())
                })
                .reverts(
                    "DeviceMismatch",
                    "device_of_another_key",
                    "The device id of another key: nobody can burn another's work id.",
                ),
            ],
        ),
    ]
}

/// A signature by the right key over the right bytes, under no FIPS 204 context string.
fn other_context() -> Vector {
    let miner = miner(1);
    let signer = pars_ai_mining::mldsa::SigningKey::from_seed(ParameterSet::MlDsa44, &[1; 32]);
    let signature = signer.sign(&miner.statement.encode(), b"", &[0; 32]).expect("an empty context is short");
    let proof =
        WorkProof::encode(&miner.statement, miner.public_key(), &signature).expect("lengths of one set");
    Scenario::new(build::call(submit(proof.into()))).reverts(
        "InvalidSignature",
        "signed_for_another_purpose",
        "Signed under the empty FIPS 204 context string.",
    )
}

/// Rows 26 to 34: units, reward, caps.
fn rows_of_the_price() -> Vec<(&'static str, Vec<Vector>)> {
    let ceiling = Tier::Software.ceiling();
    let reward = 6_000_000_000_000_000_u128;
    let first = || Scenario::submit(&miner(1)).call;
    let second = || Scenario::submit(&miner(2)).after(block(0), first());
    let one = |vector| vec![vector];
    vec![
        (
            "26",
            one(signed(|miner| miner.statement.compute_units = 0).reverts(
                "ZeroUnits",
                "no_units",
                "compute_units = 0.",
            )),
        ),
        (
            "27",
            vec![
                signed(|miner| miner.statement.compute_units = ceiling * 61 + 1).reverts(
                    "UnitsAboveCeiling",
                    "units_above_ceiling",
                    "One unit above ceiling · (duration + 1).",
                ),
                signed(|miner| miner.statement.compute_units = u64::MAX).reverts(
                    "UnitsAboveCeiling",
                    "most_units",
                    "compute_units = 2^64 − 1.",
                ),
            ],
        ),
        (
            "28",
            one(signed(|miner| {
                miner.statement.context.timestamp = NOW - 3_600;
                miner.statement.compute_units = ceiling * 3_600 + 1;
            })
            .reverts(
                "DeviceUnitsReached",
                "device_units",
                "One unit above ceiling · epoch length, within the ceiling of the job.",
            )),
        ),
        (
            "29",
            vec![
                good().after(block(0), set(Parameter::Base, 0)).reverts(
                    "ZeroReward",
                    "mining_paused",
                    "base = 0: mining is paused.",
                ),
                good().genesis(with(&[(Parameter::Base, 0)])).reverts(
                    "ZeroReward",
                    "never_started",
                    "base = 0 in genesis.",
                ),
            ],
        ),
        (
            "30",
            one(signed(|miner| miner.statement.min_reward = reward + 1).reverts(
                "RewardBelowMinimum",
                "below_minimum",
                "min_reward is one more than the reward.",
            )),
        ),
        (
            "31",
            one(good().genesis(with(&[(Parameter::ProofCap, reward - 1)])).reverts(
                "ProofCapReached",
                "proof_cap",
                "proof_cap is one less than the reward.",
            )),
        ),
        (
            "32",
            one(second().genesis(with(&[(Parameter::DeviceCap, 2 * reward - 1)])).reverts(
                "DeviceCapReached",
                "device_cap",
                "Two proofs of a device exceed device_cap by one.",
            )),
        ),
        (
            "33",
            one(second()
                .genesis(with(&[mini_pool(), vec![(Parameter::PoolCapSoftware, 2 * reward - 1)]].concat()))
                .reverts("EpochCapReached", "epoch_cap", "Two proofs exceed pool_cap_software by one.")),
        ),
        (
            "34",
            one(second()
                .genesis(with(&[mini_pool(), vec![(Parameter::NativeCapSoftware, 2 * reward - 1)]].concat()))
                .reverts("NativeCapReached", "native_cap", "Two proofs exceed native_cap_software by one.")),
        ),
    ]
}

pub(crate) fn file() -> File {
    let success = good().run();
    assert!(success.error.is_none(), "what the vectors change is paid when unchanged");
    let rows = [rows_of_the_call(), rows_of_the_statement(), rows_of_the_signature(), rows_of_the_price()];
    let vectors = rows
        .into_iter()
        .flatten()
        .flat_map(|(row, vectors)| {
            vectors.into_iter().map(move |vector| Vector { row: Some(row.to_owned()), ..vector })
        })
        .collect();
    build::file(
        "work-invalid",
        "submitWorkProof: for each row of the check table in work.md a proof that only that row refuses.",
        vectors,
    )
}
