//! The ledger beside a chain of executed blocks: what it is told, and that it follows and heals.

mod support;

use alloy_consensus::TxReceipt;
use alloy_primitives::{B256, U256};
use pars_evm::{
    FollowError, Followed, LedgerFollower,
    feed::{self, FeedError},
    ledger::{
        BlockId, Error, Healed, Ledger, Lookup, Notification, Segment,
        block::BrokenSegment,
        query::{By, Cursor, Earning},
    },
};
use pars_precompile::{ADDRESS, testing};
use revm::database::{BundleState, State, states::bundle_state::BundleRetention};
use std::{cell::RefCell, rc::Rc, sync::Arc};
use support::{Block, Chain, START, accepted_slot, active_from, committed, miner, proof, segment};

/// A chain that its follower and the test share.
#[derive(Clone)]
struct Shared(Rc<RefCell<Chain>>);

impl pars_evm::ledger::ChainView for Shared {
    type Error = std::convert::Infallible;

    fn head(&self) -> Result<BlockId, Self::Error> {
        self.0.borrow().head()
    }

    fn canonical_hash(&self, number: u64) -> Result<Option<B256>, Self::Error> {
        self.0.borrow().canonical_hash(number)
    }

    fn block(&self, number: u64) -> Result<Option<Arc<pars_evm::ledger::CommittedBlock>>, Self::Error> {
        self.0.borrow().block(number)
    }

    fn finalized(&self) -> Result<u64, Self::Error> {
        self.0.borrow().finalized()
    }
}

struct Node {
    chain: Shared,
    follower: LedgerFollower<Shared>,
}

impl Node {
    fn new(chain: Chain) -> Self {
        let identity = chain.pars.identity(chain.blocks[0].id.hash);
        let ledger = Arc::new(Ledger::in_memory(identity).unwrap());
        let chain = Shared(Rc::new(RefCell::new(chain)));
        let mut follower = LedgerFollower::new(ledger, chain.clone());
        follower.heal().unwrap();
        Self { chain, follower }
    }

    fn with<T>(&self, then: impl FnOnce(&mut Chain) -> T) -> T {
        then(&mut self.chain.0.borrow_mut())
    }

    /// Blocks of one proof each, and what the ledger is told of them.
    fn mine(&self, works: impl IntoIterator<Item = u64>) -> Vec<Block> {
        self.with(|chain| {
            let from = chain.blocks.len();
            chain.mine(works);
            chain.blocks[from..].to_vec()
        })
    }

    /// The ledger is what a walk over the chain's states and receipts makes of it, and the state agrees.
    #[track_caller]
    fn check(&self, spent: impl IntoIterator<Item = u64>, unspent: impl IntoIterator<Item = u64>) {
        let chain = self.chain.0.borrow();
        let ledger = self.follower.ledger();
        let head = chain.tip().id;
        assert_eq!(ledger.head(), Some(head));
        assert_eq!(self.follower.head(), Some(head));
        let walk = Ledger::in_memory(ledger.identity().clone()).unwrap();
        walk.heal(&*chain, |_, _| {}).unwrap();
        let digest = |ledger: &Ledger| ledger.sync_status(head).unwrap().digest;
        assert!(digest(ledger).is_some());
        assert_eq!(digest(ledger), digest(&walk));

        let slots = chain.tip().disk.slots();
        let mut paid = U256::ZERO;
        for work in spent {
            let id = miner(work).work_id();
            let Lookup::Spent(row) = ledger.lookup(id, head) else { panic!("work {work} is not spent") };
            assert_eq!(slots.get(&accepted_slot(id)).copied().map(B256::from), Some(row.proof_hash));
            paid += row.reward;
        }
        for work in unspent {
            let id = miner(work).work_id();
            assert_eq!(ledger.lookup(id, head), Lookup::Unspent, "work {work}");
            assert_eq!(slots.get(&accepted_slot(id)), None);
        }
        let stats = ledger.stats(0, head.number).unwrap().value.totals;
        assert_eq!(stats.supply, slots.get(&U256::from(4)).copied().unwrap_or_default(), "totalSupply");
        assert_eq!(stats.supply, paid);
    }
}

