//! Slots of the token.

pub(crate) use crate::storage::layout::{BALANCES, TOTAL_SUPPLY};
