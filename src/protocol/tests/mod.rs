//! Tests of the words. What they compare with is written from the specification's tables and formulas, never from the
//! code beside it; hex constants were made with other implementations of BLAKE3 and Keccak-256.

mod codecs;
mod economics;
mod epochs;
mod ids;
mod parameters;
mod selectors;
mod strict;
mod tier;

use crate::{ParameterSet, TeleportMessage, WorkContext, WorkStatement};
use alloy_primitives::{Address, B256, U256};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};

const SETS: [ParameterSet; 3] = [ParameterSet::MlDsa44, ParameterSet::MlDsa65, ParameterSet::MlDsa87];

/// Seed of every property here; `PROPTEST_RNG_SEED` overrides it.
const SEED: u64 = 0x0300;

/// So many cases (`PROPTEST_CASES` overrides it) from a fixed seed. The line is shown with a failing test.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment chooses how long to test, never what is right"
)]
fn cases(count: u32) -> Config {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = count;
    }
    println!("proptest: {} cases, {:?}", config.cases, config.rng_seed);
    config
}

/// `start, start + 1, …`: no two bytes within reach agree, so a misplaced field shows.
fn pattern<const N: usize>(start: u8) -> [u8; N] {
    std::array::from_fn(|index| start.wrapping_add(index.to_le_bytes()[0]))
}

fn context() -> WorkContext {
    WorkContext {
        chain_id: 6133,
        job_id: B256::from(pattern(0x10)),
        model_hash: B256::from(pattern(0x30)),
        input_hash: B256::from(pattern(0x50)),
        device_id: B256::from(pattern(0x70)),
        nonce: B256::from(pattern(0x90)),
        timestamp: 1_700_000_000,
    }
}

fn statement(parameter_set: ParameterSet) -> WorkStatement {
    WorkStatement {
        parameter_set,
        context: context(),
        output_hash: B256::from(pattern(0xb0)),
        compute_units: 0x0102_0304_0506_0708,
        completed_at: 1_700_000_123,
        recipient: Address::from(pattern(0xd0)),
        min_reward: 0x1112_1314_1516_1718_191a_1b1c_1d1e_1f20,
        attestation_hash: B256::from(pattern(0xe0)),
    }
}

fn teleport() -> TeleportMessage {
    let mut recipient = [0; 32];
    recipient[12..].copy_from_slice(&pattern::<20>(0x40));
    TeleportMessage {
        src_chain: 7070,
        dst_chain: 6133,
        nonce: 42,
        sender: B256::from(pattern(0x20)),
        recipient: B256::from(recipient),
        amount: U256::from(1_000_000_000_000_000_007_u64),
    }
}

fn any_b256() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::from)
}

fn any_u256() -> impl Strategy<Value = U256> {
    any::<[u8; 32]>().prop_map(U256::from_be_bytes)
}

fn any_address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::from)
}

fn any_set() -> impl Strategy<Value = ParameterSet> {
    proptest::sample::select(SETS.to_vec())
}

/// Runs `work` and says how often it allocated.
fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn the_allocation_counter_counts() {
    assert_eq!(allocations(|| ()), 0);
    assert!(allocations(|| drop(std::hint::black_box(vec![0_u8; 100]))) > 0);
}

#[test]
fn a9_the_address_has_these_twenty_bytes() {
    let mut expected = [0_u8; 20];
    expected[18] = 0x03;
    assert_eq!(crate::ADDRESS.as_slice(), expected);
    // Solidity's address(0x0300), not the left-aligned 0x0300…00.
    assert_eq!(U256::from_be_slice(crate::ADDRESS.as_slice()), U256::from(0x0300));
    assert_eq!(crate::DEFAULT_CHAIN_ID, 6133);
}
