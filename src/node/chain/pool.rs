//! Transactions that wait for a block.
//!
//! One queue per sender, by nonce. What follows the sender's next nonce without a gap is executable; the rest waits.
//! Everything about a transaction that can be known without running it is checked here, the cheap things first.

use std::{
    collections::{BTreeMap, BinaryHeap, HashMap},
    sync::Arc,
};

use alloy_consensus::{Transaction as _, TxEnvelope, Typed2718 as _, transaction::SignerRecoverable};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_evm::FromRecoveredTx;
use alloy_primitives::{Address, B256, TxKind, U256};
use revm::{
    context::TxEnv,
    context_interface::cfg::gas::calculate_initial_tx_gas_for_tx,
    primitives::{eip3860::MAX_INITCODE_SIZE, eip7825::TX_GAS_LIMIT_CAP, hardfork::SpecId},
};

use super::{
    block::{SignedTx, is_blob, is_supported},
    hardfork::{Hardfork, spec_id},
    state::StateView,
};

/// Transactions the pool holds at most.
pub const MAX_POOL_TRANSACTIONS: usize = 4096;
/// Encoded bytes the pool holds at most: 32 MiB.
pub const MAX_POOL_BYTES: usize = 32 << 20;
/// Transactions of one sender the pool holds at most.
pub const MAX_SENDER_TRANSACTIONS: usize = 256;
/// Largest encoded transaction: 128 KiB. A proof with attestation is 11.3 KB.
pub const MAX_TRANSACTION_BYTES: usize = 128 << 10;
/// A replacement must raise both fees by this many per cent.
pub const REPLACEMENT_BUMP_PERCENT: u128 = 10;

/// Why a transaction is not admitted. The texts are those that Ethereum clients look for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Not a transaction.
    #[error("failed to decode transaction: {0}")]
    Decode(String),
    /// Too many bytes.
    #[error("oversized data: transaction size {0}, limit {MAX_TRANSACTION_BYTES}")]
    Oversized(usize),
    /// Blobs have nowhere to go on this chain.
    #[error("transaction type not supported: EIP-4844 blob transactions are not accepted by this chain")]
    BlobsUnsupported,
    /// A type of a later hardfork.
    #[error("transaction type not supported: type {0} needs a later hardfork")]
    TypeUnsupported(u8),
    /// An EIP-7702 transaction without authorizations.
    #[error("EIP-7702 transaction with empty auth list")]
    EmptyAuthorizationList,
    /// The signature does not recover to an address.
    #[error("invalid sender: the signature is not valid")]
    InvalidSignature,
    /// No replay protection.
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    /// Another chain's transaction.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChain {
        /// The transaction's.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// The tip is above the cap.
    #[error("max priority fee per gas higher than max fee per gas")]
    TipAboveFeeCap,
    /// Nobody can include it now.
    #[error("max fee per gas less than block base fee: maxFeePerGas: {fee_cap}, baseFee: {base_fee}")]
    FeeCapTooLow {
        /// The transaction's cap.
        fee_cap: u128,
        /// Base fee of the next block.
        base_fee: u64,
    },
    /// More gas than a block has.
    #[error("exceeds block gas limit")]
    ExceedsBlockGasLimit,
    /// More gas than one transaction may have (EIP-7825).
    #[error("transaction gas limit too high (cap: {TX_GAS_LIMIT_CAP}, tx: {0})")]
    GasLimitTooHigh(u64),
    /// Less gas than inclusion costs, EIP-7623's floor included.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's.
        gas: u64,
        /// The least that is enough.
        needed: u64,
    },
    /// Creation code too long (EIP-3860).
    #[error("max initcode size exceeded: code size {0}, limit {MAX_INITCODE_SIZE}")]
    InitcodeTooLarge(usize),
    /// Already used.
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow {
        /// The sender's next.
        next: u64,
        /// The transaction's.
        nonce: u64,
    },
    /// No nonce after it (EIP-2681).
    #[error("nonce has max value")]
    NonceMax,
    /// The sender is a contract (EIP-3607).
    #[error("sender not an eoa")]
    SenderNotEoa,
    /// Not enough money for everything this sender has in the pool.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    InsufficientFunds {
        /// The sender's balance.
        balance: U256,
        /// This transaction and the sender's other waiting ones.
        cost: U256,
    },
    /// The same transaction waits already, or stands in a block.
    #[error("already known")]
    AlreadyKnown,
    /// Another one with this nonce waits, and this one does not pay 10 % more.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// No room for another of this sender.
    #[error("account has {MAX_SENDER_TRANSACTIONS} transactions waiting, which is the limit")]
    SenderFull,
    /// No room.
    #[error("txpool is full")]
    Full,
}

