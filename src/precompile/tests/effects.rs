//! What an accepted proof changes: money, marks, counters, events, return value.

use super::*;
use crate::{storage::layout::*, testing::GOVERNOR};
use alloy_primitives::{LogData, keccak256};
use alloy_sol_types::SolEvent;
use pars_protocol::{
    Pool, WorkStatement,
    abi::{
        IAIMining::{miningBalanceCall, submitWorkProofCall},
        IAIMiningEvents::{Transfer, WorkAccepted},
        IAIMiningInspector::*,
    },
};

/// 10^10 · 10^6 · 10^18 · 6000 / 10^22.
const REWARD: u64 = 6_000_000_000_000_000;

/// BLAKE3 as the specification's formulas write it.
fn blake(parts: &[&[u8]]) -> B256 {
    B256::from(*blake3::hash(&parts.concat()).as_bytes())
}

fn derive(tag: &str, parts: &[&[u8]]) -> B256 {
    B256::from(blake3::derive_key(tag, &parts.concat()))
}

#[test]
fn b7_an_acceptance_changes_what_the_specification_says_and_nothing_else() {
    for set in SETS {
        let (precompile, mut host) = (precompile(), host(&genesis()));
        let miner = Miner::new(set, 1, 1);
        let before = host.account.clone();
        let (output, executed) = accepted(&mut host, &precompile, call(miner.calldata()));

        let statement = miner.statement;
        let work = statement.context;
        let key = miner.public_key();
        let device = derive("pars.aimining.software-device.v1", &[key]);
        assert_eq!(work.device_id, device);
        let work_id = blake(&[device.as_slice(), work.nonce.as_slice(), &CHAIN_ID.to_le_bytes()]);
        let job_mark = derive("pars.aimining.job.v1", &[device.as_slice(), work.job_id.as_slice()]);
        let signed = &miner.proof()[..WorkStatement::LENGTH];
        let proof_hash = keccak256(signed);
        let first = derive("pars.aimining.epoch-seed.v1", &[&CHAIN_ID.to_be_bytes()]);
        let second = derive(
            "pars.aimining.epoch-seed.v1",
            &[
                first.as_slice(),
                &1_u64.to_be_bytes(),
                &100_u64.to_be_bytes(),
                &NOW.to_be_bytes(),
                B256::ZERO.as_slice(),
            ],
        );

        // The whole storage, entry by entry.
        let mut expected = before.storage;
        let reward = U256::from(REWARD);
        expected.extend([
            (TOTAL_SUPPLY.key(), reward),
            (BALANCES.at(RECIPIENT).key(), reward),
            (ACCEPTED_WORK.at(work_id).key(), proof_hash.into()),
            (JOB_PAID.at(job_mark).key(), U256::ONE),
            (LAST_WORK_ID.key(), work_id.into()),
            (EPOCH_START.key(), U256::from(NOW)),
            (EPOCH_COUNTER.key(), U256::ONE),
            (SEED_CURRENT.key(), second.into()),
            (SEED_PREVIOUS.key(), first.into()),
            (POOL_UNITS.at(0).key(), U256::from(1_000_000)),
            (POOL_PAID.at(0).key(), reward),
            (POOL_NATIVE_PAID.at(0).key(), reward),
            (POOL_PROOFS.at(0).key(), U256::ONE),
            (DEVICE_EPOCH.at(device).key(), U256::ONE),
            (DEVICE_UNITS.at(device).key(), U256::from(1_000_000)),
            (DEVICE_PAID.at(device).key(), reward),
        ]);
        assert_eq!(host.account.storage, expected);
        assert_eq!((host.account.nonce, &host.account.code), (1, &before.code));
        assert_eq!(host.native, BTreeMap::from([(RECIPIENT, reward)]));
        assert_eq!(output.as_ref(), reward.to_be_bytes::<32>());

        let events: [LogData; 2] = [
            Transfer { from: Address::ZERO, to: RECIPIENT, value: reward }.encode_log_data(),
            WorkAccepted {
                workId: work_id,
                recipient: RECIPIENT,
                jobId: work.job_id,
                deviceId: device,
                miner: Address::from_slice(&blake(&[key])[..20]),
                workDigest: blake(&[
                    device.as_slice(),
                    work.model_hash.as_slice(),
                    work.input_hash.as_slice(),
                    statement.output_hash.as_slice(),
                ]),
                proofHash: proof_hash,
                tier: 1,
                trustBps: 6_000,
                computeUnits: 1_000_000,
                reward,
                nativeReward: reward,
                epoch: 1,
            }
            .encode_log_data(),
        ];
        assert_eq!(executed.logs, events);

        // What contracts ask afterwards.
        assert_eq!(view(&mut host, &precompile, miningBalanceCall { miner: RECIPIENT }), reward);
        assert_eq!(view(&mut host, &precompile, miningBalanceCall { miner: RELAYER }), U256::ZERO);
        assert!(view(&mut host, &precompile, isSpentCall { workId: work_id }));
        assert!(!view(&mut host, &precompile, isSpentCall { workId: job_mark }));
        assert_eq!(view(&mut host, &precompile, acceptedWorkCall { workId: work_id }), proof_hash);
        assert_eq!(view(&mut host, &precompile, acceptedWorkCall { workId: B256::ZERO }), B256::ZERO);
        assert!(view(&mut host, &precompile, isJobPaidCall { deviceId: device, jobId: work.job_id }));
        assert!(!view(&mut host, &precompile, isJobPaidCall { deviceId: work.job_id, jobId: device }));
        let id = computeWorkIdCall { deviceId: device, nonce: work.nonce, chainId: 6133 };
        assert_eq!(view(&mut host, &precompile, id), work_id);
    }
}

