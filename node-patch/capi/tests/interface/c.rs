//! A host in memory on the far side of the interface, and safe wrappers around the exported functions: every `unsafe` of
//! these tests but for those that pass wrong pointers on purpose.

use alloy_primitives::{Address, B256, Bytes, U256, address};
use pars_aimining::*;
use std::{
    collections::BTreeMap,
    ffi::c_void,
    ptr::{from_mut, from_ref},
    slice,
};

pub const ADDRESS: Address = address!("0x0000000000000000000000000000000000000300");
pub const SUCCESS: i32 = ParsStatus::Success as i32;
pub const REVERT: i32 = ParsStatus::Revert as i32;
pub const OUT_OF_GAS: i32 = ParsStatus::OutOfGas as i32;
pub const FATAL: i32 = ParsStatus::Fatal as i32;
pub const MISUSE: i32 = ParsStatus::Misuse as i32;
pub const REFUSED: i32 = ParsStatus::Refused as i32;

/// What a frame changes and an EVM undoes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub nonce: u64,
    pub code: Bytes,
    pub storage: BTreeMap<B256, B256>,
    pub minted: BTreeMap<Address, U256>,
    pub logs: Vec<Log>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub topics: Vec<B256>,
    pub data: Bytes,
}

/// A host. It counts what it is asked, and fails where it is told to.
#[derive(Clone, Debug, Default)]
pub struct Host {
    pub state: State,
    /// The callbacks of the last call, by name.
    pub asked: Vec<&'static str>,
    /// From this callback on (0 = the first), what it answers.
    pub fail: Option<(usize, i32)>,
    /// Do not write down what is asked: for tests that count allocations.
    pub quiet: bool,
}

impl Host {
    fn ask(&mut self, name: &'static str, done: impl FnOnce(&mut State)) -> i32 {
        if !self.quiet {
            self.asked.push(name);
        }
        match self.fail {
            Some((from, answer)) if self.asked.len() > from => answer,
            _ => {
                done(&mut self.state);
                0
            }
        }
    }
}

/// The host behind a context.
fn host<'a>(context: *mut c_void) -> &'a mut Host {
    // SAFETY: `TABLE` is only ever given with a `Host`, which nobody else uses during the call.
    unsafe { &mut *context.cast() }
}

fn bytes<'a>(data: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: the library says that `length` bytes can be read.
    unsafe { slice::from_raw_parts(data, length) }
}

fn word(data: *const u8) -> B256 {
    B256::from_slice(bytes(data, 32))
}

unsafe extern "C-unwind" fn get_state(context: *mut c_void, slot: *const u8, value: *mut u8) -> i32 {
    host(context).ask("get_state", |state| {
        let found = state.storage.get(&word(slot)).copied().unwrap_or_default();
        // SAFETY: the library says that 32 bytes can be written.
        unsafe { value.cast::<[u8; 32]>().write(found.0) }
    })
}

unsafe extern "C-unwind" fn set_state(context: *mut c_void, slot: *const u8, value: *const u8) -> i32 {
    host(context).ask("set_state", |state| {
        if word(value).is_zero() {
            state.storage.remove(&word(slot));
        } else {
            state.storage.insert(word(slot), word(value));
        }
    })
}

unsafe extern "C-unwind" fn add_log(
    context: *mut c_void,
    topics: *const u8,
    topic_count: usize,
    data: *const u8,
    length: usize,
) -> i32 {
    host(context).ask("add_log", |state| {
        let topics = bytes(topics, topic_count * 32).chunks(32).map(B256::from_slice).collect();
        state.logs.push(Log { topics, data: bytes(data, length).to_vec().into() });
    })
}

unsafe extern "C-unwind" fn get_nonce(context: *mut c_void, nonce: *mut u64) -> i32 {
    // SAFETY: the library says that it can be written.
    host(context).ask("get_nonce", |state| unsafe { nonce.write(state.nonce) })
}

unsafe extern "C-unwind" fn set_nonce(context: *mut c_void, nonce: u64) -> i32 {
    host(context).ask("set_nonce", |state| state.nonce = nonce)
}

unsafe extern "C-unwind" fn set_code(context: *mut c_void, code: *const u8, length: usize) -> i32 {
    host(context).ask("set_code", |state| state.code = bytes(code, length).to_vec().into())
}

unsafe extern "C-unwind" fn mint_native(context: *mut c_void, to: *const u8, amount: *const u8) -> i32 {
    let (to, amount) = (Address::from_slice(bytes(to, 20)), U256::from_be_bytes(word(amount).0));
    let host = host(context);
    if host.state.minted.get(&to).is_some_and(|balance| balance.checked_add(amount).is_none()) {
        host.asked.push("mint_native");
        return 1;
    }
    host.ask("mint_native", |state| *state.minted.entry(to).or_default() += amount)
}

/// One table for all calls and threads.
pub const TABLE: ParsHost = ParsHost {
    size: size_of::<ParsHost>(),
    get_state: Some(get_state),
    set_state: Some(set_state),
    add_log: Some(add_log),
    get_nonce: Some(get_nonce),
    set_nonce: Some(set_nonce),
    set_code: Some(set_code),
    mint_native: Some(mint_native),
};

/// What a sink heard; `None`: it was not called.
#[derive(Debug, Default)]
pub struct Heard {
    pub bytes: Option<Vec<u8>>,
    pub times: usize,
}

pub unsafe extern "C-unwind" fn hear(context: *mut c_void, data: *const u8, length: usize) {
    // SAFETY: this sink is only ever given with a `Heard`.
    let heard = unsafe { &mut *context.cast::<Heard>() };
    heard.times += 1;
    heard.bytes = Some(bytes(data, length).to_vec());
}

