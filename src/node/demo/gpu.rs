//! The same miner with a GPU that attests: real evidence read, a simulated device paid, its measurements pinned, and
//! its report alone in the next epoch.

use alloy_primitives::{B256, Bytes, U256, hex};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::{SolCall, SolEvent};
use pars_node::{
    chain::dev_accounts::DEV_ACCOUNTS,
    miner::{EvidenceSource, SignedWork, SimulatedGpu},
};
use pars_nvtrust::{
    Architecture, Attestation, FullEvidence, GENESIS_ICAS, Reference, Report, firmware_tuple, golden_set,
    verify_evidence,
};
use pars_protocol::{
    Tier,
    abi::{
        IAIMiningEvents::{DeviceBound, DeviceRegistered, FirmwarePinChanged, GoldenSetChanged},
        IAIMiningGovernance::{pinFirmwareCall, pinGoldenSetCall},
        IAIMiningInspector::{
            deviceInfoCall, epochInfoCall, epochSeedsCall, firmwareInfoCall, goldenSetInfoCall,
            verifyNVTrustCall,
        },
    },
    ids,
};

use super::{
    DemoError,
    client::Client,
    ensure,
    mining::{self, Balances, Job, Miner, Rates, Submitted, TRUST, paid, relay},
    report::Told,
    text::{coins, short, thousands},
};

/// NVIDIA's own sample of an H100's evidence: `src/nvtrust/tests/fixtures/README.md` says whence.
const H100: FullEvidence<'_> = FullEvidence {
    ica_index: 0,
    report: include_bytes!("../../nvtrust/tests/fixtures/h100_report.bin"),
    leaf: include_bytes!("../../nvtrust/tests/fixtures/h100_leaf.der"),
    ik: include_bytes!("../../nvtrust/tests/fixtures/h100_ik.der"),
};
/// All 64 measurements are compared.
const ALL_BLOCKS: u64 = u64::MAX;
/// How far into an epoch the clock is moved, in seconds.
const INTO_THE_EPOCH: u64 = 60;

/// A miner with a GPU, and the governor of the chain.
pub(super) struct Rig<'a> {
    pub(super) client: &'a Client,
    pub(super) governor: Client,
    pub(super) miner: &'a Miner,
    /// Answers with full evidence.
    pub(super) gpu: SimulatedGpu,
    /// The same device; answers with its report alone.
    registered: SimulatedGpu,
    chain_id: u32,
}

/// An attested proof that was paid.
#[derive(Debug)]
pub(super) struct Attested {
    pub(super) work: SignedWork,
    /// The epoch's seed that its evidence answers.
    pub(super) seed: B256,
    pub(super) submitted: Submitted,
    epoch: u64,
}

/// Real evidence with its own nonce, verified on the node.
pub(super) async fn real(client: &Client) -> Result<((), Told), DemoError> {
    let broken = |error: &dyn std::fmt::Display| DemoError::Unexpected(format!("the sample: {error}"));
    let attestation: Bytes = Attestation::Full(H100).encode().map_err(|error| broken(&error))?.into();
    let report = Report::parse(H100.report).map_err(|error| broken(&error))?;
    // What the node has to say, computed here.
    let nonce = *report.nonce();
    let gpu =
        verify_evidence(&H100, &GENESIS_ICAS[0], &[nonce], &Reference).map_err(|error| broken(&error))?;
    let device_id = ids::attested_device_id(gpu.ik_spki);
    let driver = report.opaque().driver().unwrap_or("unknown");

    let question = verifyNVTrustCall { attestation, nonce: nonce.into() };
    let answer = client.view(question.clone()).await?;
    ensure((answer.tier, answer.deviceId) == (Tier::Gh100.id(), device_id), || {
        format!("verifyNVTrust answers tier {} and device {}, not {device_id}", answer.tier, answer.deviceId)
    })?;
    // As a control: it answers its own challenge and no other.
    let other = verifyNVTrustCall { nonce: ids::blake3(&nonce), ..question };
    let refused = client.call(&other.abi_encode().into()).await?;
    let name = refused.as_ref().err().and_then(super::client::Revert::name);
    ensure(name == Some("NonceMismatch"), || format!("for another nonce verifyNVTrust says {refused:?}"))?;

    let told = Told::new(format!("tier {} (H100, H200), device {}", answer.tier, short(device_id)))
        .detail(format!("NVIDIA's own sample, driver {driver}, by eth_call below the pinned key; with"))
        .detail("another nonce: NonceMismatch. Shows that a genuine GPU with this firmware once")
        .detail("answered this nonce. Not that it ran a model, nor whether its memory was sealed.")
        .fact("kind", "real evidence, NVIDIA's sample")
        .fact("tier", answer.tier)
        .text("device_id", device_id)
        .text("nonce", B256::from(nonce))
        .text("driver", driver)
        .text("pdi", hex::encode_prefixed(gpu.pdi))
        .fact("other_nonce", "NonceMismatch");
    Ok(((), told))
}

