use super::*;

const STEPS: [&str; 22] = [
    "node",
    "key",
    "job",
    "proof",
    "submit",
    "reward",
    "storage_proof",
    "ledger",
    "refuse_replay",
    "refuse_chain",
    "refuse_signature",
    "refuse_recipient",
    "refuse_stale",
    "real_evidence",
    "attest",
    "pin",
    "attest_pinned",
    "attest_again",
    "refuse_other_job",
    "refuse_old_evidence",
    "refuse_revoked",
    "done",
];

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
    assert_eq!(step(&lines, "done")["steps"], 21);
}

#[test]
fn d1_the_demo_pays_a_gpu_by_what_is_known_of_it() {
    let lines = demo(&Folder::new("demo-gpu"), &[]);
    let real = step(&lines, "real_evidence");
    assert_eq!(real["tier"], 3);
    // The fixture's, computed with another BLAKE3.
    assert_eq!(real["device_id"], "0x154d0c6c820dc5a25d45b14a398a919d825d376e8b9a3682a6c9ee951d33c95a");
    assert_eq!((&real["driver"], &real["other_nonce"]), (&"550.90.07".into(), &"NonceMismatch".into()));

    // One unit × 10^10 × 80 %, then 95 %, then 95 % at d 1.25, to which an idle epoch lets d rise.
    let (first, pinned) = (step(&lines, "attest"), step(&lines, "attest_pinned"));
    let again = step(&lines, "attest_again");
    for (line, reward, trust, epoch) in
        [(first, "8000000000", 8000, 1), (pinned, "9500000000", 9500, 1), (again, "11875000000", 9500, 2)]
    {
        assert_eq!((&line["reward"], &line["native_reward"]), (&reward.into(), &reward.into()));
        assert_eq!(
            (&line["trust_bps"], &line["epoch"], &line["tier"]),
            (&trust.into(), &epoch.into(), &3.into())
        );
    }
    assert_eq!(step(&lines, "reward")["reward"], "6000000000");
    assert!(first["kind"].as_str().unwrap().contains("not NVIDIA"));
    assert_eq!(first["seed"], pinned["seed"]);
    assert_eq!(again["previous_seed"], first["seed"]);
    assert_ne!(again["seed"], first["seed"]);
    // A report alone, without the two certificates.
    let bytes = |line: &Value| line["attestation_bytes"].as_u64().unwrap();
    assert!(bytes(again) + 1_000 < bytes(first));
    let gas = |line: &Value| line["gas_used"].as_u64().unwrap();
    assert!(gas(again) < gas(first));

    for (name, error, arguments) in [
        ("refuse_other_job", "NonceMismatch", "bytes32"),
        ("refuse_old_evidence", "NonceMismatch", "bytes32"),
        ("refuse_revoked", "DeviceRevoked", "bytes32"),
    ] {
        let line = step(&lines, name);
        assert_eq!((&line["error"], &line["status"]), (&error.into(), &"0x0".into()), "{name}");
        assert_eq!(line["unspoilt"], "accepted", "{name}");
        let revert = self::bytes(&line["revert_data"]);
        assert_eq!(revert[..4], keccak256(format!("{error}({arguments})"))[..4], "{name}");
    }
    let old = step(&lines, "refuse_old_evidence");
    assert_eq!((&old["seed"], &old["current_seed"]), (&first["seed"], &again["seed"]));
    let revoked = step(&lines, "refuse_revoked");
    assert_eq!(self::bytes(&revoked["revert_data"])[4..], *hash(&first["device_id"]));
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
fn the_demo_for_people_is_plain_and_narrow() {
    let output = Folder::new("demo-people").run(&["demo"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(!text.contains('\x1b'), "colours are for terminals");
    assert_eq!(text.matches('✓').count(), 22);
    assert!(!text.contains('✗'));
    for word in [
        "not an AI model",
        "0.000000006 AI",
        "WorkAccepted",
        "refused: WorkAlreadySpent",
        "refused: WrongChain",
        "refused: InvalidSignature",
        "refused: TimestampTooOld",
        "NVIDIA's own sample",
        "Not that it ran a model",
        "A simulated H100",
        "0.000000008 AI, 8000/6000",
        "0.0000000095 AI, 9500/6000",
        "refused: NonceMismatch",
        "refused: DeviceRevoked",
    ] {
        assert!(text.contains(word), "{word}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        let longest = line.split(' ').map(str::len).max();
        assert!(longest < Some(40), "a wall of hex: {line}");
    }
}
