//! From executed blocks to what the ledger is told.
//!
//! Execution leaves a bundle: the state after its last block, and for each of its blocks what takes that block back.
//! Both together say how each block changed the slots of `0x…0300`, however many blocks a bundle spans. (reth hands its
//! extensions one bundle for a whole chain of blocks.)

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::TxReceipt;
use alloy_primitives::{B256, Log, U256};
use pars_ledger::{BlockId, CommittedBlock, Receipt, Segment, SlotChange, block::BrokenSegment};
use pars_precompile::{ADDRESS, ActivationError, Genesis};
use revm::database::BundleState;

/// The changed slots of `0x…0300`, by slot.
pub type Changes = BTreeMap<U256, SlotChange>;

/// A sealed block and its receipts, as a node has them.
#[derive(Clone, Debug)]
pub struct SealedBlock<'a, R> {
    /// Number and hash.
    pub id: BlockId,
    /// Hash of its parent.
    pub parent: B256,
    /// Block time.
    pub timestamp: u64,
    /// Hashes of its transactions, in order.
    pub transactions: Vec<B256>,
    /// Their receipts, in order.
    pub receipts: &'a [R],
}

/// Blocks that the ledger cannot be told of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Some transactions have no receipt, or the other way round.
    #[error("block {block} has {transactions} transactions and {receipts} receipts")]
    Receipts {
        /// Which.
        block: BlockId,
        /// Its transactions.
        transactions: usize,
        /// Its receipts.
        receipts: usize,
    },
    /// The bundle is of other blocks.
    #[error(
        "the bundle takes back {reverts} blocks, not {blocks}: merge transitions once a block, with reverts"
    )]
    Reverts {
        /// Blocks given.
        blocks: usize,
        /// Blocks that the bundle can take back.
        reverts: usize,
    },
    /// The bundle contradicts itself.
    #[error(
        "slot {slot:#x} of 0x0300: what takes the blocks back does not lead from the state after them to the one before; \
         merge transitions with reverts"
    )]
    Contradiction {
        /// Which.
        slot: U256,
    },
    /// `0x…0300` was destroyed, which no chain with its account does.
    #[error("0x0300 was destroyed: the chain has no account there, neither in its genesis nor by activation")]
    Destroyed,
    /// The blocks do not follow each other.
    #[error(transparent)]
    Segment(#[from] BrokenSegment),
}

impl<R: TxReceipt<Log = Log>> SealedBlock<'_, R> {
    /// What the ledger is told of this block.
    ///
    /// # Errors
    /// [`FeedError::Receipts`].
    pub fn committed(&self, changes: Changes) -> Result<CommittedBlock, FeedError> {
        if self.transactions.len() != self.receipts.len() {
            return Err(FeedError::Receipts {
                block: self.id,
                transactions: self.transactions.len(),
                receipts: self.receipts.len(),
            });
        }
        let receipts = self.transactions.iter().zip(self.receipts).map(|(transaction, receipt)| Receipt {
            transaction: *transaction,
            success: receipt.status(),
            logs: receipt.logs().to_vec(),
        });
        Ok(CommittedBlock {
            id: self.id,
            parent: self.parent,
            timestamp: self.timestamp,
            receipts: receipts.collect(),
            changes,
        })
    }
}

/// What the ledger is told of blocks that were executed into this bundle, oldest first.
///
/// # Errors
/// [`FeedError`].
pub fn segment<R>(blocks: &[SealedBlock<'_, R>], bundle: &BundleState) -> Result<Segment, FeedError>
where
    R: TxReceipt<Log = Log>,
{
    let changes = slot_changes(bundle, blocks.len())?;
    let committed = blocks.iter().zip(changes).map(|(block, changes)| block.committed(changes).map(Arc::new));
    Ok(Segment::new(committed.collect::<Result<_, _>>()?)?)
}

/// How each of the blocks of a bundle changed the slots of `0x…0300`, oldest block first.
///
/// # Errors
/// [`FeedError`]: the bundle does not know.
pub fn slot_changes(bundle: &BundleState, blocks: usize) -> Result<Vec<Changes>, FeedError> {
    if bundle.reverts.len() != blocks {
        return Err(FeedError::Reverts { blocks, reverts: bundle.reverts.len() });
    }
    let account = bundle.account(&ADDRESS);
    if account.is_some_and(|account| account.was_destroyed()) {
        return Err(FeedError::Destroyed);
    }
    let slots = || account.into_iter().flat_map(|account| &account.storage);
    let mut values: BTreeMap<U256, U256> =
        slots().map(|(slot, value)| (*slot, value.present_value)).collect();
    let mut changes = Vec::with_capacity(blocks);
    for reverts in bundle.reverts.iter().rev() {
        let mut block = Changes::new();
        for (_, revert) in reverts.iter().filter(|(address, _)| *address == ADDRESS) {
            if revert.wipe_storage {
                return Err(FeedError::Destroyed);
            }
            for (slot, previous) in &revert.storage {
                let before = previous.to_previous_value();
                let value = values.get_mut(slot).ok_or(FeedError::Contradiction { slot: *slot })?;
                let after = std::mem::replace(value, before);
                if before != after {
                    block.insert(*slot, SlotChange { before, after });
                }
            }
        }
        changes.push(block);
    }
    for (slot, value) in slots() {
        if values.get(slot) != Some(&value.previous_or_original_value) {
            return Err(FeedError::Contradiction { slot: *slot });
        }
    }
    changes.reverse();
    Ok(changes)
}

/// What the ledger is told of block 0: the account of a genesis that has it in its alloc.
///
/// # Errors
/// [`ActivationError`]: the configuration is refused.
pub fn genesis_block(
    hash: B256,
    parent: B256,
    timestamp: u64,
    genesis: &Genesis,
) -> Result<CommittedBlock, ActivationError> {
    let mut changes = Changes::new();
    if genesis.profile.is_active(timestamp) {
        let account = genesis.account(genesis.chain_id.into())?;
        let made = account.storage.into_iter();
        changes.extend(made.map(|(slot, after)| (slot, SlotChange { before: U256::ZERO, after })));
    }
    Ok(CommittedBlock { id: BlockId { number: 0, hash }, parent, timestamp, receipts: Vec::new(), changes })
}