/// What admission is checked against.
#[derive(Debug)]
pub struct Admission<'a> {
    /// State at the head.
    pub state: &'a StateView,
    /// This chain's id.
    pub chain_id: u64,
    /// Rules of the next block.
    pub fork: Hardfork,
    /// Base fee of the next block.
    pub base_fee: u64,
    /// Block gas limit.
    pub gas_limit: u64,
    /// Lets a contract send (impersonation on dev nodes).
    pub allow_contract_sender: bool,
}

/// A waiting transaction.
#[derive(Clone, Debug)]
pub struct PoolEntry {
    /// The transaction.
    pub tx: Arc<SignedTx>,
    cost: U256,
    bytes: usize,
    arrival: u64,
}

/// Decodes a raw transaction and recovers its sender; nothing may follow it.
pub fn decode(raw: &[u8]) -> Result<SignedTx, PoolError> {
    if raw.len() > MAX_TRANSACTION_BYTES {
        return Err(PoolError::Oversized(raw.len()));
    }
    let mut rest = raw;
    let tx = TxEnvelope::decode_2718(&mut rest).map_err(|error| PoolError::Decode(error.to_string()))?;
    if !rest.is_empty() {
        return Err(PoolError::Decode(format!("{} trailing bytes", rest.len())));
    }
    if is_blob(&tx) {
        return Err(PoolError::BlobsUnsupported);
    }
    let signer = tx.recover_signer().map_err(|_| PoolError::InvalidSignature)?;
    Ok(SignedTx::new_unchecked(tx, signer))
}

impl Admission<'_> {
    /// Every check that needs no other transaction.
    fn check(&self, tx: &SignedTx) -> Result<(), PoolError> {
        let envelope = tx.inner();
        if is_blob(envelope) {
            return Err(PoolError::BlobsUnsupported);
        }
        if !is_supported(envelope, self.fork) {
            return Err(PoolError::TypeUnsupported(envelope.ty()));
        }
        if envelope.authorization_list().is_some_and(<[_]>::is_empty) {
            return Err(PoolError::EmptyAuthorizationList);
        }
        match envelope.chain_id() {
            None => return Err(PoolError::Unprotected),
            Some(have) if have != self.chain_id => {
                return Err(PoolError::WrongChain { have, want: self.chain_id });
            }
            Some(_) => {}
        }
        let (fee_cap, gas) = (envelope.max_fee_per_gas(), envelope.gas_limit());
        if envelope.max_priority_fee_per_gas().is_some_and(|tip| tip > fee_cap) {
            return Err(PoolError::TipAboveFeeCap);
        }
        if gas > self.gas_limit {
            return Err(PoolError::ExceedsBlockGasLimit);
        }
        let spec = spec_id(self.fork);
        if spec.is_enabled_in(SpecId::OSAKA) && gas > TX_GAS_LIMIT_CAP {
            return Err(PoolError::GasLimitTooHigh(gas));
        }
        if matches!(envelope.kind(), TxKind::Create) && envelope.input().len() > MAX_INITCODE_SIZE {
            return Err(PoolError::InitcodeTooLarge(envelope.input().len()));
        }
        let tx_env = TxEnv::from_recovered_tx(envelope, tx.signer());
        let cost = calculate_initial_tx_gas_for_tx(&tx_env, spec, None);
        let floor = if spec.is_enabled_in(SpecId::PRAGUE) { cost.floor_gas() } else { 0 };
        let needed = cost.initial_total_gas().max(floor);
        if gas < needed {
            return Err(PoolError::IntrinsicGas { gas, needed });
        }
        if fee_cap < u128::from(self.base_fee) {
            return Err(PoolError::FeeCapTooLow { fee_cap, base_fee: self.base_fee });
        }
        let account = self.state.account(&tx.signer());
        let next = account.map(|account| account.nonce).unwrap_or_default();
        let nonce = envelope.nonce();
        if nonce < next {
            return Err(PoolError::NonceTooLow { next, nonce });
        }
        if nonce == u64::MAX {
            return Err(PoolError::NonceMax);
        }
        let is_contract =
            account.is_some_and(|account| !account.code.bytes().is_empty() && !account.code.is_delegation());
        if is_contract && !self.allow_contract_sender {
            return Err(PoolError::SenderNotEoa);
        }
        Ok(())
    }
}

