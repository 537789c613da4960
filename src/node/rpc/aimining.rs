//! `aimining_*` methods: what the ledger knows. Each answer names the block it holds for. `precompile-spec/ledger.md` has
//! the fields and their units.

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, U64, U256};
use pars_ledger::{
    BlockId, Error, Lookup,
    query::{At, By, Cursor, Earning, MAX_PAGE, Page, Sync, Teleport},
    rows::{Claim, Delivery, Device, DeviceEvent, Place, PoolTotals, Work},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Rpc,
    error::{RpcError, RpcResult},
    params::{Params, quantity},
};
use crate::ledger::{NotOpen, Phase, view::id_of};

/// Entries of a page, unless asked otherwise.
const PAGE: usize = 100;

/// `aimining_getWork(workId)`: spent, unspent or unknown, as of the chain's head.
pub(super) fn get_work(rpc: &Rpc, params: &Params) -> RpcResult {
    let id: B256 = params.required(0)?;
    let (head, lookup) = rpc.ledger.lookup(id);
    let mut answer = json!({ "workId": id, "block": block(head) });
    let (status, name, rest) = match lookup {
        Lookup::Unspent => ("unspent", "work", Value::Null),
        Lookup::Spent(row) => ("spent", "work", work(rpc, &row)),
        Lookup::Unknown(why) => ("unknown", "reason", json!(why.to_string())),
    };
    (answer["status"], answer[name]) = (json!(status), rest);
    Ok(answer)
}

/// `aimining_getTeleport(id)`: absent, pending, claimed or unknown.
pub(super) fn get_teleport(rpc: &Rpc, params: &Params) -> RpcResult {
    let id: B256 = params.required(0)?;
    let found = found(rpc, rpc.ledger.ask(|ledger| ledger.get_teleport(id)))?;
    Ok(three_valued(found, "teleportId", id, "teleport", |Teleport { delivery, claim: claimed }| {
        let Delivery { block, source, nonce, sender, recipient, amount } = delivery;
        let body = json!({
            "deliveredInBlock": U64::from(block), "timestamp": time(rpc, block), "sourceChain": U64::from(source),
            "nonce": U64::from(nonce), "sender": sender, "recipient": recipient, "amount": amount,
            "claim": claimed.map(|row| claim(rpc, &row)),
        });
        (if claimed.is_some() { "claimed" } else { "pending" }, body)
    }))
}

/// `aimining_getDevice(id, from?, limit?)`: absent, known or unknown; with a page of its events.
pub(super) fn get_device(rpc: &Rpc, params: &Params) -> RpcResult {
    let id: B256 = params.required(0)?;
    let (from, limit) = (cursor(params, 1)?, limit(params, 2)?);
    let found = found(rpc, rpc.ledger.ask(|ledger| ledger.get_device(id, from, limit)))?;
    Ok(three_valued(found, "deviceId", id, "device", |history| {
        let Page { entries, next } = history.events;
        let events: Vec<_> = entries.iter().map(|(at, event)| device_event(rpc, at, event)).collect();
        let mut body = device(&history.device);
        (body["events"], body["next"]) = (json!(events), json!(next.map(cursor_json)));
        ("known", body)
    }))
}

/// `aimining_getHistory(address, by, from?, limit?)`: what an address was paid, or what a miner's proofs earned.
pub(super) fn get_history(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    let by: By = params.required(1)?;
    let (from, limit) = (cursor(params, 2)?, limit(params, 3)?);
    let At { head, value } = known(rpc.ledger.ask(|ledger| ledger.history(address, by, from, limit)))?;
    let entries = value.entries.iter().map(|entry| match entry {
        Earning::Work { id, row } => merge(json!({ "kind": "work", "workId": id }), work(rpc, row)),
        Earning::Claim { id, row } => merge(json!({ "kind": "claim", "teleportId": id }), claim(rpc, row)),
    });
    Ok(json!({
        "block": block(head), "entries": entries.collect::<Vec<_>>(), "next": value.next.map(cursor_json),
    }))
}

/// Parameter of `aimining_stats`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Range {
    from_block: Option<BlockNumberOrTag>,
    to_block: Option<BlockNumberOrTag>,
}

