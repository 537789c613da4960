//! A: how the precompile may be called.

use crate::{
    chain::*,
    contracts::{
        self, BALANCE_GAS_OVERHEAD, DelegateInConstructor, DelegateProxy, Op, OverlapCaller, StaticCaller,
        TransferLike, ValueForwarder, creation_code, creation_with, forwarder, forwarder_address, word,
    },
    work::*,
};
use alloy_primitives::{Bytes, U256, address};
use alloy_sol_types::{SolCall, SolError};
use pars_ai_mining::{
    mldsa::ParameterSet,
    precompile::{
        ADDRESS,
        dispatch::Mutability,
        gas,
        testing::{GOVERNOR, Miner, RECIPIENT},
    },
    protocol::abi::{
        IAIMining::*,
        IAIMiningErrors::*,
        IAIMiningGovernance::{IAIMiningGovernanceCalls, proposeGovernorCall},
    },
};
use revm::{interpreter::InstructionResult, state::AccountInfo};

fn chain(engine: std::sync::Arc<dyn Engine>) -> Chain {
    Chain::of(engine, sample_genesis().0)
}

#[test]
fn samples_of_every_method_succeed() {
    for engine in engines() {
        for (signature, data, _) in samples() {
            let mut chain = chain(engine.clone());
            if signature == "acceptGovernor()" {
                chain.send(
                    Tx::precompile(proposeGovernorCall { proposed: GOVERNOR }.abi_encode()).from(GOVERNOR),
                );
            }
            let receipt = chain.send(Tx::precompile(data).from(GOVERNOR));
            assert_eq!(receipt.status, Status::Success, "{signature}: {receipt:?}");
            assert_eq!(receipt.inner.len(), 1);
        }
    }
}

#[test]
fn a1_delegatecall_and_callcode_are_refused_for_every_selector() {
    let refusal = Bytes::from(DelegateCallNotAllowed {}.abi_encode());
    for engine in engines() {
        let mut chain = chain(engine);
        let proxy = chain.deploy(creation_code("DelegateProxy"));
        let before = chain.footprint();
        let mut sent = U256::ZERO;
        for (signature, data, _) in samples() {
            for value in [0, 5].map(U256::from) {
                let target = ADDRESS;
                for call in [
                    DelegateProxy::delegateCall { target, data: data.clone() }.abi_encode(),
                    DelegateProxy::callCodeCall { target, value, data: data.clone() }.abi_encode(),
                ] {
                    let receipt = chain.send(Tx::call(proxy, call).value(value));
                    let done = DelegateProxy::delegateCall::abi_decode_returns(receipt.success()).unwrap();
                    assert!(!done.ok, "{signature}");
                    assert_eq!(done.output, refusal, "{signature}");
                    assert!(receipt.logs.is_empty(), "{signature}");
                    let [inner] = &receipt.inner[..] else { panic!("{signature}: one call") };
                    assert!(!inner.is_direct);
                    assert_eq!(inner.gas_used, 0, "a refusal before the input gas");
                    sent += value;
                }
            }
        }
        assert_eq!(chain.footprint(), before, "{:?}", chain.engine);
        assert_eq!(chain.disk.balance(proxy), sent, "the coins stay with the proxy");
        assert!(chain.disk.storage(proxy).is_empty(), "nothing was written into the proxy's storage");
    }
}