/// gas · fee cap + value, saturating (a saturated cost is above every balance).
fn cost_of(tx: &TxEnvelope) -> U256 {
    U256::from(tx.gas_limit()).saturating_mul(U256::from(tx.max_fee_per_gas())).saturating_add(tx.value())
}

/// The smallest fee that replaces `fee`.
fn bumped(fee: u128) -> u128 {
    fee.saturating_add(fee.saturating_mul(REPLACEMENT_BUMP_PERCENT).div_ceil(100))
}

/// Where a transaction will stand.
struct Place {
    cost: U256,
    bytes: usize,
    replaces: Option<B256>,
}

/// The pool.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    senders: HashMap<Address, BTreeMap<u64, PoolEntry>>,
    by_hash: HashMap<B256, (Address, u64)>,
    bytes: usize,
    arrivals: u64,
}

impl Pool {
    /// Transactions waiting.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Would a transaction be admitted? If not, why.
    pub fn check(&self, tx: &SignedTx, admission: &Admission<'_>) -> Result<(), PoolError> {
        self.place(tx, admission).map(|_| ())
    }

    /// What admitting a transaction means: its cost and size, and which one it replaces.
    fn place(&self, tx: &SignedTx, admission: &Admission<'_>) -> Result<Place, PoolError> {
        let (hash, sender, nonce) = (tx.tx_hash(), tx.signer(), tx.nonce());
        if self.by_hash.contains_key(hash) {
            return Err(PoolError::AlreadyKnown);
        }
        admission.check(tx)?;
        let bytes = tx.encode_2718_len();
        if bytes > MAX_TRANSACTION_BYTES {
            return Err(PoolError::Oversized(bytes));
        }
        let queue = self.senders.get(&sender);
        let replaced = queue.and_then(|queue| queue.get(&nonce));
        if let Some(old) = replaced {
            let tip = |tx: &SignedTx| tx.max_priority_fee_per_gas().unwrap_or_else(|| tx.max_fee_per_gas());
            if tx.max_fee_per_gas() < bumped(old.tx.max_fee_per_gas()) || tip(tx) < bumped(tip(&old.tx)) {
                return Err(PoolError::Underpriced);
            }
        } else {
            if queue.is_some_and(|queue| queue.len() >= MAX_SENDER_TRANSACTIONS) {
                return Err(PoolError::SenderFull);
            }
            if self.len() >= MAX_POOL_TRANSACTIONS {
                return Err(PoolError::Full);
            }
        }
        let freed = replaced.map_or(0, |old| old.bytes);
        if self.bytes - freed + bytes > MAX_POOL_BYTES {
            return Err(PoolError::Full);
        }
        let own = cost_of(tx);
        let others = queue
            .into_iter()
            .flatten()
            .filter(|(other, _)| **other != nonce)
            .fold(U256::ZERO, |sum, (_, entry)| sum.saturating_add(entry.cost));
        let (balance, cost) = (admission.state.balance(&sender), own.saturating_add(others));
        if balance < cost {
            return Err(PoolError::InsufficientFunds { balance, cost });
        }
        Ok(Place { cost: own, bytes, replaces: replaced.map(|old| *old.tx.tx_hash()) })
    }

