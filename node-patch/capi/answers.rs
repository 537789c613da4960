//! Questions to the ledger and answers as JSON: the methods, parameters and fields of the RPC namespace `aimining_`
//! (`precompile-spec/ledger.md`). It needs a ledger and no chain.

use alloy_primitives::{Address, B256, U64, U256};
use pars_ledger::{
    BlockId, Error, Ledger, Lookup, Unknown,
    query::{At, By, Cursor, Earning, MAX_PAGE, Page, Sync, Teleport},
    rows::{Claim, Delivery, Device, DeviceEvent, Place, PoolTotals, Work},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Entries of a page, unless asked otherwise.
const PAGE: usize = 100;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The question is wrong.
    Request(String),
    /// The ledger cannot tell.
    Unavailable(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::BadQuery(text) => Self::Request(text.into()),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

fn request(text: impl Into<String>) -> Refusal {
    Refusal::Request(text.into())
}

type Answer = Result<Value, Refusal>;

/// A question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    #[serde(default)]
    params: Vec<Value>,
    head: Option<Head>,
}

/// A block, by quantities as answers have them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    number: Value,
    hash: B256,
}

/// Answers a question in JSON.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn answer(ledger: &Ledger, text: &[u8]) -> Answer {
    let Request { method, params, head } =
        serde_json::from_slice(text).map_err(|error| request(format!("request: {error}")))?;
    let head = match head {
        None => None,
        Some(Head { number, hash }) => {
            let number = quantity(&number).ok_or_else(|| request("head: not a block number"))?;
            Some(BlockId { number, hash })
        }
    };
    let desk = Desk { ledger, params, head };
    match method.as_str() {
        "getWork" => desk.get_work(),
        "getTeleport" => desk.get_teleport(),
        "getDevice" => desk.get_device(),
        "getHistory" => desk.get_history(),
        "stats" => desk.stats(),
        "syncStatus" => Ok(desk.sync_status()),
        _ => Err(request(format!("the method {method} does not exist"))),
    }
}

/// One question to one ledger.
struct Desk<'a> {
    ledger: &'a Ledger,
    params: Vec<Value>,
    /// The chain's head, if the asker has a chain.
    head: Option<BlockId>,
}

/// Parameter of `stats`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Range {
    from_block: Option<Value>,
    to_block: Option<Value>,
}

