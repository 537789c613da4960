//! Every method that forge, cast, anvil's fork, ethers and viem use, once.

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use serde_json::{Value, json};

use super::{ask, fails, ok, start};
use crate::{
    MiningMode, NodeHandle,
    chain::{
        dev_accounts::DEV_ACCOUNTS,
        tests::{COUNTER, Wallet, init_code, word},
    },
};

/// Deploys the counter by `eth_sendRawTransaction`.
fn deploy(node: &NodeHandle, wallet: &mut Wallet) -> Address {
    let tx = wallet.tx(alloy_primitives::TxKind::Create, 0, init_code(COUNTER), 500_000);
    let raw = Bytes::from(wallet.sign(tx).encoded_2718());
    let hash = ok(node, "eth_sendRawTransaction", json!([raw]));
    let receipt = ok(node, "eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["status"], "0x1");
    serde_json::from_value(receipt["contractAddress"].clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_answer_for_every_way_to_name_a_block() {
    let node = start(MiningMode::Instant).await;
    let mut alice = Wallet::new(0);
    let counter = deploy(&node, &mut alice);
    let send = json!([{ "from": DEV_ACCOUNTS[1].address, "to": counter, "data": word(5) }]);
    let hash = ok(&node, "eth_sendTransaction", send);
    let block = ok(&node, "eth_getBlockByNumber", json!(["0x2", false]));
    assert_eq!(block["transactions"], json!([hash]));
    let block_hash = &block["hash"];
    for (id, expected) in [
        (json!("latest"), 5),
        (json!("pending"), 5),
        // Of a chain younger than finality takes.
        (json!("safe"), 0),
        (json!("finalized"), 0),
        (json!("earliest"), 0),
        (json!("0x1"), 0),
        (json!("0x2"), 5),
        (json!(1), 0),
        (json!(block_hash), 5),
        (json!({ "blockHash": block_hash }), 5),
        (json!({ "blockNumber": "0x1" }), 0),
        (json!({ "blockHash": block_hash, "requireCanonical": true }), 5),
        (json!(null), 5),
    ] {
        let stored = ok(&node, "eth_getStorageAt", json!([counter, "0x0", id]));
        assert_eq!(stored, format!("0x{expected:064x}"), "{id}");
    }
    assert_eq!(ok(&node, "eth_call", json!([{ "to": counter }, "0x1"])), json!(word(0)));
    assert_eq!(ok(&node, "eth_call", json!([{ "to": counter }])), json!(word(5)));
    assert_eq!(fails(&node, "eth_getBalance", json!([counter, "0x99"])).0, -32001);
    assert_eq!(fails(&node, "eth_call", json!([{ "to": counter }, B256::ZERO])).0, -32001);
    assert_eq!(ok(&node, "eth_getBlockByNumber", json!(["0x99", false])), Value::Null);
    assert_eq!(ok(&node, "eth_getBlockByHash", json!([B256::ZERO, false])), Value::Null);

    let full = ok(&node, "eth_getBlockByHash", json!([block_hash, true]));
    assert_eq!(full["transactions"][0]["hash"], hash);
    assert_eq!(
        full["transactions"][0]["from"],
        json!(DEV_ACCOUNTS[1].address).to_string().trim_matches('"').to_lowercase()
    );
    assert_eq!(ok(&node, "eth_getTransactionByHash", json!([hash])), full["transactions"][0]);
    assert_eq!(
        ok(&node, "eth_getTransactionByBlockNumberAndIndex", json!(["0x2", "0x0"])),
        full["transactions"][0]
    );
    assert_eq!(
        ok(&node, "eth_getTransactionByBlockHashAndIndex", json!([block_hash, "0x0"])),
        full["transactions"][0]
    );
    assert_eq!(ok(&node, "eth_getTransactionByBlockHashAndIndex", json!([block_hash, "0x1"])), Value::Null);
    assert_eq!(ok(&node, "eth_getTransactionByHash", json!([B256::ZERO])), Value::Null);
    assert_eq!(ok(&node, "eth_getTransactionReceipt", json!([B256::ZERO])), Value::Null);
    let receipt = ok(&node, "eth_getTransactionReceipt", json!([hash]));
    assert_eq!(ok(&node, "eth_getBlockReceipts", json!(["0x2"])), json!([receipt]));
    assert_eq!(ok(&node, "eth_getBlockTransactionCountByNumber", json!(["0x2"])), "0x1");
    assert_eq!(ok(&node, "eth_getBlockTransactionCountByHash", json!([block_hash])), "0x1");
    assert_eq!(ok(&node, "eth_getUncleCountByBlockNumber", json!(["0x2"])), "0x0");
    assert_eq!(ok(&node, "eth_getUncleCountByBlockHash", json!([block_hash])), "0x0");
    let raw: Bytes = serde_json::from_value(ok(&node, "eth_getRawTransactionByHash", json!([hash]))).unwrap();
    assert_eq!(json!(keccak256(&raw)), hash);
    let pending = ok(&node, "eth_getBlockByNumber", json!(["pending", false]));
    assert_eq!((&pending["number"], &pending["parentHash"]), (&json!("0x3"), block_hash));
    // The size is that of the block's RLP form.
    let entry = node.chain().block(2).unwrap().block;
    let body = alloy_consensus::BlockBody {
        transactions: entry.transactions.iter().map(|tx| tx.inner().clone()).collect(),
        ommers: Vec::<alloy_consensus::Header>::new(),
        withdrawals: Some(Default::default()),
    };
    let rlp = alloy_rlp::encode(alloy_consensus::Block { header: entry.header.inner().clone(), body });
    assert_eq!(full["size"], format!("{:#x}", rlp.len()));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn small_answers() {
    let node = start(MiningMode::Instant).await;
    let from = DEV_ACCOUNTS[0].address;
    for (method, params, expected) in [
        ("eth_chainId", json!(null), json!("0x17f5")),
        ("net_version", json!([]), json!("6133")),
        ("net_listening", json!([]), json!(true)),
        ("net_peerCount", json!([]), json!("0x0")),
        ("eth_syncing", json!([]), json!(false)),
        ("eth_coinbase", json!([]), json!(from)),
        ("eth_gasPrice", json!([]), json!("0x6fc23ac0")),
        ("eth_maxPriorityFeePerGas", json!([]), json!("0x3b9aca00")),
        ("eth_getTransactionCount", json!([from, "latest"]), json!("0x0")),
        ("eth_getTransactionCount", json!([from, "pending"]), json!("0x0")),
        ("eth_getBalance", json!([from, "latest"]), json!("0x21e19e0c9bab2400000")),
        ("eth_getCode", json!([from, "latest"]), json!("0x")),
        (
            "eth_getAccountInfo",
            json!([from, "latest"]),
            json!({ "balance": "0x21e19e0c9bab2400000", "nonce": "0x0", "code": "0x" }),
        ),
        (
            "web3_sha3",
            json!(["0x"]),
            json!("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        ),
        ("eth_estimateGas", json!([{ "from": from, "to": from }]), json!("0x5208")),
        ("txpool_content", json!([]), json!({ "pending": {}, "queued": {} })),
        ("anvil_getAutomine", json!([]), json!(true)),
    ] {
        assert_eq!(ok(&node, method, params), expected, "{method}");
    }
    assert_eq!(ok(&node, "eth_accounts", json!([])).as_array().unwrap().len(), 10);
    assert!(ok(&node, "web3_clientVersion", json!([])).as_str().unwrap().starts_with("pars-devnet/v"));
    assert_eq!(ok(&node, "rpc_modules", json!([]))["pars"], "1.0");
    assert_eq!(ok(&node, "pars_config", json!([]))["chainId"], 6133);
    let history = ok(&node, "eth_feeHistory", json!(["0xa", "latest", [20.0]]));
    assert_eq!(history["baseFeePerGas"], json!(["0x3b9aca00", "0x342770c0"]));
    let list = ok(&node, "eth_createAccessList", json!([{ "from": from, "to": from }]));
    assert_eq!(list, json!({ "accessList": [], "gasUsed": "0x5208" }));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_verify_against_the_header() {
    let node = start(MiningMode::Instant).await;
    let counter = deploy(&node, &mut Wallet::new(0));
    ok(
        &node,
        "eth_sendTransaction",
        json!([{ "from": DEV_ACCOUNTS[1].address, "to": counter, "data": word(5) }]),
    );
    let block = ok(&node, "eth_getBlockByNumber", json!(["latest", false]));
    let state_root: B256 = serde_json::from_value(block["stateRoot"].clone()).unwrap();
    let proof = ok(&node, "eth_getProof", json!([counter, ["0x0", "0x1"], "latest"]));
    let nodes = |value: &Value| -> Vec<Bytes> { serde_json::from_value(value.clone()).unwrap() };
    let account = TrieAccount {
        nonce: 1,
        balance: Default::default(),
        storage_root: serde_json::from_value(proof["storageHash"].clone()).unwrap(),
        code_hash: keccak256(COUNTER),
    };
    let leaf = alloy_rlp::encode(account);
    verify_proof(state_root, Nibbles::unpack(keccak256(counter)), Some(leaf), &nodes(&proof["accountProof"]))
        .unwrap();
    for (index, value) in [(0u8, Some(alloy_rlp::encode(5u64))), (1, None)] {
        let entry = &proof["storageProof"][usize::from(index)];
        assert_eq!(entry["key"], format!("0x{index:x}"));
        let key = Nibbles::unpack(keccak256(B256::with_last_byte(index)));
        verify_proof(account.storage_root, key, value, &nodes(&entry["proof"])).unwrap();
    }
    let too_many = vec!["0x0"; 1025];
    assert_eq!(fails(&node, "eth_getProof", json!([counter, too_many])).0, -32005);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_take_state_and_block_overrides() {
    let node = start(MiningMode::Instant).await;
    let target = "0x00000000000000000000000000000000000c0de0";
    // TIMESTAMP, NUMBER, SLOAD(0) as three words.
    let code = "0x425f52436020525f5460405260605ff3";
    let answer = ok(
        &node,
        "eth_call",
        json!([
            { "to": target }, "latest",
            { target: { "code": code, "stateDiff": { format!("0x{:064x}", 0): format!("0x{:064x}", 9) } } },
            { "time": "0x7b", "number": "0x1c8" }
        ]),
    );
    assert_eq!(answer, format!("0x{:064x}{:064x}{:064x}", 123, 456, 9));
    assert_eq!(ok(&node, "eth_getCode", json!([target, "latest"])), "0x");
    // Value needs a balance, which an override can give.
    let pay = json!({ "from": target, "to": target, "value": "0x1" });
    assert_eq!(fails(&node, "eth_call", json!([pay])).0, -32000);
    ok(&node, "eth_call", json!([pay, "latest", { target: { "balance": "0x1" } }]));
    let both = json!({ target: { "state": {}, "stateDiff": {} } });
    assert_eq!(fails(&node, "eth_call", json!([pay, "latest", both])).0, -32602);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_at_sending_have_the_usual_texts() {
    let node = start(MiningMode::Instant).await;
    let mut alice = Wallet::new(0);
    let tx = alice.transfer(Address::ZERO, 1);
    let raw = Bytes::from(alice.sign(tx).encoded_2718());
    ok(&node, "eth_sendRawTransaction", json!([raw]));
    let (code, message) = fails(&node, "eth_sendRawTransaction", json!([raw]));
    assert!(code == -32000 && message.contains("nonce too low"), "{code} {message}");
    assert_eq!(fails(&node, "eth_sendRawTransaction", json!(["0x02"])).0, -32000);
    let stranger = Address::repeat_byte(9);
    let (code, message) = fails(&node, "eth_sendTransaction", json!([{ "from": stranger, "to": stranger }]));
    assert!(code == -32000 && message.contains("unknown account"), "{message}");
    let (_, message) = fails(
        &node,
        "eth_sendTransaction",
        json!([{ "from": alice.address(), "to": stranger, "nonce": "0x0" }]),
    );
    assert!(message.contains("nonce too low"), "{message}");

    ok(&node, "anvil_setBalance", json!([stranger, "0xde0b6b3a7640000"]));
    ok(&node, "anvil_impersonateAccount", json!([stranger]));
    let hash = ok(
        &node,
        "eth_sendTransaction",
        json!([{ "from": stranger, "to": alice.address(), "value": "0x5" }]),
    );
    assert_eq!(ok(&node, "eth_getTransactionReceipt", json!([hash]))["status"], "0x1");

    // Every type through eth_sendTransaction.
    for extra in [
        json!({ "gasPrice": "0x77359400" }),
        json!({ "type": "0x1" }),
        json!({ "maxFeePerGas": "0x77359400" }),
    ] {
        let mut request = json!({ "from": alice.address(), "to": stranger, "value": "0x1" });
        request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ok(&node, "eth_sendTransaction", json!([request]));
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_accounts_sign_messages_and_transactions() {
    let node = start(MiningMode::Instant).await;
    let address = DEV_ACCOUNTS[3].address;
    let message = Bytes::from_static(b"hello");
    let signature = ok(&node, "personal_sign", json!([message, address]));
    assert_eq!(ok(&node, "eth_sign", json!([address, message])), signature);
    let bytes: Bytes = serde_json::from_value(signature).unwrap();
    let signature = alloy_primitives::Signature::from_raw(&bytes).unwrap();
    assert_eq!(signature.recover_address_from_msg(&message[..]).unwrap(), address);
    assert_eq!(fails(&node, "eth_sign", json!([Address::ZERO, message])).0, -32000);
    let signed =
        ok(&node, "eth_signTransaction", json!([{ "from": address, "to": address, "value": "0x1" }]));
    ok(&node, "eth_sendRawTransaction", json!([signed["raw"]]));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_found_by_range_hash_address_and_topic_and_filters_report_once() {
    let node = start(MiningMode::Instant).await;
    let from = DEV_ACCOUNTS[0].address;
    // LOG1(topic = calldata word 0), empty body.
    let emitter = "0x00000000000000000000000000000000000c0de0";
    ok(&node, "anvil_setCode", json!([emitter, "0x5f355f5fa100"]));
    let emit = |topic: u64| {
        ok(&node, "eth_sendTransaction", json!([{ "from": from, "to": emitter, "data": word(topic) }]))
    };
    let topic = |topic: u64| json!([word(topic)]);
    let by_log = ok(&node, "eth_newFilter", json!([{ "address": emitter, "topics": topic(2) }]));
    let by_block = ok(&node, "eth_newBlockFilter", json!([]));
    let by_hash = ok(&node, "eth_newPendingTransactionFilter", json!(null));
    let changes =
        |filter: &Value| ok(&node, "eth_getFilterChanges", json!([filter])).as_array().unwrap().clone();
    let hashes: Vec<Value> = [1, 2, 3].map(emit).to_vec();

    let count = |filter: Value| ok(&node, "eth_getLogs", json!([filter])).as_array().unwrap().len();
    assert_eq!(count(json!({ "fromBlock": "0x0" })), 3);
    assert_eq!(count(json!({})), 1, "only the latest block");
    assert_eq!(count(json!({ "fromBlock": "0x1", "toBlock": "0x2" })), 2);
    assert_eq!(count(json!({ "fromBlock": "0x0", "toBlock": "0xffff", "topics": topic(2) })), 1);
    assert_eq!(count(json!({ "fromBlock": "earliest", "topics": [[word(1), word(3)]] })), 2);
    assert_eq!(count(json!({ "fromBlock": "earliest", "address": [from] })), 0);
    assert_eq!(count(json!({ "fromBlock": "0x50" })), 0);
    let block = ok(&node, "eth_getBlockByNumber", json!(["0x2", false]));
    let by_block_hash = ok(&node, "eth_getLogs", json!([{ "blockHash": block["hash"] }]));
    assert_eq!(
        (&by_block_hash[0]["transactionHash"], &by_block_hash[0]["removed"]),
        (&hashes[1], &json!(false))
    );
    assert_eq!(fails(&node, "eth_getLogs", json!([{ "blockHash": B256::ZERO }])).0, -32001);

    assert_eq!(changes(&by_hash), hashes);
    assert_eq!(changes(&by_log)[0]["transactionHash"], hashes[1]);
    assert_eq!(changes(&by_block).len(), 3);
    assert!(changes(&by_log).is_empty() && changes(&by_block).is_empty() && changes(&by_hash).is_empty());
    assert_eq!(
        ok(&node, "eth_getFilterLogs", json!([by_log])),
        json!([]),
        "the latest block has no such log"
    );

    // Across a revert: what is mined again is reported again.
    let snapshot = ok(&node, "evm_snapshot", json!([]));
    let lost = emit(2);
    assert_eq!(changes(&by_log)[0]["transactionHash"], lost);
    assert_eq!(ok(&node, "evm_revert", json!([snapshot])), true);
    assert!(changes(&by_log).is_empty());
    emit(7);
    let again = emit(2);
    assert_eq!(
        changes(&by_log).iter().map(|log| log["transactionHash"].clone()).collect::<Vec<_>>(),
        [again]
    );

    assert_eq!(ok(&node, "eth_uninstallFilter", json!([by_log])), true);
    assert_eq!(ok(&node, "eth_uninstallFilter", json!([by_log])), false);
    assert_eq!(fails(&node, "eth_getFilterChanges", json!([by_log])).0, -32001);
    assert_eq!(fails(&node, "eth_getFilterLogs", json!([by_block])).0, -32001);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_methods_do_what_their_names_say() {
    let node = start(MiningMode::Manual).await;
    let from = DEV_ACCOUNTS[0].address;
    let height = || ok(&node, "eth_blockNumber", json!([]));
    let time = || -> u64 {
        let block = ok(&node, "eth_getBlockByNumber", json!(["latest", false]));
        u64::from_str_radix(&block["timestamp"].as_str().unwrap()[2..], 16).unwrap()
    };
    let hash = ok(&node, "eth_sendTransaction", json!([{ "from": from, "to": from, "gas": "0x5208" }]));
    assert_eq!(ok(&node, "eth_getTransactionByHash", json!([hash]))["blockHash"], Value::Null);
    assert_eq!(ok(&node, "eth_getTransactionCount", json!([from, "pending"])), "0x1");
    assert_eq!(ok(&node, "txpool_status", json!([])), json!({ "pending": "0x1", "queued": "0x0" }));
    assert_eq!(ok(&node, "anvil_dropTransaction", json!([hash])), hash);
    ok(&node, "eth_sendTransaction", json!([{ "from": from, "to": from, "nonce": "0x5" }]));
    assert_eq!(ok(&node, "txpool_status", json!([])), json!({ "pending": "0x0", "queued": "0x1" }));
    assert!(ok(&node, "txpool_content", json!([]))["queued"].as_object().unwrap().len() == 1);
    ok(&node, "anvil_dropAllTransactions", json!([]));
    assert_eq!(ok(&node, "evm_mine", json!([])), "0x0");
    ok(&node, "evm_mine", json!([{ "blocks": 2 }]));
    ok(&node, "hardhat_mine", json!(["0x3", "0x3c"]));
    assert_eq!(height(), "0x6");
    let now = time();
    ok(&node, "evm_mine", json!([now + 500]));
    assert_eq!(time(), now + 500);
    ok(&node, "evm_setNextBlockTimestamp", json!([now + 900]));
    ok(&node, "evm_mine", json!(null));
    assert_eq!(time(), now + 900);
    assert!(ok(&node, "evm_increaseTime", json!([1000])).as_i64().unwrap() >= 1000);
    ok(&node, "evm_mine", json!([]));
    assert!(time() >= now + 1900);

    ok(&node, "hardhat_setNonce", json!([from, "0x9"]));
    assert_eq!(ok(&node, "eth_getTransactionCount", json!([from])), "0x9");
    let slot = format!("0x{:064x}", 3);
    ok(&node, "anvil_setStorageAt", json!([from, "0x3", slot]));
    assert_eq!(ok(&node, "eth_getStorageAt", json!([from, "0x3"])), slot);
    ok(&node, "anvil_setCoinbase", json!([Address::repeat_byte(4)]));
    assert_eq!(ok(&node, "eth_coinbase", json!([])), json!(Address::repeat_byte(4)));

    let waiting = ok(&node, "eth_sendTransaction", json!([{ "from": from, "to": from }]));
    ok(&node, "evm_setAutomine", json!([true]));
    assert_eq!(ok(&node, "eth_getTransactionReceipt", json!([waiting]))["status"], "0x1");
    ok(&node, "evm_setIntervalMining", json!([1]));
    let before = node.chain().height();
    let waited = std::time::Instant::now();
    while node.chain().height() == before {
        assert!(waited.elapsed().as_secs() < 10, "no block on the interval");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    ok(&node, "evm_setIntervalMining", json!([0]));
    assert_eq!(ok(&node, "anvil_getAutomine", json!([])), false);
    assert_eq!(fails(&node, "evm_setIntervalMining", json!([100_000])).0, -32602);
    assert_eq!(ask(&node, "evm_revert", json!(["0x63"]))["result"], false);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_precompile_can_be_simulated_for_a_forked_test() {
    let node = start(MiningMode::Instant).await;
    // As a Solidity shim words it: value as a word, block as a JSON number, overrides beside it.
    let call = json!({
        "from": DEV_ACCOUNTS[0].address, "to": pars_precompile::ADDRESS, "input": "0x54fd4d50",
        "value": format!("0x{:064x}", 0)
    });
    let overrides = json!({ pars_precompile::ADDRESS.to_string(): { "stateDiff": {} } });
    let answer = ok(
        &node,
        "pars_simulatePrecompile",
        json!([call, 0, overrides, { "time": 1_900_000_000u64, "number": 77 }]),
    );
    let words: Bytes = serde_json::from_value(answer).unwrap();
    assert_eq!(words[31], 1, "ok");
    // bool, eight heads in all; the first tail is the output.
    assert_eq!(words[32..64], word(8 * 32)[..]);
    assert_eq!(&words[9 * 32..10 * 32], &word(1)[..]);
    let not_there = json!([call, "0x99"]);
    assert_eq!(fails(&node, "pars_simulatePrecompile", not_there).0, -32001);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn impersonated_senders_have_hashes_of_their_own() {
    let node = start(MiningMode::Manual).await;
    ok(&node, "anvil_autoImpersonateAccount", json!([true]));
    let senders = [1, 2, 3].map(Address::repeat_byte);
    let mut hashes = Vec::new();
    for from in senders {
        ok(&node, "anvil_setBalance", json!([from, "0xde0b6b3a7640000"]));
        let request = json!([{ "from": from, "to": Address::ZERO, "value": "0x1", "gas": "0x5208" }]);
        let hash = ok(&node, "eth_sendTransaction", request);
        assert!(!hashes.contains(&hash), "{hash}");
        hashes.push(hash);
    }
    ok(&node, "evm_mine", json!([]));
    for (from, hash) in senders.iter().zip(hashes) {
        let receipt = ok(&node, "eth_getTransactionReceipt", json!([hash]));
        assert_eq!((&receipt["from"], &receipt["status"]), (&json!(from), &json!("0x1")));
    }
    node.stop().await;
}
