//! The ledger beside a chain: it follows, mends itself, and decides nothing.

use std::sync::Arc;

use alloy_eips::BlockId;
use alloy_primitives::{TxKind, U256};
use pars_ledger::{
    Lookup, Unknown,
    query::{By, Cursor},
};
use tokio::sync::watch;

use super::{LedgerService, Phase};
use crate::chain::{
    Chain,
    produce::MiningMode,
    snapshot::unix_time,
    tests::{NOBODY, Wallet, call_at, chain, work},
};

/// A ledger that follows in the background.
struct Followed {
    chain: Arc<Chain>,
    ledger: Arc<LedgerService>,
    _stop: watch::Sender<bool>,
}

fn follow(chain: Chain) -> Followed {
    let chain = Arc::new(chain);
    // What fails shall be in blocks, too.
    chain.set_proof_admission(false);
    let ledger = Arc::new(LedgerService::open(chain.clone(), None));
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(ledger.clone().follow(stopped));
    Followed { chain, ledger, _stop: stop }
}

impl Followed {
    /// Off the runtime's threads, as every method of JSON-RPC is.
    async fn off<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Chain, &LedgerService) -> T + Send + 'static,
    ) -> T {
        let (chain, ledger) = (self.chain.clone(), self.ledger.clone());
        tokio::task::spawn_blocking(move || run(&chain, &ledger)).await.unwrap()
    }
}

