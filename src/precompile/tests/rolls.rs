//! The epoch clock: rolls at an acceptance, and views that answer as if it had rolled (law 11).

use super::*;
use crate::storage::layout::*;
use pars_protocol::abi::IAIMiningInspector::*;

fn seed_of(parts: &[&[u8]]) -> B256 {
    B256::from(blake3::derive_key("pars.aimining.epoch-seed.v1", &parts.concat()))
}

/// A proof of so many units, completed when the host's block stands.
fn prove(host: &mut MemoryHost, number: u64, units: u64) -> B256 {
    let (precompile, _) = stubbed(true);
    let mut miner = Miner::new(ParameterSet::MlDsa44, 1, number);
    miner.statement.completed_at = host.block_timestamp;
    miner.statement.context.timestamp = host.block_timestamp - 60;
    miner.statement.compute_units = units;
    paid(host, &precompile, unsigned(&miner));
    miner.work_id()
}

/// What the five views of the epoch say.
#[derive(Debug, PartialEq)]
struct Seen {
    epoch: (u64, u64, u64),
    pools: [(U256, u128, U256, U256, U256); 2],
    quotes: [(U256, U256); 2],
    seeds: (B256, B256),
}

fn see(host: &mut MemoryHost) -> Seen {
    let (precompile, _) = stubbed(true);
    let epoch = view(host, &precompile, epochInfoCall {});
    let seeds = view(host, &precompile, epochSeedsCall {});
    Seen {
        epoch: (epoch.counter, epoch.start, epoch.length),
        pools: [0, 1].map(|pool| {
            let info = view(host, &precompile, poolInfoCall { pool });
            (info.d, info.units, info.paid, info.cap, info.target)
        }),
        quotes: [1, 4].map(|tier| {
            let quote = view(host, &precompile, quoteRewardCall { tier, units: 1_000_000 });
            (quote.reward, quote.nativeReward)
        }),
        seeds: (seeds.current, seeds.previous),
    }
}

#[test]
fn law_11_before_the_first_acceptance_views_answer_the_epoch_that_would_open() {
    let mut host = host(&genesis());
    let first = seed_of(&[&CHAIN_ID.to_be_bytes()]);
    for now in [NOW, NOW + 1, NOW + 100_000] {
        host.block_timestamp = now;
        let seen = see(&mut host);
        assert_eq!(seen.epoch, (1, now, 3_600));
        assert_eq!(seen.seeds, (first, B256::ZERO));
        let one = U256::from(ONE);
        assert_eq!(
            seen.pools[0],
            (one, 0, U256::ZERO, U256::from(4_000 * ONE), U256::from(100_000_000_000_u64))
        );
        assert_eq!(
            seen.pools[1],
            (one, 0, U256::ZERO, U256::from(40_000 * ONE), U256::from(1_000_000_000_000_u64))
        );
    }
    prove(&mut host, 1, 1);
    assert_eq!(see(&mut host).epoch, (1, NOW + 100_000, 3_600));
}

#[test]
fn law_11_views_equal_the_roll_beforehand_and_store_nothing() {
    let mut host = host(&genesis());
    prove(&mut host, 1, 1_000_000);
    let last = prove(&mut host, 2, 3_000_000);
    let opened = see(&mut host);
    assert_eq!(opened.epoch, (1, NOW, 3_600));
    assert_eq!(opened.pools[0].1, 4_000_000);
    assert_eq!(opened.pools[0].2, U256::from(24_000_000_000_000_000_u64));

    // The last second of the epoch, its end, and many lengths later.
    host.block_timestamp = NOW + 3_599;
    assert_eq!(see(&mut host), opened);
    for (passed, offset) in [(1, 0), (1, 3_599), (2, 0), (5, 17)] {
        let mut host = host.clone();
        host.block_number = 200 + passed;
        host.block_timestamp = NOW + 3_600 * passed + offset;
        let seen = see(&mut host);
        assert_eq!(seen.epoch, (1 + passed, NOW + 3_600 * passed, 3_600));
        // Target 10^11, units 4·10^6: far up, so a quarter more; the pool without a proof keeps its difficulty.
        assert_eq!(seen.pools[0].0, U256::from(ONE + ONE / 4));
        assert_eq!((seen.pools[0].1, seen.pools[0].2), (0, U256::ZERO));
        assert_eq!(seen.pools[1].0, U256::from(ONE));
        assert_eq!(seen.quotes[0].0, U256::from(7_500_000_000_000_000_u64));
        assert_eq!(seen.seeds, (opened.seeds.0, B256::ZERO));

        let quoted = seen.quotes[0].0;
        let balance = word(&host, BALANCES.at(RECIPIENT).key());
        prove(&mut host, 3, 1_000_000);
        assert_eq!(word(&host, BALANCES.at(RECIPIENT).key()) - balance, quoted);
        let after = see(&mut host);
        assert_eq!(after.epoch, seen.epoch);
        assert_eq!(after.pools[0].0, seen.pools[0].0);
        assert_eq!((after.pools[0].1, after.pools[0].2), (1_000_000, quoted));
        assert_eq!(after.pools[1], seen.pools[1]);
        // previous = the seed before; current = derive_key(seed ‖ counter ‖ number ‖ timestamp ‖ last work id).
        let expected = seed_of(&[
            opened.seeds.0.as_slice(),
            &(1 + passed).to_be_bytes(),
            &host.block_number.to_be_bytes(),
            &host.block_timestamp.to_be_bytes(),
            last.as_slice(),
        ]);
        assert_eq!(after.seeds, (expected, opened.seeds.0));
    }
}

