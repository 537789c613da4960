//! Proving the ledger right: it is computed again from the chain, in a folder of its own, and every row is compared.

use crate::{
    block::BlockId,
    error::Error,
    heal::ChainView,
    ledger::Ledger,
    schema::Column,
    store::{Pair, View},
};
use alloy_primitives::hex;
use serde::Serialize;
use std::{cmp::Ordering, path::Path};

/// Differences that a report names; all are counted.
pub const NAMED: usize = 100;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The ledger's head, at which it was compared.
    pub head: Option<BlockId>,
    /// Rows compared.
    pub rows: u64,
    /// Rows that differ.
    pub differences: u64,
    /// The first of them.
    pub named: Vec<Difference>,
}

/// A row that is not what the chain makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Where.
    pub column: String,
    /// Its key, in hex.
    pub key: String,
    /// By the chain; `None` = there should be no such row.
    pub expected: Option<String>,
    /// In the ledger; `None` = it is missing.
    pub found: Option<String>,
}

impl Report {
    /// Nothing differs.
    pub const fn is_clean(&self) -> bool {
        self.differences == 0
    }

    fn note(&mut self, column: Column, key: &[u8], expected: Option<&[u8]>, found: Option<&[u8]>) {
        self.differences = self.differences.saturating_add(1);
        if self.named.len() < NAMED {
            self.named.push(Difference {
                column: column.to_string(),
                key: hex::encode(key),
                expected: expected.map(hex::encode),
                found: found.map(hex::encode),
            });
        }
    }
}

/// Compares every row with what a chain makes of it. `scratch` is a folder that does not exist yet; it is removed
/// afterwards.
///
/// # Errors
/// [`Error::PastFinality`]: the ledger's head is no block of this chain, so there is nothing to compare with: heal first.
/// Else the ledger or the chain cannot be read.
pub fn audit<C: ChainView>(
    ledger: &Ledger,
    chain: &C,
    scratch: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<Report, Error> {
    let mut report = Report { head: ledger.head(), rows: 0, differences: 0, named: Vec::new() };
    let view = ledger.store.view();
    let io = |source| Error::Io { path: scratch.to_owned(), source };
    if scratch.exists() {
        return Err(io(std::io::ErrorKind::AlreadyExists.into()));
    }
    let fresh = Ledger::open(scratch, ledger.identity().clone())?;
    if let (Some(head), Some(finalized)) = (ledger.head(), ledger.finalized()) {
        for number in 0..=head.number {
            let block = chain.block(number).map_err(|error| Error::Chain(Box::new(error)))?;
            let block = block.filter(|block| number < head.number || block.id == head);
            fresh.apply_later(&*block.ok_or(Error::PastFinality { height: number, finalized })?)?;
            progress(number, head.number);
        }
        fresh.finalize(finalized.number)?;
    }
    let expected = fresh.store.view();
    for column in Column::ALL {
        compare(column, &expected, &view, &mut report)?;
    }
    drop(expected);
    drop(fresh);
    std::fs::remove_dir_all(scratch).map_err(io)?;
    Ok(report)
}

/// Both in the order of their keys, side by side.
fn compare(column: Column, expected: &View<'_>, found: &View<'_>, report: &mut Report) -> Result<(), Error> {
    let (mut expected, mut found) = (expected.rows(column)?, found.rows(column)?);
    let (mut left, mut right): (Option<Pair>, Option<Pair>) =
        (expected.next().transpose()?, found.next().transpose()?);
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        report.rows = report.rows.saturating_add(1);
        match (order, &left, &right) {
            (Ordering::Less, Some((key, value)), _) => report.note(column, key, Some(value), None),
            (Ordering::Greater, _, Some((key, value))) => report.note(column, key, None, Some(value)),
            (Ordering::Equal, Some((key, expected)), Some((_, found))) if expected != found => {
                report.note(column, key, Some(expected), Some(found));
            }
            _ => {}
        }
        if order != Ordering::Greater {
            left = expected.next().transpose()?;
        }
        if order != Ordering::Less {
            right = found.next().transpose()?;
        }
    }
}
