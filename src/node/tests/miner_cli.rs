//! `keygen`, `prove` and `demo` as a user runs them.

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

const STEPS: [&str; 13] = [
    "node",
    "key",
    "job",
    "proof",
    "submit",
    "reward",
    "storage_proof",
    "refuse_replay",
    "refuse_chain",
    "refuse_signature",
    "refuse_recipient",
    "refuse_stale",
    "done",
];

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
    let precompile = Precompile::new(genesis.profile, Verifiers::reference());
    host.execute(&precompile, Call::new(Address::repeat_byte(0xc0), calldata, 10_000_000)).outcome
}

#[test]
fn keygen_writes_a_private_file_and_says_whose_key_it_is() {
    for (set, id) in [(None, 65), (Some("44"), 44), (Some("87"), 87)] {
        let folder = Folder::new(&format!("keygen-{id}"));
        let mut arguments = vec!["keygen", "--out", "key.json"];
        arguments.extend(set.iter().flat_map(|set| ["--set", set]));
        let output = folder.run(&arguments);
        assert!(output.status.success(), "{}", stderr(&output));

        let path = folder.0.join("key.json");
        let key = MinerKey::load(&path).unwrap();
        assert_eq!(key.parameter_set().id(), id);
        let told = stdout(&output);
        assert!(told.contains(&key.address().to_string()), "{told}");
        assert!(told.contains(&key.device_id().to_string()), "{told}");

        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(file["version"], 1);
        assert_eq!(file["parameter_set"], id);
        assert_eq!(bytes(&file["public_key"]), *key.public_key());
        assert_eq!(file["miner"], key.address().to_string());
        assert_eq!(hash(&file["device_id"]), key.device_id());
        let seed = file["seed"].as_str().unwrap();
        assert_eq!(bytes(&file["seed"]).len(), 32);
        assert!(!told.contains(seed), "the secret is on the screen");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn keygen_takes_a_new_seed_each_time_and_a_given_one_as_it_is() {
    let folder = Folder::new("keygen-seed");
    let seed_of = |arguments: &[&str], name: &str| {
        let output = folder.run(&[&["keygen", "--set", "44", "--out", name], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let file: Value = serde_json::from_slice(&fs::read(folder.0.join(name)).unwrap()).unwrap();
        file["seed"].as_str().unwrap().to_owned()
    };
    assert_ne!(seed_of(&[], "a"), seed_of(&[], "b"));
    assert_eq!(seed_of(&["--seed", SEED], "c"), SEED);
    assert_eq!(seed_of(&["--seed", &SEED[2..]], "d"), SEED);
}

#[test]
fn keygen_never_overwrites() {
    let folder = Folder::new("keygen-exists");
    let path = folder.file("key.json", "what was there");
    assert_refused(
        &folder.run(&["keygen", "--out", "key.json"]),
        1,
        &["key.json exists already", "never overwritten"],
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "what was there");

    // The default name is no exception, nor is a link that leads nowhere.
    assert!(folder.run(&["keygen", "--set", "44"]).status.success());
    let first = fs::read(folder.0.join("pars-miner-key.json")).unwrap();
    assert_refused(&folder.run(&["keygen", "--set", "44"]), 1, &["exists already"]);
    assert_eq!(fs::read(folder.0.join("pars-miner-key.json")).unwrap(), first);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.0.join("link")).unwrap();
        assert_refused(&folder.run(&["keygen", "--out", "link"]), 1, &["exists already"]);
        assert!(!folder.0.join("nowhere").exists());
    }
    assert_refused(&folder.run(&["keygen", "--out", "no/such/folder/key"]), 1, &["cannot write"]);
}

#[test]
fn keygen_usage_errors_exit_with_2() {
    let folder = Folder::new("keygen-usage");
    for (arguments, word) in [
        (vec!["--set", "66"], "44, 65 and 87"),
        (vec!["--set", "300"], "44, 65 and 87"),
        (vec!["--set", "x"], "44, 65 and 87"),
        (vec!["--seed", "0x12"], "--seed"),
        (vec!["--seed", "xyz"], "--seed"),
        (vec!["--nonsense"], "--nonsense"),
    ] {
        assert_refused(&folder.run(&[vec!["keygen"], arguments].concat()), 2, &[word]);
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0, "nothing is written");
}

#[test]
fn what_prove_prints_is_accepted_by_the_core() {
    for set in ParameterSet::ALL {
        let folder = Folder::new(&format!("prove-{}", set.id()));
        let key = folder.key(&set.id().to_string());
        folder.file("input", "the input");
        let times = ["--began", "1799999940", "--completed", "1800000000"];
        let output = folder.prove(&[&times[..], &["--units", "1000000", "--json"]].concat());
        let facts = json(&output);
        let calldata = bytes(&facts["calldata"]);
        let Outcome::Success(reward) = submit(calldata.clone(), NOW) else {
            panic!("{set}: {:?}", submit(calldata, NOW))
        };
        // 10^6 units × 10^10 × 60 %.
        assert_eq!(U256::from_be_slice(&reward), U256::from(6_000_000_000_000_000u64));

        // Everything printed is what was signed.
        let encoded = bytes(&facts["proof"]);
        let proof = WorkProof::decode(&encoded).unwrap();
        let (statement, context) = (&proof.statement, &proof.statement.context);
        assert_eq!(calldata, pars_node::miner::proof::calldata(encoded.clone(), Bytes::new()));
        assert_eq!(bytes(&facts["signed"]), *proof.signed);
        assert_eq!(hash(&facts["proof_hash"]), keccak256(proof.signed));
        assert_eq!(hash(&facts["work_id"]), ids::work_id(context.device_id, context.nonce, 6133));
        assert_eq!(hash(&facts["job_id"]), context.job_id);
        assert_eq!(hash(&facts["device_id"]), key.device_id());
        assert_eq!(hash(&facts["nonce"]), context.nonce);
        assert_eq!(facts["recipient"], ALICE.to_string());
        assert_eq!(statement.recipient, ALICE);
        assert_eq!(facts["miner"], key.address().to_string());
        assert_eq!(facts["parameter_set"], set.id());
        assert_eq!((&facts["began_at"], &facts["completed_at"]), (&1_799_999_940.into(), &NOW.into()));
        assert_eq!((context.timestamp, statement.completed_at), (1_799_999_940, NOW));
        assert_eq!((&facts["chain_id"], &facts["min_reward"]), (&6133.into(), &"0".into()));
        assert_eq!((&facts["compute_units"], statement.compute_units), (&1_000_000.into(), 1_000_000));

        // Without --output the reference job has run.
        let job = ReferenceJob::new();
        let result = job.run(b"the input".as_slice()).unwrap();
        assert_eq!(context.model_hash, job.model_hash());
        assert_eq!(context.input_hash, ids::blake3(b"the input"));
        assert_eq!(statement.output_hash, result.output_hash());
        let preimage = [context.model_hash.0, context.input_hash.0, context.nonce.0].concat();
        assert_eq!(context.job_id, ids::blake3(&preimage), "every run is a job of its own");
    }
}

#[test]
fn prove_prints_calldata_alone_and_a_new_nonce_each_time() {
    let folder = Folder::new("prove-plain");
    folder.key("44");
    folder.file("input", "");
    let before = pars_node::chain::snapshot::unix_time();
    let lines = [folder.prove(&[]), folder.prove(&[])].map(|output| {
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output), "");
        stdout(&output)
    });
    let after = pars_node::chain::snapshot::unix_time();
    assert_ne!(lines[0], lines[1]);
    for line in lines {
        let calldata = Bytes::from(hex::decode(line.trim_end()).unwrap());
        assert!(line.starts_with("0xa733975a") && line.ends_with('\n') && line.lines().count() == 1);
        let proof = calldata[4 + 3 * 32..].to_vec();
        let proof = WorkProof::decode(&proof[..WorkProof::length(ParameterSet::MlDsa44)]).unwrap();
        // Complete now, begun a second before, units as counted: payable at once.
        let (began, completed) = (proof.statement.context.timestamp, proof.statement.completed_at);
        assert!(
            (before..=after).contains(&completed)
                && began < completed
                && completed - began <= after - before + 1
        );
        assert_eq!(proof.statement.compute_units, 1);
        assert!(matches!(submit(calldata, completed), Outcome::Success(_)));
    }
}