#[test]
fn a_pool_that_ever_accepted_takes_its_step_though_another_pool_rolls_the_epoch() {
    let mut host = host(&genesis());
    prove(&mut host, 1, 1);
    // The attested pool accepted twice its target.
    put(&mut host, POOL_PROOFS.at(1).key(), U256::ONE);
    put(&mut host, POOL_UNITS.at(1).key(), U256::from(2_000_000_000_000_u64));
    put(&mut host, POOL_PAID.at(1).key(), U256::from(5));
    put(&mut host, POOL_NATIVE_PAID.at(1).key(), U256::from(6));
    host.block_timestamp = NOW + 3_600;
    let seen = see(&mut host);
    assert_eq!(seen.pools[1].0, U256::from(ONE / 2));
    prove(&mut host, 2, 1);
    assert_eq!(see(&mut host).pools[1], seen.pools[1]);
    for slot in [POOL_UNITS.at(1).key(), POOL_PAID.at(1).key(), POOL_NATIVE_PAID.at(1).key()] {
        assert_eq!(word(&host, slot), U256::ZERO);
    }
    assert_eq!(word(&host, POOL_PROOFS.at(1).key()), U256::ONE);
    // An epoch without a proof of that pool counts as one unit: up by a quarter.
    host.block_timestamp = NOW + 7_200;
    assert_eq!(see(&mut host).pools[1].0, U256::from(ONE / 2 + ONE / 8));
}

#[test]
fn an_epoch_near_its_cap_never_raises_difficulty() {
    let mut host = host(&genesis());
    prove(&mut host, 1, 1);
    let cap = U256::from(4_000 * ONE);
    let proof_cap = U256::from(400 * ONE);
    host.block_timestamp = NOW + 3_600;
    put(&mut host, POOL_PAID.at(0).key(), cap - proof_cap);
    assert_eq!(see(&mut host).pools[0].0, U256::from(ONE + ONE / 4), "equal is not near");
    put(&mut host, POOL_PAID.at(0).key(), cap - proof_cap + U256::ONE);
    assert_eq!(see(&mut host).pools[0].0, U256::from(ONE));
}

#[test]
fn difficulty_stays_within_a_quarter_of_itself_and_its_bounds() {
    let mut host = host(&genesis());
    prove(&mut host, 1, 1);
    host.block_timestamp = NOW + 3_600;
    let target = 100_000_000_000_u128;
    // (d before, units, d after)
    for (before, units, after) in [
        (ONE, target, ONE),
        (ONE, target / 2, ONE + ONE / 4),
        (ONE, target * 2, ONE / 2),
        (ONE, target * 4, ONE / 4),
        (ONE, target * 5, ONE / 4),
        (4 * ONE, 1, 4 * ONE),
        (4 * ONE - 1, 1, 4 * ONE),
        (2_000_000_000_000, u128::MAX, 1_000_000_000_000),
        (1_000_000_000_000, u128::MAX, 1_000_000_000_000),
        (1_000_000_000_001, 1, 1_250_000_000_001),
    ] {
        put(&mut host, POOL_DIFFICULTY.at(0).key(), U256::from(before));
        put(&mut host, POOL_UNITS.at(0).key(), U256::from(units));
        assert_eq!(see(&mut host).pools[0].0, U256::from(after), "{before} {units}");
    }
}

#[test]
fn a_view_at_an_earlier_time_sees_the_stored_epoch() {
    let mut host = host(&genesis());
    prove(&mut host, 1, 1);
    let seen = see(&mut host);
    for now in [0, 1, NOW - 1] {
        host.block_timestamp = now;
        assert_eq!(see(&mut host), seen);
    }
    host.block_timestamp = u64::MAX;
    let passed = (u64::MAX - NOW) / 3_600;
    assert_eq!(see(&mut host).epoch, (1 + passed, NOW + 3_600 * passed, 3_600));
}
