//! What the core knows of the machine it runs in.

use alloy_primitives::{Address, Bytes, LogData, U256};

/// This node is broken: its database failed, or its state was never activated. Calldata never leads here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fatal {
    /// The host could not read or write; the text is for this node's log, never for the chain.
    #[error("host: {0}")]
    Host(String),
    /// A slot holds what the precompile never writes there.
    #[error("slot {0:#x} of 0x0300 holds an impossible value")]
    CorruptState(U256),
    /// The precompile runs on a state that `activate` never saw.
    #[error("0x0300 was not activated on this state")]
    NotActivated,
}

/// The gas limit of the call does not cover a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of gas")]
pub struct OutOfGas;

/// One call to `0x0300`, as every host shows it: the storage of the account through the journal, the block, the caller.
///
/// The host reverts journal and logs itself whenever the call does not succeed (EVM frames do), so the core never
/// undoes anything.
pub trait Host {
    /// Reads a slot of `0x0300`.
    ///
    /// # Errors
    /// [`Fatal`] if the database fails.
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal>;

    /// Writes a slot of `0x0300` through the journal. The core never calls this in a static call.
    ///
    /// # Errors
    /// [`Fatal`] if the database fails.
    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal>;

    /// Emits a log of `0x0300`. The core never calls this in a static call.
    ///
    /// # Errors
    /// [`Fatal`] if the host cannot.
    fn log(&mut self, log: LogData) -> Result<(), Fatal>;

    /// Takes gas from the call's limit.
    ///
    /// # Errors
    /// [`OutOfGas`] if less is left; the call then halts.
    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas>;

    /// Makes the account survive EIP-161: nonce 0 becomes 1, through the journal.
    ///
    /// # Errors
    /// [`Fatal`] if the database fails.
    fn ensure_alive(&mut self) -> Result<(), Fatal>;

    /// Creates native coins for an address, through the journal. `Ok(false)`: the balance would leave 256 bits, and
    /// nothing was changed.
    ///
    /// # Errors
    /// [`Fatal`] if the database fails.
    fn mint_native(&mut self, to: Address, amount: U256) -> Result<bool, Fatal>;

    /// Number of the block the call runs in.
    fn block_number(&self) -> u64;

    /// Timestamp of that block, Unix seconds.
    fn block_timestamp(&self) -> u64;

    /// The chain's id, from the host's configuration, never from calldata.
    fn chain_id(&self) -> u64;

    /// Who calls.
    fn caller(&self) -> Address;

    /// The call's apparent value; `None` where the host profile says that value is not visible. Under DELEGATECALL it
    /// is the parent's, so the core reads it only after [`Self::is_direct`].
    fn value(&self) -> Option<U256>;

    /// Whether the call runs inside a static call, at any depth.
    fn is_static(&self) -> bool;

    /// Whether the frame counts as a call to `0x0300`: [`crate::HostProfile::is_direct`].
    fn is_direct(&self) -> bool;
}

/// A [`Host`] that can also make the account: what activation needs, and no call ever has.
pub trait ActivationHost: Host {
    /// Sets the nonce of `0x0300`.
    ///
    /// # Errors
    /// [`Fatal`] if the database fails.
    fn set_nonce(&mut self, nonce: u64) -> Result<(), Fatal>;

    /// Sets the code of `0x0300`.
    ///
    /// # Errors
    /// [`Fatal`] if the database fails.
    fn set_code(&mut self, code: Bytes) -> Result<(), Fatal>;
}
