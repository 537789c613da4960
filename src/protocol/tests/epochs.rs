//! The epoch roll, one edge case at a time, then against a second model and over many epochs.

use super::*;
use crate::{
    Parameter, Parameters, Pool,
    economics::{DIFFICULTY_ONE, EconomicsError, EpochState, PoolState, Roll, effective_epoch, reward},
};
use Parameter::*;

const D: u128 = DIFFICULTY_ONE;
const START: u64 = 1_700_000_000;
const LENGTH: u64 = 3_600;

/// A pool that met its target exactly, far from its cap: d stays.
fn on_target(parameters: &Parameters, pool: Pool) -> PoolState {
    PoolState {
        difficulty: D,
        units: parameters.get(Parameter::target(pool)),
        paid: U256::from(1_000),
        native_paid: U256::from(2_000),
        proofs: 5,
    }
}

fn state() -> EpochState {
    let parameters = Parameters::default();
    EpochState {
        start: START,
        counter: 7,
        length: LENGTH,
        software: on_target(&parameters, Pool::Software),
        attested: on_target(&parameters, Pool::Attested),
    }
}

/// The attested pool's difficulty after one roll.
fn rolled(parameters: &Parameters, change: impl FnOnce(&mut PoolState)) -> u128 {
    let mut state = state();
    // At its target and within any bounds the other pool stays; without proofs it does so whatever the bounds.
    state.software.proofs = 0;
    change(&mut state.attested);
    let (next, roll) = effective_epoch(&state, parameters, START + LENGTH).unwrap();
    assert_eq!(roll, Roll::Passed(1));
    assert_eq!(next.software.difficulty, D, "the other pool does not move");
    next.attested.difficulty
}

// ---- The clock

#[test]
fn the_first_epoch_opens_at_the_first_acceptance() {
    let closed = EpochState { start: 0, counter: 0, ..state() };
    for now in [1, START, u64::MAX] {
        // A governed length that differs waits for the next roll.
        let parameters = Parameters::default().with(EpochLength, 60);
        let (opened, roll) = effective_epoch(&closed, &parameters, now).unwrap();
        assert_eq!(roll, Roll::Opening);
        // No difficulty step, and nothing else moves.
        assert_eq!(opened, EpochState { start: now, counter: 1, ..closed });
    }
}

#[test]
fn within_an_epoch_nothing_moves() {
    let state = state();
    for now in [START, START + 1, START + LENGTH / 2, START + LENGTH - 1] {
        assert_eq!(effective_epoch(&state, &Parameters::default(), now), Ok((state, Roll::None)));
    }
}

#[test]
fn an_epoch_ends_exactly_at_its_boundary() {
    let parameters = Parameters::default();
    for now in [START + LENGTH, START + LENGTH + 1, START + 2 * LENGTH - 1] {
        let (next, roll) = effective_epoch(&state(), &parameters, now).unwrap();
        assert_eq!(roll, Roll::Passed(1));
        // On the grid, not at `now`.
        assert_eq!((next.start, next.counter, next.length), (START + LENGTH, 8, LENGTH));
        for (before, after) in [(state().software, next.software), (state().attested, next.attested)] {
            let expected = PoolState { units: 0, paid: U256::ZERO, native_paid: U256::ZERO, ..before };
            assert_eq!(after, expected);
        }
    }
    let (next, roll) = effective_epoch(&state(), &parameters, START + 2 * LENGTH).unwrap();
    assert_eq!((roll, next.start, next.counter), (Roll::Passed(2), START + 2 * LENGTH, 9));
}

#[test]
fn a_gap_of_many_epochs_is_one_step() {
    let mut idle = state();
    idle.attested.units = 0;
    for gap in [2, 3, 1_000, 1_000_000] {
        let now = START + gap * LENGTH + LENGTH / 3;
        let (next, roll) = effective_epoch(&idle, &Parameters::default(), now).unwrap();
        assert_eq!(roll, Roll::Passed(gap));
        assert_eq!((next.start, next.counter), (START + gap * LENGTH, 7 + gap));
        assert_eq!(next.attested.difficulty, D + D / 4, "one step, not {gap}");
    }
}