#[test]
fn b7_topics_and_data_of_the_events_are_those_of_their_signatures() {
    let (precompile, mut host) = (precompile(), host(&genesis()));
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    let (_, executed) = accepted(&mut host, &precompile, call(miner.calldata()));
    let [transfer, work] = executed.logs.as_slice() else { panic!("two events") };
    let topic = |signature: &str| keccak256(signature);
    assert_eq!(transfer.topics()[0], topic("Transfer(address,address,uint256)"));
    assert_eq!(
        work.topics()[0],
        topic(
            "WorkAccepted(bytes32,address,bytes32,bytes32,address,bytes32,bytes32,uint8,uint16,uint64,uint256,uint256,uint64)"
        )
    );
    assert_eq!(work.topics()[1..], [miner.work_id(), RECIPIENT.into_word(), miner.statement.context.job_id]);
    // Ten words that are not indexed, as gas.rs prices them.
    assert_eq!((transfer.topics().len(), transfer.data.len()), (3, 32));
    assert_eq!((work.topics().len(), work.data.len()), (4, 10 * 32));
}

#[test]
fn a_pool_of_no_native_rate_mints_no_pars() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis_of(&[(Parameter::NativeBase, 0), (Parameter::NativeCapSoftware, 0)]));
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    let (_, executed) = accepted(&mut host, &precompile, call(unsigned(&miner)));
    assert!(host.native.is_empty(), "mint_native was called for zero");
    let event = WorkAccepted::decode_log_data(&executed.logs[1]).unwrap();
    assert_eq!((event.reward, event.nativeReward), (U256::from(REWARD), U256::ZERO));
    // A rate whose product floors to zero mints nothing either, and does not refuse.
    put_parameter(&mut host, Parameter::NativeBase, 1);
    let mut small = Miner::new(ParameterSet::MlDsa44, 1, 2);
    small.statement.compute_units = 1;
    let (_, executed) = accepted(&mut host, &precompile, call(unsigned(&small)));
    assert!(host.native.is_empty());
    assert_eq!(WorkAccepted::decode_log_data(&executed.logs[1]).unwrap().nativeReward, U256::ZERO);
}

#[test]
fn ai_and_pars_are_floored_apart() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    put_parameter(&mut host, Parameter::Base, 10_000_000_003);
    put_parameter(&mut host, Parameter::NativeBase, 7);
    put(&mut host, POOL_DIFFICULTY.at(0).key(), U256::from(999_999_999_999_999_999_u64));
    let mut miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    miner.statement.compute_units = 7;
    // 10000000003 · 7 · (10^18 − 1) · 6000 / 10^22 = 42000000012.599…; 7 · 7 · … = 29.399…
    assert_eq!(paid(&mut host, &precompile, unsigned(&miner)), U256::from(42_000_000_012_u64));
    assert_eq!(host.native[&RECIPIENT], U256::from(29));
}

#[test]
fn f2_h5_whoever_relays_a_proof_the_signed_recipient_is_paid() {
    let miner = Miner::new(ParameterSet::MlDsa65, 1, 1);
    let mut states = Vec::new();
    for caller in [RELAYER, RECIPIENT, GOVERNOR, Address::ZERO, Address::repeat_byte(0xee)] {
        let (precompile, mut host) = (precompile(), host(&genesis()));
        let (output, executed) = accepted(&mut host, &precompile, from(caller, miner.calldata()));
        assert_eq!(view(&mut host, &precompile, miningBalanceCall { miner: RECIPIENT }), U256::from(REWARD));
        // The one who copied the proof and came second gets nothing.
        assert!(matches!(
            host.execute(&precompile, from(RECIPIENT, miner.calldata())).outcome,
            Outcome::Revert(_)
        ));
        states.push((state(&host), output, executed));
    }
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "the caller left a trace");
}

#[test]
fn the_miner_address_is_a_name_and_owns_nothing() {
    let (precompile, mut host) = (precompile(), host(&genesis()));
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    accepted(&mut host, &precompile, call(miner.calldata()));
    let name = deriveAddressCall { publicKey: Bytes::copy_from_slice(miner.public_key()) };
    let name = view(&mut host, &precompile, name);
    assert_eq!(name, Address::from_slice(&blake(&[miner.public_key()])[..20]));
    assert_eq!(view(&mut host, &precompile, miningBalanceCall { miner: name }), U256::ZERO);
}

