//! The chain on disk: what was written is read back, and nothing else is taken for it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, TxKind, U256};
use pars_ledger::rows::Field;
use rocksdb::{DB, Options};

use super::{
    BODIES, COLUMNS, ChainStore, EDITS, HEADERS, Origin, RECEIPTS, STATES, StoreError, edit_key,
    encoding::{Rows, diff, edit, read_edit},
    meta,
};
use crate::chain::{
    Chain,
    genesis::DevGenesis,
    hardfork::Hardfork,
    produce::MiningMode,
    snapshot::unix_time,
    tests::{COINBASE, COUNTER, NOBODY, Seeded, Wallet, dev_genesis, unsigned, word, work},
};

/// A folder of its own for a test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pars-store-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn chain(&self) -> PathBuf {
        self.0.join("chain")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn origin(dev: &DevGenesis) -> Origin {
    Origin { genesis: Some(dev.build().unwrap()), ..Origin::default() }
}

fn open(path: &Path) -> Result<Chain, StoreError> {
    let stored = ChainStore::open(path, &origin(&dev_genesis(Hardfork::Prague)))?;
    let chain = Chain::resume(stored, MiningMode::Instant, COINBASE);
    // What fails shall be in blocks, too.
    chain.set_proof_admission(false);
    Ok(chain)
}

/// Everything that a client can see of a chain.
fn picture(chain: &Chain) -> Vec<String> {
    let mut seen = Vec::new();
    for block in chain.blocks(0, u64::MAX) {
        let entry = chain.block(block.number()).unwrap();
        let senders: Vec<_> = block.transactions.iter().map(|tx| (tx.signer(), *tx.tx_hash())).collect();
        let accounts = [NOBODY, COINBASE, pars_protocol::ADDRESS, Wallet::new(0).address()];
        let proofs: Vec<_> = accounts
            .map(|address| {
                let proof = entry.state.proof(&address, &[U256::ZERO, U256::from(1)]);
                (entry.state.balance(&address), entry.state.nonce(&address), proof.proof, proof.storage)
            })
            .into();
        let receipts = serde_json::to_string(&block.receipts).unwrap();
        let diff = blake3::hash(&diff(&block.diff));
        let rest = format!("{:?} {senders:?} {receipts} {diff} {proofs:?}", block.header);
        // Short: a difference is printed.
        let (number, hash) = (block.number(), blake3::hash(rest.as_bytes()));
        seen.push(format!("{number} {} {} edits {}", block.hash(), hash, entry.edits));
    }
    seen
}

/// A chain with a bit of everything: deployment, calls, a failure, an accepted proof, a repeated one, edits, an
/// impersonated sender, an account that destroys itself.
fn lively(chain: &Chain) -> Address {
    let mut alice = Wallet::new(0);
    let counter = alice.deploy(chain, COUNTER);
    chain.set_balance(&NOBODY, U256::from(10).pow(U256::from(18))).unwrap();
    chain.set_storage(&counter, U256::ZERO, U256::from(40)).unwrap();
    alice.send(chain, TxKind::Call(counter), 0, word(2));
    let proof = work(0, unix_time());
    alice.submit(chain, &proof);
    alice.submit(chain, &proof);
    let mut nobody = Wallet { nonce: 0, ..Wallet::new(0) };
    chain.submit(unsigned(NOBODY, nobody.transfer(COINBASE, 5)), true).unwrap();
    chain.set_code(&Address::repeat_byte(9), vec![0x60, 0x2a, 0xff].into()).unwrap();
    alice.send(chain, TxKind::Call(Address::repeat_byte(9)), 7, word(0));
    chain.increase_time(5_000);
    chain.mine_block().unwrap();
    chain.set_nonce(&Address::repeat_byte(5), 3).unwrap();
    counter
}