impl<'a> Rig<'a> {
    pub(super) fn new(client: &'a Client, miner: &'a Miner, chain_id: u32) -> Self {
        let seed = SimulatedGpu::seed_of(miner.key.public_key());
        let gpu = |registered| SimulatedGpu::new(Architecture::GH100, seed, registered);
        let governor = client.with_account(DEV_ACCOUNTS[0]);
        Self { client, governor, miner, gpu: gpu(false), registered: gpu(true), chain_id }
    }

    /// The seed that evidence should answer now.
    pub(super) async fn seed(&self) -> Result<B256, DemoError> {
        let seed = self.client.view(epochSeedsCall {}).await?.current;
        ensure(!seed.is_zero(), || "the chain has no epoch seed".into())?;
        Ok(seed)
    }

    /// New work of the device, signed over the answer of `gpu` to a seed.
    pub(super) fn sign(
        &self,
        job: &Job,
        gpu: &dyn EvidenceSource,
        seed: B256,
    ) -> Result<SignedWork, DemoError> {
        Ok(job.work(self.miner, self.chain_id)?.sign_attested(&self.miner.key, gpu, seed)?)
    }

    /// A proof that must be paid with this trust, computed here, after `others` events of the device.
    async fn pay(
        &self,
        job: &Job,
        gpu: &dyn EvidenceSource,
        trust_bps: u16,
        others: usize,
    ) -> Result<Attested, DemoError> {
        let seed = self.seed().await?;
        let work = self.sign(job, gpu, seed)?;
        let rates = Rates::of(self.client, Tier::Gh100).await?;
        let quote = rates.reward(work.statement.compute_units, trust_bps)?;
        let submitted = relay(self.client, self.miner, &work, quote).await?;
        let terms = (Tier::Gh100, trust_bps);
        let (_, accepted) = paid(self.client, self.miner, &work, &submitted, terms, others).await?;
        Ok(Attested { work, seed, submitted, epoch: accepted.epoch })
    }

    /// That both pools are equally difficult, and that a proof earned `trust_bps / 6000` of a software proof.
    async fn compare(&self, software: Balances, attested: Balances, trust_bps: u16) -> Result<(), DemoError> {
        let [software_pool, attested_pool] =
            [Rates::of(self.client, TRUST.0).await?, Rates::of(self.client, Tier::Gh100).await?]
                .map(|rates| rates.difficulty);
        ensure(software_pool == attested_pool, || {
            format!("the pools' difficulties are {software_pool} and {attested_pool}")
        })?;
        let scaled = |amount: U256, bps: u16| amount.saturating_mul(U256::from(bps));
        for (software, attested) in [(software.ai, attested.ai), (software.pars, attested.pars)] {
            ensure(scaled(attested, TRUST.1) == scaled(software, trust_bps), || {
                format!("{attested} is not {trust_bps}/{} of {software}", TRUST.1)
            })?;
        }
        Ok(())
    }

