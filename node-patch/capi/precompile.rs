//! The handle: a chain's configuration, and the precompile that follows from it.

use crate::{
    ParsStatus,
    boundary::{bytes, create, free, guard, reference, versioned},
    call::ParsCall,
    host::{CHost, ParsHost},
    sink::{ParsSink, Reply, Sink},
};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use pars_precompile::{ADDRESS, ActivationError, Genesis, Precompile, Verifiers, activate};
use serde::Serialize;
use std::{collections::BTreeMap, ffi::c_void};

/// A chain's configuration and the precompile that it makes. It never changes: any number of threads may use it at once.
pub struct ParsPrecompile {
    pub(crate) genesis: Genesis,
    pub(crate) precompile: Precompile,
}

/// What the header promises.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<ParsPrecompile>();
};

impl From<ActivationError> for Reply {
    fn from(error: ActivationError) -> Self {
        let status = match &error {
            ActivationError::Host(_) => ParsStatus::Fatal,
            _ => ParsStatus::Refused,
        };
        Self::text(status, error.to_string())
    }
}

/// Makes the precompile of a chain from `parsAiMiningConfig`, the JSON object under that key in the chain's
/// genesis. It is read strictly: an unknown key, a key that stands twice, a number out of range is an error. From
/// any thread.
///
/// - `config`, `length`: the JSON, UTF-8.
/// - `error`, `context`: takes the reason of a refusal; may be null.
///
/// Answers the handle, which `pars_precompile_free` frees; null if the configuration cannot be read, with the
/// reason in the sink. Whether its values are allowed, `pars_precompile_check` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_new(
    config: *const u8,
    length: usize,
    error: ParsSink,
    context: *mut c_void,
) -> *mut ParsPrecompile {
    create(Sink { to: error, context }, || {
        // SAFETY: the rules of this crate.
        let config = unsafe { bytes(config, length, "config") }?;
        let genesis: Genesis = serde_json::from_slice(config)
            .map_err(|error| Reply::text(ParsStatus::Refused, format!("parsAiMiningConfig: {error}")))?;
        let precompile = Precompile::new(genesis.profile.clone(), Verifiers::default());
        Ok(ParsPrecompile { genesis, precompile })
    })
}

/// Frees a handle; null is nothing to free. From any thread, when no other uses the handle any more. Ledgers that
/// were opened with it stay open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_free(precompile: *mut ParsPrecompile) {
    // SAFETY: the rules of this crate.
    unsafe { free(precompile) }
}

/// Checks everything that activation refuses and that does not depend on a state: at the start of a node. From any
/// thread.
///
/// - `host_chain_id`: id of the chain, from the host's own configuration.
/// - `error`, `context`: takes the reason; may be null.
///
/// Answers:
/// - `PARS_SUCCESS`: activation will accept it. The sink was not called.
/// - `PARS_REFUSED`: the node must not start. A sentence is in the sink.
/// - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_check(
    precompile: *const ParsPrecompile,
    host_chain_id: u64,
    error: ParsSink,
    context: *mut c_void,
) -> i32 {
    guard(Sink { to: error, context }, || {
        // SAFETY: the rules of this crate.
        let ParsPrecompile { genesis, .. } = unsafe { reference(precompile, "precompile") }?;
        if host_chain_id != u64::from(genesis.chain_id) {
            let (configured, host) = (genesis.chain_id, host_chain_id);
            return Err(ActivationError::WrongChain { configured, host }.into());
        }
        genesis.check()?;
        Ok(Reply::bare(ParsStatus::Success))
    })
}

/// Writes the whole configuration as JSON, every default filled in. Equal configurations give equal bytes, so that
/// a host can compare what it runs with what it is told to run. From any thread.
///
/// - `json`, `context`: takes the JSON; not null.
///
/// Answers:
/// - `PARS_SUCCESS`: the JSON is in the sink.
/// - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_config(
    precompile: *const ParsPrecompile,
    json: ParsSink,
    context: *mut c_void,
) -> i32 {
    let sink = Sink { to: json, context };
    let given = sink.required("json");
    guard(sink, || {
        given?;
        // SAFETY: the rules of this crate.
        let ParsPrecompile { genesis, .. } = unsafe { reference(precompile, "precompile") }?;
        Ok(Reply::json(genesis))
    })
}

