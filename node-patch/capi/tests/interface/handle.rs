//! Handles, and what a host shows of a call.

use crate::c::*;
use alloy_primitives::{Address, Bytes, U256, hex};
use pars_aimining::{PARS_ABI_VERSION, ParsCall, pars_abi_version, pars_version};
use pars_precompile::testing::{CHAIN_ID, NOW};
use serde_json::{Value, json};
use std::ffi::CStr;

/// `version()`.
const VERSION: [u8; 4] = hex!("54fd4d50");
/// `DelegateCallNotAllowed()`, `ValueNotAllowed()`, `StaticCallNotAllowed()`, `UnknownSelector()`.
const DELEGATE: [u8; 4] = hex!("0d89438e");

fn config() -> Value {
    json!({ "blockTimestamp": 1_000, "chainId": CHAIN_ID, "governor": Address::repeat_byte(0xa0) })
}

fn with(key: &str, value: Value) -> String {
    let mut config = config();
    config[key] = value;
    config.to_string()
}

fn made(config: &str) -> Precompile {
    Precompile::new(config).expect("a configuration")
}

#[test]
fn the_library_says_which_it_is() {
    assert_eq!((pars_abi_version(), PARS_ABI_VERSION), (1, 1));
    // SAFETY: the interface promises text that ends in NUL.
    let version = unsafe { CStr::from_ptr(pars_version()) };
    assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_configuration_is_read_strictly() {
    assert!(Precompile::new(&config().to_string()).is_ok());
    for (wrong, says) in [
        (String::new(), "EOF"),
        ("{}".into(), "missing field"),
        (format!("{} x", config()), "trailing"),
        (with("blockTimestmap", json!(0)), "unknown field `blockTimestmap`"),
        (with("chainId", json!(1_u64 << 32)), "expected u32"),
        (with("marker", json!("0x02")), "marker must be"),
        (config().to_string().replace("\"chainId\"", "\"chainId\":1,\"chainId\""), "duplicate field"),
    ] {
        let reason = Precompile::new(&wrong).expect_err(&wrong);
        assert!(reason.starts_with("parsAiMiningConfig: "), "{reason}");
        assert!(reason.contains(says), "{wrong}: {reason}");
    }
}

#[test]
fn equal_configurations_give_equal_bytes() {
    let written = |text: &str| {
        let (status, json) = made(text).config();
        assert_eq!(status, SUCCESS);
        json
    };
    let plain = written(&config().to_string());
    // Other order, other spelling, defaults spelled out.
    let other = format!(
        r#"{{ "governor": "0x{}", "warm": true, "parameters": {{"max_age": 7200, "base": "10000000000"}},
            "chainId": 6133, "blockTimestamp": 1000, "dev": false }}"#,
        "A0".repeat(20)
    );
    assert_eq!(written(&other), plain);
    // What was written is read, and written again the same.
    assert_eq!(written(&plain), plain);
    let read: Value = serde_json::from_str(&plain).expect("JSON");
    for key in ["rules", "marker", "warm", "valueVisible", "callCodeVisible", "evmRevision", "parameters"] {
        assert!(!read[key].is_null(), "{key} is not there: {plain}");
    }
    for (key, value) in [("warm", json!(false)), ("dev", json!(true)), ("parameters", json!({ "base": "1" }))]
    {
        assert_ne!(written(&with(key, value)), plain, "{key}");
    }
}

#[test]
fn activation_is_a_matter_of_time() {
    let precompile = made(&config().to_string());
    assert_eq!(precompile.activation(), 1_000);
    assert_eq!([0, 999, 1_000, u64::MAX].map(|time| precompile.is_active(time)), [0, 0, 1, 1]);
}

