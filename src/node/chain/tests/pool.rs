use alloy_consensus::{Transaction as _, TxEip2930, TxEip4844, TxEip4844Variant, TxEip7702, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256};

use super::{GWEI, NOBODY, Wallet, chain, chain_of, dev_genesis, refusal, unsigned};
use crate::chain::{
    Chain,
    genesis::{CREATE2_FACTORY, DEFAULT_CHAIN_ID, DEFAULT_GAS_LIMIT},
    hardfork::Hardfork,
    pool::{
        Admission, MAX_POOL_BYTES, MAX_POOL_TRANSACTIONS, MAX_SENDER_TRANSACTIONS, MAX_TRANSACTION_BYTES,
        Pool, PoolError, decode,
    },
    produce::MiningMode,
    state::{AccountState, StateView},
};

fn nonces(chain: &Chain) -> Vec<(Address, u64)> {
    let block = chain.head().block;
    block.transactions.iter().map(|tx| (tx.signer(), tx.nonce())).collect()
}

#[test]
fn a_gap_waits_and_its_filling_mines_everything() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let first = alice.transfer(NOBODY, 1);
    let second = alice.transfer(NOBODY, 2);
    let third = alice.transfer(NOBODY, 3);
    chain.submit(alice.sign(third), false).unwrap();
    chain.submit(alice.sign(second), false).unwrap();
    assert_eq!((chain.height(), chain.with_pool(Pool::len)), (0, 2));
    assert_eq!(chain.pending_nonce(&alice.address()), 0);
    chain.submit(alice.sign(first), false).unwrap();
    assert_eq!((chain.height(), chain.with_pool(Pool::len)), (1, 0));
    assert_eq!(nonces(&chain), [0, 1, 2].map(|nonce| (alice.address(), nonce)));
    assert_eq!(chain.head().state.balance(&NOBODY), U256::from(6));
}

#[test]
fn best_tip_first_then_arrival_and_each_sender_in_nonce_order() {
    let chain = chain(MiningMode::Manual);
    let mut wallets = [Wallet::new(0), Wallet::new(1), Wallet::new(2), Wallet::new(3)];
    let tips = [[1, 9], [5, 2], [5, 3], [2, 2]];
    for (wallet, tips) in wallets.iter_mut().zip(tips) {
        for tip in tips {
            let mut tx = wallet.transfer(NOBODY, 1);
            tx.max_priority_fee_per_gas = tip * GWEI;
            chain.submit(wallet.sign(tx), false).unwrap();
        }
    }
    assert_eq!(chain.pending_nonce(&wallets[0].address()), 2);
    chain.mine_block().unwrap();
    let order: Vec<_> = nonces(&chain)
        .iter()
        .map(|(sender, nonce)| (wallets.iter().position(|w| w.address() == *sender).unwrap(), *nonce))
        .collect();
    // 5 (1), 5 (2), 3 (2), 2 (1), 2 (3), 2 (3), then 1 (0), and only behind it the 9 it hides.
    assert_eq!(order, [(1, 0), (2, 0), (2, 1), (1, 1), (3, 0), (3, 1), (0, 0), (0, 1)]);
}

#[test]
fn what_does_not_fit_into_a_block_stands_in_the_next() {
    let mut dev = dev_genesis(Hardfork::Prague);
    dev.gas_limit = 100_000;
    let chain = chain_of(&dev, MiningMode::Manual);
    let mut alice = Wallet::new(0);
    for _ in 0..6 {
        let tx = alice.transfer(NOBODY, 1);
        chain.submit(alice.sign(tx), false).unwrap();
    }
    assert_eq!(chain.mine_block().unwrap().transactions.len(), 4);
    assert_eq!(chain.mine_block().unwrap().transactions.len(), 2);
    assert_eq!(chain.mine_block().unwrap().transactions.len(), 0);
}