/// `aimining_stats({fromBlock?, toBlock?})`: what these blocks brought, both included.
pub(super) fn stats(rpc: &Rpc, params: &Params) -> RpcResult {
    let range: Range = params.optional(0)?.unwrap_or_default();
    let number = |tag: Option<BlockNumberOrTag>| match tag {
        None | Some(BlockNumberOrTag::Latest) => Ok(None),
        Some(BlockNumberOrTag::Pending) => {
            Err(RpcError::params("no figures of a block that is not there yet"))
        }
        Some(BlockNumberOrTag::Number(number)) => Ok(Some(number)),
        Some(tag) => Ok(Some(rpc.chain.resolve(tag.into())?.entry().block.number())),
    };
    let (from, to) =
        (number(range.from_block.or(Some(BlockNumberOrTag::Earliest)))?, number(range.to_block)?);
    let answer = known(rpc.ledger.ask(|ledger| {
        let head = ledger.head().map_or(0, |head| head.number);
        ledger.stats(from.unwrap_or(head), to.unwrap_or(head))
    }))?;
    let At { head, value } = answer;
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

/// `aimining_syncStatus()`: where the ledger stands beside the chain, and why. Never fails.
pub(super) fn sync_status(rpc: &Rpc, _: &Params) -> RpcResult {
    let head = id_of(&rpc.chain.head().block);
    let asked = rpc.ledger.ask_now(|ledger| (ledger.sync_status(head), ledger.metrics()));
    let (status, detail) = match rpc.ledger.phase() {
        Phase::Following => ("following", Value::Null),
        Phase::Healing { at, of } => ("healing", json!(format!("at block {at} of {of}"))),
        Phase::Stalled(reason) => ("stalled", json!(reason)),
        Phase::Closed(reason) => ("closed", json!(reason)),
    };
    let mut answer = json!({
        "status": status, "reason": detail,
        "chainHead": block(head), "chainFinalized": U64::from(rpc.chain.finalized()),
        "finality": U64::from(rpc.chain.finality()), "persistent": rpc.chain.is_persistent(),
        "rebuilds": U64::from(rpc.ledger.rebuilds()),
    });
    let Ok((at, figures)) = asked else { return Ok(answer) };
    let more = json!({
        "blocksApplied": U64::from(figures.applied), "blocksReverted": U64::from(figures.reverted),
        "heals": U64::from(figures.heals), "inconsistencies": U64::from(figures.inconsistencies),
        "lastCommitMicros": U64::from(figures.last_commit_micros),
    });
    answer = merge(answer, more);
    let at = match at {
        Ok(at) => at,
        Err(error) => {
            (answer["status"], answer["reason"]) = (json!("stalled"), json!(error.to_string()));
            return Ok(answer);
        }
    };
    let (sync, distance) = match at.sync {
        Sync::InSync => ("inSync", 0),
        Sync::Behind(blocks) => ("behind", blocks),
        Sync::Ahead(blocks) => ("ahead", blocks),
        Sync::Forked => ("forked", 0),
        Sync::Inconsistent => ("inconsistent", 0),
    };
    Ok(merge(
        answer,
        json!({
            "sync": sync, "distance": U64::from(distance), "schema": at.schema,
            "ledgerHead": at.head.map(block), "ledgerFinalized": at.finalized.map(block), "digest": at.digest,
        }),
    ))
}

/// What was found, or why nothing can be said.
type Found<T> = (BlockId, Result<Option<T>, String>);

/// An answer that the ledger cannot give is one of three, not an error.
fn found<T>(rpc: &Rpc, asked: Result<Result<At<Option<T>>, Error>, NotOpen>) -> Result<Found<T>, RpcError> {
    let head = || id_of(&rpc.chain.head().block);
    match asked {
        Ok(Ok(At { head, value })) => Ok((head, Ok(value))),
        Ok(Err(Error::BadQuery(text))) => Err(RpcError::params(text)),
        Ok(Err(error)) => Ok((head(), Err(error.to_string()))),
        Err(error) => Ok((head(), Err(error.to_string()))),
    }
}

fn three_valued<T>(
    (head, found): Found<T>,
    id_name: &str,
    id: B256,
    name: &str,
    show: impl FnOnce(T) -> (&'static str, Value),
) -> Value {
    let mut answer = json!({ id_name: id, "block": block(head) });
    match found {
        Ok(None) => (answer["status"], answer[name]) = (json!("absent"), Value::Null),
        Ok(Some(value)) => {
            let (status, body) = show(value);
            (answer["status"], answer[name]) = (json!(status), body);
        }
        Err(reason) => (answer["status"], answer["reason"]) = (json!("unknown"), json!(reason)),
    }
    answer
}

/// A list is there or the request fails: an empty one would be a lie.
fn known<T>(asked: Result<Result<T, Error>, NotOpen>) -> Result<T, RpcError> {
    match asked {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Error::BadQuery(text))) => Err(RpcError::params(text)),
        Ok(Err(error)) => Err(RpcError::refused(error)),
        Err(error) => Err(RpcError::refused(error)),
    }
}

