//! Ceilings, caps and times at their exact edges: equal is allowed, one more is refused and spends nothing.

use super::*;
use crate::storage::layout::{DEVICE_EPOCH, DEVICE_PAID, DEVICE_UNITS, POOL_NATIVE_PAID, POOL_PAID};
use pars_protocol::abi::IAIMiningErrors::*;

const CEILING: u64 = 209_500;
/// AI and PARS a unit of the software tier at genesis: 10^10 · 10^18 · 6000 / 10^22.
const UNIT: u128 = 6_000_000_000;

fn miner(number: u64, units: u64) -> Miner {
    let mut miner = Miner::new(ParameterSet::MlDsa44, 1, number);
    miner.statement.compute_units = units;
    miner
}

/// A miner whose job took so many seconds.
fn long_job(number: u64, units: u64, seconds: u64) -> Miner {
    let mut miner = miner(number, units);
    miner.statement.context.timestamp = NOW - seconds;
    miner
}

#[test]
fn units_up_to_the_ceiling_of_the_jobs_seconds_and_one_are_allowed() {
    let (precompile, _) = stubbed(true);
    for seconds in [0, 1, 60, 3_599] {
        let ceiling = CEILING * (seconds + 1);
        let mut host = host(&genesis());
        let over = long_job(1, ceiling + 1, seconds);
        let expected = error(UnitsAboveCeiling { units: ceiling + 1, ceiling: U256::from(ceiling) });
        refused(&mut host, &precompile, call(unsigned(&over)), &expected);
        let reward = paid(&mut host, &precompile, unsigned(&long_job(1, ceiling, seconds)));
        assert_eq!(reward, U256::from(u128::from(ceiling) * UNIT));
    }
    // The longest job reaches one second more than an epoch: the device's ceiling comes next.
    let ceiling = CEILING * 3_600;
    let expected =
        error(DeviceUnitsReached { units: U256::from(ceiling + CEILING), ceiling: U256::from(ceiling) });
    let longest = long_job(1, CEILING * 3_601, 3_600);
    refused(&mut host(&genesis()), &precompile, call(unsigned(&longest)), &expected);
    for units in [u64::MAX, u64::MAX / CEILING] {
        let expected = error(UnitsAboveCeiling { units, ceiling: U256::from(CEILING * 61) });
        refused(&mut host(&genesis()), &precompile, call(unsigned(&miner(1, units))), &expected);
    }
}

#[test]
fn h3_a_devices_units_reach_its_ceiling_of_an_epoch_and_no_more() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    let whole = CEILING * 3_600;
    let part = CEILING * 1_800;
    paid(&mut host, &precompile, unsigned(&long_job(1, part, 1_800)));
    let over = long_job(2, part + 1, 1_800);
    let expected = error(DeviceUnitsReached { units: U256::from(whole + 1), ceiling: U256::from(whole) });
    refused(&mut host, &precompile, call(unsigned(&over)), &expected);
    paid(&mut host, &precompile, unsigned(&long_job(2, part, 1_800)));
    let expected = error(DeviceUnitsReached { units: U256::from(whole + 1), ceiling: U256::from(whole) });
    refused(&mut host, &precompile, call(unsigned(&miner(3, 1))), &expected);

    // Another device has a ceiling of its own, and so has the same device an epoch later.
    let mut other = Miner::new(ParameterSet::MlDsa44, 2, 3);
    other.statement.compute_units = 1;
    paid(&mut host, &precompile, unsigned(&other));
    host.block_timestamp = NOW + 3_600;
    paid(&mut host, &precompile, unsigned(&miner(3, 1)));
}

#[test]
fn a_reward_equal_to_the_minimum_is_paid() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    let reward = 1_000_000 * UNIT;
    let mut wants = miner(1, 1_000_000);
    wants.statement.min_reward = reward + 1;
    let expected = error(RewardBelowMinimum { reward: U256::from(reward), minimum: U256::from(reward + 1) });
    refused(&mut host, &precompile, call(unsigned(&wants)), &expected);
    wants.statement.min_reward = u128::MAX;
    let expected = error(RewardBelowMinimum { reward: U256::from(reward), minimum: U256::from(u128::MAX) });
    refused(&mut host, &precompile, call(unsigned(&wants)), &expected);
    wants.statement.min_reward = reward;
    assert_eq!(paid(&mut host, &precompile, unsigned(&wants)), U256::from(reward));
}