#[test]
fn a2_delegatecall_through_two_hops_is_refused() {
    let refusal = Bytes::from(DelegateCallNotAllowed {}.abi_encode());
    for engine in engines() {
        let mut chain = chain(engine);
        let (near, far) =
            (chain.deploy(creation_code("DelegateProxy")), chain.deploy(creation_code("DelegateProxy")));
        let before = chain.footprint();
        for (signature, data, mutability) in samples() {
            for call in [
                DelegateProxy::delegateTwiceCall { next: far, target: ADDRESS, data: data.clone() }
                    .abi_encode(),
                DelegateProxy::delegateThenCallCodeCall {
                    next: far,
                    target: ADDRESS,
                    value: U256::ONE,
                    data: data.clone(),
                }
                .abi_encode(),
            ] {
                let receipt = chain.send(Tx::call(near, call).value(U256::ONE));
                let done = DelegateProxy::delegateTwiceCall::abi_decode_returns(receipt.success()).unwrap();
                assert_eq!((done.ok, done.output), (false, refusal.clone()), "{signature}");
                assert!(receipt.logs.is_empty());
            }
            // DELEGATECALL and then an honest CALL: the first contract is the caller.
            if mutability == Mutability::View {
                let call =
                    DelegateProxy::delegateThenCallCall { next: far, target: ADDRESS, data: data.clone() };
                let receipt = chain.send(Tx::call(near, call.abi_encode()));
                let done =
                    DelegateProxy::delegateThenCallCall::abi_decode_returns(receipt.success()).unwrap();
                assert!(done.ok, "{signature}");
                assert_eq!(receipt.inner[0].caller, near);
            }
        }
        assert_eq!(chain.footprint(), before);
    }
}

#[test]
fn a2_delegatecall_from_initcode_is_refused() {
    let refusal = Bytes::from(DelegateCallNotAllowed {}.abi_encode());
    for engine in engines() {
        let mut chain = chain(engine);
        let before = chain.footprint();
        for (signature, data, _) in samples() {
            for (use_call_code, value) in [(false, 0), (false, 3), (true, 0), (true, 3)] {
                let code = creation_with(
                    "DelegateInConstructor",
                    DelegateInConstructor::constructorCall {
                        target: ADDRESS,
                        data: data.clone(),
                        useCallCode: use_call_code,
                    },
                );
                let receipt = chain.send(Tx::create(code).value(U256::from(value)));
                let made = receipt.created.expect("created");
                assert_eq!(receipt.inner.len(), 1, "{signature}");
                assert!(receipt.logs.is_empty());
                let ok = chain.call(&Tx::call(made, DelegateInConstructor::okCall {}.abi_encode()));
                assert!(word(ok.success()).is_zero(), "{signature}");
                let output = chain.call(&Tx::call(made, DelegateInConstructor::outputCall {}.abi_encode()));
                let output = DelegateInConstructor::outputCall::abi_decode_returns(output.success()).unwrap();
                assert_eq!(output, refusal, "{signature}");
                assert_eq!(chain.disk.balance(made), U256::from(value));
            }
        }
        assert_eq!(chain.footprint(), before);
        // The same from initcode by CALL is an ordinary call.
        let code = creation_with(
            "CallInConstructor",
            contracts::CallInConstructor::constructorCall { target: ADDRESS, data: works(9, 1)[0].submit() },
        );
        let receipt = chain.send(Tx::create(code));
        receipt.success();
        assert_eq!(receipt.logs, works(9, 1)[0].logs(REWARD, 1));
    }
}

#[test]
fn a2_delegatecall_by_code_at_a_miners_or_recipients_address_is_refused() {
    for engine in engines() {
        let mut chain = chain(engine);
        let work = &works(1, 2)[0];
        chain.send(Tx::precompile(work.submit())).success();
        let before = chain.footprint();
        for address in [work.miner, RECIPIENT, GOVERNOR] {
            for op in [Op::Delegate, Op::CallCode] {
                let coins = chain.disk.balance(address);
                let code = Some(forwarder(op));
                chain.disk.set(address, AccountInfo { nonce: 1, code, balance: coins, ..Default::default() });
                for (signature, data, _) in samples() {
                    let receipt = chain.send(Tx::call(address, data));
                    assert_eq!(*receipt.revert(), DelegateCallNotAllowed {}.abi_encode(), "{signature}");
                }
                assert_eq!(chain.disk.balance(address), coins);
            }
        }
        assert_eq!(chain.footprint(), before);
    }
}

