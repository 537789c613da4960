//! From a key to a payment.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use alloy_primitives::{Address, B256, U64, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::{SolCall as _, SolEvent as _};
use k256::ecdsa::SigningKey;
use pars_mldsa::ParameterSet;
use pars_node::{
    Config, Node, NodeHandle,
    chain::{dev_accounts::DEV_ACCOUNTS, snapshot::unix_time},
    miner::{MinerKey, NoRandomness, SignedWork, Work, random},
    reference_job::{JobResult, ReferenceJob},
};
use pars_protocol::{
    ADDRESS, Parameter, Tier,
    abi::{
        IAIMining::{miningBalanceCall, submitWorkProofCall},
        IAIMiningEvents::{Transfer, WorkAccepted},
        IAIMiningInspector::{epochInfoCall, parameterCall, poolInfoCall, quoteRewardCall, versionCall},
    },
    economics, ids,
};
use serde_json::json;

use super::{
    DemoError,
    client::Client,
    ensure,
    report::Told,
    text::{coins, count, short, thousands},
};
use crate::prove::with_file;

/// What the job works on where no input is given.
const SENTENCE: &str = "Whoever does the work is paid for it, once, and everybody can check.";
/// Gas above the estimate, in per cent: later blocks find other slots new.
const GAS_MARGIN: u64 = 10;

/// What work without attestation is worth.
pub(super) const TRUST: (Tier, u16) = (Tier::Software, Tier::Software.trust_bps());

/// Who works, and who is paid for it.
#[derive(Debug)]
pub(super) struct Miner {
    pub(super) key: MinerKey,
    pub(super) recipient: Address,
}

/// The job, done.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) model_hash: B256,
    pub(super) result: JobResult,
    pub(super) began_at: u64,
    pub(super) completed_at: u64,
}

/// AI and PARS of the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Balances {
    pub(super) ai: U256,
    pub(super) pars: U256,
}

/// The accepted proof.
#[derive(Debug)]
pub(super) struct Submitted {
    before: Balances,
    /// What it was to earn; [`paid`] checks that it did.
    pub(super) quote: Balances,
    epoch: u64,
    estimate: u64,
    mined: Duration,
    pub(super) receipt: TransactionReceipt,
}

/// What a unit earns in a pool, and at which difficulty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    base: u128,
    native_base: u128,
    pub(super) difficulty: u128,
}

impl Rates {
    pub(super) async fn of(client: &Client, tier: Tier) -> Result<Self, DemoError> {
        let narrow = |value: U256| {
            u128::try_from(value).map_err(|_| DemoError::Unexpected(format!("{value} does not fit 128 bits")))
        };
        let rate =
            async |parameter: Parameter| narrow(client.view(parameterCall { name: parameter.name() }).await?);
        Ok(Self {
            base: rate(Parameter::Base).await?,
            native_base: rate(Parameter::NativeBase).await?,
            difficulty: narrow(client.view(poolInfoCall { pool: tier.pool().id() }).await?.d)?,
        })
    }

    /// The formula, computed here and not asked for.
    pub(super) fn reward(&self, units: u64, trust_bps: u16) -> Result<Balances, DemoError> {
        let earn = |rate| {
            economics::reward(rate, units, self.difficulty, trust_bps)
                .map_err(|error| DemoError::Unexpected(format!("the reward's formula: {error}")))
        };
        Ok(Balances { ai: earn(self.base)?, pars: earn(self.native_base)? })
    }
}

impl Balances {
    pub(super) async fn of(client: &Client, address: Address) -> Result<Self, DemoError> {
        let ai = client.view(miningBalanceCall { miner: address }).await?;
        Ok(Self { ai, pars: client.balance(address).await? })
    }

    fn plus(self, other: Self) -> Self {
        Self { ai: self.ai.saturating_add(other.ai), pars: self.pars.saturating_add(other.pars) }
    }
}

pub(super) async fn start() -> Result<((NodeHandle, Client), Told), DemoError> {
    let node = Node::start(Config { port: 0, ..Config::default() }).await?;
    let client = Client::new(&node.url(), DEV_ACCOUNTS[1])?;
    let chain_id: U64 = client.ask("eth_chainId", vec![]).await?;
    let version: String = client.ask("web3_clientVersion", vec![]).await?;
    let rules = client.view(versionCall {}).await?;
    let told = Told::new(format!("chain {chain_id} at {}", node.url()))
        .detail(format!("{version}, AI mining at {} (rules {rules}).", short(ADDRESS)))
        .text("url", node.url())
        .fact("chain_id", chain_id.to::<u64>())
        .text("client", version)
        .text("precompile", ADDRESS)
        .fact("rules", rules);
    Ok(((node, client), told))
}

