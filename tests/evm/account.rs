//! The account 0x0300: alive (A11), delegated to (A10), activated (A13), and the host profile.

use crate::{
    chain::*,
    contracts::{self, GasCaller, Prober, SelfDestructTo, creation_code, creation_with, word},
    work::*,
};
use alloy_evm::precompiles::PrecompilesMap;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, keccak256};
use alloy_sol_types::{Revert, SolCall, SolError};
use pars_ai_mining::{
    precompile::{
        ADDRESS, Genesis, HostProfile, Precompile, Verifiers, alloy,
        profile::{Marker, Rules},
        revm::activate_if_due,
        testing::{self, CHAIN_ID, NOW, RECIPIENT},
    },
    protocol::abi::{
        IAIMining::*,
        IAIMiningErrors::{UnknownSelector, WorkAlreadySpent},
        IAIMiningInspector::{epochInfoCall, isSpentCall},
    },
};
use revm::{
    context_interface::transaction::{Authorization, RecoveredAuthority, RecoveredAuthorization},
    precompile::Precompiles,
    state::AccountInfo,
};

fn profile(change: impl FnOnce(&mut HostProfile)) -> Genesis {
    let mut genesis = testing::genesis();
    change(&mut genesis.profile);
    genesis
}

/// What the first BALANCE and the first EXTCODESIZE of a transaction cost more at 0x0300 than at a warm account, the
/// prober itself.
fn cold_surcharge(chain: &Chain, prober: Address) -> (U256, U256) {
    let [at, warm] = [ADDRESS, prober].map(|target| {
        let balance = chain.call(&Tx::call(prober, Prober::balanceGasCall { target }.abi_encode()));
        let size = chain.call(&Tx::call(prober, Prober::codeSizeGasCall { target }.abi_encode()));
        (
            Prober::balanceGasCall::abi_decode_returns(balance.success()).unwrap(),
            Prober::codeSizeGasCall::abi_decode_returns(size.success()).unwrap(),
        )
    });
    assert_eq!((at.0.second, at.1.second), (warm.0.second, warm.1.second), "the second is always warm");
    (at.0.first - warm.0.first, at.1.first - warm.1.first)
}

fn balance_of(miner: Address) -> Tx {
    Tx::precompile(miningBalanceCall { miner }.abi_encode())
}

/// The sender's account, delegated by EIP-7702 in the same transaction.
fn delegated(authority: Address, data: Bytes) -> Tx {
    let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address: ADDRESS, nonce: 0 };
    Tx {
        authorizations: vec![RecoveredAuthorization::new_unchecked(
            authorization,
            RecoveredAuthority::Valid(authority),
        )],
        ..Tx::call(authority, data)
    }
}

#[test]
fn a10_an_account_delegated_to_it_runs_no_precompile() {
    let authority = address!("0x0000000000000000000000000000000000007702");
    for engine in engines() {
        for marker in [Marker::Message, Marker::One] {
            let mut chain = Chain::of(engine.clone(), profile(|profile| profile.marker = marker));
            let forwarder = chain.deploy(creation_code("ValueForwarder"));
            chain.send(Tx::precompile(works(2, 1)[0].submit())).success();
            let before = chain.footprint();
            for data in [works(1, 1)[0].submit(), balance_of(RECIPIENT).data] {
                // In the transaction that delegates, in a later one, and from a contract.
                let forwarded =
                    contracts::ValueForwarder::forwardCall { target: authority, data: data.clone() }
                        .abi_encode();
                let mut first = chain.clone();
                let receipts = [
                    first.send(delegated(authority, data.clone())),
                    first.send(Tx::call(authority, data.clone())),
                    first.send(Tx::call(forwarder, forwarded)),
                ];
                assert_eq!(first.disk.code(authority).len(), 23, "the delegation is in force");
                for receipt in &receipts {
                    assert!(receipt.inner.is_empty(), "the precompile was not reached");
                    assert!(receipt.logs.is_empty());
                }
                match marker {
                    Marker::Message => {
                        for receipt in &receipts {
                            let reason = Revert::abi_decode(receipt.revert()).expect("a reason");
                            assert_eq!(reason.reason, "AIMining 0x0300 needs Pars EVM");
                        }
                    }
                    // 0x01 is ADD on an empty stack.
                    Marker::One => assert_eq!(receipts[1].status, Status::Halt),
                }
                assert_eq!(first.footprint(), before);
                assert!(first.disk.storage(authority).is_empty());
            }
        }
    }
}

