//! A block: how one is built from transactions, and what is kept of it.

use std::sync::Arc;

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, ReceiptEnvelope, Sealable, Sealed, Transaction as _,
    TxEnvelope, TxType,
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::Recovered,
};
use alloy_eips::{
    eip1559::BaseFeeParams, eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS,
    eip7685::EMPTY_REQUESTS_HASH, eip7840::BlobParams,
};
use alloy_evm::FromRecoveredTx;
use alloy_primitives::{Address, B256, Bloom, Bytes, keccak256};
use alloy_rpc_types_eth::{Log as RpcLog, TransactionReceipt};
use alloy_trie::EMPTY_ROOT_HASH;
use revm::{
    DatabaseCommit as _,
    context::{TxEnv, result::ExecutionResult},
    database::{State, WrapDatabaseRef, states::bundle_state::BundleRetention},
};

use super::{
    activation::Activation,
    diff::StateDiff,
    hardfork::Hardfork,
    state::{StateDb, StateView},
};
use crate::{
    evm::{BlockContext, ExecutionError, Executor, Purpose},
    revert,
};

/// A transaction with its sender.
pub type SignedTx = Recovered<TxEnvelope>;

/// A block as the chain keeps it.
#[derive(Debug)]
pub struct Block {
    /// Header and hash.
    pub header: Sealed<Header>,
    /// Transactions in order.
    pub transactions: Vec<SignedTx>,
    /// Their receipts, as JSON-RPC shows them.
    pub receipts: Vec<TransactionReceipt>,
    /// What it changes of the state.
    pub diff: StateDiff,
}

impl Block {
    /// Height.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// Hash.
    pub fn hash(&self) -> B256 {
        self.header.hash()
    }

    /// Base fee; every block here has one.
    pub fn base_fee(&self) -> u64 {
        self.header.base_fee_per_gas.unwrap_or_default()
    }

    /// Every log in order.
    pub fn logs(&self) -> impl Iterator<Item = &RpcLog> {
        self.receipts.iter().flat_map(|receipt| receipt.inner.logs())
    }

    /// The environment this block was executed in.
    pub fn context(&self) -> BlockContext {
        BlockContext {
            number: self.header.number,
            timestamp: self.header.timestamp,
            gas_limit: self.header.gas_limit,
            base_fee: self.base_fee(),
            prevrandao: self.header.mix_hash,
            coinbase: self.header.beneficiary,
            excess_blob_gas: self.header.excess_blob_gas.unwrap_or_default(),
        }
    }
}

/// Why a transaction left the pool without a receipt.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// Its hash.
    pub hash: B256,
    /// The reason.
    pub error: ExecutionError,
}

/// A finished block that is not yet part of the chain.
#[derive(Debug)]
pub struct BuiltBlock {
    /// The block.
    pub block: Block,
    /// State after it.
    pub state: StateView,
    /// Transactions that could not be executed.
    pub dropped: Vec<Dropped>,
    /// Transactions that are in the block and failed, with the reason.
    pub failed: Vec<(B256, String)>,
}

/// A block could not be built.
#[derive(Clone, Debug, thiserror::Error)]
#[error("block {number} was not produced: {error}")]
pub struct BuildError {
    /// Its height.
    pub number: u64,
    /// The transaction at which it broke; none if it broke outside of one.
    pub transaction: Option<B256>,
    /// What happened.
    pub error: ExecutionError,
}

/// The environment of the block after `parent`.
pub fn next_context(
    parent: &Header,
    parent_hash: B256,
    executor: &Executor,
    timestamp: u64,
    coinbase: Address,
) -> BlockContext {
    let fork = executor.hardforks().at(timestamp);
    let excess_blob_gas = match fork {
        Hardfork::Shanghai => 0,
        Hardfork::Cancun => parent.next_block_excess_blob_gas(BlobParams::cancun()).unwrap_or_default(),
        Hardfork::Prague => parent.next_block_excess_blob_gas(BlobParams::prague()).unwrap_or_default(),
        Hardfork::Osaka => parent.next_block_excess_blob_gas(BlobParams::osaka()).unwrap_or_default(),
    };
    let number = parent.number.saturating_add(1);
    let mut seed = parent_hash.to_vec();
    seed.extend_from_slice(&number.to_be_bytes());
    BlockContext {
        number,
        timestamp,
        gas_limit: parent.gas_limit,
        base_fee: parent.next_block_base_fee(BaseFeeParams::ethereum()).unwrap_or_default(),
        prevrandao: keccak256(seed),
        coinbase,
        excess_blob_gas,
    }
}

