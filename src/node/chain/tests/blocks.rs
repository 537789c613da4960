use alloy_consensus::{Header, Sealable as _, Transaction as _};
use alloy_eips::{BlockId, eip2935};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex, keccak256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};

use super::{COINBASE, COUNTER, GENESIS_TIME, GWEI, NOBODY, Wallet, call_at, chain, dev_genesis, word};
use crate::{
    chain::{
        Chain,
        call::{Call, CallError},
        genesis::ChainSpec,
        hardfork::Hardfork,
        pool::Pool,
        produce::{MiningMode, SubmitError},
    },
    evm::fault,
};

#[test]
fn a_contract_lives_and_every_past_block_can_be_called() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let counter = alice.deploy(&chain, COUNTER);
    assert_eq!(chain.height(), 1);
    for _ in 0..10 {
        alice.send(&chain, counter.into(), 0, word(7));
    }
    assert_eq!(chain.height(), 11);
    for number in 1..=11 {
        assert_eq!(call_at(&chain, counter, Bytes::new(), number).unwrap(), word(7 * (number - 1)));
        let entry = chain.block(number).unwrap();
        assert_eq!(entry.state.storage(&counter, U256::ZERO), U256::from(7 * (number - 1)));
        assert_eq!(chain.state(BlockId::hash(entry.block.hash())).unwrap().nonce(&alice.address()), number);
    }
    assert!(call_at(&chain, counter, Bytes::new(), 0).unwrap().is_empty());
    assert!(matches!(call_at(&chain, counter, Bytes::new(), 12), Err(CallError::UnknownBlock(_))));
}

#[test]
fn every_header_commits_to_its_state() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let counter = alice.deploy(&chain, COUNTER);
    for step in 1..5 {
        alice.send(&chain, counter.into(), 0, word(step));
    }
    let mut parent = B256::ZERO;
    for number in 0..=chain.height() {
        let entry = chain.block(number).unwrap();
        let header = &entry.block.header;
        assert_eq!(header.parent_hash, parent);
        assert_eq!(header.hash_slow(), header.hash());
        parent = header.hash();
        let proof = entry.state.proof(&counter, &[U256::ZERO]);
        let leaf = proof.account.as_ref().map(|account| {
            alloy_rlp::encode(TrieAccount {
                nonce: account.nonce,
                balance: account.balance,
                storage_root: proof.storage_root,
                code_hash: account.code.hash(),
            })
        });
        assert_eq!(leaf.is_some(), number > 0);
        verify_proof(header.state_root, Nibbles::unpack(keccak256(counter)), leaf, &proof.proof).unwrap();
        let (value, nodes) = &proof.storage[0];
        let leaf = (!value.is_zero()).then(|| alloy_rlp::encode(value));
        let slot = Nibbles::unpack(keccak256(B256::ZERO));
        verify_proof(proof.storage_root, slot, leaf, nodes).unwrap();
    }
}

#[test]
fn base_fee_follows_eip_1559() {
    let chain = chain(MiningMode::Manual);
    let fees: Vec<u64> = (0..4).map(|_| chain.mine_block().unwrap().base_fee()).collect();
    // An eighth less after each empty block.
    assert_eq!(fees, [875_000_000, 765_625_000, 669_921_875, 586_181_641]);
    // A full block: 30,000,000 gas burned by an invalid opcode.
    let mut alice = Wallet::new(0);
    chain.set_code(&NOBODY, hex!("fe").into()).unwrap();
    let tx = alice.tx(NOBODY.into(), 0, Bytes::new(), 30_000_000);
    chain.submit(alice.sign(tx), false).unwrap();
    let full = chain.mine_block().unwrap();
    assert_eq!((full.header.gas_used, full.base_fee()), (30_000_000, 512_908_936));
    assert!(!full.receipts[0].status());
    // An eighth more after it: 512,908,936 + 64,113,617.
    assert_eq!(chain.mine_block().unwrap().base_fee(), 577_022_553);
    // The sender paid base fee and tip, the coinbase got the tip.
    assert_eq!(full.receipts[0].effective_gas_price, 512_908_936 + GWEI);
    assert_eq!(chain.head().state.balance(&COINBASE), U256::from(30_000_000 * GWEI));
}