    /// The first attested proof: the device becomes known, its measurements are not.
    pub(super) async fn attest(&self, job: &Job, software: Balances) -> Result<(Attested, Told), DemoError> {
        let trust_bps = Tier::Gh100.unpinned_trust_bps();
        let attested = self.pay(job, &self.gpu, trust_bps, 2).await?;
        let quote = attested.submitted.quote;
        self.compare(software, quote, trust_bps).await?;

        let device = self.gpu.device();
        let device_id = self.gpu.device_id();
        let epoch = self.client.view(epochInfoCall {}).await?;
        let registered = DeviceRegistered {
            deviceId: device_id,
            tier: Tier::Gh100.id(),
            icaIndex: device.ica_index(),
            pdi: device.pdi().into(),
            fwid: device.firmware.fwid.to_vec().into(),
        };
        let bound = DeviceBound {
            deviceId: device_id,
            miner: ids::blake3(self.miner.key.public_key()),
            from: epoch.start.saturating_add(epoch.length),
        };
        let receipt = &attested.submitted.receipt;
        expect_event(receipt, 0, &registered)?;
        expect_event(receipt, 1, &bound)?;

        let told = Told::new(earned(quote, trust_bps))
            .detail(format!(
                "A simulated H100, {}: accepted for the dev flag of this chain.",
                short(device_id)
            ))
            .detail("It answered a nonce of chain, job, miner and epoch. Nobody has pinned what it")
            .detail("measures: 80 % trust. From the next epoch on the chain knows it as this miner's.")
            .fact("kind", "simulated device, not NVIDIA")
            .text("device_id", device_id)
            .fact("bound_from", bound.from);
        Ok(attested.tell(told, trust_bps))
    }

    /// The governor pins what the device runs.
    pub(super) async fn pin(&self) -> Result<((), Told), DemoError> {
        let device = self.gpu.device();
        let bytes = device.report(&[0; 32]);
        let broken = |error: &dyn std::fmt::Display| DemoError::Unexpected(format!("its report: {error}"));
        let report = Report::parse(&bytes).map_err(|error| broken(&error))?;
        let tuple = firmware_tuple(report.opaque());
        let digest = golden_set(&tuple, ALL_BLOCKS, &report).map_err(|error| broken(&error))?;
        let fwid = Bytes::copy_from_slice(&device.firmware.fwid);
        let (tuple, digest) = (B256::from(tuple), B256::from(digest));

        let firmware = self.govern(&pinFirmwareCall { fwid: fwid.clone(), pinned: true }).await?;
        let change = FirmwarePinChanged { fwid: fwid.clone(), oldValue: false, newValue: true };
        expect_event(&firmware, 0, &change)?;
        let set = pinGoldenSetCall { tuple, mask: ALL_BLOCKS, digest, pinned: true };
        let golden = self.govern(&set).await?;
        let change = GoldenSetChanged { tuple, digest, mask: ALL_BLOCKS, oldValue: false, newValue: true };
        expect_event(&golden, 0, &change)?;
        let info = self.client.view(firmwareInfoCall { fwid: fwid.clone() }).await?;
        let set = self.client.view(goldenSetInfoCall { tuple, digest }).await?;
        ensure(info.pinned && !info.denied && set.pinned && set.mask == ALL_BLOCKS, || {
            format!("the chain holds {info:?} and {set:?}")
        })?;

        let told = Told::new(format!("firmware {}, golden set {}", short(&fwid), short(digest)))
            .detail("Two transactions of the governor: believe what this firmware measures, and expect")
            .detail("these 64 measurements. For real GPUs they come from the vendor's signed files.")
            .text("governor", self.governor.relayer())
            .text("fwid", fwid)
            .text("tuple", tuple)
            .text("digest", digest)
            .text("mask", format!("{ALL_BLOCKS:#x}"))
            .fact(
                "transactions",
                vec![firmware.transaction_hash.to_string(), golden.transaction_hash.to_string()],
            );
        Ok(((), told))
    }

    /// The next proof of the device, whose measurements are the golden ones.
    pub(super) async fn attest_pinned(
        &self,
        job: &Job,
        software: Balances,
    ) -> Result<(Attested, Told), DemoError> {
        let trust_bps = Tier::Gh100.trust_bps();
        let attested = self.pay(job, &self.gpu, trust_bps, 0).await?;
        let quote = attested.submitted.quote;
        self.compare(software, quote, trust_bps).await?;
        let told = Told::new(earned(quote, trust_bps))
            .detail("The device's next proof: firmware and measurements are known good, so 95 % trust.");
        Ok(attested.tell(told, trust_bps))
    }