#[test]
fn e9_after_each_commit_the_ledger_holds_what_a_walk_over_the_state_finds() {
    let mut node = Node::new(Chain::new(active_from(START + 2)));
    let activated = node.with(|chain| {
        chain.build(vec![]);
        let calls = chain.calls([proof(1), proof(1), proof(2)]);
        assert_eq!(chain.build(calls).successes(), [true, false, true]);
        chain.blocks[1..].to_vec()
    });
    for block in &activated {
        assert_eq!(node.follower.take(&committed(std::slice::from_ref(block))).unwrap(), Followed::Applied);
    }
    node.check([1, 2], [3]);
    for work in 3..=5 {
        let blocks = node.mine([work]);
        assert_eq!(node.follower.take(&committed(&blocks)).unwrap(), Followed::Applied);
        node.check(1..=work, [work + 1]);
    }
    let history =
        node.follower.ledger().history(testing::RECIPIENT, By::Recipient, Cursor::default(), 100).unwrap();
    let paid = history.value.entries.iter().map(|earning| match earning {
        Earning::Work { id, .. } | Earning::Claim { id, .. } => *id,
    });
    assert_eq!(paid.collect::<Vec<_>>(), (1..=5).map(|work| miner(work).work_id()).collect::<Vec<_>>());
}

#[test]
fn e4_reorganisations_of_several_blocks_and_their_inverses() {
    let mut node = Node::new(Chain::new(testing::genesis()));
    for depth in 1..=4_u64 {
        let old = node.mine(1..=depth);
        node.follower.take(&committed(&old)).unwrap();
        node.check(1..=depth, []);
        // Another branch: other work, and the first of the old once more.
        node.with(|chain| chain.unwind(0));
        let new = node.mine((10..10 + depth).chain([1]));
        let reorg = Notification::Reorged { old: segment(&old), new: segment(&new) };
        assert_eq!(node.follower.take(&reorg).unwrap(), Followed::Applied);
        node.check((10..10 + depth).chain([1]), 2..=depth);
        // And back.
        node.with(|chain| {
            chain.unwind(0);
            chain.blocks.extend(old);
        });
        assert_eq!(node.follower.take(&reorg.into_inverted()).unwrap(), Followed::Applied);
        node.check(1..=depth, 10..10 + depth);
        let old = node.with(|chain| chain.unwind(0));
        assert_eq!(
            node.follower.take(&Notification::Reverted { old: segment(&old) }).unwrap(),
            Followed::Applied
        );
        node.check([], (1..=depth).chain(10..10 + depth));
    }
}

#[test]
fn e7_what_was_missed_is_read_from_the_chain() {
    let mut node = Node::new(Chain::new(testing::genesis()));
    // Two blocks of which nothing was heard.
    node.mine([1, 2]);
    let blocks = node.mine([3]);
    let healed = Healed { unwound: 0, replayed: 3 };
    assert_eq!(node.follower.take(&committed(&blocks)).unwrap(), Followed::Healed(healed));
    node.check(1..=3, [4]);
    // The same once more changes nothing.
    assert_eq!(node.follower.take(&committed(&blocks)).unwrap(), Followed::Applied);
    // A revert of blocks that it never had, after a branch that it missed.
    node.with(|chain| chain.unwind(1));
    node.mine([4, 5, 6]);
    let old = node.with(|chain| chain.unwind(3));
    let healed = Healed { unwound: 2, replayed: 2 };
    let reverted = Notification::Reverted { old: segment(&old) };
    assert_eq!(node.follower.take(&reverted).unwrap(), Followed::Healed(healed));
    node.check([1, 4, 5], [2, 3, 6]);
    // Told to heal: nothing to do.
    assert_eq!(node.follower.heal().unwrap(), Followed::Healed(Healed::default()));
}