#[test]
fn a3_value_is_refused_and_the_senders_balance_is_whole() {
    let refusal = Bytes::from(ValueNotAllowed {}.abi_encode());
    for engine in engines() {
        let mut chain = chain(engine);
        let forwarder = chain.deploy(creation_code("ValueForwarder"));
        let before = chain.footprint();
        for (signature, data, _) in samples() {
            for value in [U256::ONE, U256::from(10).pow(U256::from(18))] {
                let coins = chain.disk.balance(ALICE);
                // As the transaction's target.
                let receipt = chain.send(Tx::precompile(data.clone()).value(value));
                assert_eq!(*receipt.revert(), refusal, "{signature}");
                assert_eq!(receipt.inner[0].gas_used, 0);
                let mut fees = U256::from(receipt.gas_used);
                // Forwarded; the refusal bubbles.
                let call = ValueForwarder::forwardCall { target: ADDRESS, data: data.clone() }.abi_encode();
                let receipt = chain.send(Tx::call(forwarder, call).value(value));
                assert_eq!(*receipt.revert(), refusal, "{signature}");
                fees += U256::from(receipt.gas_used);
                assert_eq!(chain.disk.balance(ALICE), coins - fees, "{signature}: whole but for the fees");
                // Forwarded; the refusal is caught and the coins are the forwarder's again.
                let call = ValueForwarder::tryForwardCall { target: ADDRESS, value, data: data.clone() };
                let receipt = chain.call(&Tx::call(forwarder, call.abi_encode()).value(value));
                let done = ValueForwarder::tryForwardCall::abi_decode_returns(receipt.success()).unwrap();
                assert_eq!((done.ok, done.output, done.balanceAfter), (false, refusal.clone(), value));
                assert!(receipt.logs.is_empty());
            }
        }
        assert_eq!(chain.footprint(), before);
        assert!(chain.disk.balance(ADDRESS).is_zero());
        assert!(chain.disk.balance(forwarder).is_zero());
    }
}

#[test]
fn a4_values_at_the_edges_of_integer_widths_are_refused_whole() {
    let edge = |shift: usize| U256::ONE << shift;
    for engine in engines() {
        let mut chain = chain(engine);
        let rich = chain.deploy(creation_code("ValueForwarder"));
        let mut info = chain.disk.account(rich).unwrap().clone();
        info.balance = U256::MAX;
        chain.disk.set(rich, info);
        for value in [edge(64), edge(128), edge(128) + U256::ONE, U256::MAX] {
            for (_, data, _) in samples() {
                let call = ValueForwarder::tryForwardCall { target: ADDRESS, value, data };
                let receipt = chain.send(Tx::call(rich, call.abi_encode()));
                let done = ValueForwarder::tryForwardCall::abi_decode_returns(receipt.success()).unwrap();
                assert_eq!(done.output, ValueNotAllowed {}.abi_encode());
                assert_eq!((done.ok, done.balanceAfter), (false, U256::MAX));
                assert_eq!(receipt.inner[0].value, value, "the value arrived uncut");
            }
        }
        assert_eq!(chain.disk.balance(rich), U256::MAX);
        assert!(chain.disk.balance(ADDRESS).is_zero());
    }
}

