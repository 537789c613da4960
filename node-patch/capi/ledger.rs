//! The ledger of committed blocks. It decides nothing: a host may run without it, close it, or delete its folder.

use crate::{
    ParsStatus, answers,
    boundary::{Misuse, bytes, create, free, guard, reference},
    precompile::ParsPrecompile,
    sink::{ParsSink, Reply, Sink},
};
use alloy_primitives::B256;
use pars_ledger::{CommittedBlock, Error, Identity, Ledger, answers::Refusal};
use std::{ffi::c_void, path::Path};

/// An open ledger. Any number of threads may ask it at once; those that write take turns.
pub struct ParsLedger {
    ledger: Ledger,
}

/// What the header promises.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<ParsLedger>();
};

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        let status = match &error {
            // The ledger itself is at fault, or what lies under it.
            Error::Corrupt(_) | Error::Database(_) | Error::Io { .. } | Error::Inconsistent(_) => {
                ParsStatus::Fatal
            }
            _ => ParsStatus::Refused,
        };
        Self::text(status, error.to_string())
    }
}

/// Opens the ledger in a folder, or makes one where there is nothing. It stands where it stood: the host compares
/// its head (`syncStatus`) with the chain's, takes back and applies what differs. One process at a time has a
/// ledger open. From any thread.
///
/// - `precompile`: the chain's configuration, of which the ledger keeps a copy.
/// - `path`, `length`: the folder, in the system's own bytes (UTF-8 where it has none).
/// - `genesis_hash`: hash of block 0, 32 bytes.
/// - `error`, `context`: takes the reason; may be null.
///
/// Answers the handle, which `pars_ledger_close` frees; null if the folder holds the ledger of another chain or of
/// a later release, a damaged one, one that is in use, or something else. A sentence is in the sink then, and
/// nothing was written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_ledger_open(
    precompile: *const ParsPrecompile,
    path: *const u8,
    length: usize,
    genesis_hash: *const u8,
    error: ParsSink,
    context: *mut c_void,
) -> *mut ParsLedger {
    create(Sink { to: error, context }, || {
        // SAFETY: the rules of this crate, for each of the three.
        let (precompile, path, genesis_hash) = unsafe {
            (
                reference(precompile, "precompile")?,
                bytes(path, length, "path")?,
                hash(genesis_hash, "genesis_hash")?,
            )
        };
        let identity = Identity {
            chain_id: precompile.genesis.chain_id,
            genesis_hash,
            config: Some(precompile.genesis.clone()),
        };
        Ok(ParsLedger { ledger: Ledger::open(folder(path)?, identity)? })
    })
}

/// Closes a ledger; null is nothing to close. From any thread, when no other uses the handle any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_ledger_close(ledger: *mut ParsLedger) {
    // SAFETY: the rules of this crate.
    unsafe { free(ledger) }
}

/// Makes the child of the ledger's head the new head; it is on disk when this returns. A block that is there
/// already, with the same contents, is left alone. From any thread; those that write take turns.
///
/// - `block`, `length`: the block as JSON, `{id: {number, hash}, parent, timestamp, receipts: [{transaction,
///   success, logs: [{address, topics, data}]}], changes: {slot: {before, after}}}`. `number` and `timestamp` are
///   JSON numbers, all else is hex. There is a receipt for each transaction, in order. `changes` are the slots of
///   0x0300 that the block changed; of block 0 the whole storage, from zero.
/// - `error`, `context`: takes the reason; may be null.
///
/// Answers:
/// - `PARS_SUCCESS`: it is the head. The sink was not called.
/// - `PARS_REFUSED`: it is no child of the head, or contradicts itself.
/// - `PARS_FATAL`: the disk failed, or the ledger is wrong and has to be built again, in another folder. The chain
///   goes on.
/// - `PARS_MISUSE`: an argument is wrong, or the JSON is no block.
///
/// Unless it succeeded, nothing was written and a sentence is in the sink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_ledger_apply(
    ledger: *const ParsLedger,
    block: *const u8,
    length: usize,
    error: ParsSink,
    context: *mut c_void,
) -> i32 {
    guard(Sink { to: error, context }, || {
        // SAFETY: the rules of this crate, for both.
        let (ledger, block) = unsafe { (reference(ledger, "ledger")?, bytes(block, length, "block")?) };
        let block: CommittedBlock =
            serde_json::from_slice(block).map_err(|error| Misuse::Text(format!("block: {error}")))?;
        ledger.ledger.apply(&block)?;
        Ok(Reply::bare(ParsStatus::Success))
    })
}

