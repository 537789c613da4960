//! The ledger through the interface: following, going back, finality, questions.

use crate::c::*;
use alloy_primitives::{Address, B256, U64, U256};
use pars_aimining::*;
use pars_ledger::{
    Identity,
    testing::{self, Action, Chain, Folder},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    ptr::{null, null_mut},
};

/// An open ledger.
struct Ledger(*mut ParsLedger);

// SAFETY: the interface promises that any number of threads may use a handle; a test is to show it.
unsafe impl Send for Ledger {}
// SAFETY: the same.
unsafe impl Sync for Ledger {}

impl Drop for Ledger {
    fn drop(&mut self) {
        // SAFETY: made by `pars_ledger_open`, closed here alone.
        unsafe { pars_ledger_close(self.0) }
    }
}

fn precompile(identity: &Identity) -> Precompile {
    let config = identity.config.as_ref().expect("a configuration");
    Precompile::new(&serde_json::to_string(config).expect("JSON")).expect("legal")
}

fn open(path: &Path, identity: &Identity) -> Result<Ledger, String> {
    let precompile = precompile(identity);
    let path = path.to_str().expect("UTF-8");
    // SAFETY: all of it lives until the call returns.
    let (ledger, reason) = listen(|sink, context| unsafe {
        let hash = identity.genesis_hash;
        pars_ledger_open(precompile.0, path.as_ptr(), path.len(), hash.as_ptr(), sink, context)
    });
    assert_eq!(ledger.is_null(), !reason.is_empty(), "a ledger or a reason: {reason}");
    // The configuration's handle is freed here: the ledger has a copy.
    if ledger.is_null() { Err(reason) } else { Ok(Ledger(ledger)) }
}

fn done() -> (i32, String) {
    (SUCCESS, String::new())
}

impl Ledger {
    fn apply(&self, block: &str) -> (i32, String) {
        // SAFETY: handle and text live until the call returns.
        listen(|sink, context| unsafe {
            pars_ledger_apply(self.0, block.as_ptr(), block.len(), sink, context)
        })
    }

    fn revert_to(&self, hash: B256) -> (i32, String) {
        // SAFETY: as above.
        listen(|sink, context| unsafe { pars_ledger_revert_to(self.0, hash.as_ptr(), sink, context) })
    }

    fn finalize(&self, number: u64) -> (i32, String) {
        // SAFETY: as above.
        listen(|sink, context| unsafe { pars_ledger_finalize(self.0, number, sink, context) })
    }

    fn query(&self, request: &str) -> (i32, String) {
        // SAFETY: as above.
        listen(|sink, context| unsafe {
            pars_ledger_query(self.0, request.as_ptr(), request.len(), sink, context)
        })
    }

    /// An answer.
    fn ask(&self, method: &str, params: Value) -> Value {
        self.ask_at(json!({ "method": method, "params": params }))
    }

