use std::time::Duration;

use jsonrpsee::{
    core::client::{ClientT, Subscription, SubscriptionClientT},
    rpc_params,
};
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use serde_json::{Value, json};

use super::{ok, start};
use crate::{
    MiningMode,
    chain::{dev_accounts::DEV_ACCOUNTS, tests::word},
};

async fn next(subscription: &mut Subscription<Value>) -> Value {
    tokio::time::timeout(Duration::from_secs(10), subscription.next())
        .await
        .expect("in time")
        .expect("not closed")
        .expect("valid")
}

async fn subscribe(client: &WsClient, params: Vec<Value>) -> Subscription<Value> {
    let mut all = jsonrpsee::core::params::ArrayParams::new();
    for param in params {
        all.insert(param).unwrap();
    }
    client.subscribe("eth_subscribe", all, "eth_unsubscribe").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_report_heads_logs_and_pending_transactions() {
    let node = start(MiningMode::Instant).await;
    let client = WsClientBuilder::default().build(node.ws_url()).await.unwrap();
    let chain_id: Value = client.request("eth_chainId", rpc_params![]).await.unwrap();
    assert_eq!(chain_id, "0x17f5");

    let emitter = "0x00000000000000000000000000000000000c0de0";
    ok(&node, "anvil_setCode", json!([emitter, "0x5f355f5fa100"]));
    let mut heads = subscribe(&client, vec![json!("newHeads")]).await;
    let wanted = json!({ "address": emitter, "topics": [word(2)] });
    let mut logs = subscribe(&client, vec![json!("logs"), wanted]).await;
    let mut pending = subscribe(&client, vec![json!("newPendingTransactions")]).await;
    let mut full = subscribe(&client, vec![json!("newPendingTransactions"), json!(true)]).await;

    let snapshot = ok(&node, "evm_snapshot", json!([]));
    let emit = |topic: u64| {
        let from = DEV_ACCOUNTS[0].address;
        ok(&node, "eth_sendTransaction", json!([{ "from": from, "to": emitter, "data": word(topic) }]))
    };
    let (first, second) = (emit(1), emit(2));
    assert_eq!(next(&mut pending).await, first);
    assert_eq!(next(&mut pending).await, second);
    assert_eq!(next(&mut full).await["hash"], first);
    let head = next(&mut heads).await;
    assert_eq!(head["number"], "0x1");
    assert_eq!(next(&mut heads).await["parentHash"], head["hash"]);
    let log = next(&mut logs).await;
    assert_eq!((&log["transactionHash"], &log["removed"]), (&second, &json!(false)));

    // A revert takes the log back.
    ok(&node, "evm_revert", json!([snapshot]));
    let log = next(&mut logs).await;
    assert_eq!((&log["transactionHash"], &log["removed"]), (&second, &json!(true)));

    // Unsubscribed, nothing more comes; the others go on.
    heads.unsubscribe().await.unwrap();
    let third = emit(3);
    assert_eq!(next(&mut pending).await, third);

    let unknown = client
        .subscribe::<Value, _>("eth_subscribe", rpc_params!["nonsense"], "eth_unsubscribe")
        .await
        .unwrap_err();
    assert!(unknown.to_string().contains("no \\\"nonsense\\\" subscription"), "{unknown}");
    // The node stops although a client is still connected.
    tokio::time::timeout(Duration::from_secs(8), node.stop()).await.expect("stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_comes_on_every_tick() {
    let node = start(MiningMode::Interval(Duration::from_millis(100))).await;
    let client = WsClientBuilder::default().build(node.ws_url()).await.unwrap();
    let mut heads = subscribe(&client, vec![json!("newHeads")]).await;
    let first = next(&mut heads).await;
    assert_eq!(next(&mut heads).await["parentHash"], first["hash"]);
    let from = DEV_ACCOUNTS[0].address;
    let hash: Value = client
        .request("eth_sendTransaction", rpc_params![json!({ "from": from, "to": from })])
        .await
        .unwrap();
    loop {
        next(&mut heads).await;
        let receipt: Value = client.request("eth_getTransactionReceipt", rpc_params![&hash]).await.unwrap();
        if !receipt.is_null() {
            assert_eq!(receipt["status"], "0x1");
            break;
        }
    }
    node.stop().await;
}
