//! Every vector of `precompile-spec/vectors/v1`, through the interface.

use crate::c::*;
use alloy_primitives::{Address, B256, Bytes, U256};
use pars_aimining::ParsCall;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf};

#[derive(Deserialize)]
pub struct File {
    genesis: BTreeMap<String, Value>,
    #[serde(default)]
    inputs: BTreeMap<String, Bytes>,
    pub vectors: Vec<Vector>,
}

#[derive(Clone, Deserialize)]
pub struct Vector {
    pub name: String,
    pub pre: Pre,
    pub call: Call,
    pub expected: Expected,
}

#[derive(Clone, Deserialize)]
pub struct Pre {
    pub genesis: String,
    #[serde(default)]
    pub setup: Vec<Step>,
    pub block: Block,
}

#[derive(Clone, Copy, Deserialize)]
pub struct Block {
    number: u64,
    timestamp: u64,
}

#[derive(Clone, Deserialize)]
pub struct Step {
    block: Block,
    call: Call,
    status: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    caller: Address,
    /// Hex, or a name in the file's table.
    input: String,
    #[serde(default)]
    append_zeros: usize,
    value: U256,
    #[serde(rename = "static")]
    is_static: bool,
    #[serde(rename = "direct")]
    is_direct: bool,
    gas: u64,
}

/// Without the fields that are for readers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    status: String,
    output: Bytes,
    gas_used: u64,
    logs: Vec<LogSpec>,
    storage: Vec<Change>,
    native_minted: BTreeMap<Address, U256>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct LogSpec {
    topics: Vec<B256>,
    data: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Change {
    slot: B256,
    before: U256,
    after: U256,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../precompile-spec/vectors/v1")
}

pub fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A configuration of a file, as the text that a host would read from its genesis.
pub struct Chain {
    pub precompile: Precompile,
    id: u64,
    active: Host,
}

impl Chain {
    fn new(config: &Value) -> Self {
        let precompile = Precompile::new(&config.to_string()).expect("the configuration of a vector is read");
        let id = config["chainId"].as_u64().expect("a chain id");
        let mut active = Host::default();
        assert_eq!(precompile.activate(&mut active, id), (SUCCESS, String::new()));
        Self { precompile, id, active }
    }
}

impl File {
    pub fn chains(&self) -> BTreeMap<String, Chain> {
        self.genesis.iter().map(|(name, config)| (name.clone(), Chain::new(config))).collect()
    }

    fn input(&self, call: &Call) -> Vec<u8> {
        let mut input = match self.inputs.get(&call.input) {
            Some(input) => input.to_vec(),
            None => call.input.parse::<Bytes>().expect("hex or a name in the table").to_vec(),
        };
        input.resize(input.len() + call.append_zeros, 0);
        input
    }

    fn execute(&self, chain: &Chain, host: &mut Host, call: &Call, block: Block) -> Ended {
        let shown = ParsCall {
            caller: call.caller.into(),
            running_as: if call.is_direct { ADDRESS } else { Address::repeat_byte(0xff) }.into(),
            is_static: call.is_static.into(),
            // The library itself is to leave it alone where the profile says so.
            value: call.value.to_be_bytes(),
            block_number: block.number,
            ..ordinary(chain.id, block.timestamp, call.gas)
        };
        chain.precompile.execute(host, &shown, &self.input(call))
    }

    /// Runs the set-up, then the call, and writes down what it did.
    pub fn run(&self, vector: &Vector, chains: &BTreeMap<String, Chain>) -> Expected {
        let chain = &chains[&vector.pre.genesis];
        let mut host = chain.active.clone();
        for step in &vector.pre.setup {
            let ended = self.execute(chain, &mut host, &step.call, step.block);
            assert_eq!(name(ended.status), step.status, "{}: a call of the set-up", vector.name);
        }
        let before = host.state.clone();
        let ended = self.execute(chain, &mut host, &vector.call, vector.pre.block);
        let after = &host.state;
        assert_eq!(after.nonce, 1, "{}", vector.name);
        assert_eq!(after.code, before.code, "{}", vector.name);
        let logs = if ended.status == SUCCESS { &after.logs[..] } else { &[] };
        Expected {
            status: name(ended.status).into(),
            gas_used: vector.call.gas - ended.gas_left,
            output: match (ended.status, ended.output) {
                (OUT_OF_GAS, None) => Bytes::new(),
                (SUCCESS | REVERT, Some(output)) => output,
                other => panic!("{}: {other:?}", vector.name),
            },
            logs: logs
                .iter()
                .map(|log| LogSpec { topics: log.topics.clone(), data: log.data.clone() })
                .collect(),
            storage: changes(&before.storage, &after.storage),
            native_minted: after
                .minted
                .iter()
                .map(|(to, balance)| (*to, *balance - before.minted.get(to).copied().unwrap_or_default()))
                .filter(|(_, minted)| !minted.is_zero())
                .collect(),
        }
    }
}

fn name(status: i32) -> &'static str {
    match status {
        SUCCESS => "success",
        REVERT => "revert",
        OUT_OF_GAS => "out_of_gas",
        other => panic!("calldata led to status {other}"),
    }
}

