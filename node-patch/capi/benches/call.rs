//! What the interface costs: the same calls on the same state, straight into the core and through the exported function.
//!
//! ```text
//! cargo bench -p pars-capi
//! ```
//!
//! Both hosts keep their slots in a `BTreeMap`. Rounds of the two alternate; the figure is the median round.

use alloy_primitives::{Bytes, U256, hex};
use pars_aimining::*;
use pars_mldsa::ParameterSet;
use pars_precompile::{
    ADDRESS, Host, MemoryHost, Outcome, Precompile,
    testing::{self, Miner},
};
use std::{
    collections::BTreeMap,
    ffi::c_void,
    hint::black_box,
    ptr::{from_mut, from_ref, null_mut},
    slice,
    time::Instant,
};

const ROUNDS: usize = 41;

/// Slots behind the interface.
#[derive(Clone, Default)]
struct Slots(BTreeMap<U256, U256>);

fn slots<'a>(host: *mut c_void) -> &'a mut Slots {
    // SAFETY: `TABLE` is only ever given with `Slots`.
    unsafe { &mut *host.cast() }
}

fn word(pointer: *const u8) -> U256 {
    // SAFETY: the library gives 32 bytes.
    U256::from_be_slice(unsafe { slice::from_raw_parts(pointer, 32) })
}

unsafe extern "C-unwind" fn get_state(host: *mut c_void, slot: *const u8, value: *mut u8) -> i32 {
    let found = slots(host).0.get(&word(slot)).copied().unwrap_or_default();
    // SAFETY: the library gives 32 bytes.
    unsafe { value.cast::<[u8; 32]>().write(found.to_be_bytes()) };
    0
}

unsafe extern "C-unwind" fn set_state(host: *mut c_void, slot: *const u8, value: *const u8) -> i32 {
    slots(host).0.insert(word(slot), word(value));
    0
}

unsafe extern "C-unwind" fn add_log(_: *mut c_void, _: *const u8, _: usize, _: *const u8, _: usize) -> i32 {
    0
}

unsafe extern "C-unwind" fn get_nonce(_: *mut c_void, nonce: *mut u64) -> i32 {
    // SAFETY: the library gives a number to write.
    unsafe { nonce.write(1) };
    0
}

unsafe extern "C-unwind" fn set_nonce(_: *mut c_void, _: u64) -> i32 {
    0
}

unsafe extern "C-unwind" fn mint_native(_: *mut c_void, _: *const u8, _: *const u8) -> i32 {
    0
}

unsafe extern "C-unwind" fn weigh(context: *mut c_void, _: *const u8, length: usize) {
    // SAFETY: it is only ever given with a `usize`.
    unsafe { *context.cast::<usize>() = length };
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

fn through(handle: *const ParsPrecompile, host: &mut Slots, input: &[u8]) -> (i32, usize) {
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
    let (mut length, mut gas_left) = (0_usize, 0);
    // SAFETY: all of it lives until the call returns.
    let status = unsafe {
        pars_precompile_call(
            handle,
            from_ref(&call),
            input.as_ptr(),
            input.len(),
            from_ref(&TABLE),
            from_mut(host).cast(),
            Some(weigh),
            from_mut(&mut length).cast(),
            from_mut(&mut gas_left),
        )
    };
    (status, length)
}

fn direct(core: &Precompile, host: &mut MemoryHost, input: &[u8]) -> (i32, usize) {
    let host: &mut dyn Host = host;
    match core.call(host, input) {
        Outcome::Success(output) => (0, output.len()),
        Outcome::Revert(output) => (1, output.len()),
        other => panic!("{other:?}"),
    }
}

/// Nanoseconds of a call, in a round of this many.
fn time<T>(count: u32, mut call: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    (0..count).for_each(|_| drop(black_box(call())));
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let genesis = testing::genesis();
    let config = serde_json::to_vec(&genesis).expect("JSON");
    // SAFETY: the text lives until the call returns.
    let handle = unsafe { pars_precompile_new(config.as_ptr(), config.len(), None, null_mut()) };
    assert!(!handle.is_null());
    let core = testing::precompile();
    let ready = testing::host(&genesis);
    let balance = [&hex!("d3d7bc64")[..], testing::RECIPIENT.into_word().as_slice()].concat();
    let miner = Miner::new(ParameterSet::MlDsa65, 1, 1);
    let mut late = Miner::new(ParameterSet::MlDsa65, 2, 2);
    // Checked to the end and refused there, so that both states stay as they are.
    late.statement.min_reward = u128::MAX;
    let calls: [(&str, Bytes, u32); 4] = [
        ("version()", hex!("54fd4d50").into(), 20_000),
        ("miningBalance(address)", balance.into(), 20_000),
        ("an unknown selector", hex!("deadbeef").into(), 20_000),
        ("submitWorkProof, ML-DSA-65, refused at the reward", late.calldata(), 100),
    ];
    println!("| call | direct, ns | through C, ns | more, ns | ratio |\n| --- | --- | --- | --- | --- |");
    for (name, input, count) in calls {
        let (mut memory, mut slots) = (ready.clone(), Slots(ready.account.storage.clone()));
        assert_eq!(direct(&core, &mut memory, &input), through(handle, &mut slots, &input), "{name}");
        let (mut straight, mut c) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            straight.push(time(count, || direct(&core, &mut memory, &input)));
            c.push(time(count, || through(handle, &mut slots, &input)));
        }
        row(name, median(straight), median(c));
    }
    // What writes needs a fresh state each time; its copy is not counted.
    let input = miner.calldata();
    let (mut straight, mut c) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS * 10 {
        let (mut memory, mut slots) = (ready.clone(), Slots(ready.account.storage.clone()));
        straight.push(time(1, || assert_eq!(direct(&core, &mut memory, &input).0, 0)));
        c.push(time(1, || assert_eq!(through(handle, &mut slots, &input).0, 0)));
    }
    row("submitWorkProof, ML-DSA-65, paid", median(straight), median(c));
    // SAFETY: made above, freed once.
    unsafe { pars_precompile_free(handle) };
}

fn row(name: &str, direct: f64, through: f64) {
    println!("| {name} | {direct:.0} | {through:.0} | {:.0} | {:.3} |", through - direct, through / direct);
}
