//! The ledger of a running node: deleted, stale, damaged, foreign, full of lies. The chain's answers are the same.

use super::*;

use pars_ledger::rows::{Field as _, Work as Row};
use rocksdb::{DB, Options};

/// A genesis file that two nodes share.
fn genesis(folder: &Folder) -> String {
    let path = folder.text("genesis.json");
    let written = Command::new(DEVNET).args(["genesis", "--out", &path]).output().expect("runs");
    assert!(written.status.success(), "{}", said(&written));
    path
}

/// The ledger's database, without its care.
fn raw(data: &Path) -> DB {
    let path = data.join("ledger");
    let columns = DB::list_cf(&Options::default(), &path).expect("columns");
    DB::open_cf(&Options::default(), &path, columns).expect("opens")
}

/// The same deeds on a node, at given times: what the precompile answers, receipt by receipt.
fn deeds(node: &Node, works: &[SignedWork], base: u64) -> Vec<Value> {
    let mut answers = Vec::new();
    for (step, n) in [(1, 1), (2, 0), (3, 2), (4, 1)] {
        let proof = &works[n];
        answers.push(node.try_work(proof));
        node.ask("evm_setNextBlockTimestamp", json!([base + 10 * step]));
        let receipt = node.submit(proof);
        let block = node.ask("eth_getBlockByNumber", json!([receipt["blockNumber"], false]));
        answers.push(json!([
            receipt["status"],
            receipt["gasUsed"],
            receipt["logs"],
            block["stateRoot"],
            block["hash"]
        ]));
    }
    answers
}

#[test]
fn e9_a_ledger_deleted_stale_or_full_of_lies_changes_no_answer() {
    let folder = Folder::new("lies");
    let genesis = genesis(&folder);
    let base = now() + 100;
    // Signed once: signatures are random, and with them the gas of the calldata.
    let works: Vec<SignedWork> = (0..3).map(|n| work(n, base)).collect();
    let mut honest: Option<Vec<Value>> = None;
    for what in ["true", "deleted", "stale", "lies", "foreign", "gone meanwhile"] {
        let data = folder.0.join(what);
        let arguments = ["--genesis", &genesis[..]];
        // Work 0 is spent in block 1 on every node.
        let node = Node::start(&data, &arguments);
        node.ask("evm_setNextBlockTimestamp", json!([base]));
        let stale = folder.0.join("stale-copy");
        if what == "stale" {
            node.in_sync();
            node.kill();
            assert!(
                Command::new("cp").arg("-r").arg(data.join("ledger")).arg(&stale).status().unwrap().success()
            );
            let node = Node::start(&data, &arguments);
            node.ask("evm_setNextBlockTimestamp", json!([base]));
            assert_eq!(node.submit(&works[0])["status"], "0x1");
            node.stop();
        } else {
            assert_eq!(node.submit(&works[0])["status"], "0x1");
            node.in_sync();
            node.stop();
        }
        match what {
            "deleted" => fs::remove_dir_all(data.join("ledger")).unwrap(),
            "stale" => {
                fs::remove_dir_all(data.join("ledger")).unwrap();
                fs::rename(&stale, data.join("ledger")).unwrap();
            }
            "lies" => {
                // Work 0, which is spent, is not; works 1 and 2, which nobody spent, are.
                let db = raw(&data);
                let spent = db.cf_handle("spent").unwrap();
                let (id, row) = {
                    let mut rows = db.iterator_cf(spent, rocksdb::IteratorMode::Start);
                    rows.next().unwrap().unwrap()
                };
                assert_eq!(*id, *works[0].work_id());
                assert!(Row::decode(&row).is_some());
                db.delete_cf(spent, id).unwrap();
                for work in &works[1..] {
                    db.put_cf(spent, work.work_id(), &row).unwrap();
                }
            }
            "foreign" => {
                fs::remove_dir_all(data.join("ledger")).unwrap();
                fs::create_dir(data.join("ledger")).unwrap();
                fs::write(data.join("ledger").join("diary.txt"), b"mine").unwrap();
            }
            _ => {}
        }
        let node = Node::start(&data, &arguments);
        if what == "gone meanwhile" {
            fs::remove_dir_all(data.join("ledger")).unwrap();
        }
        if what == "lies" {
            // It does say what it was made to say: the chain just does not listen.
            assert_eq!(node.work_status(&works[0]), "unspent");
            assert_eq!(node.work_status(&works[1]), "spent");
        }
        let answers = deeds(&node, &works, base);
        assert_eq!(answers[1][0], "0x1", "{what}: work 1 is paid");
        assert_eq!(answers[3][0], "0x0", "{what}: work 0 is not paid again");
        match &honest {
            None => honest = Some(answers),
            Some(honest) => assert_eq!(&answers, honest, "{what}"),
        }
        match what {
            // What it does not understand it leaves alone, and says so.
            "foreign" => {
                let status = node.ask("aimining_syncStatus", json!([]));
                assert_eq!(status["status"], "closed", "{status}");
                assert!(status["reason"].as_str().unwrap().contains("ledger"), "{status}");
                let answer = node.ask("aimining_getWork", json!([works[1].work_id()]));
                assert_eq!(answer["status"], "unknown");
                assert!(answer["reason"].as_str().unwrap().contains("not available"), "{answer}");
                assert_eq!(fs::read(data.join("ledger").join("diary.txt")).unwrap(), b"mine");
            }
            "gone meanwhile" => {}
            _ => {
                // The block that the lie was about proved the ledger wrong; it was built again, and is right.
                let status = node.in_sync();
                assert_eq!(
                    status["rebuilds"],
                    if what == "lies" { "0x1" } else { "0x0" },
                    "{what}: {status}"
                );
                for work in &works {
                    assert_eq!(node.work_status(work), "spent", "{what}");
                }
            }
        }
        node.kill();
        if !["foreign", "gone meanwhile"].contains(&what) {
            let audit = tool(&["audit", data.to_str().unwrap()]);
            assert_eq!(code(&audit), 0, "{what}: {}", said(&audit));
        }
    }
}

