//! Parameters: bounds, steps, joint bounds, the pause; the governor's seat.

use crate::suite::{
    build::{self, Scenario, block, call_by, set, set_named, with},
    format::{CallSpec, File, Vector},
};
use alloy_primitives::{Address, B256, U256, address};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::{
        ADDRESS,
        testing::{GOVERNOR, Miner, RELAYER},
    },
    protocol::{
        Parameter, ParameterSet,
        abi::IAIMiningGovernance::{
            acceptGovernorCall, governorCall, pendingGovernorCall, proposeGovernorCall,
        },
        parameters::ascii,
    },
};

const NEXT: Address = address!("0x00000000000000000000000000000000000000A1");
const E9: u128 = 1_000_000_000;
const E12: u128 = 1_000 * E9;
const E18: u128 = 1_000_000 * E12;

fn step(parameter: Parameter, value: u128) -> Scenario {
    Scenario::new(set(parameter, value))
}

fn propose(caller: Address, proposed: Address) -> CallSpec {
    call_by(caller, proposeGovernorCall { proposed }.abi_encode())
}

fn accept(caller: Address) -> CallSpec {
    call_by(caller, acceptGovernorCall {}.abi_encode())
}

fn steps() -> Vec<Vector> {
    let drift = Parameter::FutureDrift;
    let cost = step(Parameter::MaxJob, 3_000).run().gas_used;
    vec![
        step(Parameter::Base, 7_500_000_000).succeeds("step_down", "A quarter down."),
        step(Parameter::MaxJob, 4_500).succeeds("step_up", "A quarter up."),
        step(Parameter::MaxJob, 3_600)
            .succeeds("step_nowhere", "The same value: an event, and the step of this epoch is taken."),
        step(Parameter::MaxJob, 4_501).reverts(
            "ParameterStepTooLarge",
            "step_up_too_large",
            "A quarter up and one.",
        ),
        step(Parameter::MaxJob, 2_699).reverts(
            "ParameterStepTooLarge",
            "step_down_too_large",
            "A quarter down and one.",
        ),
        step(drift, 75).succeeds("step_of_a_small_value", "60 → 75: the quarter is the larger step."),
        step(drift, 15)
            .genesis(with(&[(drift, 10)]))
            .succeeds("step_by_the_floor", "10 → 15: a quarter would be 2, the floor of the step is 5."),
        step(drift, 16).genesis(with(&[(drift, 10)])).reverts(
            "ParameterStepTooLarge",
            "step_beyond_the_floor",
            "10 → 16.",
        ),
        step(drift, 1)
            .genesis(with(&[(drift, 3)]))
            .succeeds("step_to_the_minimum", "3 → 1: the step ends at the minimum."),
        step(Parameter::MaxJob, 4_600)
            .after(block(0), set(Parameter::MaxJob, 4_500))
            .at(block(3_599))
            .reverts(
                "ParameterStepTooSoon",
                "second_step_too_soon",
                "One second before an epoch length has passed.",
            ),
        step(Parameter::MaxJob, 4_600)
            .after(block(0), set(Parameter::MaxJob, 4_500))
            .at(block(3_600))
            .succeeds("second_step", "An epoch length later."),
        step(Parameter::MaxAge, 9_000)
            .after(block(0), set(Parameter::MaxJob, 4_500))
            .succeeds("another_parameter_at_once", "Each parameter has a step of its own."),
        step(Parameter::MaxJob, 4_501).at(block(3_600)).reverts(
            "ParameterStepTooLarge",
            "steps_do_not_add_up",
            "Waiting does not make a step larger.",
        ),
        step(Parameter::MaxJob, 3_000)
            .but(|call| call.gas = cost)
            .succeeds("exact_gas", "What the call costs."),
        step(Parameter::MaxJob, 3_000).but(|call| call.gas = cost - 1).runs_out("gas_short", "One less."),
    ]
}