#[test]
fn a_time_before_the_epoch_rolls_nothing() {
    for now in [0, 1, START - 1] {
        assert_eq!(effective_epoch(&state(), &Parameters::default(), now), Ok((state(), Roll::None)));
    }
}

#[test]
fn a_roll_is_done_once() {
    let parameters = Parameters::default();
    let now = START + 5 * LENGTH + 17;
    let (stored, _) = effective_epoch(&state(), &parameters, now).unwrap();
    assert_eq!(effective_epoch(&stored, &parameters, now), Ok((stored, Roll::None)));
}

#[test]
fn a_changed_length_counts_after_the_roll_only() {
    for (governed, next_boundary) in [(600, 600), (7_200, 7_200)] {
        let parameters = Parameters::default().with(EpochLength, governed);
        // The running epoch keeps its length …
        assert_eq!(
            effective_epoch(&state(), &parameters, START + LENGTH - 1),
            Ok((state(), Roll::None)),
            "{governed}"
        );
        // … and a gap is measured in it.
        let (next, roll) = effective_epoch(&state(), &parameters, START + 3 * LENGTH + 5).unwrap();
        assert_eq!((roll, next.start, next.counter), (Roll::Passed(3), START + 3 * LENGTH, 10));
        assert_eq!(u128::from(next.length), governed);
        // The next one ends by the new length.
        let last = next.start + next_boundary - 1;
        assert_eq!(effective_epoch(&next, &parameters, last), Ok((next, Roll::None)));
        let (after, roll) = effective_epoch(&next, &parameters, last + 1).unwrap();
        assert_eq!((roll, after.start, after.counter), (Roll::Passed(1), next.start + next_boundary, 11));
    }
}

/// The letter of the rule: the old length places the start, and the rest of the time may hold several new epochs. The
/// next acceptance, even of the same block, then rolls again.
#[test]
fn a_shortened_length_may_roll_again_at_once() {
    let parameters = Parameters::default().with(EpochLength, 600);
    let now = START + LENGTH + 1_250;
    let (next, roll) = effective_epoch(&state(), &parameters, now).unwrap();
    assert_eq!((roll, next.start), (Roll::Passed(1), START + LENGTH));
    let (again, roll) = effective_epoch(&next, &parameters, now).unwrap();
    assert_eq!((roll, again.start, again.counter), (Roll::Passed(2), START + LENGTH + 1_200, 10));
    assert_eq!(effective_epoch(&again, &parameters, now), Ok((again, Roll::None)));
}

// ---- The step

#[test]
fn difficulty_goes_where_the_target_is() {
    let p = Parameters::default();
    let target = p.get(TargetAttested);
    for (units, expected) in [
        (target, D),
        (2 * target, D / 2),
        (target * 3 / 2, 666_666_666_666_666_666), // floors
        (target * 9 / 10, 1_111_111_111_111_111_111),
        // The limits, from both sides.
        (target * 8 / 10, D + D / 4),
        (target * 8 / 10 + 1, 1_249_999_999_998_437_500),
        (target * 8 / 10 - 1, D + D / 4),
        (4 * target, D / 4),
        (4 * target - 1, 250_000_000_000_062_500),
        (4 * target + 1, D / 4),
    ] {
        assert_eq!(rolled(&p, |pool| pool.units = units), expected, "{units} units");
    }
}

#[test]
fn no_units_raise_difficulty_by_a_quarter() {
    let p = Parameters::default();
    assert_eq!(rolled(&p, |pool| pool.units = 0), D + D / 4);
    // 0 and 1 are one case: the division is by at least 1.
    let tiny = p.with(TargetAttested, 1);
    assert_eq!(rolled(&tiny, |pool| pool.units = 0), D);
    assert_eq!(rolled(&tiny, |pool| pool.units = 1), D);
}

