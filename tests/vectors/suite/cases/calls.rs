//! How any method may be called: selector, call kind, value, static calls, ABI.

use crate::suite::{
    build::{self, Scenario, call, call_by},
    evidence::{set_ica, spki},
    format::{File, Vector},
};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::{
        gas,
        testing::{GOVERNOR, RECIPIENT, genesis},
    },
    protocol::abi::{
        IAIMining::{claimTeleportCall, miningBalanceCall, verifyMLDSACall},
        IAIMiningGovernance::{
            acceptGovernorCall, denyFirmwareCall, pinFirmwareCall, pinGoldenSetCall, proposeGovernorCall,
            revokeDeviceCall, revokeIcaCall, setMinimumDriverCall, setParameterCall,
        },
        IAIMiningInspector::{computeWorkIdCall, getSecurityLevelCall, quoteRewardCall, versionCall},
    },
};

fn raw(input: Vec<u8>) -> Scenario {
    Scenario::new(call(input))
}

fn balance() -> Vec<u8> {
    miningBalanceCall { miner: RECIPIENT }.abi_encode()
}

fn edited(mut input: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Scenario {
    change(&mut input);
    raw(input)
}

/// verifyMLDSA with three short byte strings: heads at 4, tails of 64 bytes each from 100 on.
fn three() -> Vec<u8> {
    let bytes = |byte| vec![byte; 3].into();
    verifyMLDSACall { pk: bytes(1), msg: bytes(2), sig: bytes(3) }.abi_encode()
}

fn selectors() -> Vec<Vector> {
    let mut vectors: Vec<_> = [0_usize, 1, 3]
        .map(|length| {
            raw(balance()[..length].to_vec()).reverts(
                "UnknownSelector",
                &format!("input_of_{length}_bytes"),
                "Shorter than a selector. It pays input gas.",
            )
        })
        .into();
    vectors.extend([
        raw(hex!("00000000").to_vec()).reverts("UnknownSelector", "selector_zero", "No function."),
        raw(hex!("ffffffff").to_vec()).reverts("UnknownSelector", "selector_ones", "No function."),
        raw(hex!("18160ddd").to_vec()).reverts(
            "UnknownSelector",
            "erc20_total_supply",
            "The ERC-20 interface is not there yet.",
        ),
        raw(balance()[..4].to_vec()).reverts("MalformedInput", "selector_alone", "Without its argument."),
        raw(versionCall {}.abi_encode())
            .succeeds("no_arguments", "A function without arguments: four bytes."),
        edited(versionCall {}.abi_encode(), |input| input.push(0)).reverts(
            "MalformedInput",
            "no_arguments_trailing_byte",
            "A function without arguments, and a byte after it.",
        ),
    ]);
    vectors
}

fn kinds() -> Vec<Vector> {
    let hidden = || {
        let mut genesis = genesis();
        genesis.profile.value_visible = false;
        genesis
    };
    let input_gas = gas::input(balance().len());
    let (id, fwid) = (B256::repeat_byte(1), Bytes::from_static(&[1; 48]));
    let writing: [(&str, Vec<u8>, Address); 11] = [
        ("claim_teleport", claimTeleportCall { teleportId: B256::repeat_byte(1) }.abi_encode(), RECIPIENT),
        (
            "set_parameter",
            setParameterCall { name: B256::repeat_byte(1), value: U256::from(1) }.abi_encode(),
            GOVERNOR,
        ),
        ("propose_governor", proposeGovernorCall { proposed: RECIPIENT }.abi_encode(), GOVERNOR),
        ("accept_governor", acceptGovernorCall {}.abi_encode(), GOVERNOR),
        ("set_ica", set_ica(3, "GH100", spki(&[1; 96])).abi_encode(), GOVERNOR),
        ("revoke_ica", revokeIcaCall { icaIndex: 0, revoked: true }.abi_encode(), GOVERNOR),
        ("deny_firmware", denyFirmwareCall { fwid: fwid.clone(), denied: true }.abi_encode(), GOVERNOR),
        ("pin_firmware", pinFirmwareCall { fwid, pinned: true }.abi_encode(), GOVERNOR),
        (
            "pin_golden_set",
            pinGoldenSetCall { tuple: id, mask: 1, digest: id, pinned: true }.abi_encode(),
            GOVERNOR,
        ),
        ("revoke_device", revokeDeviceCall { deviceId: id, revoked: true }.abi_encode(), GOVERNOR),
        ("set_minimum_driver", setMinimumDriverCall { driver: "550".into() }.abi_encode(), GOVERNOR),
    ];
    let mut vectors = vec![
        raw(balance()).succeeds("view", "A view in an ordinary call."),
        raw(balance())
            .but(|call| call.is_static = true)
            .succeeds("view_static", "The same in a static call: same bytes, same gas."),
        raw(balance()).but(|call| call.is_direct = false).reverts(
            "DelegateCallNotAllowed",
            "view_by_delegate_call",
            "Views, too, refuse DELEGATECALL and CALLCODE; no gas is charged.",
        ),
        raw(balance()).but(|call| call.value = U256::MAX).reverts(
            "ValueNotAllowed",
            "view_with_value",
            "Views, too, refuse coins; no gas is charged.",
        ),
        raw(balance())
            .genesis(hidden())
            .but(|call| call.value = U256::MAX)
            .succeeds("view_with_hidden_value", "Where the host profile hides the value nothing is refused."),
        raw(balance())
            .genesis(hidden())
            .but(|call| {
                call.is_direct = false;
                call.value = U256::from(1);
            })
            .reverts("DelegateCallNotAllowed", "delegate_call_with_hidden_value", "Call kind comes first."),
        raw(balance())
            .but(|call| call.append_zeros = Some(gas::MAX_INPUT + 1 - call.input.own().len()))
            .reverts(
                "InputTooLarge",
                "input_too_large",
                "One byte more than the longest valid input; no gas is charged.",
            ),
        raw(balance()).but(|call| call.append_zeros = Some(gas::MAX_INPUT - call.input.own().len())).reverts(
            "MalformedInput",
            "longest_input",
            "The longest input that is looked at; its input gas is charged.",
        ),
        raw(balance())
            .but(|call| call.gas = input_gas - 1)
            .runs_out("input_gas", "One gas less than the input costs."),
        raw(balance())
            .but(|call| call.gas = input_gas + gas::operation::ONE_SLOT - 1)
            .runs_out("operation_gas", "One gas less than the view costs."),
        raw(balance())
            .but(|call| call.gas = input_gas + gas::operation::ONE_SLOT)
            .succeeds("exact_gas", "What the view costs."),
        raw(Vec::new()).but(|call| call.gas = 0).runs_out("no_gas", "Even an empty input costs its base."),
    ];
    for (name, input, caller) in writing {
        vectors.push(Scenario::new(call_by(caller, input)).but(|call| call.is_static = true).reverts(
            "StaticCallNotAllowed",
            &format!("{name}_static"),
            "Writes are refused in a static call, before their arguments are read.",
        ));
    }
    vectors
}

fn encodings() -> Vec<Vector> {
    let quote = || quoteRewardCall { tier: 1, units: 1 }.abi_encode();
    let level = || getSecurityLevelCall { publicKey: vec![9; 40].into() }.abi_encode();
    let mut vectors = vec![
        raw(three()).succeeds("three_byte_strings", "The canonical encoding of three byte strings."),
        edited(three(), |input| input[35] += 32).reverts(
            "MalformedInput",
            "first_offset_moved",
            "The first offset is not where the heads end.",
        ),
        edited(three(), |input| input[67] = input[35]).reverts(
            "MalformedInput",
            "shared_tail",
            "Two offsets name one tail.",
        ),
        edited(three(), |input| input.swap(35, 67)).reverts(
            "MalformedInput",
            "tails_swapped",
            "Offsets out of order.",
        ),
        edited(three(), |input| input[4] = 0x80).reverts(
            "MalformedInput",
            "huge_offset",
            "An offset of 2^255 and more.",
        ),
        edited(three(), |input| input[100] = 0x80).reverts(
            "MalformedInput",
            "huge_length",
            "A length of 2^255 and more.",
        ),
        edited(three(), |input| input[100 + 24..100 + 32].fill(0xff)).reverts(
            "MalformedInput",
            "length_of_64_bits",
            "A length of 2^64 − 1.",
        ),
        edited(three(), |input| input[100 + 31] = 33).reverts(
            "MalformedInput",
            "length_reaches_into_the_next_tail",
            "A length one word too long.",
        ),
        edited(three(), |input| input[100 + 32 + 3] = 1).reverts(
            "MalformedInput",
            "padding_not_zero",
            "A set bit right after the bytes.",
        ),
        edited(three(), |input| input[100 + 63] = 1).reverts(
            "MalformedInput",
            "last_padding_not_zero",
            "A set bit at the end of the padding.",
        ),
        edited(three(), |input| input.truncate(input.len() - 29)).reverts(
            "MalformedInput",
            "padding_missing",
            "The last padding is cut off.",
        ),
        edited(three(), |input| input.extend([0; 32])).reverts(
            "MalformedInput",
            "trailing_word",
            "A word of zeros after the arguments.",
        ),
        edited(three(), |input| input.truncate(4 + 95)).reverts(
            "MalformedInput",
            "heads_cut",
            "Shorter than the heads.",
        ),
        raw(level()).succeeds("bytes_of_40", "Forty bytes and 24 of padding."),
        edited(balance(), |input| input[4] = 1).reverts(
            "MalformedInput",
            "dirty_address_high",
            "The highest byte above an address.",
        ),
        edited(balance(), |input| input[4 + 11] = 1).reverts(
            "MalformedInput",
            "dirty_address_low",
            "The lowest byte above an address.",
        ),
        edited(balance(), |input| input.push(0)).reverts(
            "MalformedInput",
            "trailing_byte",
            "A byte after a static argument.",
        ),
        edited(quote(), |input| input[4 + 30] = 1).reverts(
            "MalformedInput",
            "uint8_of_256",
            "A uint8 above 255.",
        ),
        edited(quote(), |input| input[4 + 32 + 23] = 1).reverts(
            "MalformedInput",
            "uint64_of_2_64",
            "A uint64 above 2^64 − 1.",
        ),
    ];
    let wide = computeWorkIdCall { deviceId: B256::ZERO, nonce: B256::ZERO, chainId: u64::MAX }.abi_encode();
    vectors.push(raw(wide).reverts(
        "ChainIdTooLarge",
        "chain_id_too_large",
        "In the range of its type, but above u32.",
    ));
    vectors
}

pub(crate) fn file() -> File {
    build::file(
        "calls",
        "Dispatch and ABI: selectors, call kinds, value, static calls, and the one encoding that is accepted.",
        [selectors(), kinds(), encodings()].concat(),
    )
}
