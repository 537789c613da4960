//! `eth_subscribe` over WebSocket.

use std::sync::Arc;

use alloy_rpc_types_eth::{Filter, Log};
use jsonrpsee::{
    PendingSubscriptionSink, RpcModule, SubscriptionSink,
    server::{IdProvider, RegisterMethodError},
    types::SubscriptionId,
};
use serde_json::Value;
use tokio::sync::broadcast::{self, error::RecvError};

use super::{
    Rpc,
    error::{RpcError, RpcResult},
    params::Params,
    types,
};
use crate::chain::{Event, block::Block};

/// Subscription ids as Ethereum clients expect them: hex, unguessable.
#[derive(Clone, Copy, Debug)]
pub(super) struct HexIds;

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let mut bytes = [0u8; 16];
        // Ids need only be distinct within one connection; without randomness the time will do.
        if getrandom::fill(&mut bytes).is_err() {
            let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            bytes = elapsed.unwrap_or_default().as_nanos().to_be_bytes();
        }
        SubscriptionId::Str(format!("0x{}", alloy_primitives::hex::encode(bytes)).into())
    }
}

enum Topic {
    NewHeads,
    Logs(Box<Filter>),
    PendingTransactions { full: bool },
    Syncing,
}

impl Topic {
    fn parse(params: &Params) -> Result<Self, RpcError> {
        let name: String = params.required(0)?;
        match name.as_str() {
            "newHeads" => Ok(Self::NewHeads),
            "logs" => Ok(Self::Logs(params.optional(1)?.unwrap_or_default())),
            "newPendingTransactions" => {
                Ok(Self::PendingTransactions { full: params.optional(1)?.unwrap_or(false) })
            }
            "syncing" => Ok(Self::Syncing),
            other => Err(RpcError::params(format!("no {other:?} subscription in eth namespace"))),
        }
    }

    /// What `event` means to this topic.
    fn messages(&self, rpc: &Rpc, event: &Event) -> Result<Vec<Value>, RpcError> {
        match (self, event) {
            (Self::NewHeads, Event::Block(block)) => Ok(vec![types::header(block)?]),
            (Self::Logs(filter), Event::Block(block)) => logs(filter, block, false),
            (Self::Logs(filter), Event::Reverted(blocks)) => {
                let mut all = Vec::new();
                for block in blocks {
                    all.extend(logs(filter, block, true)?);
                }
                Ok(all)
            }
            (Self::PendingTransactions { full: false }, Event::Pending(hash)) => {
                Ok(vec![serde_json::to_value(hash)?])
            }
            (Self::PendingTransactions { full: true }, Event::Pending(hash)) => {
                let waiting = rpc.chain.with_pool(|pool| pool.get(hash).cloned());
                let value: RpcResult = match waiting {
                    Some(tx) => types::pending_transaction(&tx),
                    // Instant mining may have been faster.
                    None => match rpc.chain.transaction(hash) {
                        Some((block, index)) => types::mined_transaction(&block, index),
                        None => return Ok(Vec::new()),
                    },
                };
                Ok(vec![value?])
            }
            _ => Ok(Vec::new()),
        }
    }
}

fn logs(filter: &Filter, block: &Block, removed: bool) -> Result<Vec<Value>, RpcError> {
    block
        .logs()
        .filter(|log| filter.matches(&log.inner))
        .map(|log| Ok(serde_json::to_value(Log { removed, ..log.clone() })?))
        .collect()
}

async fn forward(
    rpc: Arc<Rpc>,
    topic: Topic,
    mut events: broadcast::Receiver<Event>,
    sink: SubscriptionSink,
) {
    loop {
        let event = tokio::select! {
            () = sink.closed() => return,
            event = events.recv() => event,
        };
        match event {
            Ok(event) => {
                let messages = match topic.messages(&rpc, &event) {
                    Ok(messages) => messages,
                    Err(_) => return,
                };
                for message in messages {
                    let Ok(message) = serde_json::value::to_raw_value(&message) else { return };
                    if sink.send(message).await.is_err() {
                        return;
                    }
                }
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "a subscriber is too slow and lost events");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn accept(rpc: Arc<Rpc>, topic: Result<Topic, RpcError>, pending: PendingSubscriptionSink) {
    match topic {
        Ok(topic) => {
            // From before the client knows of it, so that nothing falls into the gap.
            let events = rpc.chain.subscribe();
            if let Ok(sink) = pending.accept().await {
                forward(rpc, topic, events, sink).await;
            }
        }
        Err(error) => pending.reject(error).await,
    }
}

pub(super) fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, rpc, _| async move {
            let topic = Params::parse(params.as_str()).and_then(|params| Topic::parse(&params));
            accept(rpc, topic, pending).await;
        },
    )?;
    Ok(())
}