/// On a chain whose clock was moved, the reference job's own beginning says nothing.
#[test]
fn a_completion_that_is_given_has_its_beginning_a_second_before() {
    let folder = Folder::new("completed");
    folder.key("44");
    folder.file("input", "");
    let output = folder.prove(&["--completed", "4000000000", "--json"]);
    let facts = json(&output);
    assert_eq!(
        (&facts["began_at"], &facts["completed_at"]),
        (&3_999_999_999_u64.into(), &4_000_000_000_u64.into())
    );
}

#[test]
fn prove_takes_what_it_is_given() {
    let folder = Folder::new("prove-given");
    folder.key("44");
    folder.file("input", "in");
    folder.file("output", "out");
    folder.file("model", vec![3; 200_000]);
    let (job, nonce) = (format!("0x{}", "11".repeat(32)), "22".repeat(32));
    let output = folder.prove(&[
        "--model",
        "file:model",
        "--output",
        "output",
        "--units",
        "7",
        "--job",
        &job,
        "--nonce",
        &nonce,
        "--chain-id",
        "7070",
        "--min-reward",
        "340282366920938463463374607431768211455",
        "--completed",
        "1800000000",
        "--json",
    ]);
    let facts = json(&output);
    let encoded = bytes(&facts["proof"]);
    let statement = WorkProof::decode(&encoded).unwrap().statement;
    assert_eq!(statement.context.model_hash, ids::blake3(&[3; 200_000]));
    assert_eq!(statement.context.input_hash, ids::blake3(b"in"));
    assert_eq!(statement.output_hash, ids::blake3(b"out"));
    assert_eq!(statement.context.job_id, B256::repeat_byte(0x11));
    assert_eq!(statement.context.nonce, B256::repeat_byte(0x22));
    assert_eq!(statement.context.chain_id, 7070);
    assert_eq!(statement.min_reward, u128::MAX);
    assert_eq!(statement.compute_units, 7);
    assert_eq!((statement.context.timestamp, statement.completed_at), (NOW - 1, NOW));

    // A hash instead of each file gives the same statement.
    let (model, answer) = (ids::blake3(&[3; 200_000]).to_string(), ids::blake3(b"out").to_string());
    let hashes =
        ["--model", &model, "--output-hash", &answer, "--units", "7", "--job", &job, "--nonce", &nonce];
    let rest = ["--chain-id", "7070", "--completed", "1800000000", "--json"];
    let again =
        json(&folder.prove(&[&hashes[..], &rest[..], &["--min-reward", &u128::MAX.to_string()]].concat()));
    assert_eq!(again["signed"], facts["signed"]);

    // A model of one's own without an output is said to be odd.
    let odd = folder.prove(&["--model", &model]);
    assert!(odd.status.success() && stderr(&odd).contains("the output is the reference job's"));
}