fn changes(before: &BTreeMap<B256, B256>, after: &BTreeMap<B256, B256>) -> Vec<Change> {
    let value =
        |state: &BTreeMap<B256, B256>, slot| -> U256 { state.get(slot).copied().unwrap_or_default().into() };
    let slots: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    slots
        .into_iter()
        .map(|slot| Change { slot: *slot, before: value(before, slot), after: value(after, slot) })
        .filter(|change| change.before != change.after)
        .collect()
}

#[test]
fn every_call_of_the_vectors_does_what_it_says() {
    let (mut files, mut calls) = (0, 0);
    for entry in std::fs::read_dir(folder()).expect("the vectors") {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        if ["activation.json", "interface.json", "manifest.json"].contains(&name.as_str()) {
            continue;
        }
        let file: File = read(&name);
        let chains = file.chains();
        for vector in &file.vectors {
            assert_eq!(file.run(vector, &chains), vector.expected, "{name}: {}", vector.name);
            calls += 1;
        }
        files += 1;
    }
    // A folder that was read by halves would pass, too.
    assert!(files >= 12 && calls >= 588, "only {calls} calls in {files} files were found");
    println!("{calls} calls in {files} files");
}

#[derive(Deserialize)]
struct AccountFile {
    vectors: Vec<AccountVector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountVector {
    name: String,
    genesis: Value,
    host_chain_id: u64,
    expected: AccountExpected,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum AccountExpected {
    Account(Account),
    Refused(String),
}

#[derive(Deserialize)]
struct Account {
    nonce: u64,
    code: Bytes,
    storage: Vec<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    slot: B256,
    value: U256,
}

/// What the sentence of a refusal says.
fn says(refusal: &str) -> &'static [&'static str] {
    match refusal {
        "wrong_chain" => &["the host runs chain"],
        "zero_chain_id" => &["chain id 0 is refused"],
        "invalid_governor" => &["cannot be the governor"],
        "rules" => &["must be the one in force at activation"],
        "parameter_out_of_bounds" => &[" is outside ["],
        "joint_bound" => &[" exceeds ", " is below ", " is shorter than "],
        "pending_teleport" => &["pending teleport"],
        "already_active" => &["already active"],
        other => panic!("no such refusal: {other}"),
    }
}

fn holds(reason: &str, refusal: &str) {
    assert!(says(refusal).iter().any(|words| reason.contains(words)), "{refusal}: {reason}");
}

#[test]
fn every_configuration_of_the_vectors_makes_its_account() {
    let file: AccountFile = read("activation.json");
    assert!(file.vectors.len() >= 20);
    let mut refused = 0;
    for AccountVector { name, genesis, host_chain_id, expected } in file.vectors {
        let precompile = Precompile::new(&genesis.to_string()).expect(&name);
        let mut host = Host::default();
        let activated = precompile.activate(&mut host, host_chain_id);
        let checked = precompile.check(host_chain_id);
        let (status, entry) = precompile.account(host_chain_id);
        match expected {
            AccountExpected::Refused(refusal) => {
                refused += 1;
                assert_eq!(activated.0, REFUSED, "{name}");
                holds(&activated.1, &refusal);
                assert_eq!(host.state, State::default(), "{name}: nothing is written");
                assert_eq!((checked, (status, entry)), (activated.clone(), activated), "{name}");
            }
            AccountExpected::Account(account) => {
                assert_eq!(activated, (SUCCESS, String::new()), "{name}");
                assert_eq!(checked, (SUCCESS, String::new()), "{name}");
                assert_eq!((host.state.nonce, &host.state.code), (account.nonce, &account.code), "{name}");
                let storage: BTreeMap<_, _> =
                    account.storage.iter().map(|stored| (stored.slot, B256::from(stored.value))).collect();
                assert_eq!(host.state.storage, storage, "{name}");
                assert!(host.state.logs.is_empty() && host.state.minted.is_empty(), "{name}");
                // The same as an entry of a genesis alloc.
                assert_eq!(status, SUCCESS, "{name}");
                let entry: Value = serde_json::from_str(&entry).expect("JSON");
                assert_eq!(entry["nonce"], "0x1");
                assert_eq!(entry["balance"], "0x0");
                assert_eq!(entry["code"], serde_json::to_value(&account.code).expect("JSON"));
                assert_eq!(entry["storage"], serde_json::to_value(&storage).expect("JSON"));
                assert_eq!(entry.as_object().expect("an object").len(), 4);
                // Again: the state says no.
                let before = host.state.clone();
                let (status, reason) = precompile.activate(&mut host, host_chain_id);
                assert_eq!(status, REFUSED, "{name}");
                holds(&reason, "already_active");
                assert_eq!(host.state, before, "{name}: nothing is written");
            }
        }
    }
    assert!(refused >= 5, "only {refused} refusals");
}
