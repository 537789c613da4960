//! `pars-devnet demo`: mine, verify, pay, and refuse, on a node of its own.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `mining.rs` | node, key, job, proof, submission, reward |
//! | `evidence.rs` | the storage proof of the spent mark, verified here |
//! | `ledger.rs` | who spent the work id, the miner's history |
//! | `refusals.rs` | five ways to cheat |
//! | `gpu.rs`, `gpu_refusals.rs` | the attested path, and three ways to cheat on it |
//! | `client.rs` | JSON-RPC as a relayer speaks it |
//! | `report.rs`, `text.rs` | what is printed |

pub(crate) mod client;
mod evidence;
mod gpu;
mod gpu_refusals;
mod ledger;
mod mining;
mod refusals;
mod report;
#[cfg(test)]
mod tests;
mod text;

use std::{io, path::PathBuf};

use jsonrpsee::core::client::Error as ClientError;
use pars_node::{
    NodeError,
    chain::dev_accounts::SignError,
    miner::{NoRandomness, ProveError, SignedWork},
};

use self::{
    client::Client,
    gpu::Rig,
    gpu_refusals::GpuCheat,
    mining::{Job, Miner, Submitted},
    report::{Report, Step},
};
use crate::{command::CommandError, prove::FileError};

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the job works on [default: a sentence].
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Print one JSON object a step, one a line.
    #[arg(long)]
    json: bool,
}

/// A step that did not go as intended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// No node.
    #[error("the node does not start: {0}")]
    Node(#[from] NodeError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// No input.
    #[error(transparent)]
    Input(#[from] FileError),
    /// No proof.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// No transaction.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The node does not answer, or refuses.
    #[error("{method}: {reason}")]
    Rpc {
        /// Which method.
        method: &'static str,
        /// The node's words, or what came between.
        reason: String,
    },
    /// The node does something else than it should.
    #[error("{0}")]
    Unexpected(String),
    /// Nothing can be printed.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// What the whole demo fails with.
    #[error("the demo failed at step {step}: {reason}")]
    Failed {
        /// The first step that failed.
        step: &'static str,
        /// Why.
        reason: String,
    },
}

impl DemoError {
    fn rpc(method: &'static str, error: &ClientError) -> Self {
        let reason = match error {
            ClientError::Call(error) => format!("{} (code {})", error.message(), error.code()),
            other => other.to_string(),
        };
        Self::Rpc { method, reason }
    }
}

/// Fails unless something holds.
fn ensure(condition: bool, otherwise: impl FnOnce() -> String) -> Result<(), DemoError> {
    if condition { Ok(()) } else { Err(DemoError::Unexpected(otherwise())) }
}

/// Runs the demo; an error if any step failed.
pub(crate) async fn run(args: Args) -> Result<(), CommandError> {
    init_logs();
    let mut report = Report::new(args.json);
    report.heading(
        "Pars AI mining: a proof of AI work, from key to payment",
        "On a node of its own, real but short-lived: it runs in this process and is forgotten afterwards.",
    )?;
    if let Some((node, client)) = report.step(Step::Node, mining::start()).await? {
        let told = tell(args, &mut report, &client).await;
        drop(client);
        node.stop().await;
        told?;
    }
    Ok(report.done("five proofs paid once each, eight cheats refused, the node stopped")?)
}

/// The steps after the first. A step that fails ends the story, but for the refusals, which stand alone.
async fn tell(args: Args, report: &mut Report, client: &Client) -> io::Result<()> {
    let Some(miner) = report.step(Step::Key, async { mining::key() }).await? else { return Ok(()) };
    let Some(job) = report.step(Step::Job, mining::job(args.input)).await? else { return Ok(()) };
    let work = report.step(Step::Proof, mining::prove(client, &miner, &job)).await?;
    let Some(work) = work else { return Ok(()) };
    let submitted = report.step(Step::Submit, mining::submit(client, &miner, &work)).await?;
    let Some(submitted) = submitted else { return Ok(()) };
    let rewarded = report.step(Step::Reward, mining::reward(client, &miner, &work, &submitted)).await?;
    let Some(()) = rewarded else { return Ok(()) };
    let proved = report.step(Step::StorageProof, evidence::check(client, &work, &submitted.receipt)).await?;
    let Some(()) = proved else { return Ok(()) };
    let told = report.step(Step::Ledger, ledger::check(client, &miner, &work)).await?;
    let Some(()) = told else { return Ok(()) };

    report.heading(
        "Five ways to be paid for nothing",
        "Each is tried as a call, as a transaction, which the pool refuses, and past the pool.",
    )?;
    let cheat = refusals::Cheat::new(client, &miner, &job, &work, &submitted.receipt);
    report.step(Step::RefuseReplay, cheat.replay()).await?;
    report.step(Step::RefuseChain, cheat.wrong_chain()).await?;
    report.step(Step::RefuseSignature, cheat.flipped_bit()).await?;
    report.step(Step::RefuseRecipient, cheat.stolen_recipient()).await?;
    report.step(Step::RefuseStale, cheat.stale()).await?;
    attested(report, client, &miner, &job, &work, &submitted).await
}

/// The same miner with a GPU.
async fn attested(
    report: &mut Report,
    client: &Client,
    miner: &Miner,
    job: &Job,
    work: &SignedWork,
    software: &Submitted,
) -> io::Result<()> {
    report.heading(
        "The same work with a GPU that attests it",
        "Better evidence, more trust, a higher reward. The clock is moved, so that epochs go by.",
    )?;
    report.step(Step::RealEvidence, gpu::real(client)).await?;
    let rig = Rig::new(client, miner, work.statement.context.chain_id);
    let first = report.step(Step::Attest, rig.attest(job, software.quote)).await?;
    let Some(first) = first else { return Ok(()) };
    let Some(()) = report.step(Step::Pin, rig.pin()).await? else { return Ok(()) };
    let pinned = report.step(Step::AttestPinned, rig.attest_pinned(job, software.quote)).await?;
    let Some(_) = pinned else { return Ok(()) };
    let Some(job) = report.step(Step::AttestAgain, rig.attest_again(job, &first)).await? else {
        return Ok(());
    };
    let cheat = GpuCheat { rig: &rig, first: &first };
    report.step(Step::RefuseOtherJob, cheat.other_job(&job)).await?;
    let job = report.step(Step::RefuseOldEvidence, cheat.old_evidence(&job)).await?;
    let Some(job) = job else { return Ok(()) };
    report.step(Step::RefuseRevoked, cheat.revoked(&job)).await?;
    Ok(())
}

/// The story is the log, unless RUST_LOG asks for more than errors.
fn init_logs() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false).init();
}
