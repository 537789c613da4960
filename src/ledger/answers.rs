//! Answers as JSON: the methods, parameters and fields of the RPC namespace `aimining_` (`precompile-spec/ledger.md`).
//!
//! Here, and not with those who are asked, because there is more than one way to ask a ledger: two that spell an answer
//! or a refusal differently would be two interfaces. A [`Desk`] brings what the ledger does not know by itself.

use crate::{
    block::BlockId,
    error::Error,
    ledger::{Ledger, Metrics},
    query::{At, By, Cursor, Earning, Lookup, MAX_PAGE, Page, Sync, SyncStatus, Teleport},
    rows::{Claim, Delivery, Device, DeviceEvent, Place, PoolTotals, Work},
};
use alloy_primitives::{Address, B256, U64, U256};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Entries of a page, unless asked otherwise.
const PAGE: usize = 100;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The question is wrong.
    #[error("{0}")]
    Request(String),
    /// The ledger cannot tell.
    #[error("{0}")]
    Unavailable(String),
}

impl Refusal {
    /// The question is wrong.
    pub fn request(text: impl Into<String>) -> Self {
        Self::Request(text.into())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::BadQuery(text) => Self::request(text),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

/// What a method answers.
pub type Answer = Result<Value, Refusal>;

/// Where questions to a ledger arrive.
pub trait Desk {
    /// The block that an answer without rows holds for: the chain's head, or that of a ledger without a chain. `None` =
    /// there is no block yet.
    fn head(&self) -> Option<BlockId>;

    /// Was this work spent? With the block that this holds for.
    fn lookup(&self, work_id: B256) -> (Option<BlockId>, Lookup);

    /// Asks the ledger.
    ///
    /// # Errors
    /// The ledger's, or there is no ledger to ask.
    fn ask<T>(&self, question: impl FnOnce(&Ledger) -> Result<T, Error>) -> Result<T, Refusal>;

    /// Time of a block; `None` if it was taken back in this moment.
    fn time(&self, number: u64) -> Option<u64>;
}

/// `getWork(workId)`: spent, unspent or unknown.
///
/// # Errors
/// Wrong parameters.
pub fn get_work(desk: &impl Desk, params: Params<'_>) -> Answer {
    let id: B256 = params.required(0)?;
    let (head, lookup) = desk.lookup(id);
    let (status, name, rest) = match lookup {
        Lookup::Unspent => ("unspent", "work", Value::Null),
        Lookup::Spent(row) => ("spent", "work", work(desk, &row)),
        Lookup::Unknown(why) => ("unknown", "reason", json!(why.to_string())),
    };
    Ok(json!({ "workId": id, "block": head.map(block), "status": status, name: rest }))
}

/// `getTeleport(id)`: absent, pending, claimed or unknown.
///
/// # Errors
/// Wrong parameters.
pub fn get_teleport(desk: &impl Desk, params: Params<'_>) -> Answer {
    let id: B256 = params.required(0)?;
    let found = desk.ask(|ledger| ledger.get_teleport(id));
    three_valued(desk, "teleportId", id, "teleport", found, |Teleport { delivery, claim: claimed }| {
        let Delivery { block, source, nonce, sender, recipient, amount } = delivery;
        let body = json!({
            "deliveredInBlock": U64::from(block), "timestamp": time(desk, block),
            "sourceChain": U64::from(source), "nonce": U64::from(nonce), "sender": sender,
            "recipient": recipient, "amount": amount, "claim": claimed.map(|row| claim(desk, &row)),
        });
        (if claimed.is_some() { "claimed" } else { "pending" }, body)
    })
}

/// `getDevice(id, from?, limit?)`: absent, known or unknown; with a page of its events.
///
/// # Errors
/// Wrong parameters.
pub fn get_device(desk: &impl Desk, params: Params<'_>) -> Answer {
    let id: B256 = params.required(0)?;
    let (from, limit) = (params.cursor(1)?, params.limit(2)?);
    let found = desk.ask(|ledger| ledger.get_device(id, from, limit));
    three_valued(desk, "deviceId", id, "device", found, |history| {
        let Page { entries, next } = history.events;
        let events: Vec<_> = entries.iter().map(|(at, event)| device_event(desk, at, event)).collect();
        ("known", merge(device(&history.device), json!({ "events": events, "next": next.map(cursor) })))
    })
}

/// `getHistory(address, by, from?, limit?)`: what an address was paid, or what a miner's proofs earned.
///
/// # Errors
/// Wrong parameters, or the ledger cannot tell: an empty list would be a lie.
pub fn get_history(desk: &impl Desk, params: Params<'_>) -> Answer {
    let (address, by): (Address, By) = (params.required(0)?, params.required(1)?);
    let (from, limit) = (params.cursor(2)?, params.limit(3)?);
    let At { head, value } = desk.ask(|ledger| ledger.history(address, by, from, limit))?;
    let entries = value.entries.iter().map(|entry| match entry {
        Earning::Work { id, row } => merge(json!({ "kind": "work", "workId": id }), work(desk, row)),
        Earning::Claim { id, row } => merge(json!({ "kind": "claim", "teleportId": id }), claim(desk, row)),
    });
    Ok(json!({
        "block": block(head), "entries": entries.collect::<Vec<_>>(), "next": value.next.map(cursor),
    }))
}

/// Parameter of `stats`, with blocks as those who are asked know them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Range<T> {
    from_block: Option<T>,
    to_block: Option<T>,
}

/// `stats({fromBlock?, toBlock?})`: what these blocks brought, both included. `height` turns what names a block into
/// its height, or into `None` for the ledger's head: that one is known only when the ledger is asked.
///
/// # Errors
/// Wrong parameters, a block without a height, or the ledger cannot tell.
pub fn stats<T: DeserializeOwned, E: From<Refusal>>(
    desk: &impl Desk,
    params: Params<'_>,
    height: impl Fn(T) -> Result<Option<u64>, E>,
) -> Result<Value, E> {
    let Range { from_block, to_block } =
        params.optional(0)?.unwrap_or(Range { from_block: None, to_block: None });
    let from = from_block.map_or(Ok(Some(0)), &height)?;
    let to = to_block.map_or(Ok(None), &height)?;
    let At { head, value } = desk.ask(|ledger| {
        let head = ledger.head().map_or(0, |head| head.number);
        ledger.stats(from.unwrap_or(head), to.unwrap_or(head))
    })?;
    let totals = value.totals;
    Ok(json!({
        "block": block(head),
        "fromBlock": U64::from(value.from), "toBlock": U64::from(value.to),
        "fromTimestamp": U64::from(value.from_timestamp), "toTimestamp": U64::from(value.to_timestamp),
        "software": pool(&totals.software), "attested": pool(&totals.attested),
        "deliveries": U64::from(totals.deliveries), "delivered": totals.delivered,
        "claims": U64::from(totals.claims), "claimed": totals.claimed,
        "supply": totals.supply,
    }))
}

/// The ledger's half of `syncStatus`, put to what the asked one says of itself. With `distance` also how far the ledger
/// is from the chain; without a chain there is nothing to be behind. Never fails: a ledger that cannot be read is
/// stalled.
pub fn standing(answer: Value, figures: &Metrics, at: Result<SyncStatus, Error>, distance: bool) -> Value {
    let figures = json!({
        "blocksApplied": U64::from(figures.applied), "blocksReverted": U64::from(figures.reverted),
        "heals": U64::from(figures.heals), "inconsistencies": U64::from(figures.inconsistencies),
        "lastCommitMicros": U64::from(figures.last_commit_micros),
    });
    let mut answer = merge(answer, figures);
    let at = match at {
        Ok(at) => at,
        Err(error) => return merge(answer, stalled(error)),
    };
    if distance {
        let (sync, blocks) = match at.sync {
            Sync::InSync => ("inSync", 0),
            Sync::Behind(blocks) => ("behind", blocks),
            Sync::Ahead(blocks) => ("ahead", blocks),
            Sync::Forked => ("forked", 0),
            Sync::Inconsistent => ("inconsistent", 0),
        };
        answer = merge(answer, json!({ "sync": sync, "distance": U64::from(blocks) }));
    }
    let rest = json!({
        "schema": at.schema, "ledgerHead": at.head.map(block), "ledgerFinalized": at.finalized.map(block),
        "digest": at.digest,
    });
    merge(answer, rest)
}

/// The fields of `syncStatus` of a ledger that cannot go on, for this reason.
pub fn stalled(reason: impl ToString) -> Value {
    json!({ "status": "stalled", "reason": reason.to_string() })
}

/// What the ledger cannot say is one of three answers, not an error.
fn three_valued<T>(
    desk: &impl Desk,
    id_name: &str,
    id: B256,
    name: &str,
    found: Result<At<Option<T>>, Refusal>,
    show: impl FnOnce(T) -> (&'static str, Value),
) -> Answer {
    let (head, status, name, rest) = match found {
        Ok(At { head, value: None }) => (Some(head), "absent", name, Value::Null),
        Ok(At { head, value: Some(value) }) => {
            let (status, body) = show(value);
            (Some(head), status, name, body)
        }
        Err(Refusal::Unavailable(reason)) => (desk.head(), "unknown", "reason", json!(reason)),
        Err(refusal) => return Err(refusal),
    };
    Ok(json!({ id_name: id, "block": head.map(block), "status": status, name: rest }))
}

/// Positional parameters, read one by one. One that is absent or `null` is not there.
#[derive(Clone, Copy, Debug)]
pub struct Params<'a>(pub &'a [Value]);

impl<'a> Params<'a> {
    /// The raw value at `index`.
    pub fn raw(self, index: usize) -> Option<&'a Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    /// The parameter at `index`, if it is there.
    ///
    /// # Errors
    /// It is of another type.
    pub fn optional<T: DeserializeOwned>(self, index: usize) -> Result<Option<T>, Refusal> {
        let wrong = |error| Refusal::request(format!("invalid argument {index}: {error}"));
        self.raw(index).map(|value| T::deserialize(value).map_err(wrong)).transpose()
    }