#[test]
fn e7_a_damaged_ledger_is_moved_aside_and_built_again() {
    let folder = Folder::new("damaged");
    let data = folder.data();
    let node = Node::start(&data, &[]);
    for n in 0..3 {
        node.submit(&work(n, now()));
    }
    node.in_sync();
    node.stop();
    let db = raw(&data);
    db.put(b"head", b"nonsense").unwrap();
    drop(db);
    let node = Node::start(&data, &[]);
    let status = node.in_sync();
    assert_eq!(status["ledgerHead"]["number"], "0x3");
    assert_eq!(node.work_status(&work(2, now())), "spent");
    assert!(data.join("ledger.wrong").is_dir(), "to be looked at");
    node.stop();
}

#[test]
fn answers_name_their_block_and_pages_follow_each_other() {
    let folder = Folder::new("answers");
    let node = Node::start(&folder.data(), &[]);
    for n in 0..5 {
        node.submit(&work(n, now()));
    }
    let head = node.ask("eth_getBlockByNumber", json!(["latest", false]));
    let answer = node.ask("aimining_getWork", json!([work(3, now()).work_id()]));
    assert_eq!(answer["block"], json!({ "number": "0x5", "hash": head["hash"] }));
    let block = node.ask("eth_getBlockByNumber", json!(["0x4", false]));
    let row = &answer["work"];
    assert_eq!((&row["blockNumber"], &row["timestamp"]), (&json!("0x4"), &block["timestamp"]));
    assert_eq!((&row["transactionHash"], &row["computeUnits"]), (&block["transactions"][0], &json!("0xa")));
    let balance = node.ask("eth_call", json!([{ "to": PRECOMPILE, "data": balance_call() }, "latest"]));
    let reward = U256::from_str_radix(&row["reward"].as_str().unwrap()[2..], 16).unwrap();
    assert_eq!(U256::from_str_radix(&balance.as_str().unwrap()[2..], 16).unwrap(), reward * U256::from(5));
    let miner = row["miner"].clone();

    // Both lists, page by page.
    for (address, by) in [(json!(RECIPIENT), "recipient"), (miner, "miner")] {
        let whole = node.ask("aimining_getHistory", json!([address, by]));
        assert_eq!((whole["entries"].as_array().unwrap().len(), &whole["next"]), (5, &Value::Null));
        let (mut from, mut entries) = (Value::Null, Vec::new());
        for _ in 0..3 {
            let page = node.ask("aimining_getHistory", json!([address, by, from, 2]));
            entries.extend(page["entries"].as_array().unwrap().clone());
            from = page["next"].clone();
        }
        assert_eq!((json!(entries), from), (whole["entries"].clone(), Value::Null));
        let later = node.ask("aimining_getHistory", json!([address, by, "0x4"]));
        assert_eq!(later["entries"].as_array().unwrap().len(), 2);
    }
    let device = node.ask("aimining_getDevice", json!([row["deviceId"]]));
    assert_eq!((&device["status"], &device["device"]["proofs"]), (&json!("known"), &json!("0x5")));
    for method in ["aimining_getDevice", "aimining_getTeleport"] {
        assert_eq!(node.ask(method, json!([B256::repeat_byte(9)]))["status"], "absent");
    }
    assert_eq!(node.ask("aimining_getWork", json!([B256::repeat_byte(9)]))["status"], "unspent");
    let stats = node.ask("aimining_stats", json!([{ "fromBlock": "0x2", "toBlock": "0x3" }]));
    assert_eq!((&stats["software"]["proofs"], &stats["attested"]["proofs"]), (&json!("0x2"), &json!("0x0")));
    let all = node.ask("aimining_stats", json!([]));
    assert_eq!(
        U256::from_str_radix(&all["supply"].as_str().unwrap()[2..], 16).unwrap(),
        reward * U256::from(5)
    );

    for (method, params, expected) in [
        ("aimining_getWork", json!([]), "missing value for required argument 0"),
        ("aimining_getWork", json!(["0x12"]), "invalid argument 0"),
        ("aimining_getHistory", json!([RECIPIENT, "payer"]), "invalid argument 1"),
        ("aimining_getHistory", json!([RECIPIENT, "miner", null, 0]), "a page has 1 to 1000 entries"),
        ("aimining_getHistory", json!([RECIPIENT, "miner", null, 1001]), "a page has 1 to 1000 entries"),
        ("aimining_getHistory", json!([RECIPIENT, "miner", { "blok": 1 }]), "invalid argument 2"),
        (
            "aimining_stats",
            json!([{ "fromBlock": "0x3", "toBlock": "0x2" }]),
            "the span ends before it begins",
        ),
        ("aimining_stats", json!([{ "toBlock": "0x99" }]), "the span ends above the ledger's head"),
        ("aimining_stats", json!([{ "toBlock": "pending" }]), "not there yet"),
    ] {
        let answer = node.try_ask(method, &params).expect("an answer");
        let error =
            answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{method} {params}: {answer}"));
        assert_eq!(answer["error"]["code"], -32602, "{method} {params}: {answer}");
        assert!(error.contains(expected), "{method} {params}: {error}");
    }
    node.stop();
}

