//! Parameters and the governor's seat: each rule alone.

use super::*;
use alloy_primitives::FixedBytes;
use alloy_sol_types::SolEvent;
use pars_protocol::{
    ADDRESS,
    abi::{
        IAIMiningErrors::*,
        IAIMiningEvents::{GovernorChanged, GovernorProposed, ParameterChanged},
        IAIMiningGovernance::*,
        IAIMiningInspector::{epochInfoCall, parameterCall},
    },
};

/// `state.md`: the governor's slot.
const GOVERNOR_SLOT: U256 = U256::ONE;

fn name(text: &str) -> B256 {
    let mut padded = [0; 32];
    padded[..text.len()].copy_from_slice(text.as_bytes());
    FixedBytes(padded)
}

fn set_named(name: B256, value: U256) -> Bytes {
    setParameterCall { name, value }.abi_encode().into()
}

fn set(parameter: Parameter, value: u128) -> Call {
    from(GOVERNOR, set_named(parameter.name(), U256::from(value)))
}

fn get(host: &mut MemoryHost, parameter: Parameter) -> u128 {
    let (precompile, _) = stubbed(true);
    view(host, &precompile, parameterCall { name: parameter.name() }).to()
}

fn too_large(parameter: Parameter, value: u128, least: u128, most: u128) -> Outcome {
    let [value, least, most] = [value, least, most].map(U256::from);
    error(ParameterStepTooLarge { name: parameter.name(), value, least, most })
}

fn joint(bound: &str) -> Outcome {
    error(JointBoundViolated { bound: name(bound) })
}

/// Sets, and looks at the only event.
#[track_caller]
fn moves(host: &mut MemoryHost, parameter: Parameter, value: u128) {
    let (precompile, _) = stubbed(true);
    let old = get(host, parameter);
    let (output, executed) = accepted(host, &precompile, set(parameter, value));
    assert!(output.is_empty());
    let [old, new] = [old, value].map(U256::from);
    let event = ParameterChanged { name: parameter.name(), oldValue: old, newValue: new };
    assert_eq!(executed.logs, [event.encode_log_data()]);
    assert_eq!(get(host, parameter), value);
}

#[test]
fn h1_only_the_governor_sets() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    let input = set_named(Parameter::Base.name(), U256::from(9_000_000_000_u64));
    for caller in [RELAYER, RECIPIENT, Address::ZERO, ADDRESS] {
        refused(&mut host, &precompile, from(caller, input.clone()), &error(NotGovernor { caller }));
        let other = set_named(name("nothing"), U256::MAX);
        refused(&mut host, &precompile, from(caller, other), &error(NotGovernor { caller }));
    }
    accepted(&mut host, &precompile, from(GOVERNOR, input));
    // A state without a governor has none, not the zero address.
    put(&mut host, GOVERNOR_SLOT, U256::ZERO);
    let caller = Address::ZERO;
    let input = proposeGovernorCall { proposed: RELAYER }.abi_encode();
    refused(&mut host, &precompile, from(caller, input), &error(NotGovernor { caller }));
}

#[test]
fn h1_unknown_names_are_refused() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    for unknown in
        [name(""), name("Base"), name("base "), name("bas"), name("governor"), B256::repeat_byte(0xff)]
    {
        let expected = error(UnknownParameter { name: unknown });
        refused(&mut host, &precompile, from(GOVERNOR, set_named(unknown, U256::ONE)), &expected);
        refused(&mut host, &precompile, call(parameterCall { name: unknown }.abi_encode()), &expected);
    }
    for parameter in Parameter::ALL {
        assert_eq!(parameter.name(), name(parameter.spec().name));
        assert_eq!(get(&mut host, parameter), parameter.spec().default);
    }
}

