//! Moving a parameter, handing over the governor's seat.

use super::storage::{
    BASE_BEFORE_PAUSE, GOVERNOR, PENDING_GOVERNOR, load_moved_at, load_parameter, load_parameters,
    store_moved_at, store_parameter,
};
use crate::{
    context::Context,
    gas::operation,
    outcome::{Stop, require, revert},
    work,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_protocol::{
    ADDRESS, Parameter,
    abi::{
        IAIMiningErrors::{
            InvalidGovernor, JointBoundViolated, NotGovernor, NotPendingGovernor, ParameterOutOfBounds,
            ParameterStepTooLarge, ParameterStepTooSoon, UnknownParameter,
        },
        IAIMiningEvents::{GovernorChanged, GovernorProposed, ParameterChanged},
        IAIMiningGovernance::{governorCall, pendingGovernorCall},
        IAIMiningInspector::{parameterCall, versionCall},
    },
    parameters::ascii,
    strict::Reader,
};

/// Moves a parameter: within its bounds, by at most one step an epoch length, joint bounds kept.
///
/// Setting `base` to 0, and back to the value it had, is free of the step: that is how mining is paused and resumed.
pub(crate) fn set_parameter(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (name, value) = (reader.word()?, reader.uint256()?);
    reader.finish()?;
    context.charge(operation::SET_PARAMETER)?;
    only_governor(context)?;
    let parameter = Parameter::from_name(name).ok_or_else(|| revert(UnknownParameter { name }))?;
    let value = check_bounds(parameter, name, value)?;

    let parameters = load_parameters(context)?;
    let old = parameters.get(parameter);
    let before_pause = BASE_BEFORE_PAUSE.get(context)?;
    let pausing = parameter == Parameter::Base && value == 0 && old != 0;
    let resuming = parameter == Parameter::Base && old == 0 && value == before_pause && value != 0;

    if pausing {
        BASE_BEFORE_PAUSE.set(context, old)?;
    } else if !resuming {
        // While mining is paused, steps and joint bounds are measured from the value that it resumes with.
        let reference = if parameter == Parameter::Base && old == 0 { before_pause } else { old };
        check_step(context, parameter, name, reference, value)?;
        let mut after = parameters.with(parameter, value);
        if after.get(Parameter::Base) == 0 {
            after = after.with(Parameter::Base, before_pause);
        }
        after.check_joint().map_err(|bound| revert(JointBoundViolated { bound: ascii(bound.name()) }))?;
        let now = context.block_timestamp();
        store_moved_at(context, parameter, now)?;
    }
    store_parameter(context, parameter, value)?;
    context.emit(&ParameterChanged { name, oldValue: U256::from(old), newValue: U256::from(value) })?;
    Ok(Bytes::new())
}

fn check_bounds(parameter: Parameter, name: B256, value: U256) -> Result<u128, Stop> {
    let spec = parameter.spec();
    u128::try_from(value).ok().filter(|value| (spec.min..=spec.max).contains(value)).ok_or_else(|| {
        revert(ParameterOutOfBounds {
            name,
            value,
            minimum: U256::from(spec.min),
            maximum: U256::from(spec.max),
        })
    })
}

/// One step, and one an epoch length of block time.
fn check_step(
    context: &mut Context<'_>,
    parameter: Parameter,
    name: B256,
    reference: u128,
    value: u128,
) -> Result<(), Stop> {
    let parameters = load_parameters(context)?;
    let (epoch, _) = work::storage::load_effective_epoch(context, &parameters)?;
    let moved_at = load_moved_at(context, parameter)?;
    let earliest = if moved_at == 0 { 0 } else { moved_at.saturating_add(epoch.length) };
    require(context.block_timestamp() >= earliest, || ParameterStepTooSoon { name, earliest })?;
    let (least, most) = parameter.reach(reference);
    require((least..=most).contains(&value), || ParameterStepTooLarge {
        name,
        value: U256::from(value),
        least: U256::from(least),
        most: U256::from(most),
    })
}

/// Names the next governor, who must accept: a mistyped address never takes the seat.
pub(crate) fn propose_governor(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let proposed = reader.address()?;
    reader.finish()?;
    context.charge(operation::PROPOSE_GOVERNOR)?;
    let governor = only_governor(context)?;
    require(!proposed.is_zero() && proposed != ADDRESS, || InvalidGovernor { proposed })?;
    PENDING_GOVERNOR.set(context, proposed)?;
    context.emit(&GovernorProposed { governor, proposed })?;
    Ok(Bytes::new())
}

pub(crate) fn accept_governor(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::ACCEPT_GOVERNOR)?;
    let caller = context.caller();
    let pending = PENDING_GOVERNOR.get(context)?;
    require(!pending.is_zero() && caller == pending, || NotPendingGovernor { caller })?;
    let old = GOVERNOR.get(context)?;
    GOVERNOR.set(context, caller)?;
    PENDING_GOVERNOR.set(context, Address::ZERO)?;
    context.emit(&GovernorChanged { oldGovernor: old, newGovernor: caller })?;
    Ok(Bytes::new())
}

pub(crate) fn only_governor(context: &mut Context<'_>) -> Result<Address, Stop> {
    let (caller, governor) = (context.caller(), GOVERNOR.get(context)?);
    require(!governor.is_zero() && caller == governor, || NotGovernor { caller })?;
    Ok(governor)
}

pub(crate) fn governor(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::ONE_SLOT)?;
    Ok(governorCall::abi_encode_returns(&GOVERNOR.get(context)?).into())
}

pub(crate) fn pending_governor(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::ONE_SLOT)?;
    Ok(pendingGovernorCall::abi_encode_returns(&PENDING_GOVERNOR.get(context)?).into())
}

pub(crate) fn parameter(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let name = reader.word()?;
    reader.finish()?;
    context.charge(operation::ONE_SLOT)?;
    let parameter = Parameter::from_name(name).ok_or_else(|| revert(UnknownParameter { name }))?;
    let value = load_parameter(context, parameter)?;
    Ok(parameterCall::abi_encode_returns(&U256::from(value)).into())
}

/// The rule set in force at the block's time.
pub(crate) fn version(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::PURE)?;
    let version = context.profile().rules.at(context.block_timestamp());
    Ok(versionCall::abi_encode_returns(&version).into())
}
