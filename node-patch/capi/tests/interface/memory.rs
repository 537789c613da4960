//! Nothing is kept from call to call, and the interface allocates nothing of its own.

use crate::c::*;
use allocation_counter::{AllocationInfo, measure};
use alloy_primitives::{Bytes, hex};
use pars_aimining::*;
use pars_mldsa::ParameterSet;
use pars_precompile::{
    MemoryHost, Outcome,
    testing::{self, GpuMiner, Miner},
};
use std::{
    ffi::c_void,
    ptr::{from_mut, from_ref, null_mut},
};

/// A sink that keeps only the length.
unsafe extern "C-unwind" fn weigh(context: *mut c_void, _: *const u8, length: usize) {
    // SAFETY: it is given with a `usize` alone.
    unsafe { *context.cast::<usize>() = length };
}

/// Calls without allocating anything on this side; answers status and length of the output.
fn bare(precompile: &Precompile, host: &mut Host, call: &ParsCall, input: &[u8]) -> (i32, usize) {
    let (mut length, mut gas_left) = (0_usize, 0);
    // SAFETY: all of it lives until the call returns.
    let status = unsafe {
        pars_precompile_call(
            precompile.0,
            from_ref(call),
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

fn mining_balance() -> Bytes {
    [&hex!("d3d7bc64")[..], testing::RECIPIENT.into_word().as_slice()].concat().into()
}

/// One of each end: a success, a revert, no gas, a broken host, misuse.
fn ends() -> Vec<(Bytes, ParsCall, i32)> {
    let call = on_fixture();
    vec![
        (hex!("54fd4d50").into(), call, SUCCESS),
        (mining_balance(), call, SUCCESS),
        (hex!("deadbeef").into(), call, REVERT),
        (Miner::new(ParameterSet::MlDsa65, 1, 1).calldata(), ParsCall { is_static: 1, ..call }, REVERT),
        (mining_balance(), ParsCall { gas: 100, ..call }, OUT_OF_GAS),
        (mining_balance(), ParsCall { size: 3, ..call }, MISUSE),
    ]
}

#[test]
fn calls_keep_nothing() {
    let (precompile, mut host) = fixture();
    host.quiet = true;
    let proof = Miner::new(ParameterSet::MlDsa65, 1, 1).calldata();
    let before = host.clone();
    let mut calls = ends();
    calls.push((proof, on_fixture(), SUCCESS));
    for (input, call, expected) in calls {
        // What is made once, on first use, is no leak.
        assert_eq!(bare(&precompile, &mut host, &call, &input).0, expected);
        host = before.clone();
        let info = measure(|| {
            for _ in 0..100 {
                let mut fresh = host.clone();
                assert_eq!(bare(&precompile, &mut fresh, &call, &input).0, expected);
            }
        });
        assert_eq!((info.count_current, info.bytes_current), (0, 0), "{info:?}");
    }
}

#[test]
fn failures_texts_and_handles_keep_nothing() {
    let (precompile, host) = fixture();
    let config = serde_json::to_string(&testing::genesis()).expect("JSON");
    let once = || {
        let mut broken = Host { fail: Some((0, -1)), quiet: true, ..host.clone() };
        broken.asked.push("one");
        assert_eq!(bare(&precompile, &mut broken, &on_fixture(), &mining_balance()).0, FATAL);
        assert!(Precompile::new("{").is_err());
        let made = Precompile::new(&config).expect("legal");
        assert_eq!((made.config().0, made.account(6133).0), (SUCCESS, SUCCESS));
        assert_eq!((made.check(6133).0, made.check(1).0), (SUCCESS, REFUSED));
        assert_eq!(made.activate(&mut Host::default(), 6133).0, SUCCESS);
        // SAFETY: null is nothing to free.
        unsafe { pars_precompile_free(null_mut()) };
    };
    once();
    let info = measure(|| (0..50).for_each(|_| once()));
    assert_eq!((info.count_current, info.bytes_current), (0, 0), "{info:?}");
}

#[test]
fn a_call_allocates_what_the_core_allocates_and_no_more() {
    let (precompile, mut host) = fixture();
    host.quiet = true;
    let genesis = testing::genesis();
    let core = testing::precompile();
    let mut gpu = GpuMiner::new(pars_nvtrust::Architecture::GH100, ParameterSet::MlDsa44, 1, 1);
    // A proof that is checked to the end and refused there writes nothing, so that neither host allocates.
    gpu.miner.statement.min_reward = u128::MAX;
    let evidence = gpu.full();
    let inputs: Vec<Bytes> =
        vec![hex!("54fd4d50").into(), mining_balance(), hex!("deadbeef").into(), gpu.calldata(evidence)];
    for input in inputs {
        let mut memory = testing::host(&genesis);
        let mut outcome = Outcome::OutOfGas;
        let direct: AllocationInfo = measure(|| outcome = run(&core, &mut memory, &input));
        let expected = match &outcome {
            Outcome::Success(_) => SUCCESS,
            Outcome::Revert(_) => REVERT,
            other => panic!("{other:?}"),
        };
        drop(outcome);
        let through = measure(|| {
            assert_eq!(bare(&precompile, &mut host, &on_fixture(), &input).0, expected);
        });
        assert_eq!(
            (through.count_total, through.bytes_total),
            (direct.count_total, direct.bytes_total),
            "input of {} bytes",
            input.len()
        );
    }
}

fn run(core: &pars_precompile::Precompile, host: &mut MemoryHost, input: &[u8]) -> Outcome {
    core.call(host, input)
}

/// Resident pages of this process.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("/proc");
    text.split_whitespace().nth(1).expect("a second field").parse().expect("a number")
}

/// In a process of its own the figure would be sharper; a leak of a byte in each call is a megabyte.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "a million calls; `make long`"]
fn long_a_million_calls_leave_the_process_as_large_as_it_was() {
    let (precompile, mut host) = fixture();
    host.quiet = true;
    let ends = ends();
    let mut round = || {
        for (input, call, expected) in &ends {
            assert_eq!(bare(&precompile, &mut host, call, input).0, *expected);
        }
    };
    (0..10_000).for_each(|_| round());
    let before = resident();
    (0..1_000_000 / ends.len()).for_each(|_| round());
    let after = resident();
    println!("{before} pages before, {after} after");
    assert!(after <= before + 64, "{before} pages before, {after} after");
}
