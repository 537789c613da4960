//! Five ways to be paid for nothing, and what the precompile says to each.
//!
//! Where a good proof is spoilt, the good one is tried as a call first: it would be paid, so nothing but the spoiling
//! can be the reason of the refusal.

use alloy_primitives::{Address, B256, Bytes};
use alloy_rpc_types_eth::TransactionReceipt;
use pars_node::{
    chain::{dev_accounts::DEV_ACCOUNTS, snapshot::unix_time},
    miner::{SignedWork, Work, proof::calldata},
};
use pars_protocol::{Parameter, abi::IAIMiningInspector::parameterCall};

use super::{
    DemoError,
    client::Client,
    ensure,
    mining::{Balances, Job, Miner},
    report::Told,
    text::{seconds, short, thousands},
};

/// Another chain: Pars' id in some of its older documents.
const OTHER_CHAIN: u32 = 7070;
/// How much older than allowed the stale proof is, in seconds.
const TOO_OLD_BY: u64 = 600;
/// Offset of the recipient in a proof (`precompile-spec/encoding.md`).
const RECIPIENT: std::ops::Range<usize> = 222..242;
/// Gas a cheat may burn beyond what the accepted proof used: more slots are new to it, perhaps.
const GAS_MARGIN: u64 = 100_000;

/// Whom and what a cheat has at hand.
#[derive(Debug)]
pub(super) struct Cheat<'a> {
    client: &'a Client,
    miner: &'a Miner,
    job: &'a Job,
    paid: &'a SignedWork,
    gas_limit: u64,
}

/// One attempt.
pub(super) struct Attempt {
    /// A proof that would be paid and differs from the cheat's only in what the cheat changed.
    pub(super) good: Option<Bytes>,
    pub(super) cheat: Bytes,
    pub(super) error: &'static str,
    pub(super) story: String,
    pub(super) told: Told,
}

/// Everything a successful cheat would change.
#[derive(Debug, PartialEq, Eq)]
struct State {
    storage_root: B256,
    recipient: Balances,
    thief: Balances,
}

impl<'a> Cheat<'a> {
    pub(super) fn new(
        client: &'a Client,
        miner: &'a Miner,
        job: &'a Job,
        paid: &'a SignedWork,
        receipt: &TransactionReceipt,
    ) -> Self {
        Self { client, miner, job, paid, gas_limit: receipt.gas_used.saturating_add(GAS_MARGIN) }
    }

    /// The paid proof again.
    pub(super) async fn replay(&self) -> Result<((), Told), DemoError> {
        self.attempt(Attempt {
            good: None,
            cheat: self.paid.calldata(),
            error: "WorkAlreadySpent",
            story: "The same proof again. What is spent is spent, whoever sends it.".into(),
            told: Told::default().text("work_id", self.paid.work_id()),
        })
        .await
    }

    /// A proof for another chain.
    pub(super) async fn wrong_chain(&self) -> Result<((), Told), DemoError> {
        let good = self.fresh()?;
        let cheat = Work { chain_id: OTHER_CHAIN, ..good };
        self.attempt(Attempt {
            good: Some(self.sign(&good)?.calldata()),
            cheat: self.sign(&cheat)?.calldata(),
            error: "WrongChain",
            story: format!("Work that the miner signed for chain {OTHER_CHAIN}: it can be paid there only."),
            told: Told::default().fact("signed_for_chain", OTHER_CHAIN),
        })
        .await
    }

    /// One bit of the signature flipped.
    pub(super) async fn flipped_bit(&self) -> Result<((), Told), DemoError> {
        let good = self.sign(&self.fresh()?)?;
        let mut proof = good.proof.to_vec();
        let position = proof.len() / 2 + 1;
        let byte = proof.get_mut(position);
        *byte.ok_or_else(|| DemoError::Unexpected("a proof without signature".into()))? ^= 1;
        self.attempt(Attempt {
            good: Some(good.calldata()),
            cheat: calldata(proof.into(), Bytes::new()),
            error: "InvalidSignature",
            story: "A good proof with one bit of its signature flipped.".into(),
            told: Told::default().fact("flipped_byte", position),
        })
        .await
    }

    /// The recipient replaced.
    pub(super) async fn stolen_recipient(&self) -> Result<((), Told), DemoError> {
        let good = self.sign(&self.fresh()?)?;
        let mut proof = good.proof.to_vec();
        let thief = self.thief();
        let recipient = proof.get_mut(RECIPIENT).filter(|bytes| *bytes == self.miner.recipient.as_slice());
        recipient
            .ok_or_else(|| DemoError::Unexpected("a proof without its recipient".into()))?
            .copy_from_slice(thief.as_slice());
        self.attempt(Attempt {
            good: Some(good.calldata()),
            cheat: calldata(proof.into(), Bytes::new()),
            error: "InvalidSignature",
            story: format!(
                "A relayer puts {} where the payee stands; the miner did not sign that.",
                short(thief)
            ),
            told: Told::default().text("recipient", self.miner.recipient).text("thief", thief),
        })
        .await
    }