#[test]
fn a10_selfdestruct_to_it_changes_only_its_balance() {
    for engine in engines() {
        let mut chain = Chain::new(engine);
        let work = &works(1, 2)[..];
        chain.send(Tx::precompile(work[0].submit())).success();
        let (account, storage) = chain.footprint();
        let account = account.unwrap();
        let constructor =
            |target| creation_with("SelfDestructTo", SelfDestructTo::constructorCall { target });
        // From initcode, and from code.
        chain.send(Tx::create(constructor(ADDRESS)).value(U256::from(7))).success();
        let later = chain.send(Tx::create(constructor(Address::ZERO))).created.unwrap();
        let destroy = SelfDestructTo::destroyCall { target: ADDRESS }.abi_encode();
        chain.send(Tx::call(later, destroy).value(U256::from(5))).success();
        let expected = AccountInfo { balance: U256::from(12), ..account };
        assert_eq!(chain.footprint(), (Some(expected), storage));
        // It works on, and the coins stay.
        chain.send(Tx::precompile(work[1].submit())).success();
        assert_eq!(word(chain.call(&balance_of(RECIPIENT)).success()), U256::from(2 * REWARD));
        assert_eq!(chain.disk.balance(ADDRESS), U256::from(12));
    }
}

#[test]
fn a11_the_account_is_alive_and_its_storage_survives_every_touch() {
    for engine in engines() {
        let mut chain = Chain::new(engine);
        let prober = chain.deploy(creation_code("Prober"));
        let account = chain.disk.account(ADDRESS).unwrap().clone();
        let code = testing::genesis().profile.marker.code();
        assert_eq!((account.nonce, account.code_hash), (1, keccak256(&code)));
        let seen = chain.call(&Tx::call(prober, Prober::codeCall { target: ADDRESS }.abi_encode()));
        let seen = Prober::codeCall::abi_decode_returns(seen.success()).unwrap();
        assert_eq!(seen.size, U256::from(code.len()));
        assert_eq!((seen.hash, seen.bytecode), (keccak256(&code), code));

        let before = chain.footprint();
        chain.block(&[
            Tx::precompile(Bytes::new()),
            Tx::call(prober, Prober::touchCall { target: ADDRESS }.abi_encode()),
            balance_of(RECIPIENT),
            Tx::precompile(Bytes::new()).value(U256::ONE),
        ]);
        assert_eq!(chain.footprint(), before, "touched, and whole");
        chain.send(Tx::precompile(works(1, 1)[0].submit())).success();
        assert_eq!(word(chain.call(&balance_of(RECIPIENT)).success()), U256::from(REWARD));
    }
}

/// The trap that nonce and marker avoid is real on `State`: with neither, one view destroys the storage.
#[test]
fn a11_without_nonce_and_marker_a_touch_destroys_the_storage() {
    for engine in engines() {
        for (nonce, marker, survives) in [(0, false, false), (1, false, true), (0, true, true)] {
            let mut chain = Chain::new(engine.clone());
            let code =
                marker.then(|| revm::state::Bytecode::new_legacy(testing::genesis().profile.marker.code()));
            chain.disk.set(ADDRESS, AccountInfo { nonce, code, ..Default::default() });
            let storage = chain.disk.storage(ADDRESS);
            assert!(!storage.is_empty());
            chain.send(balance_of(RECIPIENT)).success();
            let after = chain.disk.storage(ADDRESS);
            if survives {
                assert_eq!(after, storage, "nonce {nonce}, marker {marker}");
            } else {
                assert!(after.is_empty(), "EIP-161 took {} slots", storage.len());
            }
        }
    }
}