    fn ask_at(&self, request: Value) -> Value {
        let (status, text) = self.query(&request.to_string());
        assert_eq!(status, SUCCESS, "{request}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Why there is no answer.
    fn refusal(&self, method: &str, params: Value) -> (i32, String) {
        let (status, text) = self.query(&json!({ "method": method, "params": params }).to_string());
        assert_ne!(status, SUCCESS, "{method}: {text}");
        (status, text)
    }

    fn head(&self) -> Value {
        self.ask("syncStatus", json!([]))["ledgerHead"].clone()
    }
}

fn work(work: u64) -> Action {
    Action::Work { work, device: work % testing::CAST, recipient: work % 2 }
}

/// Four blocks: proofs, a claim, a device that registers and is revoked, logs of others, failures.
fn chain() -> (Identity, Chain) {
    let identity = testing::identity(4);
    let mut chain = Chain::new(&identity);
    chain.extend(0, &[work(1), Action::Noise, work(2), Action::Register { device: 1, miner: 1 }]);
    chain.extend(0, &[Action::Claim(0), work(3), Action::Failure]);
    chain.extend(0, &[Action::Revoke { device: 1, revoked: true }, work(4)]);
    chain.extend(0, &[work(5), work(7)]);
    (identity, chain)
}

fn json_of(chain: &Chain, height: usize) -> String {
    serde_json::to_string(&*chain.tips[height].block).expect("JSON")
}

fn named(chain: &Chain, height: usize) -> Value {
    let id = chain.tips[height].id();
    json!({ "number": U64::from(id.number), "hash": id.hash })
}

/// A ledger that has followed the whole chain.
fn followed(folder: &Folder) -> (Ledger, Chain) {
    let (identity, chain) = chain();
    let ledger = open(&folder.ledger(), &identity).expect("a new ledger");
    for height in 0..chain.tips.len() {
        assert_eq!(ledger.apply(&json_of(&chain, height)), done(), "block {height}");
    }
    (ledger, chain)
}

#[test]
fn it_follows_a_chain_goes_back_and_on_and_is_there_after_closing() {
    let folder = Folder::new();
    let (ledger, chain) = followed(&folder);
    assert_eq!(ledger.head(), named(&chain, 4));
    let digest = |ledger: &Ledger| ledger.ask("syncStatus", json!([]))["digest"].clone();
    let whole = digest(&ledger);
    // The same block again is no change.
    assert_eq!(ledger.apply(&json_of(&chain, 4)), done());
    let spent = |ledger: &Ledger, work| {
        ledger.ask("getWork", json!([testing::work_id(work)]))["status"].as_str().expect("text").to_owned()
    };
    assert_eq!(spent(&ledger, 5), "spent");
    assert_eq!(ledger.revert_to(chain.tips[2].id().hash), done());
    assert_eq!(ledger.head(), named(&chain, 2));
    assert_eq!([3, 4, 5].map(|work| spent(&ledger, work)), ["spent", "unspent", "unspent"]);
    // Another branch, and back again.
    let rival = chain.tips[2].child(9, &[work(5)]);
    let text = serde_json::to_string(&*rival.block).expect("JSON");
    assert_eq!(ledger.apply(&text), done());
    assert_eq!([4, 5].map(|work| spent(&ledger, work)), ["unspent", "spent"]);
    let (status, reason) = ledger.apply(&json_of(&chain, 4));
    assert_eq!(status, REFUSED);
    assert!(reason.contains("does not follow the ledger's head"), "{reason}");
    assert_eq!(ledger.revert_to(chain.tips[2].id().hash), done());
    for height in 3..5 {
        assert_eq!(ledger.apply(&json_of(&chain, height)), done());
    }
    assert_eq!(digest(&ledger), whole);
    // What is final is not taken back.
    assert_eq!(ledger.finalize(3), done());
    assert_eq!(ledger.finalize(1), done());
    let (status, reason) = ledger.revert_to(chain.tips[2].id().hash);
    assert_eq!(status, REFUSED);
    assert!(reason.contains("is not among the blocks from the finalized one"), "{reason}");
    let (status, reason) = ledger.finalize(5);
    assert_eq!(status, REFUSED);
    assert!(reason.contains("block 5 cannot be finalized"), "{reason}");
    let sync = ledger.ask("syncStatus", json!([]));
    assert_eq!(sync["ledgerFinalized"], named(&chain, 3));
    drop(ledger);
    let ledger = open(&folder.ledger(), &testing::identity(4)).expect("the same ledger");
    assert_eq!(ledger.head(), named(&chain, 4));
    assert_eq!(digest(&ledger), whole);
}

#[test]
fn a_folder_of_another_chain_in_use_or_of_something_else_is_refused() {
    let folder = Folder::new();
    let (ledger, _) = followed(&folder);
    let identity = testing::identity(4);
    let refused = |identity: &Identity, says: &str| {
        let reason = open(&folder.ledger(), identity).err().expect("it is refused");
        assert!(reason.contains(says), "{reason}");
    };
    refused(&identity, "is in use: one process at a time opens a ledger");
    drop(ledger);
    let mut other = identity.clone();
    other.config.as_mut().expect("there").chain_id = 7;
    other.config.as_mut().expect("there").pending_teleports.clear();
    refused(&other, "the ledger is of chain 6133, the node runs chain 7");
    let other = Identity { genesis_hash: B256::repeat_byte(1), ..identity.clone() };
    refused(&other, &format!("the ledger starts from genesis {}", identity.genesis_hash));
    // Nothing was changed.
    drop(open(&folder.ledger(), &identity).expect("the same ledger"));
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).expect("a folder");
    std::fs::write(foreign.join("letters.txt"), "dear").expect("a file");
    let reason = open(&foreign, &identity).err().expect("it is refused");
    assert!(reason.contains("is no ledger that can be opened"), "{reason}");
    assert_eq!(open(Path::new(""), &identity).err().as_deref(), Some("path is empty"));
}

#[test]
fn blocks_that_are_none_or_contradict_themselves_are_refused() {
    let folder = Folder::new();
    let (identity, chain) = chain();
    let ledger = open(&folder.ledger(), &identity).expect("a new ledger");
    let (status, reason) = ledger.apply(&json_of(&chain, 1));
    assert_eq!(status, REFUSED);
    assert!(reason.contains("which is none"), "{reason}");
    assert_eq!(ledger.apply(&json_of(&chain, 0)), done());
    for text in ["", "{", "[]", "{\"id\":{}}"] {
        let (status, reason) = ledger.apply(text);
        assert_eq!(status, MISUSE, "{text}");
        assert!(reason.starts_with("block: "), "{reason}");
    }
    // A slot that moved without an event.
    let mut block: Value = serde_json::from_str(&json_of(&chain, 1)).expect("JSON");
    let changes = block["changes"].as_object_mut().expect("an object");
    let slot = changes.keys().next().expect("a slot").clone();
    changes.remove(&slot);
    let (status, reason) = ledger.apply(&block.to_string());
    assert_eq!(status, REFUSED);
    assert!(reason.starts_with("block 1 ("), "{reason}");
    assert_eq!(ledger.head(), named(&chain, 0));
    assert_eq!(ledger.apply(&json_of(&chain, 1)), done());
}

#[test]
fn a_ledger_that_is_wrong_is_fatal_and_says_so_until_it_is_built_again() {
    let folder = Folder::new();
    let (ledger, chain) = followed(&folder);
    // The same block with other contents: not the block's fault, because it is the ledger's own.
    let mut block: Value = serde_json::from_str(&json_of(&chain, 4)).expect("JSON");
    block["timestamp"] = json!(1);
    let (status, reason) = ledger.apply(&block.to_string());
    assert_eq!(status, FATAL);
    assert!(reason.contains("has to be built again from the chain"), "{reason}");
    assert_eq!(ledger.apply(&json_of(&chain, 4)).0, FATAL);
    let sync = ledger.ask("syncStatus", json!([]));
    assert_eq!(sync["status"], "stalled");
    assert!(sync["reason"].as_str().expect("text").contains("is being built again"), "{sync}");
    let found = ledger.ask("getWork", json!([testing::work_id(1)]));
    assert_eq!(found["status"], "unknown");
    assert_eq!(ledger.refusal("getHistory", json!([testing::recipient(0), "recipient"])).0, REFUSED);
}

#[test]
fn a_work_is_spent_unspent_or_unknown_as_of_a_block() {
    let folder = Folder::new();
    let (ledger, chain) = followed(&folder);
    let found = ledger.ask("getWork", json!([testing::work_id(3)]));
    assert_eq!(found["status"], "spent");
    assert_eq!(found["block"], named(&chain, 4));
    assert_eq!(found["workId"], json!(testing::work_id(3)));
    let block = &chain.tips[2].block;
    let expected = json!({
        "blockNumber": "0x2", "timestamp": U64::from(block.timestamp), "transactionIndex": "0x1",
        "transactionHash": block.receipts[1].transaction, "recipient": testing::recipient(1),
        "miner": testing::miner(3), "deviceId": testing::device(3), "reward": testing::reward(3),
        "computeUnits": U64::from(testing::units(3)), "tier": testing::tier(3).id(),
        "trustBps": U64::from(testing::tier(3).trust_bps()), "nativeReward": U256::from(1), "epoch": "0x1",
    });
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(found["work"][field], *value, "{field}");
    }
    for field in ["jobId", "workDigest", "proofHash", "logIndex"] {
        assert!(found["work"][field].is_string(), "{field}: {found}");
    }
    assert_eq!(found["work"].as_object().expect("an object").len(), 17);
    let absent = ledger.ask("getWork", json!([testing::work_id(99)]));
    let expected = json!({
        "workId": testing::work_id(99), "block": named(&chain, 4), "status": "unspent", "work": null,
    });
    assert_eq!(absent, expected);
    // As of the chain's head, where the asker has one.
    let at = |head: Value| {
        let params = [testing::work_id(3)];
        ledger.ask_at(json!({ "method": "getWork", "params": params, "head": head }))
    };
    assert_eq!(at(named(&chain, 4)), found);
    let elsewhere = at(json!({ "number": 5, "hash": B256::repeat_byte(5) }));
    assert_eq!((&elsewhere["status"], &elsewhere["block"]["number"]), (&json!("unknown"), &json!("0x5")));
    let reason = elsewhere["reason"].as_str().expect("text");
    assert!(reason.starts_with("the ledger stands at block 4"), "{reason}");
}