pub(super) fn key() -> Result<(Miner, Told), DemoError> {
    let key = MinerKey::generate(ParameterSet::MlDsa65)?;
    let miner = Miner { recipient: fresh_account()?, key };
    let told = Told::new(format!("{}, miner {}", miner.key.parameter_set(), short(miner.key.address())))
        .detail("Post-quantum (FIPS 204). The key signs work and never holds a coin: rewards go")
        .detail(format!(
            "to the payee that it signs, here {}, a new account with nothing on it.",
            short(miner.recipient)
        ))
        .fact("parameter_set", miner.key.parameter_set().id())
        .text("miner", miner.key.address())
        .text("device_id", miner.key.device_id())
        .fact("public_key_bytes", miner.key.public_key().len())
        .text("recipient", miner.recipient);
    Ok((miner, told))
}

/// An account that nobody has used, so that every coin on it is a reward. Its key is thrown away with the chain.
fn fresh_account() -> Result<Address, NoRandomness> {
    loop {
        // One in 2^128 seeds is no key.
        if let Ok(key) = SigningKey::from_slice(random()?.as_slice()) {
            return Ok(Address::from_private_key(&key));
        }
    }
}

pub(super) async fn job(input: Option<PathBuf>) -> Result<(Job, Told), DemoError> {
    let name = input.as_ref().map_or("a sentence".to_owned(), |path| path.display().to_string());
    let job = tokio::task::spawn_blocking(move || run_job(input))
        .await
        .map_err(|error| DemoError::Unexpected(format!("the job broke off: {error}")))??;
    let result = &job.result;
    let (operations, units) = (result.operations, result.compute_units());
    let headline = format!(
        "{} in, {} out, {} operations",
        count(result.input_bytes, "byte"),
        count(result.output.len() as u64, "byte"),
        thousands(operations)
    );
    let told = Told::new(headline)
        .detail("The reference job, not an AI model: a small fixed network, same bits everywhere.")
        .detail(format!("Claimed: {} (a unit is a billion operations, rounded up).", count(units, "unit")))
        .text("kind", "reference job, not an AI model")
        .text("input", name)
        .fact("input_bytes", result.input_bytes)
        .fact("output_bytes", result.output.len())
        .text("model_hash", job.model_hash)
        .text("input_hash", result.input_hash)
        .text("output_hash", result.output_hash())
        .fact("operations", operations)
        .fact("compute_units", units)
        .fact("began_at", job.began_at)
        .fact("completed_at", job.completed_at);
    Ok((job, told))
}

fn run_job(input: Option<PathBuf>) -> Result<Job, DemoError> {
    let job = ReferenceJob::new();
    let began_at = unix_time();
    let result = match input {
        Some(path) => with_file("input", &path, |file| job.run(file))?,
        None => job.run(SENTENCE.as_bytes())?,
    };
    Ok(Job { model_hash: job.model_hash(), result, began_at, completed_at: unix_time() })
}

impl Job {
    /// The same work, done again a moment before this time: on a chain whose clock was moved.
    pub(super) fn again_at(&self, now: u64) -> Self {
        Self { began_at: now.saturating_sub(1), completed_at: now, ..self.clone() }
    }

    /// The job's result as work of its own: with a new nonce, and so with a new job id.
    pub(super) fn work(&self, miner: &Miner, chain_id: u32) -> Result<Work, NoRandomness> {
        let nonce = random()?;
        let (model_hash, input_hash) = (self.model_hash, self.result.input_hash);
        Ok(Work {
            chain_id,
            job_id: Work::own_job_id(model_hash, input_hash, nonce),
            model_hash,
            input_hash,
            output_hash: self.result.output_hash(),
            nonce,
            compute_units: self.result.compute_units(),
            // A clock may be set back while the job runs.
            began_at: self.began_at.min(self.completed_at),
            completed_at: self.completed_at,
            recipient: miner.recipient,
            min_reward: 0,
        })
    }
}