/// Takes back the blocks above the one with this hash, newest first. To the head itself changes nothing. From any
/// thread; those that write take turns.
///
/// - `hash`: 32 bytes.
/// - `error`, `context`: takes the reason; may be null.
///
/// Answers:
/// - `PARS_SUCCESS`: it is the head. The sink was not called.
/// - `PARS_REFUSED`: it is none of the blocks from the finalized one to the head. A sentence is in the sink.
/// - `PARS_FATAL`: as `pars_ledger_apply`; the ledger stands at the blocks that were done. A sentence is in the
///   sink.
/// - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_ledger_revert_to(
    ledger: *const ParsLedger,
    hash: *const u8,
    error: ParsSink,
    context: *mut c_void,
) -> i32 {
    guard(Sink { to: error, context }, || {
        // SAFETY: the rules of this crate, for both.
        let (ledger, hash) = unsafe { (reference(ledger, "ledger")?, self::hash(hash, "hash")?) };
        ledger.ledger.revert_to(hash)?;
        Ok(Reply::bare(ParsStatus::Success))
    })
}

/// Says that the blocks up to this height will not be taken back. A height below an earlier one changes nothing.
/// From any thread; those that write take turns.
///
/// - `number`: the height.
/// - `error`, `context`: takes the reason; may be null.
///
/// Answers:
/// - `PARS_SUCCESS`: they are final. The sink was not called.
/// - `PARS_REFUSED`: the height is above the head. A sentence is in the sink.
/// - `PARS_FATAL`: as `pars_ledger_apply`. A sentence is in the sink.
/// - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_ledger_finalize(
    ledger: *const ParsLedger,
    number: u64,
    error: ParsSink,
    context: *mut c_void,
) -> i32 {
    guard(Sink { to: error, context }, || {
        // SAFETY: the rules of this crate.
        let ledger = unsafe { reference(ledger, "ledger") }?;
        ledger.ledger.finalize(number)?;
        Ok(Reply::bare(ParsStatus::Success))
    })
}

/// Asks the ledger. From any thread, beside a writer too: an answer holds for one block, which it names.
///
/// - `request`, `length`: JSON, `{"method": …, "params": […], "head": {number, hash}}`. Methods, parameters and
///   answers are those of the RPC namespace `aimining_`, without the prefix: `getWork`, `getTeleport`, `getDevice`,
///   `getHistory`, `stats`, `syncStatus`. `head` is the chain's head and may be absent: then the ledger answers for
///   its own. With it `getWork` answers for that block or says `unknown`, and `syncStatus` says how far the ledger
///   is from it.
/// - `answer`, `context`: takes the JSON or the reason; not null.
///
/// Answers:
/// - `PARS_SUCCESS`: the JSON is in the sink.
/// - `PARS_REFUSED`: a list or a figure that cannot be given (-32000 in JSON-RPC). A sentence is in the sink.
/// - `PARS_MISUSE`: no such method, or wrong parameters (-32601, -32602). A text is in the sink.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_ledger_query(
    ledger: *const ParsLedger,
    request: *const u8,
    length: usize,
    answer: ParsSink,
    context: *mut c_void,
) -> i32 {
    let sink = Sink { to: answer, context };
    let given = sink.required("answer");
    guard(sink, || {
        given?;
        // SAFETY: the rules of this crate, for both.
        let (ledger, request) = unsafe { (reference(ledger, "ledger")?, bytes(request, length, "request")?) };
        match answers::answer(&ledger.ledger, request) {
            Ok(answer) => Ok(Reply::json(&answer)),
            Err(Refusal::Request(text)) => Err(Misuse::Text(text).into()),
            Err(Refusal::Unavailable(text)) => Err(Reply::text(ParsStatus::Refused, text)),
        }
    })
}

/// # Safety
/// Unless null, it points to 32 bytes.
unsafe fn hash(pointer: *const u8, what: &'static str) -> Result<B256, Misuse> {
    // SAFETY: the caller says so.
    Ok(B256::from(*unsafe { reference(pointer.cast::<[u8; 32]>(), what) }?))
}

fn folder(path: &[u8]) -> Result<&Path, Misuse> {
    if path.is_empty() {
        return Err(Misuse::Text("path is empty".into()));
    }
    #[cfg(unix)]
    return Ok(Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path)));
    #[cfg(not(unix))]
    return std::str::from_utf8(path).map(Path::new).map_err(|_| Misuse::Text("path is not UTF-8".into()));
}