#[test]
fn a_replacement_must_pay_ten_per_cent_more_of_both() {
    let chain = chain(MiningMode::Manual);
    let mut alice = Wallet::new(0);
    let old = alice.transfer(NOBODY, 1);
    let with = |cap: u128, tip: u128| {
        let mut tx = old.clone();
        (tx.max_fee_per_gas, tx.max_priority_fee_per_gas, tx.value) = (cap, tip, U256::from(2));
        alice.sign(tx)
    };
    let old_hash = chain.submit(alice.sign(old.clone()), false).unwrap();
    assert_eq!(refusal(chain.submit(alice.sign(old.clone()), false)), "already known");
    for (cap, tip) in [(11 * GWEI - 1, 2 * GWEI), (20 * GWEI, GWEI * 11 / 10 - 1), (10 * GWEI, GWEI)] {
        assert_eq!(refusal(chain.submit(with(cap, tip), false)), "replacement transaction underpriced");
    }
    let hash = chain.submit(with(11 * GWEI, GWEI * 11 / 10), false).unwrap();
    assert_eq!(chain.with_pool(Pool::len), 1);
    assert!(chain.with_pool(|pool| pool.get(&old_hash).is_none()));
    let block = chain.mine_block().unwrap();
    assert_eq!(block.transactions.iter().map(|tx| *tx.tx_hash()).collect::<Vec<_>>(), [hash]);
}

#[test]
fn each_refusal_has_its_text_and_changes_nothing() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let first = alice.transfer(NOBODY, 1);
    chain.submit(alice.sign(first.clone()), false).unwrap();
    let next = alice.transfer(NOBODY, 1);
    let with = |change: &dyn Fn(&mut alloy_consensus::TxEip1559)| {
        let mut tx = next.clone();
        change(&mut tx);
        refusal(chain.submit(alice.sign(tx), false))
    };
    assert_eq!(refusal(chain.submit(alice.sign(first), false)), "nonce too low: next nonce 1, tx nonce 0");
    assert!(with(&|tx| tx.value = U256::MAX).starts_with("insufficient funds for gas * price + value"));
    assert!(
        with(&|tx| tx.max_fee_per_gas = u128::MAX).starts_with("insufficient funds for gas * price + value")
    );
    assert_eq!(with(&|tx| tx.gas_limit = DEFAULT_GAS_LIMIT + 1), "exceeds block gas limit");
    assert_eq!(with(&|tx| tx.gas_limit = 20_999), "intrinsic gas too low: gas 20999, minimum needed 21000");
    assert_eq!(with(&|tx| tx.chain_id = 1), "invalid chain id for signer: have 1 want 6133");
    assert!(with(&|tx| tx.max_fee_per_gas = 1).starts_with("max priority fee per gas higher than max fee"));
    let cheap = with(&|tx| (tx.max_fee_per_gas, tx.max_priority_fee_per_gas) = (1, 1));
    assert!(cheap.starts_with("max fee per gas less than block base fee"), "{cheap}");
    assert_eq!(with(&|tx| tx.nonce = u64::MAX), "nonce has max value");
    let long = with(&|tx| {
        (tx.to, tx.gas_limit) = (TxKind::Create, 5_000_000);
        tx.input = vec![0; 49_153].into();
    });
    assert!(long.starts_with("max initcode size exceeded"), "{long}");
    // EIP-7623: 1,000 non-zero bytes cost 21,000 + 16,000 by the old rule, 21,000 + 40,000 at least.
    let floor = with(&|tx| {
        tx.input = vec![1; 1000].into();
        tx.gas_limit = 60_999;
    });
    assert_eq!(floor, "intrinsic gas too low: gas 60999, minimum needed 61000");
    let mut contract = next.clone();
    contract.nonce = 1;
    assert_eq!(refusal(chain.submit(unsigned(CREATE2_FACTORY, contract), false)), "sender not an eoa");

    let legacy = TxLegacy {
        chain_id: None,
        nonce: 1,
        gas_price: 2 * GWEI,
        gas_limit: 21_000,
        to: NOBODY.into(),
        ..Default::default()
    };
    assert!(refusal(chain.submit(alice.sign(legacy), false)).contains("only replay-protected"));
    let blob: TxEip4844Variant =
        TxEip4844Variant::TxEip4844(TxEip4844 { chain_id: DEFAULT_CHAIN_ID, nonce: 1, ..Default::default() });
    assert!(
        refusal(chain.submit(alice.sign(blob), false))
            .contains("EIP-4844 blob transactions are not accepted")
    );
    let empty = TxEip7702 {
        chain_id: DEFAULT_CHAIN_ID,
        nonce: 1,
        gas_limit: 100_000,
        max_fee_per_gas: 2 * GWEI,
        ..Default::default()
    };
    assert_eq!(refusal(chain.submit(alice.sign(empty), false)), "EIP-7702 transaction with empty auth list");

    assert_eq!((chain.height(), chain.with_pool(Pool::len)), (1, 0));
    chain.submit(alice.sign(next), false).unwrap();
}

