//! One call.

use crate::{
    ParsStatus,
    boundary::{Misuse, bytes, guard, reference, versioned},
    host::{CHost, ParsHost},
    precompile::ParsPrecompile,
    sink::{ParsSink, Reply, Sink},
};
use alloy_primitives::U256;
use pars_precompile::Outcome;
use std::ffi::c_void;

/// A call to 0x0300, as the host shows it. It holds no pointers, so that it may lie in memory of a garbage collector.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ParsCall {
    /// `sizeof(pars_call)` as the host was compiled.
    pub size: usize,
    /// Who calls.
    pub caller: [u8; 20],
    /// The account that the frame runs as, whose storage and balance it has: 0x0300 under CALL and STATICCALL; under DELEGATECALL and
    /// CALLCODE the account that executes it, or what the host knows of it. The profile's `callCodeVisible` decides what counts.
    pub running_as: [u8; 20],
    /// Not 0: inside a static call, at any depth.
    pub is_static: u8,
    /// 0: the host cannot see the call's value. Not looked at where the profile's `valueVisible` is false.
    pub value_known: u8,
    /// Coins sent with the call, big-endian.
    pub value: [u8; 32],
    /// Gas limit of the call.
    pub gas: u64,
    /// Id of the chain, from the host's configuration.
    pub chain_id: u64,
    /// Number of the block.
    pub block_number: u64,
    /// Time of the block, Unix seconds.
    pub block_timestamp: u64,
}

/// Runs one call. From any thread, any number at once over one handle. The host asks `pars_precompile_is_active`
/// first: before activation there is no precompile.
///
/// - `precompile`: the handle.
/// - `call`: who calls, how, in which block.
/// - `input`, `length`: the calldata, read in place; null if `length` is 0.
/// - `table`, `host`: the callbacks, and their context, which belongs to this call.
/// - `output`, `output_context`: takes the result; not null.
/// - `gas_left`: takes the gas that the caller keeps, 0 unless the call succeeded or reverted; not null.
///
/// Answers:
/// - `PARS_SUCCESS`: the ABI-encoded result is in the sink.
/// - `PARS_REVERT`: the ABI-encoded error is in the sink. The host undoes the frame; unused gas stays.
/// - `PARS_OUT_OF_GAS`: the sink was not called. The host undoes the frame; all gas of the call is gone.
/// - `PARS_FATAL`: a callback failed, the state is damaged, or there is a bug. A text is in
///   the sink; the block must not go on.
/// - `PARS_MISUSE`: an argument is wrong, a text is in the sink, nothing was done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pars_precompile_call(
    precompile: *const ParsPrecompile,
    call: *const ParsCall,
    input: *const u8,
    length: usize,
    table: *const ParsHost,
    host: *mut c_void,
    output: ParsSink,
    output_context: *mut c_void,
    gas_left: *mut u64,
) -> i32 {
    let sink = Sink { to: output, context: output_context };
    let given = sink.required("output");
    guard(sink, || {
        if gas_left.is_null() {
            return Err(Misuse::Null("gas_left").into());
        }
        if !gas_left.is_aligned() {
            return Err(Misuse::Unaligned("gas_left").into());
        }
        // SAFETY: neither null nor misaligned; the caller says that it can be written.
        unsafe { gas_left.write(0) };
        given?;
        // SAFETY: the rules of this crate, for each of the four.
        let (precompile, call, input, table) = unsafe {
            (
                reference(precompile, "precompile")?,
                versioned(call, "call")?,
                bytes(input, length, "input")?,
                versioned(table, "table")?,
            )
        };
        let profile = precompile.precompile.profile();
        let seen = profile.value_visible && call.value_known != 0;
        let value = seen.then(|| U256::from_be_bytes(call.value));
        let is_direct = profile.is_direct(call.running_as.into(), call.caller.into());
        let mut host = CHost::new(table, host, call, value, is_direct)?;
        let (status, bytes) = match precompile.precompile.call(&mut host, input) {
            Outcome::Success(result) => (ParsStatus::Success, result),
            Outcome::Revert(error) => (ParsStatus::Revert, error),
            Outcome::OutOfGas => return Ok(Reply::bare(ParsStatus::OutOfGas)),
            Outcome::Fatal(fatal) => return Err(Reply::text(ParsStatus::Fatal, fatal.to_string())),
        };
        // SAFETY: as above.
        unsafe { gas_left.write(host.gas) };
        Ok(Reply::bytes(status, bytes))
    })
}