#[test]
fn several_transactions_share_a_block_and_count_up() {
    let chain = chain(MiningMode::Manual);
    let mut alice = Wallet::new(0);
    let mut bob = Wallet::new(1);
    // LOG1 with an empty body and the topic 7.
    chain.set_code(&NOBODY, hex!("60075f5fa1").into()).unwrap();
    for _ in 0..3 {
        for wallet in [&mut alice, &mut bob] {
            let tx = wallet.tx(NOBODY.into(), 0, Bytes::new(), 60_000);
            chain.submit(wallet.sign(tx), false).unwrap();
        }
    }
    let block = chain.mine_block().unwrap();
    assert_eq!(block.transactions.len(), 6);
    let mut cumulative = 0;
    for (index, receipt) in block.receipts.iter().enumerate() {
        cumulative += receipt.gas_used;
        assert_eq!(receipt.inner.cumulative_gas_used(), cumulative);
        assert_eq!(receipt.transaction_index, Some(index as u64));
        let log = &receipt.inner.logs()[0];
        assert_eq!(log.log_index, Some(index as u64));
        assert_eq!(log.transaction_hash, Some(*block.transactions[index].tx_hash()));
    }
    assert_eq!(block.header.gas_used, cumulative);
    assert!(block.header.logs_bloom.contains_input(alloy_primitives::BloomInput::Raw(NOBODY.as_slice())));
}

#[test]
fn b4_a_fatal_error_costs_the_block_and_the_transaction_but_not_the_node() {
    let chain = chain(MiningMode::Instant);
    let mut mallory = Wallet::new(0);
    let bad = mallory.tx(fault::FATAL.into(), 0, Bytes::new(), 100_000);
    let before = chain.head();
    let error = chain.submit(mallory.sign(bad.clone()), false).unwrap_err();
    assert!(matches!(&error, SubmitError::Build(build) if build.transaction.is_some()), "{error}");
    assert!(error.to_string().contains("broken on purpose"), "{error}");
    assert_eq!((chain.head().block.hash(), chain.with_pool(Pool::len)), (before.block.hash(), 0));
    assert_eq!(chain.head().state.root(), before.state.root());

    // In company: the block is not produced, the next attempt has everything but the culprit.
    chain.set_mode(MiningMode::Manual);
    let mut alice = Wallet::new(1);
    let good = alice.transfer(NOBODY, 1);
    chain.submit(mallory.sign(bad), false).unwrap();
    chain.submit(alice.sign(good), false).unwrap();
    assert!(chain.mine_block().is_err());
    assert_eq!((chain.height(), chain.with_pool(Pool::len)), (0, 1));
    let block = chain.mine_block().unwrap();
    assert_eq!(block.transactions.iter().map(|tx| tx.signer()).collect::<Vec<_>>(), [alice.address()]);

    // A call is an error, too, and nothing more.
    assert!(matches!(
        call_at(&chain, fault::FATAL, Bytes::new(), BlockId::latest()),
        Err(CallError::Execution(_))
    ));
}

#[test]
fn a_transaction_that_became_unexecutable_is_dropped_and_the_others_are_mined() {
    let chain = chain(MiningMode::Manual);
    let (mut alice, mut bob) = (Wallet::new(0), Wallet::new(1));
    let doomed = alice.transfer(NOBODY, 1);
    let doomed = chain.submit(alice.sign(doomed), false).unwrap();
    let fine = bob.transfer(NOBODY, 1);
    chain.submit(bob.sign(fine), false).unwrap();
    chain.set_balance(&alice.address(), U256::from(5)).unwrap();
    let block = chain.mine_block().unwrap();
    assert_eq!(block.transactions.len(), 1);
    assert!(chain.with_pool(Pool::is_empty));
    assert!(chain.transaction(&doomed).is_none());
}

