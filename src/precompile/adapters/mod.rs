//! The core inside real EVMs.

#[cfg(feature = "alloy")]
pub mod alloy;
#[cfg(feature = "revm")]
pub mod revm;

/// An outcome in the words of revm. Only a broken node is an `Err`: it aborts the transaction and the block.
#[cfg(feature = "revm")]
fn finish(
    outcome: crate::Outcome,
    gas: ::revm::context_interface::cfg::gas::GasTracker,
) -> ::revm::precompile::PrecompileResult {
    use crate::Outcome;
    use ::revm::precompile::{PrecompileError, PrecompileHalt, PrecompileOutput, PrecompileStatus};
    let (status, output) = match outcome {
        Outcome::Success(output) => (PrecompileStatus::Success, output),
        Outcome::Revert(error) => (PrecompileStatus::Revert, error),
        Outcome::OutOfGas => (PrecompileStatus::Halt(PrecompileHalt::OutOfGas), Default::default()),
        Outcome::Fatal(fatal) => return Err(PrecompileError::Fatal(fatal.to_string())),
    };
    Ok(PrecompileOutput::from_gas_tracker(status, output, gas))
}
