//! `pars-ledger` on a node's data directory.

use super::*;

use rocksdb::{DB, Options};

#[test]
fn e8_the_tool_audits_exports_imports_and_compacts_a_data_directory() {
    let folder = Folder::new("tool");
    let data = folder.data();
    let dir = data.to_str().unwrap();
    let node = Node::start(&data, &[]);
    for n in 0..4 {
        node.submit(&work(n, now()));
    }
    node.in_sync();
    node.stop();
    let audit = tool(&["audit", dir]);
    assert_eq!(code(&audit), 0, "{}", said(&audit));
    assert!(said(&audit).contains("rows compared, 0 differ"), "{}", said(&audit));

    // A chain file and the ledger beside it are the same source.
    let (chain, export) = (folder.text("chain.jsonl"), folder.text("export.jsonl"));
    let wrote = tool(&["chain", dir, "--out", &chain]);
    assert_eq!(code(&wrote), 0, "{}", said(&wrote));
    let ledger = data.join("ledger");
    let with_file = ["audit", "--ledger", ledger.to_str().unwrap(), "--chain", &chain];
    assert_eq!(code(&tool(&with_file)), 0, "{}", said(&tool(&with_file)));

    assert_eq!(code(&tool(&["export", dir, "--out", &export])), 0);
    assert_eq!(code(&tool(&["export", dir, "--out", &export])), 2, "it overwrites nothing");
    let lines = fs::read_to_string(&export).unwrap();
    assert_eq!(lines.lines().count(), 6, "a head and five blocks");
    assert!(lines.contains(&work(3, now()).work_id().to_string()));
    // Into a folder that lost its ledger, twice.
    fs::remove_dir_all(&ledger).unwrap();
    for expected in ["5 blocks new, 0 there already", "0 blocks new, 5 there already"] {
        let imported = tool(&["import", dir, "--in", &export]);
        assert_eq!(code(&imported), 0, "{}", said(&imported));
        assert!(said(&imported).contains(expected), "{}", said(&imported));
    }
    assert_eq!(code(&tool(&["compact", dir])), 0);
    let stats = tool(&["stats", dir]);
    let stats: Value = serde_json::from_slice(&stats.stdout).unwrap();
    assert_eq!(stats["stats"]["totals"]["software"]["proofs"], 4, "{stats}");
    assert_eq!(code(&tool(&["audit", dir])), 0, "imported and compacted, it is the same ledger");

    // A row that is not the chain's is found and named.
    let columns = DB::list_cf(&Options::default(), &ledger).unwrap();
    let db = DB::open_cf(&Options::default(), &ledger, columns).unwrap();
    db.delete_cf(db.cf_handle("spent").unwrap(), work(2, now()).work_id()).unwrap();
    drop(db);
    let audit = tool(&["audit", dir, "--json"]);
    assert_eq!(code(&audit), 1, "{}", said(&audit));
    let report: Value = serde_json::from_slice(&audit.stdout).unwrap();
    assert_eq!(
        (&report["differences"], &report["named"][0]["column"]),
        (&json!(1), &json!("spent")),
        "{report}"
    );
    assert!(
        report["named"][0]["key"]
            .as_str()
            .is_some_and(|key| work(2, now()).work_id().to_string().ends_with(key))
    );
    assert!(!data.join("ledger.audit").exists(), "nothing is left behind");

    // Trouble is a sentence and no verdict.
    for (arguments, expected) in [
        (&["audit", "/nonexistent"][..], "holds no chain"),
        (&["audit"], "required"),
        (&["stats", &folder.text("empty")], "holds no chain"),
    ] {
        let output = tool(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(expected), "{arguments:?}: {}", said(&output));
    }
    // A damaged chain is no ground to judge a ledger on.
    let chain = data.join("chain");
    let columns = DB::list_cf(&Options::default(), &chain).unwrap();
    let db = DB::open_cf(&Options::default(), &chain, columns).unwrap();
    db.delete_cf(db.cf_handle("receipts").unwrap(), 2u64.to_be_bytes()).unwrap();
    drop(db);
    let output = tool(&["audit", dir]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("is damaged: block 2 has no row in receipts"), "{}", said(&output));
}
