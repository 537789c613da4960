//! `prove` for work that a GPU attests.

use alloy_sol_types::SolCall;
use jsonrpsee::core::client::{ClientT as _, Error as ClientError};
use jsonrpsee_http_client::HttpClientBuilder;
use pars_node::{Config, Node, NodeHandle, chain::dev_accounts::DEV_ACCOUNTS, miner::SimulatedGpu};
use pars_nvtrust::{Architecture, SPKI_PREFIX, simulated::SimulatedDevice};
use pars_protocol::abi::{
    IAIMiningErrors::IAIMiningErrorsErrors,
    IAIMiningGovernance::setIcaCall,
    IAIMiningInspector::{epochSeedsCall, epochSeedsReturn},
};
use serde_json::json;

use super::*;

const TIMES: [&str; 4] = ["--began", "1799999940", "--completed", "1800000000"];

fn seed() -> B256 {
    ids::initial_epoch_seed(6133)
}

fn device(key: &MinerKey, architecture: Architecture) -> SimulatedDevice {
    SimulatedDevice::new(architecture, &SimulatedGpu::seed_of(key.public_key()).0)
}

fn device_id(device: &SimulatedDevice) -> B256 {
    ids::attested_device_id(&device.spki())
}

/// A node of a test's own.
struct Stage {
    node: NodeHandle,
    client: jsonrpsee_http_client::HttpClient,
}

impl Stage {
    async fn start(genesis: Option<Value>) -> Self {
        let genesis = genesis.map(|genesis| serde_json::from_value(genesis).unwrap());
        let node = Node::start(Config { port: 0, genesis, ..Config::default() }).await.unwrap();
        let client = HttpClientBuilder::default().build(node.url()).unwrap();
        Self { node, client }
    }