    /// The parameter at `index`.
    ///
    /// # Errors
    /// It is not there or of another type.
    pub fn required<T: DeserializeOwned>(self, index: usize) -> Result<T, Refusal> {
        self.optional(index)?.ok_or_else(|| missing(index))
    }

    /// A [`quantity`], if it is there.
    ///
    /// # Errors
    /// It is none, or above 64 bits.
    pub fn quantity(self, index: usize) -> Result<Option<u64>, Refusal> {
        let wrong = || Refusal::request(format!("invalid argument {index}: not a quantity below 2^64"));
        self.raw(index).map(|value| quantity(value).ok_or_else(wrong)).transpose()
    }

    /// A [`quantity`] that must be there.
    ///
    /// # Errors
    /// As [`Params::quantity`], or it is not there.
    pub fn required_quantity(self, index: usize) -> Result<u64, Refusal> {
        self.quantity(index)?.ok_or_else(|| missing(index))
    }

    /// Where a page begins: `next` of the page before, or a block number.
    fn cursor(self, index: usize) -> Result<Cursor, Refusal> {
        let wrong = || {
            Refusal::request(format!("invalid argument {index}: not a block number, nor {{block, logIndex}}"))
        };
        let Some(value) = self.raw(index) else { return Ok(Cursor::default()) };
        let Value::Object(fields) = value else {
            return Ok(Cursor { block: quantity(value).ok_or_else(wrong)?, log_index: 0 });
        };
        let field = |name: &str| fields.get(name).map_or(Some(0), quantity).ok_or_else(wrong);
        if fields.keys().any(|name| name != "block" && name != "logIndex") {
            return Err(wrong());
        }
        let log_index = u32::try_from(field("logIndex")?).map_err(|_| wrong())?;
        Ok(Cursor { block: field("block")?, log_index })
    }