#[test]
fn b7_what_was_written_is_read_back_bit_for_bit() {
    let folder = Folder::new("back");
    let chain = open(&folder.chain()).unwrap();
    let counter = lively(&chain);
    let failed =
        chain.blocks(0, u64::MAX).iter().flat_map(|block| block.receipts.clone()).any(|r| !r.status());
    assert!(failed, "the repeated proof is in a block and failed");
    let before = picture(&chain);
    let clock = chain.next_context(&chain.head()).timestamp;
    drop(chain);
    for _ in 0..2 {
        let again = open(&folder.chain()).unwrap();
        assert_eq!(picture(&again), before);
        let now = again.next_context(&again.head()).timestamp;
        assert!((clock..clock + 60).contains(&now), "the clock goes on: {clock} {now}");
        assert_eq!(again.state(BlockId::from(2)).unwrap().storage(&counter, U256::ZERO), U256::from(42));
        assert_eq!(again.head().state.nonce(&Address::repeat_byte(5)), 3, "edits of the head are kept");
    }
    // And it goes on as the one would that never stopped.
    let again = open(&folder.chain()).unwrap();
    let mut alice = Wallet { nonce: again.head().state.nonce(&Wallet::new(0).address()), ..Wallet::new(0) };
    let repeated = alice.submit(&again, &work(0, unix_time()));
    let (block, index) = again.transaction(&repeated).unwrap();
    assert!(!block.receipts[index].status(), "spent is spent, across a restart");
}

#[test]
fn a_revert_is_a_revert_after_a_restart_too() {
    let folder = Folder::new("revert");
    let chain = open(&folder.chain()).unwrap();
    let mut alice = Wallet::new(0);
    chain.set_balance(&NOBODY, U256::from(1)).unwrap();
    alice.send(&chain, TxKind::Call(NOBODY), 1, word(0));
    chain.set_balance(&NOBODY, U256::from(2)).unwrap();
    let before = picture(&chain);
    let id = chain.snapshot();
    chain.set_balance(&NOBODY, U256::from(3)).unwrap();
    chain.set_balance(&COINBASE, U256::from(3)).unwrap();
    chain.mine(3, None, None).unwrap();
    chain.set_balance(&NOBODY, U256::from(4)).unwrap();
    assert!(chain.revert(id).unwrap());
    assert_eq!(picture(&chain), before);
    drop(chain);
    let chain = open(&folder.chain()).unwrap();
    assert_eq!(picture(&chain), before);
    // On another branch it goes on, edits included.
    chain.set_balance(&NOBODY, U256::from(7)).unwrap();
    chain.mine(2, None, None).unwrap();
    let other = picture(&chain);
    drop(chain);
    assert_eq!(picture(&open(&folder.chain()).unwrap()), other);
}

#[test]
fn random_histories_survive_random_restarts() {
    const SEED: u64 = 0x5107;
    println!("seed {SEED:#x}");
    let mut random = Seeded(SEED);
    let folder = Folder::new("random");
    let mut chain = open(&folder.chain()).unwrap();
    let mut snapshots = Vec::new();
    for _ in 0..300 {
        let address = Address::repeat_byte(1 + random.below(4) as u8);
        match random.below(8) {
            0 => chain.set_balance(&address, U256::from(random.below(3))).unwrap(),
            1 => {
                chain.set_storage(&address, U256::from(random.below(3)), U256::from(random.below(3))).unwrap()
            }
            2 => chain.set_nonce(&address, random.below(3)).unwrap(),
            3 => snapshots.push(chain.snapshot()),
            4 if random.below(3) == 0 => {
                if let Some(id) = snapshots.pop() {
                    assert!(chain.revert(id).unwrap());
                }
            }
            5 => {
                let before = picture(&chain);
                drop(chain);
                chain = open(&folder.chain()).unwrap();
                snapshots.clear();
                assert_eq!(picture(&chain), before);
            }
            _ => drop(chain.mine_block().unwrap()),
        }
    }
    assert!(chain.height() > 20, "{}", chain.height());
}

/// The chain's database, without the node's care.
fn raw(folder: &Folder) -> DB {
    DB::open_cf(&Options::default(), folder.chain(), COLUMNS).unwrap()
}

fn refused(folder: &Folder) -> String {
    open(&folder.chain()).expect_err("must be refused").to_string()
}