/// What `ensure_alive` is for: the first write of a call keeps the account, whatever its genesis forgot.
#[test]
fn a11_the_first_write_makes_the_account_alive() {
    for engine in engines() {
        let mut chain = Chain::new(engine);
        chain.disk.set(ADDRESS, AccountInfo::default());
        chain.send(Tx::precompile(works(1, 1)[0].submit())).success();
        assert_eq!(chain.disk.account(ADDRESS).unwrap().nonce, 1);
        chain.send(balance_of(RECIPIENT)).success();
        assert_eq!(word(chain.call(&balance_of(RECIPIENT)).success()), U256::from(REWARD));
    }
}

/// Blocks before, at and after activation.
#[test]
fn a13_activation_is_by_timestamp_from_both_sides() {
    let at = NOW;
    let genesis = profile(|profile| profile.rules = Rules::v1(at));
    let mut seen = Vec::new();
    for engine in engines() {
        let mut chain = Chain::of(engine, genesis.clone());
        let work = &works(1, 1)[0];
        chain.time = at - 2;
        let prober = chain.deploy(creation_code("Prober"));
        let code = Tx::call(prober, Prober::codeCall { target: ADDRESS }.abi_encode());
        let look = |chain: &Chain| Prober::codeCall::abi_decode_returns(chain.call(&code).success()).unwrap();

        // One second before: an account like any other that does not exist.
        chain.time = at - 1;
        let receipt = chain.call(&Tx::precompile(work.submit()));
        assert!(receipt.success().is_empty() && receipt.logs.is_empty());
        let empty = look(&chain);
        assert_eq!((empty.size, empty.hash), (U256::ZERO, B256::ZERO));
        let measure = |chain: &Chain| cold_surcharge(chain, prober).0;
        assert_eq!(measure(&chain), U256::from(2_500), "cold before activation");
        // Coins sent before activation are accepted, as by any account, and stay.
        chain.send(Tx::precompile(Bytes::new()).value(U256::from(99))).success();
        assert_eq!(chain.footprint().1.len(), 0);
        assert_eq!(chain.disk.account(ADDRESS).unwrap().nonce, 0);

        // At: the first transaction of the block finds it.
        chain.time = at;
        assert_eq!(measure(&chain), U256::ZERO, "warm from activation on");
        let receipts = chain.block(&[
            Tx::precompile(epochInfoCall {}.abi_encode()),
            Tx::precompile(work.submit()),
            Tx::precompile(work.submit()),
        ]);
        receipts[0].success();
        assert_eq!(word(receipts[1].success()), U256::from(REWARD));
        assert_eq!(*receipts[2].revert(), WorkAlreadySpent { workId: work.work_id }.abi_encode());
        let account = chain.disk.account(ADDRESS).unwrap();
        assert_eq!((account.nonce, account.balance), (1, U256::from(99)));
        assert_eq!(look(&chain).bytecode, genesis.profile.marker.code());

        // After: activation does not run again.
        chain.time = at + 1;
        let before = chain.footprint();
        assert_eq!(*chain.send(Tx::precompile([0; 4])).revert(), UnknownSelector {}.abi_encode());
        assert_eq!(chain.footprint(), before);

        // A reorg to before activation takes it away; the next block with that timestamp brings it back.
        chain.unwind();
        chain.unwind();
        assert_eq!(chain.footprint().1.len(), 0);
        chain.time = at - 1;
        assert!(chain.call(&Tx::precompile(work.submit())).success().is_empty());
        chain.time = at;
        let again = chain.block(&[
            Tx::precompile(epochInfoCall {}.abi_encode()),
            Tx::precompile(work.submit()),
            Tx::precompile(work.submit()),
        ]);
        assert_eq!(again, receipts);
        seen.push((chain.footprint(), receipts));
    }
    assert_eq!(seen[0], seen[1], "the same account on both engines");
}