#[test]
fn h3_a_proof_is_paid_up_to_the_proof_cap() {
    let (precompile, _) = stubbed(true);
    let cap = 1_000_000 * UNIT;
    let mut host = host(&genesis_of(&[(Parameter::ProofCap, cap)]));
    let expected = error(ProofCapReached { reward: U256::from(cap + UNIT), cap: U256::from(cap) });
    refused(&mut host, &precompile, call(unsigned(&miner(1, 1_000_001))), &expected);
    assert_eq!(paid(&mut host, &precompile, unsigned(&miner(1, 1_000_000))), U256::from(cap));
    // One wei less than the reward refuses it, too.
    put_parameter(&mut host, Parameter::ProofCap, cap - 1);
    let expected = error(ProofCapReached { reward: U256::from(cap), cap: U256::from(cap - 1) });
    refused(&mut host, &precompile, call(unsigned(&miner(2, 1_000_000))), &expected);
}

#[test]
fn h3_a_device_is_paid_up_to_the_device_cap_of_an_epoch() {
    let (precompile, _) = stubbed(true);
    let cap = 2_000_000 * UNIT;
    let mut host = host(&genesis_of(&[(Parameter::DeviceCap, cap)]));
    paid(&mut host, &precompile, unsigned(&miner(1, 1_000_000)));
    let expected = error(DeviceCapReached { paid: U256::from(cap + UNIT), cap: U256::from(cap) });
    refused(&mut host, &precompile, call(unsigned(&miner(2, 1_000_001))), &expected);
    paid(&mut host, &precompile, unsigned(&miner(2, 1_000_000)));
    refused(&mut host, &precompile, call(unsigned(&miner(3, 1))), &expected);

    // The device's counters belong to an epoch: in the next they are zero, whatever the slots hold.
    let device = miner(1, 1).statement.context.device_id;
    assert_eq!(word(&host, DEVICE_PAID.at(device).key()), U256::from(cap));
    host.block_timestamp = NOW + 3_600;
    let reward = paid(&mut host, &precompile, unsigned(&miner(3, 1_000_000)));
    assert_eq!(word(&host, DEVICE_EPOCH.at(device).key()), U256::from(2));
    assert_eq!(word(&host, DEVICE_PAID.at(device).key()), reward);
    assert_eq!(word(&host, DEVICE_UNITS.at(device).key()), U256::from(1_000_000));
}

/// A genesis whose software pool holds 7 · 10^6 units, and whose PARS cap or AI cap is that sum.
fn small_pool(cap: Parameter) -> Genesis {
    let sum = 7_000_000 * UNIT;
    // base · target · d_max / 10^18 = 10^10 · 10^6 · 4 must stay below both caps.
    genesis_of(&[(Parameter::TargetSoftware, 1_000_000), (cap, sum)])
}

#[test]
fn h3_a_pool_pays_up_to_its_cap_of_an_epoch() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&small_pool(Parameter::PoolCapSoftware));
    let cap = 7_000_000 * UNIT;
    paid(&mut host, &precompile, unsigned(&miner(1, 3_000_000)));
    // A second device: the cap is the pool's.
    let mut other = Miner::new(ParameterSet::MlDsa44, 2, 2);
    other.statement.compute_units = 4_000_001;
    let expected = error(EpochCapReached { paid: U256::from(cap + UNIT), cap: U256::from(cap) });
    refused(&mut host, &precompile, call(unsigned(&other)), &expected);
    other.statement.compute_units = 4_000_000;
    paid(&mut host, &precompile, unsigned(&other));
    assert_eq!(word(&host, POOL_PAID.at(0).key()), U256::from(cap));
    refused(&mut host, &precompile, call(unsigned(&miner(3, 1))), &expected);
    host.block_timestamp = NOW + 3_600;
    paid(&mut host, &precompile, unsigned(&miner(3, 1)));
}

#[test]
fn h3_a_pool_mints_pars_up_to_its_native_cap_of_an_epoch() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&small_pool(Parameter::NativeCapSoftware));
    let cap = 7_000_000 * UNIT;
    paid(&mut host, &precompile, unsigned(&miner(1, 3_000_000)));
    let expected = error(NativeCapReached { paid: U256::from(cap + UNIT), cap: U256::from(cap) });
    refused(&mut host, &precompile, call(unsigned(&miner(2, 4_000_001))), &expected);
    paid(&mut host, &precompile, unsigned(&miner(2, 4_000_000)));
    assert_eq!(word(&host, POOL_NATIVE_PAID.at(0).key()), U256::from(cap));
    assert_eq!(host.native[&RECIPIENT], U256::from(cap));
    refused(&mut host, &precompile, call(unsigned(&miner(3, 1))), &expected);
    host.block_timestamp = NOW + 3_600;
    paid(&mut host, &precompile, unsigned(&miner(3, 1)));
}

