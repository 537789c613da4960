//! Views, before the first acceptance, after it, and across a roll that nobody stored yet.

use crate::suite::{
    build::{self, Scenario, block, call, set},
    format::{File, Vector},
};
use alloy_primitives::{B256, hex};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::testing::{Miner, RECIPIENT, RELAYER},
    protocol::{
        Parameter, ParameterSet,
        abi::{
            IAIMining::miningBalanceCall,
            IAIMiningInspector::{
                acceptedWorkCall, computeWorkIdCall, epochInfoCall, epochSeedsCall, isJobPaidCall,
                isSpentCall, parameterCall, poolInfoCall, quoteRewardCall, versionCall,
            },
        },
        parameters::ascii,
    },
};

fn miner() -> Miner {
    Miner::new(ParameterSet::MlDsa44, 1, 1)
}

fn view(input: impl SolCall) -> Scenario {
    Scenario::new(call(input.abi_encode()))
}

fn mined(scenario: Scenario) -> Scenario {
    scenario.after(block(0), Scenario::submit(&miner()).call)
}

fn work() -> Vec<Vector> {
    let id = miner().work_id();
    let work = miner().statement.context;
    let device = B256::from(hex!("0102030000000000000000000000000000000000000000000000000000000000"));
    let nonce = B256::from(hex!("0405060000000000000000000000000000000000000000000000000000000000"));
    let id_on = |chain| view(computeWorkIdCall { deviceId: device, nonce, chainId: chain });
    vec![
        view(isSpentCall { workId: id }).succeeds("is_spent_before", "False."),
        mined(view(isSpentCall { workId: id })).succeeds("is_spent_after", "True."),
        view(acceptedWorkCall { workId: id }).succeeds("accepted_work_before", "Zero."),
        mined(view(acceptedWorkCall { workId: id }))
            .succeeds("accepted_work_after", "keccak256 of the 290 signed bytes."),
        view(isJobPaidCall { deviceId: work.device_id, jobId: work.job_id })
            .succeeds("is_job_paid_before", "False."),
        mined(view(isJobPaidCall { deviceId: work.device_id, jobId: work.job_id }))
            .succeeds("is_job_paid_after", "True."),
        mined(view(miningBalanceCall { miner: RECIPIENT }))
            .succeeds("balance_of_the_recipient", "The reward."),
        mined(view(miningBalanceCall { miner: RELAYER })).succeeds("balance_of_the_relayer", "Nothing."),
        id_on(6_133).succeeds("work_id_6133", "BLAKE3(device ‖ nonce ‖ chain id u32 little-endian)."),
        id_on(96_369).succeeds("work_id_96369", "The same on another chain."),
        id_on(u64::from(u32::MAX)).succeeds("work_id_of_the_last_chain", "2^32 − 1."),
        id_on(1 << 32).reverts("ChainIdTooLarge", "work_id_beyond_u32", "2^32 is not truncated."),
    ]
}

fn epoch() -> Vec<Vector> {
    let mut vectors = vec![
        view(epochInfoCall {}).succeeds(
            "epoch_before_the_first_acceptance",
            "As a proof of this block would find it: counter 1, start = block time.",
        ),
        mined(view(epochInfoCall {})).at(block(3_599)).succeeds("epoch_in_its_last_second", "Still epoch 1."),
        mined(view(epochInfoCall {}))
            .at(block(3_600))
            .succeeds("epoch_rolled", "Epoch 2, although nothing is stored."),
        mined(view(epochInfoCall {})).at(block(36_000)).succeeds("epoch_after_ten", "Epoch 11."),
        mined(view(epochInfoCall {}))
            .after(block(0), set(Parameter::EpochLength, 2_700))
            .at(block(3_599))
            .succeeds("changed_length_before_the_roll", "The length in force is the old one."),
        mined(view(epochInfoCall {}))
            .after(block(0), set(Parameter::EpochLength, 2_700))
            .at(block(3_600))
            .succeeds("changed_length_after_the_roll", "The new length."),
        view(epochInfoCall {}).after(block(0), set(Parameter::EpochLength, 2_700)).at(block(1)).succeeds(
            "changed_length_before_the_first_acceptance",
            "The first epoch keeps the length of activation.",
        ),
        view(epochSeedsCall {})
            .succeeds("seeds_of_activation", "The seed of the chain id, and none before it."),
        mined(view(epochSeedsCall {})).succeeds("seeds_after_the_opening", "Two seeds."),
        mined(view(epochSeedsCall {}))
            .at(block(3_600))
            .succeeds("seeds_after_an_epoch", "Only the current one; no roll is stored."),
        view(poolInfoCall { pool: 0 }).succeeds("software_pool", "Before the first acceptance."),
        view(poolInfoCall { pool: 1 }).succeeds("attested_pool", "Before the first acceptance."),
        mined(view(poolInfoCall { pool: 0 })).succeeds("software_pool_in_use", "Units and paid."),
        mined(view(poolInfoCall { pool: 0 }))
            .at(block(3_600))
            .succeeds("software_pool_rolled", "Counters zero; difficulty a quarter up."),
        mined(view(poolInfoCall { pool: 1 }))
            .at(block(3_600))
            .succeeds("attested_pool_rolled", "A pool without proofs keeps its difficulty."),
        view(poolInfoCall { pool: 2 }).reverts("UnknownPool", "no_such_pool", "There are two."),
    ];
    for tier in 1..=4 {
        vectors.push(view(quoteRewardCall { tier, units: 1_000_000 }).succeeds(
            &format!("quote_tier_{tier}"),
            "Base, difficulty and trust of the tier; no cap, no ceiling.",
        ));
    }
    vectors.extend([
        view(quoteRewardCall { tier: 1, units: 0 })
            .succeeds("quote_nothing", "No units, no reward, no error."),
        view(quoteRewardCall { tier: 4, units: u64::MAX }).succeeds("quote_most", "2^64 − 1 units."),
        mined(view(quoteRewardCall { tier: 1, units: 1_000_000 }))
            .at(block(3_600))
            .succeeds("quote_rolled", "At the difficulty after the roll."),
        view(quoteRewardCall { tier: 1, units: 1 })
            .after(block(0), set(Parameter::Base, 0))
            .succeeds("quote_paused", "Zero AI; PARS by its own rate."),
        view(quoteRewardCall { tier: 0, units: 1 }).reverts(
            "UnknownTier",
            "quote_tier_0",
            "Tiers begin at 1.",
        ),
        view(quoteRewardCall { tier: 5, units: 1 }).reverts("UnknownTier", "quote_tier_5", "Tiers end at 4."),
        view(versionCall {}).succeeds("version", "The rules in force."),
        view(parameterCall { name: ascii("nothing") }).reverts(
            "UnknownParameter",
            "parameter_unknown",
            "No such name.",
        ),
        view(parameterCall { name: B256::ZERO }).reverts(
            "UnknownParameter",
            "parameter_zero",
            "The empty name.",
        ),
    ]);
    for parameter in Parameter::ALL {
        vectors.push(
            view(parameterCall { name: parameter.name() })
                .succeeds(&format!("parameter_{}", parameter.spec().name), "Its value in a default genesis."),
        );
    }
    vectors
}

pub(crate) fn file() -> File {
    build::file("views", "The views of IAIMining and IAIMiningInspector.", [work(), epoch()].concat())
}