#[test]
fn e7_a_lie_is_not_believed() {
    let mut node = Node::new(Chain::new(testing::genesis()));
    let blocks = node.mine([1]);
    // An event whose state change is missing: the block is refused, and read from the chain.
    let mut told = (*segment(&blocks).blocks()[0]).clone();
    told.changes.clear();
    let lie = Notification::Committed { new: Segment::new(vec![Arc::new(told)]).unwrap() };
    assert_eq!(node.follower.take(&lie).unwrap(), Followed::Healed(Healed { unwound: 0, replayed: 1 }));
    node.check([1], [2]);
    // A block without its proof, under the hash of the right one: the next totals show it, and all is built again.
    let blocks = node.mine([2]);
    let mut told = (*segment(&blocks).blocks()[0]).clone();
    told.changes.clear();
    told.receipts.clear();
    let lie = Notification::Committed { new: Segment::new(vec![Arc::new(told)]).unwrap() };
    assert_eq!(node.follower.take(&lie).unwrap(), Followed::Applied);
    let blocks = node.mine([3]);
    let rebuilt = Healed { unwound: 0, replayed: 4 };
    assert_eq!(node.follower.take(&committed(&blocks)).unwrap(), Followed::Rebuilt(rebuilt));
    node.check(1..=3, []);
}

#[test]
fn e4_what_is_final_is_not_taken_back_unless_the_chain_does() {
    let mut node = Node::new(Chain::new(testing::genesis()));
    let blocks = node.mine(1..=4);
    node.with(|chain| chain.finalized = 3);
    node.follower.take(&committed(&blocks)).unwrap();
    assert_eq!(node.follower.ledger().finalized().map(|block| block.number), Some(3));
    // Only what the chain itself says moves the ledger below that: then it is built again.
    let old = node.with(|chain| {
        chain.finalized = 0;
        chain.unwind(1)
    });
    let reverted = Notification::Reverted { old: segment(&old) };
    let rebuilt = Healed { unwound: 0, replayed: 2 };
    assert_eq!(node.follower.take(&reverted).unwrap(), Followed::Rebuilt(rebuilt));
    node.check([1], 2..=4);
}

#[test]
fn e7_a_block_that_no_healing_helps_with_is_waited_out() {
    // The ledger is of a chain whose activation is another one.
    let chain = Chain::new(active_from(START + 1));
    let mut identity = chain.pars.identity(chain.blocks[0].id.hash);
    identity.config = None;
    let ledger = Arc::new(Ledger::in_memory(identity).unwrap());
    let chain = Shared(Rc::new(RefCell::new(chain)));
    let mut follower = LedgerFollower::new(ledger, chain.clone());
    follower.heal().unwrap();
    chain.0.borrow_mut().mine([1]);
    let blocks = chain.0.borrow().blocks[1..].to_vec();
    let refused = follower.take(&committed(&blocks)).unwrap_err();
    let FollowError::Waits { block, reason } = &refused else { panic!("{refused}") };
    assert_eq!(*block, blocks[0].id);
    assert!(matches!(**reason, Error::Block { .. }));
    // While the chain has it, nothing is tried.
    let again = follower.take(&committed(&blocks)).unwrap_err();
    assert_eq!(again.to_string(), refused.to_string());
    assert!(matches!(follower.heal(), Err(FollowError::Waits { .. })));
    // The chain takes it back.
    chain.0.borrow_mut().unwind(0);
    assert_eq!(follower.heal().unwrap(), Followed::Healed(Healed::default()));
    assert_eq!(follower.head(), Some(chain.0.borrow().tip().id));
}

/// A chain's blocks executed into one bundle, as reth hands them out.
fn spanning(chain: &Chain, from: usize, retention: fn() -> BundleRetention) -> BundleState {
    let mut scratch = chain.clone();
    let blocks = scratch.blocks.split_off(from);
    let disk = scratch.tip().disk.clone();
    let mut state = State::builder().with_database(disk).with_bundle_update().build();
    for block in blocks {
        scratch.run(&*chain.executors, &mut state, &scratch.tip().clone(), &block.txs, false).unwrap();
        state.merge_transitions(retention());
        scratch.blocks.push(block);
    }
    state.take_bundle()
}

