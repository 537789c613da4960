use super::*;

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
