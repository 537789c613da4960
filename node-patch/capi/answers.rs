//! Questions to the ledger as JSON: the envelope of `pars_ledger_query`. Methods, parameters and answers are the
//! ledger's; here they need no chain.

use alloy_primitives::B256;
use pars_ledger::{
    BlockId, Error, Ledger, Lookup, Unknown,
    answers::{self, Answer, Desk, Params, Refusal, block, merge, quantity},
};
use serde::Deserialize;
use serde_json::{Value, json};

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
        serde_json::from_slice(text).map_err(|error| Refusal::request(format!("request: {error}")))?;
    let chain = match head {
        None => None,
        Some(Head { number, hash }) => {
            let number = quantity(&number).ok_or_else(|| Refusal::request("head: not a block number"))?;
            Some(BlockId { number, hash })
        }
    };
    let (desk, params) = (LedgerDesk { ledger, chain }, Params(&params));
    match method.as_str() {
        "getWork" => answers::get_work(&desk, params),
        "getTeleport" => answers::get_teleport(&desk, params),
        "getDevice" => answers::get_device(&desk, params),
        "getHistory" => answers::get_history(&desk, params),
        "stats" => answers::stats(&desk, params, |tag| desk.height(&tag)),
        "syncStatus" => Ok(desk.sync_status()),
        _ => Err(Refusal::request(format!("the method {method} does not exist"))),
    }
}

/// One question to one ledger.
struct LedgerDesk<'a> {
    ledger: &'a Ledger,
    /// The chain's head, if the asker has a chain.
    chain: Option<BlockId>,
}

impl Desk for LedgerDesk<'_> {
    fn head(&self) -> Option<BlockId> {
        self.chain.or_else(|| self.ledger.head())
    }

    fn lookup(&self, work_id: B256) -> (Option<BlockId>, Lookup) {
        let head = self.head();
        let lookup = head.map_or(Lookup::Unknown(Unknown::Empty), |head| self.ledger.lookup(work_id, head));
        (head, lookup)
    }

    fn ask<T>(&self, question: impl FnOnce(&Ledger) -> Result<T, Error>) -> Result<T, Refusal> {
        Ok(question(self.ledger)?)
    }

    fn time(&self, number: u64) -> Option<u64> {
        Some(self.ledger.block(number).ok()?.value?.timestamp)
    }
}

impl LedgerDesk<'_> {
    /// Height of a block number or tag, as far as a ledger knows them; `None` = its head.
    fn height(&self, tag: &Value) -> Result<Option<u64>, Refusal> {
        match tag.as_str() {
            Some("latest") => Ok(None),
            Some("earliest") => Ok(Some(0)),
            Some("finalized") => Ok(Some(self.ledger.finalized().map_or(0, |block| block.number))),
            Some("pending") => Err(Refusal::request("no figures of a block that is not there yet")),
            Some("safe") => {
                Err(Refusal::request("which block is safe, the ledger does not know: ask by number"))
            }
            _ => match quantity(tag) {
                Some(number) => Ok(Some(number)),
                None => Err(Refusal::request("invalid argument 0: not a block number or tag")),
            },
        }
    }

    fn sync_status(&self) -> Value {
        let figures = self.ledger.metrics();
        let mut answer = json!({ "status": "following", "reason": null, "chainHead": self.chain.map(block) });
        if let Some(reason) = self.ledger.inconsistency() {
            answer = merge(answer, answers::stalled(Unknown::Inconsistent(reason)));
        }
        // Without a chain the ledger stands beside itself: the distance is left out.
        let beside = self.head().unwrap_or_else(|| self.ledger.identity().genesis());
        answers::standing(answer, &figures, self.ledger.sync_status(beside), self.chain.is_some())
    }
}