#[test]
fn a_step_is_a_quarter_up_and_down_to_a_quarter() {
    let p = Parameters::default().with(DMin, 0);
    for (d, up, down) in [
        (D, 1_250_000_000_000_000_000, 250_000_000_000_000_000),
        // d / 4 floors, in both directions.
        (1_000_003, 1_250_003, 250_000),
        (7, 8, 1),
        (4, 5, 1),
        (3, 3, 0),
        (0, 0, 0),
    ] {
        assert_eq!(rolled(&p, |pool| (pool.difficulty, pool.units) = (d, 0)), up, "up from {d}");
        let far = |pool: &mut PoolState| (pool.difficulty, pool.units) = (d, u128::MAX);
        assert_eq!(rolled(&p, far), down, "down from {d}");
    }
}

/// `paid + proof_cap > pool_cap` holds difficulty; equality does not.
#[test]
fn near_its_cap_difficulty_never_rises() {
    // The device cap, equal at genesis, has no part in it.
    let p = Parameters::default().with(DeviceCap, 1);
    let room = p.amount(PoolCapAttested) - p.amount(ProofCap);
    let after = |paid: U256, units: u128| rolled(&p, |pool| (pool.paid, pool.units) = (paid, units));
    let target = p.get(TargetAttested);
    assert_eq!(after(room, 0), D + D / 4);
    assert_eq!(after(room + U256::ONE, 0), D);
    assert_eq!(after(p.amount(PoolCapAttested), 0), D);
    // A cap that governance lowered below what was paid.
    assert_eq!(after(p.amount(PoolCapAttested) * U256::from(9), 0), D);
    // Down stays open.
    assert_eq!(after(room + U256::ONE, 2 * target), D / 2);
    assert_eq!(after(room + U256::ONE, 100 * target), D / 4);
    // Each pool looks at its own cap: the software pool's is a tenth.
    let mut state = state();
    (state.software.units, state.attested.units) = (0, 0);
    let software_room = p.amount(PoolCapSoftware) - p.amount(ProofCap);
    (state.software.paid, state.attested.paid) = (software_room + U256::ONE, software_room + U256::ONE);
    let (next, _) = effective_epoch(&state, &p, START + LENGTH).unwrap();
    assert_eq!((next.software.difficulty, next.attested.difficulty), (D, D + D / 4));
}

#[test]
fn bounds_stop_a_step() {
    let p = Parameters::default();
    let (d_min, d_max) = (p.get(DMin), p.get(DMax));
    let up = |d| rolled(&p, |pool| (pool.difficulty, pool.units) = (d, 0));
    let down = |d| rolled(&p, |pool| (pool.difficulty, pool.units) = (d, u128::MAX));
    assert_eq!(up(d_max), d_max);
    assert_eq!(up(d_max - 1), d_max);
    assert_eq!(up(d_max / 5 * 4), d_max);
    assert_eq!(up(d_max / 5 * 4 - 4), d_max - 5);
    assert_eq!(down(d_min), d_min);
    assert_eq!(down(4 * d_min), d_min);
    assert_eq!(down(4 * d_min + 4), d_min + 1);
}

/// Governance moved a bound past d: one roll brings it back, whatever the limit of a step.
#[test]
fn crossed_bounds_bring_difficulty_back_at_once() {
    let p = Parameters::default();
    let target = p.get(TargetAttested);
    let full = p.amount(PoolCapAttested);
    for (units, paid) in [(0, U256::ZERO), (target, U256::ZERO), (u128::MAX, U256::ZERO), (target, full)] {
        // d far below d_min: up by more than a quarter, near the cap too.
        let low = p.with(DMin, D);
        let state =
            |d| move |pool: &mut PoolState| (pool.difficulty, pool.units, pool.paid) = (d, units, paid);
        assert_eq!(rolled(&low, state(1_000_000)), D, "{units} units, {paid} paid");
        // d far above d_max: down by more than three quarters.
        let high = p.with(DMax, D);
        assert_eq!(rolled(&high, state(1_000_000 * D)), D, "{units} units, {paid} paid");
    }
    // Should the bounds themselves ever cross, the lower one wins: `max(min(t, d_max), d_min)`.
    assert_eq!(rolled(&p.with(DMin, 3 * D).with(DMax, 2 * D), |_| ()), 3 * D);
}

