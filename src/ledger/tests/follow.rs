//! Following a chain: once each, in order, back as far as finality, and never twice.

use super::{WORK, busy, follow};
use crate::{
    Applied, Error, Ledger, Lookup, Notification, Segment, Step, Unknown,
    block::BrokenSegment,
    delta::slots,
    ledger::BESIDE,
    schema::Column,
    testing::{Action, Chain, Folder, identity, work_id},
};
use alloy_primitives::B256;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[test]
fn e3_of_many_threads_with_one_block_exactly_one_applies_it() {
    let (identity, mut chain) = busy(1);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    for round in 0..20 {
        let block = chain.extend(round, &[WORK(100 + round)]);
        let new = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| match ledger.apply(&block).unwrap() {
                    Applied::New => drop(new.fetch_add(1, Ordering::SeqCst)),
                    Applied::Already => {}
                });
            }
        });
        assert_eq!(new.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn e3_of_many_threads_with_rival_blocks_exactly_one_wins() {
    let (identity, chain) = busy(1);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    // One work id in eight rival children of the head.
    let rivals: Vec<_> = (0..8).map(|salt| chain.tip().child(salt, &[WORK(500)])).collect();
    let (won, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for rival in &rivals {
            scope.spawn(|| match ledger.apply(&rival.block) {
                Ok(Applied::New) => drop(won.fetch_add(1, Ordering::SeqCst)),
                Err(Error::NotContinuous { .. }) => drop(lost.fetch_add(1, Ordering::SeqCst)),
                other => panic!("{other:?}"),
            });
        }
    });
    assert_eq!((won.into_inner(), lost.into_inner()), (1, 7));
}

#[test]
fn e3_readers_beside_a_writer_see_one_block_or_the_other() {
    let (identity, mut chain) = busy(1);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let before = chain.tip().id();
    let block = chain.extend(0, &[WORK(900)]);
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while done.load(Ordering::SeqCst) == 0 {
                    // At the parent it is unspent, at the block spent; never the reverse.
                    assert!(!matches!(ledger.lookup(work_id(900), before), Lookup::Spent(_)));
                    assert_ne!(ledger.lookup(work_id(900), block.id), Lookup::Unspent);
                }
            });
        }
        for _ in 0..300 {
            ledger.apply(&block).unwrap();
            ledger.revert_to(before.hash).unwrap();
        }
        done.store(1, Ordering::SeqCst);
    });
}

