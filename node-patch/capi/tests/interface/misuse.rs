//! Wrong arguments: an answer that names the argument, and nothing done.

use crate::c::*;
use alloy_primitives::hex;
use pars_aimining::*;
use std::{
    ffi::c_void,
    ptr::{from_mut, from_ref, null, null_mut},
};

const VERSION: [u8; 4] = hex!("54fd4d50");

/// The arguments of a call, each of which a test replaces by a wrong one.
struct Arguments {
    precompile: *const ParsPrecompile,
    call: *const ParsCall,
    input: *const u8,
    length: usize,
    table: *const ParsHost,
    output: ParsSink,
    gas_left: *mut u64,
}

/// Calls `version()` with one thing wrong. Answers the status, what was said, the gas left, what the host was asked.
fn with(change: impl FnOnce(&mut Arguments)) -> (i32, String, u64, usize) {
    let (precompile, mut host) = fixture();
    host.asked.clear();
    let (call, mut gas_left) = (on_fixture(), 77);
    let mut arguments = Arguments {
        precompile: precompile.0,
        call: from_ref(&call),
        input: VERSION.as_ptr(),
        length: VERSION.len(),
        table: from_ref(&TABLE),
        output: Some(hear),
        gas_left: from_mut(&mut gas_left),
    };
    change(&mut arguments);
    let Arguments { precompile, call, input, length, table, output, gas_left: left } = arguments;
    let mut heard = Heard::default();
    let context = heard.context();
    // SAFETY: what the test made wrong is null, misaligned or too short in a way that the interface promises to find; all
    // else lives until the call returns.
    let status = unsafe {
        pars_precompile_call(
            precompile,
            call,
            input,
            length,
            table,
            from_mut(&mut host).cast(),
            output,
            context,
            left,
        )
    };
    assert!(heard.times <= 1);
    let said = String::from_utf8_lossy(&heard.bytes.unwrap_or_default()).into_owned();
    (status, said, gas_left, host.asked.len())
}

/// One byte further: misaligned.
fn askew<T>(pointer: *const T) -> *const T {
    pointer.cast::<u8>().wrapping_add(1).cast()
}

#[test]
fn a_call_with_a_wrong_argument_says_which() {
    assert_eq!(with(|_| {}).0, SUCCESS);
    type Change = fn(&mut Arguments);
    let cases: [(Change, &str); 10] = [
        (|a| a.precompile = null(), "precompile is null"),
        (|a| a.precompile = askew(a.precompile), "precompile is not aligned"),
        (|a| a.call = null(), "call is null"),
        (|a| a.call = askew(a.call), "call is not aligned"),
        (|a| a.input = null(), "input is null"),
        (|a| a.length = usize::MAX, "input is longer than half of the address space"),
        (|a| a.table = null(), "table is null"),
        (|a| a.table = askew(a.table), "table is not aligned"),
        (|a| a.gas_left = null_mut(), "gas_left is null"),
        (|a| a.gas_left = askew(a.gas_left).cast_mut(), "gas_left is not aligned"),
    ];
    for (change, says) in cases {
        let (status, text, gas_left, asked) = with(change);
        assert_eq!((status, text.as_str(), asked), (MISUSE, says, 0));
        assert!(gas_left == 0 || says.starts_with("gas_left"), "{says}: {gas_left}");
    }
    // Without a sink nothing can be said, and a result would be lost.
    let (status, text, gas_left, asked) = with(|a| a.output = None);
    assert_eq!((status, text.as_str(), gas_left, asked), (MISUSE, "", 0, 0));
    // An empty calldata needs no pointer.
    assert_eq!(with(|a| (a.input, a.length) = (null(), 0)).0, REVERT);
}