#[test]
fn prove_usage_errors_exit_with_2() {
    let folder = Folder::new("prove-usage");
    folder.key("44");
    folder.file("input", "in");
    let (zero, good) = (format!("0x{}", "00".repeat(32)), format!("0x{}", "12".repeat(32)));
    for (arguments, word) in [
        (vec!["--recipient", "0x12"], "--recipient"),
        (vec!["--job", "0x12"], "32 bytes in hex"),
        (vec!["--job", &zero], "zero stands for nothing"),
        (vec!["--nonce", &zero], "zero stands for nothing"),
        (vec!["--model", "gpt"], "file:PATH"),
        (vec!["--model", "file:"], "expected a path"),
        (vec!["--units", "0"], "--units"),
        (vec!["--units", "-1"], "-1"),
        (vec!["--units", "1e9"], "--units"),
        (vec!["--units", "18446744073709551616"], "--units"),
        (vec!["--chain-id", "0"], "--chain-id"),
        (vec!["--chain-id", "4294967296"], "--chain-id"),
        (vec!["--began", "yesterday"], "--began"),
        (vec!["--min-reward", "x"], "--min-reward"),
        (vec!["--output-hash", &good], "--units"),
        (vec!["--output", "input", "--units", "1"], "--model"),
        (
            vec!["--output", "input", "--output-hash", &good, "--units", "1", "--model", &good],
            "cannot be used with",
        ),
    ] {
        let output = match arguments.as_slice() {
            ["--recipient", recipient] => {
                folder.run(&["prove", "--key", "key.json", "--input", "input", "--recipient", recipient])
            }
            arguments => folder.prove(arguments),
        };
        assert_refused(&output, 2, &[word]);
    }
    assert_refused(&folder.run(&["prove"]), 2, &["--key", "--recipient", "--input"]);
    let mistyped = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267";
    let arguments = ["prove", "--key", "key.json", "--input", "input", "--recipient", mistyped];
    assert_refused(&folder.run(&arguments), 2, &["checksum"]);
}

