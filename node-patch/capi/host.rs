//! The host's callbacks as the core's `Host`.

use crate::{boundary::Misuse, call::ParsCall};
use alloy_primitives::{Address, Bytes, LogData, U256};
use pars_precompile::{ActivationHost, Fatal, Host, OutOfGas};
use std::ffi::c_void;

/// What a host does for the precompile: all of it on the account 0x0300 and through the host's journal, so that a frame
/// that does not succeed leaves nothing. The library calls these functions only during the call that they were given to, on
/// the calling thread, with the context of that call. Each returns 0 for done; anything else means that the host is broken,
/// and the call ends as `PARS_FATAL` at once. They must return: no exception, no longjmp. Pointers hold during
/// the callback only.
///
/// The table holds no state: one may serve all calls and threads.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ParsHost {
    /// `sizeof(pars_host)` as the host was compiled.
    pub size: usize,
    /// Reads a slot of 0x0300: 32 bytes of key, 32 bytes of value (all zero where nothing lies).
    pub get_state:
        Option<unsafe extern "C-unwind" fn(host: *mut c_void, slot: *const u8, value: *mut u8) -> i32>,
    /// Writes a slot of 0x0300: 32 bytes of key, 32 bytes of value.
    pub set_state:
        Option<unsafe extern "C-unwind" fn(host: *mut c_void, slot: *const u8, value: *const u8) -> i32>,
    /// Emits a log of 0x0300: `topic_count` topics of 32 bytes one after the other, `length` bytes of data.
    pub add_log: Option<
        unsafe extern "C-unwind" fn(
            host: *mut c_void,
            topics: *const u8,
            topic_count: usize,
            data: *const u8,
            length: usize,
        ) -> i32,
    >,
    /// Reads the nonce of 0x0300.
    pub get_nonce: Option<unsafe extern "C-unwind" fn(host: *mut c_void, nonce: *mut u64) -> i32>,
    /// Sets the nonce of 0x0300.
    pub set_nonce: Option<unsafe extern "C-unwind" fn(host: *mut c_void, nonce: u64) -> i32>,
    /// Sets the code of 0x0300. Activation only: may be null for calls.
    pub set_code:
        Option<unsafe extern "C-unwind" fn(host: *mut c_void, code: *const u8, length: usize) -> i32>,
    /// Adds native coins (32 bytes, big-endian) to the balance of an address (20 bytes). The account counts as accessed afterwards
    /// (EIP-2929). 1 = the balance would exceed 256 bits, and nothing was changed: that is no failure of the host.
    pub mint_native:
        Option<unsafe extern "C-unwind" fn(host: *mut c_void, to: *const u8, amount: *const u8) -> i32>,
}

/// Answer of `mint_native`: beyond 256 bits.
const OVERFLOW: i32 = 1;

/// One running call.
pub(crate) struct CHost<'a> {
    table: &'a ParsHost,
    context: *mut c_void,
    call: &'a ParsCall,
    value: Option<U256>,
    is_direct: bool,
    pub(crate) gas: u64,
}

/// A callback that [`CHost::new`] has found to be there.
macro_rules! ask {
    ($self:ident.$callback:ident($($argument:expr),*)) => {{
        let callback = $self.table.$callback.ok_or_else(|| missing(stringify!($callback)))?;
        // SAFETY: the caller gave function and context together, for the time of this call; the other pointers are to
        // arrays of the lengths that the callback is documented to read or write.
        unsafe { callback($self.context $(, $argument)*) }
    }};
}

impl<'a> CHost<'a> {
    /// Checks the table: everything that a call needs is there.
    pub(crate) fn new(
        table: &'a ParsHost,
        context: *mut c_void,
        call: &'a ParsCall,
        value: Option<U256>,
        is_direct: bool,
    ) -> Result<Self, Misuse> {
        let there = [
            ("get_state", table.get_state.is_some()),
            ("set_state", table.set_state.is_some()),
            ("add_log", table.add_log.is_some()),
            ("get_nonce", table.get_nonce.is_some()),
            ("set_nonce", table.set_nonce.is_some()),
            ("mint_native", table.mint_native.is_some()),
        ];
        match there.into_iter().find(|(_, there)| !there) {
            Some((name, _)) => Err(Misuse::NoCallback(name)),
            None => Ok(Self { table, context, call, value, is_direct, gas: call.gas }),
        }
    }

    /// The same, and what activation needs.
    pub(crate) fn for_activation(
        table: &'a ParsHost,
        context: *mut c_void,
        call: &'a ParsCall,
    ) -> Result<Self, Misuse> {
        if table.set_code.is_none() {
            return Err(Misuse::NoCallback("set_code"));
        }
        Self::new(table, context, call, None, true)
    }
}

fn missing(name: &str) -> Fatal {
    Fatal::Host(format!("the callback {name} is null"))
}

fn done(name: &str, answer: i32) -> Result<(), Fatal> {
    if answer == 0 { Ok(()) } else { Err(Fatal::Host(format!("{name} answered {answer}"))) }
}

impl Host for CHost<'_> {
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal> {
        let (slot, mut value) = (slot.to_be_bytes::<32>(), [0; 32]);
        done("get_state", ask!(self.get_state(slot.as_ptr(), value.as_mut_ptr())))?;
        Ok(U256::from_be_bytes(value))
    }

    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal> {
        let (slot, value) = (slot.to_be_bytes::<32>(), value.to_be_bytes::<32>());
        done("set_state", ask!(self.set_state(slot.as_ptr(), value.as_ptr())))
    }

    fn log(&mut self, log: LogData) -> Result<(), Fatal> {
        let (topics, data) = (log.topics(), &log.data);
        // A topic is transparent over its 32 bytes, so that a slice of them is one of bytes.
        let answer = ask!(self.add_log(topics.as_ptr().cast(), topics.len(), data.as_ptr(), data.len()));
        done("add_log", answer)
    }

    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        self.gas = self.gas.checked_sub(gas).ok_or(OutOfGas)?;
        Ok(())
    }

    fn ensure_alive(&mut self) -> Result<(), Fatal> {
        let mut nonce = 0;
        done("get_nonce", ask!(self.get_nonce(&raw mut nonce)))?;
        if nonce == 0 { self.set_nonce(1) } else { Ok(()) }
    }

    fn mint_native(&mut self, to: Address, amount: U256) -> Result<bool, Fatal> {
        let amount = amount.to_be_bytes::<32>();
        match ask!(self.mint_native(to.as_ptr(), amount.as_ptr())) {
            OVERFLOW => Ok(false),
            answer => done("mint_native", answer).map(|()| true),
        }
    }

    fn block_number(&self) -> u64 {
        self.call.block_number
    }

    fn block_timestamp(&self) -> u64 {
        self.call.block_timestamp
    }

    fn chain_id(&self) -> u64 {
        self.call.chain_id
    }

    fn caller(&self) -> Address {
        self.call.caller.into()
    }

    fn value(&self) -> Option<U256> {
        self.value
    }

    fn is_static(&self) -> bool {
        self.call.is_static != 0
    }

    fn is_direct(&self) -> bool {
        self.is_direct
    }
}

impl ActivationHost for CHost<'_> {
    fn set_nonce(&mut self, nonce: u64) -> Result<(), Fatal> {
        done("set_nonce", ask!(self.set_nonce(nonce)))
    }

    fn set_code(&mut self, code: Bytes) -> Result<(), Fatal> {
        done("set_code", ask!(self.set_code(code.as_ptr(), code.len())))
    }
}