#[test]
fn h1_each_parameter_stays_within_its_bounds() {
    let (precompile, _) = stubbed(true);
    for parameter in Parameter::ALL {
        let mut host = host(&genesis());
        let spec = parameter.spec();
        let [minimum, maximum] = [spec.min, spec.max].map(U256::from);
        let below = minimum.checked_sub(U256::ONE);
        let over = [
            maximum + U256::ONE,
            U256::from(u128::MAX),
            U256::ONE << 128,
            (U256::ONE << 128) + minimum,
            U256::MAX,
        ];
        for value in over.into_iter().chain(below) {
            let expected = error(ParameterOutOfBounds { name: parameter.name(), value, minimum, maximum });
            refused(&mut host, &precompile, from(GOVERNOR, set_named(parameter.name(), value)), &expected);
        }
        // The bounds themselves are within: what refuses them, if anything, is another rule.
        for value in [spec.min, spec.max] {
            let outcome = host.clone().execute(&precompile, set(parameter, value)).outcome;
            let Outcome::Revert(data) = outcome else { continue };
            assert_ne!(data[..4], ParameterOutOfBounds::SELECTOR, "{parameter:?}");
        }
    }
}

#[test]
fn h1_one_step_is_a_quarter_either_way_or_the_floor() {
    let (precompile, _) = stubbed(true);
    for parameter in Parameter::ALL {
        let spec = parameter.spec();
        let old = spec.default;
        let change = (old / 4).max(spec.step.floor);
        let (least, most) = (old.saturating_sub(change).max(spec.min), (old + change).min(spec.max));
        for value in [least.checked_sub(1), most.checked_add(1)].into_iter().flatten() {
            if (spec.min..=spec.max).contains(&value) {
                let expected = too_large(parameter, value, least, most);
                refused(&mut host(&genesis()), &precompile, set(parameter, value), &expected);
            }
        }
        // Exactly so far is no step too large; a joint bound may still refuse.
        for value in [least, most] {
            let outcome = host(&genesis()).execute(&precompile, set(parameter, value)).outcome;
            match outcome {
                Outcome::Success(_) => {}
                Outcome::Revert(data) => assert_eq!(data[..4], JointBoundViolated::SELECTOR, "{parameter:?}"),
                other => panic!("{other:?}"),
            }
        }
    }
    // 25 % of 10^10.
    moves(&mut host(&genesis()), Parameter::NativeBase, 7_500_000_000);
    let expected = too_large(Parameter::NativeBase, 7_499_999_999, 7_500_000_000, 12_500_000_000);
    refused(&mut host(&genesis()), &precompile, set(Parameter::NativeBase, 7_499_999_999), &expected);
    // A small value moves by the floor, 5 seconds, and stays within its bounds.
    let mut host = host(&genesis());
    put_parameter(&mut host, Parameter::FutureDrift, 3);
    moves(&mut host.clone(), Parameter::FutureDrift, 8);
    moves(&mut host.clone(), Parameter::FutureDrift, 1);
    refused(
        &mut host,
        &precompile,
        set(Parameter::FutureDrift, 9),
        &too_large(Parameter::FutureDrift, 9, 1, 8),
    );
}

#[test]
fn h1_one_step_an_epoch_length_of_time_and_parameter() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    moves(&mut host, Parameter::MaxJob, 4_000);
    let too_soon = |earliest| error(ParameterStepTooSoon { name: Parameter::MaxJob.name(), earliest });
    for later in [0, 1, 3_599] {
        host.block_timestamp = NOW + later;
        refused(&mut host, &precompile, set(Parameter::MaxJob, 4_001), &too_soon(NOW + 3_600));
        refused(&mut host, &precompile, set(Parameter::MaxJob, 4_000), &too_soon(NOW + 3_600));
    }
    // Another parameter has a clock of its own.
    moves(&mut host, Parameter::MaxAge, 7_201);
    host.block_timestamp = NOW + 3_600;
    moves(&mut host, Parameter::MaxJob, 4_001);
    refused(&mut host, &precompile, set(Parameter::MaxJob, 4_002), &too_soon(NOW + 7_200));
    // A refused step starts no clock.
    let expected = too_large(Parameter::FutureDrift, 900, 45, 75);
    refused(&mut host, &precompile, set(Parameter::FutureDrift, 900), &expected);
    moves(&mut host, Parameter::FutureDrift, 75);
}