#[test]
fn what_prove_refuses_exits_with_1_and_says_why() {
    let folder = Folder::new("prove-refused");
    let key = folder.key("44");
    folder.file("input", "in");
    let refused = |arguments: &[&str], words: &[&str]| assert_refused(&folder.prove(arguments), 1, words);
    refused(&["--units", "419001"], &["419001 units in 1 s", "at most 419000", "at least 2 s"]);
    refused(&["--units", "18446744073709551615"], &["no single job can be that large"]);
    refused(&["--began", "2", "--completed", "1"], &["begin at 2", "complete at 1"]);
    refused(&["--began", "1", "--completed", "86402"], &["86401 s", "86400 s"]);
    refused(&["--model", "file:none"], &["cannot read the model none"]);
    refused(&["--model", "file:.", "--output", "none", "--units", "1"], &["cannot read the model ."]);

    let recipient = |recipient: String, words: &[&str]| {
        let arguments = ["prove", "--key", "key.json", "--input", "input", "--recipient", &recipient];
        assert_refused(&folder.run(&arguments), 1, words);
    };
    recipient(Address::ZERO.to_string(), &["zero address"]);
    recipient(pars_protocol::ADDRESS.to_string(), &["the precompile itself"]);
    recipient(key.address().to_string(), &["has no private key"]);

    let alice = ALICE.to_string();
    let with = |key: &str, input: &str| {
        folder.run(&["prove", "--key", key, "--input", input, "--recipient", &alice])
    };
    assert_refused(&with("none.json", "input"), 1, &["cannot read the key file none.json"]);
    assert_refused(&with("input", "input"), 1, &["input is not a miner's key file"]);
    assert_refused(&with("key.json", "none"), 1, &["cannot read the input none"]);
    assert_refused(&with("key.json", "."), 1, &["cannot read the input ."]);
}

#[cfg(unix)]
#[test]
fn prove_minds_who_else_can_read_the_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("prove-readable");
    folder.key("44");
    folder.file("input", "in");
    fs::set_permissions(folder.0.join("key.json"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = folder.prove(&[]);
    assert!(output.status.success() && stderr(&output).contains("others can read key.json"));
}

/// Runs `demo --json` and gives its lines; asserts what holds of every good run.
fn demo(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let output = folder.run(&[&["demo", "--json"], arguments].concat());
    let text = stdout(&output);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["step"].as_str().unwrap()).collect::<Vec<_>>(), STEPS);
    for (step, line) in text.lines().zip(&lines) {
        assert_eq!(line["ok"], true, "{step}");
        assert!(line["micros"].is_u64(), "{step}");
        assert!(line.get("reason").is_none(), "{step}");
    }
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    lines
}

fn step<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    lines.iter().find(|line| line["step"] == name).unwrap()
}