#[test]
fn h2_quotes_are_what_proofs_are_paid() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    for (number, units) in [1, 2, 999_999, 1_000_000, 12_779_500].into_iter().enumerate() {
        let quote = view(&mut host, &precompile, quoteRewardCall { tier: 1, units });
        let mut miner = Miner::new(ParameterSet::MlDsa44, 1, number as u64);
        miner.statement.compute_units = units;
        assert_eq!(paid(&mut host, &precompile, unsigned(&miner)), quote.reward);
        assert_eq!(quote.nativeReward, quote.reward);
    }
    // Trust of the four tiers, at difficulty 1: 10^10 · units · bps / 10^4.
    for (tier, bps) in [(1, 6_000_u64), (2, 8_500), (3, 9_500), (4, 10_000)] {
        let quote = view(&mut host, &precompile, quoteRewardCall { tier, units: 1_000 });
        assert_eq!(quote.reward, U256::from(1_000_000_000 * bps));
    }
    assert_eq!(view(&mut host, &precompile, quoteRewardCall { tier: 4, units: 0 }).reward, U256::ZERO);
    for tier in [0, 5, 255] {
        let expected = error(pars_protocol::abi::IAIMiningErrors::UnknownTier { tier });
        let input = quoteRewardCall { tier, units: 1 }.abi_encode();
        refused(&mut host, &precompile, call(input), &expected);
    }
}

#[test]
fn views_refuse_what_does_not_exist() {
    use pars_protocol::abi::IAIMiningErrors::{ChainIdTooLarge, UnknownPool};
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    assert_eq!(Pool::ALL.map(Pool::id), [0, 1]);
    for pool in [2, 255] {
        let input = poolInfoCall { pool }.abi_encode();
        refused(&mut host, &precompile, call(input), &error(UnknownPool { pool }));
    }
    let id = |chain| computeWorkIdCall { deviceId: B256::ZERO, nonce: B256::ZERO, chainId: chain };
    for chain in [1 << 32, u64::MAX] {
        let expected = error(ChainIdTooLarge { chainId: chain });
        refused(&mut host, &precompile, call(id(chain).abi_encode()), &expected);
    }
    let largest = blake(&[&[0; 64], &u32::MAX.to_le_bytes()]);
    assert_eq!(view(&mut host, &precompile, id(u64::from(u32::MAX))), largest);
}

#[test]
fn c10_verify_mldsa_answers_one_word_for_any_input() {
    use pars_mldsa::SigningKey;
    use pars_protocol::abi::IAIMining::verifyMLDSACall;
    let (precompile, mut host) = (precompile(), host(&genesis()));
    for set in SETS {
        let key = SigningKey::from_seed(set, &[1; 32]);
        let signature = key.sign(b"message", b"", &[0; 32]).unwrap();
        let mut ask = |pk: &[u8], message: &[u8], signature: &[u8]| {
            let question = verifyMLDSACall {
                pk: Bytes::copy_from_slice(pk),
                msg: Bytes::copy_from_slice(message),
                sig: Bytes::copy_from_slice(signature),
            };
            let (output, _) = accepted(&mut host, &precompile, call(question.abi_encode()));
            assert_eq!(output.len(), 32);
            assert!(output[..31].iter().all(|byte| *byte == 0) && output[31] <= 1);
            output[31] == 1
        };
        let pk = key.public_key();
        assert!(ask(pk, b"message", &signature));
        assert!(!ask(pk, b"messagf", &signature));
        assert!(!ask(&pk[1..], b"message", &signature));
        assert!(!ask(pk, b"message", &signature[1..]));
        assert!(!ask(pk, b"message", &[signature.as_slice(), &[0]].concat()));
        assert!(!ask(b"", b"", b""));
        let work = key.sign(b"message", b"pars.aimining.work.v1", &[0; 32]).unwrap();
        assert!(!ask(pk, b"message", &work), "the context is the empty one");
    }
}

#[test]
fn getters_of_keys_follow_the_length_alone() {
    let (precompile, _) = stubbed(false);
    let mut host = host(&genesis());
    for (length, level) in [(1_312, 2), (1_952, 3), (2_592, 5), (0, 0), (1_311, 0), (1_313, 0), (32, 0)] {
        let key = Bytes::from(vec![7; length]);
        assert_eq!(view(&mut host, &precompile, getSecurityLevelCall { publicKey: key.clone() }), level);
        let expected = Address::from_slice(&blake(&[&key])[..20]);
        assert_eq!(view(&mut host, &precompile, deriveAddressCall { publicKey: key }), expected);
    }
    assert_eq!(view(&mut host, &precompile, versionCall {}), 1);
    assert_eq!(<submitWorkProofCall as SolCall>::SIGNATURE, "submitWorkProof(bytes,bytes)");
}