/// Where a page begins: `next` of the page before, or a block number.
fn cursor(params: &Params, index: usize) -> Result<Cursor, RpcError> {
    let wrong =
        || RpcError::params(format!("invalid argument {index}: not a block number, nor {{block, logIndex}}"));
    match params.raw(index) {
        None => Ok(Cursor::default()),
        Some(Value::Object(fields)) => {
            let field = |name: &str| match fields.get(name) {
                None => Ok(0),
                Some(value) => quantity(value).ok_or_else(wrong),
            };
            if fields.keys().any(|name| name != "block" && name != "logIndex") {
                return Err(wrong());
            }
            let log_index = u32::try_from(field("logIndex")?).map_err(|_| wrong())?;
            Ok(Cursor { block: field("block")?, log_index })
        }
        Some(value) => Ok(Cursor { block: quantity(value).ok_or_else(wrong)?, log_index: 0 }),
    }
}

fn limit(params: &Params, index: usize) -> Result<usize, RpcError> {
    match params.quantity(index)? {
        None => Ok(PAGE),
        // What is above the most is refused by the ledger, with the right words.
        Some(limit) => Ok(usize::try_from(limit).unwrap_or(usize::MAX).min(MAX_PAGE.saturating_add(1))),
    }
}

fn block(id: BlockId) -> Value {
    json!({ "number": U64::from(id.number), "hash": id.hash })
}

fn cursor_json(cursor: Cursor) -> Value {
    json!({ "block": U64::from(cursor.block), "logIndex": U64::from(cursor.log_index) })
}

/// Time of a block; `null` if the chain took it back in this moment.
fn time(rpc: &Rpc, number: u64) -> Value {
    json!(rpc.chain.block(number).map(|entry| U64::from(entry.block.header.timestamp)))
}

fn place(rpc: &Rpc, place: &Place) -> Value {
    json!({
        "blockNumber": U64::from(place.block), "timestamp": time(rpc, place.block),
        "transactionHash": place.transaction, "transactionIndex": U64::from(place.transaction_index),
        "logIndex": U64::from(place.log_index),
    })
}

fn work(rpc: &Rpc, row: &Work) -> Value {
    merge(
        place(rpc, &row.place),
        json!({
            "miner": row.miner, "recipient": row.recipient, "jobId": row.job_id, "deviceId": row.device_id,
            "workDigest": row.work_digest, "proofHash": row.proof_hash, "tier": row.tier,
            "trustBps": U64::from(row.trust_bps), "computeUnits": U64::from(row.compute_units),
            "reward": row.reward, "nativeReward": row.native_reward, "epoch": U64::from(row.epoch),
        }),
    )
}

fn claim(rpc: &Rpc, row: &Claim) -> Value {
    merge(place(rpc, &row.place), json!({ "recipient": row.recipient, "amount": row.amount }))
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

fn device_event(rpc: &Rpc, at: &Place, event: &DeviceEvent) -> Value {
    let event = match event {
        DeviceEvent::Registered { tier, ica_index, pdi, fwid } => {
            json!({ "kind": "registered", "tier": tier, "icaIndex": ica_index, "pdi": pdi, "fwid": fwid })
        }
        DeviceEvent::Bound { miner, from } => {
            json!({ "kind": "bound", "minerKeyHash": miner, "validFrom": U64::from(*from) })
        }
        DeviceEvent::Revocation { revoked } => json!({ "kind": "revocation", "revoked": revoked }),
    };
    merge(place(rpc, at), event)
}

fn pool(totals: &PoolTotals) -> Value {
    json!({
        "proofs": U64::from(totals.proofs), "computeUnits": U256::from(totals.units), "reward": totals.reward,
        "nativeReward": totals.native_reward,
    })
}

/// The fields of both.
fn merge(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}
