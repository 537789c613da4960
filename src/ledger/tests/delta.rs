//! Blocks that are not understood, or that contradict themselves, are refused whole.

use super::{WORK, busy, follow};
use crate::{
    CommittedBlock, Error,
    delta::{BlockError, Delta, slots},
    testing::{Action, Chain, Folder, identity, recipient, work_id},
};
use alloy_primitives::{Address, B256, Log, LogData, U256};
use alloy_sol_types::SolEvent;
use pars_protocol::{
    ADDRESS,
    abi::IAIMiningEvents::{ParameterChanged, Transfer, WorkAccepted},
    ids,
};

#[test]
fn the_slots_are_those_of_the_layout() {
    let fields = pars_precompile::storage::fields();
    for (slot, name) in [
        (slots::VERSION, "version"),
        (slots::TOTAL_SUPPLY, "totalSupply"),
        (slots::ACCEPTED_WORK, "acceptedWork"),
        (slots::JOB_PAID, "jobPaid"),
        (slots::LAST_WORK_ID, "lastWorkId"),
        (slots::POOL_PROOFS, "poolProofs"),
        (slots::TELEPORT_STATUS, "teleportStatus"),
        (slots::TELEPORT_SOURCE, "teleportSource"),
        (slots::TELEPORT_NONCE, "teleportNonce"),
        (slots::TELEPORT_SENDER, "teleportSender"),
        (slots::TELEPORT_RECIPIENT, "teleportRecipient"),
        (slots::TELEPORT_AMOUNT, "teleportAmount"),
        (slots::TELEPORT_PENDING, "teleportPending"),
        (slots::DEVICE_REVOKED, "deviceRevoked"),
        (slots::DEVICE_ICA, "deviceIca"),
        (slots::DEVICE_MINER, "deviceMiner"),
    ] {
        let field = fields.iter().find(|field| field.slot == slot).unwrap();
        assert_eq!(field.name, name);
    }
}

/// Block 1 with work 1 and the claim of teleport 0, changed by `edit`.
fn edited(edit: impl FnOnce(&mut CommittedBlock)) -> Result<Delta, BlockError> {
    let identity = identity(2);
    let mut chain = Chain::new(&identity);
    let mut block = (*chain.extend(0, &[WORK(1), Action::Claim(0)])).clone();
    edit(&mut block);
    Delta::of(&block, &identity)
}

fn event<E: SolEvent>(event: &E) -> Log {
    Log { address: ADDRESS, data: event.encode_log_data() }
}

/// Replaces the `WorkAccepted` of the first transaction.
fn accepted(edit: impl FnOnce(&mut WorkAccepted)) -> Result<Delta, BlockError> {
    edited(|block| {
        let log = &mut block.receipts[0].logs[1];
        let mut event = WorkAccepted::decode_log_data(&log.data).unwrap();
        edit(&mut event);
        log.data = event.encode_log_data();
    })
}

#[test]
fn e5_zero_ids_hashes_and_owners_are_refused() {
    assert_eq!(edited(|_| {}).unwrap().entries.len(), 2);
    assert_eq!(edited(|block| block.id.hash = B256::ZERO), Err(BlockError::ZeroHash));
    let zero = |field| Err(BlockError::ZeroField { index: 1, field });
    assert_eq!(accepted(|event| event.workId = B256::ZERO), zero("workId"));
    assert_eq!(accepted(|event| event.jobId = B256::ZERO), zero("jobId"));
    assert_eq!(accepted(|event| event.deviceId = B256::ZERO), zero("deviceId"));
    assert_eq!(accepted(|event| event.workDigest = B256::ZERO), zero("workDigest"));
    assert_eq!(accepted(|event| event.proofHash = B256::ZERO), zero("proofHash"));
    assert_eq!(accepted(|event| event.recipient = Address::ZERO), zero("recipient"));
    assert_eq!(accepted(|event| event.miner = Address::ZERO), zero("miner"));
    for tier in [0, 5, 255] {
        assert_eq!(accepted(|event| event.tier = tier), Err(BlockError::UnknownTier { index: 1, tier }));
    }
}