/// Everything a block is built on.
#[derive(Debug)]
pub struct BlockInputs<'a> {
    /// Makes EVMs.
    pub executor: &'a Executor,
    /// Activation of the precompile, if the chain has one.
    pub activation: Option<&'a Activation>,
    /// The block before.
    pub parent: &'a Sealed<Header>,
    /// State after it.
    pub parent_state: &'a StateView,
    /// The same with block hashes.
    pub parent_db: StateDb,
    /// Environment of the new block.
    pub context: BlockContext,
}

type BlockState = State<WrapDatabaseRef<StateDb>>;

/// Executes `candidates` in order and seals a block.
///
/// A candidate that does not fit into what is left of the block is passed over (it stays in the pool); one that may
/// not be executed is dropped, and so are later ones of its sender that depended on it, which simply stay queued. A
/// fatal error ends the attempt: no block comes of it.
pub fn build(
    inputs: BlockInputs<'_>,
    candidates: impl IntoIterator<Item = Arc<SignedTx>>,
) -> Result<BuiltBlock, BuildError> {
    let BlockInputs { executor, activation, parent, parent_state, parent_db, context } = inputs;
    let number = context.number;
    let fatal = |transaction, error| BuildError { number, transaction, error };
    let mut state: BlockState = State::builder().with_database_ref(parent_db).with_bundle_update().build();

    before_transactions(executor, activation, parent, parent_state, &context, &mut state)
        .map_err(|error| fatal(None, error))?;

    let env = executor.env(&context, Purpose::Block);
    let mut gas_used = 0u64;
    let mut transactions = Vec::new();
    let mut results = Vec::new();
    let mut dropped = Vec::new();
    let mut failed = Vec::new();
    let mut skipped = std::collections::HashSet::new();
    for tx in candidates {
        let hash = *tx.tx_hash();
        let sender = tx.signer();
        if skipped.contains(&sender) {
            continue;
        }
        if tx.gas_limit() > context.gas_limit.saturating_sub(gas_used) {
            skipped.insert(sender);
            continue;
        }
        let tx_env = TxEnv::from_recovered_tx(tx.inner(), sender);
        match executor.transact(&mut state, env.clone(), tx_env) {
            Ok(outcome) => {
                state.commit(outcome.state);
                gas_used = gas_used.saturating_add(outcome.result.tx_gas_used());
                match &outcome.result {
                    ExecutionResult::Success { .. } => {}
                    ExecutionResult::Revert { output, .. } => {
                        let reason = revert::reason(output)
                            .map_or("reverted".into(), |why| format!("reverted: {why}"));
                        failed.push((hash, reason));
                    }
                    ExecutionResult::Halt { reason, .. } => {
                        failed.push((hash, format!("halted: {reason:?}")))
                    }
                }
                results.push((outcome.result, gas_used));
                transactions.push((*tx).clone());
            }
            Err(error @ ExecutionError::Invalid(_)) => {
                skipped.insert(sender);
                dropped.push(Dropped { hash, error });
            }
            Err(error @ ExecutionError::Fatal(_)) => return Err(fatal(Some(hash), error)),
        }
    }

    state.merge_transitions(BundleRetention::PlainState);
    let diff = StateDiff::of(parent_state, &state.take_bundle())
        .map_err(|error| fatal(None, ExecutionError::Fatal(error.to_string())))?;
    let next_state = parent_state.apply(&diff);
    let block = seal(executor, parent, &context, &next_state, transactions, results, diff);
    Ok(BuiltBlock { block, state: next_state, dropped, failed })
}

/// Activation of the precompile and the system calls of EIP-4788 and EIP-2935 (where their contracts exist).
fn before_transactions(
    executor: &Executor,
    activation: Option<&Activation>,
    parent: &Sealed<Header>,
    parent_state: &StateView,
    context: &BlockContext,
    state: &mut BlockState,
) -> Result<(), ExecutionError> {
    if let Some(activation) = activation {
        let due = activation.apply_if_due(state, context.timestamp);
        if due.map_err(|error| ExecutionError::Fatal(error.to_string()))? {
            tracing::info!(number = context.number, address = %activation.address, "AI mining activated");
        }
    }
    let fork = executor.hardforks().at(context.timestamp);
    let has_code =
        |address| parent_state.account(&address).is_some_and(|account| !account.code.bytes().is_empty());
    let mut calls = Vec::new();
    if fork >= Hardfork::Prague && has_code(HISTORY_STORAGE_ADDRESS) {
        calls.push((HISTORY_STORAGE_ADDRESS, parent.hash()));
    }
    if fork >= Hardfork::Cancun && has_code(BEACON_ROOTS_ADDRESS) {
        // There is no beacon chain, so its root is zero, as in the header.
        calls.push((BEACON_ROOTS_ADDRESS, B256::ZERO));
    }
    for (contract, word) in calls {
        let env = executor.env(context, Purpose::Block);
        let outcome =
            executor.system_call(&mut *state, env, contract, Bytes::copy_from_slice(word.as_slice()))?;
        state.commit(outcome.state);
    }
    Ok(())
}

