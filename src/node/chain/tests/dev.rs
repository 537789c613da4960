//! Snapshots, clock, edits, impersonation.

use alloy_primitives::{Address, Bytes, U256};

use super::{COUNTER, GENESIS_TIME, NOBODY, Wallet, call_at, chain, refusal, unsigned, word};
use crate::chain::{
    Event,
    pool::Pool,
    produce::{MAX_MINE_BLOCKS, MineError, MiningMode},
    snapshot::{MAX_SNAPSHOTS, TimestampError},
};

#[test]
fn a_revert_brings_back_blocks_state_pool_and_clock() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    let counter = alice.deploy(&chain, COUNTER);
    chain.set_balance(&NOBODY, U256::from(77)).unwrap();
    let gap = alice.transfer(NOBODY, 1);
    let skipped = alice.transfer(NOBODY, 2);
    let waiting = chain.submit(alice.sign(skipped), false).unwrap();
    let before = chain.head();
    let mut events = chain.subscribe();

    let id = chain.snapshot();
    let later = chain.snapshot();
    chain.increase_time(10_000);
    chain.set_balance(&NOBODY, U256::from(78)).unwrap();
    chain.submit(alice.sign(gap.clone()), false).unwrap();
    alice.send(&chain, counter.into(), 0, word(9));
    let lost = chain.head().block;
    assert!(lost.header.timestamp > before.block.header.timestamp + 9_000);
    assert!(chain.with_pool(Pool::is_empty));

    assert!(chain.revert(id).unwrap());
    let now = chain.head();
    assert_eq!(now.block.hash(), before.block.hash());
    assert_eq!(now.state.root(), before.state.root());
    assert_eq!(now.state.balance(&NOBODY), U256::from(77));
    assert!(chain.with_pool(|pool| pool.get(&waiting).is_some()));
    assert!(chain.block_by_hash(&lost.hash()).is_none());
    assert!(chain.transaction(lost.transactions[0].tx_hash()).is_none());
    assert!(!chain.revert(id).unwrap(), "used up");
    assert!(!chain.revert(later).unwrap(), "later ones go with it");
    let reverted = std::iter::from_fn(|| events.try_recv().ok())
        .find_map(|event| match event {
            Event::Reverted(blocks) => Some(blocks),
            _ => None,
        })
        .unwrap();
    assert_eq!(reverted[0].hash(), lost.hash(), "newest first");
    assert_eq!(reverted.len(), 2);

    // Life goes on from there.
    chain.submit(alice.sign(gap), false).unwrap();
    assert_eq!(chain.head().block.transactions.len(), 2);
    assert!(chain.head().block.header.timestamp < before.block.header.timestamp + 9_000);
    assert_eq!(call_at(&chain, counter, Bytes::new(), chain.height()).unwrap(), word(0));
}

#[test]
fn snapshots_nest_and_are_bounded() {
    let chain = chain(MiningMode::Instant);
    let first = chain.snapshot();
    chain.mine_block().unwrap();
    let second = chain.snapshot();
    chain.mine_block().unwrap();
    assert!(chain.revert(second).unwrap());
    assert_eq!(chain.height(), 1);
    assert!(chain.revert(first).unwrap());
    assert_eq!(chain.height(), 0);
    assert!(!chain.revert(12345).unwrap());
    let oldest = chain.snapshot();
    let mut newest = oldest;
    for _ in 0..MAX_SNAPSHOTS {
        newest = chain.snapshot();
    }
    assert!(!chain.revert(oldest).unwrap());
    assert!(chain.revert(newest).unwrap());
}

#[test]
fn time_is_set_increased_and_never_goes_back() {
    let chain = chain(MiningMode::Manual);
    let head = || chain.head().block.header.timestamp;
    chain.mine(1, None, Some(GENESIS_TIME + 5)).unwrap();
    assert_eq!(head(), GENESIS_TIME + 5);
    let error = chain.mine(1, None, Some(GENESIS_TIME + 5)).unwrap_err();
    assert!(matches!(error, MineError::Timestamp { .. }), "{error}");
    assert_eq!(
        chain.set_next_timestamp(GENESIS_TIME),
        Err(TimestampError::NotLater { given: GENESIS_TIME, latest: GENESIS_TIME + 5 })
    );
    // Time goes on from what was set.
    chain.mine_block().unwrap();
    assert!((GENESIS_TIME + 6..GENESIS_TIME + 60).contains(&head()), "{}", head());
    chain.set_next_timestamp(GENESIS_TIME + 1000).unwrap();
    chain.increase_time(100);
    chain.mine_block().unwrap();
    assert_eq!(head(), GENESIS_TIME + 1100);
    chain.mine(5, Some(60), None).unwrap();
    let times: Vec<u64> = chain.blocks(4, 8).iter().map(|block| block.header.timestamp).collect();
    assert_eq!(times.len(), 5);
    assert!(times.windows(2).all(|pair| pair[1] == pair[0] + 60), "{times:?}");
    assert!(matches!(chain.mine(MAX_MINE_BLOCKS + 1, None, None), Err(MineError::TooMany)));
    // Many blocks within one second still rise.
    chain.mine(50, None, None).unwrap();
    let blocks = chain.blocks(0, u64::MAX);
    assert!(blocks.windows(2).all(|pair| pair[0].header.timestamp < pair[1].header.timestamp));
}