#[test]
fn b7_an_event_without_its_state_or_its_payment_is_refused() {
    let state = |what, id| Err(BlockError::State { what, id });
    let missing = Err(BlockError::MissingMint { index: 1 });
    assert_eq!(accepted(|event| event.workId = work_id(9)), state("acceptedWork", work_id(9)));
    assert_eq!(accepted(|event| event.proofHash = work_id(9)), state("acceptedWork", work_id(1)));
    assert_eq!(accepted(|event| event.recipient = recipient(5)), missing);
    assert_eq!(accepted(|event| event.reward += U256::from(1)), missing);
    assert!(matches!(
        accepted(|event| event.jobId = work_id(9)),
        Err(BlockError::State { what: "jobPaid", .. })
    ));
    let unexplained = |index| Err(BlockError::UnexplainedMint { index });
    assert_eq!(edited(|block| drop(block.receipts[0].logs.pop())), unexplained(0));
    // Two payments for one event.
    assert_eq!(
        edited(|block| {
            let first = block.receipts[0].logs[0].clone();
            block.receipts[0].logs.insert(0, first);
        }),
        unexplained(0)
    );
    // An event repeated, with its payment.
    let twice = edited(|block| {
        let again = block.receipts[0].logs.clone();
        block.receipts[0].logs.extend(again);
    });
    assert_eq!(twice, Err(BlockError::Duplicate(work_id(1))));
    // A job paid twice, as two works, of which the state has both.
    let mut mark = B256::ZERO;
    let job = edited(|block| {
        let mut again = block.receipts[0].logs.clone();
        let mut second = WorkAccepted::decode_log_data(&again[1].data).unwrap();
        mark = ids::job_mark(second.deviceId, second.jobId);
        second.workId = work_id(2);
        again[1] = event(&second);
        block.receipts[0].logs.extend(again);
        let first = block.changes[&slots::of(slots::ACCEPTED_WORK, work_id(1))];
        block.changes.insert(slots::of(slots::ACCEPTED_WORK, work_id(2)), first);
    });
    assert_eq!(job, Err(BlockError::Duplicate(mark)));
    // Work that was spent before, by the state.
    let spent = edited(|block| {
        let slot = slots::of(slots::ACCEPTED_WORK, work_id(1));
        block.changes.get_mut(&slot).unwrap().before = U256::from(1);
    });
    assert_eq!(spent, state("acceptedWork", work_id(1)));
}

#[test]
fn b7_state_without_its_event_shows_in_the_counters() {
    let count = |what, events: u64, state: u64| {
        Err(BlockError::Count { what, events: U256::from(events), state: U256::from(state) })
    };
    // The whole transaction's logs are lost.
    assert_eq!(edited(|block| block.receipts[0].logs.clear()), count("poolProofs", 0, 1));
    let id = pars_protocol::ids::teleport_id(&crate::testing::teleport(0));
    let status = slots::of(slots::TELEPORT_STATUS, id);
    let claimed_before = edited(|block| block.changes.get_mut(&status).unwrap().before = U256::from(2));
    assert_eq!(claimed_before, Err(BlockError::State { what: "teleportStatus", id }));
    assert_eq!(
        edited(|block| assert!(block.changes.remove(&status).is_some())),
        Err(BlockError::State { what: "teleportStatus", id })
    );
    let list = slots::of(slots::TELEPORT_PENDING, recipient(0).into_word());
    assert_eq!(edited(|block| assert!(block.changes.remove(&list).is_some())), {
        let events = U256::ZERO.wrapping_sub(U256::from(1));
        Err(BlockError::Count { what: "teleportPending", events, state: U256::ZERO })
    });
    let supply = slots::field(slots::TOTAL_SUPPLY);
    let wrong = edited(|block| block.changes.get_mut(&supply).unwrap().after += U256::from(1));
    assert!(matches!(wrong, Err(BlockError::Count { what: "totalSupply", .. })));
    let last = slots::field(slots::LAST_WORK_ID);
    let wrong = edited(|block| block.changes.get_mut(&last).unwrap().after = U256::from(1));
    assert_eq!(wrong, Err(BlockError::State { what: "lastWorkId", id: work_id(1) }));
}

#[test]
fn b5_logs_of_a_failed_transaction_and_unknown_events_are_refused() {
    let failed = edited(|block| block.receipts[0].success = false);
    assert!(matches!(failed, Err(BlockError::LogsOfFailure(_))));
    let unknown = |data| {
        let log = Log { address: ADDRESS, data };
        edited(|block| block.receipts[1].logs.push(log))
    };
    let topics = vec![B256::repeat_byte(1)];
    for data in [
        LogData::empty(),
        LogData::new_unchecked(topics, vec![0; 64].into()),
        LogData::new_unchecked(vec![Transfer::SIGNATURE_HASH], vec![0; 32].into()),
        LogData::new_unchecked(vec![WorkAccepted::SIGNATURE_HASH; 4], vec![0; 31].into()),
    ] {
        assert_eq!(unknown(data), Err(BlockError::UnknownEvent { index: 4 }));
    }
    // Events of governance and transfers between holders pass; a rival contract's logs are nobody's business.
    let fine = edited(|block| {
        let name = B256::repeat_byte(1);
        let moved = ParameterChanged { name, oldValue: U256::ZERO, newValue: U256::from(1) };
        let sent = Transfer { from: recipient(1), to: recipient(2), value: U256::from(1) };
        let mut foreign = event(&sent);
        foreign.address = Address::repeat_byte(7);
        block.receipts[1].logs.extend([event(&moved), event(&sent), foreign]);
    });
    assert_eq!(fine.unwrap().entries.len(), 2);
}

