//! Blocks, receipts and state changes as bytes. Headers, transactions and receipts in Ethereum's own forms (RLP,
//! EIP-2718), so that their roots can be computed again from what is read; the rest big-endian and of fixed width, as in
//! the ledger.

use std::collections::BTreeMap;

use alloy_consensus::{Header, ReceiptEnvelope, TxEnvelope};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, U256};
use alloy_rlp::{Decodable, Encodable};
use pars_ledger::rows::Field;

use crate::chain::{
    block::SignedTx,
    diff::{AccountChange, AccountDiff, SlotDiff, StateDiff},
    snapshot::Clock,
    state::Code,
};

/// `derive_key` context of a block's seal.
const SEAL_TAG: &str = "pars.devnet.stored-block.v1";

/// What is stored of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// RLP.
    pub(super) header: Vec<u8>,
    /// Senders and transactions.
    pub(super) body: Vec<u8>,
    /// Receipts with bloom filters.
    pub(super) receipts: Vec<u8>,
    /// [`StateDiff`].
    pub(super) diff: Vec<u8>,
}

impl Rows {
    /// Binds the parts to each other: a sender, say, stands in no root.
    pub(super) fn seal(&self) -> B256 {
        let mut hasher = blake3::Hasher::new_derive_key(SEAL_TAG);
        for part in [&self.header, &self.body, &self.receipts, &self.diff] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().as_bytes().into()
    }
}

pub(super) fn header(header: &Header) -> Vec<u8> {
    let mut out = Vec::new();
    Encodable::encode(header, &mut out);
    out
}

pub(super) fn read_header(mut bytes: &[u8]) -> Option<Header> {
    <Header as Decodable>::decode(&mut bytes).ok().filter(|_| bytes.is_empty())
}

/// A sender stands beside its transaction: that of an impersonated one cannot be recovered.
pub(super) fn body(transactions: &[SignedTx]) -> Vec<u8> {
    list(transactions, |tx, out| {
        tx.signer().put(out);
        blob(&tx.inner().encoded_2718(), out);
    })
}

pub(super) fn read_body(bytes: &[u8]) -> Option<Vec<SignedTx>> {
    read_list(bytes, |input| {
        let sender = Address::take(input)?;
        let mut bytes = take_blob(input)?;
        let tx = TxEnvelope::decode_2718(&mut bytes).ok().filter(|_| bytes.is_empty())?;
        Some(SignedTx::new_unchecked(tx, sender))
    })
}

pub(super) fn receipts(receipts: &[ReceiptEnvelope]) -> Vec<u8> {
    list(receipts, |receipt, out| blob(&receipt.encoded_2718(), out))
}

pub(super) fn read_receipts(bytes: &[u8]) -> Option<Vec<ReceiptEnvelope>> {
    read_list(bytes, |input| {
        let mut bytes = take_blob(input)?;
        ReceiptEnvelope::decode_2718(&mut bytes).ok().filter(|_| bytes.is_empty())
    })
}

pub(super) fn diff(diff: &StateDiff) -> Vec<u8> {
    let mut out = Vec::new();
    put_diff(diff, &mut out);
    out
}

pub(super) fn read_diff(mut bytes: &[u8]) -> Option<StateDiff> {
    take_diff(&mut bytes).filter(|_| bytes.is_empty())
}

/// `root 32 | diff`, the root that of the state after it: no header commits to an edit.
pub(super) fn edit(root: B256, diff: &StateDiff) -> Vec<u8> {
    let mut out = root.to_vec();
    put_diff(diff, &mut out);
    out
}

pub(super) fn read_edit(mut bytes: &[u8]) -> Option<(B256, StateDiff)> {
    let root = Field::take(&mut bytes)?;
    read_diff(bytes).map(|diff| (root, diff))
}

/// `offset i64 | option u64`.
pub(super) fn clock(clock: Clock) -> Vec<u8> {
    let mut out = clock.offset.to_be_bytes().to_vec();
    clock.next.put(&mut out);
    out
}

pub(super) fn read_clock(mut bytes: &[u8]) -> Option<Clock> {
    let offset = i64::from_be_bytes(Field::take(&mut bytes)?);
    let next = Field::take(&mut bytes)?;
    bytes.is_empty().then_some(Clock { offset, next })
}

/// Accounts: `address 20 | 0` or `address 20 | 1 | nonce u64 | balance 32 | option code | wiped u8 | slots`; slots:
/// `slot 32 | before 32 | after 32`.
fn put_diff(diff: &StateDiff, out: &mut Vec<u8>) {
    count(diff.accounts.len()).put(out);
    for (address, account) in &diff.accounts {
        address.put(out);
        let AccountDiff::Changed(change) = account else {
            false.put(out);
            continue;
        };
        true.put(out);
        change.nonce.put(out);
        change.balance.put(out);
        change.code.is_some().put(out);
        if let Some(code) = &change.code {
            blob(&code.bytes(), out);
        }
        change.wiped.put(out);
        count(change.slots.len()).put(out);
        for (slot, SlotDiff { before, after }) in &change.slots {
            slot.put(out);
            before.put(out);
            after.put(out);
        }
    }
}

fn take_diff(input: &mut &[u8]) -> Option<StateDiff> {
    let mut accounts = BTreeMap::new();
    for _ in 0..u32::take(input)? {
        let address = Address::take(input)?;
        let account = match bool::take(input)? {
            false => AccountDiff::Removed,
            true => {
                let (nonce, balance) = (Field::take(input)?, Field::take(input)?);
                let code = match bool::take(input)? {
                    true => Some(Code::new(take_blob(input)?.to_vec().into()).ok()?),
                    false => None,
                };
                let wiped = Field::take(input)?;
                let mut slots = BTreeMap::new();
                for _ in 0..u32::take(input)? {
                    let slot: U256 = Field::take(input)?;
                    slots.insert(slot, SlotDiff { before: Field::take(input)?, after: Field::take(input)? });
                }
                AccountDiff::Changed(AccountChange { nonce, balance, code, wiped, slots })
            }
        };
        accounts.insert(address, account);
    }
    Some(StateDiff { accounts })
}

fn list<T>(items: &[T], put: impl Fn(&T, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    count(items.len()).put(&mut out);
    items.iter().for_each(|item| put(item, &mut out));
    out
}

fn read_list<T>(mut bytes: &[u8], take: impl Fn(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    let mut items = Vec::new();
    for _ in 0..u32::take(&mut bytes)? {
        items.push(take(&mut bytes)?);
    }
    bytes.is_empty().then_some(items)
}

fn blob(bytes: &[u8], out: &mut Vec<u8>) {
    count(bytes.len()).put(out);
    out.extend_from_slice(bytes);
}

fn take_blob<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(u32::take(input)?).ok()?;
    let (bytes, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(bytes)
}

/// Nothing in a block has 2^32 parts or bytes; were it so, reading would refuse the row.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