#[test]
fn a_pool_without_proofs_keeps_its_difficulty() {
    let p = Parameters::default();
    for d in [0, 1, D, u128::MAX] {
        // Even outside the bounds.
        assert_eq!(rolled(&p, |pool| (pool.difficulty, pool.units, pool.proofs) = (d, 0, 0)), d);
    }
    // Its counters end with the epoch all the same.
    let mut state = state();
    state.software = PoolState { proofs: 0, ..state.software };
    let (next, _) = effective_epoch(&state, &p, START + LENGTH).unwrap();
    let expected =
        PoolState { difficulty: D, units: 0, paid: U256::ZERO, native_paid: U256::ZERO, proofs: 0 };
    assert_eq!(next.software, expected);
    // One proof ever is enough.
    assert_eq!(rolled(&p, |pool| (pool.units, pool.proofs) = (0, 1)), D + D / 4);
}

#[test]
fn neither_pool_moves_the_other() {
    let p = Parameters::default();
    let mut state = state();
    state.attested.units *= 2;
    state.software.units /= 2;
    let (next, _) = effective_epoch(&state, &p, START + LENGTH).unwrap();
    assert_eq!((next.attested.difficulty, next.software.difficulty), (D / 2, D + D / 4));
    assert_eq!(next.pool(Pool::Attested), &next.attested);
    assert_eq!(next.pool(Pool::Software), &next.software);
}

#[test]
fn difficulty_at_its_extremes() {
    let greatest = DMax.spec().max;
    assert_eq!(greatest, 10_u128.pow(24));
    let p = Parameters::default().with(DMax, greatest).with(TargetAttested, TargetAttested.spec().max);
    assert_eq!(rolled(&p, |pool| (pool.difficulty, pool.units) = (greatest, 1)), greatest);
    assert_eq!(rolled(&p, |pool| (pool.difficulty, pool.units) = (greatest, u128::MAX)), greatest / 4);
    // Beyond every bound that is enforced elsewhere: wide enough, and no panic.
    let wild = p.with(DMax, u128::MAX).with(TargetAttested, u128::MAX);
    assert_eq!(rolled(&wild, |pool| (pool.difficulty, pool.units) = (u128::MAX, 0)), u128::MAX);
    assert_eq!(rolled(&wild, |pool| (pool.difficulty, pool.units) = (u128::MAX, u128::MAX)), u128::MAX / 4);
}

// ---- What cannot be

#[test]
fn overflow_is_an_error() {
    let p = Parameters::default();
    let far = START + LENGTH;
    let last = EpochState { counter: u64::MAX, ..state() };
    assert_eq!(effective_epoch(&last, &p, far), Err(EconomicsError::Overflow));
    assert_eq!(effective_epoch(&last, &p, far - 1), Ok((last, Roll::None)));
    let mut rich = state();
    rich.attested.paid = U256::MAX;
    assert_eq!(effective_epoch(&rich, &p, far), Err(EconomicsError::Overflow));
    rich.attested.paid = U256::MAX - p.amount(ProofCap);
    assert!(effective_epoch(&rich, &p, far).is_ok());
    let unborn = EpochState { length: 0, ..state() };
    for now in [0, START, u64::MAX] {
        assert_eq!(effective_epoch(&unborn, &p, now), Err(EconomicsError::ZeroEpochLength));
    }
    // The end of time.
    let (next, roll) = effective_epoch(&EpochState { length: 1, ..state() }, &p, u64::MAX).unwrap();
    assert_eq!((roll, next.start), (Roll::Passed(u64::MAX - START), u64::MAX));
}

// ---- Properties