#[test]
fn a4_amounts_at_the_edges_of_integer_widths_are_exact_or_refused() {
    let edge = |shift: usize| U256::ONE << shift;
    let amounts = [edge(64), edge(128), edge(128) + U256::ONE];
    let rest = U256::MAX - amounts.iter().sum::<U256>();
    let (genesis, ids) = genesis_with_teleports(&[amounts[0], amounts[1], amounts[2], rest]);
    let claim = |id| Tx::precompile(claimTeleportCall { teleportId: id }.abi_encode());
    let balance = Tx::precompile(miningBalanceCall { miner: CLAIMANT }.abi_encode());
    for engine in engines() {
        let mut chain = Chain::of(engine, genesis.clone());
        let mut sum = U256::ZERO;
        for (id, amount) in ids.iter().zip(amounts.into_iter().chain([rest])) {
            assert_eq!(word(chain.send(claim(*id)).success()), amount);
            sum += amount;
            assert_eq!(word(chain.call(&balance).success()), sum);
            assert_eq!(chain.slot(slot("totalSupply")), sum);
        }
        assert_eq!(sum, U256::MAX);
        // Work cannot be paid into a full supply.
        let before = chain.footprint();
        let refused = chain.send(Tx::precompile(works(1, 1)[0].submit()));
        assert_eq!(*refused.revert(), ArithmeticOverflow {}.abi_encode());
        assert_eq!(chain.footprint(), before);
    }
}

/// No genesis leads here; the state is written by hand.
#[test]
fn a4_a_claim_that_would_wrap_is_refused_and_stays_claimable() {
    let (genesis, ids) = genesis_with_teleports(&[U256::from(2)]);
    let claim = Tx::precompile(claimTeleportCall { teleportId: ids[0] }.abi_encode());
    for engine in engines() {
        for place in [entry("balances", key(CLAIMANT)), slot("totalSupply")] {
            for (held, fits) in
                [(U256::MAX, false), (U256::MAX - U256::ONE, false), (U256::MAX - U256::from(2), true)]
            {
                let mut chain = Chain::of(engine.clone(), genesis.clone());
                let mut storage = chain.disk.storage(ADDRESS);
                storage.insert(place, held);
                chain.disk.set_storage(ADDRESS, storage);
                let before = chain.footprint();
                let receipt = chain.send(claim.clone());
                if fits {
                    assert_eq!(word(receipt.success()), U256::from(2));
                    assert_eq!(chain.slot(place), U256::MAX);
                } else {
                    assert_eq!(*receipt.revert(), ArithmeticOverflow {}.abi_encode());
                    assert_eq!(chain.footprint(), before);
                }
            }
        }
    }
}

#[test]
fn a4_a_recipient_whose_native_balance_would_overflow_is_refused_whole() {
    let work = &works(1, 1)[0];
    for engine in engines() {
        for (coins, fits) in [(U256::MAX, false), (U256::MAX - U256::from(REWARD), true)] {
            let mut chain = Chain::new(engine.clone());
            chain.disk.set(RECIPIENT, AccountInfo { balance: coins, ..Default::default() });
            let before = chain.footprint();
            let receipt = chain.send(Tx::precompile(work.submit()));
            if fits {
                assert_eq!(word(receipt.success()), U256::from(REWARD));
                assert_eq!(chain.disk.balance(RECIPIENT), U256::MAX);
            } else {
                assert_eq!(*receipt.revert(), ArithmeticOverflow {}.abi_encode());
                assert_eq!(chain.footprint(), before, "no AI either, and the work is unspent");
                assert_eq!(chain.disk.balance(RECIPIENT), coins);
            }
        }
    }
}