    /// Admits a transaction or says why not.
    pub fn add(&mut self, tx: SignedTx, admission: &Admission<'_>) -> Result<B256, PoolError> {
        let (hash, sender, nonce) = (*tx.tx_hash(), tx.signer(), tx.nonce());
        let Place { cost, bytes, replaces } = self.place(&tx, admission)?;
        if let Some(old) = replaces {
            self.remove(&old);
        }
        self.arrivals += 1;
        self.bytes += bytes;
        self.by_hash.insert(hash, (sender, nonce));
        let entry = PoolEntry { tx: Arc::new(tx), cost, bytes, arrival: self.arrivals };
        self.senders.entry(sender).or_default().insert(nonce, entry);
        Ok(hash)
    }

    /// The waiting transaction with this hash.
    pub fn get(&self, hash: &B256) -> Option<&Arc<SignedTx>> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        self.senders.get(sender)?.get(nonce).map(|entry| &entry.tx)
    }

    /// Takes out one transaction.
    pub fn remove(&mut self, hash: &B256) -> Option<Arc<SignedTx>> {
        let (sender, nonce) = self.by_hash.remove(hash)?;
        let queue = self.senders.get_mut(&sender)?;
        let entry = queue.remove(&nonce)?;
        if queue.is_empty() {
            self.senders.remove(&sender);
        }
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        Some(entry.tx)
    }

    /// Takes out everything.
    pub fn clear(&mut self) {
        let arrivals = self.arrivals;
        *self = Self { arrivals, ..Self::default() };
    }

    /// Takes out what the state has overtaken.
    pub fn prune(&mut self, state: &StateView) {
        let stale: Vec<B256> = self
            .senders
            .iter()
            .flat_map(|(sender, queue)| {
                queue.range(..state.nonce(sender)).map(|(_, entry)| *entry.tx.tx_hash())
            })
            .collect();
        for hash in stale {
            self.remove(&hash);
        }
    }

    /// The nonce after the last executable transaction of `sender`, whose state nonce is `next`.
    pub fn next_nonce(&self, sender: &Address, next: u64) -> u64 {
        let Some(queue) = self.senders.get(sender) else { return next };
        let mut nonce = next;
        for waiting in queue.range(next..).map(|(nonce, _)| *nonce) {
            if waiting != nonce {
                break;
            }
            nonce = nonce.saturating_add(1);
        }
        nonce
    }

    /// What can be executed in a block with this base fee, best tip first, older first among equals, each sender's
    /// in nonce order.
    pub fn executable(&self, state: &StateView, base_fee: u64) -> Vec<Arc<SignedTx>> {
        let mut heads = BinaryHeap::new();
        let push = |heads: &mut BinaryHeap<Head>, sender: Address, nonce: u64| {
            if let Some(entry) = self.senders.get(&sender).and_then(|queue| queue.get(&nonce))
                && let Some(tip) = entry.tx.effective_tip_per_gas(base_fee)
            {
                heads.push(Head { tip, arrival: entry.arrival, sender, nonce });
            }
        };
        for sender in self.senders.keys() {
            push(&mut heads, *sender, state.nonce(sender));
        }
        let mut ordered = Vec::new();
        while let Some(head) = heads.pop() {
            if let Some(entry) = self.senders.get(&head.sender).and_then(|queue| queue.get(&head.nonce)) {
                ordered.push(entry.tx.clone());
            }
            push(&mut heads, head.sender, head.nonce.saturating_add(1));
        }
        ordered
    }

    /// All waiting transactions, executable (per sender, without a gap) and queued.
    pub fn content(&self, state: &StateView) -> (Vec<Arc<SignedTx>>, Vec<Arc<SignedTx>>) {
        let (mut pending, mut queued) = (Vec::new(), Vec::new());
        for (sender, queue) in &self.senders {
            let end = self.next_nonce(sender, state.nonce(sender));
            for (nonce, entry) in queue {
                if *nonce < end { &mut pending } else { &mut queued }.push(entry.tx.clone());
            }
        }
        (pending, queued)
    }
}

#[derive(PartialEq, Eq)]
struct Head {
    tip: u128,
    arrival: u64,
    sender: Address,
    nonce: u64,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.tip.cmp(&other.tip).then_with(|| other.arrival.cmp(&self.arrival))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