fn history(ledger: &LedgerService) -> Vec<u64> {
    let page = ledger.ask(|ledger| ledger.history(NOBODY, By::Recipient, Cursor::default(), 1000)).unwrap();
    let entries = page.unwrap().value.entries;
    let block = |entry: &_| match entry {
        pars_ledger::query::Earning::Work { row, .. } => row.place.block,
        pars_ledger::query::Earning::Claim { row, .. } => row.place.block,
    };
    entries.iter().map(block).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_however_often_a_block_is_executed_the_ledger_is_written_once() {
    let node = follow(chain(MiningMode::Manual));
    node.off(|chain, ledger| {
        let mut alice = Wallet::new(0);
        let proof = work(0, unix_time());
        alice.submit(chain, &proof);
        // By the payload builder, twice; by eth_call on the pending block; in parallel.
        for _ in 0..2 {
            assert_eq!(chain.preview().unwrap().block.transactions.len(), 1);
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    call_at(chain, pars_protocol::ADDRESS, proof.calldata(), BlockId::latest()).unwrap()
                });
            }
        });
        assert_eq!(ledger.lookup(proof.work_id()).1, Lookup::Unspent, "executed, not committed");
        let snapshot = chain.snapshot();
        let first = chain.mine_block().unwrap();
        assert!(matches!(ledger.lookup(proof.work_id()).1, Lookup::Spent(_)));
        // The block leaves the chain and comes again.
        assert!(chain.revert(snapshot).unwrap());
        assert_eq!(ledger.lookup(proof.work_id()).1, Lookup::Unspent);
        chain.mine_block().unwrap();
        let (_, Lookup::Spent(row)) = ledger.lookup(proof.work_id()) else { panic!("it is spent") };
        assert_eq!((row.place.block, row.place.transaction), (1, *first.transactions[0].tx_hash()));
        assert_eq!(history(ledger), [1], "once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_what_fails_or_is_dropped_leaves_the_ledger_unchanged() {
    let node = follow(chain(MiningMode::Instant));
    node.off(|chain, ledger| {
        let mut alice = Wallet::new(0);
        let proof = work(0, unix_time());
        let paid = alice.submit(chain, &proof);
        let (block, index) = chain.transaction(&paid).unwrap();
        let short = block.receipts[index].gas_used - 20_000;
        let digest = |ledger: &LedgerService| {
            let stats = ledger.ask(|ledger| ledger.stats(0, ledger.head().unwrap().number)).unwrap();
            stats.unwrap().value.totals
        };
        let before = digest(ledger);
        // A repeated proof is mined and reverts; one with too little gas halts; both leave logs of nothing.
        alice.submit(chain, &proof);
        let starved =
            alice.tx(TxKind::Call(pars_protocol::ADDRESS), 0, work(1, unix_time()).calldata(), short);
        chain.submit(alice.sign(starved), false).unwrap();
        assert_eq!(chain.height(), 3);
        let failed = chain.blocks(2, 3).iter().all(|block| !block.receipts[0].status());
        assert!(failed, "both are in blocks and failed");
        assert_eq!(digest(ledger), before);
        assert_eq!(ledger.lookup(work(1, unix_time()).work_id()).1, Lookup::Unspent);
        // A payload that is built and thrown away.
        chain.set_mode(MiningMode::Manual);
        alice.submit(chain, &work(2, unix_time()));
        assert_eq!(chain.preview().unwrap().block.transactions.len(), 1);
        chain.with_pool_mut(crate::chain::pool::Pool::clear);
        chain.mine_block().unwrap();
        assert_eq!(digest(ledger), before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_a_revert_below_finality_builds_the_ledger_again() {
    let node = follow(chain(MiningMode::Instant).with_finality(2));
    node.off(|chain, ledger| {
        let mut alice = Wallet::new(0);
        alice.submit(chain, &work(0, unix_time()));
        let snapshot = chain.snapshot();
        for n in 1..6 {
            alice.submit(chain, &work(n, unix_time()));
        }
        assert_eq!(history(ledger), [1, 2, 3, 4, 5, 6]);
        assert_eq!(ledger.ask(|ledger| ledger.finalized().unwrap().number).unwrap(), 4);
        assert!(chain.revert(snapshot).unwrap());
        assert_eq!(history(ledger), [1]);
        assert_eq!((ledger.rebuilds(), ledger.phase()), (1, Phase::Following));
        // Within finality, nothing is built again.
        let mut alice = Wallet { nonce: 1, ..Wallet::new(0) };
        let snapshot = chain.snapshot();
        alice.submit(chain, &work(7, unix_time()));
        assert!(chain.revert(snapshot).unwrap());
        assert_eq!((history(ledger), ledger.rebuilds()), (vec![1], 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_a_dev_method_bent_stalls_the_ledger_and_not_the_chain() {
    let node = follow(chain(MiningMode::Instant));
    node.off(|chain, ledger| {
        let mut alice = Wallet::new(0);
        alice.submit(chain, &work(0, unix_time()));
        assert_eq!(history(ledger), [1]);
        let snapshot = chain.snapshot();
        // The whole storage of 0x0300 that a proof moves is bent until the state's counters cannot be the ledger's.
        for (slot, diff) in chain.head().block.diff.clone().slots(&pars_protocol::ADDRESS) {
            if diff.after < U256::from(1_000_000) && !diff.after.is_zero() {
                chain.set_storage(&pars_protocol::ADDRESS, slot, diff.after + U256::from(5)).unwrap();
            }
        }
        alice.submit(chain, &work(1, unix_time()));
        alice.submit(chain, &work(2, unix_time()));
        assert_eq!(chain.height(), 3, "the chain goes on");
        let (_, lookup) = ledger.lookup(work(1, unix_time()).work_id());
        assert!(matches!(lookup, Lookup::Unknown(_)), "never unspent: {lookup:?}");
        let Phase::Stalled(reason) = ledger.phase() else { panic!("{:?}", ledger.phase()) };
        assert!(!reason.is_empty());
        let rebuilds = ledger.rebuilds();
        assert!(rebuilds <= 1, "it does not try the same again for every block: {rebuilds}");
        // The chain takes the bent blocks back, and the ledger is there again.
        assert!(chain.revert(snapshot).unwrap());
        assert_eq!(history(ledger), [1]);
        assert_eq!(ledger.phase(), Phase::Following);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_anybody_keeps_are_made_good() {
    let node = follow(chain(MiningMode::Manual));
    node.off(|chain, ledger| {
        let mut alice = Wallet::new(0);
        for n in 0..3u64 {
            alice.submit(chain, &work(n, unix_time()));
            chain.mine(1_500, None, None).unwrap();
        }
        // Longer than one question waits.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while ledger.ask(|ledger| ledger.head().map(|head| head.number)).unwrap() != Some(4_500) {
            assert!(std::time::Instant::now() < deadline, "{:?}", ledger.phase());
        }
        assert_eq!(history(ledger), [1, 1_501, 3_001]);
    })
    .await;
}

#[test]
fn e9_without_a_ledger_the_chain_runs_and_every_answer_is_unknown() {
    let chain = Arc::new(chain(MiningMode::Instant));
    // The folder is a file: nothing can be opened there.
    let ledger = LedgerService::open(chain.clone(), Some(std::path::Path::new("/proc/self/cmdline")));
    let Phase::Closed(reason) = ledger.phase() else { panic!("{:?}", ledger.phase()) };
    assert!(reason.contains("/proc/self/cmdline"), "{reason}");
    let mut alice = Wallet::new(0);
    let proof = work(0, unix_time());
    let (block, index) = {
        let hash = alice.submit(&chain, &proof);
        chain.transaction(&hash).unwrap()
    };
    assert!(block.receipts[index].status());
    let (head, lookup) = ledger.lookup(proof.work_id());
    assert_eq!(head.number, 1);
    assert!(matches!(lookup, Lookup::Unknown(Unknown::Unreadable(_))), "{lookup:?}");
    assert!(ledger.ask(|ledger| ledger.head()).is_err());
}