#[test]
fn a5_static_calls_refuse_writes_and_answer_views_alike() {
    for engine in engines() {
        let mut chain = chain(engine);
        let caller = chain.deploy(creation_code("StaticCaller"));
        let before = chain.footprint();
        for (signature, data, mutability) in samples() {
            let run = |call: Vec<u8>| {
                let receipt = chain.call(&Tx::call(caller, call));
                let done = StaticCaller::staticCallCall::abi_decode_returns(receipt.success()).unwrap();
                (done, receipt)
            };
            let target = ADDRESS;
            let (direct, direct_receipt) =
                run(StaticCaller::staticCallCall { target, data: data.clone() }.abi_encode());
            let (inherited, inherited_receipt) =
                run(StaticCaller::callInsideStaticCall { target, data: data.clone() }.abi_encode());
            assert!(direct_receipt.inner[0].is_static && inherited_receipt.inner[0].is_static, "{signature}");
            assert_eq!(direct.output, inherited.output, "{signature}");
            if mutability == Mutability::Write {
                assert!(!direct.ok && !inherited.ok, "{signature}");
                assert_eq!(direct.output, StaticCallNotAllowed {}.abi_encode(), "{signature}");
                assert_eq!(direct_receipt.inner[0].gas_used, gas::input(data.len()), "only the input gas");
                continue;
            }
            let (plain, plain_receipt) =
                run(StaticCaller::plainCallCall { target, data: data.clone() }.abi_encode());
            assert!(direct.ok && inherited.ok && plain.ok, "{signature}");
            assert_eq!(direct.output, plain.output, "{signature}: the same bytes");
            let gas = [&direct_receipt, &inherited_receipt, &plain_receipt].map(|r| r.inner[0].gas_used);
            assert!(gas.iter().all(|used| *used == gas[0]), "{signature}: the same gas, {gas:?}");
            // CALL and the CALL inside a static frame are measured by the same opcodes.
            assert_eq!(inherited.used, plain.used, "{signature}");
        }
        assert_eq!(chain.footprint(), before);
    }
}

#[test]
fn a7_inputs_of_every_length_end_in_a_typed_revert() {
    let cap = gas::MAX_INPUT;
    for engine in engines() {
        let mut chain = chain(engine);
        // Cancun: no calldata floor, so that a long input's price is its own.
        chain.spec = revm::primitives::hardfork::SpecId::CANCUN;
        let before = chain.footprint();
        for (signature, data, _) in samples() {
            let exact = data.len();
            let mut resized = |length: usize| {
                let mut input = data.to_vec();
                input.resize(length, 0);
                let receipt = chain.send(Tx::precompile(input).from(GOVERNOR));
                let [inner] = &receipt.inner[..] else { panic!("{signature}: one call") };
                let charged = if length > cap { 0 } else { gas::input(length) };
                if receipt.status == Status::Revert {
                    assert_eq!(inner.gas_used, charged, "{signature}, {length} bytes");
                }
                assert!(receipt.logs.is_empty());
                receipt
            };
            for length in [0, 1, 3] {
                assert_eq!(*resized(length).revert(), UnknownSelector {}.abi_encode(), "{signature}");
            }
            for length in [4, exact - 1, exact + 1, exact + 32, cap] {
                if length == exact {
                    continue; // methods without arguments; `exact` itself is another test
                }
                let expected =
                    if length < 4 { UnknownSelector {}.abi_encode() } else { MalformedInput {}.abi_encode() };
                assert_eq!(*resized(length).revert(), expected, "{signature}, {length} bytes");
            }
            assert_eq!(*resized(cap + 1).revert(), InputTooLarge {}.abi_encode(), "{signature}");
            assert_eq!(*resized(2 * cap).revert(), InputTooLarge {}.abi_encode(), "{signature}");
        }
        for selector in [[0; 4], [0xff; 4], [1, 0, 0, 0], [0xd3, 0xd7, 0xbc, 0x65]] {
            assert_eq!(*chain.send(Tx::precompile(selector)).revert(), UnknownSelector {}.abi_encode());
        }
        assert_eq!(chain.footprint(), before);
    }
}