#[test]
fn the_demo_pays_once_and_refuses_five_times() {
    let lines = demo(&Folder::new("demo"), &[]);
    let (key, job, proof) = (step(&lines, "key"), step(&lines, "job"), step(&lines, "proof"));
    let (submit, reward) = (step(&lines, "submit"), step(&lines, "reward"));
    assert_eq!(step(&lines, "node")["chain_id"], 6133);
    assert_eq!(key["parameter_set"], 65);
    assert!(job["kind"].as_str().unwrap().contains("not an AI model"));
    assert_eq!(job["compute_units"], 1);
    assert_eq!(proof["proof_bytes"], 5_551);
    assert_eq!((&submit["status"], &submit["block"]), (&"0x1".into(), &1.into()));
    assert_ne!(submit["relayer"], key["recipient"]);

    // One unit × 10^10 × 60 %, in AI and in PARS; the recipient had nothing.
    for (field, amount) in [
        ("reward", "6000000000"),
        ("native_reward", "6000000000"),
        ("balance_before", "0"),
        ("balance_after", "6000000000"),
        ("native_balance_before", "0"),
        ("native_balance_after", "6000000000"),
    ] {
        assert_eq!(reward[field], amount, "{field}");
    }
    let event = &reward["event"];
    assert_eq!(event["name"], "WorkAccepted");
    assert_eq!(event["workId"], proof["work_id"]);
    assert_eq!(event["recipient"], key["recipient"]);
    assert_eq!(event["miner"], key["miner"]);
    assert_eq!(event["proofHash"], proof["proof_hash"]);

    let evidence = step(&lines, "storage_proof");
    assert_eq!(evidence["value"], proof["proof_hash"]);
    assert_eq!(keccak256(bytes(&proof["signed"])), hash(&proof["proof_hash"]));
    let slot = keccak256([hash(&proof["work_id"]).0, B256::with_last_byte(6).0].concat());
    assert_eq!(hash(&evidence["slot"]), slot);

    for (index, (name, error)) in [
        ("refuse_replay", "WorkAlreadySpent()"),
        ("refuse_chain", "WrongChain()"),
        ("refuse_signature", "InvalidSignature()"),
        ("refuse_recipient", "InvalidSignature()"),
        ("refuse_stale", "TimestampTooOld()"),
    ]
    .into_iter()
    .enumerate()
    {
        let line = step(&lines, name);
        assert_eq!(line["error"], error.trim_end_matches("()"), "{name}");
        assert_eq!(line["status"], "0x0", "{name}");
        assert_eq!(line["block"], index + 2, "{name}: mined, one a block");
        assert_eq!(line["storage_root"], evidence["storage_root"], "{name}: no slot changed");
    }
    assert!(STEPS[..7].iter().all(|name| step(&lines, name).get("error").is_none()));
    // The spent work id is the replay's one argument.
    let revert = bytes(&step(&lines, "refuse_replay")["revert_data"]);
    assert_eq!(&revert[..4], &keccak256("WorkAlreadySpent(bytes32)")[..4]);
    assert_eq!(revert[4..], *hash(&proof["work_id"]));
    assert_eq!(bytes(&step(&lines, "refuse_signature")["revert_data"]), keccak256("InvalidSignature()")[..4]);
    assert_eq!(step(&lines, "done")["steps"], 12);
}

#[test]
fn the_demo_works_on_nothing_and_on_much() {
    let folder = Folder::new("demo-inputs");
    folder.file("empty", "");
    let lines = demo(&folder, &["--input", "empty"]);
    let job = step(&lines, "job");
    assert_eq!((&job["input_bytes"], &job["operations"]), (&0.into(), &49_152.into()));
    assert_eq!(hash(&job["input_hash"]), ids::blake3(b""));

    let much: Vec<u8> = (0..5_000_000u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    folder.file("much", &much);
    let lines = demo(&folder, &["--input", "much"]);
    let job = step(&lines, "job");
    assert_eq!(job["input_bytes"], 5_000_000);
    assert_eq!(hash(&job["input_hash"]), ids::blake3(&much));
    // 78,125 blocks and the length.
    assert_eq!(job["operations"], 78_126u64 * 49_152);
    assert_eq!(job["compute_units"], 4);
    assert_eq!(step(&lines, "reward")["reward"], "24000000000");
}

#[test]
fn a_demo_that_fails_says_where_and_why() {
    let folder = Folder::new("demo-fails");
    let output = folder.run(&["demo", "--json", "--input", "none"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let steps: Vec<_> =
        lines.iter().map(|line| (line["step"].as_str().unwrap(), line["ok"] == true)).collect();
    assert_eq!(steps, [("node", true), ("key", true), ("job", false), ("done", false)]);
    assert!(lines[2]["reason"].as_str().unwrap().contains("cannot read the input none"));
    assert_eq!(lines[3]["failed"], serde_json::json!(["job"]));
    assert!(stderr(&output).contains("failed at step job: cannot read the input none"));

    let output = folder.run(&["demo", "--input", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("✗ job") && stdout(&output).contains("✗ done"));
}

#[test]
fn the_demo_for_people_is_plain_and_fits_a_screen() {
    let output = Folder::new("demo-people").run(&["demo"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(!text.contains('\x1b'), "colours are for terminals");
    assert_eq!(text.matches('✓').count(), 13);
    assert!(!text.contains('✗'));
    for word in [
        "not an AI model",
        "0.000000006 AI",
        "WorkAccepted",
        "refused: WorkAlreadySpent",
        "refused: WrongChain",
        "refused: InvalidSignature",
        "refused: TimestampTooOld",
    ] {
        assert!(text.contains(word), "{word}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        let longest = line.split(' ').map(str::len).max();
        assert!(longest < Some(40), "a wall of hex: {line}");
    }
}
