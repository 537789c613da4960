//! No panic goes out. These tests stand in the library, because only here can a precompile be made that panics.

use crate::{
    ParsCall, ParsHost, ParsPrecompile, ParsStatus, boundary, pars_precompile_call, pars_precompile_free,
    pars_precompile_new,
    sink::{Reply, Sink},
};
use alloy_primitives::Bytes;
use pars_mldsa::{ParameterSet, Verifier};
use pars_precompile::{
    ADDRESS, Precompile, Verifiers,
    testing::{self, Miner},
};
use std::{
    collections::BTreeMap,
    ffi::c_void,
    ptr::{from_mut, from_ref},
    sync::Arc,
};

/// What a sink heard.
#[derive(Debug, Default)]
struct Heard(Vec<String>);

unsafe extern "C-unwind" fn hear(context: *mut c_void, data: *const u8, length: usize) {
    // SAFETY: every test gives a `Heard` with this function, and the library bytes that it may read.
    let (heard, bytes) = unsafe { (&mut *context.cast::<Heard>(), std::slice::from_raw_parts(data, length)) };
    heard.0.push(String::from_utf8_lossy(bytes).into_owned());
}

impl Heard {
    fn sink(&mut self) -> Sink {
        Sink { to: Some(hear), context: from_mut(self).cast() }
    }
}

/// Slots in a map; the callback with this name panics.
#[derive(Default)]
struct State {
    slots: BTreeMap<[u8; 32], [u8; 32]>,
    panics: &'static str,
}

fn state<'a>(host: *mut c_void, callback: &str) -> &'a mut State {
    // SAFETY: every test gives a `State` with this table.
    let state = unsafe { &mut *host.cast::<State>() };
    assert_ne!(state.panics, callback, "{callback} panics");
    state
}

fn word(pointer: *const u8) -> [u8; 32] {
    // SAFETY: the library gives 32 bytes.
    unsafe { *pointer.cast() }
}

unsafe extern "C-unwind" fn get_state(host: *mut c_void, slot: *const u8, value: *mut u8) -> i32 {
    let found = state(host, "get_state").slots.get(&word(slot)).copied().unwrap_or_default();
    // SAFETY: the library gives 32 bytes.
    unsafe { value.cast::<[u8; 32]>().write(found) };
    0
}

unsafe extern "C-unwind" fn set_state(host: *mut c_void, slot: *const u8, value: *const u8) -> i32 {
    state(host, "set_state").slots.insert(word(slot), word(value));
    0
}

unsafe extern "C-unwind" fn add_log(
    host: *mut c_void,
    _: *const u8,
    _: usize,
    _: *const u8,
    _: usize,
) -> i32 {
    state(host, "add_log");
    0
}

unsafe extern "C-unwind" fn get_nonce(host: *mut c_void, _: *mut u64) -> i32 {
    state(host, "get_nonce");
    0
}

unsafe extern "C-unwind" fn set_nonce(host: *mut c_void, _: u64) -> i32 {
    state(host, "set_nonce");
    0
}

unsafe extern "C-unwind" fn mint_native(host: *mut c_void, _: *const u8, _: *const u8) -> i32 {
    state(host, "mint_native");
    0
}

const TABLE: ParsHost = ParsHost {
    size: size_of::<ParsHost>(),
    get_state: Some(get_state),
    set_state: Some(set_state),
    add_log: Some(add_log),
    get_nonce: Some(get_nonce),
    set_nonce: Some(set_nonce),
    set_code: None,
    mint_native: Some(mint_native),
};

/// A bug in the verifier.
struct Buggy;