impl Heard {
    pub fn context(&mut self) -> *mut c_void {
        from_mut(self).cast()
    }

    /// What was said, as text; the sink was called once, or not at all.
    pub fn text(self) -> String {
        assert!(self.times <= 1, "the sink was called {} times", self.times);
        String::from_utf8(self.bytes.unwrap_or_default()).expect("texts are UTF-8")
    }
}

/// Runs something with a sink; answers its status and what the sink heard as text.
pub fn listen<T>(run: impl FnOnce(ParsSink, *mut c_void) -> T) -> (T, String) {
    let mut heard = Heard::default();
    let status = run(Some(hear), heard.context());
    (status, heard.text())
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub status: i32,
    /// `None`: the sink was not called.
    pub output: Option<Bytes>,
    pub gas_left: u64,
}

/// A handle.
#[derive(Debug)]
pub struct Precompile(pub *mut ParsPrecompile);

// SAFETY: the interface promises that any number of threads may use a handle; the tests are to show it.
unsafe impl Send for Precompile {}
// SAFETY: the same.
unsafe impl Sync for Precompile {}

impl Drop for Precompile {
    fn drop(&mut self) {
        // SAFETY: made by `pars_precompile_new`, freed here alone.
        unsafe { pars_precompile_free(self.0) }
    }
}

impl Precompile {
    /// Makes a handle; the reason why there is none.
    pub fn new(config: &str) -> Result<Self, String> {
        // SAFETY: the text lives until the call returns.
        let (handle, reason) = listen(|sink, context| unsafe {
            pars_precompile_new(config.as_ptr(), config.len(), sink, context)
        });
        assert_eq!(handle.is_null(), !reason.is_empty(), "a handle or a reason: {reason}");
        if handle.is_null() { Err(reason) } else { Ok(Self(handle)) }
    }

    pub fn check(&self, host_chain_id: u64) -> (i32, String) {
        // SAFETY: the handle lives.
        listen(|sink, context| unsafe { pars_precompile_check(self.0, host_chain_id, sink, context) })
    }

    pub fn config(&self) -> (i32, String) {
        // SAFETY: the handle lives.
        listen(|sink, context| unsafe { pars_precompile_config(self.0, sink, context) })
    }

    pub fn account(&self, host_chain_id: u64) -> (i32, String) {
        // SAFETY: the handle lives.
        listen(|sink, context| unsafe { pars_precompile_account(self.0, host_chain_id, sink, context) })
    }

    pub fn is_active(&self, timestamp: u64) -> i32 {
        // SAFETY: the handle lives.
        unsafe { pars_precompile_is_active(self.0, timestamp) }
    }

    pub fn activation(&self) -> u64 {
        // SAFETY: the handle lives.
        unsafe { pars_precompile_activation(self.0) }
    }

    pub fn activate(&self, host: &mut Host, chain_id: u64) -> (i32, String) {
        host.asked.clear();
        let host = from_mut(host).cast();
        // SAFETY: handle, table and host live until the call returns.
        listen(|sink, context| unsafe {
            pars_precompile_activate(self.0, chain_id, 0, 0, from_ref(&TABLE), host, sink, context)
        })
    }

    /// Calls the function and nothing more.
    pub fn call(&self, host: &mut Host, call: &ParsCall, input: &[u8]) -> Ended {
        let (mut heard, mut gas_left) = (Heard::default(), 0xdead);
        // SAFETY: all of it lives until the call returns.
        let status = unsafe {
            pars_precompile_call(
                self.0,
                from_ref(call),
                input.as_ptr(),
                input.len(),
                from_ref(&TABLE),
                from_mut(host).cast(),
                Some(hear),
                heard.context(),
                from_mut(&mut gas_left),
            )
        };
        assert!(heard.times <= 1, "the sink was called {} times", heard.times);
        Ended { status, output: heard.bytes.map(Into::into), gas_left }
    }

    /// Runs a call as an EVM frame does: whatever does not succeed leaves no trace.
    pub fn execute(&self, host: &mut Host, call: &ParsCall, input: &[u8]) -> Ended {
        host.asked.clear();
        host.state.logs.clear();
        let before = host.state.clone();
        let ended = self.call(host, call, input);
        if ended.status != SUCCESS {
            host.state = before;
        }
        ended
    }
}

/// An ordinary call without value, in block 100.
pub fn ordinary(chain_id: u64, timestamp: u64, gas: u64) -> ParsCall {
    ParsCall {
        size: size_of::<ParsCall>(),
        caller: Address::left_padding_from(&[0xc0]).into(),
        running_as: ADDRESS.into(),
        is_static: 0,
        value_known: 1,
        value: [0; 32],
        gas,
        chain_id,
        block_number: 100,
        block_timestamp: timestamp,
    }
}

/// The fixtures' chain: a handle and an active host.
pub fn fixture() -> (Precompile, Host) {
    let genesis = pars_precompile::testing::genesis();
    let precompile = Precompile::new(&serde_json::to_string(&genesis).expect("JSON")).expect("legal");
    let mut host = Host::default();
    assert_eq!(precompile.activate(&mut host, genesis.chain_id.into()), (SUCCESS, String::new()));
    (precompile, host)
}

/// A call on that chain, at its time, with plenty of gas.
pub fn on_fixture() -> ParsCall {
    use pars_precompile::testing::{CHAIN_ID, NOW, PLENTY};
    ordinary(CHAIN_ID.into(), NOW, PLENTY)
}