pub(super) async fn prove(
    client: &Client,
    miner: &Miner,
    job: &Job,
) -> Result<(SignedWork, Told), DemoError> {
    let chain_id: U64 = client.ask("eth_chainId", vec![]).await?;
    let chain_id = u32::try_from(chain_id.to::<u64>())
        .map_err(|_| DemoError::Unexpected(format!("chain id {chain_id} does not fit 32 bits")))?;
    let work = job.work(miner, chain_id)?;
    let signing = Instant::now();
    let signed = work.sign(&miner.key)?;
    let signing = signing.elapsed();
    let verifying = Instant::now();
    ensure(signed.verifies(), || "the proof does not verify".into())?;
    let verifying = verifying.elapsed();
    let told =
        Told::new(format!("{} bytes, work id {}", thousands(signed.proof.len()), short(signed.work_id())))
            .detail("One signature over chain, job, model, input, output, units, times and payee;")
            .detail("verified here before it leaves, so that nobody pays gas for a bad one.")
            .fact("proof_bytes", signed.proof.len())
            .text("work_id", signed.work_id())
            .text("job_id", work.job_id)
            .text("nonce", work.nonce)
            .text("proof_hash", signed.proof_hash())
            .text("signed", alloy_primitives::hex::encode_prefixed(signed.signed()))
            .fact("compute_units", work.compute_units)
            .micros("signing_micros", signing)
            .micros("verifying_micros", verifying);
    Ok((signed, told))
}

pub(super) async fn submit(
    client: &Client,
    miner: &Miner,
    work: &SignedWork,
) -> Result<(Submitted, Told), DemoError> {
    let units = work.statement.compute_units;
    let quote = client.view(quoteRewardCall { tier: Tier::Software.id(), units }).await?;
    let quote = Balances { ai: quote.reward, pars: quote.nativeReward };
    let submitted = relay(client, miner, work, quote).await?;
    let receipt = &submitted.receipt;
    let block = receipt.block_number.unwrap_or_default();
    let told = Told::new(format!("block {block}, {} gas, accepted", thousands(receipt.gas_used)))
        .detail(format!(
            "Relayed by {}, who pays the gas. Anybody may relay a proof;",
            short(client.relayer())
        ))
        .detail("only the payee that the miner signed is paid.")
        .text("relayer", client.relayer());
    let told = submitted.tell(told).fact("calldata_bytes", work.calldata().len());
    Ok((submitted, told))
}

impl Submitted {
    /// The facts of the transaction.
    pub(super) fn tell(&self, told: Told) -> Told {
        told.text("transaction", self.receipt.transaction_hash)
            .fact("block", self.receipt.block_number.unwrap_or_default())
            .fact("gas_estimate", self.estimate)
            .fact("gas_used", self.receipt.gas_used)
            .fact("status", "0x1")
            .micros("mined_micros", self.mined)
    }
}

/// Tries a proof as a call, which must promise the quote, estimates its gas, and sends it.
pub(super) async fn relay(
    client: &Client,
    miner: &Miner,
    work: &SignedWork,
    quote: Balances,
) -> Result<Submitted, DemoError> {
    let before = Balances::of(client, miner.recipient).await?;
    let calldata = work.calldata();
    let output = client.call(&calldata).await?.map_err(|revert| {
        DemoError::Unexpected(format!("submitWorkProof reverts: {}", revert.name().unwrap_or("no reason")))
    })?;
    let promised = submitWorkProofCall::abi_decode_returns_validate(&output)
        .map_err(|error| DemoError::Unexpected(format!("submitWorkProof answers nonsense: {error}")))?;
    ensure(promised == quote.ai, || {
        format!("submitWorkProof promises {promised}, the quote was {}", quote.ai)
    })?;

    let estimate = client.estimate(&calldata).await?;
    let limit = estimate.saturating_add(estimate / 100 * GAS_MARGIN);
    let sent = Instant::now();
    let receipt = client.send(calldata, limit).await?;
    let mined = sent.elapsed();
    ensure(receipt.status(), || format!("transaction {} failed", receipt.transaction_hash))?;
    ensure(receipt.from == client.relayer() && receipt.from != miner.recipient, || {
        format!("{} sent the transaction, not the relayer", receipt.from)
    })?;
    let epoch = client.view(epochInfoCall {}).await?.counter;
    Ok(Submitted { before, quote, epoch, estimate, mined, receipt })
}

