//! Answers as JSON, where the ledger is closed or its chain has moved on. What they say otherwise, the tests of those who
//! are asked hold fixed.

use super::{busy, follow};
use crate::{
    BlockId, Error, Ledger, Lookup, Unknown,
    answers::{self, Desk, Params, Refusal},
    testing::{self, Folder},
};
use alloy_primitives::{Address, B256};
use serde_json::{Value, json};

/// A desk with a ledger, or with none.
struct Here {
    ledger: Option<Ledger>,
    /// The chain's head.
    head: BlockId,
    /// The chain has no block above this one.
    top: u64,
}

impl Desk for Here {
    fn head(&self) -> Option<BlockId> {
        Some(self.head)
    }

    fn lookup(&self, work_id: B256) -> (Option<BlockId>, Lookup) {
        let closed = || Lookup::Unknown(Unknown::Unreadable("closed".into()));
        let lookup = self.ledger.as_ref().map_or_else(closed, |ledger| ledger.lookup(work_id, self.head));
        (Some(self.head), lookup)
    }

    fn ask<T>(&self, question: impl FnOnce(&Ledger) -> Result<T, Error>) -> Result<T, Refusal> {
        let ledger = self.ledger.as_ref().ok_or_else(|| Refusal::Unavailable("closed".into()))?;
        Ok(question(ledger)?)
    }

    fn time(&self, number: u64) -> Option<u64> {
        (number <= self.top).then_some(number)
    }
}

fn stats(desk: &Here, params: &[Value]) -> Result<Value, Refusal> {
    answers::stats(desk, Params(params), |number: u64| match number {
        99 => Err(Refusal::request("no such block")),
        number => Ok(Some(number)),
    })
}

#[test]
fn a_closed_ledger_does_not_know_and_gives_no_list() {
    let head = BlockId { number: 7, hash: B256::repeat_byte(7) };
    let desk = Here { ledger: None, head, top: 7 };
    let id = [json!(B256::ZERO)];
    let unknown = |name: &str, reason: &str| json!({ name: id[0], "block": answers::block(head), "status": "unknown", "reason": reason });
    let params = Params(&id);
    assert_eq!(answers::get_work(&desk, params), Ok(unknown("workId", "the ledger cannot be read: closed")));
    assert_eq!(answers::get_teleport(&desk, params), Ok(unknown("teleportId", "closed")));
    assert_eq!(answers::get_device(&desk, params), Ok(unknown("deviceId", "closed")));
    let closed = Err(Refusal::Unavailable("closed".into()));
    assert_eq!(answers::get_history(&desk, Params(&[json!(Address::ZERO), json!("miner")])), closed);
    assert_eq!(stats(&desk, &[]), closed);
    // A wrong question stays one.
    assert_eq!(stats(&desk, &[json!({ "toBlock": 99 })]), Err(Refusal::request("no such block")));
    let none = Err(Refusal::request("missing value for required argument 0"));
    assert_eq!(answers::get_device(&desk, Params(&[])), none);
}

#[test]
fn a_block_that_the_chain_took_back_has_no_time() {
    let (folder, (identity, chain)) = (Folder::new(), busy(4));
    let ledger = follow(&folder, &identity, &chain);
    let desk = Here { head: ledger.head().unwrap(), ledger: Some(ledger), top: 1 };
    let times: Vec<_> = [2, 4]
        .map(|work| json!(testing::work_id(work)))
        .map(|id| {
            let answer = answers::get_work(&desk, Params(&[id])).unwrap();
            assert_eq!(answer["status"], "spent", "{answer}");
            answer["work"]["timestamp"].clone()
        })
        .into();
    assert_eq!(times, [json!("0x1"), Value::Null]);
    let whole = stats(&desk, &[]).unwrap();
    assert_eq!((&whole["fromBlock"], &whole["toBlock"]), (&json!("0x0"), &json!("0x4")));
}

#[test]
fn a_quantity_is_hex_a_number_or_decimal() {
    for (value, expected) in [
        (json!(5), Some(5)),
        (json!("5"), Some(5)),
        (json!("0x1f"), Some(31)),
        (json!("0xffffffffffffffff"), Some(u64::MAX)),
        (json!("0x10000000000000000"), None),
        (json!("0x"), None),
        (json!(""), None),
        (json!(-1), None),
        (json!(1.5), None),
        (json!("1f"), None),
        (json!([5]), None),
    ] {
        assert_eq!(answers::quantity(&value), expected, "{value}");
    }
}
