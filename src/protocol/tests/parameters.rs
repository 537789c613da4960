//! The governed parameters: the table, every bound from both sides, every step (H1).

use super::*;
use crate::{
    Parameter, Parameters, Pool,
    economics::reward,
    parameters::{JointBound, ParameterError, ascii},
    tier::MIN_TRUST_BPS,
};
use Parameter::*;
use std::{collections::BTreeSet, fmt::Write as _};

/// name | unit | default | min | max | step in 10^-4 | least step. A change here is a change of consensus.
const TABLE: &str = "\
base | 10^-18 AI a unit | 10000000000 | 0 | 1000000000000000000 | 2500 | 1000000
native_base | 10^-18 PARS a unit | 10000000000 | 0 | 1000000000000000000 | 2500 | 1000000
d_min | 10^-18 | 1000000000000 | 1000000 | 1000000000000000000 | 2500 | 1000000
d_max | 10^-18 | 4000000000000000000 | 1000000000000000000 | 1000000000000000000000000 | 2500 | 1000000000000000
target_attested | units an epoch | 1000000000000 | 1000000 | 1000000000000000000 | 2500 | 1000000
target_software | units an epoch | 100000000000 | 1000000 | 1000000000000000000 | 2500 | 1000000
pool_cap_attested | 10^-18 AI an epoch | 40000000000000000000000 | 1000000000000000000 | 1000000000000000000000000000 | 2500 | 1000000000000000000
pool_cap_software | 10^-18 AI an epoch | 4000000000000000000000 | 1000000000000000 | 1000000000000000000000000000 | 2500 | 1000000000000000
native_cap_attested | 10^-18 PARS an epoch | 40000000000000000000000 | 0 | 1000000000000000000000000000 | 2500 | 1000000000000000000
native_cap_software | 10^-18 PARS an epoch | 4000000000000000000000 | 0 | 1000000000000000000000000000 | 2500 | 1000000000000000
proof_cap | 10^-18 AI a proof | 400000000000000000000 | 1000000000000000 | 1000000000000000000000000 | 2500 | 1000000000000000
device_cap | 10^-18 AI a device and epoch | 400000000000000000000 | 1000000000000000 | 1000000000000000000000000 | 2500 | 1000000000000000
epoch_length | seconds | 3600 | 60 | 604800 | 2500 | 60
max_job | seconds | 3600 | 60 | 86400 | 2500 | 60
max_age | seconds | 7200 | 120 | 2592000 | 2500 | 120
future_drift | seconds | 60 | 1 | 900 | 2500 | 5
";

#[test]
fn h1_the_table() {
    let mut found = String::new();
    for parameter in Parameter::ALL {
        let s = parameter.spec();
        let (name, unit, step) = (s.name, s.unit, s.step);
        writeln!(
            found,
            "{name} | {unit} | {} | {} | {} | {} | {}",
            s.default, s.min, s.max, step.bps, step.floor
        )
        .unwrap();
    }
    assert_eq!(found, TABLE);
}

/// The genesis defaults as the specification writes them.
#[test]
fn h1_genesis_defaults() {
    let p = Parameters::default();
    let power = |exponent| 10_u128.pow(exponent);
    for (parameter, expected) in [
        (Base, power(10)),
        (NativeBase, power(10)),
        (DMin, power(12)),
        (DMax, 4 * power(18)),
        (TargetAttested, power(12)),
        (TargetSoftware, power(11)),
        (PoolCapAttested, 4 * power(22)),
        (PoolCapSoftware, 4 * power(21)),
        (NativeCapAttested, 4 * power(22)),
        (NativeCapSoftware, 4 * power(21)),
        (ProofCap, 4 * power(20)),
        (DeviceCap, 4 * power(20)),
        (EpochLength, 3_600),
        (MaxJob, 3_600),
        (MaxAge, 7_200),
        (FutureDrift, 60),
    ] {
        assert_eq!(p.get(parameter), expected, "{parameter:?}");
    }
    assert_eq!(p.check(), Ok(()));
    // The software pool takes 10 % of the attested one's cap.
    assert_eq!(p.get(PoolCapSoftware) * 10, p.get(PoolCapAttested));
    // d starts at one and may move both ways.
    assert!(p.get(DMin) < power(18) && power(18) < p.get(DMax));
}

