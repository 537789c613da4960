//! Tests of the core on the host in memory. What they compare with is written from the specification's tables and
//! formulas, never from the code beside it. A name carries the id of the checklist row it answers.

mod atomicity;
mod attestation;
mod caps;
mod checks;
mod effects;
mod fuzz;
mod gas;
mod genesis;
mod governance;
mod layout;
mod methods;
mod model;
mod property;
mod rolls;
mod surface;
mod teleport;

use crate::{
    Genesis, MemoryHost, Outcome, Precompile,
    memory::{Account, Call, Executed},
    storage::layout::{ICA_ARCHITECTURE, ICA_BY_KEY, ICA_COUNT, ICA_KEY, ICA_TIER, PARAMETER_VALUE},
    testing::*,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError};
use pars_mldsa::ParameterSet;
use pars_protocol::{Parameter, TeleportMessage};
use proptest::test_runner::{Config, RngSeed};
use std::collections::BTreeMap;

const SETS: [ParameterSet; 3] = [ParameterSet::MlDsa44, ParameterSet::MlDsa65, ParameterSet::MlDsa87];

/// 10^18.
const ONE: u128 = 1_000_000_000_000_000_000;

/// Seed of every random run here; `PARS_SEED` overrides it. Printed with a failing test.
#[expect(clippy::disallowed_methods, reason = "the environment chooses what to try, never what is right")]
fn seed() -> u64 {
    let seed = std::env::var("PARS_SEED").map_or(0x0300, |seed| seed.parse().expect("PARS_SEED is a u64"));
    println!("PARS_SEED={seed}");
    seed
}

/// Properties of so many cases from [`seed`]; `PROPTEST_CASES` overrides the number.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment chooses how long to test, never what is right"
)]
fn cases(count: u32) -> Config {
    let mut config =
        Config { failure_persistence: None, rng_seed: RngSeed::Fixed(seed()), ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = count;
    }
    config
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// Everything a call may change.
type State = (Account, BTreeMap<Address, U256>);

fn state(host: &MemoryHost) -> State {
    (host.account.clone(), host.native.clone())
}

/// A word at a slot, as if an earlier call had written it.
fn put(host: &mut MemoryHost, slot: U256, value: impl TryInto<U256, Error: std::fmt::Debug>) {
    let value = value.try_into().unwrap();
    if value.is_zero() {
        host.account.storage.remove(&slot);
    } else {
        host.account.storage.insert(slot, value);
    }
}

fn word(host: &MemoryHost, slot: U256) -> U256 {
    host.account.storage.get(&slot).copied().unwrap_or_default()
}

/// A parameter, past every rule of governance.
fn put_parameter(host: &mut MemoryHost, parameter: Parameter, value: u128) {
    put(host, PARAMETER_VALUE.at(parameter.name()).key(), U256::from(value));
}

fn error(error: impl SolError) -> Outcome {
    Outcome::Revert(error.abi_encode().into())
}

/// Runs a call that must end as told and leave no trace.
#[track_caller]
fn refused(host: &mut MemoryHost, precompile: &Precompile, call: Call, expected: &Outcome) -> Executed {
    let before = state(host);
    let executed = host.execute(precompile, call);
    assert_eq!(&executed.outcome, expected);
    assert!(executed.logs.is_empty(), "logs of a call that failed");
    assert_eq!(state(host), before, "a failed call left a trace");
    executed
}

/// Runs a call that must succeed.
#[track_caller]
fn accepted(host: &mut MemoryHost, precompile: &Precompile, call: Call) -> (Bytes, Executed) {
    let executed = host.execute(precompile, call);
    let Outcome::Success(output) = executed.outcome.clone() else {
        panic!("refused: {:?}", executed.outcome);
    };
    (output, executed)
}

/// Runs a submission under a stub verifier that must pay, and says how much.
#[track_caller]
fn paid(host: &mut MemoryHost, precompile: &Precompile, input: Bytes) -> U256 {
    U256::from_be_slice(&accepted(host, precompile, call(input)).0)
}

/// Asks a view. It must succeed and store nothing.
#[track_caller]
fn view<C: SolCall>(host: &mut MemoryHost, precompile: &Precompile, question: C) -> C::Return {
    let before = state(host);
    let (output, executed) = accepted(host, precompile, call(question.abi_encode()));
    assert!(executed.logs.is_empty());
    assert_eq!(state(host), before, "a view wrote");
    C::abi_decode_returns(&output).unwrap()
}

/// Calldata of submitWorkProof without a true signature.
fn unsigned(miner: &Miner) -> Bytes {
    submit(miner.unsigned_proof())
}

fn from(caller: Address, input: impl Into<Bytes>) -> Call {
    Call { caller, ..call(input) }
}

/// A legal message from another chain, of so much AI.
fn teleport_of(nonce: u64, recipient: Address, amount: U256) -> TeleportMessage {
    TeleportMessage {
        src_chain: 7070,
        dst_chain: CHAIN_ID,
        nonce,
        sender: B256::repeat_byte(0x77),
        recipient: recipient.into_word(),
        amount,
    }
}

/// The slots of the two intermediates that genesis pins, GH100 at index 0 and GB100 at index 1.
fn genesis_icas() -> BTreeMap<U256, U256> {
    let mut slots = BTreeMap::from([(ICA_COUNT.key(), U256::from(2))]);
    for (index, (tier, name)) in [(3, "GH100"), (4, "GB100")].into_iter().enumerate() {
        let key = pars_nvtrust::GENESIS_ICAS[index].public_key;
        let index = u8::try_from(index).unwrap();
        slots.insert(ICA_TIER.at(index).key(), U256::from(tier));
        let name = B256::right_padding_from(name.as_bytes());
        slots.insert(ICA_ARCHITECTURE.at(index).key(), name.into());
        slots.insert(ICA_BY_KEY.at(alloy_primitives::keccak256(key)).key(), U256::from(index + 1));
        for (part, word) in (0..).zip(key.chunks_exact(32)) {
            slots.insert(ICA_KEY.at(index).at(part).key(), U256::from_be_slice(word));
        }
    }
    slots
}

/// The fixtures' genesis with these teleports.
fn genesis_with(pending_teleports: Vec<TeleportMessage>) -> Genesis {
    Genesis { pending_teleports, ..genesis() }
}

/// The fixtures' genesis with these parameters, which must be legal.
fn genesis_of(parameters: &[(Parameter, u128)]) -> Genesis {
    let mut genesis = genesis();
    for (parameter, value) in parameters {
        genesis.parameters = genesis.parameters.with(*parameter, *value);
    }
    genesis.check().unwrap();
    genesis
}

#[test]
fn a_failed_call_leaves_the_memory_host_as_it_was() {
    // The other tests rely on it, so it is checked against a copy, with writes, coins and nonce undone.
    let (precompile, _) = stubbed(true);
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    let mut host = host(&genesis());
    host.account.nonce = 0;
    let before = state(&host);
    let mut writes = 0;
    loop {
        host.fail_on_sstore = Some(writes);
        if let Outcome::Success(_) = host.execute(&precompile, call(unsigned(&miner))).outcome {
            break;
        }
        assert_eq!(state(&host), before);
        writes += 1;
    }
    assert!(writes > 10);
    assert_ne!(state(&host), before);
    assert_eq!(host.account.nonce, 1);
}