#[test]
fn a_transaction_below_the_base_fee_waits_for_a_cheaper_block() {
    let chain = chain(MiningMode::Manual);
    let mut alice = Wallet::new(0);
    let mut tx = alice.transfer(NOBODY, 1);
    (tx.max_fee_per_gas, tx.max_priority_fee_per_gas) = (880_000_000, 1);
    chain.submit(alice.sign(tx), false).unwrap();
    chain.set_code(&Address::repeat_byte(9), hex!("fe").into()).unwrap();
    let mut bob = Wallet::new(1);
    for _ in 0..2 {
        let tx = bob.tx(Address::repeat_byte(9).into(), 0, Bytes::new(), 29_990_000);
        chain.submit(bob.sign(tx), false).unwrap();
    }
    // Both full blocks come first by their tip, and raise the base fee above Alice's cap.
    assert_eq!(chain.mine_block().unwrap().transactions.len(), 1);
    assert_eq!(chain.mine_block().unwrap().transactions.len(), 1);
    assert!(chain.next_base_fee() > 880_000_000);
    let mut waited = 0;
    while chain.mine_block().unwrap().transactions.is_empty() {
        waited += 1;
        assert!(waited < 10);
    }
    assert!(waited > 0);
    assert_eq!(chain.head().block.transactions[0].nonce(), 0);
}

#[test]
fn estimates_are_exact_for_transfers_and_enough_for_all() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let counter = alice.deploy(&chain, COUNTER);
    let estimate = |to: TxKind, input: Bytes, gas: Option<u64>| {
        let request = TransactionRequest {
            from: Some(alice.address()),
            to: Some(to),
            gas,
            input: input.into(),
            ..Default::default()
        };
        chain.estimate_gas(&Call { request, ..Default::default() })
    };
    assert_eq!(estimate(NOBODY.into(), Bytes::new(), None).unwrap(), 21_000);
    let gas = estimate(counter.into(), word(3), None).unwrap();
    let run = |limit: u64| {
        let request = TransactionRequest::default()
            .from(alice.address())
            .to(counter)
            .input(word(3).into())
            .gas_limit(limit);
        chain.simulate(&Call { request, block: BlockId::pending(), ..Default::default() })
    };
    // Monotone: enough at the estimate and everywhere above, not enough one below.
    assert!(run(gas).unwrap().result.is_success());
    assert!(run(gas * 3 / 2).unwrap().result.is_success() && run(10 * gas).unwrap().result.is_success());
    assert!(!run(gas - 1).unwrap().result.is_success());
    assert!(matches!(estimate(counter.into(), word(3), Some(gas - 1)), Err(CallError::GasAllowance(_))));
    assert!(matches!(
        estimate(NOBODY.into(), Bytes::new(), Some(20_000)),
        Err(CallError::GasAllowance(20_000))
    ));
    // A revert keeps its data: PUSH1 2a PUSH0 MSTORE, REVERT(0, 32).
    chain.set_code(&NOBODY, hex!("602a5f5260205ffd").into()).unwrap();
    assert!(
        matches!(estimate(NOBODY.into(), Bytes::new(), None), Err(CallError::Reverted(data)) if data == word(42))
    );
}

#[test]
fn nested_calls_get_the_gas_that_the_63_64_rule_withholds() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let counter = alice.deploy(&chain, COUNTER);
    // CALL(gas, counter, 0, in 0..32, out 0..0) with calldata copied; reverts if that fails.
    let mut proxy = hex!("365f5f375f5f365f5f73").to_vec();
    proxy.extend_from_slice(counter.as_slice());
    proxy.extend_from_slice(&hex!("5af115602b57005b5f5ffd"));
    let target = u8::try_from(proxy.len() - 4).unwrap();
    let jump = proxy.len() - 7;
    assert_eq!(proxy[jump - 2..jump], [0x15, 0x60][..]);
    proxy[jump] = target;
    let proxy = alice.deploy(&chain, &proxy);
    let request = TransactionRequest::default().from(alice.address()).to(proxy).input(word(1).into());
    let gas = chain.estimate_gas(&Call { request, ..Default::default() }).unwrap();
    let tx = alice.tx(proxy.into(), 0, word(1), gas);
    let hash = chain.submit(alice.sign(tx), false).unwrap();
    let (block, index) = chain.transaction(&hash).unwrap();
    assert!(block.receipts[index].status());
    assert!(
        gas * 100 <= block.receipts[index].gas_used * 120,
        "{gas} for {}",
        block.receipts[index].gas_used
    );
    assert_eq!(chain.head().state.storage(&counter, U256::ZERO), U256::from(1));
}

