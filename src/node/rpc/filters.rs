//! Filters: what happened since the client asked last.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast::{self, error::TryRecvError};

use super::{
    MAX_RESPONSE_BYTES, Rpc,
    error::{LIMIT_EXCEEDED, NOT_FOUND, RpcError, RpcResult},
    eth,
    params::{self, Params},
};
use crate::chain::{Chain, Event};

/// Filters that can live at once.
pub(super) const MAX_FILTERS: usize = 1024;
/// A filter nobody asks for this long is gone.
pub(super) const FILTER_TTL: Duration = Duration::from_secs(300);

/// Block hashes one poll reports.
const MAX_BLOCK_HASHES: u64 = 10_000;
/// Log data one poll reports, so that it fits an answer, where a byte takes two characters.
const MAX_LOG_DATA: usize = MAX_RESPONSE_BYTES as usize / 4;

#[derive(Debug)]
enum Kind {
    Blocks,
    Logs(Box<Filter>),
    Transactions(broadcast::Receiver<Event>),
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    /// First block that was not reported yet.
    cursor: u64,
    /// Reverts that `cursor` takes account of.
    rewinds: usize,
    used: Instant,
}

/// All filters of the node.
#[derive(Debug, Default)]
pub(super) struct Filters {
    installed: Mutex<HashMap<u64, Installed>>,
}

impl Filters {
    fn install(&self, chain: &Chain, kind: Kind) -> RpcResult {
        let (rewinds, _) = chain.rewinds_since(usize::MAX);
        let filter =
            Installed { kind, cursor: chain.height().saturating_add(1), rewinds, used: Instant::now() };
        let mut installed = self.installed.lock();
        installed.retain(|_, filter| filter.used.elapsed() < FILTER_TTL);
        if installed.len() >= MAX_FILTERS {
            return Err(RpcError::new(
                LIMIT_EXCEEDED,
                format!("at most {MAX_FILTERS} filters can be installed"),
            ));
        }
        // Ids must not be guessed by other clients, as whoever polls takes the changes away.
        let mut id = fresh_id()?;
        while installed.contains_key(&id) {
            id = fresh_id()?;
        }
        installed.insert(id, filter);
        Ok(json!(U64::from(id)))
    }

    fn changes(&self, chain: &Chain, id: u64) -> RpcResult {
        let mut installed = self.installed.lock();
        let filter = installed.get_mut(&id).ok_or_else(not_found)?;
        filter.used = Instant::now();
        let (rewinds, heads) = chain.rewinds_since(filter.rewinds);
        filter.rewinds = rewinds;
        for head in heads {
            filter.cursor = filter.cursor.min(head.saturating_add(1));
        }
        let first = filter.cursor;
        match &mut filter.kind {
            Kind::Transactions(events) => Ok(json!(pending_hashes(events))),
            Kind::Blocks => {
                let last = first.saturating_add(MAX_BLOCK_HASHES.saturating_sub(1));
                let blocks = chain.blocks(first, last);
                filter.cursor = first.saturating_add(blocks.len() as u64);
                Ok(json!(blocks.iter().map(|block| block.hash()).collect::<Vec<B256>>()))
            }
            Kind::Logs(wanted) => {
                let (logs, cursor) = logs_from(chain, wanted, first);
                let answer = serde_json::to_value(logs)?;
                filter.cursor = cursor;
                Ok(answer)
            }
        }
    }

    fn log_filter(&self, id: u64) -> Result<Filter, RpcError> {
        let mut installed = self.installed.lock();
        let filter = installed.get_mut(&id).ok_or_else(not_found)?;
        filter.used = Instant::now();
        match &filter.kind {
            Kind::Logs(wanted) => Ok((**wanted).clone()),
            _ => Err(not_found()),
        }
    }

    fn uninstall(&self, id: u64) -> bool {
        self.installed.lock().remove(&id).is_some()
    }
}

fn not_found() -> RpcError {
    RpcError::new(NOT_FOUND, "filter not found")
}

fn fresh_id() -> Result<u64, RpcError> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| RpcError::refused(format!("no randomness: {error}")))?;
    Ok(u64::from_be_bytes(bytes))
}

fn in_range(filter: &Filter, number: u64) -> bool {
    match &filter.block_option {
        FilterBlockOption::AtBlockHash(_) => false,
        FilterBlockOption::Range { from_block, to_block } => {
            let from = from_block.and_then(|tag| tag.as_number()).unwrap_or(0);
            let to = to_block.and_then(|tag| tag.as_number()).unwrap_or(u64::MAX);
            (from..=to).contains(&number)
        }
    }
}

/// The logs from block `first` on that fit one answer, and the block after the last one they cover. Whole blocks, and at
/// least one: a cursor between two logs of a block would not survive a revert, and none would stand still.
fn logs_from(chain: &Chain, wanted: &Filter, first: u64) -> (Vec<Log>, u64) {
    let (mut found, mut data, mut cursor) = (Vec::new(), 0usize, first);
    for block in chain.blocks(first, u64::MAX) {
        let before = found.len();
        if in_range(wanted, block.number()) {
            for log in block.logs().filter(|log| wanted.matches(&log.inner)) {
                data = data.saturating_add(log.data().data.len());
                found.push(log.clone());
            }
        }
        let full = found.len() > eth::MAX_LOG_RESULTS || data > MAX_LOG_DATA;
        if full && before > 0 {
            found.truncate(before);
            break;
        }
        cursor = block.number().saturating_add(1);
        if full {
            break;
        }
    }
    (found, cursor)
}

fn pending_hashes(events: &mut broadcast::Receiver<Event>) -> Vec<B256> {
    let mut hashes = Vec::new();
    loop {
        match events.try_recv() {
            Ok(Event::Pending(hash)) => hashes.push(hash),
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return hashes,
        }
    }
}

pub(super) fn new_block_filter(rpc: &Rpc, _: &Params) -> RpcResult {
    rpc.filters.install(&rpc.chain, Kind::Blocks)
}

pub(super) fn new_filter(rpc: &Rpc, params: &Params) -> RpcResult {
    let filter: Filter = params.optional(0)?.unwrap_or_default();
    rpc.filters.install(&rpc.chain, Kind::Logs(Box::new(filter)))
}

pub(super) fn new_pending_transaction_filter(rpc: &Rpc, _: &Params) -> RpcResult {
    rpc.filters.install(&rpc.chain, Kind::Transactions(rpc.chain.subscribe()))
}

fn id_param(params: &Params) -> Result<u64, RpcError> {
    let value = params.raw(0).ok_or_else(|| RpcError::params("missing value for required argument 0"))?;
    params::quantity(value).ok_or_else(not_found)
}

pub(super) fn get_filter_changes(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.filters.changes(&rpc.chain, id_param(params)?)
}

pub(super) fn get_filter_logs(rpc: &Rpc, params: &Params) -> RpcResult {
    let filter = rpc.filters.log_filter(id_param(params)?)?;
    Ok(serde_json::to_value(eth::logs(&rpc.chain, &filter)?)?)
}

pub(super) fn uninstall_filter(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(Value::Bool(rpc.filters.uninstall(id_param(params)?)))
}
