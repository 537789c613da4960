//! The governor and the parameters.

use crate::{
    context::Context,
    outcome::Stop,
    storage::layout::{PARAMETER_MOVED_AT, PARAMETER_VALUE},
};
use pars_protocol::{Parameter, Parameters};

pub(crate) use crate::storage::layout::{BASE_BEFORE_PAUSE, DEV, GOVERNOR, PENDING_GOVERNOR, VERSION};

pub(crate) fn load_parameters(context: &mut Context<'_>) -> Result<Parameters, Stop> {
    Parameters::try_from_fn(|parameter| load_parameter(context, parameter))
}

pub(crate) fn load_parameter(context: &mut Context<'_>, parameter: Parameter) -> Result<u128, Stop> {
    PARAMETER_VALUE.at(parameter.name()).get(context)
}

pub(crate) fn store_parameter(
    context: &mut Context<'_>,
    parameter: Parameter,
    value: u128,
) -> Result<(), Stop> {
    PARAMETER_VALUE.at(parameter.name()).set(context, value)
}

/// When a parameter took its last step; 0 if it never did.
pub(crate) fn load_moved_at(context: &mut Context<'_>, parameter: Parameter) -> Result<u64, Stop> {
    PARAMETER_MOVED_AT.at(parameter.name()).get(context)
}

pub(crate) fn store_moved_at(
    context: &mut Context<'_>,
    parameter: Parameter,
    timestamp: u64,
) -> Result<(), Stop> {
    PARAMETER_MOVED_AT.at(parameter.name()).set(context, timestamp)
}
