//! Reading a chain back. Each block is checked against its header and its parent, and each state against its root: a
//! damaged file is an error, never another chain.

use std::sync::Arc;

use alloy_consensus::{
    Header, ReceiptEnvelope, Sealable as _, TxReceipt as _,
    proofs::{calculate_receipt_root, calculate_transaction_root},
};
use alloy_primitives::{B256, Bloom};
use pars_ledger::rows::Field;

use super::{
    BODIES, ChainStore, EDITS, HEADERS, RECEIPTS, STATES, StoreError, edit_key,
    encoding::{Rows, read_body, read_diff, read_edit, read_header, read_receipts},
};
use crate::chain::{
    Entry,
    block::{Block, assemble},
    diff::StateDiff,
    genesis::ChainSpec,
};

/// Blocks between two lines of the log while a long chain is read.
const REPORT_EVERY: u64 = 10_000;

impl ChainStore {
    /// Every block from 0 to the head.
    pub(super) fn load(&self, spec: &ChainSpec) -> Result<Vec<Entry>, StoreError> {
        let (height, head_hash) = self.head()?;
        let genesis = Block {
            header: spec.header.clone(),
            transactions: Vec::new(),
            receipts: Vec::new(),
            diff: StateDiff::default(),
        };
        let genesis = Entry { block: Arc::new(genesis), state: spec.state.clone(), edits: 0 };
        let mut entries = vec![self.edited(genesis)?];
        for number in 1..=height {
            if let Some(parent) = entries.last() {
                let next = self.edited(self.next(number, parent)?)?;
                entries.push(next);
            }
            if number.is_multiple_of(REPORT_EVERY) {
                tracing::info!("read block {number} of {height}");
            }
        }
        let last = entries.last().map(|entry| entry.block.hash());
        if last != Some(head_hash) {
            return Err(
                self.damaged(format!("its head is said to be {head_hash}, but block {height} is not"))
            );
        }
        if let Some(key) = self.first_from(HEADERS, &height.saturating_add(1).to_be_bytes())? {
            let key = alloy_primitives::hex::encode(key);
            return Err(self.damaged(format!("the head is block {height}, but there is a later row {key}")));
        }
        Ok(entries)
    }

    /// Seal and header of a block.
    pub(super) fn header(&self, number: u64) -> Result<(B256, Header), StoreError> {
        let row = self.row(HEADERS, number)?;
        let (seal, rest) = row.split_at_checked(32).ok_or_else(|| self.malformed(HEADERS, number))?;
        let header = read_header(rest).ok_or_else(|| self.malformed(HEADERS, number))?;
        Ok((B256::from_slice(seal), header))
    }

    fn next(&self, number: u64, parent: &Entry) -> Result<Entry, StoreError> {
        let wrong = |what: &str| self.damaged(format!("block {number}: {what}"));
        let (seal, header) = self.header(number)?;
        let rows = Rows {
            header: super::encoding::header(&header),
            body: self.row(BODIES, number)?,
            receipts: self.row(RECEIPTS, number)?,
            diff: self.row(STATES, number)?,
        };
        if rows.seal() != seal {
            return Err(wrong("its parts are not those that were written together"));
        }
        let header = header.seal_slow();
        if header.number != number || header.parent_hash != parent.block.hash() {
            return Err(wrong("it does not follow the block before it"));
        }
        let transactions = read_body(&rows.body).ok_or_else(|| self.malformed(BODIES, number))?;
        let bodies: Vec<_> = transactions.iter().map(|tx| tx.inner()).collect();
        if calculate_transaction_root(&bodies) != header.transactions_root {
            return Err(wrong("its transactions do not have the header's root"));
        }
        let receipts = read_receipts(&rows.receipts).ok_or_else(|| self.malformed(RECEIPTS, number))?;
        let bloom = receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom());
        let used = receipts.last().map_or(0, ReceiptEnvelope::cumulative_gas_used);
        let described = receipts.len() == transactions.len() && used == header.gas_used;
        if calculate_receipt_root(&receipts) != header.receipts_root
            || bloom != header.logs_bloom
            || !described
        {
            return Err(wrong("its receipts are not those of the header"));
        }
        let diff = read_diff(&rows.diff).ok_or_else(|| self.malformed(STATES, number))?;
        if let Some((address, slot)) = diff.misfit(&parent.state) {
            return Err(wrong(&format!("slot {slot:#x} of {address} was not what it says before it")));
        }
        let state = parent.state.apply(&diff);
        if state.root() != header.state_root {
            return Err(wrong("the state after it does not have the header's root"));
        }
        Ok(Entry { block: Arc::new(assemble(header, transactions, receipts, diff)), state, edits: 0 })
    }

    /// The same after the edits of dev methods.
    fn edited(&self, mut entry: Entry) -> Result<Entry, StoreError> {
        let number = entry.block.number();
        while let Some(row) = self.db()?.get_cf(self.column(EDITS)?, edit_key(number, entry.edits))? {
            let (root, diff) = read_edit(&row).ok_or_else(|| self.malformed(EDITS, number))?;
            let state = entry.state.apply(&diff);
            if state.root() != root {
                return Err(self.damaged(format!("edit {} of block {number} is not as it was", entry.edits)));
            }
            entry = Entry { state, edits: entry.edits.saturating_add(1), ..entry };
        }
        // A hole: later edits without this one.
        match self.first_from(EDITS, &edit_key(number, entry.edits))? {
            Some(key) if key.starts_with(&number.encode()) => {
                Err(self.damaged(format!("edit {} of block {number} is missing", entry.edits)))
            }
            _ => Ok(entry),
        }
    }

    fn row(&self, column: &str, number: u64) -> Result<Vec<u8>, StoreError> {
        self.db()?
            .get_cf(self.column(column)?, number.to_be_bytes())
            .map_err(|error| self.damaged(format!("block {number}: {error}")))?
            .ok_or_else(|| self.damaged(format!("block {number} has no row in {column}")))
    }

    /// The first key from `key` on.
    fn first_from(&self, column: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut rows = self.db()?.raw_iterator_cf(self.column(column)?);
        rows.seek(key);
        let found = rows.key().map(<[u8]>::to_vec);
        rows.status()?;
        Ok(found)
    }

    fn malformed(&self, column: &str, number: u64) -> StoreError {
        self.damaged(format!("block {number}: its row in {column} is malformed"))
    }
}