    async fn call(&self, input: Bytes) -> Result<Bytes, String> {
        let call = json!({ "to": pars_protocol::ADDRESS, "input": input });
        match self.client.request("eth_call", [call, json!("latest")]).await {
            Ok(output) => Ok(output),
            Err(ClientError::Call(error)) => {
                let data: Bytes = serde_json::from_str(error.data().unwrap().get()).unwrap();
                Err(IAIMiningErrorsErrors::name_by_selector(*data.first_chunk().unwrap()).unwrap().to_owned())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends from the first dev account, the governor.
    async fn send(&self, input: Bytes) {
        let transaction =
            json!({ "from": DEV_ACCOUNTS[0].address, "to": pars_protocol::ADDRESS, "input": input });
        let hash: B256 = self.client.request("eth_sendTransaction", [transaction]).await.unwrap();
        let receipt: Value = self.client.request("eth_getTransactionReceipt", [json!(hash)]).await.unwrap();
        assert_eq!(receipt["status"], "0x1");
    }

    async fn seeds(&self) -> epochSeedsReturn {
        let output = self.call(epochSeedsCall {}.abi_encode().into()).await.unwrap();
        epochSeedsCall::abi_decode_returns(&output).unwrap()
    }

    async fn mine(&self, timestamp: u64) {
        let _: Value = self.client.request("evm_mine", [timestamp]).await.unwrap();
    }
}

#[test]
fn d1_a_simulated_gpu_attests_what_the_core_accepts() {
    for (kind, architecture, tier) in
        [("simulated:gh100", Architecture::GH100, 3), ("simulated:gb100", Architecture::GB100, 4)]
    {
        let folder = Folder::new(&format!("attest-{tier}"));
        let key = folder.key("44");
        folder.file("input", "the input");
        let device = device(&key, architecture);
        let seed = seed().to_string();
        // Far above what a device without attestation may claim in a minute.
        let arguments = ["--device", kind, "--seed", &seed, "--units", "50000000", "--json"];
        let output = folder.prove(&[&TIMES[..], &arguments].concat());
        assert_eq!(stderr(&output), "");
        let facts = json(&output);
        let calldata = bytes(&facts["calldata"]);
        let Outcome::Success(reward) = submit(calldata.clone(), NOW) else {
            panic!("{kind}: {:?}", submit(calldata, NOW))
        };
        // 5 · 10^7 units × 10^10 × 80 %: nobody has pinned what it measures.
        assert_eq!(U256::from_be_slice(&reward), U256::from(400_000_000_000_000_000u64));

        let encoded = bytes(&facts["proof"]);
        let proof = WorkProof::decode(&encoded).unwrap();
        let context = &proof.statement.context;
        let attestation = bytes(&facts["attestation"]);
        assert_eq!(context.device_id, device_id(&device), "the key's own device");
        assert_eq!(hash(&facts["device_id"]), context.device_id);
        assert_eq!(proof.statement.attestation_hash, ids::blake3(&attestation));
        assert_eq!(hash(&facts["attestation_hash"]), proof.statement.attestation_hash);
        let nonce = ids::attestation_nonce(context, key.public_key(), self::seed());
        assert_eq!(hash(&facts["attestation_nonce"]), nonce);
        assert_eq!(attestation, device.attestation(&nonce.0), "a device answers a nonce in one way");
        assert_eq!((&facts["tier"], hash(&facts["epoch_seed"])), (&tier.into(), self::seed()));
        assert_eq!(calldata, pars_node::miner::proof::calldata(encoded.clone(), attestation));
    }
}

#[test]
fn a_seed_of_its_own_is_another_device_and_registered_a_report_alone() {
    let folder = Folder::new("attest-seed");
    let key = folder.key("44");
    folder.file("input", "the input");
    let (seed, own) = (seed().to_string(), "77".repeat(32));
    let arguments = ["--device", "simulated:gh100", "--seed", &seed, "--device-seed", &own, "--json"];
    let facts = json(&folder.prove(&[&TIMES[..], &arguments].concat()));
    let device = SimulatedDevice::new(Architecture::GH100, &[0x77; 32]);
    assert_eq!(hash(&facts["device_id"]), device_id(&device));
    assert_ne!(hash(&facts["device_id"]), device_id(&self::device(&key, Architecture::GH100)));
    assert!(matches!(submit(bytes(&facts["calldata"]), NOW), Outcome::Success(_)));

    let facts = json(&folder.prove(&[&TIMES[..], &arguments, &["--registered"]].concat()));
    let attestation = bytes(&facts["attestation"]);
    assert_eq!(attestation[..2], [1, 2]);
    assert_eq!(attestation[2..34], device_id(&device)[..]);
    assert!(attestation.ends_with(&device.report(&hash(&facts["attestation_nonce"]).0)));
}

/// The two steps of a real GPU, here played by a simulated one that other tools ask.
#[test]
fn d3_a_nonce_is_printed_and_the_answer_signed_over() {
    let folder = Folder::new("attest-two-steps");
    let key = folder.key("65");
    folder.file("input", "the input");
    let device = device(&key, Architecture::GH100);
    let (seed, id) = (seed().to_string(), device_id(&device).to_string());
    let job = format!("0x{}", "31".repeat(32));
    let asked =
        ["--device-id", &id, "--seed", &seed, "--job", &job, "--began", "1799999940", "--print-nonce"];

    let printed = json(&folder.prove(&[&asked[..], &["--json"]].concat()));
    assert_eq!(
        (printed["job_id"].as_str(), printed["began_at"].as_u64()),
        (Some(&*job), Some(1_799_999_940))
    );
    assert_eq!(hash(&printed["input_hash"]), ids::blake3(b"the input"));
    assert_eq!(hash(&printed["model_hash"]), ReferenceJob::new().model_hash());
    assert_eq!(printed["miner"], key.address().to_string());
    let again: Vec<&str> =
        printed["repeat"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    let nonce = hash(&printed["attestation_nonce"]);

    // Without --json: the nonce alone on standard output, the rest beside it.
    let plain = folder.prove(&[&asked[..], &["--nonce", printed["nonce"].as_str().unwrap()]].concat());
    assert!(plain.status.success(), "{}", stderr(&plain));
    assert_eq!(stdout(&plain), format!("{nonce}\n"));
    assert!(stderr(&plain).contains(&again.join(" ")), "{}", stderr(&plain));

    let answer = device.attestation(&nonce.0);
    folder.file("answer", &answer);
    folder.file("answer.hex", format!("0x{}\n", hex::encode(&answer)));
    for file in ["answer", "answer.hex"] {
        let rest = ["--attestation", file, "--completed", "1800000000", "--units", "9000000", "--json"];
        let facts = json(&folder.prove(&[&again[..], &rest].concat()));
        assert_eq!(bytes(&facts["attestation"]), answer);
        assert_eq!((&facts["attestation_nonce"], &facts["tier"]), (&printed["attestation_nonce"], &3.into()));
        assert!(matches!(submit(bytes(&facts["calldata"]), NOW), Outcome::Success(_)), "{file}");
    }
    // The device id follows from the evidence; given, it must be the same.
    let index = again.iter().position(|argument| *argument == "--device-id").unwrap();
    let shorter = [&again[..index], &again[index + 2..]].concat();
    let rest = ["--attestation", "answer", "--completed", "1800000000"];
    assert!(folder.prove(&[&shorter[..], &rest].concat()).status.success());
    let other = format!("0x{}", "12".repeat(32));
    let refused = |arguments: &[&str], words: &[&str]| assert_refused(&folder.prove(arguments), 1, words);
    refused(&[&shorter[..], &rest, &["--device-id", &other]].concat(), &["is of the device", &id, &other]);

    // Whatever the nonce is bound to must be the same again.
    let reported = nonce.to_string();
    for change in [["--nonce", &other], ["--job", &other], ["--seed", &other], ["--began", "1799999941"]] {
        let mut changed = shorter.clone();
        let place = changed.iter().position(|argument| *argument == change[0]).unwrap();
        changed[place + 1] = change[1];
        refused(&[&changed[..], &rest].concat(), &["answers the nonce", &reported]);
    }
    refused(&[&shorter[..], &rest, &["--chain-id", "7070"]].concat(), &["answers the nonce"]);
    folder.file("input", "another input");
    refused(&[&shorter[..], &rest].concat(), &["answers the nonce"]);
    folder.file("input", "the input");

    // What is no evidence.
    let with = |content: &[u8], words: &[&str]| {
        folder.file("bad", content);
        let rest = ["--attestation", "bad", "--completed", "1800000000"];
        refused(&[&shorter[..], &rest].concat(), words);
    };
    with(b"", &["bad: this is no attestation", "ends inside its version"]);
    with(b"hello", &["bad: this is no attestation", "version 104 is unknown"]);
    with(&vec![1; 70_000], &["more than 65536 bytes"]);
    with(&[&answer[..], &[0]].concat(), &["1 bytes stand behind the attestation"]);
    let mut forged = answer.clone();
    forged[100] ^= 1;
    with(&forged, &["bad: the attestation"]);
    forged = answer.clone();
    forged[2] = 2;
    with(&forged, &["intermediate 2 is none", "give --rpc to ask one"]);
    let missing = [&shorter[..], &["--attestation", "none"]].concat();
    refused(&missing, &["cannot read the attestation none"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_node_is_asked_for_the_seed_and_takes_the_proof() {
    let folder = Folder::new("attest-rpc");
    let key = folder.key("44");
    folder.file("input", "the input");
    let stage = Stage::start(None).await;
    let url = stage.node.url();
    let simulated = ["--device", "simulated:gh100", "--rpc", &url, "--json"];

    // Evidence for the present seed, which the first acceptance then rolls.
    let first = stage.seeds().await;
    let id = device_id(&device(&key, Architecture::GH100)).to_string();
    let printed = json(&folder.prove(&["--device-id", &id, "--rpc", &url, "--print-nonce", "--json"]));
    assert_eq!(hash(&printed["epoch_seed"]), first.current);
    let facts = json(&folder.prove(&simulated));
    assert_eq!(hash(&facts["epoch_seed"]), first.current);
    stage.send(bytes(&facts["calldata"])).await;
    let rolled = stage.seeds().await;
    assert_eq!(rolled.previous, first.current);

    // It still counts: of the two seeds that of the evidence is taken.
    let nonce = hash(&printed["attestation_nonce"]);
    folder.file("answer", device(&key, Architecture::GH100).attestation(&nonce.0));
    let again: Vec<&str> =
        printed["repeat"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    let place = again.iter().position(|argument| *argument == "--seed").unwrap();
    let without_seed = [&again[..place], &again[place + 2..]].concat();
    let signed = json(
        &folder.prove(&[&without_seed[..], &["--attestation", "answer", "--rpc", &url, "--json"]].concat()),
    );
    assert_eq!(hash(&signed["epoch_seed"]), first.current);
    assert!(stage.call(bytes(&signed["calldata"])).await.is_ok());

    // In the next epoch the device is bound to the key, and its report alone will do; the old evidence will not.
    let now = pars_node::chain::snapshot::unix_time() + 4_000;
    stage.mine(now).await;
    let completed = ["--completed", &now.to_string()];
    let registered = json(&folder.prove(&[&simulated[..], &completed, &["--registered"]].concat()));
    assert_eq!(hash(&registered["epoch_seed"]), rolled.current);
    assert!(stage.call(bytes(&registered["calldata"])).await.is_ok());
    assert_eq!(stage.call(bytes(&signed["calldata"])).await.unwrap_err(), "NonceMismatch");

    // An intermediate that only the chain knows: first it does not, then its key is not the one that signed.
    let mut later = std::fs::read(folder.0.join("answer")).unwrap();
    later[2] = 2;
    folder.file("later", &later);
    let rest = ["--attestation", "later", "--rpc", &url];
    let refused = folder.prove(&[&without_seed[..], &rest].concat());
    assert_refused(&refused, 1, &["icaInfo(uint8) reverts: UnknownIca"]);
    // Any point of the curve will do as a key.
    let spki = device(&key, Architecture::GB100).spki();
    assert_eq!(spki[..SPKI_PREFIX.len()], SPKI_PREFIX);
    let architecture = B256::right_padding_from(b"GH100");
    let call = setIcaCall { tier: 3, architecture, spki: spki.to_vec().into() };
    stage.send(call.abi_encode().into()).await;
    let refused = folder.prove(&[&without_seed[..], &rest].concat());
    assert_refused(&refused, 1, &["later: the attestation: certificates: "]);

    // What goes wrong with the node is told.
    let other = folder.prove(&[&simulated[..], &["--chain-id", "7070"]].concat());
    assert_refused(&other, 1, &["is a node of chain 6133", "for chain 7070"]);
    stage.node.stop().await;
    assert_refused(&folder.prove(&simulated), 1, &[&url, "eth_chainId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn d6_a_genesis_without_the_dev_flag_refuses_simulated_gpus() {
    let folder = Folder::new("attest-no-dev");
    folder.key("44");
    folder.file("input", "the input");
    for (arguments, dev) in [(&["genesis"][..], true), (&["genesis", "--no-dev"], false)] {
        let genesis = json(&folder.run(arguments));
        assert_eq!(genesis["config"]["parsAiMiningConfig"]["dev"], dev);
        let stage = Stage::start(Some(genesis)).await;
        let url = stage.node.url();
        let facts = json(&folder.prove(&["--device", "simulated:gh100", "--rpc", &url, "--json"]));
        let answer = stage.call(bytes(&facts["calldata"])).await;
        match dev {
            true => assert!(answer.is_ok(), "{answer:?}"),
            false => assert_eq!(answer.unwrap_err(), "SimulatedDeviceNotAllowed"),
        }
        stage.node.stop().await;
    }
    let help = stdout(&folder.run(&["genesis", "--help"]));
    assert!(help.contains("dev flag") && help.contains("public knowledge"), "{help}");
    let help = stdout(&folder.run(&["prove", "--help"]));
    assert!(help.contains("paid only by chains whose dev flag stands"), "{help}");
}

#[test]
fn attestation_usage_errors_exit_with_2() {
    let folder = Folder::new("attest-usage");
    folder.key("44");
    folder.file("input", "in");
    let good = format!("0x{}", "12".repeat(32));
    let zero = format!("0x{}", "00".repeat(32));
    let gh100 = ["--device", "simulated:gh100"];
    for (arguments, words) in [
        (vec!["--device", "gh100", "--seed", &good], &["simulated:gh100 and simulated:gb100"][..]),
        (vec!["--device", "H100", "--seed", &good], &["--device-id"]),
        (gh100.to_vec(), &["--seed", "--rpc"]),
        (vec!["--device", "simulated:gh100", "--seed", &zero], &["zero stands for nothing"]),
        (vec!["--device", "simulated:gh100", "--seed", "0x12"], &["32 bytes in hex"]),
        (vec!["--device", "simulated:gh100", "--rpc", "https://example.org"], &["http://127.0.0.1:PORT"]),
        (vec!["--device", "simulated:gh100", "--rpc", "http://example.org:1"], &["on this machine"]),
        (
            vec!["--device", "simulated:gh100", "--seed", &good, "--device-id", &good],
            &["cannot be used with"],
        ),
        (
            vec!["--device", "simulated:gh100", "--seed", &good, "--attestation", "x"],
            &["cannot be used with"],
        ),
        (vec!["--device-id", &good, "--seed", &good], &["--print-nonce", "--attestation"]),
        (vec!["--device-id", &good, "--print-nonce"], &["--seed", "--rpc"]),
        (vec!["--device-id", &zero, "--print-nonce", "--seed", &good], &["zero stands for nothing"]),
        (
            vec!["--device-id", &good, "--print-nonce", "--attestation", "x", "--seed", &good],
            &["cannot be used with"],
        ),
        (vec!["--attestation", "x"], &["--seed", "--rpc"]),
        (vec!["--print-nonce", "--seed", &good], &["--device", "--device-id"]),
        (vec!["--print-nonce"], &["required"]),
        (vec!["--seed", &good], &["--device"]),
        (vec!["--rpc", "http://127.0.0.1:1"], &["--device"]),
        (vec!["--registered"], &["--device"]),
        (vec!["--device-seed", &good], &["--device"]),
        (
            vec!["--registered", "--device-id", &good, "--print-nonce", "--seed", &good],
            &["cannot be used with"],
        ),
        (vec!["--device-seed", &good, "--attestation", "x", "--seed", &good], &["cannot be used with"]),
    ] {
        assert_refused(&folder.prove(&arguments), 2, words);
    }
}

#[test]
fn what_an_attested_proof_is_refused_for_exits_with_1() {
    let folder = Folder::new("attest-refused");
    folder.key("44");
    folder.file("input", "in");
    let seed = seed().to_string();
    let gpu = ["--device", "simulated:gh100", "--seed", &seed];
    let refused = |arguments: &[&str], words: &[&str]| {
        assert_refused(&folder.prove(&[&gpu[..], arguments].concat()), 1, words);
    };
    refused(&["--units", "1979001"], &["1979001 units in 1 s", "an H100 or H200", "at most 1979000"]);
    refused(&["--began", "2", "--completed", "1"], &["begin at 2", "complete at 1"]);
    // The same units are fine for a faster device.
    let faster = ["--device", "simulated:gb100", "--seed", &seed, "--units", "1979001"];
    assert!(folder.prove(&faster).status.success());
}