#[test]
fn names_are_ascii_unique_and_round_trip() {
    let names: BTreeSet<_> = Parameter::ALL.map(Parameter::name).into_iter().collect();
    assert_eq!(names.len(), 16);
    for parameter in Parameter::ALL {
        let text = parameter.spec().name;
        assert!((1..=32).contains(&text.len()));
        assert!(text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{text}");
        let name = parameter.name();
        assert_eq!(&name[..text.len()], text.as_bytes());
        assert!(name[text.len()..].iter().all(|byte| *byte == 0));
        assert_eq!(Parameter::from_name(name), Some(parameter));
        // Any other padding, case or alignment is another name.
        let mut other = name;
        other[31] = 1;
        assert_eq!(Parameter::from_name(other), None);
        assert_eq!(Parameter::from_name(ascii(&text.to_uppercase())), None);
        let mut right_aligned = [0; 32];
        right_aligned[32 - text.len()..].copy_from_slice(text.as_bytes());
        assert_eq!(Parameter::from_name(right_aligned.into()), None);
    }
    assert_eq!(Parameter::from_name(B256::ZERO), None);
    assert_eq!(Parameter::from_name(ascii("governor")), None);
}

#[test]
fn joint_bounds_have_names_of_their_own() {
    let names: BTreeSet<_> = JointBound::ALL.map(JointBound::name).into_iter().collect();
    assert_eq!(names.len(), JointBound::ALL.len());
    assert!(names.iter().all(|name| name.is_ascii() && (1..=32).contains(&name.len())));
    let texts: BTreeSet<_> = JointBound::ALL.map(|bound| bound.to_string()).into_iter().collect();
    assert_eq!(texts.len(), JointBound::ALL.len());
}

#[test]
fn ascii_is_left_aligned_and_never_longer() {
    assert_eq!(ascii(""), B256::ZERO);
    assert_eq!(ascii("ab")[..3], [b'a', b'b', 0]);
    let long = "0123456789abcdef0123456789abcdefX";
    assert_eq!(&ascii(long)[..], &long.as_bytes()[..32]);
}

#[test]
fn values_are_read_and_written_one_by_one() {
    let numbered = Parameters::try_from_fn(|parameter| {
        Ok::<_, ()>(Parameter::ALL.iter().position(|other| *other == parameter).unwrap() as u128 + 100)
    })
    .unwrap();
    for (index, parameter) in Parameter::ALL.into_iter().enumerate() {
        let expected = index as u128 + 100;
        assert_eq!(numbered.get(parameter), expected);
        assert_eq!(numbered.amount(parameter), U256::from(expected));
        assert_eq!(numbered.seconds(parameter), expected as u64);
        let changed = numbered.with(parameter, 7);
        for other in Parameter::ALL {
            assert_eq!(changed.get(other), if other == parameter { 7 } else { numbered.get(other) });
        }
    }
    // The first error ends it.
    let mut asked = 0;
    let error = Parameters::try_from_fn(|parameter| {
        asked += 1;
        if parameter == DMin { Err(parameter) } else { Ok(1) }
    });
    assert_eq!((error, asked), (Err(DMin), 3));
    assert_eq!(numbered.with(MaxAge, u128::MAX).seconds(MaxAge), u64::MAX);
}

#[test]
fn a_pool_finds_its_parameters() {
    assert_eq!([Pool::Software, Pool::Attested].map(Parameter::target), [TargetSoftware, TargetAttested]);
    assert_eq!([Pool::Software, Pool::Attested].map(Parameter::pool_cap), [PoolCapSoftware, PoolCapAttested]);
    assert_eq!(
        [Pool::Software, Pool::Attested].map(Parameter::native_cap),
        [NativeCapSoftware, NativeCapAttested]
    );
}

// ---- Own bounds

#[test]
fn h1_each_parameter_at_its_edges() {
    for parameter in Parameter::ALL {
        let spec = parameter.spec();
        assert!(spec.min <= spec.default && spec.default <= spec.max && spec.min < spec.max);
        let refusal = |value: u128| {
            let result = Parameters::default().with(parameter, value).check();
            matches!(result, Err(ParameterError::OutOfBounds { .. })).then_some(result)
        };
        // Inside: a joint bound may still refuse, the parameter's own does not.
        for value in [spec.min, spec.min + 1, spec.default, spec.max - 1, spec.max] {
            assert_eq!(refusal(value), None, "{parameter:?} = {value}");
        }
        for value in [spec.min.checked_sub(1), Some(spec.max + 1), Some(u128::MAX)].into_iter().flatten() {
            let expected = Err(ParameterError::OutOfBounds { parameter, value });
            assert_eq!(refusal(value), Some(expected), "{parameter:?} = {value}");
        }
    }
}

/// Own bounds come first, in the order of the table; then the joint ones in theirs.
#[test]
fn h1_refusals_come_in_order() {
    let all_wrong = Parameters::try_from_fn(|_| Ok::<_, ()>(u128::MAX)).unwrap();
    let error = ParameterError::OutOfBounds { parameter: Base, value: u128::MAX };
    assert_eq!(all_wrong.check(), Err(error));
    // No product of the joint checks wraps, whatever the values.
    assert_eq!(all_wrong.check_joint(), Err(JointBound::PoolCapAttested));
    let late = Parameters::default().with(PoolCapAttested, 10_u128.pow(18)).with(FutureDrift, 0);
    let error = ParameterError::OutOfBounds { parameter: FutureDrift, value: 0 };
    assert_eq!(late.check(), Err(error));
    assert_eq!(late.with(FutureDrift, 1).check(), Err(ParameterError::Joint(JointBound::PoolCapAttested)));
}

#[test]
fn a_refusal_says_what_and_why() {
    let error = Parameters::default().with(FutureDrift, 901).check().unwrap_err();
    assert_eq!(error.to_string(), "future_drift = 901 is outside [1, 900]");
    let error = Parameters::default().with(MaxAge, 7_199).check().unwrap_err();
    assert_eq!(error.to_string(), "max_age is shorter than two epochs");
}

// ---- Joint bounds

/// `inside` holds all joint bounds; `outside` breaks this one first.
fn edge(bound: JointBound, inside: Parameters, outside: Parameters) {
    assert_eq!(inside.check(), Ok(()), "{bound:?} at its edge");
    assert_eq!(outside.check(), Err(ParameterError::Joint(bound)), "{bound:?} beyond it");
}

/// base · target · d_max / 10^18 against the cap, moved by each of its four sides. Genesis stands exactly on the edge.
#[test]
fn h1_emission_never_exceeds_the_cap() {
    let p = Parameters::default();
    let above = |parameter: Parameter, by: u128| p.with(parameter, p.get(parameter) + by);
    let below = |parameter: Parameter, by: u128| p.with(parameter, p.get(parameter) - by);
    for (bound, rate, target, cap) in [
        (JointBound::PoolCapAttested, Base, TargetAttested, PoolCapAttested),
        (JointBound::PoolCapSoftware, Base, TargetSoftware, PoolCapSoftware),
        (JointBound::NativeCapAttested, NativeBase, TargetAttested, NativeCapAttested),
        (JointBound::NativeCapSoftware, NativeBase, TargetSoftware, NativeCapSoftware),
    ] {
        assert_eq!(p.get(rate) * p.get(target) / 10_u128.pow(18) * p.get(DMax), p.get(cap), "{bound:?}");
        edge(bound, p, below(cap, 1));
        // The sides of one bound stand in others too: those get room.
        let caps = [PoolCapAttested, PoolCapSoftware, NativeCapAttested, NativeCapSoftware];
        let roomy = |p: Parameters| {
            caps.into_iter()
                .filter(|other| *other != cap)
                .fold(p, |p, other| p.with(other, p.get(other) + p.get(other) / 100))
        };
        for side in [rate, target, DMax] {
            assert_eq!(roomy(below(side, 1)).check(), Ok(()));
            edge(bound, roomy(p), roomy(above(side, 1)));
        }
    }
}

/// The emission floors: a fraction above the cap is not above it.
#[test]
fn h1_emission_floors() {
    let one = 10_u128.pow(18);
    // 10^6 · 10^6 · (10^18 + 10^6) / 10^18 = 10^12 + 1 exactly; one less of d_max and it floors to 10^12.
    let p = Parameters::default().with(Base, 1_000_000).with(TargetAttested, 1_000_000);
    let p = p.with(PoolCapAttested, 1_000_000_000_000);
    let refused = |d_max: u128| p.with(DMax, d_max).check_joint() == Err(JointBound::PoolCapAttested);
    assert!(!refused(one));
    assert!(!refused(one + 999_999));
    assert!(refused(one + 1_000_000));
}

/// base · d_min · 6000 ≥ 10^22, from both sides; base 0 is the pause and is allowed.
#[test]
fn h1_a_unit_is_never_worth_nothing() {
    let p = Parameters::default();
    // ⌈10^22 / (10^10 · 6000)⌉ = 166,666,667.
    edge(JointBound::UnitWorth, p.with(DMin, 166_666_667), p.with(DMin, 166_666_666));
    // ⌈10^22 / (10^12 · 6000)⌉ = 1,666,667.
    edge(JointBound::UnitWorth, p.with(Base, 1_666_667), p.with(Base, 1_666_666));
    edge(JointBound::UnitWorth, p.with(Base, 0), p.with(Base, 1));
    // Native coin may be worth nothing a unit.
    assert_eq!(p.with(NativeBase, 1).check(), Ok(()));
    for inside in [p.with(DMin, 166_666_667), p.with(Base, 1_666_667)] {
        let worth = reward(inside.get(Base), 1, inside.get(DMin), MIN_TRUST_BPS).unwrap();
        assert_eq!(worth, U256::ONE);
    }
}

#[test]
fn h1_the_software_pool_takes_at_most_a_quarter() {
    let p = Parameters::default();
    let quarter = p.get(PoolCapAttested) / 4;
    edge(JointBound::SoftwareShare, p.with(PoolCapSoftware, quarter), p.with(PoolCapSoftware, quarter + 1));
    // An attested cap that four does not divide: the quarter floors.
    for rest in 1..4 {
        let p = p.with(PoolCapAttested, p.get(PoolCapAttested) + rest);
        edge(
            JointBound::SoftwareShare,
            p.with(PoolCapSoftware, quarter),
            p.with(PoolCapSoftware, quarter + 1),
        );
    }
    let huge = p.with(PoolCapAttested, u128::MAX).with(PoolCapSoftware, u128::MAX / 4 + 1);
    assert_eq!(huge.check_joint(), Err(JointBound::SoftwareShare));
}

#[test]
fn h1_proofs_stay_payable_for_two_epochs() {
    let p = Parameters::default();
    edge(JointBound::MaxAge, p, p.with(MaxAge, 7_199));
    edge(JointBound::MaxAge, p, p.with(EpochLength, 3_601));
    edge(
        JointBound::MaxAge,
        p.with(EpochLength, 604_800).with(MaxAge, 1_209_600),
        p.with(EpochLength, 604_800).with(MaxAge, 1_209_599),
    );
    let endless = p.with(EpochLength, u128::MAX).with(MaxAge, u128::MAX);
    assert_eq!(endless.check_joint(), Err(JointBound::MaxAge));
}

// ---- Steps

#[test]
fn h1_a_step_is_a_quarter_or_the_floor() {
    for (parameter, old, expected) in [
        // A quarter either way.
        (Base, 10_000_000_000, (7_500_000_000, 12_500_000_000)),
        (MaxJob, 3_600, (2_700, 4_500)),
        // ⌊61 · 25 %⌋ = 15.
        (FutureDrift, 61, (46, 76)),
        // The least step where a quarter is smaller: from nothing, too.
        (Base, 0, (0, 1_000_000)),
        (Base, 3_999_999, (2_999_999, 4_999_999)),
        (FutureDrift, 19, (14, 24)),
        (FutureDrift, 20, (15, 25)),
        // Bounds cut a step short.
        (FutureDrift, 1, (1, 6)),
        (FutureDrift, 3, (1, 8)),
        (FutureDrift, 899, (675, 900)),
        (FutureDrift, 900, (675, 900)),
        (EpochLength, 60, (60, 120)),
        (DMax, 10_u128.pow(18), (10_u128.pow(18), 125 * 10_u128.pow(16))),
        (NativeCapAttested, 0, (0, 10_u128.pow(18))),
    ] {
        assert_eq!(parameter.reach(old), expected, "{parameter:?} from {old}");
    }
}

/// Governance can bring every parameter from its default to both ends, and back.
#[test]
fn h1_repeated_steps_reach_both_ends() {
    for parameter in Parameter::ALL {
        let spec = parameter.spec();
        let walk = |from: u128, to: u128| {
            let mut value = from;
            let mut steps = 0;
            while value != to {
                let (least, most) = parameter.reach(value);
                let next = to.clamp(least, most);
                assert_ne!(next, value, "{parameter:?} is stuck at {value}");
                value = next;
                steps += 1;
                assert!(steps < 400, "{parameter:?} needs too many steps");
            }
        };
        walk(spec.default, spec.min);
        walk(spec.default, spec.max);
        walk(spec.min, spec.max);
        walk(spec.max, spec.min);
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn h1_a_step_stays_within_bounds(
        parameter in proptest::sample::select(Parameter::ALL.to_vec()),
        share in any::<u64>(),
    ) {
        let spec = parameter.spec();
        // A value within the bounds, any magnitude.
        let span = spec.max - spec.min;
        let old = spec.min + (span >> (share % 90)) * u128::from(share >> 32) / u128::from(u32::MAX);
        let (least, most) = parameter.reach(old);
        prop_assert!(spec.min <= least && least <= old && old <= most && most <= spec.max);
        let change = (old / 4).max(spec.step.floor);
        prop_assert!(least == spec.min || old - least == change);
        prop_assert!(most == spec.max || most - old == change);
        // What one step reaches passes the parameter's own bounds.
        for value in [least, most] {
            let error = Parameters::default().with(parameter, value).check();
            let out = matches!(error, Err(ParameterError::OutOfBounds { .. }));
            prop_assert!(!out);
        }
    }

    /// Whatever the numbers: an answer, never a panic.
    #[test]
    fn h1_any_numbers_are_judged(values in any::<[u128; 16]>(), shifts in any::<[u8; 16]>()) {
        let mut next = values.into_iter().zip(shifts);
        let p = Parameters::try_from_fn(|_| {
            let (value, shift) = next.next().ok_or(())?;
            Ok::<_, ()>(value >> (shift % 128))
        }).unwrap();
        let own = Parameter::ALL.into_iter().find(|parameter| {
            let spec = parameter.spec();
            !(spec.min..=spec.max).contains(&p.get(*parameter))
        });
        match p.check() {
            Err(ParameterError::OutOfBounds { parameter, value }) => {
                prop_assert_eq!(own, Some(parameter));
                prop_assert_eq!(value, p.get(parameter));
            }
            other => {
                prop_assert_eq!(own, None);
                prop_assert_eq!(other, p.check_joint().map_err(ParameterError::Joint));
            }
        }
        for parameter in Parameter::ALL {
            let (_, most) = parameter.reach(p.get(parameter));
            prop_assert!(most <= parameter.spec().max);
        }
    }
}