impl Desk<'_> {
    /// The block that an answer without rows holds for.
    fn head(&self) -> Option<BlockId> {
        self.head.or_else(|| self.ledger.head())
    }

    fn get_work(&self) -> Answer {
        let id: B256 = self.required(0)?;
        let head = self.head();
        let lookup = match head {
            Some(head) => self.ledger.lookup(id, head),
            None => Lookup::Unknown(Unknown::Empty),
        };
        let (status, name, rest) = match lookup {
            Lookup::Unspent => ("unspent", "work", Value::Null),
            Lookup::Spent(row) => ("spent", "work", self.work(&row)),
            Lookup::Unknown(why) => ("unknown", "reason", json!(why.to_string())),
        };
        Ok(json!({ "workId": id, "block": head.map(block), "status": status, name: rest }))
    }

    fn get_teleport(&self) -> Answer {
        let id: B256 = self.required(0)?;
        self.three_valued("teleportId", id, "teleport", self.ledger.get_teleport(id), |teleport| {
            let Teleport { delivery, claim } = teleport;
            let Delivery { block, source, nonce, sender, recipient, amount } = delivery;
            let body = json!({
                "deliveredInBlock": U64::from(block), "timestamp": self.time(block),
                "sourceChain": U64::from(source), "nonce": U64::from(nonce), "sender": sender,
                "recipient": recipient, "amount": amount, "claim": claim.map(|row| self.claim(&row)),
            });
            (if claim.is_some() { "claimed" } else { "pending" }, body)
        })
    }

    fn get_device(&self) -> Answer {
        let id: B256 = self.required(0)?;
        let found = self.ledger.get_device(id, self.cursor(1)?, self.limit(2)?);
        self.three_valued("deviceId", id, "device", found, |history| {
            let Page { entries, next } = history.events;
            let events: Vec<_> = entries.iter().map(|(at, event)| self.device_event(at, event)).collect();
            let page = json!({ "events": events, "next": next.map(cursor) });
            ("known", merge(device(&history.device), page))
        })
    }

    fn get_history(&self) -> Answer {
        let (address, by): (Address, By) = (self.required(0)?, self.required(1)?);
        let At { head, value } = self.ledger.history(address, by, self.cursor(2)?, self.limit(3)?)?;
        let entries = value.entries.iter().map(|entry| match entry {
            Earning::Work { id, row } => merge(json!({ "kind": "work", "workId": id }), self.work(row)),
            Earning::Claim { id, row } => {
                merge(json!({ "kind": "claim", "teleportId": id }), self.claim(row))
            }
        });
        Ok(json!({
            "block": block(head), "entries": entries.collect::<Vec<_>>(), "next": value.next.map(cursor),
        }))
    }

    fn stats(&self) -> Answer {
        let Range { from_block, to_block } = self.optional(0)?.unwrap_or_default();
        let head = self.ledger.head().map_or(0, |head| head.number);
        let from = from_block.map_or(Ok(0), |tag| self.height(&tag, head))?;
        let to = to_block.map_or(Ok(head), |tag| self.height(&tag, head))?;
        let At { head, value } = self.ledger.stats(from, to)?;
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

    /// Height of a block number or tag, as far as a ledger knows them.
    fn height(&self, tag: &Value, head: u64) -> Result<u64, Refusal> {
        match tag.as_str() {
            Some("latest") => Ok(head),
            Some("earliest") => Ok(0),
            Some("finalized") => Ok(self.ledger.finalized().map_or(0, |block| block.number)),
            Some("pending") => Err(request("no figures of a block that is not there yet")),
            Some("safe") => Err(request("which block is safe, the ledger does not know: ask by number")),
            _ => quantity(tag).ok_or_else(|| request("invalid argument 0: not a block number or tag")),
        }
    }

    fn sync_status(&self) -> Value {
        let figures = self.ledger.metrics();
        let mut answer = json!({
            "status": "following", "reason": null, "chainHead": self.head.map(block),
            "blocksApplied": U64::from(figures.applied), "blocksReverted": U64::from(figures.reverted),
            "heals": U64::from(figures.heals), "inconsistencies": U64::from(figures.inconsistencies),
            "lastCommitMicros": U64::from(figures.last_commit_micros),
        });
        let stalled = |reason: String| json!({ "status": "stalled", "reason": reason });
        if let Some(reason) = self.ledger.inconsistency() {
            answer = merge(answer, stalled(Unknown::Inconsistent(reason).to_string()));
        }
        // Without a chain there is nothing to be behind.
        let beside = self.head().unwrap_or_else(|| self.ledger.identity().genesis());
        let at = match self.ledger.sync_status(beside) {
            Ok(at) => at,
            Err(error) => return merge(answer, stalled(error.to_string())),
        };
        let more = json!({
            "schema": at.schema, "ledgerHead": at.head.map(block), "ledgerFinalized": at.finalized.map(block),
            "digest": at.digest,
        });
        let (sync, distance) = match at.sync {
            Sync::InSync => ("inSync", 0),
            Sync::Behind(blocks) => ("behind", blocks),
            Sync::Ahead(blocks) => ("ahead", blocks),
            Sync::Forked => ("forked", 0),
            Sync::Inconsistent => ("inconsistent", 0),
        };
        let distance = json!({ "sync": sync, "distance": U64::from(distance) });
        let answer = merge(answer, more);
        if self.head.is_some() { merge(answer, distance) } else { answer }
    }

    /// What the ledger cannot say is one of three answers, not an error.
    fn three_valued<T>(
        &self,
        id_name: &str,
        id: B256,
        name: &str,
        found: Result<At<Option<T>>, Error>,
        show: impl FnOnce(T) -> (&'static str, Value),
    ) -> Answer {
        let (head, status, name, rest) = match found {
            Ok(At { head, value: None }) => (Some(head), "absent", name, Value::Null),
            Ok(At { head, value: Some(value) }) => {
                let (status, body) = show(value);
                (Some(head), status, name, body)
            }
            Err(error @ Error::BadQuery(_)) => return Err(error.into()),
            Err(error) => (self.head(), "unknown", "reason", json!(error.to_string())),
        };
        Ok(json!({ id_name: id, "block": head.map(block), "status": status, name: rest }))
    }

    fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Refusal> {
        let read = |value| {
            T::deserialize(value).map_err(|error| request(format!("invalid argument {index}: {error}")))
        };
        self.raw(index).map(read).transpose()
    }

    fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, Refusal> {
        self.optional(index)?.ok_or_else(|| request(format!("missing value for required argument {index}")))
    }

    fn raw(&self, index: usize) -> Option<&Value> {
        self.params.get(index).filter(|value| !value.is_null())
    }

    /// Where a page begins: `next` of the page before, or a block number.
    fn cursor(&self, index: usize) -> Result<Cursor, Refusal> {
        let wrong =
            || request(format!("invalid argument {index}: not a block number, nor {{block, logIndex}}"));
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

    fn limit(&self, index: usize) -> Result<usize, Refusal> {
        let Some(value) = self.raw(index) else { return Ok(PAGE) };
        let wrong = || request(format!("invalid argument {index}: not a quantity below 2^64"));
        let limit = quantity(value).ok_or_else(wrong)?;
        // What is above the most is refused by the ledger, with the right words.
        Ok(usize::try_from(limit).unwrap_or(usize::MAX).min(MAX_PAGE.saturating_add(1)))
    }

    /// Time of a block; `null` if it was taken back in this moment.
    fn time(&self, number: u64) -> Option<U64> {
        let row = self.ledger.block(number).ok()?.value?;
        Some(U64::from(row.timestamp))
    }

    fn place(&self, place: &Place) -> Value {
        json!({
            "blockNumber": U64::from(place.block), "timestamp": self.time(place.block),
            "transactionHash": place.transaction, "transactionIndex": U64::from(place.transaction_index),
            "logIndex": U64::from(place.log_index),
        })
    }

    fn work(&self, row: &Work) -> Value {
        let work = json!({
            "miner": row.miner, "recipient": row.recipient, "jobId": row.job_id, "deviceId": row.device_id,
            "workDigest": row.work_digest, "proofHash": row.proof_hash, "tier": row.tier,
            "trustBps": U64::from(row.trust_bps), "computeUnits": U64::from(row.compute_units),
            "reward": row.reward, "nativeReward": row.native_reward, "epoch": U64::from(row.epoch),
        });
        merge(self.place(&row.place), work)
    }

    fn claim(&self, row: &Claim) -> Value {
        merge(self.place(&row.place), json!({ "recipient": row.recipient, "amount": row.amount }))
    }

    fn device_event(&self, at: &Place, event: &DeviceEvent) -> Value {
        let event = match event {
            DeviceEvent::Registered { tier, ica_index, pdi, fwid } => {
                json!({ "kind": "registered", "tier": tier, "icaIndex": ica_index, "pdi": pdi, "fwid": fwid })
            }
            DeviceEvent::Bound { miner, from } => {
                json!({ "kind": "bound", "minerKeyHash": miner, "validFrom": U64::from(*from) })
            }
            DeviceEvent::Revocation { revoked } => json!({ "kind": "revocation", "revoked": revoked }),
        };
        merge(self.place(at), event)
    }
}

/// Reads a quantity: hex, a JSON number, or a decimal string.
fn quantity(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => U256::from_str_radix(digits, 16).ok().filter(|_| !digits.is_empty()),
            None => U256::from_str_radix(text, 10).ok().filter(|_| !text.is_empty()),
        }
        .and_then(|number| u64::try_from(number).ok()),
        _ => None,
    }
}

fn block(id: BlockId) -> Value {
    json!({ "number": U64::from(id.number), "hash": id.hash })
}

fn cursor(cursor: Cursor) -> Value {
    json!({ "block": U64::from(cursor.block), "logIndex": U64::from(cursor.log_index) })
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

fn pool(totals: &PoolTotals) -> Value {
    json!({
        "proofs": U64::from(totals.proofs), "computeUnits": U256::from(totals.units), "reward": totals.reward,
        "nativeReward": totals.native_reward,
    })
}

/// The fields of both; the other's prevail.
fn merge(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}
