//! Proofs of AI work: verify, price, pay once. Also the epoch clock that prices them.

pub(crate) mod abi;
pub(crate) mod logic;
pub(crate) mod storage;
pub(crate) mod views;

pub(crate) use abi::METHODS;
