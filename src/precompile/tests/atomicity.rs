//! All or nothing: failing writes, every amount of gas, every mutating path.

use super::*;
use crate::{
    Fatal,
    storage::layout::{PENDING_GOVERNOR, POOL_NATIVE_PAID, POOL_PAID, POOL_PROOFS, POOL_UNITS},
};
use pars_protocol::{
    abi::{IAIMining::claimTeleportCall, IAIMiningGovernance::*},
    ids,
};

/// A path that writes, and the state from which it starts.
struct Path {
    name: &'static str,
    host: MemoryHost,
    call: Call,
    /// How many writes of storage it makes.
    writes: u64,
}

fn governor(question: impl SolCall) -> Call {
    from(GOVERNOR, question.abi_encode())
}

fn set(parameter: Parameter, value: u64) -> Call {
    governor(setParameterCall { name: parameter.name(), value: U256::from(value) })
}

/// A proof of another device, completed at the host's time.
fn proof(host: &MemoryHost, device: u8, number: u64) -> Call {
    let mut miner = Miner::new(ParameterSet::MlDsa44, device, number);
    miner.statement.completed_at = host.block_timestamp;
    miner.statement.context.timestamp = host.block_timestamp - 60;
    call(unsigned(&miner))
}

fn paths() -> Vec<Path> {
    let (precompile, _) = stubbed(true);
    let messages: Vec<_> = (0..3).map(|n| teleport_of(n, RECIPIENT, U256::from(n + 1))).collect();
    let fresh = host(&genesis_with(messages.clone()));
    let claim = |message: &TeleportMessage| {
        call(claimTeleportCall { teleportId: ids::teleport_id(message) }.abi_encode())
    };

    let mut opened = fresh.clone();
    let first = proof(&opened, 2, 1);
    accepted(&mut opened, &precompile, first);
    let mut later = opened.clone();
    later.block_timestamp += 10_000;
    for slot in
        [POOL_UNITS.at(1).key(), POOL_PAID.at(1).key(), POOL_NATIVE_PAID.at(1).key(), POOL_PROOFS.at(1).key()]
    {
        put(&mut later, slot, U256::from(5));
    }
    let mut paused = fresh.clone();
    accepted(&mut paused, &precompile, set(Parameter::Base, 0));
    let mut proposed = fresh.clone();
    put(&mut proposed, PENDING_GOVERNOR.key(), U256::from_be_slice(RELAYER.as_slice()));

    let path = |name, host: &MemoryHost, call, writes| Path { name, host: host.clone(), call, writes };
    vec![
        // Three of the clock, two pools of five, two seeds, three of the device, two marks, last id, balance, supply.
        path("first submission", &fresh, proof(&fresh, 1, 2), 22),
        path("submission in a running epoch", &opened, proof(&opened, 1, 2), 13),
        path("submission that rolls", &later, proof(&later, 1, 2), 22),
        // Status, entry, index of the moved one, last entry, length, index, balance, supply.
        path("claim of the first entry", &fresh, claim(&messages[0]), 8),
        path("claim of the last entry", &fresh, claim(&messages[2]), 6),
        path("parameter step", &fresh, set(Parameter::Base, 9_000_000_000), 2),
        path("pause", &fresh, set(Parameter::Base, 0), 2),
        path("resume", &paused, set(Parameter::Base, 10_000_000_000), 1),
        path("step while paused", &paused, set(Parameter::Base, 9_000_000_000), 2),
        path("proposal of a governor", &fresh, governor(proposeGovernorCall { proposed: RELAYER }), 1),
        path("acceptance of a governor", &proposed, call(acceptGovernorCall {}.abi_encode()), 2),
    ]
}

#[test]
fn b2_b4_any_failing_write_is_fatal_and_leaves_nothing() {
    let (precompile, _) = stubbed(true);
    for Path { name, mut host, call, writes } in paths() {
        for k in 0..writes {
            host.fail_on_sstore = Some(k);
            let fatal = Outcome::Fatal(Fatal::Host("injected write failure".into()));
            println!("{name}, write {k}");
            refused(&mut host, &precompile, call.clone(), &fatal);
            assert_eq!(host.fail_on_sstore, None, "the write was reached");
        }
        // One write more was never made: the path is covered whole.
        host.fail_on_sstore = Some(writes);
        accepted(&mut host, &precompile, call);
        assert_eq!(host.fail_on_sstore, Some(0), "{name} makes {writes} writes");
    }
}

/// Tries amounts of gas below the cost, `step` apart, and the cost itself.
fn sweep(path: Path, step: usize) {
    let (precompile, _) = stubbed(true);
    let Path { name, mut host, call, .. } = path;
    let cost = accepted(&mut host.clone(), &precompile, call.clone()).1.gas_used;
    let (account, native) = state(&host);
    for gas in (0..cost).step_by(step).chain([cost - 1]) {
        let executed = host.execute(&precompile, Call { gas, ..call.clone() });
        assert_eq!((&executed.outcome, executed.gas_used), (&Outcome::OutOfGas, gas), "{name}");
        assert!(executed.logs.is_empty());
        assert!(host.account == account && host.native == native, "{name} with {gas} gas left a trace");
    }
    for gas in [cost, cost + 1] {
        let mut host = host.clone();
        let (_, executed) = accepted(&mut host, &precompile, Call { gas, ..call.clone() });
        assert_eq!(executed.gas_used, cost);
        assert_ne!(host.account, account);
    }
}

#[test]
fn b3_any_gas_below_the_cost_leaves_no_trace() {
    // Every amount for every method; of the submissions only one is swept whole, for time's sake.
    for path in paths() {
        let whole = !path.name.contains("submission") || path.name == "submission that rolls";
        sweep(path, if whole { 1 } else { 97 });
    }
}

#[test]
#[ignore = "long: run by make long"]
fn long_b3_any_gas_below_the_cost_of_a_submission_leaves_no_trace() {
    for path in paths().into_iter().filter(|path| path.name.contains("submission")) {
        sweep(path, 1);
    }
}