/// An entry of a genesis alloc. geth's relatives refuse one without a balance.
#[derive(Serialize)]
struct AllocEntry {
    balance: U256,
    nonce: U64,
    code: Bytes,
    storage: BTreeMap<B256, B256>,
}

/// Writes the account 0x0300 as activation makes it, as an entry of a genesis alloc: `{balance, nonce, code,
/// storage}`, for chains that are active from genesis. The balance is zero: coins that the alloc gives the address
/// are the host's to add. From any thread.
///
/// - `host_chain_id`: id of the chain, from the host's own configuration.
/// - `json`, `context`: takes the JSON or the reason; not null.
///
/// Answers:
/// - `PARS_SUCCESS`: the JSON is in the sink.
/// - `PARS_REFUSED`: as `pars_precompile_check`. A sentence is in the sink.
/// - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_account(
    precompile: *const ParsPrecompile,
    host_chain_id: u64,
    json: ParsSink,
    context: *mut c_void,
) -> i32 {
    let sink = Sink { to: json, context };
    let given = sink.required("json");
    guard(sink, || {
        given?;
        // SAFETY: the rules of this crate.
        let ParsPrecompile { genesis, .. } = unsafe { reference(precompile, "precompile") }?;
        let account = genesis.account(host_chain_id)?;
        let storage = account.storage.into_iter().map(|(slot, value)| (slot.into(), value.into()));
        Ok(Reply::json(&AllocEntry {
            balance: U256::ZERO,
            nonce: U64::from(account.nonce),
            code: account.code,
            storage: storage.collect(),
        }))
    })
}

/// Whether the precompile answers in a block of this time: 1 or 0. Before activation the address is an ordinary
/// account, and the host must not run the precompile. 0 for a null handle. From any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_is_active(precompile: *const ParsPrecompile, timestamp: u64) -> i32 {
    // SAFETY: the rules of this crate.
    let handle = unsafe { reference(precompile, "precompile") };
    handle.is_ok_and(|handle| handle.genesis.profile.is_active(timestamp)).into()
}

/// The time of activation, `blockTimestamp` of the configuration; the largest number for a null handle. From any
/// thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_activation(precompile: *const ParsPrecompile) -> u64 {
    // SAFETY: the rules of this crate.
    let handle = unsafe { reference(precompile, "precompile") };
    handle.map_or(u64::MAX, |handle| handle.genesis.profile.rules.activation())
}

/// Activates 0x0300 on a state: nonce, code and storage. Once, before the first transaction of the first block
/// whose time has reached activation. Coins that lie at the address stay. From any thread.
///
/// - `chain_id`, `block_number`, `block_timestamp`: of the host's configuration and of the block.
/// - `table`, `host`: the callbacks, `set_code` among them, and their context, which belongs to this call.
/// - `error`, `context`: takes the reason; may be null.
///
/// Answers:
/// - `PARS_SUCCESS`: the state is active. The sink was not called.
/// - `PARS_REFUSED`: nothing was written; so too if the state is active already. A sentence is in the sink.
/// - `PARS_FATAL`: a callback failed, perhaps after some writes: the state is to be thrown away. A text is in the
///   sink.
/// - `PARS_MISUSE`: an argument is wrong, a text is in the sink, nothing was written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_activate(
    precompile: *const ParsPrecompile,
    chain_id: u64,
    block_number: u64,
    block_timestamp: u64,
    table: *const ParsHost,
    host: *mut c_void,
    error: ParsSink,
    context: *mut c_void,
) -> i32 {
    guard(Sink { to: error, context }, || {
        // SAFETY: the rules of this crate, for both.
        let (precompile, table) =
            unsafe { (reference(precompile, "precompile")?, versioned(table, "table")?) };
        let call = ParsCall {
            size: size_of::<ParsCall>(),
            caller: Address::ZERO.into(),
            running_as: ADDRESS.into(),
            is_static: 0,
            value_known: 0,
            value: [0; 32],
            // Activation is no call: it pays nothing.
            gas: u64::MAX,
            chain_id,
            block_number,
            block_timestamp,
        };
        activate(&mut CHost::for_activation(table, host, &call)?, &precompile.genesis)?;
        Ok(Reply::bare(ParsStatus::Success))
    })
}