#[test]
fn a_history_comes_in_pages_that_fit_each_other() {
    let folder = Folder::new();
    let (ledger, _) = followed(&folder);
    let all = |who: Address, by: &str, limit: u64| {
        let (mut entries, mut next) = (Vec::new(), Value::Null);
        loop {
            let page = ledger.ask("getHistory", json!([who, by, next, limit]));
            let found = page["entries"].as_array().expect("a list");
            assert!(found.len() <= usize::try_from(limit).expect("small"));
            entries.extend(found.clone());
            next = page["next"].clone();
            if next.is_null() {
                return entries;
            }
        }
    };
    // Recipient 1 has the works with odd numbers; recipient 0 those with even ones and the claim.
    let ids = |entries: &[Value]| -> Vec<Value> {
        let id = |entry: &Value| match entry["kind"].as_str() {
            Some("work") => entry["workId"].clone(),
            _ => json!("claim"),
        };
        entries.iter().map(id).collect()
    };
    let odd = all(testing::recipient(1), "recipient", 100);
    assert_eq!(ids(&odd), [1, 3, 5, 7].map(|work| json!(testing::work_id(work))));
    for limit in 1..4 {
        assert_eq!(all(testing::recipient(1), "recipient", limit), odd);
    }
    let even = all(testing::recipient(0), "recipient", 2);
    assert_eq!(ids(&even), [json!(testing::work_id(2)), json!("claim"), json!(testing::work_id(4))]);
    assert_eq!(even[1]["amount"], json!(testing::teleport(0).amount));
    // Device 1 was that of works 1 and 7.
    let mined = all(testing::miner(1), "miner", 100);
    assert_eq!(ids(&mined), [1, 7].map(|work| json!(testing::work_id(work))));
    // From a block on, by number in any spelling.
    for from in [json!(4), json!("4"), json!("0x4"), json!({ "block": "0x4", "logIndex": "0x0" })] {
        let page = ledger.ask("getHistory", json!([testing::recipient(1), "recipient", from]));
        assert_eq!(page["entries"], json!(odd[2..]));
    }
    assert_eq!(all(Address::repeat_byte(7), "miner", 5), Vec::<Value>::new());
}

