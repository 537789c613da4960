//! Dispatch rows.

use super::logic;
use crate::dispatch::{Method, method};
use pars_protocol::abi::IAIMining;

pub(crate) static METHODS: &[Method] = &[method!(View IAIMining::miningBalanceCall => logic::mining_balance)];
