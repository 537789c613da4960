//! ML-DSA for contracts: verification and what follows from a public key.

pub(crate) mod abi;
pub(crate) mod logic;

pub(crate) use abi::METHODS;
