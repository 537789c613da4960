//! What `latest` and `pending` mean to a call.

use alloy_eips::BlockId;
use alloy_primitives::U256;

use super::{Wallet, call_at, chain};
use crate::chain::{produce::MiningMode, tests::NOBODY};

/// Returns TIMESTAMP.
const CLOCK: [u8; 7] = [0x42, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];

#[test]
fn a_call_at_latest_sees_the_present_and_at_a_number_the_block() {
    let chain = chain(MiningMode::Instant);
    let clock = Wallet::new(0).deploy(&chain, &CLOCK);
    let head = chain.head().block.header.timestamp;
    chain.increase_time(1_000);
    let at = |block: BlockId| U256::from_be_slice(&call_at(&chain, clock, [], block).unwrap());
    assert!(at(BlockId::latest()) >= U256::from(head + 1_000));
    assert!(at(BlockId::pending()) >= U256::from(head + 1_000));
    assert_eq!(at(BlockId::number(chain.height())), U256::from(head));
}

#[test]
fn the_pending_state_holds_what_the_pending_block_does() {
    let chain = chain(MiningMode::Manual);
    let mut alice = Wallet::new(0);
    let tx = alice.transfer(NOBODY, 7);
    chain.submit(alice.sign(tx), false).unwrap();
    let balance = |block: BlockId| chain.state(block).unwrap().balance(&NOBODY);
    assert_eq!(balance(BlockId::latest()), U256::ZERO);
    assert_eq!(balance(BlockId::pending()), U256::from(7));
    chain.mine(1, None, None).unwrap();
    assert_eq!(balance(BlockId::latest()), U256::from(7));
    assert_eq!(balance(BlockId::pending()), U256::from(7));
}
