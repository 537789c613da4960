//! `keygen`, `prove` and `demo` as a user runs them. This file: what the tests share.

mod attest;
mod demo;
mod keygen;
mod prove;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use alloy_primitives::{Address, B256, Bytes, U256, address, hex, keccak256};
use pars_mldsa::ParameterSet;
use pars_node::{miner::MinerKey, reference_job::ReferenceJob};
use pars_precompile::{Genesis, MemoryHost, Outcome, Precompile, Verifiers, activate, memory::Call};
use pars_protocol::{WorkProof, ids};
use serde_json::Value;

const ALICE: Address = address!("0x00000000000000000000000000000000000000A1");
const NOW: u64 = 1_800_000_000;
/// Seed of the tests' keys; fixed, so that a failure can be repeated.
const SEED: &str = "0x5555555555555555555555555555555555555555555555555555555555555555";

/// A folder of its own for a test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pars-devnet"));
        command.args(arguments).current_dir(&self.0).env_remove("RUST_LOG");
        command.output().unwrap()
    }

    /// A key in `key.json`, of the test's seed.
    fn key(&self, set: &str) -> MinerKey {
        let output = self.run(&["keygen", "--set", set, "--seed", SEED, "--out", "key.json"]);
        assert!(output.status.success(), "{}", stderr(&output));
        MinerKey::load(&self.0.join("key.json")).unwrap()
    }

    /// `prove` with a key, a recipient, an input, and more.
    fn prove(&self, more: &[&str]) -> Output {
        let recipient = ALICE.to_string();
        let mut arguments = vec!["prove", "--key", "key.json", "--recipient", &recipient, "--input", "input"];
        arguments.extend(more);
        self.run(&arguments)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn bytes(value: &Value) -> Bytes {
    value.as_str().unwrap().parse().unwrap()
}

fn hash(value: &Value) -> B256 {
    value.as_str().unwrap().parse().unwrap()
}

/// A refusal: nothing on standard output, the exit code, and words on standard error.
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    assert_eq!(stdout(output), "");
    for word in words {
        assert!(stderr(output).contains(word), "{word:?} is not in {:?}", stderr(output));
    }
}

/// Runs calldata on the core, in memory.
fn submit(calldata: Bytes, now: u64) -> Outcome {
    let genesis = Genesis::dev(6133, Address::repeat_byte(0x60));
    let mut host = MemoryHost::new(6133);
    (host.block_number, host.block_timestamp) = (1, now);
    activate(&mut host, &genesis).unwrap();
    let precompile = Precompile::new(genesis.profile, Verifiers::default());
    host.execute(&precompile, Call::new(Address::repeat_byte(0xc0), calldata, 10_000_000)).outcome
}