#[test]
fn teleports_devices_and_figures() {
    let folder = Folder::new();
    let (ledger, chain) = followed(&folder);
    let teleport = |which| {
        let id = pars_protocol::ids::teleport_id(&testing::teleport(which));
        (id, ledger.ask("getTeleport", json!([id])))
    };
    let (id, claimed) = teleport(0);
    assert_eq!((&claimed["status"], &claimed["teleportId"]), (&json!("claimed"), &json!(id)));
    assert_eq!(claimed["teleport"]["claim"]["blockNumber"], "0x2");
    assert_eq!(claimed["teleport"]["deliveredInBlock"], "0x0");
    assert_eq!(claimed["teleport"]["timestamp"], json!(U64::from(chain.tips[0].block.timestamp)));
    let (_, pending) = teleport(3);
    assert_eq!(pending["status"], "pending");
    assert_eq!(pending["teleport"]["claim"], Value::Null);
    assert_eq!(pending["teleport"]["amount"], json!(testing::teleport(3).amount));
    let absent = ledger.ask("getTeleport", json!([B256::ZERO]));
    assert_eq!((&absent["status"], &absent["teleport"]), (&json!("absent"), &Value::Null));

    let device = ledger.ask("getDevice", json!([testing::device(1), null, 1]));
    assert_eq!(device["status"], "known");
    let body = &device["device"];
    assert_eq!(
        (&body["revoked"], &body["proofs"], &body["lastBlock"]),
        (&json!(true), &json!("0x2"), &json!("0x4"))
    );
    assert_eq!(body["reward"], json!(testing::reward(1) + testing::reward(7)));
    assert_eq!(body["registration"]["tier"], json!(testing::tier(1).id()));
    let mut kinds = vec![body["events"][0]["kind"].clone()];
    let mut next = body["next"].clone();
    while !next.is_null() {
        let page = ledger.ask("getDevice", json!([testing::device(1), next, 1]))["device"].clone();
        kinds.push(page["events"][0]["kind"].clone());
        next = page["next"].clone();
    }
    assert_eq!(kinds, ["registered", "bound", "revocation"]);
    assert_eq!(ledger.ask("getDevice", json!([B256::ZERO]))["status"], "absent");

    let stats = |range: Value| ledger.ask("stats", json!([range]));
    let whole = ledger.ask("stats", json!([]));
    assert_eq!(stats(json!({ "fromBlock": "earliest", "toBlock": "latest" })), whole);
    assert_eq!((&whole["fromBlock"], &whole["toBlock"]), (&json!("0x0"), &json!("0x4")));
    assert_eq!((&whole["claims"], &whole["deliveries"]), (&json!("0x1"), &json!("0x4")));
    assert_eq!(whole["attested"]["proofs"], "0x4");
    assert_eq!(whole["software"]["proofs"], "0x2");
    let rewards = [1, 2, 3, 4, 5, 7].map(testing::reward).into_iter().sum::<U256>();
    assert_eq!(whole["supply"], json!(rewards + testing::teleport(0).amount));
    let one = stats(json!({ "fromBlock": 2, "toBlock": "0x2" }));
    assert_eq!(
        (&one["claimed"], &one["attested"]["reward"]),
        (&json!(testing::teleport(0).amount), &json!(testing::reward(3)))
    );
    assert_eq!(stats(json!({ "toBlock": "finalized" }))["toBlock"], "0x0");
    assert_eq!(ledger.finalize(2), done());
    assert_eq!(stats(json!({ "toBlock": "finalized" }))["toBlock"], "0x2");
}