/// A `version()` call on a chain with these two fields of the profile.
fn asked(value_visible: bool, call_code_visible: bool, change: impl FnOnce(&mut ParsCall)) -> Ended {
    let mut config = config();
    (config["valueVisible"], config["callCodeVisible"]) = (json!(value_visible), json!(call_code_visible));
    let precompile = made(&config.to_string());
    let mut host = Host::default();
    assert_eq!(precompile.activate(&mut host, CHAIN_ID.into()).0, SUCCESS);
    let mut call = on_fixture();
    change(&mut call);
    precompile.execute(&mut host, &call, &VERSION)
}

#[test]
fn a1_only_calls_count_and_where_callcode_is_not_visible_an_account_itself() {
    let run = |visible, running_as: Address, caller: Address| {
        let ended = asked(true, visible, |call| {
            (call.running_as, call.caller) = (running_as.into(), caller.into());
            // Under DELEGATECALL the value is the parent's: it is not looked at.
            call.value = if running_as == ADDRESS { [0; 32] } else { [1; 32] };
            call.value_known = u8::from(running_as == ADDRESS || visible);
        });
        match ended.output {
            Some(error) if ended.status == REVERT => {
                assert_eq!(error[..], DELEGATE);
                assert_eq!(ended.gas_left, on_fixture().gas, "it costs nothing");
                false
            }
            _ => ended.status == SUCCESS,
        }
    };
    let (account, other) = (Address::repeat_byte(1), Address::repeat_byte(2));
    for (running_as, caller, seen, unseen) in [
        (ADDRESS, account, true, true),
        (account, account, false, true),
        (account, other, false, false),
        (account, ADDRESS, false, false),
    ] {
        assert_eq!(run(true, running_as, caller), seen, "{running_as} {caller}");
        assert_eq!(run(false, running_as, caller), unseen, "{running_as} {caller}");
    }
}

#[test]
fn value_is_looked_at_only_where_host_and_profile_say_so() {
    let one = U256::from(1).to_be_bytes();
    for (visible, known, refused) in
        [(true, 1, true), (true, 255, true), (true, 0, false), (false, 1, false), (false, 0, false)]
    {
        let ended = asked(visible, true, |call| (call.value, call.value_known) = (one, known));
        assert_eq!(ended.status == REVERT, refused, "{visible} {known}: {ended:?}");
    }
}

#[test]
fn whatever_is_not_zero_is_a_static_call() {
    let (precompile, host) = fixture();
    // claimTeleport(bytes32): a write.
    let claim = [&hex!("66919998")[..], &[7; 32]].concat();
    let run = |is_static| {
        precompile.execute(&mut host.clone(), &ParsCall { is_static, ..on_fixture() }, &claim).output
    };
    let refused = run(1);
    assert_eq!(run(255), refused);
    assert_ne!(run(0), refused);
}

#[test]
fn block_and_chain_reach_the_core() {
    let (precompile, host) = fixture();
    let proof = pars_precompile::testing::Miner::new(pars_mldsa::ParameterSet::MlDsa44, 1, 1).calldata();
    let run = |change: &dyn Fn(&mut ParsCall)| {
        let mut call = on_fixture();
        change(&mut call);
        precompile.execute(&mut host.clone(), &call, &proof)
    };
    assert_eq!(run(&|_| {}).status, SUCCESS);
    let late = run(&|call| call.block_timestamp = NOW + 100_000);
    let elsewhere = run(&|call| call.chain_id = u64::from(CHAIN_ID) + (1 << 32));
    assert_eq!((late.status, elsewhere.status), (REVERT, REVERT));
    assert_ne!(late.output, elsewhere.output);
}

#[test]
fn a_longer_input_than_the_library_looks_at_is_refused_by_the_core() {
    let (precompile, mut host) = fixture();
    let ended = precompile.execute(&mut host, &on_fixture(), &vec![0; 200_000]);
    assert_eq!((ended.status, ended.gas_left), (REVERT, on_fixture().gas));
    let empty = precompile.execute(&mut host, &on_fixture(), &[]);
    assert_eq!(empty.status, REVERT);
    assert!(empty.output.is_some_and(|error: Bytes| error.len() == 4));
}
