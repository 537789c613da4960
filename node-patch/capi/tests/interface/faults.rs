//! A host that fails: the call ends there, as the node's fault, whichever callback it was.

use crate::c::*;
use alloy_primitives::{B256, U256, hex};
use pars_mldsa::ParameterSet;
use pars_precompile::testing::{self, GpuMiner, Miner};

/// Slot of `epochLength` (`precompile-spec/state.md`).
const EPOCH_LENGTH: u64 = 11;
/// `epochInfo()`.
const EPOCH_INFO: [u8; 4] = hex!("1f1b8a8c");

/// What a callback answers when its database fails.
const EIO: i32 = -5;

/// Fails at every callback of a call, one after the other.
fn fail_everywhere(precompile: &Precompile, ready: &Host, input: &[u8], answer: i32) -> Vec<&'static str> {
    let call = on_fixture();
    let mut host = ready.clone();
    let fine = precompile.execute(&mut host, &call, input);
    assert_eq!(fine.status, SUCCESS, "{fine:?}");
    let asked = host.asked.clone();
    for (at, name) in asked.iter().enumerate() {
        let mut host = ready.clone();
        host.fail = Some((at, answer));
        let ended = precompile.execute(&mut host, &call, input);
        let text = format!("host: {name} answered {answer}");
        assert_eq!(
            ended,
            Ended { status: FATAL, output: Some(text.into_bytes().into()), gas_left: 0 },
            "callback {at}"
        );
        assert_eq!(host.asked, asked[..=at], "nothing is asked after a failure");
        // The handle is as it was.
        let again = precompile.execute(&mut ready.clone(), &call, input);
        assert_eq!(again, fine);
    }
    asked
}

#[test]
fn a_failure_of_any_callback_of_a_proof_is_fatal_and_ends_the_call() {
    let (precompile, mut ready) = fixture();
    // An account that EIP-161 might take: the nonce is read and set.
    ready.state.nonce = 0;
    let mut gpu = GpuMiner::new(pars_nvtrust::Architecture::GH100, ParameterSet::MlDsa44, 1, 1);
    let input = gpu.calldata(gpu.full());
    for answer in [EIO, 2] {
        let asked = fail_everywhere(&precompile, &ready, &input, answer);
        for name in ["get_state", "set_state", "add_log", "get_nonce", "set_nonce", "mint_native"] {
            assert!(asked.contains(&name), "{name} is not asked: {asked:?}");
        }
        assert!(asked.len() > 20, "{asked:?}");
    }
}

#[test]
fn a_failure_of_any_callback_of_a_view_is_fatal() {
    let (precompile, ready) = fixture();
    for answer in [EIO, 1, i32::MIN] {
        // miningBalance
        let mut input = hex!("d3d7bc64").to_vec();
        input.extend([0; 32]);
        assert_eq!(fail_everywhere(&precompile, &ready, &input, answer), ["get_state"]);
    }
}

#[test]
fn a4_a_balance_beyond_256_bits_is_refused_and_no_failure_of_the_host() {
    let (precompile, mut ready) = fixture();
    let mut gpu = GpuMiner::new(pars_nvtrust::Architecture::GH100, ParameterSet::MlDsa44, 1, 1);
    let input = gpu.calldata(gpu.full());
    ready.state.minted.insert(testing::RECIPIENT, U256::MAX);
    let before = ready.state.clone();
    let ended = precompile.execute(&mut ready, &on_fixture(), &input);
    // ArithmeticOverflow()
    assert_eq!((ended.status, ended.output), (REVERT, Some(hex!("e47ec074").into())));
    assert!(ended.gas_left > 0);
    assert_eq!(*ready.asked.last().expect("asked"), "mint_native");
    assert_eq!(ready.state, before);
}

#[test]
fn a_failure_during_activation_is_fatal_and_one_before_it_leaves_nothing() {
    let (precompile, _) = fixture();
    let chain = u64::from(testing::CHAIN_ID);
    let mut host = Host::default();
    assert_eq!(precompile.activate(&mut host, chain).0, SUCCESS);
    let asked = host.asked.clone();
    assert_eq!(asked[..3], ["get_state", "set_nonce", "set_code"]);
    for (at, name) in asked.iter().enumerate() {
        let mut host = Host { fail: Some((at, EIO)), ..Host::default() };
        let answer = precompile.activate(&mut host, chain);
        assert_eq!(answer, (FATAL, format!("host: {name} answered {EIO}")), "callback {at}");
        assert_eq!(host.asked, asked[..=at]);
        assert!(at > 1 || host.state == State::default());
    }
}

#[test]
fn a_damaged_state_is_fatal() {
    let (precompile, mut host) = fixture();
    let proof = Miner::new(ParameterSet::MlDsa44, 1, 1).calldata();
    assert_eq!(precompile.execute(&mut host, &on_fixture(), &proof).status, SUCCESS);
    // `epochLength`, which activation writes and nothing takes away.
    let slot = B256::from(U256::from(EPOCH_LENGTH));
    assert!(host.state.storage.remove(&slot).is_some());
    let ended = precompile.execute(&mut host, &on_fixture(), &EPOCH_INFO);
    let text = "0x0300 was not activated on this state";
    assert_eq!(ended, Ended { status: FATAL, output: Some(text.into()), gas_left: 0 });
}