#[test]
fn a8_the_output_never_aliases_the_callers_memory() {
    let long: Vec<_> = (0..40).map(|n| U256::from(n + 1)).collect();
    let (genesis, _) = genesis_with_teleports(&long);
    let queries = [
        Bytes::from(pendingTeleportsCall { recipient: CLAIMANT }.abi_encode()),
        Bytes::from(miningBalanceCall { miner: CLAIMANT }.abi_encode()),
        works(1, 1)[0].submit(),
        Bytes::from_static(&[1, 2, 3]),
    ];
    for engine in engines() {
        let mut chain = Chain::of(engine, genesis.clone());
        let caller = chain.deploy(creation_code("OverlapCaller"));
        for data in &queries {
            let reference = chain.call(&Tx::precompile(data.clone())).output;
            let size = data.len();
            for (offset, length) in
                [(0, 32), (0, size), (4, 64), (16, 2_000), (size / 2, size), (size, 32), (0, 0)]
            {
                let call = OverlapCaller::overlapCall {
                    target: ADDRESS,
                    data: data.clone(),
                    outOffset: U256::from(offset),
                    outSize: U256::from(length),
                };
                let receipt = chain.call(&Tx::call(caller, call.abi_encode()));
                let done = OverlapCaller::overlapCall::abi_decode_returns(receipt.success()).unwrap();
                assert_eq!(done.first, reference, "RETURNDATA is the output");
                assert_eq!(done.second, reference, "and stays so when the region is overwritten");
                let mut region = data.to_vec();
                region.resize(size.max(offset + length), 0);
                let copied = length.min(reference.len());
                region[offset..offset + copied].copy_from_slice(&reference[..copied]);
                assert_eq!(done.region, region, "memory holds the input under the output");
            }
        }
    }
}

#[test]
fn a12_2300_gas_change_nothing() {
    for engine in engines() {
        let mut chain = chain(engine);
        let caller = chain.deploy(creation_code("TransferLike"));
        let before = chain.footprint();
        for (signature, data, _) in samples() {
            let call = TransferLike::callWith2300Call { target: ADDRESS, data: data.clone() };
            let receipt = chain.send(Tx::call(caller, call.abi_encode()));
            let done = TransferLike::callWith2300Call::abi_decode_returns(receipt.success()).unwrap();
            assert_eq!((done.ok, done.output.len()), (false, 0), "{signature}: out of gas");
            assert_eq!(receipt.inner[0].result, InstructionResult::PrecompileOOG);
            assert_eq!(receipt.inner[0].gas_used, 2_300);
            // With the stipend there is value, which is refused by name.
            let call = TransferLike::sendWithStipendCall { target: ADDRESS, value: U256::ONE, data };
            let receipt = chain.send(Tx::call(caller, call.abi_encode()).value(U256::ONE));
            let done = TransferLike::sendWithStipendCall::abi_decode_returns(receipt.success()).unwrap();
            assert_eq!(done.output, ValueNotAllowed {}.abi_encode(), "{signature}");
            assert_eq!(receipt.inner[0].gas_limit, 2_300);
        }
        assert_eq!(chain.footprint(), before);
        assert!(chain.disk.balance(ADDRESS).is_zero());
    }
}

#[test]
fn g1_exact_gas_suffices_and_one_less_does_not_cold_and_warm() {
    for engine in engines() {
        let mut chain = chain(engine);
        let caller = chain.deploy(creation_code("GasCaller"));
        for (signature, data, mutability) in samples() {
            if IAIMiningGovernanceCalls::SIGNATURES.contains(&signature) && mutability == Mutability::Write {
                continue; // the caller is not the governor
            }
            let cost = chain.call(&Tx::precompile(data.clone())).inner[0].gas_used;
            let run = |gas: u64, twice: bool| {
                let (target, gas_limit) = (ADDRESS, U256::from(gas));
                let call = if twice {
                    contracts::GasCaller::callTwiceWithGasCall {
                        target,
                        gasLimit: gas_limit,
                        data: data.clone(),
                    }
                    .abi_encode()
                } else {
                    contracts::GasCaller::callWithGasCall { target, gasLimit: gas_limit, data: data.clone() }
                        .abi_encode()
                };
                let receipt = chain.call(&Tx::call(caller, call));
                let done =
                    contracts::GasCaller::callWithGasCall::abi_decode_returns(receipt.success()).unwrap();
                (done.ok, receipt)
            };
            assert!(run(cost, false).0, "{signature}: exact gas");
            let (ok, receipt) = run(cost - 1, false);
            assert!(!ok && receipt.logs.is_empty(), "{signature}: one less");
            assert_eq!(receipt.inner[0].gas_used, cost - 1, "a halt takes all");
            if mutability == Mutability::View {
                let (ok, receipt) = run(cost, true);
                assert!(ok, "{signature}: warm");
                assert_eq!(
                    receipt.inner[0].gas_used, receipt.inner[1].gas_used,
                    "flat: no warm or cold storage"
                );
            }
        }
    }
}

