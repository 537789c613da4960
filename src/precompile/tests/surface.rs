//! The call surface: value, call kind, static calls, lengths, unknown selectors.

use super::methods::{Sample, ready, samples};
use super::*;
use crate::{
    ADDRESS, HostProfile, Verifiers,
    context::Context,
    dispatch::{Mutability, method_table},
    gas,
    outcome::{Stop, revert},
    storage::layout::VERSION,
};
use pars_protocol::abi::{IAIMiningErrors::*, IAIMiningEvents::Transfer};
use proptest::prelude::*;

/// The edges of widths that a narrowing cast would wrap.
fn edges() -> [U256; 6] {
    let two = |bits: usize| U256::ONE << bits;
    [U256::ONE, two(64), two(128) - U256::ONE, two(128), two(128) + U256::ONE, U256::MAX]
}

#[test]
fn a3_a4_any_value_is_refused_by_every_selector_for_nothing() {
    for Sample { call, .. } in samples() {
        for value in edges() {
            let call = Call { value: Some(value), ..call.clone() };
            let executed = refused(&mut ready(), &precompile(), call, &error(ValueNotAllowed {}));
            assert_eq!(executed.gas_used, 0);
        }
    }
}

#[test]
fn a3_where_value_is_not_visible_calls_run_as_without_it() {
    let invisible = HostProfile { value_visible: false, ..genesis().profile };
    let hidden = Precompile::new(invisible, Verifiers::default());
    for Sample { call, .. } in samples() {
        let (mut one, mut two) = (ready(), ready());
        let shown = accepted(&mut one, &precompile(), call.clone());
        assert_eq!(accepted(&mut two, &hidden, Call { value: None, ..call }), shown);
        assert_eq!(state(&one), state(&two));
    }
}

#[test]
fn a1_delegate_calls_are_refused_by_every_selector_with_and_without_value() {
    for Sample { call, .. } in samples() {
        for value in [None, Some(U256::ZERO), Some(U256::ONE), Some(U256::MAX)] {
            for is_static in [false, true] {
                let call = Call { is_direct: false, value, is_static, ..call.clone() };
                let executed = refused(&mut ready(), &precompile(), call, &error(DelegateCallNotAllowed {}));
                assert_eq!(executed.gas_used, 0);
            }
        }
    }
    let call = Call { is_direct: false, ..call(vec![]) };
    refused(&mut ready(), &precompile(), call, &error(DelegateCallNotAllowed {}));
}

#[test]
fn a1_an_account_may_speak_for_itself_where_callcode_is_not_visible() {
    let [account, other] = [GOVERNOR, RECIPIENT];
    let visible = genesis().profile;
    let hidden = HostProfile { call_code_visible: false, ..visible.clone() };
    for (running_as, caller, seen, unseen) in [
        (ADDRESS, account, true, true),
        (account, account, false, true),
        (account, other, false, false),
        (account, ADDRESS, false, false),
        (ADDRESS, ADDRESS, true, true),
    ] {
        assert_eq!(visible.is_direct(running_as, caller), seen, "{running_as} {caller}");
        assert_eq!(hidden.is_direct(running_as, caller), unseen, "{running_as} {caller}");
    }
}

#[test]
fn a5_in_static_calls_views_answer_alike_and_the_rest_is_refused() {
    for Sample { signature, call, mutability, .. } in samples() {
        let plain = ready().execute(&precompile(), call.clone());
        let call = Call { is_static: true, ..call };
        let length = call.input.len();
        match mutability {
            Mutability::View => {
                let mut host = ready();
                let before = state(&host);
                assert_eq!(host.execute(&precompile(), call), plain, "{signature}");
                assert_eq!(state(&host), before);
            }
            Mutability::Write => {
                let executed = refused(&mut ready(), &precompile(), call, &error(StaticCallNotAllowed {}));
                assert_eq!(executed.gas_used, gas::input(length), "{signature}");
            }
        }
    }
}

#[test]
fn views_write_nothing_in_plain_calls() {
    for Sample { call, mutability, .. } in samples() {
        let mut host = ready();
        let before = state(&host);
        let (_, executed) = accepted(&mut host, &precompile(), call);
        assert_eq!(state(&host) == before && executed.logs.is_empty(), mutability == Mutability::View);
    }
}