#[test]
fn a_structure_of_another_size_is_refused_if_shorter_and_read_if_longer() {
    let (short_call, short_table) = (
        ParsCall { size: size_of::<ParsCall>() - 1, ..on_fixture() },
        ParsHost { size: size_of::<ParsHost>() - 8, ..TABLE },
    );
    let zero = ParsHost { size: 0, ..TABLE };
    for (status, text, gas_left, asked) in [
        with(|a| a.call = from_ref(&short_call)),
        with(|a| a.table = from_ref(&short_table)),
        with(|a| a.table = from_ref(&zero)),
    ] {
        assert_eq!((status, gas_left, asked), (MISUSE, 0, 0));
        assert!(text.contains(" has size "), "{text}");
    }

    /// As a later version may have it.
    #[repr(C)]
    struct Longer<T> {
        known: T,
        new: [u64; 4],
    }
    let call = Longer {
        known: ParsCall { size: size_of::<Longer<ParsCall>>(), ..on_fixture() },
        new: [u64::MAX; 4],
    };
    let table =
        Longer { known: ParsHost { size: size_of::<Longer<ParsHost>>(), ..TABLE }, new: [u64::MAX; 4] };
    let (status, ..) = with(|a| {
        (a.call, a.table) = (from_ref(&call).cast(), from_ref(&table).cast());
    });
    assert_eq!(status, SUCCESS);
    assert!(call.new == table.new, "the rest is not touched");
}

#[test]
fn a_missing_callback_is_found_before_anything_is_done() {
    let missing: [(ParsHost, &str); 6] = [
        (ParsHost { get_state: None, ..TABLE }, "get_state"),
        (ParsHost { set_state: None, ..TABLE }, "set_state"),
        (ParsHost { add_log: None, ..TABLE }, "add_log"),
        (ParsHost { get_nonce: None, ..TABLE }, "get_nonce"),
        (ParsHost { set_nonce: None, ..TABLE }, "set_nonce"),
        (ParsHost { mint_native: None, ..TABLE }, "mint_native"),
    ];
    let (precompile, _) = fixture();
    for (table, name) in missing {
        let says = format!("the callback {name} is null");
        let (status, text, gas_left, asked) = with(|a| a.table = from_ref(&table));
        assert_eq!((status, text, gas_left, asked), (MISUSE, says.clone(), 0, 0));
        assert_eq!(activate(&precompile, &table), (MISUSE, says, State::default()));
    }
    // Code is set by activation alone.
    let table = ParsHost { set_code: None, ..TABLE };
    assert_eq!(with(|a| a.table = from_ref(&table)).0, SUCCESS);
    let says = "the callback set_code is null".to_owned();
    assert_eq!(activate(&precompile, &table), (MISUSE, says, State::default()));
}

fn activate(precompile: &Precompile, table: *const ParsHost) -> (i32, String, State) {
    let mut host = Host::default();
    let context: *mut c_void = from_mut(&mut host).cast();
    // SAFETY: as in `with`.
    let (status, text) = listen(|sink, heard| unsafe {
        pars_precompile_activate(precompile.0, 6133, 0, 0, table, context, sink, heard)
    });
    (status, text, host.state)
}

#[test]
fn null_handles_and_missing_sinks_are_answered_by_every_function() {
    let (precompile, _) = fixture();
    let nobody = null::<ParsPrecompile>();
    let null_handle = (MISUSE, "precompile is null".to_owned());
    // SAFETY: null where the interface promises to find it.
    unsafe {
        assert_eq!(listen(|sink, context| pars_precompile_check(nobody, 1, sink, context)), null_handle);
        assert_eq!(listen(|sink, context| pars_precompile_config(nobody, sink, context)), null_handle);
        assert_eq!(listen(|sink, context| pars_precompile_account(nobody, 1, sink, context)), null_handle);
        let table = from_ref(&TABLE);
        let activated = listen(|sink, context| {
            pars_precompile_activate(nobody, 1, 0, 0, table, null_mut(), sink, context)
        });
        assert_eq!(activated, null_handle);
        assert_eq!(activate(&precompile, null()), (MISUSE, "table is null".into(), State::default()));
        assert_eq!(pars_precompile_is_active(nobody, u64::MAX), 0);
        assert_eq!(pars_precompile_activation(nobody), u64::MAX);
        pars_precompile_free(null_mut());
        // What only says why may be left out; what carries the answer may not.
        assert_eq!(pars_precompile_check(precompile.0, 6133, None, null_mut()), SUCCESS);
        assert_eq!(pars_precompile_check(precompile.0, 6134, None, null_mut()), REFUSED);
        assert_eq!(pars_precompile_config(precompile.0, None, null_mut()), MISUSE);
        assert_eq!(pars_precompile_account(precompile.0, 6133, None, null_mut()), MISUSE);
        assert!(pars_precompile_new(b"{".as_ptr(), 1, None, null_mut()).is_null());
        let (handle, text) = listen(|sink, context| pars_precompile_new(null(), 5, sink, context));
        assert!(handle.is_null());
        assert_eq!(text, "config is null");
    }
}