#[test]
fn rules_of_the_hardfork_hold_at_admission() {
    let cancun = chain_of(&dev_genesis(Hardfork::Cancun), MiningMode::Manual);
    let alice = Wallet::new(0);
    let set_code = TxEip7702 {
        chain_id: DEFAULT_CHAIN_ID,
        gas_limit: 100_000,
        max_fee_per_gas: 2 * GWEI,
        ..Default::default()
    };
    assert!(refusal(cancun.submit(alice.sign(set_code), false)).contains("type 4 needs a later hardfork"));

    let osaka = chain_of(&dev_genesis(Hardfork::Osaka), MiningMode::Manual);
    let mut tx = Wallet::new(0).transfer(NOBODY, 1);
    tx.gas_limit = (1 << 24) + 1;
    assert!(
        refusal(osaka.submit(alice.sign(tx.clone()), false)).starts_with("transaction gas limit too high")
    );
    tx.gas_limit -= 1;
    osaka.submit(alice.sign(tx), false).unwrap();
}

#[test]
fn every_accepted_type_is_mined() {
    let chain = chain(MiningMode::Instant);
    let alice = Wallet::new(0);
    let to = TxKind::Call(NOBODY);
    let legacy = TxLegacy {
        chain_id: Some(DEFAULT_CHAIN_ID),
        nonce: 0,
        gas_price: 2 * GWEI,
        gas_limit: 21_000,
        to,
        ..Default::default()
    };
    let access = TxEip2930 {
        chain_id: DEFAULT_CHAIN_ID,
        nonce: 1,
        gas_price: 2 * GWEI,
        gas_limit: 30_000,
        to,
        ..Default::default()
    };
    // Bob lets the CREATE2 factory's code stand for him.
    let bob = Wallet::new(1);
    let authorization = alloy_eips::eip7702::Authorization {
        chain_id: U256::from(DEFAULT_CHAIN_ID),
        address: CREATE2_FACTORY,
        nonce: 0,
    };
    let signature = bob.account.sign_hash(&authorization.signature_hash()).unwrap();
    let set_code = TxEip7702 {
        chain_id: DEFAULT_CHAIN_ID,
        nonce: 2,
        gas_limit: 100_000,
        max_fee_per_gas: 2 * GWEI,
        to: NOBODY,
        authorization_list: vec![authorization.into_signed(signature)],
        ..Default::default()
    };
    for tx in [alice.sign(legacy), alice.sign(access), alice.sign(set_code)] {
        // Over the wire and back.
        let tx = decode(&tx.encoded_2718()).unwrap();
        let hash = chain.submit(tx, false).unwrap();
        let (block, index) = chain.transaction(&hash).unwrap();
        assert!(block.receipts[index].status());
    }
    let code = chain.head().state.code(&bob.address());
    assert_eq!(code[..], [&[0xef, 0x01, 0x00], CREATE2_FACTORY.as_slice()].concat());
    // A delegated account still sends.
    let mut bob = Wallet { nonce: 1, ..bob };
    let tx = bob.transfer(NOBODY, 1);
    chain.submit(bob.sign(tx), false).unwrap();
}

#[test]
fn raw_bytes_that_are_no_transaction_are_refused() {
    let mut alice = Wallet::new(0);
    let tx = alice.transfer(NOBODY, 1);
    let raw = alice.sign(tx).encoded_2718();
    assert!(decode(&raw).is_ok());
    for bad in
        [&[][..], &[0x02], &[0xff; 40], &raw[..raw.len() - 1], &[&raw[..], &[0]].concat(), &[0x7f, 0x01]]
    {
        assert!(matches!(decode(bad), Err(PoolError::Decode(_))), "{}", Bytes::copy_from_slice(bad));
    }
    assert!(matches!(decode(&vec![0; MAX_TRANSACTION_BYTES + 1]), Err(PoolError::Oversized(_))));
    // The other root of the curve: the same signature with a high s (EIP-2).
    let tx = Wallet::new(0).transfer(NOBODY, 1);
    let signature =
        alice.account.sign_hash(&alloy_consensus::SignableTransaction::signature_hash(&tx)).unwrap();
    let order =
        U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap();
    let high = alloy_primitives::Signature::new(signature.r(), order - signature.s(), !signature.v());
    let envelope: alloy_consensus::TxEnvelope =
        alloy_consensus::SignableTransaction::into_signed(tx, high).into();
    assert_eq!(decode(&envelope.encoded_2718()).unwrap_err(), PoolError::InvalidSignature);
}

