//! One running call: the host behind guards that no feature can forget.

use crate::{
    Host, HostProfile, Verifiers,
    outcome::{Stop, revert},
};
use alloy_primitives::{Address, LogData, U256};
use alloy_sol_types::SolEvent;
use pars_mldsa::ParameterSet;
use pars_nvtrust::P384Verifier;
use pars_protocol::abi::IAIMiningErrors::{ArithmeticOverflow, StaticCallNotAllowed};

/// The host of one call. Every write goes through here, and here static calls are refused, whatever the dispatcher
/// thought (INC-08).
pub(crate) struct Context<'a> {
    host: &'a mut dyn Host,
    verifiers: &'a Verifiers,
    profile: &'a HostProfile,
    /// Whether this call already made sure that the account lives.
    alive: bool,
}

impl<'a> Context<'a> {
    pub(crate) fn new(host: &'a mut dyn Host, verifiers: &'a Verifiers, profile: &'a HostProfile) -> Self {
        Self { host, verifiers, profile, alive: false }
    }

    pub(crate) fn charge(&mut self, gas: u64) -> Result<(), Stop> {
        self.host.charge(gas).map_err(Into::into)
    }

    pub(crate) fn sload(&mut self, slot: U256) -> Result<U256, Stop> {
        self.host.sload(slot).map_err(Into::into)
    }

    pub(crate) fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Stop> {
        self.writable()?;
        self.host.sstore(slot, value).map_err(Into::into)
    }

    pub(crate) fn emit<E: SolEvent>(&mut self, event: &E) -> Result<(), Stop> {
        self.writable()?;
        let log: LogData = event.encode_log_data();
        self.host.log(log).map_err(Into::into)
    }

    /// Mints native coins; nothing is called for zero.
    pub(crate) fn mint_native(&mut self, to: Address, amount: U256) -> Result<(), Stop> {
        self.writable()?;
        if amount.is_zero() || self.host.mint_native(to, amount)? {
            return Ok(());
        }
        Err(revert(ArithmeticOverflow {}))
    }

    /// Refuses in a static call; before the first write, makes the account survive EIP-161.
    fn writable(&mut self) -> Result<(), Stop> {
        if self.host.is_static() {
            return Err(revert(StaticCallNotAllowed {}));
        }
        if !self.alive {
            self.host.ensure_alive()?;
            self.alive = true;
        }
        Ok(())
    }

    pub(crate) fn verify(
        &self,
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        self.verifiers.mldsa.verify(set, public_key, message, context, signature)
    }

    pub(crate) fn p384(&self) -> &'a dyn P384Verifier {
        self.verifiers.p384.as_ref()
    }

    pub(crate) fn block_number(&self) -> u64 {
        self.host.block_number()
    }

    pub(crate) fn block_timestamp(&self) -> u64 {
        self.host.block_timestamp()
    }

    pub(crate) fn chain_id(&self) -> u64 {
        self.host.chain_id()
    }

    pub(crate) fn caller(&self) -> Address {
        self.host.caller()
    }

    pub(crate) fn profile(&self) -> &HostProfile {
        self.profile
    }
}

/// Adds amounts; a sum beyond 256 bits is refused.
pub(crate) fn add(a: U256, b: U256) -> Result<U256, Stop> {
    a.checked_add(b).ok_or_else(overflow)
}

/// The typed refusal of a number that left its width.
pub(crate) fn overflow() -> Stop {
    revert(ArithmeticOverflow {})
}