#[test]
fn a13_activation_on_a_running_state_equals_the_genesis_alloc() {
    let genesis = profile(|profile| profile.rules = Rules::v1(NOW));
    let alloc = genesis.account(u64::from(CHAIN_ID)).unwrap();
    for coins in [0, 1] {
        for engine in engines() {
            let mut chain = Chain::of(engine, genesis.clone());
            chain.time = NOW - 1;
            if coins > 0 {
                chain.send(Tx::precompile(Bytes::new()).value(U256::from(coins))).success();
            }
            chain.time = NOW;
            chain.block(&[]);
            let (account, storage) = chain.footprint();
            let account = account.unwrap();
            assert_eq!((account.nonce, account.balance), (alloc.nonce, U256::from(coins)));
            assert_eq!(chain.disk.code(ADDRESS), alloc.code);
            assert_eq!(storage, alloc.storage);
        }
    }
}

#[test]
fn a13_activation_refuses_another_chain_and_writes_nothing() {
    let genesis = profile(|profile| profile.rules = Rules::v1(NOW));
    let mut state =
        revm::database::State::builder().with_database(Disk::default()).with_bundle_update().build();
    for (chain_id, time) in [(u64::from(CHAIN_ID) + 1, NOW), (u64::from(CHAIN_ID) + (1 << 32), NOW), (0, NOW)]
    {
        assert!(activate_if_due(&mut state, &genesis, chain_id, time).is_err());
    }
    assert!(!activate_if_due(&mut state, &genesis, u64::from(CHAIN_ID), NOW - 1).unwrap());
    state.merge_transitions(revm::database::states::bundle_state::BundleRetention::Reverts);
    assert!(state.take_bundle().is_empty());
    assert!(activate_if_due(&mut state, &genesis, u64::from(CHAIN_ID), NOW).unwrap());
    assert!(!activate_if_due(&mut state, &genesis, u64::from(CHAIN_ID), NOW).unwrap(), "once");
}

#[test]
fn warm_and_cold_profiles_price_the_address_alike_on_both_engines() {
    for (warm, extra) in [(true, 0), (false, 2_500)] {
        let mut seen = Vec::new();
        for engine in engines() {
            let mut chain = Chain::of(engine, profile(|profile| profile.warm = warm));
            let prober = chain.deploy(creation_code("Prober"));
            let caller = chain.deploy(creation_code("GasCaller"));
            let run = |data: Vec<u8>, to| chain.call(&Tx::call(to, data));

            assert_eq!(cold_surcharge(&chain, prober), (U256::from(extra), U256::from(extra)));
            let (target, data) = (ADDRESS, Bytes::from(miningBalanceCall { miner: ALICE }.abi_encode()));
            let gas_limit = U256::from(1_000_000);
            let once = run(
                GasCaller::callWithGasCall { target, gasLimit: gas_limit, data: data.clone() }.abi_encode(),
                caller,
            );
            let twice = run(
                GasCaller::callTwiceWithGasCall { target, gasLimit: gas_limit, data }.abi_encode(),
                caller,
            );
            let used = |receipt: &Receipt| {
                let done = GasCaller::callWithGasCall::abi_decode_returns(receipt.success()).unwrap();
                assert!(done.ok);
                done.used
            };
            assert_eq!(used(&once) - used(&twice), U256::from(extra), "CALL, first and second");
            // As a transaction's target it is warm anyway.
            let direct = chain.call(&balance_of(ALICE));
            seen.push((once, twice, direct));
        }
        assert_eq!(seen[0], seen[1], "warm = {warm}: whole receipts");
    }
}