prop_compose! {
    fn any_pool()(
        difficulty in 0..=1_000_000 * D,
        small in any::<bool>(),
        shift in 0_u32..100,
        units in any::<u128>(),
        paid in 0_u128..60_000 * D,
        proofs in 0_u64..3,
    ) -> PoolState {
        let difficulty = if small { difficulty >> (shift % 70) } else { difficulty };
        PoolState { difficulty, units: units >> shift, paid: U256::from(paid), native_paid: U256::ONE, proofs }
    }
}

/// The rule once more, in 128 bits: `None` where they do not suffice.
fn model(pool: &PoolState, p: &Parameters, which: Pool) -> Option<u128> {
    let d = pool.difficulty;
    if pool.proofs == 0 {
        return Some(d);
    }
    let aim = D.checked_mul(p.get(Parameter::target(which)))? / std::cmp::max(pool.units, 1);
    let mut t = if aim > d + d / 4 { d + d / 4 } else { aim };
    if t < d / 4 {
        t = d / 4;
    }
    let near = pool.paid.to::<u128>() + p.get(ProofCap) > p.get(Parameter::pool_cap(which));
    if near && t > d {
        t = d;
    }
    Some(if t < p.get(DMin) { p.get(DMin) } else { t.min(p.get(DMax)) })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_roll_is_what_the_rule_says(
        software in any_pool(),
        attested in any_pool(),
        elapsed in prop_oneof![0_u64..3 * LENGTH, any::<u64>()],
        target in 1_u128..1_000_000_000_000_000_000,
        d_max in D..=1_000_000 * D,
    ) {
        let p = Parameters::default().with(TargetAttested, target).with(DMax, d_max).with(EpochLength, 1_800);
        let state = EpochState { start: START, counter: 3, length: LENGTH, software, attested };
        let now = START.saturating_add(elapsed);
        let (next, roll) = effective_epoch(&state, &p, now).unwrap();
        let passed = (now - START) / LENGTH;
        if passed == 0 {
            prop_assert_eq!((next, roll), (state, Roll::None));
            return Ok(());
        }
        prop_assert_eq!(roll, Roll::Passed(passed));
        prop_assert!(next.start <= now && now - next.start < LENGTH);
        prop_assert_eq!((next.start - START) % LENGTH, 0);
        prop_assert_eq!((next.counter, next.length), (3 + passed, 1_800));
        for pool in Pool::ALL {
            let (before, after) = (state.pool(pool), next.pool(pool));
            if let Some(expected) = model(before, &p, pool) {
                prop_assert_eq!(after.difficulty, expected);
            }
            prop_assert_eq!((after.units, after.paid, after.native_paid), (0, U256::ZERO, U256::ZERO));
            prop_assert_eq!(after.proofs, before.proofs);
            if before.proofs > 0 {
                prop_assert!((p.get(DMin)..=d_max).contains(&after.difficulty));
            }
        }
    }

    /// Nothing a broken state or parameter holds makes it panic.
    #[test]
    fn any_state_is_answered(
        [start, counter, length, now] in any::<[u64; 4]>(),
        [d, units, target, d_min, d_max, cap, proof_cap] in any::<[u128; 7]>(),
        paid in any_u256(),
        proofs in any::<u64>(),
    ) {
        let pool = PoolState { difficulty: d, units, paid, native_paid: paid, proofs };
        let state = EpochState { start, counter, length, software: pool, attested: pool };
        let p = Parameters::default()
            .with(TargetAttested, target).with(DMin, d_min).with(DMax, d_max)
            .with(PoolCapAttested, cap).with(ProofCap, proof_cap).with(EpochLength, units);
        match effective_epoch(&state, &p, now) {
            Ok((next, Roll::Passed(_))) => prop_assert!(next.start <= now),
            Ok((next, Roll::None)) => prop_assert_eq!(next, state),
            Ok((next, Roll::Opening)) => prop_assert_eq!((start, next.start, next.counter), (0, now, 1)),
            Err(EconomicsError::Overflow) => {}
            Err(EconomicsError::ZeroEpochLength) => prop_assert_eq!(length, 0),
        }
    }
}

// ---- Many epochs