#[test]
fn native_coins_reach_the_recipient_and_make_it_warm_alike() {
    let target = address!("0x00000000000000000000000000000000000000d1");
    for engine in engines() {
        let mut chain = Chain::new(engine);
        chain.disk.set_code(target, contracts::balance_gas_after_call(RECIPIENT));
        let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
        let cold = chain.call(&Tx::call(target, [0; 4]));
        assert_eq!(word(cold.success()), U256::from(2_600 + BALANCE_GAS_OVERHEAD));
        let paid = chain.call(&Tx::call(target, Work::of(&miner).submit()));
        assert_eq!(word(paid.success()), U256::from(100 + BALANCE_GAS_OVERHEAD));
    }
}

/// Where a chain has hosts that cannot tell CALLCODE from CALL, it counts as a call on every host; so does the
/// DELEGATECALL of an account that called itself, because some hosts cannot tell that from CALLCODE. Nobody is spoken
/// for by another: any other DELEGATECALL is refused.
#[test]
fn a1_where_callcode_is_not_visible_only_an_account_itself_may_use_it() {
    let refusal = Bytes::from(DelegateCallNotAllowed {}.abi_encode());
    let mut seen = Vec::new();
    for engine in engines() {
        let mut genesis = sample_genesis().0;
        genesis.profile.call_code_visible = false;
        genesis.profile.value_visible = false;
        let mut chain = Chain::of(engine, genesis);
        for op in Op::ALL {
            chain.disk.set_code(forwarder_address(op), forwarder(op));
        }
        // Calls itself, then hands its calldata on by DELEGATECALL.
        let itself = address!("0x00000000000000000000000000000000000000e1");
        chain.disk.set_code(itself, contracts::calls_itself_then_delegates(itself));
        let [first, second, third] = &works(1, 3)[..] else { panic!("three") };
        let delegated = chain.send(Tx::call(forwarder_address(Op::Delegate), first.submit()));
        assert_eq!(*delegated.revert(), refusal);
        let coded =
            chain.send(Tx::call(forwarder_address(Op::CallCode), first.submit()).value(U256::from(3)));
        assert_eq!(word(coded.success()), U256::from(REWARD));
        assert_eq!(chain.disk.balance(ADDRESS), U256::ZERO, "CALLCODE moves no coins");
        let own = chain.send(Tx::call(itself, second.submit()));
        assert_eq!(word(own.success()), U256::from(REWARD), "{own:?}");
        let called = chain.send(Tx::call(forwarder_address(Op::Call), third.submit()));
        assert_eq!(word(called.success()), U256::from(REWARD));
        for receipt in [&coded, &own, &called] {
            assert_eq!(receipt.logs.len(), 2);
            assert!(receipt.logs.iter().all(|log| log.address == ADDRESS));
        }
        seen.push(([delegated, coded, own, called], chain.disk));
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn forwarded_calls_are_seen_as_what_they_are() {
    for engine in engines() {
        let mut chain = chain(engine);
        for op in Op::ALL {
            chain.disk.set_code(forwarder_address(op), forwarder(op));
            let receipt = chain.call(&Tx::call(forwarder_address(op), works(1, 1)[0].submit()));
            let [inner] = &receipt.inner[..] else { panic!("one call") };
            assert_eq!(inner.is_direct, matches!(op, Op::Call | Op::Static));
            assert_eq!(inner.is_static, op == Op::Static);
            assert_eq!(receipt.status == Status::Success, op == Op::Call);
        }
    }
}
