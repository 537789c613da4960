//! Tests of the chain. This file: what they share.

mod admission;
mod blocks;
mod deletion;
mod dev;
mod genesis;
mod pool;
mod precompile;
mod present;
mod trie;

use std::collections::BTreeMap;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope, TypedTransaction};
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex};
use alloy_rpc_types_eth::TransactionRequest;

use pars_mldsa::ParameterSet;

use super::{
    Chain,
    block::SignedTx,
    call::{Call, CallError},
    dev_accounts::{DEV_ACCOUNTS, DevAccount},
    genesis::{ChainSpec, DEFAULT_CHAIN_ID, DEFAULT_GAS_LIMIT, DevGenesis, Hosts},
    hardfork::Hardfork,
    produce::{MiningMode, SubmitError},
};
use crate::miner::{MinerKey, SignedWork, Work};

/// Timestamp of every test genesis.
pub(crate) const GENESIS_TIME: u64 = 1_700_000_000;
/// Who receives the tips in tests.
pub(crate) const COINBASE: Address = address!("00000000000000000000000000000000c01ba5e0");
/// 1 gwei.
pub(crate) const GWEI: u128 = 1_000_000_000;
/// An address nobody has.
pub(crate) const NOBODY: Address = address!("00000000000000000000000000000000deadbeef");

/// Adds calldata word 0 to slot 0 and returns the sum; without calldata returns slot 0.
/// `CALLDATASIZE PUSH1 0c JUMPI SLOAD(0) return | JUMPDEST sum = SLOAD(0)+CALLDATALOAD(0); SSTORE; return`
pub(crate) const COUNTER: &[u8] = &hex!("36600c575f545f5260205ff35b5f545f3501805f555f5260205ff3");

/// Init code that deploys `runtime` (at most 255 bytes).
pub(crate) fn init_code(runtime: &[u8]) -> Bytes {
    let length = u8::try_from(runtime.len()).expect("short runtime");
    // PUSH1 len, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    let mut code = vec![0x60, length, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3];
    code.extend_from_slice(runtime);
    code.into()
}

pub(crate) fn dev_genesis(hardfork: Hardfork) -> DevGenesis {
    DevGenesis {
        chain_id: DEFAULT_CHAIN_ID,
        hardfork,
        gas_limit: DEFAULT_GAS_LIMIT,
        timestamp: GENESIS_TIME,
        activation: 0,
        dev: true,
        hosts: Hosts::Rust,
    }
}

pub(crate) fn chain_of(dev: &DevGenesis, mode: MiningMode) -> Chain {
    let genesis = dev.build().expect("genesis");
    let spec = ChainSpec::from_genesis(&genesis, None).expect("spec");
    Chain::new(spec, mode, COINBASE)
}

/// A Prague chain.
pub(crate) fn chain(mode: MiningMode) -> Chain {
    chain_of(&dev_genesis(Hardfork::Prague), mode)
}

/// A dev account that counts its nonces.
#[derive(Debug)]
pub(crate) struct Wallet {
    pub(crate) account: DevAccount,
    pub(crate) nonce: u64,
}

impl Wallet {
    pub(crate) fn new(index: usize) -> Self {
        Self { account: DEV_ACCOUNTS[index], nonce: 0 }
    }

    pub(crate) fn address(&self) -> Address {
        self.account.address
    }

    /// A 1559 transaction with the next nonce, 10 gwei cap and 1 gwei tip.
    pub(crate) fn tx(
        &mut self,
        to: TxKind,
        value: u64,
        input: impl Into<Bytes>,
        gas_limit: u64,
    ) -> TxEip1559 {
        let nonce = self.nonce;
        self.nonce += 1;
        TxEip1559 {
            chain_id: DEFAULT_CHAIN_ID,
            nonce,
            gas_limit,
            max_fee_per_gas: 10 * GWEI,
            max_priority_fee_per_gas: GWEI,
            to,
            value: U256::from(value),
            input: input.into(),
            ..Default::default()
        }
    }

    pub(crate) fn transfer(&mut self, to: Address, value: u64) -> TxEip1559 {
        self.tx(to.into(), value, Bytes::new(), 21_000)
    }

    pub(crate) fn sign(&self, tx: impl Into<TypedTransaction>) -> SignedTx {
        let envelope = self.account.sign_transaction(tx.into()).expect("signs");
        SignedTx::new_unchecked(envelope, self.address())
    }

    /// Sends a call with plenty of gas.
    pub(crate) fn send(&mut self, chain: &Chain, to: TxKind, value: u64, input: impl Into<Bytes>) -> B256 {
        let tx = self.tx(to, value, input, 2_000_000);
        chain.submit(self.sign(tx), false).expect("submitted")
    }

    pub(crate) fn deploy(&mut self, chain: &Chain, runtime: &[u8]) -> Address {
        let hash = self.send(chain, TxKind::Create, 0, init_code(runtime));
        let (block, index) = chain.transaction(&hash).expect("mined");
        let receipt = &block.receipts[index];
        assert!(receipt.status(), "deployment failed");
        receipt.contract_address.expect("address")
    }
}

/// A transaction with a signature that nobody checks, from any address.
pub(crate) fn unsigned(from: Address, tx: TxEip1559) -> SignedTx {
    // The sender in place of r, so that hashes differ.
    let r = U256::from_be_slice(from.as_slice());
    let envelope: TxEnvelope = tx.into_signed(Signature::new(r, U256::from(1), false)).into();
    SignedTx::new_unchecked(envelope, from)
}

pub(crate) fn call_at(
    chain: &Chain,
    to: Address,
    input: impl Into<Bytes>,
    block: impl Into<BlockId>,
) -> Result<Bytes, CallError> {
    let request = TransactionRequest::default().to(to).input(input.into().into());
    chain.call(&Call { request, block: block.into(), ..Default::default() })
}

pub(crate) fn word(value: u64) -> Bytes {
    U256::from(value).to_be_bytes_vec().into()
}

/// The error text of a refused transaction.
pub(crate) fn refusal(result: Result<B256, SubmitError>) -> String {
    result.expect_err("must be refused").to_string()
}

/// The `n`th piece of software work of a fixed key, done just before `time` and paid to [`NOBODY`].
pub(crate) fn work(n: u64, time: u64) -> SignedWork {
    let key = MinerKey::from_seed(ParameterSet::MlDsa44, B256::repeat_byte(7));
    let nonce = B256::from(U256::from(n) + U256::from(1));
    let work = Work {
        chain_id: 6133,
        job_id: nonce,
        model_hash: B256::repeat_byte(1),
        input_hash: B256::repeat_byte(2),
        output_hash: B256::repeat_byte(3),
        nonce,
        compute_units: 10,
        began_at: time - 10,
        completed_at: time - 1,
        recipient: NOBODY,
        min_reward: 0,
    };
    work.sign(&key).expect("signs")
}

impl Wallet {
    /// Submits work; the proof's transaction.
    pub(crate) fn submit(&mut self, chain: &Chain, work: &SignedWork) -> B256 {
        self.send(chain, TxKind::Call(pars_protocol::ADDRESS), 0, work.calldata())
    }
}

/// A small generator of reproducible numbers (splitmix64).
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A model of one account's storage.
pub(crate) type Slots = BTreeMap<U256, U256>;
