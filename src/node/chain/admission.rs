//! Proofs are looked at before they wait: one that fails at the head's state is refused here, where it costs nobody
//! anything, with the reason that its block would give.
//!
//! This saves gas and room, and decides nothing: a proof that passes may fail in its block (another one was there
//! first), and whoever builds blocks elsewhere may include one that is refused here. Only calls straight into 0x0300
//! are looked at; what a contract will pass on is not known yet.

use std::sync::Arc;

use alloy_consensus::Transaction as _;
use alloy_eips::BlockId;
use alloy_primitives::{Bytes, TxKind};
use alloy_sol_types::SolCall as _;
use pars_batch::Collector;
use pars_precompile::{ADDRESS, Verifiers};
use pars_protocol::abi::IAIMining::submitWorkProofCall;

use super::{
    Chain, Entry, Target,
    block::SignedTx,
    call::{CALL_GAS_CAP, CallError},
    simulate::{PrecompileCall, Simulation},
};
use crate::revert;

/// A proof is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "proof refused: {} (at block {block}; it is in no block and has cost nothing)",
    revert::reason(data).unwrap_or_else(|| data.to_string())
)]
pub struct ProofRefused {
    /// The head at whose state it fails.
    pub block: u64,
    /// What the precompile returns: the typed error.
    pub data: Bytes,
}

/// A proof could not be looked at, or is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum VetError {
    #[error(transparent)]
    Refused(#[from] ProofRefused),
    #[error(transparent)]
    Broken(#[from] CallError),
}

impl Chain {
    /// Looks at the proof in `tx`, if it is one for this chain's precompile, as the next block would.
    ///
    /// Everything but the miner's signature is checked first; the signature then goes with a batch of those that other
    /// threads bring at the same time, and its verdict is there when the block asks for it.
    pub(super) fn vet_proof(&self, tx: &SignedTx, head: &Entry) -> Result<(), VetError> {
        let submits = tx.kind() == TxKind::Call(ADDRESS)
            && tx.input().first_chunk() == Some(&submitWorkProofCall::SELECTOR);
        let target = Target::Pending(head.clone());
        if !submits || !self.is_active(self.ground(&target).context.timestamp) {
            return Ok(());
        }
        let call = PrecompileCall {
            from: tx.signer(),
            input: tx.input().clone(),
            value: tx.value(),
            gas: CALL_GAS_CAP,
            is_static: false,
            is_direct: true,
            block: BlockId::pending(),
            state: None,
            environment: None,
        };
        let run = |verifiers: Verifiers| self.simulate_at(&target, &call, verifiers);

        let collector = Arc::new(Collector::default());
        let first = run(self.verification.collecting(collector.clone()))?;
        let jobs = collector.take();
        if jobs.is_empty() || (first.ok && self.verification.verify_together(jobs).all_valid()) {
            return Ok(verdict(first, head)?);
        }
        // A wrong signature, or another error behind it: which one comes first is the precompile's to say.
        Ok(verdict(run(self.verification.verifiers())?, head)?)
    }
}

fn verdict(simulation: Simulation, head: &Entry) -> Result<(), ProofRefused> {
    // Without data it ran out of gas, which is no check of a proof.
    if simulation.ok || simulation.out.is_empty() {
        return Ok(());
    }
    Err(ProofRefused { block: head.block.number(), data: simulation.out })
}