#[test]
fn a_changed_row_is_an_error_and_never_an_answer() {
    let folder = Folder::new("changed");
    let chain = open(&folder.chain()).unwrap();
    lively(&chain);
    let before = picture(&chain);
    let height = chain.height();
    drop(chain);
    // Each column: without its seal being right again, and with it.
    for column in [HEADERS, BODIES, RECEIPTS, STATES] {
        for sealed in [false, true] {
            let db = raw(&folder);
            let cf = |name: &str| db.cf_handle(name).unwrap();
            let key = 4u64.to_be_bytes();
            let row = |name: &str| db.get_cf(cf(name), key).unwrap().unwrap();
            let (head, old) = (row(HEADERS), row(column));
            let mut rows = Rows {
                header: head[32..].to_vec(),
                body: row(BODIES),
                receipts: row(RECEIPTS),
                diff: row(STATES),
            };
            let part = match column {
                HEADERS => &mut rows.header,
                BODIES => &mut rows.body,
                RECEIPTS => &mut rows.receipts,
                _ => &mut rows.diff,
            };
            let last = part.len() - 1;
            part[last] ^= 1;
            let changed = part.clone();
            if column != HEADERS {
                db.put_cf(cf(column), key, changed).unwrap();
            }
            let seal = if sealed { rows.seal() } else { B256::from_slice(&head[..32]) };
            db.put_cf(cf(HEADERS), key, [seal.to_vec(), rows.header].concat()).unwrap();
            drop(db);
            let error = refused(&folder);
            // Of a header that is one, only the next block tells.
            let place =
                if column == HEADERS && sealed { "is damaged: block 5" } else { "is damaged: block 4" };
            assert!(error.contains(place), "{column} {sealed}: {error}");
            let db = raw(&folder);
            db.put_cf(db.cf_handle(column).unwrap(), key, old).unwrap();
            db.put_cf(db.cf_handle(HEADERS).unwrap(), key, head).unwrap();
        }
    }
    // A row that is gone, one too many, an edit that is gone or changed, a head that is not there.
    type Break = fn(&DB, u64);
    let breaks: [(Break, &str); 6] = [
        (
            |db, _| db.delete_cf(db.cf_handle(RECEIPTS).unwrap(), 3u64.to_be_bytes()).unwrap(),
            "block 3 has no row",
        ),
        (
            |db, height| db.put_cf(db.cf_handle(HEADERS).unwrap(), (height + 1).to_be_bytes(), b"x").unwrap(),
            "there is a later row",
        ),
        (|db, _| db.delete_cf(db.cf_handle(EDITS).unwrap(), edit_key(1, 0)).unwrap(), "edit 0 of block 1"),
        (
            |db, _| {
                let (cf, key) = (db.cf_handle(EDITS).unwrap(), edit_key(1, 1));
                let (root, mut changed) = read_edit(&db.get_cf(cf, &key).unwrap().unwrap()).unwrap();
                changed.accounts.clear();
                db.put_cf(cf, key, edit(root, &changed)).unwrap();
            },
            "edit 1 of block 1",
        ),
        (
            |db, _| db.put(meta::HEAD, (2u64, B256::repeat_byte(1)).encode()).unwrap(),
            "its head is said to be",
        ),
        (|db, _| db.delete(meta::GENESIS_JSON).unwrap(), "its genesis cannot be read"),
    ];
    for (index, (damage, expected)) in breaks.into_iter().enumerate() {
        let copy = Folder::new(&format!("changed-{index}"));
        fs::create_dir_all(copy.chain()).unwrap();
        for file in fs::read_dir(folder.chain()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.chain().join(file.file_name())).unwrap();
        }
        let db = raw(&copy);
        damage(&db, height);
        drop(db);
        let error = refused(&copy);
        assert!(error.contains(expected), "{expected}: {error}");
    }
    assert_eq!(picture(&open(&folder.chain()).unwrap()), before, "made whole again, it is the chain it was");
}

#[test]
fn flipped_bytes_in_files_are_an_error_or_a_shorter_chain() {
    let folder = Folder::new("flipped");
    let chain = open(&folder.chain()).unwrap();
    lively(&chain);
    let before = picture(&chain);
    drop(chain);
    // Opened once more, so that there are table files as well as a log.
    drop(open(&folder.chain()).unwrap());
    const SEED: u64 = 0xf11;
    println!("seed {SEED:#x}");
    let mut random = Seeded(SEED);
    let (mut errors, mut shorter) = (0, 0);
    for round in 0..60 {
        let copy = Folder::new(&format!("flipped-{round}"));
        fs::create_dir_all(copy.chain()).unwrap();
        let mut files = Vec::new();
        for file in fs::read_dir(folder.chain()).unwrap() {
            let file = file.unwrap();
            let to = copy.chain().join(file.file_name());
            fs::copy(file.path(), &to).unwrap();
            let name = file.file_name().into_string().unwrap();
            if name.ends_with(".sst") || name.ends_with(".log") || name.starts_with("MANIFEST") {
                files.push(to);
            }
        }
        files.sort();
        let file = &files[random.below(files.len() as u64) as usize];
        let mut bytes = fs::read(file).unwrap();
        if bytes.is_empty() {
            continue;
        }
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        fs::write(file, bytes).unwrap();
        match open(&copy.chain()) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
            // A damaged log ends where it is damaged.
            Ok(chain) => {
                let now = picture(&chain);
                let whole = now.len().saturating_sub(1);
                assert_eq!(now[..whole], before[..whole], "a block before the head is another");
                shorter += usize::from(now.len() < before.len());
            }
        }
    }
    println!("{errors} errors, {shorter} shorter chains");
    assert!(errors > 0, "no flip was noticed");
}