fn refusals() -> Vec<Vector> {
    let none = ascii("nothing");
    let mut vectors = vec![
        step(Parameter::MaxJob, 3_000).but(|call| call.caller = RELAYER).reverts(
            "NotGovernor",
            "not_governor",
            "Anyone else.",
        ),
        Scenario::new(set_named(none, U256::from(1))).reverts(
            "UnknownParameter",
            "unknown_parameter",
            "No such name.",
        ),
        Scenario::new(set_named(none, U256::from(1))).but(|call| call.caller = RELAYER).reverts(
            "NotGovernor",
            "not_governor_before_unknown_parameter",
            "Who calls is checked before what.",
        ),
        Scenario::new(set_named(B256::right_padding_from(b"base\x01"), U256::from(1))).reverts(
            "UnknownParameter",
            "name_with_a_tail",
            "A name is padded with zeros.",
        ),
        Scenario::new(set_named(Parameter::MaxJob.name(), U256::MAX)).reverts(
            "ParameterOutOfBounds",
            "value_of_2_256",
            "2^256 − 1.",
        ),
        Scenario::new(set_named(Parameter::MaxJob.name(), (U256::from(1) << 128) + U256::from(3_600)))
            .reverts("ParameterOutOfBounds", "value_of_2_128", "2^128 + 3,600 is not cut to 3,600."),
    ];
    for parameter in Parameter::ALL {
        let spec = parameter.spec();
        vectors.push(step(parameter, spec.max + 1).reverts(
            "ParameterOutOfBounds",
            &format!("{}_above_its_maximum", spec.name),
            "One above the maximum.",
        ));
        if let Some(below) = spec.min.checked_sub(1) {
            vectors.push(step(parameter, below).reverts(
                "ParameterOutOfBounds",
                &format!("{}_below_its_minimum", spec.name),
                "One below the minimum.",
            ));
        }
    }
    vectors
}

fn joint() -> Vec<Vector> {
    let refused =
        |parameter, value, name, about| step(parameter, value).reverts("JointBoundViolated", name, about);
    vec![
        refused(
            Parameter::Base,
            10 * E9 + 1,
            "pool_cap_attested",
            "base · target · d_max / 10^18 would exceed the cap of the attested pool.",
        ),
        step(Parameter::TargetSoftware, E12 / 10 + 1).reverts(
            "JointBoundViolated",
            "pool_cap_software",
            "The same of the software pool.",
        ),
        refused(Parameter::NativeBase, 10 * E9 + 1, "native_cap_attested", "The same of PARS."),
        step(Parameter::NativeCapSoftware, 4_000 * E18 - 1).reverts(
            "JointBoundViolated",
            "native_cap_software",
            "The same of PARS in the software pool.",
        ),
        step(Parameter::DMin, 166_666_666).genesis(with(&[(Parameter::DMin, 166_666_667)])).reverts(
            "JointBoundViolated",
            "unit_worth",
            "base · d_min · 6000 would fall below 10^22.",
        ),
        step(Parameter::PoolCapSoftware, 10_000 * E18 + 1)
            .genesis(with(&[(Parameter::PoolCapSoftware, 10_000 * E18)]))
            .reverts("JointBoundViolated", "software_share", "More than a quarter of the attested cap."),
        refused(Parameter::EpochLength, 3_601, "max_age", "max_age would be shorter than two epochs."),
        step(Parameter::PoolCapSoftware, 5_000 * E18).succeeds("room", "A cap may rise within the share."),
    ]
}