#[test]
fn h1_joint_bounds_hold_from_both_sides() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    // base · target · d_max / 10^18 equals the attested cap at genesis: each factor up, or the cap down, is refused.
    for (parameter, value, bound) in [
        (Parameter::Base, 10_000_000_001, "pool_cap_attested"),
        (Parameter::TargetAttested, 1_000_000_000_001, "pool_cap_attested"),
        (Parameter::DMax, 4 * ONE + 4_000_000, "pool_cap_attested"),
        (Parameter::PoolCapAttested, 40_000 * ONE - 1, "pool_cap_attested"),
        (Parameter::TargetSoftware, 100_000_000_001, "pool_cap_software"),
        (Parameter::PoolCapSoftware, 4_000 * ONE - 1, "pool_cap_software"),
        (Parameter::NativeBase, 10_000_000_001, "native_cap_attested"),
        (Parameter::NativeCapAttested, 40_000 * ONE - 1, "native_cap_attested"),
        (Parameter::NativeCapSoftware, 4_000 * ONE - 1, "native_cap_software"),
        (Parameter::MaxAge, 7_199, "max_age"),
        (Parameter::EpochLength, 3_601, "max_age"),
    ] {
        println!("{parameter:?}");
        refused(&mut host, &precompile, set(parameter, value), &joint(bound));
    }
    // With room on the one side, the other may move by that much.
    moves(&mut host, Parameter::PoolCapAttested, 50_000 * ONE);
    moves(&mut host, Parameter::NativeCapAttested, 50_000 * ONE);
    moves(&mut host, Parameter::TargetAttested, 1_250_000_000_000);
    moves(&mut host, Parameter::MaxAge, 9_000);
    moves(&mut host, Parameter::EpochLength, 4_500);

    // One unit is never worth nothing: base · d_min · 6000 ≥ 10^22, exactly.
    let mut small = super::host(&genesis());
    put_parameter(&mut small, Parameter::Base, 2_000_000);
    put_parameter(&mut small, Parameter::DMin, 1_000_000_000_000);
    moves(&mut small.clone(), Parameter::Base, 1_666_667);
    refused(&mut small, &precompile, set(Parameter::Base, 1_666_666), &joint("unit_worth"));
    moves(&mut small.clone(), Parameter::DMin, 833_333_333_334);
    refused(&mut small, &precompile, set(Parameter::DMin, 833_333_333_333), &joint("unit_worth"));

    // The software cap is at most a quarter of the attested one.
    let mut quarter = super::host(&genesis());
    put_parameter(&mut quarter, Parameter::PoolCapSoftware, 9_999 * ONE);
    moves(&mut quarter.clone(), Parameter::PoolCapSoftware, 10_000 * ONE);
    let over = 10_000 * ONE + 1;
    refused(&mut quarter, &precompile, set(Parameter::PoolCapSoftware, over), &joint("software_share"));
    put_parameter(&mut quarter, Parameter::TargetAttested, 1_000_000);
    moves(&mut quarter.clone(), Parameter::PoolCapAttested, 39_996 * ONE);
    let under = 39_996 * ONE - 1;
    refused(&mut quarter, &precompile, set(Parameter::PoolCapAttested, under), &joint("software_share"));
}