#[test]
fn access_lists_name_what_is_touched() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let counter = alice.deploy(&chain, COUNTER);
    let request = TransactionRequest::default().from(alice.address()).to(counter).input(word(1).into());
    let result = chain.create_access_list(&Call { request, ..Default::default() }).unwrap();
    assert_eq!(result.error, None);
    assert_eq!(result.access_list.0.len(), 1);
    assert_eq!(
        (result.access_list.0[0].address, &result.access_list.0[0].storage_keys[..]),
        (counter, &[B256::ZERO][..])
    );
}

#[test]
fn block_hashes_and_the_history_contract() {
    let mut genesis = dev_genesis(Hardfork::Prague).build().unwrap();
    let history = eip2935::HISTORY_STORAGE_ADDRESS;
    let code = eip2935::HISTORY_STORAGE_CODE.clone();
    genesis.alloc.insert(history, GenesisAccount::default().with_nonce(Some(1)).with_code(Some(code)));
    let spec = ChainSpec::from_genesis(&genesis, None).unwrap();
    let chain = Chain::new(spec, MiningMode::Instant, COINBASE);
    let mut alice = Wallet::new(0);
    // Returns BLOCKHASH(calldata word 0).
    let oracle = alice.deploy(&chain, &hex!("5f35405f5260205ff3"));
    chain.mine(300, None, None).unwrap();
    let head = chain.height();
    for number in [head - 1, head - 10, head - 256] {
        let hash = chain.block(number).unwrap().block.hash();
        assert_eq!(
            call_at(&chain, oracle, word(number), head).unwrap(),
            Bytes::copy_from_slice(hash.as_slice())
        );
    }
    for number in [head, head + 1, head - 257] {
        assert_eq!(call_at(&chain, oracle, word(number), head).unwrap(), word(0));
    }
    let state = chain.head().state;
    for number in [0, 1, head - 1] {
        let stored = state.storage(&history, U256::from(number));
        assert_eq!(B256::from(stored), chain.block(number).unwrap().block.hash());
    }
    assert!(chain.head().block.header.timestamp >= GENESIS_TIME + 301);
}

#[test]
fn fee_history_tells_what_happened() {
    let chain = chain(MiningMode::Manual);
    let mut alice = Wallet::new(0);
    for tip in [1, 2, 3] {
        let mut tx = alice.transfer(NOBODY, 1);
        tx.max_priority_fee_per_gas = tip * GWEI;
        chain.submit(alice.sign(tx), false).unwrap();
    }
    chain.mine_block().unwrap();
    chain.mine_block().unwrap();
    let history = chain.fee_history(10, BlockId::latest(), Some(&[0.0, 50.0, 100.0])).unwrap();
    assert_eq!(history.oldest_block, 0);
    assert_eq!(history.base_fee_per_gas.len(), 4);
    assert_eq!(history.base_fee_per_gas[3], u128::from(chain.next_base_fee()));
    assert_eq!(history.gas_used_ratio[1], 63_000.0 / 30_000_000.0);
    assert_eq!(history.reward.unwrap(), [vec![0; 3], vec![GWEI, 2 * GWEI, 3 * GWEI], vec![0; 3]]);
    for bad in [&[50.0, 10.0][..], &[-1.0], &[101.0], &[f64::NAN]] {
        assert!(chain.fee_history(1, BlockId::latest(), Some(bad)).is_err());
    }
    assert!(chain.fee_history(1, BlockId::number(99), None).is_err());
    assert_eq!(chain.fee_history(u64::MAX, BlockId::number(1), None).unwrap().gas_used_ratio.len(), 2);
}

#[test]
fn estimates_are_close_under_any_gas_limit() {
    let genesis = dev_genesis(Hardfork::Prague).build().unwrap();
    let mut spec = ChainSpec::from_genesis(&genesis, None).unwrap();
    // More than a genesis may have.
    let header = Header { gas_limit: u64::MAX, ..spec.header.into_inner() };
    spec.header = header.seal_slow();
    let chain = Chain::new(spec, MiningMode::Manual, COINBASE);
    // Reverts unless 50,000 gas are left: GAS > 50000, JUMPI, REVERT | JUMPDEST, STOP.
    chain.set_code(&NOBODY, Bytes::from_static(&hex!("6200c3505a11600c575f5ffd5b00"))).unwrap();
    let request = TransactionRequest::default().to(NOBODY);
    let gas = chain.estimate_gas(&Call { request, ..Default::default() }).unwrap();
    assert!((71_000..73_000).contains(&gas), "{gas}");
}
