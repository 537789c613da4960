//! How a call ends, and why one stops.

use crate::{Fatal, OutOfGas};
use alloy_primitives::Bytes;
use alloy_sol_types::SolError;

/// How a call to `0x0300` ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Returned, with the ABI-encoded result in a buffer of its own.
    Success(Bytes),
    /// Refused, with an ABI-encoded typed error. Unused gas stays with the caller.
    Revert(Bytes),
    /// The gas limit did not cover a charge. All gas of the call is gone.
    OutOfGas,
    /// This node cannot go on; the block must not be produced from here.
    Fatal(Fatal),
}

/// Why a call stops before its end. The three are never mixed: a user reaches the first two only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Revert(Bytes),
    OutOfGas,
    Fatal(Fatal),
}

impl From<OutOfGas> for Stop {
    fn from(_: OutOfGas) -> Self {
        Self::OutOfGas
    }
}

impl From<Fatal> for Stop {
    fn from(fatal: Fatal) -> Self {
        Self::Fatal(fatal)
    }
}

/// A typed error as a stop.
pub(crate) fn revert<E: SolError>(error: E) -> Stop {
    Stop::Revert(error.abi_encode().into())
}

/// Stops with a typed error unless a condition holds. The error is made only then.
pub(crate) fn require<E: SolError>(condition: bool, error: impl FnOnce() -> E) -> Result<(), Stop> {
    if condition { Ok(()) } else { Err(revert(error())) }
}

impl From<Result<Bytes, Stop>> for Outcome {
    fn from(result: Result<Bytes, Stop>) -> Self {
        match result {
            Ok(output) => Self::Success(output),
            Err(Stop::Revert(error)) => Self::Revert(error),
            Err(Stop::OutOfGas) => Self::OutOfGas,
            Err(Stop::Fatal(fatal)) => Self::Fatal(fatal),
        }
    }
}
