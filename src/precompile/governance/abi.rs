//! Dispatch rows.

use super::logic;
use crate::dispatch::{Method, method};
use pars_protocol::abi::{IAIMiningGovernance, IAIMiningInspector};

pub(crate) static METHODS: &[Method] = &[
    method!(Write IAIMiningGovernance::setParameterCall => logic::set_parameter),
    method!(Write IAIMiningGovernance::proposeGovernorCall => logic::propose_governor),
    method!(Write IAIMiningGovernance::acceptGovernorCall => logic::accept_governor),
    method!(View IAIMiningGovernance::governorCall => logic::governor),
    method!(View IAIMiningGovernance::pendingGovernorCall => logic::pending_governor),
    method!(View IAIMiningInspector::parameterCall => logic::parameter),
    method!(View IAIMiningInspector::versionCall => logic::version),
];
