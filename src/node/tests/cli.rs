//! The binary as its user meets it.
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const BINARY: &str = env!("CARGO_BIN_EXE_pars-devnet");

struct Node {
    child: Child,
    banner: String,
    address: String,
}

impl Node {
    /// Starts the binary and reads its banner to the end.
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut banner = String::new();
        let mut address = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        while address.is_empty() {
            let line = lines.next().expect("a banner with the URL").expect("text");
            if let Some((_, rest)) = line.split_once("http://") {
                address = rest.split(' ').next().expect("address").to_owned();
            }
            banner.push_str(&line);
            banner.push('\n');
        }
        Self { child, banner, address }
    }

    /// Sends a request without waiting for the answer.
    fn send(&self, method: &str, params: &str) -> TcpStream {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let mut stream = TcpStream::connect(&self.address).expect("connects");
        let head = format!("POST / HTTP/1.1\r\nhost: {}\r\nconnection: close", self.address);
        let length = body.len();
        write!(stream, "{head}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
            .expect("sends");
        stream
    }

    fn ask(&self, method: &str, params: &str) -> serde_json::Value {
        let mut stream = self.send(method, params);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answers");
        let (_, json) = answer.split_once("\r\n\r\n").expect("body");
        serde_json::from_str::<serde_json::Value>(json).expect("JSON")["result"].clone()
    }

    /// Sends a signal and waits; the exit code.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("waits") {
                return status.code();
            }
            if started.elapsed() > Duration::from_secs(20) {
                self.child.kill().expect("kills");
                panic!("{signal} did not stop the node");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn the_banner_warns_and_both_signals_stop_the_node() {
    for signal in ["-INT", "-TERM"] {
        let node = Node::start(&[]);
        for expected in [
            "DEVELOPMENT NODE",
            "never use a real key",
            "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            "0x0000000000000000000000000000000000000300 active from genesis",
            "6133",
            "prague",
        ] {
            assert!(node.banner.contains(expected), "{expected:?} is missing in\n{}", node.banner);
        }
        assert_eq!(node.ask("eth_chainId", "[]"), "0x17f5");
        assert_eq!(node.stop(signal), Some(0), "{signal}");
    }
}

#[test]
fn a_call_that_runs_long_does_not_keep_the_node() {
    let node = Node::start(&["--gas-limit", "1000000000"]);
    // BLAKE2f at address 9 costs a unit of gas per round: many seconds for one call. More calls than cores.
    let input = format!("0x3b000000{}01", "00".repeat(208));
    let call = format!(r#"[{{"to":"0x0000000000000000000000000000000000000009","data":"{input}"}}]"#);
    let calls: Vec<TcpStream> = (0..16).map(|_| node.send("eth_call", &call)).collect();
    std::thread::sleep(Duration::from_millis(500));
    let started = Instant::now();
    assert_eq!(node.stop("-TERM"), Some(0));
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    drop(calls);
}

#[test]
fn a_written_genesis_starts_the_same_chain_every_time() {
    let path = std::env::temp_dir().join(format!("pars-devnet-genesis-{}.json", std::process::id()));
    let file = path.to_str().expect("path");
    let written = Command::new(BINARY)
        .args([
            "genesis",
            "--chain-id",
            "7070",
            "--hardfork",
            "cancun",
            "--gas-limit",
            "20000000",
            "--out",
            file,
        ])
        .status()
        .expect("runs");
    assert!(written.success());
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let node = Node::start(&["--genesis", file, "--no-mining"]);
        assert_eq!(node.ask("eth_chainId", "null"), "0x1b9e");
        let block = node.ask("eth_getBlockByNumber", "[\"0x0\",false]");
        assert_eq!(block["gasLimit"], "0x1312d00");
        assert_eq!(node.ask("pars_config", "[]")["evmRevision"], "cancun");
        hashes.push(block["hash"].to_string());
        assert_eq!(node.stop("-TERM"), Some(0));
    }
    assert_eq!(hashes[0], hashes[1]);
    // Another one never takes its place.
    let before = std::fs::read(&path).expect("reads");
    let again = Command::new(BINARY).args(["genesis", "--out", file]).output().expect("runs");
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("cannot write"));
    assert_eq!(std::fs::read(&path).expect("reads"), before);
    std::fs::remove_file(&path).expect("removes");
}

#[test]
fn mistakes_are_told_and_exit_with_an_error() {
    let run = |arguments: &[&str]| {
        let output = Command::new(BINARY).args(arguments).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (arguments, expected) in [
        (&["--genesis", "/nonexistent/genesis.json"][..], "/nonexistent/genesis.json"),
        (&["--hardfork", "paris"], "unknown hardfork"),
        (&["--chain-id", "0", "--port", "0"], "chain id"),
        (&["--chain-id", "4294967296", "--port", "0"], "chain id"),
        (&["--gas-limit", "5", "--port", "0"], "gas limit 5"),
        (&["--gas-limit", "1000000001", "--port", "0"], "gas limit 1000000001 is above the maximum"),
        (&["--block-time", "0"], "block-time"),
        (&["--block-time", "1", "--no-mining"], "cannot be used with"),
        (&["nonsense"], "nonsense"),
    ] {
        let (code, error) = run(arguments);
        assert!(code.is_some_and(|code| code != 0), "{arguments:?}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    // A port that is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let port = taken.local_addr().expect("address").port().to_string();
    let (code, error) = run(&["--port", &port]);
    assert_eq!(code, Some(1));
    assert!(error.contains("cannot listen"), "{error}");
    let version = Command::new(BINARY).arg("--version").output().expect("runs");
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("pars-devnet "));
}