#[test]
fn e3_between_the_rows_and_the_position_a_reader_gets_no_mixture() {
    let (identity, mut chain) = busy(1);
    let folder = Folder::new();
    let place: Arc<std::sync::OnceLock<Arc<Ledger>>> = Arc::default();
    let (before, block) = (chain.tip().id(), chain.extend(0, &[WORK(900)]));
    let (there, seen) = (place.clone(), Arc::new(AtomicUsize::new(0)));
    let (count, after) = (seen.clone(), block.id);
    let ledger = Ledger::open_with_hook(&folder.ledger(), identity, move |step| {
        let Some(ledger) = there.get() else { return };
        let (at_parent, at_block) = (ledger.lookup(work_id(900), before), ledger.lookup(work_id(900), after));
        match step {
            // The rows are those of the new block already, or of the parent again.
            Step::Written if ledger.block_row(2).is_ok() => {
                assert!(matches!(at_parent, Lookup::Unknown(_)), "{at_parent:?}");
                assert!(matches!(at_block, Lookup::Spent(_)), "{at_block:?}");
            }
            Step::Written => {
                assert_eq!(at_parent, Lookup::Unspent);
                assert!(matches!(at_block, Lookup::Unknown(_)), "{at_block:?}");
            }
            _ => return,
        }
        count.fetch_add(1, Ordering::SeqCst);
    });
    let ledger = Arc::new(ledger.unwrap());
    chain.truncate(1);
    ledger.heal(&chain, |_, _| {}).unwrap();
    assert!(place.set(ledger.clone()).is_ok());
    ledger.apply(&block).unwrap();
    ledger.revert_to(before.hash).unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[test]
fn e4_reorganisations_of_every_depth_up_to_finality_and_no_deeper() {
    const FINALITY: u64 = 8;
    for depth in 0..=FINALITY + 1 {
        let (identity, mut chain) = busy(12);
        chain.finalized = 12 - FINALITY;
        let folder = Folder::new();
        let ledger = follow(&folder, &identity, &chain);
        let before = ledger.dump().unwrap();
        let target = chain.tips[12 - depth as usize].id();
        if depth > FINALITY {
            assert!(matches!(ledger.revert_to(target.hash), Err(Error::OutOfReach { .. })));
            assert_eq!(ledger.dump().unwrap(), before);
            continue;
        }
        ledger.revert_to(target.hash).unwrap();
        assert_eq!(ledger.head(), Some(target));
        // What a ledger that never went further holds.
        let mut short = chain.clone();
        short.truncate(target.number);
        let other = Folder::new();
        let reference = follow(&other, &identity, &short);
        assert_eq!(ledger.dump().unwrap(), reference.dump().unwrap(), "depth {depth}");
        for tip in &chain.tips[target.number as usize + 1..] {
            ledger.apply(&tip.block).unwrap();
        }
        assert_eq!(ledger.dump().unwrap(), before, "depth {depth}: there and back again");
    }
}

#[test]
fn e4_a_notification_and_its_inverse_are_the_identity() {
    let (identity, mut chain) = busy(6);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let base = ledger.dump().unwrap();
    let grow = |chain: &mut Chain, salt| {
        let blocks = (0..3).map(|n| chain.extend(salt, &[WORK(200 + n), Action::Noise])).collect();
        Segment::new(blocks).unwrap()
    };
    let new = grow(&mut chain, 1);
    chain.truncate(6);
    let other = grow(&mut chain, 2);
    let committed = Notification::Committed { new: new.clone() };
    let reorged = Notification::Reorged { old: new.clone(), new: other.clone() };
    for notification in [&committed, &reorged] {
        let inverse = (*notification).clone().into_inverted();
        assert_eq!(inverse.clone().into_inverted(), *notification);
        assert_eq!(inverse.committed(), notification.reverted());
        assert_eq!(inverse.reverted(), notification.committed());
    }
    ledger.notify(&committed).unwrap();
    let with_new = ledger.dump().unwrap();
    ledger.notify(&reorged).unwrap();
    assert_ne!(ledger.dump().unwrap(), with_new);
    ledger.notify(&reorged.into_inverted()).unwrap();
    assert_eq!(ledger.dump().unwrap(), with_new);
    ledger.notify(&committed.into_inverted()).unwrap();
    assert_eq!(ledger.dump().unwrap(), base);
    // The ledger follows neither side: it must heal, not guess.
    let stranger = Notification::Reverted { old: Segment::new(vec![other.blocks()[1].clone()]).unwrap() };
    assert!(matches!(ledger.notify(&stranger), Err(Error::NotContinuous { .. })));
}

#[test]
fn e4_a_segment_is_never_empty_and_has_no_gaps() {
    let (_, chain) = busy(3);
    let block = |number: usize| chain.tips[number].block.clone();
    assert_eq!(Segment::new(Vec::new()), Err(BrokenSegment::Empty));
    assert!(Segment::new(vec![block(1), block(2), block(3)]).is_ok());
    for broken in [vec![block(1), block(3)], vec![block(2), block(1)], vec![block(2), block(2)]] {
        assert!(matches!(Segment::new(broken), Err(BrokenSegment::Gap { .. })));
    }
}

#[test]
fn e4_parents_are_continuous_and_block_0_is_the_chains() {
    let (identity, chain) = busy(3);
    let folder = Folder::new();
    let ledger = Ledger::open(folder.ledger(), identity).unwrap();
    let refused = |block| assert!(matches!(ledger.apply(block), Err(Error::NotContinuous { .. })));
    assert_eq!(ledger.lookup(work_id(2), chain.tips[0].id()), Lookup::Unknown(Unknown::Empty));
    refused(&chain.tips[1].block);
    let mut other = (*chain.tips[0].block).clone();
    other.id.hash = B256::repeat_byte(1);
    refused(&other);
    ledger.apply(&chain.tips[0].block).unwrap();
    ledger.apply(&chain.tips[1].block).unwrap();
    refused(&chain.tips[3].block);
    let mut wrong = (*chain.tips[2].block).clone();
    wrong.parent = B256::repeat_byte(2);
    refused(&wrong);
    // The right parent under a wrong number.
    let mut wrong = (*chain.tips[2].block).clone();
    wrong.id.number = 3;
    refused(&wrong);
}

#[test]
fn i1_a_block_is_written_once_however_often_it_is_executed() {
    let (identity, chain) = busy(8);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let (rows, sequence) = (ledger.dump().unwrap(), ledger.sequence());
    // Executed again, by a builder, by a call, by a tracer: whoever reports it, nothing is written.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for tip in &chain.tips {
                    assert_eq!(ledger.apply(&tip.block).unwrap(), Applied::Already);
                }
            });
        }
    });
    assert_eq!(ledger.sequence(), sequence);
    // And once more after a reorganisation.
    ledger.revert_to(chain.tips[3].id().hash).unwrap();
    for tip in &chain.tips[4..] {
        assert_eq!(ledger.apply(&tip.block).unwrap(), Applied::New);
    }
    assert_eq!(ledger.dump().unwrap(), rows);
    // The same block with other contents is no repetition.
    let mut other = (*chain.tips[5].block).clone();
    other.timestamp += 1;
    assert!(matches!(ledger.apply(&other), Err(Error::Inconsistent(_))));
}