#[test]
fn e5_another_chain_a_later_format_and_foreign_folders_are_refused() {
    let folder = Folder::new("foreign");
    let mut first = open(&folder.chain()).unwrap();
    assert!(matches!(open(&folder.chain()), Err(StoreError::Locked(_))), "one at a time");
    first.mine_block().unwrap();
    let head = first.head().block.hash();
    first = {
        drop(first);
        open(&folder.chain()).unwrap()
    };
    drop(first);
    let dev = dev_genesis(Hardfork::Prague);
    let asked =
        |origin: Origin| ChainStore::open(&folder.chain(), &origin).map(|stored| stored.entries.len());
    for (other, what) in [
        (origin(&DevGenesis { chain_id: 7, ..dev.clone() }), "chain id 6133, asked for is 7"),
        (origin(&DevGenesis { timestamp: dev.timestamp + 1, ..dev.clone() }), "a chain with genesis 0x"),
        (Origin { chain_id: Some(7), ..Origin::default() }, "chain id 6133, asked for is 7"),
        (Origin { gas_limit: Some(20_000_000), ..Origin::default() }, "gas limit 30000000"),
        (Origin { hardfork: Some(Hardfork::Cancun), ..Origin::default() }, "rules prague at block 0"),
    ] {
        let error = asked(other).expect_err(what).to_string();
        assert!(error.contains(what) && error.contains("use another directory"), "{what}: {error}");
    }
    // What fits is not refused, and nothing at all goes on with whatever is there.
    for same in [
        Origin::default(),
        Origin { chain_id: Some(6133), hardfork: Some(Hardfork::Prague), ..Origin::default() },
        origin(&dev),
    ] {
        assert_eq!(asked(same).unwrap(), 2);
    }
    let db = raw(&folder);
    db.put(meta::FORMAT, 2u32.encode()).unwrap();
    drop(db);
    assert!(refused(&folder).contains("has format 2, this release knows format 1"));
    let db = raw(&folder);
    db.put(meta::FORMAT, 1u32.encode()).unwrap();
    drop(db);
    assert_eq!(open(&folder.chain()).unwrap().head().block.hash(), head);

    fs::remove_file(folder.chain().join("CURRENT")).unwrap();
    assert!(refused(&folder).contains("none named CURRENT"));
    let file = folder.0.join("file");
    fs::write(&file, b"mine").unwrap();
    assert!(open(&file).expect_err("a file").to_string().contains("it is a file"));
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let absent = folder.0.join("absent");
    assert!(matches!(ChainStore::read(&absent, &Origin::default()), Err(StoreError::Absent(_))));
    assert!(!absent.exists(), "looking creates nothing");
    // A RocksDB database of something else, as a ledger is one.
    let other = folder.0.join("other");
    let mut options = Options::default();
    options.create_if_missing(true);
    drop(DB::open(&options, &other).unwrap());
    assert!(open(&other).expect_err("foreign").to_string().contains("but not a chain's"));
}

#[test]
fn a_creation_that_was_cut_short_is_begun_again() {
    let folder = Folder::new("creating");
    let half = folder.0.join("chain.creating");
    let mut options = Options::default();
    options.create_if_missing(true);
    drop(DB::open(&options, &half).unwrap());
    let chain = open(&folder.chain()).unwrap();
    assert!(!half.exists());
    chain.mine_block().unwrap();
    chain.close();
    assert!(chain.mine_block().expect_err("closed").to_string().contains("the chain is closed"));
    assert_eq!(chain.height(), 1, "a block that is not kept does not exist");
    assert_eq!(open(&folder.chain()).unwrap().height(), 1, "closing lets another in");
}