pub(super) async fn reward(
    client: &Client,
    miner: &Miner,
    work: &SignedWork,
    submitted: &Submitted,
) -> Result<((), Told), DemoError> {
    let (after, accepted) = paid(client, miner, work, submitted, TRUST, 0).await?;
    let Submitted { before, quote, epoch, .. } = submitted;
    let formula = formula(client, accepted.computeUnits, quote.ai).await?;
    let told = Told::new(format!("{} AI and {} PARS", coins(quote.ai), coins(quote.pars)))
        .detail(format!("{formula}, as quoted before."))
        .detail(format!(
            "{}: {} → {} AI, {} → {} PARS.",
            short(miner.recipient),
            coins(before.ai),
            coins(after.ai),
            coins(before.pars),
            coins(after.pars)
        ))
        .detail(format!("Event: WorkAccepted, work id {}, epoch {epoch}.", short(accepted.workId)))
        .text("reward", quote.ai)
        .text("native_reward", quote.pars)
        .text("balance_before", before.ai)
        .text("balance_after", after.ai)
        .text("native_balance_before", before.pars)
        .text("native_balance_after", after.pars)
        .fact(
            "event",
            json!({
                "name": "WorkAccepted",
                "workId": accepted.workId,
                "recipient": accepted.recipient.to_string(),
                "jobId": accepted.jobId,
                "deviceId": accepted.deviceId,
                "miner": accepted.miner.to_string(),
                "workDigest": accepted.workDigest,
                "proofHash": accepted.proofHash,
                "tier": accepted.tier,
                "trustBps": accepted.trustBps,
                "computeUnits": accepted.computeUnits,
                "reward": accepted.reward.to_string(),
                "nativeReward": accepted.nativeReward.to_string(),
                "epoch": accepted.epoch,
            }),
        );
    Ok(((), told))
}

/// What a proof of this tier and trust must have done: the payee has exactly the quote more, and the receipt ends with
/// exactly these two events, after so many others.
pub(super) async fn paid(
    client: &Client,
    miner: &Miner,
    work: &SignedWork,
    submitted: &Submitted,
    (tier, trust_bps): (Tier, u16),
    others: usize,
) -> Result<(Balances, WorkAccepted), DemoError> {
    let Submitted { before, quote, epoch, receipt, .. } = submitted;
    let after = Balances::of(client, miner.recipient).await?;
    ensure(after == before.plus(*quote), || format!("expected {:?}, found {after:?}", before.plus(*quote)))?;

    let (statement, context) = (&work.statement, &work.statement.context);
    let transfer = Transfer { from: Address::ZERO, to: miner.recipient, value: quote.ai };
    let accepted = WorkAccepted {
        workId: work.work_id(),
        recipient: miner.recipient,
        jobId: context.job_id,
        deviceId: context.device_id,
        miner: miner.key.address(),
        workDigest: ids::work_digest(
            context.device_id,
            context.model_hash,
            context.input_hash,
            statement.output_hash,
        ),
        proofHash: work.proof_hash(),
        tier: tier.id(),
        trustBps: trust_bps,
        computeUnits: statement.compute_units,
        reward: quote.ai,
        nativeReward: quote.pars,
        epoch: *epoch,
    };
    let logs = receipt.logs();
    let same = match logs {
        [before @ .., first, second] => {
            before.len() == others
                && logs.iter().all(|log| log.address() == ADDRESS)
                && Transfer::decode_log_data(first.data()).is_ok_and(|found| found == transfer)
                && WorkAccepted::decode_log_data(second.data()).is_ok_and(|found| found == accepted)
        }
        _ => false,
    };
    ensure(same, || format!("expected {transfer:?} and {accepted:?}, found {logs:?}"))?;
    Ok((after, accepted))
}

/// How a software proof's reward comes about, computed here as well.
async fn formula(client: &Client, units: u64, reward: U256) -> Result<String, DemoError> {
    let (tier, trust_bps) = TRUST;
    let rates = Rates::of(client, tier).await?;
    let expected = rates.reward(units, trust_bps)?.ai;
    ensure(expected == reward, || format!("the formula gives {expected}, the reward is {reward}"))?;
    Ok(format!(
        "{} × {} AI × d {} × {} % trust (no GPU attested)",
        count(units, "unit"),
        coins(U256::from(rates.base)),
        coins(U256::from(rates.difficulty)),
        trust_bps / 100
    ))
}