    /// Entries of a page.
    fn limit(self, index: usize) -> Result<usize, Refusal> {
        let Some(limit) = self.quantity(index)? else { return Ok(PAGE) };
        // What is above the most is refused by the ledger, with the right words.
        Ok(usize::try_from(limit).unwrap_or(usize::MAX).min(MAX_PAGE.saturating_add(1)))
    }
}

fn missing(index: usize) -> Refusal {
    Refusal::request(format!("missing value for required argument {index}"))
}

/// Reads a quantity out of a JSON value: hex, a JSON number, or a decimal string.
pub fn quantity(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => {
            let parsed = match text.strip_prefix("0x") {
                Some(digits) if !digits.is_empty() => U256::from_str_radix(digits, 16).ok()?,
                Some(_) => return None,
                None => U256::from_str_radix(text, 10).ok().filter(|_| !text.is_empty())?,
            };
            u64::try_from(parsed).ok()
        }
        _ => None,
    }
}

/// A block, as answers name it.
pub fn block(id: BlockId) -> Value {
    json!({ "number": U64::from(id.number), "hash": id.hash })
}

/// The fields of both; the other's prevail.
pub fn merge(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

fn cursor(cursor: Cursor) -> Value {
    json!({ "block": U64::from(cursor.block), "logIndex": U64::from(cursor.log_index) })
}

fn time(desk: &impl Desk, number: u64) -> Option<U64> {
    desk.time(number).map(U64::from)
}

fn place(desk: &impl Desk, place: &Place) -> Value {
    json!({
        "blockNumber": U64::from(place.block), "timestamp": time(desk, place.block),
        "transactionHash": place.transaction, "transactionIndex": U64::from(place.transaction_index),
        "logIndex": U64::from(place.log_index),
    })
}

fn work(desk: &impl Desk, row: &Work) -> Value {
    let work = json!({
        "miner": row.miner, "recipient": row.recipient, "jobId": row.job_id, "deviceId": row.device_id,
        "workDigest": row.work_digest, "proofHash": row.proof_hash, "tier": row.tier,
        "trustBps": U64::from(row.trust_bps), "computeUnits": U64::from(row.compute_units),
        "reward": row.reward, "nativeReward": row.native_reward, "epoch": U64::from(row.epoch),
    });
    merge(place(desk, &row.place), work)
}

fn claim(desk: &impl Desk, row: &Claim) -> Value {
    merge(place(desk, &row.place), json!({ "recipient": row.recipient, "amount": row.amount }))
}

fn device(row: &Device) -> Value {
    let registration = row.registration.map(|found| {
        json!({
            "blockNumber": U64::from(found.block), "tier": found.tier, "icaIndex": found.ica_index,
            "pdi": found.pdi, "fwid": found.fwid,
        })
    });
    let binding = row.binding.map(|found| {
        json!({
            "blockNumber": U64::from(found.block), "minerKeyHash": found.miner, "validFrom": U64::from(found.from),
        })
    });
    json!({
        "registration": registration, "binding": binding, "revoked": row.revoked,
        "proofs": U64::from(row.proofs), "computeUnits": U256::from(row.units), "reward": row.reward,
        "nativeReward": row.native_reward, "firstBlock": U64::from(row.first_block),
        "lastBlock": U64::from(row.last_block),
    })
}

fn device_event(desk: &impl Desk, at: &Place, event: &DeviceEvent) -> Value {
    let event = match event {
        DeviceEvent::Registered { tier, ica_index, pdi, fwid } => {
            json!({ "kind": "registered", "tier": tier, "icaIndex": ica_index, "pdi": pdi, "fwid": fwid })
        }
        DeviceEvent::Bound { miner, from } => {
            json!({ "kind": "bound", "minerKeyHash": miner, "validFrom": U64::from(*from) })
        }
        DeviceEvent::Revocation { revoked } => json!({ "kind": "revocation", "revoked": revoked }),
    };
    merge(place(desk, at), event)
}

fn pool(totals: &PoolTotals) -> Value {
    json!({
        "proofs": U64::from(totals.proofs), "computeUnits": U256::from(totals.units), "reward": totals.reward,
        "nativeReward": totals.native_reward,
    })
}
