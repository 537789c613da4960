//! Dispatch rows.

use super::{policy, views};
use crate::dispatch::{Method, method};
use pars_protocol::abi::{IAIMiningGovernance, IAIMiningInspector};

pub(crate) static METHODS: &[Method] = &[
    method!(View IAIMiningInspector::verifyNVTrustCall => views::verify_nvtrust),
    method!(View IAIMiningInspector::deviceInfoCall => views::device_info),
    method!(View IAIMiningInspector::icaCountCall => views::ica_count),
    method!(View IAIMiningInspector::icaInfoCall => views::ica_info),
    method!(View IAIMiningInspector::firmwareInfoCall => views::firmware_info),
    method!(View IAIMiningInspector::goldenSetInfoCall => views::golden_set_info),
    method!(View IAIMiningInspector::minimumDriverCall => views::minimum_driver),
    method!(Write IAIMiningGovernance::setIcaCall => policy::set_ica),
    method!(Write IAIMiningGovernance::revokeIcaCall => policy::revoke_ica),
    method!(Write IAIMiningGovernance::denyFirmwareCall => policy::deny_firmware),
    method!(Write IAIMiningGovernance::pinFirmwareCall => policy::pin_firmware),
    method!(Write IAIMiningGovernance::pinGoldenSetCall => policy::pin_golden_set),
    method!(Write IAIMiningGovernance::revokeDeviceCall => policy::revoke_device),
    method!(Write IAIMiningGovernance::setMinimumDriverCall => policy::set_minimum_driver),
];