fn balance_call() -> String {
    let selector = alloy_primitives::keccak256("miningBalance(address)");
    format!(
        "0x{}{:0>64}",
        alloy_primitives::hex::encode(&selector[..4]),
        alloy_primitives::hex::encode(RECIPIENT)
    )
}

#[test]
fn i8_the_figures_are_there_for_prometheus() {
    let folder = Folder::new("metrics");
    let node = Node::start(&folder.data(), &[]);
    for n in 0..3 {
        node.submit(&work(n, now()));
    }
    let id = node.ask("evm_snapshot", json!([]));
    node.ask("anvil_mine", json!(["0x2"]));
    node.in_sync();
    assert_eq!(node.ask("evm_revert", json!([id])), json!(true));
    node.in_sync();
    let (head, text) = node.http("GET /metrics HTTP/1.1", "").expect("answers");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    let value = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.split(' ').next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("{name} is missing in\n{text}"));
        line.split(' ').nth(1).and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{line}"))
    };
    for (name, expected) in [
        ("pars_chain_height", 3.0),
        ("pars_chain_persistent", 1.0),
        ("pars_ledger_open", 1.0),
        ("pars_ledger_following", 1.0),
        ("pars_ledger_height", 3.0),
        ("pars_ledger_lag_blocks", 0.0),
        ("pars_ledger_blocks_reverted_total", 2.0),
        ("pars_ledger_blocks_applied_total", 6.0),
        ("pars_ledger_rebuilds_total", 0.0),
        ("pars_ledger_inconsistencies_total", 0.0),
    ] {
        assert_eq!(value(name), expected, "{name} in\n{text}");
    }
    assert!(value("pars_ledger_heals_total") >= 1.0, "the first start is one");
    assert!(value("pars_ledger_commit_seconds_total") >= value("pars_ledger_last_commit_seconds"));
    assert!(value("pars_ledger_last_commit_seconds") > 0.0);
    // Each with help and type, as the format wants.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(' ').next().unwrap();
        assert!(
            text.contains(&format!("# HELP {name} ")) && text.contains(&format!("# TYPE {name} ")),
            "{name}"
        );
    }
    node.stop();
}