#[test]
fn b5_what_reverts_or_is_dropped_leaves_the_ledger_as_it_was() {
    let identity = identity(2);
    let mut chain = Chain::new(&identity);
    let folder = Folder::new();
    let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
    ledger.heal(&chain, |_, _| {}).unwrap();
    // A failed transaction beside one that succeeds, before and after it.
    let block = chain.extend(0, &[Action::Failure, WORK(1), Action::Failure]);
    ledger.apply(&block).unwrap();
    let rows = ledger.dump().unwrap();
    let only: Vec<_> = rows.keys().filter(|(column, _)| *column == Column::Spent).collect();
    assert_eq!(only.len(), 1);
    // A block of failures: only its own row, its undo and the head move.
    let block = chain.extend(0, &[Action::Failure, Action::Failure]);
    ledger.apply(&block).unwrap();
    let after = ledger.dump().unwrap();
    let new: Vec<_> =
        after.keys().filter(|key| !rows.contains_key(*key)).map(|(column, _)| *column).collect();
    assert_eq!(new, [Column::Blocks, Column::Undo]);
    // A payload that is built and dropped was never told to the ledger; a rival that was is taken back whole.
    let dropped = chain.tip().child(7, &[WORK(2)]);
    ledger.apply(&dropped.block).unwrap();
    ledger.revert_to(chain.tip().id().hash).unwrap();
    assert_eq!(ledger.dump().unwrap(), after);
    assert_eq!(ledger.lookup(work_id(2), chain.tip().id()), Lookup::Unspent);
}

#[test]
fn b5_a_ledger_that_is_wrong_says_so_and_writes_nothing() {
    let (identity, mut chain) = busy(4);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let stolen = ledger.get_work(work_id(4)).unwrap().value.unwrap();
    let block = chain.extend(0, &[WORK(77)]);
    // A lie: work 77 stands there already, from another block.
    ledger.lie(Column::Spent, work_id(77).as_slice(), Some(&crate::rows::Field::encode(&stolen))).unwrap();
    let (rows, sequence) = (ledger.dump().unwrap(), ledger.sequence());
    let error = ledger.apply(&block).unwrap_err();
    assert!(matches!(error, Error::Inconsistent(_)), "{error}");
    assert!(error.to_string().contains("put there by block 2"), "{error}");
    assert_eq!((ledger.dump().unwrap(), ledger.sequence()), (rows, sequence));
    // From now on it has no answer, until it is built again; the block stands.
    let head = chain.tips[4].id();
    assert!(matches!(ledger.lookup(work_id(4), head), Lookup::Unknown(Unknown::Inconsistent(_))));
    assert!(matches!(ledger.get_work(work_id(4)), Err(Error::Unavailable(_))));
    assert!(matches!(ledger.heal(&chain, |_, _| {}), Err(Error::Inconsistent(_))));
    assert_eq!(ledger.metrics().inconsistencies, 1);
    let healed = ledger.rebuild(&chain, |_, _| {}).unwrap();
    assert_eq!(healed.replayed, 6);
    assert!(matches!(ledger.lookup(work_id(77), chain.tip().id()), Lookup::Spent(_)));
}