/// What a steady capacity of `capacity` units an epoch earns in the last of `epochs` epochs, in `PROOFS` proofs an
/// epoch of which those beyond the cap are refused, as the precompile refuses them.
fn simulate(parameters: &Parameters, capacity: u128, epochs: u64) -> (U256, u128) {
    const PROOFS: u128 = 1_000;
    let mut state = EpochState { start: 0, counter: 0, ..state() };
    let cap = parameters.amount(PoolCapAttested);
    let mut earned = U256::ZERO;
    for epoch in 0..epochs {
        let (mut open, _) = effective_epoch(&state, parameters, START + epoch * LENGTH + 11).unwrap();
        if epoch == 0 {
            open.attested =
                PoolState { difficulty: D, units: 0, paid: U256::ZERO, native_paid: U256::ZERO, proofs: 0 };
        }
        let pool = &mut open.attested;
        let units = u64::try_from(capacity / PROOFS).unwrap();
        let each = reward(parameters.get(Base), units, pool.difficulty, 10_000).unwrap();
        for _ in 0..PROOFS {
            if each <= parameters.amount(ProofCap) && pool.paid + each <= cap {
                pool.paid += each;
                pool.units += u128::from(units);
                pool.proofs += 1;
            }
        }
        assert!(pool.paid <= cap, "epoch {epoch}");
        earned = pool.paid;
        state = open;
    }
    (earned, state.attested.difficulty)
}

/// Parameters under which d = 10^18 · target / capacity is within bounds for the capacities below, with a proof cap
/// that the first, unadjusted epochs keep.
fn wide() -> Parameters {
    let p = Parameters::default().with(DMax, 100 * D).with(PoolCapAttested, 1_000_000 * D);
    let p = p.with(NativeCapAttested, 1_000_000 * D).with(NativeCapSoftware, 100_000 * D);
    let p = p.with(PoolCapSoftware, 100_000 * D).with(ProofCap, 10_000 * D);
    assert_eq!(p.check(), Ok(()));
    p
}

/// `earned` is `expected` to within one part in a thousand.
fn assert_near(earned: U256, expected: u128, what: &str) {
    let expected = U256::from(expected);
    assert!(earned.abs_diff(expected) <= expected / U256::from(1_000), "{what}: {earned}, not {expected}");
}

/// A steady capacity earns base · target an epoch whatever it is: more capacity, less a unit.
#[test]
fn h2_steady_capacity_earns_base_times_target() {
    let p = wide();
    let target = p.get(TargetAttested);
    let expected = p.get(Base) * target;
    for capacity in [target / 10, target / 2, target, 3 * target, 10 * target] {
        let (earned, d) = simulate(&p, capacity, 200);
        assert_near(earned, expected, &format!("{capacity} units an epoch"));
        assert!(d > p.get(DMin) && d < p.get(DMax));
        assert_near(U256::from(d), D * 1_000 / (capacity * 1_000 / target), "d");
    }
}

/// Genesis' own bounds: ten times the target starts over the cap and settles; a tenth stops at d_max and earns
/// base · capacity · d_max.
#[test]
fn h2_steady_capacity_under_the_parameters_of_genesis() {
    let p = Parameters::default();
    let target = p.get(TargetAttested);
    let expected = p.get(Base) * target;
    for capacity in [target, 10 * target] {
        assert_near(simulate(&p, capacity, 200).0, expected, "genesis");
    }
    let (earned, d) = simulate(&p, target / 10, 200);
    assert_eq!(d, p.get(DMax));
    assert_near(earned, expected * 4 / 10, "a tenth");
    // Twenty epochs are enough: the step down is quick, the step up takes a quarter an epoch.
    assert_near(simulate(&p, 10 * target, 20).0, expected, "after twenty epochs");
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn h2_any_steady_capacity_converges(percent in 2_u128..5_000) {
        let p = wide();
        let target = p.get(TargetAttested);
        let (earned, d) = simulate(&p, target * percent / 100, 200);
        prop_assert!((p.get(DMin)..=p.get(DMax)).contains(&d));
        assert_near(earned, p.get(Base) * target, &format!("{percent} %"));
    }
}