fn seal(
    executor: &Executor,
    parent: &Sealed<Header>,
    context: &BlockContext,
    state: &StateView,
    transactions: Vec<SignedTx>,
    results: Vec<(ExecutionResult, u64)>,
    diff: StateDiff,
) -> Block {
    let receipts: Vec<ReceiptEnvelope> = transactions
        .iter()
        .zip(&results)
        .map(|(tx, (result, cumulative_gas_used))| {
            let receipt = Receipt {
                status: Eip658Value::Eip658(result.is_success()),
                cumulative_gas_used: *cumulative_gas_used,
                logs: result.logs().to_vec(),
            };
            ReceiptEnvelope::from_typed(tx.tx_type(), receipt)
        })
        .collect();
    let bodies: Vec<&TxEnvelope> = transactions.iter().map(Recovered::inner).collect();
    let logs_bloom = receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom());
    let fork = executor.hardforks().at(context.timestamp);
    let cancun = fork >= Hardfork::Cancun;
    let header = Header {
        parent_hash: parent.hash(),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: context.coinbase,
        state_root: state.root(),
        transactions_root: calculate_transaction_root(&bodies),
        receipts_root: calculate_receipt_root(&receipts),
        logs_bloom,
        number: context.number,
        gas_limit: context.gas_limit,
        gas_used: results.last().map_or(0, |(_, cumulative)| *cumulative),
        timestamp: context.timestamp,
        mix_hash: context.prevrandao,
        base_fee_per_gas: Some(context.base_fee),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: cancun.then_some(0),
        excess_blob_gas: cancun.then_some(context.excess_blob_gas),
        parent_beacon_block_root: cancun.then_some(B256::ZERO),
        requests_hash: (fork >= Hardfork::Prague).then_some(EMPTY_REQUESTS_HASH),
        ..Default::default()
    }
    .seal_slow();
    assemble(header, transactions, receipts, diff)
}

/// A block from what is stored of it.
pub(crate) fn assemble(
    header: Sealed<Header>,
    transactions: Vec<SignedTx>,
    receipts: Vec<ReceiptEnvelope>,
    diff: StateDiff,
) -> Block {
    let mut log_index = 0u64;
    let mut previous = 0u64;
    let receipts = transactions
        .iter()
        .zip(receipts)
        .enumerate()
        .map(|(index, (tx, receipt))| {
            let cumulative = receipt.cumulative_gas_used();
            let gas_used = cumulative.saturating_sub(previous);
            previous = cumulative;
            rpc_receipt(&header, index as u64, tx, receipt, gas_used, &mut log_index)
        })
        .collect();
    Block { header, transactions, receipts, diff }
}

fn rpc_receipt(
    header: &Sealed<Header>,
    index: u64,
    tx: &SignedTx,
    receipt: ReceiptEnvelope,
    gas_used: u64,
    log_index: &mut u64,
) -> TransactionReceipt {
    let hash = *tx.tx_hash();
    let inner = receipt.map_logs(|log| {
        let entry = RpcLog {
            inner: log,
            block_hash: Some(header.hash()),
            block_number: Some(header.number),
            block_timestamp: Some(header.timestamp),
            transaction_hash: Some(hash),
            transaction_index: Some(index),
            log_index: Some(*log_index),
            removed: false,
        };
        *log_index += 1;
        entry
    });
    TransactionReceipt {
        inner,
        transaction_hash: hash,
        transaction_index: Some(index),
        block_hash: Some(header.hash()),
        block_number: Some(header.number),
        gas_used,
        effective_gas_price: tx.effective_gas_price(header.base_fee_per_gas),
        blob_gas_used: None,
        blob_gas_price: None,
        from: tx.signer(),
        to: tx.to(),
        // A failed creation has an address too: the one it would have had.
        contract_address: tx.kind().is_create().then(|| tx.signer().create(tx.nonce())),
    }
}

/// The transaction types this chain accepts.
pub fn is_supported(tx: &TxEnvelope, fork: Hardfork) -> bool {
    match tx.tx_type() {
        TxType::Legacy | TxType::Eip2930 | TxType::Eip1559 => true,
        TxType::Eip4844 => false,
        TxType::Eip7702 => fork >= Hardfork::Prague,
    }
}

/// True for the type that is refused on every fork.
pub fn is_blob(tx: &TxEnvelope) -> bool {
    tx.is_eip4844()
}