    /// An epoch later: a software proof rolls the epoch, and the device sends its report alone, over the new seed.
    pub(super) async fn attest_again(&self, job: &Job, full: &Attested) -> Result<(Job, Told), DemoError> {
        let job = self.next_epoch(job).await?;
        let rolling = job.work(self.miner, self.chain_id)?.sign(&self.miner.key)?;
        let rates = Rates::of(self.client, TRUST.0).await?;
        let quote = rates.reward(rolling.statement.compute_units, TRUST.1)?;
        let software = relay(self.client, self.miner, &rolling, quote).await?;
        paid(self.client, self.miner, &rolling, &software, TRUST, 0).await?;

        let device_id = self.gpu.device_id();
        let info = self.client.view(deviceInfoCall { deviceId: device_id }).await?;
        let miner = ids::blake3(self.miner.key.public_key());
        ensure(info.registered && !info.revoked && info.miner == miner && info.nextFrom == 0, || {
            format!("the chain knows of the device: {info:?}")
        })?;
        let trust_bps = Tier::Gh100.trust_bps();
        let attested = self.pay(&job, &self.registered, trust_bps, 0).await?;
        ensure(attested.seed != full.seed, || format!("the seed is still {}", full.seed))?;
        ensure(attested.epoch == full.epoch.saturating_add(1), || format!("epoch {}", attested.epoch))?;
        let quote = attested.submitted.quote;
        self.compare(software.quote, quote, trust_bps).await?;

        let [bytes, before] = [&attested, full].map(|proof| proof.work.attestation.len());
        let [gas, gas_before] = [&attested, full].map(|proof| proof.submitted.receipt.gas_used);
        let told = Told::new(earned(quote, trust_bps))
            .detail(format!(
                "Epoch {}: d {} for both, and a new seed, {}. The chain knows the device:",
                attested.epoch,
                coins(U256::from(rates.difficulty)),
                short(attested.seed)
            ))
            .detail(format!(
                "its report will do, {} bytes and {} gas instead of {} and {}.",
                thousands(bytes),
                thousands(gas),
                thousands(before),
                thousands(gas_before)
            ))
            .text("previous_seed", full.seed)
            .text("rolled_by", rolling.work_id());
        let (_, told) = attested.tell(told, trust_bps);
        Ok((job, told))
    }

    /// Moves the clock into the next epoch, where the work is done again.
    pub(super) async fn next_epoch(&self, job: &Job) -> Result<Job, DemoError> {
        let epoch = self.client.view(epochInfoCall {}).await?;
        let now = epoch.start.saturating_add(epoch.length).saturating_add(INTO_THE_EPOCH);
        self.client.move_clock(now).await?;
        Ok(job.again_at(now))
    }

    /// Sends a call of the governor, which must succeed with one event.
    pub(super) async fn govern(&self, call: &impl SolCall) -> Result<TransactionReceipt, DemoError> {
        let input = Bytes::from(call.abi_encode());
        let gas = self.governor.estimate(&input).await?;
        let receipt = self.governor.send(input, gas).await?;
        ensure(receipt.status() && receipt.logs().len() == 1, || {
            format!("the governor's transaction {} failed", receipt.transaction_hash)
        })?;
        Ok(receipt)
    }
}

impl Attested {
    /// The facts of a paid proof.
    fn tell(self, told: Told, trust_bps: u16) -> (Self, Told) {
        let told = self
            .submitted
            .tell(told)
            .text("reward", self.submitted.quote.ai)
            .text("native_reward", self.submitted.quote.pars)
            .fact("tier", Tier::Gh100.id())
            .fact("trust_bps", trust_bps)
            .fact("epoch", self.epoch)
            .text("seed", self.seed)
            .text("work_id", self.work.work_id())
            .text("attestation_hash", self.work.statement.attestation_hash)
            .fact("attestation_bytes", self.work.attestation.len());
        (self, told)
    }
}

/// What a proof earned, beside what a software proof of the same units earns.
fn earned(reward: Balances, trust_bps: u16) -> String {
    format!("{} AI, {trust_bps}/{} of what the software proof got", coins(reward.ai), mining::TRUST.1)
}

/// Exactly this event stands at an index of the receipt.
pub(super) fn expect_event<E: SolEvent + PartialEq + std::fmt::Debug>(
    receipt: &TransactionReceipt,
    index: usize,
    expected: &E,
) -> Result<(), DemoError> {
    let found = receipt.logs().get(index);
    let same = found.is_some_and(|log| E::decode_log_data(log.data()).is_ok_and(|event| event == *expected));
    ensure(same, || format!("expected {expected:?}, found {found:?}"))
}