fn pause() -> Vec<Vector> {
    let base = Parameter::Base.spec().default;
    let paused = |value: u128| step(Parameter::Base, value).after(block(0), set(Parameter::Base, 0));
    vec![
        step(Parameter::Base, 0)
            .succeeds("pause", "base → 0 at once; base before the pause is kept; no step is taken."),
        paused(base)
            .at(block(1))
            .succeeds("resume", "Back to the value before the pause at once; no step is taken."),
        step(Parameter::Base, 0)
            .after(block(0), set(Parameter::Base, 9 * E9))
            .at(block(1))
            .succeeds("pause_right_after_a_step", "The pause never waits."),
        paused(0).at(block(1)).reverts(
            "ParameterStepTooLarge",
            "pause_again",
            "0 → 0 is a step, measured from the value before the pause.",
        ),
        paused(9 * E9)
            .at(block(1))
            .succeeds("resume_lower", "Another value is a step from the value before the pause."),
        paused(7_499_999_999).at(block(1)).reverts(
            "ParameterStepTooLarge",
            "resume_too_low",
            "More than a step from the value before the pause.",
        ),
        paused(base + 1).at(block(1)).reverts(
            "JointBoundViolated",
            "resume_too_high",
            "Joint bounds hold while mining is paused.",
        ),
        step(Parameter::DMax, 4 * E18 + 1).after(block(0), set(Parameter::Base, 0)).reverts(
            "JointBoundViolated",
            "joint_bounds_while_paused",
            "They are measured with the value before the pause, so that resuming cannot break them.",
        ),
        step(Parameter::Base, 1_000_000)
            .genesis(with(&[(Parameter::Base, 0), (Parameter::DMin, 2 * E12)]))
            .succeeds("start_after_a_genesis_without_base", "0 → 10^6: the floor of the step."),
        Scenario::submit(&Miner::new(ParameterSet::MlDsa44, 1, 1))
            .after(block(0), set(Parameter::Base, 0))
            .reverts("ZeroReward", "proof_while_paused", "Every proof is refused and spends nothing."),
    ]
}

fn seat() -> Vec<Vector> {
    let view = |input: Vec<u8>| Scenario::new(call_by(RELAYER, input));
    vec![
        Scenario::new(propose(GOVERNOR, NEXT)).succeeds("propose", "The governor names the next."),
        Scenario::new(propose(RELAYER, NEXT)).reverts("NotGovernor", "propose_by_a_stranger", "Anyone else."),
        Scenario::new(propose(GOVERNOR, Address::ZERO)).reverts(
            "InvalidGovernor",
            "propose_zero",
            "Nobody could accept.",
        ),
        Scenario::new(propose(GOVERNOR, ADDRESS)).reverts(
            "InvalidGovernor",
            "propose_precompile",
            "0x0300 calls nobody.",
        ),
        Scenario::new(accept(NEXT))
            .after(block(0), propose(GOVERNOR, NEXT))
            .succeeds("accept", "The seat changes when it is taken."),
        Scenario::new(accept(GOVERNOR)).after(block(0), propose(GOVERNOR, NEXT)).reverts(
            "NotPendingGovernor",
            "accept_by_the_governor",
            "Only the proposed.",
        ),
        Scenario::new(accept(Address::ZERO)).reverts(
            "NotPendingGovernor",
            "accept_by_zero",
            "Nobody is proposed: not the zero address either.",
        ),
        Scenario::new(accept(NEXT))
            .after(block(0), propose(GOVERNOR, NEXT))
            .after(block(0), propose(GOVERNOR, RELAYER))
            .reverts("NotPendingGovernor", "accept_when_replaced", "A later proposal replaces the earlier."),
        Scenario::new(set(Parameter::MaxJob, 3_000))
            .after(block(0), propose(GOVERNOR, NEXT))
            .after(block(0), accept(NEXT))
            .reverts("NotGovernor", "the_old_governor", "The seat is gone."),
        view(governorCall {}.abi_encode()).succeeds("governor", "Who governs."),
        view(pendingGovernorCall {}.abi_encode())
            .succeeds("no_pending_governor", "Zero: nobody is proposed."),
        view(pendingGovernorCall {}.abi_encode())
            .after(block(0), propose(GOVERNOR, NEXT))
            .succeeds("pending_governor", "Who may accept."),
    ]
}

pub(crate) fn file() -> File {
    build::file(
        "governance",
        "setParameter, proposeGovernor, acceptGovernor and their views.",
        [steps(), refusals(), joint(), pause(), seat()].concat(),
    )
}