#[test]
fn b7_a_bundle_of_many_blocks_tells_what_each_of_them_changed() {
    // Slots that several blocks write, one that goes back, blocks that write none, an activation in the middle.
    let mut chain = Chain::new(active_from(START + 3));
    chain.build(vec![]);
    chain.build(vec![]);
    chain.mine([1, 2]);
    chain.build(vec![]);
    chain.mine([3]);
    for from in 1..chain.blocks.len() {
        let bundle = spanning(&chain, from, || BundleRetention::Reverts);
        let sealed: Vec<_> = chain.blocks[from..].iter().map(Block::sealed).collect();
        let told = feed::segment(&sealed, &bundle).unwrap();
        for block in told.blocks() {
            assert_eq!(
                **block,
                chain.walked(block.id.number).unwrap(),
                "from {from}, block {}",
                block.id.number
            );
        }
        // Bundles of one block each, joined.
        let mut joined = BundleState::default();
        chain.blocks[from..].iter().for_each(|block| joined.extend(block.bundle.clone()));
        assert_eq!(feed::segment(&sealed, &joined).unwrap(), told);
    }
}

#[test]
fn b7_a_bundle_that_does_not_know_is_refused() {
    let mut chain = Chain::new(testing::genesis());
    chain.mine([1, 2]);
    let sealed: Vec<_> = chain.blocks[1..].iter().map(Block::sealed).collect();
    let bundle = spanning(&chain, 1, || BundleRetention::Reverts);
    assert_eq!(feed::slot_changes(&bundle, 1), Err(FeedError::Reverts { blocks: 1, reverts: 2 }));
    let forgetful = spanning(&chain, 1, || BundleRetention::PlainState);
    assert!(matches!(feed::segment(&sealed, &forgetful), Err(FeedError::Contradiction { .. })));
    // A revert that is gone, and one of a slot that the state after does not have.
    let mut lost = bundle.clone();
    lost.reverts[1].retain(|(address, _)| *address != ADDRESS);
    assert!(matches!(feed::segment(&sealed, &lost), Err(FeedError::Contradiction { .. })));
    let mut foreign = bundle.clone();
    foreign.state.remove(&ADDRESS);
    assert!(matches!(feed::segment(&sealed, &foreign), Err(FeedError::Contradiction { .. })));
    // A receipt too few.
    let mut short = sealed.clone();
    short[0].receipts = &[];
    let (block, transactions, receipts) = (sealed[0].id, 1, 0);
    assert_eq!(feed::segment(&short, &bundle), Err(FeedError::Receipts { block, transactions, receipts }));
    // In another order.
    let swapped = [sealed[1].clone(), sealed[0].clone()];
    let gap = BrokenSegment::Gap { parent: sealed[1].id, child: sealed[0].id };
    assert_eq!(feed::segment(&swapped, &bundle), Err(FeedError::Segment(gap)));
    assert_eq!(
        feed::segment::<alloy_consensus::ReceiptEnvelope>(&[], &BundleState::default()),
        Err(FeedError::Segment(BrokenSegment::Empty))
    );
    assert!(sealed.iter().all(|block| block.receipts.iter().all(TxReceipt::status)));
}

#[test]
fn b7_block_0_brings_the_account_of_the_alloc() {
    let chain = Chain::new(testing::genesis());
    let Block { id, header, .. } = &chain.blocks[0];
    let told =
        feed::genesis_block(id.hash, header.parent_hash, header.timestamp, chain.pars.genesis()).unwrap();
    assert_eq!(told, chain.walked(0).unwrap());
    assert!(!told.changes.is_empty());
    let later = feed::genesis_block(id.hash, header.parent_hash, START, &active_from(START + 1)).unwrap();
    assert!(later.changes.is_empty());
}
