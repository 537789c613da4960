//! How `0x…0300` comes into being: one function for a genesis alloc and for an activation on a running chain.

use crate::{
    ActivationHost, Fatal, HostProfile, MemoryHost, Verifiers,
    attestation::storage::store_genesis_icas,
    context::Context,
    governance::storage::{DEV, GOVERNOR, VERSION, store_parameter},
    memory::Account,
    outcome::Stop,
    profile::{EvmRevision, RULES_VERSION},
    storage::layout::{EPOCH_LENGTH, POOL_DIFFICULTY},
    teleport,
    work::storage::store_seeds,
};
use alloy_primitives::{Address, B256, U256};
use pars_protocol::{
    ADDRESS, Parameter, Parameters, Pool, TeleportMessage, economics::DIFFICULTY_ONE, ids,
    parameters::ParameterError,
};

/// `config.parsAiMiningConfig` of a chain's genesis, in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "crate::config::Config", into = "crate::config::Config")
)]
pub struct Genesis {
    /// Id of the chain; the host's must be the same.
    pub chain_id: u32,
    /// What the hosts of the chain do, activation included.
    pub profile: HostProfile,
    /// Accept simulated devices. Never on a chain of value.
    pub dev: bool,
    /// Who governs the parameters, normally a timelock.
    pub governor: Address,
    /// Initial parameters.
    pub parameters: Parameters,
    /// Teleports that wait for their recipients from the first block on.
    pub pending_teleports: Vec<TeleportMessage>,
}

/// Why a chain's configuration is refused. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// Zero is no chain id.
    #[error("chain id 0 is refused")]
    ZeroChainId,
    /// The host runs another chain, or one whose id exceeds 32 bits.
    #[error("the configuration is for chain {configured}, the host runs chain {host}")]
    WrongChain {
        /// In the configuration.
        configured: u32,
        /// Of the host.
        host: u64,
    },
    /// Zero or `0x…0300` cannot govern.
    #[error("{0} cannot be the governor")]
    InvalidGovernor(Address),
    /// A parameter or a joint bound.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The rules do not start at activation, or a rule set is unknown.
    #[error("rules version {RULES_VERSION} must be the one in force at activation")]
    Rules,
    /// A pending teleport that no conforming source emits.
    #[error("pending teleport {index}: {reason}")]
    Teleport {
        /// Index in the list.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The account was activated before.
    #[error("0x0300 is already active on this state")]
    AlreadyActive,
    /// The host failed.
    #[error(transparent)]
    Host(#[from] Fatal),
}

impl Genesis {
    /// A development chain: active from the start, defaults everywhere, simulated devices accepted.
    pub fn dev(chain_id: u32, governor: Address) -> Self {
        Self {
            chain_id,
            profile: HostProfile::rust(0, EvmRevision::Prague),
            dev: true,
            governor,
            parameters: Parameters::default(),
            pending_teleports: Vec::new(),
        }
    }

    /// Checks everything that does not depend on a state.
    ///
    /// # Errors
    /// The first [`ActivationError`].
    pub fn check(&self) -> Result<(), ActivationError> {
        if self.chain_id == 0 {
            return Err(ActivationError::ZeroChainId);
        }
        if self.governor.is_zero() || self.governor == ADDRESS {
            return Err(ActivationError::InvalidGovernor(self.governor));
        }
        if self.profile.rules.at(self.profile.rules.activation()) != RULES_VERSION {
            return Err(ActivationError::Rules);
        }
        self.parameters.check()?;
        let mut keys = std::collections::BTreeSet::new();
        let mut sum = U256::ZERO;
        for (index, message) in self.pending_teleports.iter().enumerate() {
            let refuse = |reason| ActivationError::Teleport { index, reason };
            self.payee(message).map_err(refuse)?;
            if !keys.insert((message.src_chain, message.nonce)) {
                return Err(refuse("its source and nonce stand twice"));
            }
            // Beyond 256 bits supply could not hold them, and the last claims would be refused for ever.
            sum = sum.checked_add(message.amount).ok_or_else(|| refuse("the amounts sum beyond 256 bits"))?;
        }
        Ok(())
    }

    /// The recipient of a message that this chain may pay.
    fn payee(&self, message: &TeleportMessage) -> Result<Address, &'static str> {
        if message.src_chain == 0 || message.src_chain == self.chain_id {
            return Err("the source is this chain, or none");
        }
        if message.dst_chain != self.chain_id {
            return Err("the destination is another chain");
        }
        if message.sender.is_zero() {
            return Err("the sender is zero");
        }
        if message.amount.is_zero() {
            return Err("the amount is zero");
        }
        match message.recipient_address() {
            None => Err("the recipient is not an EVM address"),
            Some(recipient) if recipient.is_zero() || recipient == ADDRESS => {
                Err("the recipient is zero or 0x0300")
            }
            Some(recipient) => Ok(recipient),
        }
    }

    /// The account as [`activate`] writes it, for a genesis alloc and for hosts that take a finished account.
    ///
    /// # Errors
    /// [`ActivationError`] as [`activate`].
    pub fn account(&self, host_chain_id: u64) -> Result<Account, ActivationError> {
        let mut host = MemoryHost::new(host_chain_id);
        activate(&mut host, self)?;
        Ok(host.account)
    }
}

/// Creates the account: nonce 1, marker code, every parameter, governor, dev flag, seeds, intermediates, pending teleports. Runs once,
/// before the first transaction of the first block whose timestamp has reached activation.
///
/// # Errors
/// [`ActivationError`]; everything but a failing host is found before the first write.
pub fn activate(host: &mut dyn ActivationHost, genesis: &Genesis) -> Result<(), ActivationError> {
    if host.chain_id() != u64::from(genesis.chain_id) {
        return Err(ActivationError::WrongChain { configured: genesis.chain_id, host: host.chain_id() });
    }
    genesis.check()?;
    if !host.sload(VERSION.key())?.is_zero() {
        return Err(ActivationError::AlreadyActive);
    }
    host.set_nonce(1)?;
    host.set_code(genesis.profile.marker.code())?;
    write(&mut Context::new(host, &Verifiers::reference(), &genesis.profile), genesis).map_err(|stop| {
        match stop {
            Stop::Fatal(fatal) => ActivationError::Host(fatal),
            Stop::Revert(_) | Stop::OutOfGas => {
                ActivationError::Host(Fatal::Host("activation must run outside a call, with free gas".into()))
            }
        }
    })
}

fn write(context: &mut Context<'_>, genesis: &Genesis) -> Result<(), Stop> {
    VERSION.set(context, RULES_VERSION)?;
    GOVERNOR.set(context, genesis.governor)?;
    DEV.set(context, genesis.dev)?;
    for parameter in Parameter::ALL {
        store_parameter(context, parameter, genesis.parameters.get(parameter))?;
    }
    EPOCH_LENGTH.set(context, genesis.parameters.seconds(Parameter::EpochLength))?;
    for pool in Pool::ALL {
        POOL_DIFFICULTY.at(pool.id()).set(context, DIFFICULTY_ONE)?;
    }
    store_seeds(context, ids::initial_epoch_seed(genesis.chain_id), B256::ZERO)?;
    store_genesis_icas(context)?;
    for message in &genesis.pending_teleports {
        // `check` has seen every recipient.
        if let Ok(recipient) = genesis.payee(message) {
            teleport::storage::deliver(context, message, recipient)?;
        }
    }
    Ok(())
}
