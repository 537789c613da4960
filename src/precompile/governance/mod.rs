//! Governance: who may move parameters, and how far.

pub(crate) mod abi;
pub(crate) mod logic;
pub(crate) mod storage;

pub(crate) use abi::METHODS;