#[test]
fn block_0_is_the_configurations_and_nothing_else() {
    let identity = identity(3);
    let genesis = Chain::new(&identity).tips[0].block.clone();
    let delta = Delta::of(&genesis, &identity).unwrap();
    assert_eq!(delta.entries.len(), 3);
    let refused = |block: &CommittedBlock| {
        let error = Delta::of(block, &identity).unwrap_err();
        assert!(matches!(error, BlockError::Activation(_)), "{error}");
    };
    for slot in genesis.changes.keys().filter(|slot| !slot.is_zero()) {
        let mut block = (*genesis).clone();
        block.changes.get_mut(slot).unwrap().after += U256::from(1);
        refused(&block);
        block.changes.remove(slot);
        refused(&block);
    }
    let mut block = (*genesis).clone();
    block.changes.insert(U256::from(1) << 200, genesis.changes[&U256::ZERO]);
    refused(&block);
    // No configuration, or another one.
    let mut other = identity.clone();
    other.config.as_mut().unwrap().pending_teleports.pop();
    assert!(matches!(Delta::of(&genesis, &other), Err(BlockError::Activation(_))));
    other.config = None;
    assert!(matches!(Delta::of(&genesis, &other), Err(BlockError::Activation(_))));
    // A chain without the precompile has an empty block 0.
    let mut empty = (*genesis).clone();
    empty.changes.clear();
    assert_eq!(Delta::of(&empty, &other).unwrap(), Delta::default());
    let mut busy = (*genesis).clone();
    busy.receipts.push(crate::Receipt { transaction: B256::ZERO, success: true, logs: Vec::new() });
    assert_eq!(Delta::of(&busy, &identity), Err(BlockError::GenesisWithReceipts));
}

#[test]
fn a_later_activation_delivers_in_its_block_and_may_be_claimed_in_it() {
    let mut with = identity(2);
    let genesis = Chain::new(&with).tips[0].block.clone();
    let mut empty = (*genesis).clone();
    empty.changes.clear();
    with.genesis_hash = empty.id.hash;
    let mut chain = Chain::new(&with);
    chain.tips[0].block = empty.into();
    // The activation's writes and a claim in one block.
    let mut block = (*chain.extend(0, &[Action::Claim(1)])).clone();
    for (slot, change) in &genesis.changes {
        let entry = block.changes.entry(*slot).or_insert(*change);
        entry.before = U256::ZERO;
    }
    let list = slots::of(slots::TELEPORT_PENDING, recipient(1).into_word());
    block.changes.insert(list, crate::SlotChange { before: U256::ZERO, after: U256::ZERO });
    chain.tips[1].block = block.clone().into();
    let folder = Folder::new();
    let ledger = follow(&folder, &with, &chain);
    let teleport = |which| {
        let id = pars_protocol::ids::teleport_id(&crate::testing::teleport(which));
        ledger.get_teleport(id).unwrap().value.unwrap()
    };
    assert_eq!((teleport(0).delivery.block, teleport(0).claim), (1, None));
    assert_eq!(teleport(1).claim.unwrap().place.block, 1);
    // A delivery whose amount the state does not have.
    let id = pars_protocol::ids::teleport_id(&crate::testing::teleport(0));
    let amount = slots::of(slots::TELEPORT_AMOUNT, id);
    block.changes.get_mut(&amount).unwrap().after += U256::from(1);
    assert_eq!(Delta::of(&block, &with), Err(BlockError::State { what: "teleportAmount", id }));
}

#[test]
fn a_refused_block_writes_nothing_and_the_right_one_follows() {
    let (identity, mut chain) = busy(2);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let (rows, sequence) = (ledger.dump().unwrap(), ledger.sequence());
    let block = chain.extend(0, &[WORK(60)]);
    let mut bad = (*block).clone();
    bad.receipts[0].logs.clear();
    assert!(matches!(ledger.apply(&bad), Err(Error::Block { .. })));
    assert_eq!((ledger.dump().unwrap(), ledger.sequence()), (rows, sequence));
    ledger.apply(&block).unwrap();
}
