//! Dispatch rows.

use super::logic;
use crate::dispatch::{Method, method};
use pars_protocol::abi::{IAIMining, IAIMiningInspector};

pub(crate) static METHODS: &[Method] = &[
    method!(Write IAIMining::claimTeleportCall => logic::claim_teleport),
    method!(View IAIMining::pendingTeleportsCall => logic::pending_teleports),
    method!(View IAIMiningInspector::getTeleportDetailsCall => logic::get_teleport_details),
];
