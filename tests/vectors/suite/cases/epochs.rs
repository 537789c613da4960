//! The epoch roll: proofs in several blocks.

use crate::suite::{
    build::{self, Scenario, block, call, set, with},
    format::{Block, CallSpec, File, Vector},
};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::{
        Genesis,
        testing::{Miner, NOW},
    },
    protocol::{
        Parameter, ParameterSet,
        abi::IAIMiningInspector::{epochInfoCall, poolInfoCall},
    },
};

const E18: u128 = 1_000_000_000_000_000_000;

/// Proof `number` of the device, completed `seconds` after the fixtures' time.
fn proof(number: u64, units: u64, seconds: u64) -> CallSpec {
    let mut miner = Miner::new(ParameterSet::MlDsa44, 1, number);
    miner.statement.context.timestamp = NOW + seconds - 60;
    miner.statement.completed_at = NOW + seconds;
    miner.statement.compute_units = units;
    call(miner.calldata())
}

/// A pool whose target is a million units.
fn small() -> Genesis {
    with(&[(Parameter::TargetSoftware, 1_000_000)])
}

/// One epoch with `units`, then a proof in the next.
fn rolled(units: u64) -> Scenario {
    Scenario::new(proof(2, 1_000_000, 3_600))
        .genesis(small())
        .after(block(0), proof(1, units, 0))
        .at(block(3_600))
}

fn difficulty(scenario: &Scenario) -> u128 {
    let view = Scenario { call: call(poolInfoCall { pool: 0 }.abi_encode()), ..scenario.clone() };
    let output = view.run().output;
    u128::from_be_bytes(output[16..32].try_into().expect("a word"))
}

/// A vector whose roll leads to a known difficulty.
fn steps_to(scenario: Scenario, d: u128, name: &str, description: &str) -> Vector {
    assert_eq!(difficulty(&scenario), d, "{name}");
    scenario.succeeds(name, description)
}

fn difficulties() -> Vec<Vector> {
    let near_cap = |proof_cap| {
        let genesis = with(&[
            (Parameter::TargetSoftware, 8_000_000),
            (Parameter::DMax, 5 * E18 / 4),
            (Parameter::PoolCapSoftware, 100_000_000_000_000_000),
            (Parameter::ProofCap, proof_cap),
        ]);
        rolled(1_000_000).genesis(genesis)
    };
    let mut low_max = small();
    low_max.parameters = low_max.parameters.with(Parameter::DMax, 11 * E18 / 10);
    let mut high_min = small();
    high_min.parameters = high_min.parameters.with(Parameter::DMin, 9 * E18 / 10);
    vec![
        steps_to(rolled(1_000_000), E18, "on_target", "Units = target: d stays."),
        steps_to(
            rolled(800_000),
            5 * E18 / 4,
            "below_target",
            "Units = 4/5 of target: d* = 1.25 d, just within a step.",
        ),
        steps_to(rolled(500_000), 5 * E18 / 4, "far_below_target", "d* = 2 d: a quarter up is the most."),
        steps_to(rolled(3_000_000), 333_333_333_333_333_333, "above_target", "d* = ⌊10^18 / 3⌋ at once."),
        steps_to(rolled(4_000_000), E18 / 4, "four_times_target", "d* = d / 4, just within a step."),
        steps_to(
            rolled(12_000_000),
            E18 / 4,
            "far_above_target",
            "d* = d / 12: down to a quarter is the most.",
        ),
        steps_to(rolled(500_000).genesis(low_max), 11 * E18 / 10, "d_max", "d_max holds."),
        steps_to(rolled(4_000_000).genesis(high_min), 9 * E18 / 10, "d_min", "d_min holds."),
        steps_to(
            near_cap(94_000_000_000_000_001),
            E18,
            "near_the_cap",
            "paid + proof_cap = pool cap + 1: never up, although units are below target.",
        ),
        steps_to(
            near_cap(94_000_000_000_000_000),
            5 * E18 / 4,
            "at_the_cap",
            "paid + proof_cap = pool cap: a free step.",
        ),
        steps_to(
            Scenario::new(proof(2, 1_000_000, 36_000))
                .genesis(small())
                .after(block(0), proof(1, 500_000, 0))
                .at(block(36_000)),
            5 * E18 / 4,
            "a_gap_is_one_step",
            "Ten epochs without a proof: one step, the counter moves by ten.",
        ),
        steps_to(
            Scenario::new(proof(3, 1_000_000, 7_200))
                .genesis(small())
                .after(block(0), proof(1, 500_000, 0))
                .after(block(3_600), proof(2, 500_000, 3_600))
                .at(block(7_200)),
            1_562_500_000_000_000_000,
            "two_steps",
            "1.25 · 1.25.",
        ),
        steps_to(
            rolled(3_000_000).after(block(0), set(Parameter::TargetSoftware, 1_250_000)),
            416_666_666_666_666_666,
            "parameters_of_the_roll",
            "The roll uses the parameters of its own block: target 1,250,000 counts for the epoch that closes.",
        ),
    ]
}

fn clock() -> Vec<Vector> {
    let info = || Scenario::new(call(epochInfoCall {}.abi_encode()));
    let early = Block { number: 90, timestamp: NOW - 100 };
    vec![
        Scenario::new(proof(2, 1_000_000, 3_599))
            .genesis(small())
            .after(block(0), proof(1, 1_000_000, 0))
            .at(block(3_599))
            .succeeds("last_second_of_an_epoch", "No roll; counters add up."),
        Scenario::new(proof(2, 1_000_000, 5_000))
            .genesis(small())
            .after(block(0), proof(1, 1_000_000, 0))
            .at(block(5_000))
            .succeeds("start_is_a_multiple", "start moves by whole epochs, not to the time of the proof."),
        Scenario::new(proof(2, 1_000_000, 3_600))
            .genesis(small())
            .after(block(0), set(Parameter::EpochLength, 2_700))
            .after(block(0), proof(1, 1_000_000, 0))
            .at(block(3_600))
            .succeeds("changed_length", "The roll uses the old length, then stores the new one."),
        Scenario::new(proof(3, 1_000_000, 6_300))
            .genesis(small())
            .after(block(0), set(Parameter::EpochLength, 2_700))
            .after(block(0), proof(1, 1_000_000, 0))
            .after(block(3_600), proof(2, 1_000_000, 3_600))
            .at(block(6_300))
            .succeeds("changed_length_in_force", "The next epoch has 2,700 seconds."),
        Scenario::new(proof(2, 1_000_000, 3_600))
            .genesis(small())
            .after(block(0), proof(1, 700_000_000 / 100, 0))
            .at(block(3_600))
            .succeeds(
                "device_counters_start_again",
                "Units and paid of the device belong to the old epoch and count as zero.",
            ),
        info().genesis(small()).after(block(0), proof(1, 1_000_000, 0)).at(early).succeeds(
            "time_before_the_epoch",
            "A call simulated at a time before the stored epoch: nothing has passed.",
        ),
    ]
}

pub(crate) fn file() -> File {
    build::file(
        "epochs",
        "The epoch roll at an acceptance: clock, difficulty, seeds, counters across several blocks.",
        [difficulties(), clock()].concat(),
    )
}