#[test]
fn h3_the_pools_do_not_move_each_other() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    put(&mut host, POOL_PAID.at(1).key(), U256::from(40_000 * ONE));
    put(&mut host, POOL_NATIVE_PAID.at(1).key(), U256::from(40_000 * ONE));
    paid(&mut host, &precompile, unsigned(&miner(1, 1_000_000)));
    assert_eq!(word(&host, POOL_PAID.at(1).key()), U256::from(40_000 * ONE));
}

#[test]
fn times_are_bounded_to_the_second() {
    let (precompile, _) = stubbed(true);
    // (context, completion, error); one second inside each bound is legal.
    let at = |began: u64, completed: u64| {
        let mut miner = miner(1, 1);
        miner.statement.context.timestamp = began;
        miner.statement.completed_at = completed;
        unsigned(&miner)
    };
    let legal = [
        (NOW, NOW),
        (NOW + 60, NOW + 60),
        (NOW - 3_540, NOW + 60),
        (NOW - 3_600, NOW),
        (NOW - 7_200, NOW - 7_200),
        (NOW - 10_800, NOW - 7_200),
    ];
    for (began, completed) in legal {
        paid(&mut host(&genesis()), &precompile, at(began, completed));
    }
    let illegal = [
        (NOW + 1, NOW, error(TimestampOrder { context: NOW + 1, completion: NOW })),
        (u64::MAX, 0, error(TimestampOrder { context: u64::MAX, completion: 0 })),
        (NOW + 61, NOW + 61, error(TimestampInFuture { completion: NOW + 61, latest: NOW + 60 })),
        (0, u64::MAX, error(TimestampInFuture { completion: u64::MAX, latest: NOW + 60 })),
        (NOW - 3_601, NOW, error(JobTooLong { duration: 3_601, maximum: 3_600 })),
        (0, NOW, error(JobTooLong { duration: NOW, maximum: 3_600 })),
        (NOW - 7_201, NOW - 7_201, error(TimestampTooOld { completion: NOW - 7_201, oldest: NOW - 7_200 })),
        (0, 0, error(TimestampTooOld { completion: 0, oldest: NOW - 7_200 })),
    ];
    for (began, completed, expected) in illegal {
        refused(&mut host(&genesis()), &precompile, call(at(began, completed)), &expected);
    }
}

#[test]
fn times_near_both_ends_of_u64_neither_wrap_nor_panic() {
    let (precompile, _) = stubbed(true);
    for now in [0, 1, 59, 60, u64::MAX - 61, u64::MAX - 1, u64::MAX] {
        for completed in [0, 1, 60, now, now.saturating_add(60), u64::MAX - 60, u64::MAX] {
            for began in [0, completed.saturating_sub(3_600), completed, completed.saturating_add(1)] {
                let mut host = host(&genesis());
                host.block_timestamp = now;
                let mut miner = miner(1, 1);
                miner.statement.context.timestamp = began;
                miner.statement.completed_at = completed;
                let legal = began <= completed
                    && u128::from(completed) <= u128::from(now) + 60
                    && completed - began <= 3_600
                    && u128::from(completed) + 7_200 >= u128::from(now);
                let outcome = host.execute(&precompile, call(unsigned(&miner))).outcome;
                assert_eq!(
                    matches!(outcome, Outcome::Success(_)),
                    legal,
                    "{now} {began} {completed} {outcome:?}"
                );
                assert!(matches!(outcome, Outcome::Success(_) | Outcome::Revert(_)));
            }
        }
    }
}

#[test]
fn a4_sums_at_the_end_of_256_bits_are_refused_never_wrapped() {
    use crate::storage::layout::{BALANCES, TOTAL_SUPPLY};
    let (precompile, _) = stubbed(true);
    let reward = U256::from(UNIT);
    for (slot, name) in [(TOTAL_SUPPLY.key(), "supply"), (BALANCES.at(RECIPIENT).key(), "balance")] {
        let mut host = host(&genesis());
        put(&mut host, slot, U256::MAX - reward + U256::ONE);
        println!("{name}");
        refused(&mut host, &precompile, call(unsigned(&miner(1, 1))), &error(ArithmeticOverflow {}));
        put(&mut host, slot, U256::MAX - reward);
        paid(&mut host, &precompile, unsigned(&miner(1, 1)));
        assert_eq!(word(&host, slot), U256::MAX);
    }
    let mut host = host(&genesis());
    host.native.insert(RECIPIENT, U256::MAX - reward + U256::ONE);
    refused(&mut host, &precompile, call(unsigned(&miner(1, 1))), &error(ArithmeticOverflow {}));
    host.native.insert(RECIPIENT, U256::MAX - reward);
    paid(&mut host, &precompile, unsigned(&miner(1, 1)));
    assert_eq!(host.native[&RECIPIENT], U256::MAX);
}