/// Blocks from [`BESIDE`] entries on are checked on a thread of their own, while their rows are made.
#[test]
fn b5_a_large_block_is_refused_as_a_small_one_is() {
    let (identity, mut chain) = busy(2);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let works: Vec<_> = (0..BESIDE as u64).map(|work| WORK(1_000 + work)).collect();
    let block = chain.extend(0, &works);
    let untouched = (ledger.dump().unwrap(), ledger.sequence());
    // Its state lacks the last work, its receipts have the first one twice; and both beside a lie in the ledger.
    let mut false_state = (*block).clone();
    let last = slots::of(slots::ACCEPTED_WORK, work_id(1_000 + BESIDE as u64 - 1));
    false_state.changes.remove(&last).unwrap();
    let mut twice = (*block).clone();
    let first = twice.receipts[0].logs.clone();
    twice.receipts[0].logs.extend(first);
    for refused in [&false_state, &twice] {
        assert!(matches!(ledger.apply(refused), Err(Error::Block { .. })));
        assert_eq!((ledger.dump().unwrap(), ledger.sequence()), untouched);
    }
    let stolen = ledger.get_work(work_id(4)).unwrap().value.unwrap();
    let lie = crate::rows::Field::encode(&stolen);
    ledger.lie(Column::Spent, work_id(1_007).as_slice(), Some(&lie)).unwrap();
    assert!(matches!(ledger.apply(&false_state), Err(Error::Block { .. })));
    assert_eq!(ledger.metrics().inconsistencies, 0, "a bad block accused the ledger");
    let error = ledger.apply(&block).unwrap_err();
    assert!(error.to_string().contains("put there by block 2"), "{error}");
    // The right one, there and back again.
    ledger.rebuild(&chain, |_, _| {}).unwrap();
    assert!(matches!(ledger.lookup(work_id(1_007), chain.tip().id()), Lookup::Spent(_)));
    assert_eq!(ledger.apply(&block).unwrap(), Applied::Already);
    ledger.revert_to(chain.tips[2].id().hash).unwrap();
    assert_eq!(ledger.dump().unwrap(), untouched.0);
}

#[test]
fn b5_a_claim_of_what_was_never_delivered_is_the_ledgers_fault() {
    let (identity, mut chain) = busy(2);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let id = pars_protocol::ids::teleport_id(&crate::testing::teleport(1));
    ledger.lie(Column::Deliveries, id.as_slice(), None).unwrap();
    let block = chain.extend(0, &[Action::Claim(1)]);
    assert!(matches!(ledger.apply(&block), Err(Error::Inconsistent(_))));
    ledger.rebuild(&chain, |_, _| {}).unwrap();
    assert!(ledger.get_teleport(id).unwrap().value.unwrap().claim.is_some());
}

#[test]
fn b5_a_missed_block_shows_in_the_totals() {
    let (identity, mut chain) = busy(3);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    // A lie: block 3 never brought its rewards into the totals.
    let mut row = ledger.block_row(3).unwrap();
    row.totals.supply -= alloy_primitives::U256::from(1);
    ledger.lie(Column::Blocks, &3u64.to_be_bytes(), Some(&crate::rows::Field::encode(&row))).unwrap();
    let error = ledger.apply(&chain.extend(0, &[WORK(300)])).unwrap_err();
    assert!(error.to_string().contains("totalSupply"), "{error}");
}

#[test]
fn steps_come_in_order_and_metrics_count() {
    let (identity, mut chain) = busy(2);
    let folder = Folder::new();
    let steps = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = steps.clone();
    let ledger = Ledger::open_with_hook(&folder.ledger(), identity, move |step| {
        seen.lock().unwrap().push(step);
    })
    .unwrap();
    ledger.heal(&chain, |_, _| {}).unwrap();
    steps.lock().unwrap().clear();
    ledger.apply(&chain.extend(0, &[WORK(50)])).unwrap();
    let all = [Step::Begin, Step::Prepared, Step::Written, Step::Synced, Step::Settled];
    assert_eq!(*steps.lock().unwrap(), all);
    // Of the blocks of one notification, only the last waits for the disk.
    steps.lock().unwrap().clear();
    let new = Segment::new((0..3).map(|_| chain.extend(0, &[])).collect()).unwrap();
    ledger.notify(&Notification::Committed { new }).unwrap();
    let steps_of_three = steps.lock().unwrap().clone();
    assert_eq!(steps_of_three.iter().filter(|step| **step == Step::Synced).count(), 1);
    assert_eq!(steps_of_three[steps_of_three.len() - 2], Step::Synced);
    ledger.revert_to(chain.tips[1].id().hash).unwrap();
    let metrics = ledger.metrics();
    assert_eq!((metrics.applied, metrics.reverted, metrics.heals), (7, 5, 1));
    assert!(metrics.commit_micros >= metrics.last_commit_micros);
}
