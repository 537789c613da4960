//! Three ways to be paid for a GPU that did not do the work.

use alloy_primitives::{B256, Bytes};
use pars_node::miner::{DeviceError, EvidenceSource, SignedWork};
use pars_protocol::{
    Tier,
    abi::{IAIMiningEvents::DeviceRevocationChanged, IAIMiningGovernance::revokeDeviceCall},
};

use super::{
    DemoError, ensure,
    gpu::{Attested, Rig, expect_event},
    mining::Job,
    refusals::{Attempt, Cheat},
    report::Told,
    text::short,
};

/// Evidence that was made for something else, handed on unchecked.
struct Replayed {
    device_id: B256,
    attestation: Bytes,
}

impl EvidenceSource for Replayed {
    fn device_id(&self) -> B256 {
        self.device_id
    }

    fn tier(&self) -> Option<Tier> {
        Some(Tier::Gh100)
    }

    fn attestation(&self, _: B256) -> Result<Bytes, DeviceError> {
        Ok(self.attestation.clone())
    }
}

/// Whom and what such a cheat has at hand.
pub(super) struct GpuCheat<'a> {
    pub(super) rig: &'a Rig<'a>,
    /// The first attested proof that was paid.
    pub(super) first: &'a Attested,
}

impl GpuCheat<'_> {
    /// The evidence of a paid job under another job.
    pub(super) async fn other_job(&self, job: &Job) -> Result<((), Told), DemoError> {
        let seed = self.rig.seed().await?;
        let used = self.rig.sign(job, &self.rig.gpu, seed)?;
        let good = self.rig.sign(job, &self.rig.gpu, seed)?;
        let replayed =
            Replayed { device_id: self.rig.gpu.device_id(), attestation: used.attestation.clone() };
        let cheat = self.rig.sign(job, &replayed, seed)?;
        // Where it belongs, the evidence is good.
        let belongs = self.rig.client.call(&used.calldata()).await?;
        ensure(belongs.is_ok(), || format!("the evidence is refused for its own job, too: {belongs:?}"))?;
        self.attempt(
            job,
            Attempt {
                good: Some(good.calldata()),
                cheat: cheat.calldata(),
                error: "NonceMismatch",
                story: "One answer of the GPU for two jobs: it answered for one of them.".into(),
                told: Told::default().text("evidence_of", used.work_id()).text("work_id", cheat.work_id()),
            },
        )
        .await
    }

    /// Evidence that answers the seed of two epochs ago.
    pub(super) async fn old_evidence(&self, job: &Job) -> Result<(Job, Told), DemoError> {
        let job = self.rig.next_epoch(job).await?;
        let (old, new) = (self.first.seed, self.rig.seed().await?);
        let good = self.rig.sign(&job, &self.rig.gpu, new)?;
        let cheat = self.rig.sign(&job, &self.rig.gpu, old)?;
        let ((), told) = self
            .attempt(
                &job,
                Attempt {
                    good: Some(good.calldata()),
                    cheat: cheat.calldata(),
                    error: "NonceMismatch",
                    story: format!(
                        "Evidence for the seed {} of two epochs ago: no GPU's word is hoarded.",
                        short(old)
                    ),
                    told: Told::default().text("seed", old).text("current_seed", new),
                },
            )
            .await?;
        Ok((job, told))
    }

    /// A device that the governor has revoked.
    pub(super) async fn revoked(&self, job: &Job) -> Result<((), Told), DemoError> {
        let device_id = self.rig.gpu.device_id();
        let cheat = self.rig.sign(job, &self.rig.gpu, self.rig.seed().await?)?;
        let before = self.rig.client.call(&cheat.calldata()).await?;
        ensure(before.is_ok(), || format!("the proof is refused before the revocation, too: {before:?}"))?;
        let receipt = self.rig.govern(&revokeDeviceCall { deviceId: device_id, revoked: true }).await?;
        let change = DeviceRevocationChanged { deviceId: device_id, oldValue: false, newValue: true };
        expect_event(&receipt, 0, &change)?;
        self.attempt(
            job,
            Attempt {
                good: None,
                cheat: cheat.calldata(),
                error: "DeviceRevoked",
                story: "The governor revokes the device; a proof that would have been paid a moment ago."
                    .into(),
                told: Told::default()
                    .text("device_id", device_id)
                    .text("revoked_by", receipt.transaction_hash)
                    .fact("unspoilt", "accepted"),
            },
        )
        .await
    }

    async fn attempt(&self, job: &Job, attempt: Attempt) -> Result<((), Told), DemoError> {
        let Rig { client, miner, .. } = self.rig;
        let paid: &SignedWork = &self.first.work;
        Cheat::new(client, miner, job, paid, &self.first.submitted.receipt).attempt(attempt).await
    }
}
