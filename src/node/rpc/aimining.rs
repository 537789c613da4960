//! `aimining_*` methods: what the ledger knows. Each answer names the block it holds for. `precompile-spec/ledger.md` has
//! the fields and their units. The answers are the ledger's own; what is here is what takes a chain.

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{B256, U64};
use pars_ledger::{
    BlockId, Error, Ledger, Lookup,
    answers::{self, Desk, Refusal, block},
};
use serde_json::{Value, json};

use super::{
    Rpc,
    error::{RpcError, RpcResult},
    params::Params,
};
use crate::ledger::{Phase, view::id_of};

/// Waits for the ledger to reach the chain's head.
impl Desk for Rpc {
    fn head(&self) -> Option<BlockId> {
        Some(id_of(&self.chain.head().block))
    }

    fn lookup(&self, work_id: B256) -> (Option<BlockId>, Lookup) {
        let (head, lookup) = self.ledger.lookup(work_id);
        (Some(head), lookup)
    }

    fn ask<T>(&self, question: impl FnOnce(&Ledger) -> Result<T, Error>) -> Result<T, Refusal> {
        match self.ledger.ask(question) {
            Ok(answer) => Ok(answer?),
            Err(closed) => Err(Refusal::Unavailable(closed.to_string())),
        }
    }

    fn time(&self, number: u64) -> Option<u64> {
        self.chain.block(number).map(|entry| entry.block.header.timestamp)
    }
}

/// `aimining_getWork(workId)`: spent, unspent or unknown, as of the chain's head.
pub(super) fn get_work(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(answers::get_work(rpc, params.positional())?)
}

/// `aimining_getTeleport(id)`: absent, pending, claimed or unknown.
pub(super) fn get_teleport(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(answers::get_teleport(rpc, params.positional())?)
}

/// `aimining_getDevice(id, from?, limit?)`: absent, known or unknown; with a page of its events.
pub(super) fn get_device(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(answers::get_device(rpc, params.positional())?)
}

/// `aimining_getHistory(address, by, from?, limit?)`: what an address was paid, or what a miner's proofs earned.
pub(super) fn get_history(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(answers::get_history(rpc, params.positional())?)
}

/// `aimining_stats({fromBlock?, toBlock?})`: what these blocks brought, both included.
pub(super) fn stats(rpc: &Rpc, params: &Params) -> RpcResult {
    answers::stats(rpc, params.positional(), |tag: BlockNumberOrTag| match tag {
        BlockNumberOrTag::Latest => Ok(None),
        BlockNumberOrTag::Pending => Err(RpcError::params("no figures of a block that is not there yet")),
        BlockNumberOrTag::Number(number) => Ok(Some(number)),
        tag => Ok(Some(rpc.chain.resolve(tag.into())?.entry().block.number())),
    })
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
    let answer = json!({
        "status": status, "reason": detail,
        "chainHead": block(head), "chainFinalized": U64::from(rpc.chain.finalized()),
        "finality": U64::from(rpc.chain.finality()), "persistent": rpc.chain.is_persistent(),
        "rebuilds": U64::from(rpc.ledger.rebuilds()),
    });
    Ok(match asked {
        Ok((at, figures)) => answers::standing(answer, &figures, at, true),
        Err(_) => answer,
    })
}
