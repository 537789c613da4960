//! Who may speak to a node on loopback from a browser.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::{exchange, start};
use crate::{Config, MiningMode, Node};

const REQUEST: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;

/// Origin headers of one request, and whether it is let in.
const ORIGINS: &[(&[&str], bool)] = &[
    (&[], true),
    (&["http://localhost:3000"], true),
    (&["http://127.0.0.1"], true),
    (&["http://[::1]:80"], true),
    (&["https://evil.example"], false),
    (&["http://localhost.evil.example"], false),
    (&["null"], false),
    (&[""], false),
    (&["\u{e9}"], false),
    (&["http://localhost:3000", "https://evil.example"], false),
];

fn headers(origins: &[&str]) -> String {
    origins.iter().map(|origin| format!("\r\norigin: {origin}")).collect()
}

/// Status of a WebSocket handshake.
fn upgrade(address: SocketAddr, origins: &[&str]) -> u16 {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13";
    let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    let origins = headers(origins);
    write!(stream, "GET / HTTP/1.1\r\nhost: {address}\r\n{upgrade}\r\n{key}{origins}\r\n\r\n")
        .expect("writes");
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("a status line");
    String::from_utf8_lossy(&status[9..]).parse().expect("a status")
}

fn post(address: SocketAddr, method: &str, origins: &[&str]) -> u16 {
    let origins = headers(origins);
    let head = format!("{method} / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json{origins}");
    exchange(address, &head, REQUEST).0
}

#[tokio::test(flavor = "multi_thread")]
async fn no_foreign_page_reaches_a_node_on_loopback() {
    let node = start(MiningMode::Instant).await;
    for (origins, allowed) in ORIGINS {
        assert_eq!(upgrade(node.address(), origins), if *allowed { 101 } else { 403 }, "{origins:?}");
        let status = if *allowed { 200 } else { 403 };
        assert_eq!(post(node.address(), "POST", origins), status, "{origins:?}");
        assert_eq!(post(node.address(), "OPTIONS", origins), status, "{origins:?}");
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_the_node_to_the_network_opens_it_to_pages() {
    let host = std::net::Ipv4Addr::UNSPECIFIED.into();
    let node = Node::start(Config { host, port: 0, ..Default::default() }).await.expect("node starts");
    let address = SocketAddr::from(([127, 0, 0, 1], node.address().port()));
    assert_eq!(upgrade(address, &["https://wallet.example"]), 101);
    node.stop().await;
}