#[test]
fn a6_the_storage_layer_alone_refuses_writes_in_a_static_call() {
    /// Static, and it would take any write.
    struct Static(MemoryHost);
    impl crate::Host for Static {
        fn sload(&mut self, slot: U256) -> Result<U256, crate::Fatal> {
            self.0.sload(slot)
        }
        fn sstore(&mut self, _: U256, _: U256) -> Result<(), crate::Fatal> {
            panic!("a write reached the host")
        }
        fn log(&mut self, _: alloy_primitives::LogData) -> Result<(), crate::Fatal> {
            panic!("a log reached the host")
        }
        fn charge(&mut self, gas: u64) -> Result<(), crate::OutOfGas> {
            self.0.charge(gas)
        }
        fn ensure_alive(&mut self) -> Result<(), crate::Fatal> {
            panic!("a write to the account reached the host")
        }
        fn mint_native(&mut self, _: Address, _: U256) -> Result<bool, crate::Fatal> {
            panic!("coins were minted")
        }
        fn block_number(&self) -> u64 {
            0
        }
        fn block_timestamp(&self) -> u64 {
            NOW
        }
        fn chain_id(&self) -> u64 {
            6133
        }
        fn caller(&self) -> Address {
            RELAYER
        }
        fn value(&self) -> Option<U256> {
            None
        }
        fn is_static(&self) -> bool {
            true
        }
        fn is_direct(&self) -> bool {
            true
        }
    }
    let mut host = Static(host(&genesis()));
    let profile = genesis().profile;
    let verifiers = Verifiers::default();
    let mut context = Context::new(&mut host, &verifiers, &profile);
    let refusal = || revert(StaticCallNotAllowed {});
    assert_eq!(context.sstore(U256::ZERO, U256::ONE), Err(refusal()));
    assert_eq!(context.sstore(U256::ZERO, U256::ZERO), Err(refusal()));
    assert_eq!(VERSION.set(&mut context, 1), Err(refusal()));
    let event = Transfer { from: Address::ZERO, to: RECIPIENT, value: U256::ZERO };
    assert_eq!(context.emit(&event), Err(refusal()));
    assert_eq!(context.mint_native(RECIPIENT, U256::ONE), Err(refusal()));
    assert_eq!(context.mint_native(RECIPIENT, U256::ZERO), Err(refusal()));
    assert_eq!(crate::token::logic::mint(&mut context, RECIPIENT, U256::ONE), Err(refusal()));
    // Reads are free.
    assert_eq!(VERSION.get(&mut context), Ok(1));
    // A writing method behind a dispatcher that forgot to look.
    let settle = crate::teleport::storage::settle(&mut context, B256::ZERO, RECIPIENT);
    assert!(matches!(settle, Err(Stop::Revert(_) | Stop::Fatal(_))));
}

#[test]
fn a7_every_selector_takes_its_exact_length_and_no_other() {
    for Sample { signature, call, gas: price, .. } in samples() {
        let exact = call.input.len();
        let lengths =
            [0, 1, 3, 4, exact - 1, exact, exact + 1, exact + 32, gas::MAX_INPUT, gas::MAX_INPUT + 1];
        for length in lengths {
            let mut input = call.input.to_vec();
            input.resize(length, 0);
            let cut = Call { input: input.into(), ..call.clone() };
            if length == exact {
                let (_, executed) = accepted(&mut ready(), &precompile(), cut);
                assert_eq!(executed.gas_used, price, "{signature}");
                continue;
            }
            let expected = match length {
                0..=3 => error(UnknownSelector {}),
                _ if length > gas::MAX_INPUT => error(InputTooLarge {}),
                _ => error(MalformedInput {}),
            };
            let executed = refused(&mut ready(), &precompile(), cut, &expected);
            let paid = if length > gas::MAX_INPUT { 0 } else { gas::input(length) };
            assert_eq!(executed.gas_used, paid, "{signature} at {length}");
        }
    }
}

#[test]
fn a12_2300_gas_does_nothing() {
    for Sample { call, .. } in samples() {
        let call = Call { gas: 2_300, ..call };
        refused(&mut ready(), &precompile(), call, &Outcome::OutOfGas);
    }
    refused(&mut ready(), &precompile(), Call { gas: 2_300, ..call(vec![]) }, &Outcome::OutOfGas);
}

#[test]
fn a7_arguments_out_of_their_width_are_malformed() {
    // Addresses with a high byte, small integers above their width, a byte string out of place.
    let high = |signature: &str, word: usize| {
        let sample = samples().into_iter().find(|sample| sample.signature.starts_with(signature)).unwrap();
        let mut input = sample.call.input.to_vec();
        input[4 + 32 * word] = 1;
        Call { input: input.into(), ..sample.call }
    };
    for (signature, word) in [
        ("miningBalance", 0),
        ("pendingTeleports", 0),
        ("proposeGovernor", 0),
        ("computeWorkId", 2),
        ("quoteReward", 0),
        ("quoteReward", 1),
        ("poolInfo", 0),
        ("deriveAddress", 0),
        ("deriveAddress", 1),
        ("getSecurityLevel", 0),
        ("verifyMLDSA", 0),
        ("verifyMLDSA", 2),
        ("submitWorkProof", 0),
        ("submitWorkProof", 1),
        ("submitWorkProof", 2),
    ] {
        refused(&mut ready(), &precompile(), high(signature, word), &error(MalformedInput {}));
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a7_unknown_selectors_are_refused(
        selector in any::<[u8; 4]>(),
        arguments in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assume!(method_table().all(|(_, known, _)| known != selector));
        let input = [selector.as_slice(), &arguments].concat();
        let price = gas::input(input.len());
        let executed = refused(&mut ready(), &precompile(), call(input), &error(UnknownSelector {}));
        prop_assert_eq!(executed.gas_used, price);
    }
}