fn rich_state(senders: u64) -> StateView {
    let mut state = StateView::default();
    for sender in 0..senders {
        let account = AccountState { balance: U256::MAX >> 8, ..Default::default() };
        state.set_account(&sender_address(sender), account);
    }
    state
}

fn sender_address(index: u64) -> Address {
    Address::from_word(U256::from(index + 0x1000).into())
}

fn admission(state: &StateView) -> Admission<'_> {
    Admission {
        state,
        chain_id: DEFAULT_CHAIN_ID,
        fork: Hardfork::Prague,
        base_fee: 1,
        gas_limit: DEFAULT_GAS_LIMIT,
        allow_contract_sender: false,
    }
}

#[test]
fn the_pool_is_bounded_in_count_per_sender_and_bytes() {
    let senders = (MAX_POOL_TRANSACTIONS / MAX_SENDER_TRANSACTIONS) as u64;
    let state = rich_state(senders + 1);
    let mut pool = Pool::default();
    for sender in 0..senders {
        let mut wallet = Wallet::new(0);
        for _ in 0..MAX_SENDER_TRANSACTIONS {
            let tx = wallet.transfer(NOBODY, 1);
            pool.add(unsigned(sender_address(sender), tx), &admission(&state)).unwrap();
        }
        if sender == 0 {
            let tx = wallet.transfer(NOBODY, 1);
            let refused = pool.add(unsigned(sender_address(sender), tx), &admission(&state));
            assert_eq!(refused, Err(PoolError::SenderFull));
        }
    }
    assert_eq!(pool.len(), MAX_POOL_TRANSACTIONS);
    let newcomer = unsigned(sender_address(senders), Wallet::new(0).transfer(NOBODY, 1));
    assert_eq!(pool.add(newcomer.clone(), &admission(&state)), Err(PoolError::Full));
    // A replacement needs no room.
    let mut dearer = Wallet::new(0).transfer(NOBODY, 1);
    (dearer.max_fee_per_gas, dearer.max_priority_fee_per_gas) = (20 * GWEI, 2 * GWEI);
    let replacement = pool.add(unsigned(sender_address(0), dearer), &admission(&state)).unwrap();
    assert_eq!(pool.len(), MAX_POOL_TRANSACTIONS);
    pool.remove(&replacement);
    pool.add(newcomer, &admission(&state)).unwrap();

    let mut pool = Pool::default();
    let large = Bytes::from(vec![0; MAX_TRANSACTION_BYTES - 1024]);
    let mut held = 0;
    'fill: for sender in 0..senders {
        let mut wallet = Wallet::new(0);
        for _ in 0..MAX_SENDER_TRANSACTIONS {
            let tx = wallet.tx(NOBODY.into(), 0, large.clone(), 2_000_000);
            let tx = unsigned(sender_address(sender), tx);
            let bytes = tx.encode_2718_len();
            match pool.add(tx, &admission(&state)) {
                Ok(_) => held += bytes,
                Err(error) => {
                    assert_eq!(error, PoolError::Full);
                    assert!(held <= MAX_POOL_BYTES && held + bytes > MAX_POOL_BYTES);
                    break 'fill;
                }
            }
        }
    }
    assert!(held > MAX_POOL_BYTES / 2 && pool.len() < MAX_POOL_TRANSACTIONS);
    pool.clear();
    assert!(pool.is_empty());
    let tx = Wallet::new(0).tx(NOBODY.into(), 0, large, 2_000_000);
    pool.add(unsigned(sender_address(0), tx), &admission(&state)).unwrap();
}

#[test]
fn a_sender_must_be_able_to_pay_for_all_its_waiting_transactions() {
    let chain = chain(MiningMode::Manual);
    let mut alice = Wallet::new(0);
    let cost_each = U256::from(21_000 * 10 * GWEI) + U256::from(1);
    chain.set_balance(&alice.address(), cost_each * U256::from(2)).unwrap();
    for _ in 0..2 {
        let tx = alice.transfer(NOBODY, 1);
        chain.submit(alice.sign(tx), false).unwrap();
    }
    let tx = alice.transfer(NOBODY, 1);
    assert!(refusal(chain.submit(alice.sign(tx), false)).starts_with("insufficient funds"));
}