#[test]
fn time_ends_in_the_year_9999_and_never_repeats() {
    const END: u64 = 253_402_300_799;
    let chain = chain(MiningMode::Manual);
    for given in [END + 1, u64::MAX - 1, u64::MAX] {
        let error = chain.set_next_timestamp(given).unwrap_err().to_string();
        assert!(error.contains("year 9999"), "{error}");
        let error = chain.mine(2, None, Some(given)).unwrap_err();
        assert!(matches!(error, MineError::Timestamp { .. }), "{error}");
    }
    assert_eq!(chain.height(), 0);
    chain.set_next_timestamp(END - 1).unwrap();
    chain.increase_time(u64::MAX);
    chain.mine(3, None, None).unwrap();
    // The last one was set; what follows rises all the same.
    chain.increase_time(u64::MAX);
    chain.mine(3, None, None).unwrap();
    let times: Vec<u64> = chain.blocks(1, 6).iter().map(|block| block.header.timestamp).collect();
    assert_eq!(times, (END..END + 6).collect::<Vec<_>>());
}

#[test]
fn edits_show_at_the_head_and_count_in_the_next_block() {
    let chain = chain(MiningMode::Instant);
    let before = chain.head();
    chain.set_balance(&NOBODY, U256::from(5)).unwrap();
    chain.set_nonce(&NOBODY, 9).unwrap();
    chain.set_code(&NOBODY, COUNTER.into()).unwrap();
    chain.set_storage(&NOBODY, U256::ZERO, U256::from(41)).unwrap();
    assert_eq!(chain.height(), 0);
    assert_eq!(call_at(&chain, NOBODY, word(1), 0).unwrap(), word(42));
    assert!(chain.set_code(&NOBODY, vec![0xef, 0x01, 0x00, 0x01].into()).is_err());
    let block = chain.mine_block().unwrap();
    assert_eq!(block.header.state_root, chain.head().state.root());
    assert_ne!(block.header.state_root, before.block.header.state_root);
    let mut state = chain.head().state;
    assert_eq!(state.nonce(&NOBODY), 9);
    state.set_account(&NOBODY, Default::default());
    assert_eq!(state.root(), before.state.root());
}

#[test]
fn impersonation_lets_a_contract_send() {
    let chain = chain(MiningMode::Instant);
    chain.set_code(&NOBODY, COUNTER.into()).unwrap();
    chain.set_balance(&NOBODY, U256::from(10u64).pow(U256::from(18))).unwrap();
    let tx = Wallet::new(0).transfer(Address::repeat_byte(8), 1);
    assert_eq!(refusal(chain.submit(unsigned(NOBODY, tx.clone()), false)), "sender not an eoa");
    assert!(!chain.is_impersonated(&NOBODY));
    chain.impersonate(NOBODY, true);
    assert!(chain.is_impersonated(&NOBODY));
    chain.submit(unsigned(NOBODY, tx), chain.is_impersonated(&NOBODY)).unwrap();
    assert_eq!(chain.head().state.balance(&Address::repeat_byte(8)), U256::from(1));
    chain.impersonate(NOBODY, false);
    assert!(!chain.is_impersonated(&NOBODY));
    chain.impersonate_all(true);
    assert!(chain.is_impersonated(&NOBODY));
}

#[test]
fn automine_mines_what_waited() {
    let chain = chain(MiningMode::Manual);
    let mut alice = Wallet::new(0);
    let tx = alice.transfer(NOBODY, 1);
    chain.submit(alice.sign(tx), false).unwrap();
    chain.set_mode(MiningMode::Instant);
    chain.mine_waiting().unwrap();
    assert_eq!((chain.height(), chain.with_pool(Pool::len)), (1, 0));
}
