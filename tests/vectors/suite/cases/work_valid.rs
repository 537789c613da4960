//! Proofs that are paid: each parameter set, and each bound at its edge.

use crate::suite::{
    build::{self, Scenario, block, set, with},
    format::{File, Status, Vector},
};
use alloy_primitives::U256;
use pars_ai_mining::{
    precompile::testing::{Miner, NOW, RELAYER, genesis},
    protocol::{Parameter, ParameterSet, Tier},
};

const REWARD: u128 = 6_000_000_000_000_000;

fn miner(number: u64) -> Miner {
    Miner::new(ParameterSet::MlDsa44, 1, number)
}

fn edit(mut miner: Miner, change: impl FnOnce(&mut Miner)) -> Miner {
    change(&mut miner);
    miner
}

/// A proof whose job took `duration` seconds, ends `after` seconds from the block's time, and claims `units`.
fn timed(duration: u64, completed_at: u64, units: u64) -> Miner {
    edit(miner(1), |miner| {
        miner.statement.context.timestamp = completed_at - duration;
        miner.statement.completed_at = completed_at;
        miner.statement.compute_units = units;
    })
}

fn vectors() -> Vec<Vector> {
    let ceiling = Tier::Software.ceiling();
    let mut vectors = Vec::new();
    for (set, seed) in ParameterSet::ALL.into_iter().zip(1..) {
        vectors.push(Scenario::submit(&Miner::new(set, seed, 1)).succeeds(
            &format!("ml_dsa_{}", set.id()),
            "A software proof, the first of the chain: it opens epoch 1 and takes seed 2.",
        ));
    }
    vectors.extend([
        Scenario::submit(&miner(2)).after(block(0), Scenario::submit(&miner(1)).call).at(block(12)).succeeds(
            "second_of_a_device",
            "The counters of device and pool add up within the epoch; the clock stays.",
        ),
        Scenario::submit(&Miner::new(ParameterSet::MlDsa44, 9, 1))
            .after(block(0), Scenario::submit(&miner(1)).call)
            .succeeds(
                "same_job_other_device",
                "A job is paid once a device: another device may do the same job.",
            ),
        Scenario::submit(&edit(miner(1), |miner| miner.statement.recipient = RELAYER))
            .succeeds("recipient_is_the_caller", "Who submits plays no part."),
        Scenario::submit(&miner(1))
            .after(block(0), set(Parameter::Base, 0))
            .after_as(block(1), Scenario::submit(&miner(1)).call, Status::Revert)
            .after(block(2), set(Parameter::Base, Parameter::Base.spec().default))
            .at(block(3))
            .succeeds(
                "refused_then_paid",
                "A refused proof spends nothing: after the pause the same bytes are paid.",
            ),
        Scenario::submit(&timed(60, NOW + 60, 1_000_000))
            .succeeds("completed_at_the_future_bound", "completed_at = block time + future_drift."),
        Scenario::submit(&timed(3_600, NOW, 1_000_000))
            .succeeds("longest_job", "completed_at − context.timestamp = max_job."),
        Scenario::submit(&timed(60, NOW - 7_200, 1_000_000))
            .succeeds("oldest_completion", "completed_at + max_age = block time."),
        Scenario::submit(&timed(0, NOW, ceiling))
            .succeeds("a_job_of_no_seconds", "Began and completed in one second: the ceiling of one second."),
        Scenario::submit(&timed(60, NOW, ceiling * 61))
            .succeeds("units_at_the_ceiling", "units = ceiling · (duration + 1)."),
        Scenario::submit(&timed(3_600, NOW, ceiling * 3_600)).succeeds(
            "device_units_at_the_ceiling",
            "Units of the device in the epoch = ceiling · epoch length.",
        ),
        Scenario::submit(&timed(60, NOW, 1)).succeeds("one_unit", "The least claim."),
        Scenario::submit(&edit(miner(1), |miner| miner.statement.min_reward = REWARD))
            .succeeds("reward_equals_the_minimum", "reward = min_reward."),
        Scenario::submit(&miner(1))
            .genesis(with(&[(Parameter::ProofCap, REWARD)]))
            .succeeds("reward_equals_the_proof_cap", "reward = proof_cap."),
        Scenario::submit(&miner(2))
            .genesis(with(&[(Parameter::DeviceCap, 2 * REWARD)]))
            .after(block(0), Scenario::submit(&miner(1)).call)
            .succeeds("device_equals_its_cap", "What the device is paid in the epoch = device_cap."),
        Scenario::submit(&miner(2))
            .genesis(with(&[
                (Parameter::TargetSoftware, 1_000_000),
                (Parameter::DMax, 1_000_000_000_000_000_000),
                (Parameter::PoolCapSoftware, 2 * REWARD),
            ]))
            .after(block(0), Scenario::submit(&miner(1)).call)
            .succeeds("pool_equals_its_cap", "What the pool pays in the epoch = pool_cap_software."),
        Scenario::submit(&miner(2))
            .genesis(with(&[
                (Parameter::TargetSoftware, 1_000_000),
                (Parameter::DMax, 1_000_000_000_000_000_000),
                (Parameter::NativeCapSoftware, 2 * REWARD),
            ]))
            .after(block(0), Scenario::submit(&miner(1)).call)
            .succeeds(
                "native_equals_its_cap",
                "The PARS that the pool pays in the epoch = native_cap_software.",
            ),
        Scenario::submit(&miner(1))
            .genesis(with(&[(Parameter::NativeBase, 0)]))
            .succeeds("no_native_reward", "native_base = 0: AI is paid, no PARS are created."),
        Scenario::submit(&edit(miner(1), |miner| miner.statement.compute_units = 333_333))
            .genesis(with(&[(Parameter::Base, 9_999_999_993), (Parameter::NativeBase, 3_333_333_333)]))
            .succeeds("rounding", "AI and PARS are floored apart."),
        Scenario::submit(&miner(1))
            .genesis({
                let mut genesis = genesis();
                genesis.profile.value_visible = false;
                genesis
            })
            .but(|call| call.value = U256::from(1))
            .succeeds(
                "value_not_visible",
                "The host profile hides the value: the call runs, the coin stays at 0x0300.",
            ),
        exact_gas(),
    ]);
    vectors
}

fn exact_gas() -> Vector {
    let scenario = Scenario::submit(&miner(1));
    let used = scenario.run().gas_used;
    scenario.but(|call| call.gas = used).succeeds("exact_gas", "The gas limit is what the call costs.")
}

pub(crate) fn file() -> File {
    build::file("work-valid", "submitWorkProof: proofs that are paid, each bound at its edge.", vectors())
}
