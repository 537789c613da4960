//! The chain as the ledger reads it.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use alloy_primitives::{B256, U256};
use pars_ledger::{BlockId, ChainView, CommittedBlock, Identity, Receipt, SlotChange};

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

/// A chain that was read from its folder and does not run, as an audit compares with it.
#[derive(Debug)]
pub struct Record {
    /// Where it starts.
    pub spec: ChainSpec,
    /// Every block, from 0 on.
    pub entries: Vec<Entry>,
}

impl Record {
    /// Which chain its ledger is of.
    pub fn identity(&self) -> Identity {
        identity(self.spec.chain_id, self.spec.header.hash(), self.spec.activation.as_ref())
    }
}

impl ChainView for Record {
    type Error = Infallible;

    fn head(&self) -> Result<BlockId, Infallible> {
        let genesis = || BlockId { number: 0, hash: self.spec.header.hash() };
        Ok(self.entries.last().map_or_else(genesis, |entry| id_of(&entry.block)))
    }

    fn canonical_hash(&self, number: u64) -> Result<Option<B256>, Infallible> {
        let entry = usize::try_from(number).ok().and_then(|number| self.entries.get(number));
        Ok(entry.map(|entry| entry.block.hash()))
    }

    fn block(&self, number: u64) -> Result<Option<Arc<CommittedBlock>>, Infallible> {
        let entry = usize::try_from(number).ok().and_then(|number| self.entries.get(number));
        Ok(entry.map(|entry| Arc::new(committed(&entry.block, self.spec.activation.as_ref()))))
    }

    /// What a chain finalizes is the running node's to say.
    fn finalized(&self) -> Result<u64, Infallible> {
        Ok(0)
    }
}
