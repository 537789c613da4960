//! Dispatch rows.

use super::logic;
use crate::dispatch::{Method, method};
use pars_protocol::abi::{IAIMining, IAIMiningInspector};

pub(crate) static METHODS: &[Method] = &[
    method!(View IAIMining::verifyMLDSACall => logic::verify_mldsa),
    method!(View IAIMiningInspector::deriveAddressCall => logic::derive_address),
    method!(View IAIMiningInspector::getSecurityLevelCall => logic::get_security_level),
];
