//! Stopping, killing, starting again.

use super::*;

/// What clients see of a chain: every block, receipts, old states with their proofs.
fn picture(node: &Node) -> Vec<Value> {
    let height = node.height();
    let mut seen = Vec::new();
    for block in 0..=height {
        let tag = json!(format!("{block:#x}"));
        seen.push(node.ask("eth_getBlockByNumber", json!([tag, true])));
        seen.push(node.ask("eth_getBlockReceipts", json!([tag])));
        for account in [ALICE, PRECOMPILE, &RECIPIENT.to_string()] {
            seen.push(node.ask("eth_getProof", json!([account, ["0x0", "0x1"], tag])));
        }
    }
    seen.push(node.ask("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "latest" }])));
    seen.push(node.ask("aimining_getHistory", json!([RECIPIENT, "recipient"])));
    seen.push(node.ask("aimining_stats", json!([])));
    seen.push(node.ask("pars_config", json!([])));
    seen
}

#[test]
fn b7_a_restart_goes_on_where_the_node_stopped() {
    let folder = Folder::new("restart");
    let node = Node::start(&folder.data(), &[]);
    let spent = work(0, now());
    assert_eq!(node.submit(&spent)["status"], "0x1");
    node.ask("anvil_setBalance", json!([RECIPIENT, "0x7"]));
    node.ask("anvil_mine", json!(["0x3"]));
    node.ask("evm_increaseTime", json!([100_000]));
    node.ask("evm_mine", json!([]));
    node.ask("anvil_setNonce", json!([RECIPIENT, "0x9"]));
    let before = picture(&node);
    let time = number(&node.ask("eth_getBlockByNumber", json!(["latest", false]))["timestamp"]);
    node.stop();
    // Without a word about the chain: it is the one in the folder.
    let node = Node::start(&folder.data(), &[]);
    assert_eq!(picture(&node), before);
    assert_eq!(node.ask("eth_getTransactionCount", json!([RECIPIENT, "latest"])), "0x9");
    let again = node.submit(&spent);
    assert_eq!(again["status"], "0x0", "spent stays spent");
    assert_eq!(node.work_status(&spent), "spent");
    let block = node.ask("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(block["parentHash"], node.ask("eth_getBlockByNumber", json!(["0x5", false]))["hash"]);
    assert!((time..time + 60).contains(&number(&block["timestamp"])), "the clock goes on as it was moved");
    node.stop();
}

#[test]
fn a_revert_outlives_a_restart_and_the_ledger_follows_it() {
    let folder = Folder::new("revert");
    let node = Node::start(&folder.data(), &["--finality", "2"]);
    node.submit(&work(0, now()));
    let id = node.ask("evm_snapshot", json!([]));
    for n in 1..6 {
        node.submit(&work(n, now()));
    }
    let status = node.in_sync();
    assert_eq!(
        (&status["chainFinalized"], &status["ledgerFinalized"]["number"]),
        (&json!("0x4"), &json!("0x4"))
    );
    let number_of = |tag: &str| node.ask("eth_getBlockByNumber", json!([tag, false]))["number"].clone();
    assert_eq!(["latest", "safe", "finalized"].map(number_of), ["0x6", "0x5", "0x4"]);
    // Below what is final: a dev method may, and the ledger is built again.
    assert_eq!(node.ask("evm_revert", json!([id])), json!(true));
    assert_eq!(
        (node.work_status(&work(0, now())), node.work_status(&work(3, now()))),
        ("spent".into(), "unspent".into())
    );
    assert_eq!(node.in_sync()["rebuilds"], "0x1");
    node.submit(&work(9, now()));
    let before = picture(&node);
    node.stop();
    let node = Node::start(&folder.data(), &["--finality", "2"]);
    assert_eq!(picture(&node), before);
    node.stop();
    assert_eq!(code(&tool(&["audit", folder.data().to_str().unwrap()])), 0);
}

#[test]
fn e6_a_node_that_is_killed_loses_nothing_it_had_answered() {
    let folder = Folder::new("killed");
    // Fixed, so that a failure can be repeated as far as a race can.
    let mut random = 0x00c0_ffee_u64;
    println!("seed {random:#x}");
    let mut acknowledged: Vec<(SignedWork, Value)> = Vec::new();
    let mut n = 0;
    for round in 0..8 {
        let node = Node::start(&folder.data(), &[]);
        // Everything from before is there, and the ledger says so.
        for (work, receipt) in &acknowledged {
            let again = node.ask("eth_getTransactionReceipt", json!([receipt["transactionHash"]]));
            assert_eq!(&again, receipt, "round {round}");
            assert_eq!(node.work_status(work), "spent", "round {round}");
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let wait = Duration::from_millis(30 + (random >> 33) % 400);
        let id = node.child.id().to_string();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(wait);
            Command::new("kill").args(["-KILL", &id]).status().expect("kill");
        });
        loop {
            let work = work(n, now());
            n += 1;
            let call =
                json!([{ "from": ALICE, "to": PRECOMPILE, "data": work.calldata(), "gas": "0x1e8480" }]);
            let Some(sent) = node.try_ask("eth_sendTransaction", &call) else { break };
            let receipt = node.try_ask("eth_getTransactionReceipt", &json!([sent["result"]]));
            let Some(receipt) = receipt else { break };
            assert_eq!(receipt["result"]["status"], "0x1", "{receipt}");
            acknowledged.push((work, receipt["result"].clone()));
        }
        killer.join().expect("killer");
        drop(node);
        if round % 4 == 3 {
            // Behind at most, never wrong.
            let audit = tool(&["audit", folder.data().to_str().unwrap()]);
            assert_eq!(code(&audit), 0, "{}", said(&audit));
        }
    }
    println!("{} proofs acknowledged over 8 kills", acknowledged.len());
    assert!(acknowledged.len() > 8, "the kills came too early to show anything");
    let node = Node::start(&folder.data(), &[]);
    node.in_sync();
    node.stop();
}

#[test]
fn another_chain_a_second_node_and_foreign_folders_are_refused_in_words() {
    let folder = Folder::new("refused");
    let data = folder.data();
    let start = |more: &[&str]| {
        let mut command = Command::new(DEVNET);
        command.args(more);
        Node::spawn(command).err().unwrap_or_else(|| panic!("{more:?} must not start"))
    };
    let dir = data.to_str().unwrap();
    let node = Node::start(&data, &[]);
    let error = start(&["--datadir", dir]);
    assert!(error.contains("is in use: one process at a time"), "{error}");
    assert_eq!(code(&tool(&["audit", dir])), 2, "nor does the tool touch a running node's");
    node.stop();
    let genesis = folder.text("other.json");
    let arguments = ["genesis", "--gas-limit", "20000000", "--out", &genesis];
    assert!(Command::new(DEVNET).args(arguments).status().unwrap().success());
    for (arguments, expected) in [
        (&["--datadir", dir, "--chain-id", "7"][..], "holds a chain with chain id 6133, asked for is 7"),
        (&["--datadir", dir, "--genesis", &genesis], "holds a chain with genesis 0x"),
        (&["--datadir", dir, "--hardfork", "cancun"], "holds a chain with rules prague"),
        (&["--datadir", &genesis], "it is a file"),
        // A place where nobody may write, root included.
        (&["--datadir", "/proc/pars"], "/proc/pars"),
    ] {
        let error = start(arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert_eq!(error.lines().count(), 1, "a sentence: {error}");
    }
    let node = Node::start(&data, &["--chain-id", "6133", "--hardfork", "prague"]);
    assert_eq!(node.height(), 0);
    node.stop();
}

#[test]
fn a_full_disk_stops_blocks_and_costs_none() {
    let folder = Folder::new("full");
    let data = folder.data();
    Node::start(&data, &[]).stop();
    // No file may grow beyond 256 KiB: writes fail as on a full disk. Needs no rights.
    let mut command = Command::new("bash");
    let script = r#"trap "" XFSZ; ulimit -f 256; exec "$0" "$@""#;
    command.args(["-c", script, DEVNET]).arg("--datadir").arg(&data);
    let node = Node::spawn(command).expect("starts");
    let mut acknowledged = Vec::new();
    let error = loop {
        assert!(acknowledged.len() < 2_000, "the disk is never full");
        let work = work(acknowledged.len() as u64, now());
        let call = json!([{ "from": ALICE, "to": PRECOMPILE, "data": work.calldata(), "gas": "0x1e8480" }]);
        let answer = node.try_ask("eth_sendTransaction", &call).expect("an answer");
        match answer.get("result") {
            Some(hash) => acknowledged.push(hash.clone()),
            None => break answer["error"]["message"].as_str().unwrap().to_owned(),
        }
    };
    assert!(error.contains("was not produced") && error.contains("cannot be kept"), "{error}");
    // What is there can be read, and nothing more is there.
    assert_eq!(node.height(), acknowledged.len() as u64);
    node.stop();
    let node = Node::start(&data, &[]);
    assert!(node.height() >= acknowledged.len() as u64);
    for hash in &acknowledged {
        assert_eq!(node.ask("eth_getTransactionReceipt", json!([hash]))["status"], "0x1");
    }
    node.in_sync();
    node.stop();
}