#[test]
fn questions_that_make_no_sense_are_named() {
    let folder = Folder::new();
    let (ledger, _) = followed(&folder);
    let id = json!(B256::ZERO);
    for (method, params, says) in [
        ("getwork", json!([id]), "the method getwork does not exist"),
        ("getWork", json!([]), "missing value for required argument 0"),
        ("getWork", json!([null]), "missing value for required argument 0"),
        ("getWork", json!(["0x12"]), "invalid argument 0"),
        ("getHistory", json!([Address::ZERO, "owner"]), "invalid argument 1"),
        ("getHistory", json!([Address::ZERO, "miner", "x"]), "invalid argument 2: not a block number"),
        ("getHistory", json!([Address::ZERO, "miner", { "blok": 1 }]), "invalid argument 2"),
        ("getHistory", json!([Address::ZERO, "miner", null, 0]), "a page has 1 to 1000 entries"),
        ("getHistory", json!([Address::ZERO, "miner", null, 1001]), "a page has 1 to 1000 entries"),
        ("getDevice", json!([id, null, -1]), "invalid argument 2"),
        ("stats", json!([{ "fromBlock": 3, "toBlock": 2 }]), "ends before it begins"),
        ("stats", json!([{ "toBlock": 5 }]), "ends above the ledger's head"),
        ("stats", json!([{ "toBlock": "pending" }]), "not there yet"),
        ("stats", json!([{ "toBlock": "safe" }]), "which block is safe"),
        ("stats", json!([{ "to": 5 }]), "unknown field `to`"),
    ] {
        let (status, text) = ledger.refusal(method, params.clone());
        assert_eq!(status, MISUSE, "{method} {params}");
        assert!(text.contains(says), "{method} {params}: {text}");
    }
    for text in
        ["", "getWork", "{}", "{\"method\":\"stats\",\"id\":1}", "{\"method\":\"stats\",\"params\":{}}"]
    {
        let (status, reason) = ledger.query(text);
        assert_eq!(status, MISUSE, "{text}");
        assert!(reason.starts_with("request: "), "{reason}");
    }
    let wrong_head = json!({ "method": "syncStatus", "head": { "number": "x", "hash": B256::ZERO } });
    assert_eq!(ledger.query(&wrong_head.to_string()), (MISUSE, "head: not a block number".into()));
}