#[test]
fn h1_mining_pauses_and_resumes_at_once() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    let base = 10_000_000_000;
    let mut miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    // Also in the epoch of a step, and as often as need be.
    moves(&mut host, Parameter::Base, 9_000_000_000);
    for _ in 0..3 {
        moves(&mut host, Parameter::Base, 0);
        refused(&mut host, &precompile, call(unsigned(&miner)), &error(ZeroReward {}));
        moves(&mut host, Parameter::Base, 9_000_000_000);
    }
    // The pause started no clock, and cleared none.
    let too_soon = error(ParameterStepTooSoon { name: Parameter::Base.name(), earliest: NOW + 3_600 });
    refused(&mut host, &precompile, set(Parameter::Base, base), &too_soon);
    moves(&mut host, Parameter::Base, 0);
    refused(&mut host, &precompile, set(Parameter::Base, base), &too_soon);
    moves(&mut host, Parameter::Base, 9_000_000_000);
    paid(&mut host, &precompile, unsigned(&miner));

    // Other rates stay as they are; PARS is not minted either, for no proof passes.
    moves(&mut host, Parameter::Base, 0);
    miner.statement.context.nonce = B256::repeat_byte(1);
    miner.statement.context.job_id = B256::repeat_byte(1);
    refused(&mut host, &precompile, call(unsigned(&miner)), &error(ZeroReward {}));
    assert_eq!(get(&mut host, Parameter::NativeBase), base);
}

#[test]
fn h1_a_step_while_paused_is_measured_from_the_value_before() {
    let (precompile, _) = stubbed(true);
    let mut paused = host(&genesis());
    moves(&mut paused, Parameter::Base, 0);
    let bounds = |value| too_large(Parameter::Base, value, 7_500_000_000, 12_500_000_000);
    for value in [1, 7_499_999_999, 12_500_000_001, ONE] {
        refused(&mut paused, &precompile, set(Parameter::Base, value), &bounds(value));
    }
    // Zero again is no pause: it is a step to zero, which is too large.
    refused(&mut paused, &precompile, set(Parameter::Base, 0), &bounds(0));
    moves(&mut paused.clone(), Parameter::Base, 7_500_000_000);

    // Joint bounds hold for the value that mining resumes with.
    for (parameter, value, bound) in [
        (Parameter::TargetAttested, 1_000_000_000_001, "pool_cap_attested"),
        (Parameter::PoolCapSoftware, 4_000 * ONE - 1, "pool_cap_software"),
    ] {
        refused(&mut paused, &precompile, set(parameter, value), &joint(bound));
    }
    moves(&mut paused, Parameter::PoolCapAttested, 50_000 * ONE);
    moves(&mut paused, Parameter::PoolCapSoftware, 5_000 * ONE);
    moves(&mut paused, Parameter::Base, 12_500_000_000);
    // The new value is what a later pause resumes.
    moves(&mut paused, Parameter::Base, 0);
    moves(&mut paused, Parameter::Base, 12_500_000_000);
}

#[test]
fn h1_pausing_is_no_way_around_a_step() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    moves(&mut host, Parameter::Base, 9_000_000_000);
    moves(&mut host, Parameter::Base, 0);
    // Neither the value before the step, nor one within the reach of the step, may return in the same epoch.
    let too_soon = error(ParameterStepTooSoon { name: Parameter::Base.name(), earliest: NOW + 3_600 });
    for value in [10_000_000_000, 8_000_000_000] {
        refused(&mut host, &precompile, set(Parameter::Base, value), &too_soon);
    }
    host.block_timestamp = NOW + 3_600;
    let expected = too_large(Parameter::Base, 6_749_999_999, 6_750_000_000, 11_250_000_000);
    refused(&mut host, &precompile, set(Parameter::Base, 6_749_999_999), &expected);
    moves(&mut host, Parameter::Base, 6_750_000_000);
}