impl Verifier for Buggy {
    fn verify(&self, _: ParameterSet, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> bool {
        panic!("index {} out of bounds", 7)
    }
}

/// Submits a proof; answers status, what the sink heard, and the gas left.
fn submit(verifiers: Verifiers, panics: &'static str) -> (i32, Vec<String>, u64) {
    let genesis = testing::genesis();
    let handle = ParsPrecompile { precompile: Precompile::new(genesis.profile.clone(), verifiers), genesis };
    let storage = testing::host(&handle.genesis).account.storage;
    let slots = storage.into_iter().map(|(slot, value)| (slot.to_be_bytes(), value.to_be_bytes())).collect();
    let mut host = State { slots, panics };
    let call = ParsCall {
        size: size_of::<ParsCall>(),
        caller: testing::RELAYER.into(),
        running_as: ADDRESS.into(),
        is_static: 0,
        value_known: 1,
        value: [0; 32],
        gas: testing::PLENTY,
        chain_id: testing::CHAIN_ID.into(),
        block_number: 100,
        block_timestamp: testing::NOW,
    };
    let input = Miner::new(ParameterSet::MlDsa44, 1, 1).calldata();
    let (mut heard, mut gas_left) = (Heard::default(), 5);
    // SAFETY: everything lives until the call returns.
    let status = unsafe {
        pars_precompile_call(
            from_ref(&handle),
            from_ref(&call),
            input.as_ptr(),
            input.len(),
            from_ref(&TABLE),
            from_mut(&mut host).cast(),
            Some(hear),
            from_mut(&mut heard).cast(),
            from_mut(&mut gas_left),
        )
    };
    (status, heard.0, gas_left)
}

#[test]
fn a_panic_in_the_core_is_a_fatal_answer() {
    let fine = submit(Verifiers::default(), "");
    assert_eq!(fine.0, ParsStatus::Success as i32, "{fine:?}");
    let verifiers = Verifiers { mldsa: Arc::new(Buggy), ..Verifiers::default() };
    let expected = (ParsStatus::Fatal as i32, vec!["a bug: index 7 out of bounds".to_owned()], 0);
    assert_eq!(submit(verifiers, ""), expected);
}

#[test]
fn a_callback_that_unwinds_is_a_fatal_answer() {
    for name in ["get_state", "set_state", "add_log", "get_nonce", "set_nonce"] {
        let (status, heard, gas_left) = submit(Verifiers::default(), name);
        assert_eq!((status, gas_left), (ParsStatus::Fatal as i32, 0), "{name}");
        assert_eq!(heard.len(), 1, "{name}");
        assert!(heard[0].contains(&format!("{name} panics")), "{heard:?}");
    }
}

#[test]
fn a_sink_that_unwinds_is_a_fatal_answer_and_is_not_called_again() {
    unsafe extern "C-unwind" fn refuse(context: *mut c_void, _: *const u8, _: usize) {
        // SAFETY: the test gives a counter with this function.
        unsafe { *context.cast::<usize>() += 1 };
        panic!("the sink is full");
    }
    let mut times = 0_usize;
    let sink = Sink { to: Some(refuse), context: from_mut(&mut times).cast() };
    let status = boundary::guard(sink, || Ok(Reply::bytes(ParsStatus::Success, Bytes::new())));
    assert_eq!((status, times), (ParsStatus::Fatal as i32, 1));
}

#[test]
fn whatever_is_thrown_becomes_a_text() {
    type Body = fn() -> Result<Reply, Reply>;
    let thrown: [(Body, &str); 3] = [
        (|| panic!("plain"), "a bug: plain"),
        (|| panic!("made {}", 1), "a bug: made 1"),
        (|| std::panic::panic_any(3_u8), "a bug: a panic without a text"),
    ];
    for (body, text) in thrown {
        let mut heard = Heard::default();
        assert_eq!(boundary::guard(heard.sink(), body), ParsStatus::Fatal as i32);
        assert_eq!(heard.0, [text]);
        // The same where a handle is made.
        let made = boundary::create(heard.sink(), || body().map(|_| 0_u8));
        assert!(made.is_null());
        assert_eq!(heard.0, [text, text]);
    }
}

#[test]
fn a_panic_while_freeing_stays_inside() {
    struct Stubborn;
    impl Drop for Stubborn {
        fn drop(&mut self) {
            panic!("not yet");
        }
    }
    let mut heard = Heard::default();
    let made = boundary::create(heard.sink(), || Ok(Stubborn));
    // SAFETY: `create` has just made it.
    unsafe { boundary::free(made) };
    assert!(heard.0.is_empty());
}

#[test]
fn a_handle_is_made_and_freed() {
    let config = serde_json::to_vec(&testing::genesis()).expect("JSON");
    // SAFETY: the text lives until `new` returns; the handle is freed once.
    unsafe {
        let handle = pars_precompile_new(config.as_ptr(), config.len(), None, std::ptr::null_mut());
        assert!(!handle.is_null());
        pars_precompile_free(handle);
    }
}