/// Hosts with precompiles that are looked up keep them when this one is installed.
#[test]
fn installing_leaves_the_hosts_own_precompiles_in_place() {
    let theirs = Address::with_last_byte(0xee);
    for warm in [true, false] {
        let profile = profile(|profile| profile.warm = warm).profile;
        let precompile = Precompile::new(profile, Verifiers::default());
        let mut map = PrecompilesMap::from_static(Precompiles::prague());
        let other = precompile.clone();
        map.set_precompile_lookup(move |address: &Address| {
            (*address == theirs).then(|| alloy::dyn_precompile(other.clone()))
        });
        alloy::install(&mut map, &precompile, NOW);
        assert!(map.get(&ADDRESS).is_some() && map.get(&Address::with_last_byte(1)).is_some());
        assert!(map.get(&theirs).is_some(), "warm = {warm}: the host's own look-up");
        assert!(map.get(&Address::with_last_byte(0xed)).is_none());
    }
}

#[test]
fn marker_0x01_serves_as_well() {
    for engine in engines() {
        let mut chain = Chain::of(engine, profile(|profile| profile.marker = Marker::One));
        assert_eq!(chain.disk.code(ADDRESS)[..], [1]);
        chain.send(Tx::precompile(works(1, 1)[0].submit())).success();
        chain.send(balance_of(RECIPIENT)).success();
        assert_eq!(word(chain.call(&balance_of(RECIPIENT)).success()), U256::from(REWARD));
        assert_eq!(chain.disk.code(ADDRESS)[..], [1]);
    }
}

/// Where the profile says that value is not visible, coins sent stay at the address for good: on every host alike.
#[test]
fn invisible_value_is_not_refused_and_stays() {
    let genesis = profile(|profile| profile.value_visible = false);
    let mut seen = Vec::new();
    for engine in engines() {
        let mut chain = Chain::of(engine, genesis.clone());
        let work = &works(1, 1)[0];
        let receipts = chain.block(&[
            Tx::precompile(work.submit()).value(U256::from(3)),
            balance_of(RECIPIENT).value(U256::from(4)),
            Tx::precompile([9; 4]).value(U256::from(5)),
        ]);
        assert_eq!(word(receipts[0].success()), U256::from(REWARD));
        assert_eq!(word(receipts[1].success()), U256::from(REWARD));
        receipts[2].revert();
        assert_eq!(chain.disk.balance(ADDRESS), U256::from(7), "a revert gives its coins back");
        assert!(
            !word(chain.call(&Tx::precompile(isSpentCall { workId: work.work_id }.abi_encode())).success())
                .is_zero()
        );
        seen.push((receipts, chain.disk));
    }
    assert_eq!(seen[0], seen[1]);
}

/// The block's beneficiary may be 0x0300: fees are only a balance.
#[test]
fn fees_paid_to_it_change_nothing_else() {
    for engine in engines() {
        let mut chain = Chain::new(engine);
        chain.beneficiary = ADDRESS;
        let work = &works(1, 1)[0];
        let receipt = chain.send(Tx::precompile(work.submit()));
        receipt.success();
        assert_eq!(chain.disk.balance(ADDRESS), U256::from(receipt.gas_used));
        assert_eq!(
            chain.slot(entry("acceptedWork", work.work_id)),
            U256::from_be_bytes(keccak256(work.statement.encode()).0)
        );
    }
}

#[test]
fn creating_a_contract_at_it_is_impossible_and_its_code_cannot_be_replaced() {
    // CREATE2's and CREATE's addresses are hashes; what can be tried is to make 0x0300 the sender.
    for engine in engines() {
        let chain = Chain::new(engine);
        let tx = Tx { to: TxKind::Create, ..Tx::create([0u8]).from(ADDRESS) };
        assert!(matches!(chain.try_call(&tx), Err(Failure::Invalid(_))), "EIP-3607: an account with code");
    }
}