#[test]
fn a_changed_epoch_length_counts_from_the_next_roll() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    let prove = |host: &mut MemoryHost, number| {
        let mut miner = Miner::new(ParameterSet::MlDsa44, 1, number);
        miner.statement.compute_units = 1_000;
        miner.statement.completed_at = host.block_timestamp;
        miner.statement.context.timestamp = host.block_timestamp;
        paid(host, &precompile, unsigned(&miner));
    };
    let epoch = |host: &mut MemoryHost| {
        let info = view(host, &precompile, epochInfoCall {});
        (info.counter, info.start, info.length)
    };
    prove(&mut host, 1);
    moves(&mut host, Parameter::EpochLength, 2_700);
    for (later, expected) in [
        (0, (1, NOW, 3_600)),
        (2_700, (1, NOW, 3_600)),
        (3_599, (1, NOW, 3_600)),
        // Two old lengths pass: the roll counts in old lengths, and then the new one rules.
        (7_300, (3, NOW + 7_200, 2_700)),
    ] {
        host.block_timestamp = NOW + later;
        assert_eq!(epoch(&mut host), expected);
    }
    prove(&mut host, 2);
    for (later, expected) in
        [(7_200 + 2_699, (3, NOW + 7_200, 2_700)), (7_200 + 2_700, (4, NOW + 9_900, 2_700))]
    {
        host.block_timestamp = NOW + later;
        assert_eq!(epoch(&mut host), expected);
    }
}

#[test]
fn the_seat_changes_hands_in_two_steps() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    let propose = |proposed| Bytes::from(proposeGovernorCall { proposed }.abi_encode());
    let accept = Bytes::from(acceptGovernorCall {}.abi_encode());
    let seats = |host: &mut MemoryHost| {
        (view(host, &precompile, governorCall {}), view(host, &precompile, pendingGovernorCall {}))
    };
    assert_eq!(seats(&mut host), (GOVERNOR, Address::ZERO));
    for caller in [RELAYER, Address::ZERO, GOVERNOR] {
        let expected = error(NotPendingGovernor { caller });
        refused(&mut host, &precompile, from(caller, accept.clone()), &expected);
    }
    let expected = error(NotGovernor { caller: RELAYER });
    refused(&mut host, &precompile, from(RELAYER, propose(RELAYER)), &expected);
    for proposed in [Address::ZERO, ADDRESS] {
        let expected = error(InvalidGovernor { proposed });
        refused(&mut host, &precompile, from(GOVERNOR, propose(proposed)), &expected);
    }

    let (output, executed) = accepted(&mut host, &precompile, from(GOVERNOR, propose(RECIPIENT)));
    assert!(output.is_empty());
    let event = GovernorProposed { governor: GOVERNOR, proposed: RECIPIENT };
    assert_eq!(executed.logs, [event.encode_log_data()]);
    assert_eq!(seats(&mut host), (GOVERNOR, RECIPIENT));
    // Until acceptance the old governor governs, and may think again.
    moves(&mut host, Parameter::FutureDrift, 61);
    let expected = error(NotGovernor { caller: RECIPIENT });
    refused(&mut host, &precompile, from(RECIPIENT, propose(RECIPIENT)), &expected);
    accepted(&mut host, &precompile, from(GOVERNOR, propose(RELAYER)));
    let expected = error(NotPendingGovernor { caller: RECIPIENT });
    refused(&mut host, &precompile, from(RECIPIENT, accept.clone()), &expected);

    let (output, executed) = accepted(&mut host, &precompile, from(RELAYER, accept.clone()));
    assert!(output.is_empty());
    let event = GovernorChanged { oldGovernor: GOVERNOR, newGovernor: RELAYER };
    assert_eq!(executed.logs, [event.encode_log_data()]);
    assert_eq!(seats(&mut host), (RELAYER, Address::ZERO));
    let expected = error(NotPendingGovernor { caller: RELAYER });
    refused(&mut host, &precompile, from(RELAYER, accept), &expected);
    let expected = error(NotGovernor { caller: GOVERNOR });
    refused(&mut host, &precompile, set(Parameter::MaxJob, 3_601), &expected);
    let input = set_named(Parameter::MaxJob.name(), U256::from(3_601));
    accepted(&mut host, &precompile, from(RELAYER, input));
}
