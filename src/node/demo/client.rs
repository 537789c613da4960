//! The demo's side of JSON-RPC: what any wallet or relayer does, over HTTP.

use std::time::Duration;

use alloy_consensus::{EthereumTypedTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bytes, TxKind, U64, U256, keccak256};
use alloy_rpc_types_eth::{Block, EIP1186AccountProofResponse, TransactionReceipt};
use alloy_sol_types::{SolCall, SolInterface as _};
use jsonrpsee::core::client::{ClientT as _, Error as ClientError};
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use pars_node::chain::dev_accounts::DevAccount;
use pars_protocol::{ADDRESS, abi::IAIMiningErrors::IAIMiningErrorsErrors};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::DemoError;

/// How long a receipt may take.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(20);
const RECEIPT_POLL: Duration = Duration::from_millis(10);
/// JSON-RPC code of a call that reverted.
const REVERTED: i32 = 3;

/// A relayer with a node's URL.
#[derive(Debug)]
pub(crate) struct Client {
    http: HttpClient,
    relayer: DevAccount,
}

/// What a call that reverted returned.
#[derive(Clone, Debug)]
pub(super) struct Revert(pub(super) Bytes);

impl Revert {
    /// The name of the precompile's typed error, where it is one, whole and alone.
    pub(super) fn name(&self) -> Option<&'static str> {
        IAIMiningErrorsErrors::abi_decode_validate(&self.0).ok()?;
        IAIMiningErrorsErrors::name_by_selector(*self.0.first_chunk()?)
    }
}

impl Client {
    pub(crate) fn new(url: &str, relayer: DevAccount) -> Result<Self, DemoError> {
        let http =
            HttpClientBuilder::default().build(url).map_err(|error| DemoError::rpc("connect", &error))?;
        Ok(Self { http, relayer })
    }

    /// The same node, asked and paid by somebody else.
    pub(super) fn with_account(&self, relayer: DevAccount) -> Self {
        Self { http: self.http.clone(), relayer }
    }

    pub(super) fn relayer(&self) -> Address {
        self.relayer.address
    }

    async fn raw<T: DeserializeOwned>(&self, method: &str, params: Vec<Value>) -> Result<T, ClientError> {
        let mut array = jsonrpsee::core::params::ArrayParams::new();
        for param in params {
            array.insert(param).map_err(ClientError::ParseError)?;
        }
        self.http.request(method, array).await
    }

    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<T, DemoError> {
        self.raw(method, params).await.map_err(|error| DemoError::rpc(method, &error))
    }

    /// Calls the precompile as the relayer, at the head.
    pub(super) async fn call(&self, input: &Bytes) -> Result<Result<Bytes, Revert>, DemoError> {
        let request = json!({ "from": self.relayer.address, "to": ADDRESS, "input": input });
        match self.raw("eth_call", vec![request, json!("latest")]).await {
            Ok(output) => Ok(Ok(output)),
            Err(ClientError::Call(error)) if error.code() == REVERTED => {
                let data = error.data().and_then(|data| serde_json::from_str(data.get()).ok());
                Ok(Err(Revert(data.unwrap_or_default())))
            }
            Err(error) => Err(DemoError::rpc("eth_call", &error)),
        }
    }

    /// Asks a view of the precompile.
    pub(crate) async fn view<C: SolCall>(&self, call: C) -> Result<C::Return, DemoError> {
        let output = self.call(&call.abi_encode().into()).await?.map_err(|revert| {
            DemoError::Unexpected(format!(
                "{} reverts: {}",
                C::SIGNATURE,
                revert.name().unwrap_or("no reason")
            ))
        })?;
        C::abi_decode_returns_validate(&output)
            .map_err(|error| DemoError::Unexpected(format!("{} answers nonsense: {error}", C::SIGNATURE)))
    }

    pub(super) async fn balance(&self, address: Address) -> Result<U256, DemoError> {
        self.ask("eth_getBalance", vec![json!(address), json!("latest")]).await
    }

    pub(super) async fn estimate(&self, input: &Bytes) -> Result<u64, DemoError> {
        let request = json!({ "from": self.relayer.address, "to": ADDRESS, "input": input });
        let gas: U64 = self.ask("eth_estimateGas", vec![request]).await?;
        Ok(gas.to())
    }

    pub(super) async fn head(&self) -> Result<Block, DemoError> {
        self.ask("eth_getBlockByNumber", vec![json!("latest"), json!(false)]).await
    }