    /// Work completed too long ago.
    pub(super) async fn stale(&self) -> Result<((), Told), DemoError> {
        let max_age = self.client.view(parameterCall { name: Parameter::MaxAge.name() }).await?;
        let max_age = u64::try_from(max_age)
            .map_err(|_| DemoError::Unexpected(format!("max_age is {max_age} seconds")))?;
        let age = max_age.saturating_add(TOO_OLD_BY);
        let good = self.fresh()?;
        let completed_at = unix_time().saturating_sub(age);
        let cheat = Work { began_at: completed_at.saturating_sub(1), completed_at, ..good };
        self.attempt(Attempt {
            good: Some(self.sign(&good)?.calldata()),
            cheat: self.sign(&cheat)?.calldata(),
            error: "TimestampTooOld",
            story: format!(
                "Work of {} ago, properly signed. Nobody hoards proofs: they last {}.",
                seconds(age),
                seconds(max_age)
            ),
            told: Told::default().fact("completed_at", completed_at).fact("max_age", max_age),
        })
        .await
    }

    /// Work that would be paid.
    fn fresh(&self) -> Result<Work, DemoError> {
        Ok(self.job.work(self.miner, self.paid.statement.context.chain_id)?)
    }

    fn sign(&self, work: &Work) -> Result<SignedWork, DemoError> {
        Ok(work.sign(&self.miner.key)?)
    }

    fn thief(&self) -> Address {
        DEV_ACCOUNTS[2].address
    }

    async fn state(&self) -> Result<State, DemoError> {
        let head = self.client.head().await?;
        Ok(State {
            storage_root: self.client.proof(&[], head.header.hash).await?.storage_hash,
            recipient: Balances::of(self.client, self.miner.recipient).await?,
            thief: Balances::of(self.client, self.thief()).await?,
        })
    }

    pub(super) async fn attempt(&self, attempt: Attempt) -> Result<((), Told), DemoError> {
        let Attempt { good, cheat, error, story, mut told } = attempt;
        if let Some(good) = good {
            let paid = self.client.call(&good).await?;
            ensure(paid.is_ok(), || {
                format!("the unspoilt proof is refused, too: {:?}", paid.map_err(|r| r.name()))
            })?;
            told = told.fact("unspoilt", "accepted");
        }
        let before = self.state().await?;
        let refused = match self.client.call(&cheat).await? {
            Ok(_) => {
                return Err(DemoError::Unexpected(format!("the precompile accepts it instead of {error}")));
            }
            Err(revert) => revert,
        };
        ensure(refused.name() == Some(error), || {
            format!("expected {error}, the reason is {} ({})", refused.name().unwrap_or("unknown"), refused.0)
        })?;
        let (turned_away, words) = self.client.turned_away(cheat.clone(), self.gas_limit).await?;
        ensure(turned_away.0 == refused.0, || format!("the pool gives another reason: {words}"))?;
        // A block refuses it as well, whatever the pool does.
        self.client.set_proof_admission(false).await?;
        let receipt = self.client.send(cheat, self.gas_limit).await;
        self.client.set_proof_admission(true).await?;
        let receipt = receipt?;
        ensure(!receipt.status(), || "as a transaction it succeeds".into())?;
        ensure(receipt.logs().is_empty(), || "the failed transaction leaves events".into())?;
        ensure(receipt.gas_used < self.gas_limit, || "the transaction ran out of gas".into())?;
        let after = self.state().await?;
        ensure(before == after, || format!("something changed: {before:?}, then {after:?}"))?;

        let block = receipt.block_number.unwrap_or_default();
        let told = told
            .headline(format!("refused: {error}"))
            .detail(story)
            .detail("The pool turns it away with the same reason, which costs nothing. Past the pool:")
            .detail(format!(
                "Block {block}, status 0: {} gas burnt, storage and balances unchanged.",
                thousands(receipt.gas_used)
            ))
            .error(error)
            .text("pool", words)
            .text("revert_data", refused.0)
            .text("transaction", receipt.transaction_hash)
            .fact("block", block)
            .fact("status", "0x0")
            .fact("gas_used", receipt.gas_used)
            .text("storage_root", after.storage_root);
        Ok(((), told))
    }
}
