//! Dispatch rows.

use super::{logic, views};
use crate::dispatch::{Method, method};
use pars_protocol::abi::{IAIMining, IAIMiningInspector};

pub(crate) static METHODS: &[Method] = &[
    method!(Write IAIMining::submitWorkProofCall => logic::submit_work_proof),
    method!(View IAIMiningInspector::isSpentCall => views::is_spent),
    method!(View IAIMiningInspector::acceptedWorkCall => views::accepted_work),
    method!(View IAIMiningInspector::isJobPaidCall => views::is_job_paid),
    method!(View IAIMiningInspector::computeWorkIdCall => views::compute_work_id),
    method!(View IAIMiningInspector::quoteRewardCall => views::quote_reward),
    method!(View IAIMiningInspector::poolInfoCall => views::pool_info),
    method!(View IAIMiningInspector::epochInfoCall => views::epoch_info),
    method!(View IAIMiningInspector::epochSeedsCall => views::epoch_seeds),
];