    /// Makes a block at a time to come, from which the chain's clock goes on. Only a dev node lets anybody.
    pub(super) async fn move_clock(&self, to: u64) -> Result<(), DemoError> {
        let _: Value = self.ask("evm_mine", vec![json!(to)]).await?;
        let head = self.head().await?.header.timestamp;
        super::ensure(head == to, || format!("the clock was to stand at {to}, the head is of {head}"))
    }

    pub(super) async fn block(&self, hash: B256) -> Result<Block, DemoError> {
        let block: Option<Block> = self.ask("eth_getBlockByHash", vec![json!(hash), json!(false)]).await?;
        block.ok_or_else(|| DemoError::Unexpected(format!("the node does not know its block {hash}")))
    }

    /// Merkle proofs of slots of the precompile, at a block.
    pub(super) async fn proof(
        &self,
        slots: &[B256],
        block: B256,
    ) -> Result<EIP1186AccountProofResponse, DemoError> {
        let at = json!({ "blockHash": block });
        self.ask("eth_getProof", vec![json!(ADDRESS), json!(slots), at]).await
    }

    /// An EIP-1559 transaction to the precompile, signed and encoded.
    async fn sign(&self, input: Bytes, gas_limit: u64) -> Result<Bytes, DemoError> {
        let chain_id: U64 = self.ask("eth_chainId", vec![]).await?;
        let nonce: U64 =
            self.ask("eth_getTransactionCount", vec![json!(self.relayer.address), json!("pending")]).await?;
        let head = self.head().await?;
        let tip: U256 = self.ask("eth_maxPriorityFeePerGas", vec![]).await?;
        let tip = u128::try_from(tip)
            .map_err(|_| DemoError::Unexpected(format!("the node suggests a tip of {tip}")))?;
        let base_fee = u128::from(head.header.base_fee_per_gas.unwrap_or_default());
        let transaction = EthereumTypedTransaction::Eip1559(TxEip1559 {
            chain_id: chain_id.to(),
            nonce: nonce.to(),
            gas_limit,
            // Twice the base fee keeps it includable for six full blocks.
            max_fee_per_gas: base_fee.saturating_mul(2).saturating_add(tip),
            max_priority_fee_per_gas: tip,
            to: TxKind::Call(ADDRESS),
            input,
            ..Default::default()
        });
        Ok(self.relayer.sign_transaction(transaction)?.encoded_2718().into())
    }

    /// Sends a transaction that the pool is to refuse; the typed error it gives, and its words.
    pub(super) async fn turned_away(
        &self,
        input: Bytes,
        gas_limit: u64,
    ) -> Result<(Revert, String), DemoError> {
        let raw = self.sign(input, gas_limit).await?;
        match self.raw::<B256>("eth_sendRawTransaction", vec![json!(raw)]).await {
            Ok(hash) => Err(DemoError::Unexpected(format!("the pool takes it, as {hash}"))),
            Err(ClientError::Call(error)) if error.code() == REVERTED => {
                let data = error.data().and_then(|data| serde_json::from_str(data.get()).ok());
                Ok((Revert(data.unwrap_or_default()), error.message().to_owned()))
            }
            Err(error) => Err(DemoError::rpc("eth_sendRawTransaction", &error)),
        }
    }

    /// Does the pool look at proofs? Only a dev node lets anybody say so.
    pub(super) async fn set_proof_admission(&self, on: bool) -> Result<(), DemoError> {
        let set: bool = self.ask("pars_setProofAdmission", vec![json!(on)]).await?;
        super::ensure(set == on, || "the pool does as it likes".into())
    }

    /// Signs a transaction to the precompile, sends it raw, and waits for its receipt.
    pub(super) async fn send(&self, input: Bytes, gas_limit: u64) -> Result<TransactionReceipt, DemoError> {
        let raw = self.sign(input, gas_limit).await?;
        let expected = keccak256(&raw);
        let hash: B256 = self.ask("eth_sendRawTransaction", vec![json!(raw)]).await?;
        if hash != expected {
            return Err(DemoError::Unexpected(format!("the node names transaction {expected} {hash}")));
        }
        let receipt = async {
            loop {
                let receipt = self.ask("eth_getTransactionReceipt", vec![json!(hash)]).await?;
                match receipt {
                    Some(receipt) => return Ok::<TransactionReceipt, DemoError>(receipt),
                    None => tokio::time::sleep(RECEIPT_POLL).await,
                }
            }
        };
        tokio::time::timeout(RECEIPT_TIMEOUT, receipt).await.unwrap_or_else(|_| {
            Err(DemoError::Unexpected(format!(
                "transaction {hash} is in no block after {} s",
                RECEIPT_TIMEOUT.as_secs()
            )))
        })
    }
}
