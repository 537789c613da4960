//! Tests over a real socket. This file: what they share.

mod filters;
mod hostile;
mod http;
mod methods;
mod miner;
mod origin;
mod ws;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};

use super::Rpc;
use crate::{Chain, Config, MiningMode, Node, NodeHandle, ledger::LedgerService};

/// The methods without a server, and with a ledger that follows no further.
pub(super) fn rpc_of(chain: Arc<Chain>) -> Rpc {
    let ledger = LedgerService::open(chain.clone(), None);
    ledger.catch_up();
    Rpc::new(chain, Arc::new(ledger))
}

pub(crate) async fn start(mining: MiningMode) -> NodeHandle {
    Node::start(Config { port: 0, mining, ..Default::default() }).await.expect("node starts")
}

/// Sends bytes as one HTTP request and reads the answer: status line and body.
pub(crate) fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    let request = format!("{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(request.as_bytes()).expect("writes");
    // The server may refuse before it has read everything.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}

pub(crate) fn post(address: SocketAddr, body: &[u8]) -> (u16, String) {
    let head = format!("POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json");
    exchange(address, &head, body)
}

/// Sends a JSON body and reads a JSON answer.
pub(crate) fn post_json(node: &NodeHandle, body: &str) -> Value {
    let (_, answer) = post(node.address(), body.as_bytes());
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// One call; the whole answer.
pub(crate) fn ask(node: &NodeHandle, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let answer = post_json(node, &request.to_string());
    assert_eq!(answer["id"], 7, "{method}: {answer}");
    answer
}

/// One call that must succeed.
pub(crate) fn ok(node: &NodeHandle, method: &str, params: Value) -> Value {
    let answer = ask(node, method, params);
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// One call that must fail: code and message.
pub(crate) fn fails(node: &NodeHandle, method: &str, params: Value) -> (i64, String) {
    let answer = ask(node, method, params);
    let error = &answer["error"];
    (error["code"].as_i64().unwrap_or_else(|| panic!("{method}: {answer}")), error["message"].to_string())
}
