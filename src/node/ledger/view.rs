//! The chain as the ledger reads it.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use alloy_primitives::{B256, U256};
use pars_ledger::{
    BlockId, ChainView, CommittedBlock, Identity, Receipt, SlotChange, block::BrokenSegment,
    interchange::ChainFile,
};

use crate::chain::{Chain, Entry, activation::Activation, block::Block, genesis::ChainSpec};

/// Number and hash.
pub fn id_of(block: &Block) -> BlockId {
    BlockId { number: block.number(), hash: block.hash() }
}

/// Which chain a ledger is of.
pub fn identity(chain_id: u64, genesis_hash: B256, activation: Option<&Activation>) -> Identity {
    Identity {
        // A chain's id has 32 bits: its genesis was refused otherwise.
        chain_id: u32::try_from(chain_id).unwrap_or_default(),
        genesis_hash,
        config: activation.map(|activation| activation.genesis().clone()),
    }
}

/// A block with what it changes of 0x0300.
pub fn committed(block: &Block, activation: Option<&Activation>) -> CommittedBlock {
    let changes: BTreeMap<U256, SlotChange> = match (block.number(), activation) {
        (0, Some(active)) if active.timestamp <= block.header.timestamp => {
            active.storage().map(|(slot, after)| (slot, SlotChange { before: U256::ZERO, after })).collect()
        }
        (0, _) => BTreeMap::new(),
        _ => {
            let slots = block.diff.slots(&pars_protocol::ADDRESS);
            slots.map(|(slot, diff)| (slot, SlotChange { before: diff.before, after: diff.after })).collect()
        }
    };
    let receipts = block.receipts.iter().map(|receipt| Receipt {
        transaction: receipt.transaction_hash,
        success: receipt.status(),
        logs: receipt.inner.logs().iter().map(|log| log.inner.clone()).collect(),
    });
    CommittedBlock {
        id: id_of(block),
        parent: block.header.parent_hash,
        timestamp: block.header.timestamp,
        receipts: receipts.collect(),
        changes,
    }
}

impl ChainView for Chain {
    type Error = Infallible;

    fn head(&self) -> Result<BlockId, Infallible> {
        Ok(id_of(&Chain::head(self).block))
    }

    fn canonical_hash(&self, number: u64) -> Result<Option<B256>, Infallible> {
        Ok(Chain::block(self, number).map(|entry| entry.block.hash()))
    }

    fn block(&self, number: u64) -> Result<Option<Arc<CommittedBlock>>, Infallible> {
        let entry = Chain::block(self, number);
        Ok(entry.map(|entry| Arc::new(committed(&entry.block, self.activation()))))
    }

    fn finalized(&self) -> Result<u64, Infallible> {
        Ok(Chain::finalized(self))
    }
}

/// A chain that was read from its folder, as an audit compares with it. What it finalizes is the running node's to say.
///
/// # Errors
/// The blocks do not follow each other, which reading has ruled out.
pub fn chain_file(spec: &ChainSpec, entries: &[Entry]) -> Result<ChainFile, BrokenSegment> {
    let activation = spec.activation.as_ref();
    let blocks = entries.iter().map(|entry| Arc::new(committed(&entry.block, activation)));
    ChainFile::new(identity(spec.chain_id, spec.header.hash(), activation), 0, blocks.collect())
}
