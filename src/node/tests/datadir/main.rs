//! A node with a data directory, as its operator meets it: restarts, kills, a ledger that lies. This file: what the tests
//! share.
#![cfg(unix)]

mod ledger;
mod restart;
mod tool;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use alloy_primitives::{Address, B256, U256, address};
use pars_mldsa::ParameterSet;
use pars_node::miner::{MinerKey, SignedWork, Work};
use serde_json::{Value, json};

const DEVNET: &str = env!("CARGO_BIN_EXE_pars-devnet");
const TOOL: &str = env!("CARGO_BIN_EXE_pars-ledger");
const PRECOMPILE: &str = "0x0000000000000000000000000000000000000300";
const RECIPIENT: Address = address!("0x00000000000000000000000000000000000abcd1");
/// The first dev account.
const ALICE: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// A folder of its own for a test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("datadir-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn text(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running node; killed with the test.
struct Node {
    child: Child,
    address: String,
}

impl Node {
    fn start(data: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(DEVNET);
        // What fails shall be in blocks, too.
        command.arg("--no-proof-admission").arg("--datadir").arg(data).args(more);
        Self::spawn(command).expect("starts")
    }

    /// `Err`: it did not come up; what it said.
    fn spawn(mut command: Command) -> Result<Self, String> {
        let mut child = command
            .args(["--port", "0"])
            .env("NO_COLOR", "1")
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        let lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        for line in lines.map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once("http://") {
                let address = rest.split(' ').next().expect("address").to_owned();
                // Drained, so that the log never blocks the node.
                let mut stderr = child.stderr.take().expect("stderr");
                std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
                return Ok(Self { child, address });
            }
        }
        let mut said = String::new();
        child.stderr.take().expect("stderr").read_to_string(&mut said).expect("text");
        child.wait().expect("ends");
        Err(said)
    }

    /// The whole answer; `None` if the node died meanwhile.
    fn try_ask(&self, method: &str, params: &Value) -> Option<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let (_, answer) = self.http(&format!("POST / HTTP/1.1\r\ncontent-length: {}", body.len()), &body)?;
        serde_json::from_str(&answer).ok()
    }

    fn http(&self, head: &str, body: &str) -> Option<(String, String)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let head = format!("{head}\r\nhost: {}\r\nconnection: close", self.address);
        write!(stream, "{head}\r\ncontent-type: application/json\r\n\r\n{body}").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.to_owned(), body.to_owned()))
    }

    fn ask(&self, method: &str, params: Value) -> Value {
        let answer = self.try_ask(method, &params).expect("an answer");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn height(&self) -> u64 {
        number(&self.ask("eth_blockNumber", json!([])))
    }

    /// Sends work to the precompile; the receipt.
    fn submit(&self, work: &SignedWork) -> Value {
        let call = json!({ "from": ALICE, "to": PRECOMPILE, "data": work.calldata(), "gas": "0x1e8480" });
        let hash = self.ask("eth_sendTransaction", json!([call]));
        self.ask("eth_getTransactionReceipt", json!([hash]))
    }

    /// As a call: what it returns, or how it fails.
    fn try_work(&self, work: &SignedWork) -> Value {
        let call = json!({ "from": ALICE, "to": PRECOMPILE, "data": work.calldata() });
        let answer = self.try_ask("eth_call", &json!([call, "latest"])).expect("an answer");
        answer.get("result").or(answer["error"].get("data")).cloned().expect("an outcome")
    }

    fn work_status(&self, work: &SignedWork) -> String {
        let answer = self.ask("aimining_getWork", json!([work.work_id()]));
        answer["status"].as_str().expect("a status").to_owned()
    }

    /// Waits until the ledger has caught up with the chain; its status.
    fn in_sync(&self) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let status = self.ask("aimining_syncStatus", json!([]));
            if status["sync"] == "inSync" && status["status"] == "following" {
                return status;
            }
            assert!(Instant::now() < deadline, "{status}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
        self.child.wait().expect("ends").code()
    }

    fn stop(mut self) {
        assert_eq!(self.signal("-TERM"), Some(0));
    }

    fn kill(mut self) {
        assert_eq!(self.signal("-KILL"), None);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// The `n`th piece of work of a fixed key, done just before `time`.
fn work(n: u64, time: u64) -> SignedWork {
    let nonce = B256::from(U256::from(n + 1));
    let work = Work {
        chain_id: 6133,
        job_id: nonce,
        model_hash: B256::repeat_byte(1),
        input_hash: B256::repeat_byte(2),
        output_hash: B256::repeat_byte(3),
        nonce,
        compute_units: 10,
        began_at: time - 10,
        completed_at: time - 1,
        recipient: RECIPIENT,
        min_reward: 0,
    };
    work.sign(&MinerKey::from_seed(ParameterSet::MlDsa44, B256::repeat_byte(7))).expect("signs")
}

fn number(value: &Value) -> u64 {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x")).expect("a quantity");
    u64::from_str_radix(digits, 16).expect("hex")
}

/// Runs `pars-ledger`.
fn tool(arguments: &[&str]) -> Output {
    Command::new(TOOL).args(arguments).output().expect("runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
