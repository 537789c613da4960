//! The AI-mining precompile behind a C ABI, for hosts that are not Rust. `include/pars_aimining.h` is generated from this
//! crate; `README.md` shows its use.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `host` | the host's callbacks as the core's `Host` |
//! | `call` | one call |
//! | `precompile` | the handle: configuration, genesis account, activation |
//! | `ledger`, `answers` | the ledger of committed blocks, and what it answers in JSON (feature `ledger`) |
//! | `sink`, `boundary` | bytes going out; panics, pointers and sizes coming in |
//!
//! Safety, the same for every function: a pointer is null or points to what its type and its length say, readable (or, where
//! the comment says so, writable) until the function returns; a handle is one that this library made and has not freed;
//! a callback gets the context it was given with. Null, misaligned and impossible arguments are found and answered.

#![allow(
    clippy::missing_safety_doc,
    reason = "the rules are the same for all: above, and at the header's top"
)]

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must not end the host's process: build with panic = \"unwind\"");

mod boundary;
mod sink;

// The header has the functions in this order.
mod precompile;

mod call;
mod host;

#[cfg(feature = "ledger")]
mod answers;
#[cfg(feature = "ledger")]
mod ledger;

#[cfg(test)]
mod panics;

pub use call::{ParsCall, pars_precompile_call};
pub use host::ParsHost;
#[cfg(feature = "ledger")]
pub use ledger::{
    ParsLedger, pars_ledger_apply, pars_ledger_close, pars_ledger_finalize, pars_ledger_open,
    pars_ledger_query, pars_ledger_revert_to,
};
pub use precompile::{
    ParsPrecompile, pars_precompile_account, pars_precompile_activate, pars_precompile_activation,
    pars_precompile_check, pars_precompile_config, pars_precompile_free, pars_precompile_is_active,
    pars_precompile_new,
};
pub use sink::ParsSink;

use std::ffi::c_char;

/// Version of this interface: the functions, the structures, the meaning of both. A host compares it with
/// `pars_abi_version()` once, at start: the library may be another than the one it was compiled against.
pub const PARS_ABI_VERSION: u32 = 1;

/// How a function ended. Functions return it as `int32_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParsStatus {
    /// Done. Of a call: it returned; its result is in the sink.
    Success = 0,
    /// Of a call: refused with a typed error, which is in the sink. The host undoes the frame; unused gas stays.
    Revert = 1,
    /// Of a call: the gas did not cover a charge. The host undoes the frame; all gas of the call is gone.
    OutOfGas = 2,
    /// This node cannot go on: a callback failed, the state or the ledger is damaged, or there is a bug. Never the fault of
    /// calldata. The block must neither be built nor judged here. A text for the node's log is in the sink.
    Fatal = 3,
    /// The arguments are wrong; nothing was done. A text that says which one is in the sink.
    Misuse = 4,
    /// The configuration, block or question is not accepted; nothing was done. A sentence that says why is in the sink.
    Refused = 5,
}

/// The version of this interface that the library has: `PARS_ABI_VERSION` as the library was compiled. From any thread.
#[unsafe(no_mangle)]
pub extern "C" fn pars_abi_version() -> u32 {
    PARS_ABI_VERSION
}

/// The version of the software, as text that ends in NUL and lives as long as the process. From any thread.
#[unsafe(no_mangle)]
pub extern "C" fn pars_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
