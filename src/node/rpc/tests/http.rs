use serde_json::{Value, json};

use super::{ask, exchange, fails, ok, post, post_json, start};
use crate::{
    MiningMode,
    chain::dev_accounts::DEV_ACCOUNTS,
    evm::fault,
    rpc::{MAX_BATCH, MAX_REQUEST_BYTES},
};

#[tokio::test(flavor = "multi_thread")]
async fn broken_requests_get_the_standard_codes() {
    let node = start(MiningMode::Instant).await;
    let code = |body: &str| post_json(&node, body)["error"]["code"].clone();
    for garbage in ["{bad", "", "\u{0}", "[1,", "nonsense"] {
        assert_eq!(code(garbage), -32700, "{garbage:?}");
    }
    for invalid in
        ["{}", "1", "\"x\"", "[]", r#"{"jsonrpc":"2.0","id":1}"#, r#"{"id":1,"method":"eth_chainId"}"#]
    {
        let code = code(invalid);
        assert!(code == -32600 || code == -32700, "{invalid:?}: {code}");
    }
    assert_eq!(code("[]"), -32600);
    assert_eq!(fails(&node, "eth_fillTransaction", json!([])).0, -32601);
    assert_eq!(fails(&node, "eth_nope", json!(null)).0, -32601);
    let address = DEV_ACCOUNTS[0].address;
    for (method, params) in [
        ("eth_getBalance", json!([])),
        ("eth_getBalance", json!({})),
        ("eth_getBalance", json!(["0x12"])),
        ("eth_getBalance", json!([address, "lates"])),
        ("eth_getBalance", json!([address, { "blockNumber": "0x1", "x": 1, "blockHash": 3 }])),
        ("eth_getStorageAt", json!([address, "zz", "latest"])),
        ("eth_getBlockByNumber", json!([])),
        ("eth_getTransactionByHash", json!(["0x1234"])),
        ("eth_call", json!(["x"])),
        ("eth_call", json!([{ "to": address, "data": "0x1", }])),
        ("eth_call", json!([{ "to": address, "data": "0x11", "input": "0x22" }])),
        ("eth_call", json!([{ "to": address, "chainId": "0x1" }])),
        ("eth_feeHistory", json!(["0x1", "latest", [200.0]])),
        ("eth_feeHistory", json!([-1, "latest"])),
        ("eth_getLogs", json!([{ "fromBlock": "0x5", "toBlock": "0x1" }])),
        ("eth_sendRawTransaction", json!([5])),
        ("evm_mine", json!(["x"])),
        ("evm_mine", json!([1])),
        ("evm_mine", json!([{ "blocks": -1 }])),
        ("evm_increaseTime", json!([])),
        ("evm_increaseTime", json!(["0x10000000000000000"])),
        ("anvil_setCode", json!([address, "0xef0100"])),
        ("anvil_mine", json!([1_000_000])),
        ("pars_simulatePrecompile", json!([{}])),
    ] {
        let (code, message) = fails(&node, method, params.clone());
        assert_eq!(code, -32602, "{method} {params}: {message}");
    }
    // After all that it still answers.
    assert_eq!(ok(&node, "eth_blockNumber", json!(null)), "0x0");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_answer_one_by_one_and_are_bounded() {
    let node = start(MiningMode::Instant).await;
    let answers = post_json(
        &node,
        r#"[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"jsonrpc":"2.0","id":2,"method":"nope"},{"foo":1},
            {"jsonrpc":"2.0","id":3,"method":"eth_getBalance","params":["0x1"]}]"#,
    );
    let find =
        |id: Value| answers.as_array().unwrap().iter().find(|answer| answer["id"] == id).unwrap().clone();
    assert_eq!(find(json!(1))["result"], "0x17f5");
    assert_eq!(find(json!(2))["error"]["code"], -32601);
    assert_eq!(find(json!(3))["error"]["code"], -32602);
    assert_eq!(find(Value::Null)["error"]["code"], -32600);
    let one = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" });
    let many = |count: u32| Value::Array(vec![one.clone(); count as usize]).to_string();
    assert_eq!(post_json(&node, &many(MAX_BATCH)).as_array().unwrap().len(), MAX_BATCH as usize);
    assert!(post_json(&node, &many(MAX_BATCH + 1))["error"]["code"].is_i64());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_bounded_and_foreign_hosts_and_origins_refused() {
    let node = start(MiningMode::Instant).await;
    let address = node.address();
    let mut large = br#"{"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x"#.to_vec();
    large.resize(MAX_REQUEST_BYTES as usize + 10, b'0');
    large.extend_from_slice(br#""]}"#);
    let (status, _) = post(address, &large);
    assert_eq!(status, 413);
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
    // DNS rebinding.
    let (status, _) = exchange(address, "POST / HTTP/1.1\r\nhost: evil.example", body);
    assert_eq!(status, 403);
    for (origin, allowed) in [
        ("http://localhost:3000", true),
        ("http://127.0.0.1", true),
        ("http://[::1]:80", true),
        ("https://evil.example", false),
        ("http://localhost.evil.example", false),
    ] {
        assert_eq!(crate::rpc::is_local_origin(origin), allowed, "{origin}");
    }
    assert!(!crate::rpc::is_local_origin("localhost"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reverts_are_code_3_with_data_and_halts_are_not() {
    let node = start(MiningMode::Instant).await;
    let target = "0x00000000000000000000000000000000000c0de0";
    let call = json!([{ "to": target }, "latest"]);
    // PUSH1 2a PUSH0 MSTORE, REVERT(0, 32)
    ok(&node, "anvil_setCode", json!([target, "0x602a5f5260205ffd"]));
    for method in ["eth_call", "eth_estimateGas"] {
        let error = ask(&node, method, call.clone())["error"].clone();
        assert_eq!(
            (&error["code"], &error["message"]),
            (&json!(3), &json!("execution reverted")),
            "{method}"
        );
        assert_eq!(error["data"], format!("0x{:064x}", 42), "{method}");
    }
    // A reason is spelled out: the marker code, copied elsewhere, reverts with Error(string).
    let marker = ok(&node, "eth_getCode", json!([pars_precompile::ADDRESS, "latest"]));
    ok(&node, "anvil_setCode", json!([target, marker]));
    let error = ask(&node, "eth_call", call.clone())["error"].clone();
    assert_eq!(error["message"], "execution reverted: AIMining 0x0300 needs Pars EVM");
    assert!(error["data"].as_str().unwrap().starts_with("0x08c379a0"));
    ok(&node, "anvil_setCode", json!([target, "0xfe"]));
    let (code, message) = fails(&node, "eth_call", call);
    assert_eq!(code, -32003, "{message}");
    // The precompile's typed error comes through as it is.
    let error = ask(&node, "eth_call", json!([{ "to": pars_precompile::ADDRESS, "data": "0x12345678" }]));
    assert_eq!(error["error"]["code"], 3);
    assert_eq!(error["error"]["data"].as_str().unwrap().len(), 10);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_a_fatal_error_is_reported_and_the_node_lives() {
    let node = start(MiningMode::Instant).await;
    let from = DEV_ACCOUNTS[0].address;
    let (code, message) =
        fails(&node, "eth_sendTransaction", json!([{ "from": from, "to": fault::FATAL, "gas": "0x186a0" }]));
    assert_eq!(code, -32603, "{message}");
    assert!(message.contains("broken on purpose"), "{message}");
    assert_eq!(fails(&node, "eth_call", json!([{ "to": fault::FATAL }])).0, -32603);
    assert_eq!(ok(&node, "eth_blockNumber", json!([])), "0x0");
    assert_eq!(ok(&node, "txpool_status", json!([])), json!({ "pending": "0x0", "queued": "0x0" }));
    ok(&node, "eth_sendTransaction", json!([{ "from": from, "to": from, "value": "0x1" }]));
    assert_eq!(ok(&node, "eth_blockNumber", json!([])), "0x1");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_clients_neither_block_nor_break_each_other() {
    let node = start(MiningMode::Instant).await;
    let address = node.address();
    let threads: Vec<_> = (0..8usize)
        .map(|index| {
            std::thread::spawn(move || {
                let from = DEV_ACCOUNTS[index].address;
                for _ in 0..10 {
                    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction",
                        "params": [{ "from": from, "to": from, "value": "0x1" }] });
                    let (_, answer) = post(address, request.to_string().as_bytes());
                    assert!(answer.contains("\"result\":\"0x"), "{answer}");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mined: usize = node.chain().blocks(0, u64::MAX).iter().map(|block| block.transactions.len()).sum();
    assert_eq!(mined, 80);
    for account in &DEV_ACCOUNTS[..8] {
        assert_eq!(ok(&node, "eth_getTransactionCount", json!([account.address, "latest"])), "0xa");
    }
    node.stop().await;
    assert!(std::net::TcpStream::connect(address).is_err(), "the port is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_handle_ends_the_node() {
    let node = start(MiningMode::Instant).await;
    let address = node.address();
    drop(node);
    let started = std::time::Instant::now();
    while std::net::TcpStream::connect(address).is_ok() {
        assert!(started.elapsed().as_secs() < 5, "still listening");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