#[test]
fn an_empty_ledger_says_that_it_is_empty() {
    let folder = Folder::new();
    let (identity, chain) = chain();
    let ledger = open(&folder.ledger(), &identity).expect("a new ledger");
    let found = ledger.ask("getWork", json!([B256::ZERO]));
    assert_eq!((&found["status"], &found["block"]), (&json!("unknown"), &Value::Null));
    assert_eq!(found["reason"], "the ledger is empty");
    assert_eq!(ledger.ask("getTeleport", json!([B256::ZERO]))["status"], "unknown");
    assert_eq!(ledger.ask("getDevice", json!([B256::ZERO]))["status"], "unknown");
    let empty = (REFUSED, "the ledger is empty".to_owned());
    assert_eq!(ledger.refusal("getHistory", json!([Address::ZERO, "miner"])), empty);
    assert_eq!(ledger.refusal("stats", json!([])), empty);
    let sync = ledger.ask("syncStatus", json!([]));
    assert_eq!(
        (&sync["ledgerHead"], &sync["digest"], &sync["sync"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    // Beside a chain there is a distance.
    let beside = |height| {
        let sync = ledger.ask_at(json!({ "method": "syncStatus", "head": named(&chain, height) }));
        (sync["sync"].as_str().expect("text").to_owned(), sync["distance"].as_str().expect("text").to_owned())
    };
    assert_eq!(beside(4), ("behind".into(), "0x5".into()));
    assert_eq!(ledger.apply(&json_of(&chain, 0)), done());
    assert_eq!(beside(4), ("behind".into(), "0x4".into()));
    assert_eq!(beside(0), ("inSync".into(), "0x0".into()));
    assert_eq!(ledger.apply(&json_of(&chain, 1)), done());
    assert_eq!(beside(0), ("ahead".into(), "0x1".into()));
    let fork = json!({ "number": "0x1", "hash": B256::repeat_byte(1) });
    let sync = ledger.ask_at(json!({ "method": "syncStatus", "head": fork }));
    assert_eq!((&sync["sync"], &sync["chainHead"]), (&json!("forked"), &fork));
}

#[test]
fn wrong_pointers_are_answered() {
    let folder = Folder::new();
    let (ledger, _) = followed(&folder);
    let precompile = precompile(&testing::identity(4));
    let none = (MISUSE, "ledger is null".to_owned());
    let nobody = null::<ParsLedger>();
    // SAFETY: null where the interface promises to find it; the hash has 32 bytes.
    unsafe {
        let hash = B256::ZERO;
        assert_eq!(listen(|sink, context| pars_ledger_apply(nobody, null(), 0, sink, context)), none);
        assert_eq!(listen(|sink, context| pars_ledger_revert_to(nobody, hash.as_ptr(), sink, context)), none);
        assert_eq!(listen(|sink, context| pars_ledger_finalize(nobody, 0, sink, context)), none);
        assert_eq!(listen(|sink, context| pars_ledger_query(nobody, null(), 0, sink, context)), none);
        let no_hash = listen(|sink, context| pars_ledger_revert_to(ledger.0, null(), sink, context));
        assert_eq!(no_hash, (MISUSE, "hash is null".into()));
        let no_block = listen(|sink, context| pars_ledger_apply(ledger.0, null(), 9, sink, context));
        assert_eq!(no_block, (MISUSE, "block is null".into()));
        assert_eq!(pars_ledger_query(ledger.0, b"{}".as_ptr(), 2, None, null_mut()), MISUSE);
        assert_eq!(pars_ledger_finalize(ledger.0, 99, None, null_mut()), REFUSED);
        for (handle, path, length, hash, says) in [
            (null(), b"x".as_ptr(), 1, hash.as_ptr(), "precompile is null"),
            (precompile.0.cast_const(), null(), 1, hash.as_ptr(), "path is null"),
            (precompile.0.cast_const(), b"x".as_ptr(), 1, null(), "genesis_hash is null"),
        ] {
            let (opened, reason) =
                listen(|sink, context| pars_ledger_open(handle, path, length, hash, sink, context));
            assert!(opened.is_null());
            assert_eq!(reason, says);
        }
        pars_ledger_close(null_mut());
    }
}

#[test]
fn eight_threads_ask_beside_one_that_writes() {
    let folder = Folder::new();
    let (ledger, chain) = followed(&folder);
    let done_writing = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !done_writing.load(std::sync::atomic::Ordering::SeqCst) {
                    // Works 1 and 2 are below everything that moves; 5 is in the block that comes and goes.
                    let found = ledger.ask("getWork", json!([testing::work_id(1)]));
                    assert_ne!(found["status"], "unspent");
                    let page = ledger.ask("getHistory", json!([testing::recipient(1), "recipient"]));
                    let entries = page["entries"].as_array().expect("a list").len();
                    let expected = if page["block"] == named(&chain, 4) { 4 } else { 2 };
                    assert_eq!(entries, expected, "{page}");
                }
            });
        }
        for _ in 0..30 {
            assert_eq!(ledger.revert_to(chain.tips[3].id().hash), done());
            assert_eq!(ledger.apply(&json_of(&chain, 4)), done());
        }
        done_writing.store(true, std::sync::atomic::Ordering::SeqCst);
    });
}
