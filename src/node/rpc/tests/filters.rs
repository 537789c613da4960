//! What one poll of a filter answers at most, and that nothing is lost by it.

use std::sync::Arc;

use alloy_primitives::{Bytes, TxKind, hex};
use serde_json::{Value, json};

use crate::{
    MiningMode,
    chain::tests::{NOBODY, Wallet, chain},
    rpc::{MAX_RESPONSE_BYTES, Rpc, eth::MAX_LOG_RESULTS, filters, params::Params, tests::rpc_of},
};

/// Emits as many empty logs as calldata word 0 says.
/// `CALLDATALOAD(0) | JUMPDEST LOG0(0,0) PUSH1 1 SWAP1 SUB DUP1 PUSH1 3 JUMPI`
const MANY_LOGS: &[u8] = &hex!("5f355b5f5fa06001900380600257");
/// Emits one log with as many bytes of data as calldata word 0 says.
const LARGE_LOG: &[u8] = &hex!("5f355fa0");

fn rpc() -> Rpc {
    rpc_of(Arc::new(chain(MiningMode::Instant)))
}

/// One transaction, so one block.
fn emit(rpc: &Rpc, wallet: &mut Wallet, word: u64, gas: u64) {
    let input: Bytes = crate::chain::tests::word(word);
    let tx = wallet.tx(TxKind::Call(NOBODY), 0, input, gas);
    let hash = rpc.chain.submit(wallet.sign(tx), false).expect("mined");
    let (block, index) = rpc.chain.transaction(&hash).expect("mined");
    assert!(block.receipts[index].status(), "no logs");
}

fn poll(rpc: &Rpc, filter: &Value) -> Vec<Value> {
    let params = Params::parse(Some(&json!([filter]).to_string())).expect("params");
    let answer = filters::get_filter_changes(rpc, &params).expect("changes");
    assert!(answer.to_string().len() < MAX_RESPONSE_BYTES as usize, "the answer cannot be sent");
    answer.as_array().expect("a list").clone()
}

/// Number of the block of each log, with how many it has.
fn per_block(logs: &[Value]) -> Vec<(u64, usize)> {
    let number = |log: &Value| {
        let text = log["blockNumber"].as_str().expect("a number").trim_start_matches("0x").to_owned();
        u64::from_str_radix(&text, 16).expect("hexadecimal")
    };
    logs.chunk_by(|a, b| number(a) == number(b)).map(|chunk| (number(&chunk[0]), chunk.len())).collect()
}

#[test]
fn a_poll_reports_whole_blocks_and_the_next_one_goes_on_there() {
    let rpc = rpc();
    rpc.chain.set_code(&NOBODY, Bytes::from_static(MANY_LOGS)).unwrap();
    let filter = filters::new_filter(&rpc, &Params::parse(None).unwrap()).unwrap();
    let mut wallet = Wallet::new(0);
    let all = MAX_LOG_RESULTS as u64;
    for logs in [all / 2, all / 2, 1, all + 1, 2, 3] {
        emit(&rpc, &mut wallet, logs, 10_000_000);
    }
    rpc.chain.mine(2, None, None).unwrap();
    let half = MAX_LOG_RESULTS / 2;
    assert_eq!(per_block(&poll(&rpc, &filter)), [(1, half), (2, half)]);
    assert_eq!(per_block(&poll(&rpc, &filter)), [(3, 1)]);
    assert_eq!(per_block(&poll(&rpc, &filter)), [(4, MAX_LOG_RESULTS + 1)], "a block is never split");
    assert_eq!(per_block(&poll(&rpc, &filter)), [(5, 2), (6, 3)]);
    assert!(poll(&rpc, &filter).is_empty());
    emit(&rpc, &mut wallet, 1, 10_000_000);
    assert_eq!(per_block(&poll(&rpc, &filter)), [(9, 1)]);
}

#[test]
fn large_logs_are_spread_over_polls() {
    let rpc = rpc();
    rpc.chain.set_code(&NOBODY, Bytes::from_static(LARGE_LOG)).unwrap();
    let filter = filters::new_filter(&rpc, &Params::parse(None).unwrap()).unwrap();
    let mut wallet = Wallet::new(0);
    // 2 MB in JSON each.
    for _ in 0..40 {
        emit(&rpc, &mut wallet, 1_000_000, 29_000_000);
    }
    let mut reported = Vec::new();
    loop {
        let logs = poll(&rpc, &filter);
        if logs.is_empty() {
            break;
        }
        reported.extend(per_block(&logs));
    }
    assert_eq!(reported, (1..=40).map(|number| (number, 1)).collect::<Vec<_>>());
}

#[test]
fn block_hashes_are_bounded_too() {
    let rpc = rpc();
    let filter = filters::new_block_filter(&rpc, &Params::parse(None).unwrap()).unwrap();
    let all = MAX_LOG_RESULTS as u64;
    rpc.chain.mine(all, None, None).unwrap();
    rpc.chain.mine(2, None, None).unwrap();
    let first = poll(&rpc, &filter);
    assert_eq!(first.len(), MAX_LOG_RESULTS);
    assert_eq!(first[0], json!(rpc.chain.block(1).unwrap().block.hash()));
    let hash = |number| json!(rpc.chain.block(number).unwrap().block.hash());
    assert_eq!(poll(&rpc, &filter), [hash(all + 1), hash(all + 2)]);
    assert!(poll(&rpc, &filter).is_empty());
}
