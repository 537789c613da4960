//! From `bytes attestation` to a device, its tier and its trust. Nothing is written before the proof is settled.

use super::{
    refusal,
    storage::{self, Ica, Registration, firmware_key},
};
use crate::{
    context::Context,
    governance::storage::DEV,
    outcome::{Stop, require, revert},
    storage::layout::{
        DEVICE_REVOKED, FIRMWARE_DENIED, FIRMWARE_PINNED, GOLDEN_MASK, GOLDEN_SET, MINIMUM_DRIVER,
    },
};
use alloy_primitives::{B256, FixedBytes, U256};
use pars_nvtrust::{
    Attestation, DriverVersion, FullEvidence, PinnedIca, RegisteredEvidence, Report, firmware_tuple,
    golden_set, simulated_ica, verify_evidence, verify_registered,
};
use pars_protocol::{
    Tier,
    abi::{
        IAIMiningErrors::{
            DeviceMismatch, DeviceNotBound, DeviceNotRegistered, DeviceRevoked, DriverTooOld, FirmwareDenied,
            IcaRevoked, MeasurementsMismatch, SimulatedDeviceNotAllowed, UnknownIca,
        },
        IAIMiningEvents::{DeviceBound, DeviceRegistered},
    },
    economics::EpochState,
    ids,
};

/// What a proof says of the device that did its work.
pub(crate) struct Claim {
    pub(crate) device_id: B256,
    /// BLAKE3 of the miner's public key.
    pub(crate) miner: B256,
    pub(crate) completed_at: u64,
    /// The nonce under the seed of the running epoch; `None` where this call rolls an epoch, whose seed nobody knew.
    pub(crate) fresh: Option<[u8; 32]>,
}

/// A device, as its evidence and the state's policy judge it.
pub(crate) struct Verdict {
    pub(crate) device_id: B256,
    pub(crate) tier: Tier,
    pub(crate) trust_bps: u16,
    /// What full evidence registers.
    new: Option<New>,
}

/// What full evidence says of its device.
struct New {
    pdi: FixedBytes<8>,
    registration: Registration,
    /// It answers the seed of the running epoch.
    fresh: bool,
}

/// Verifies evidence against one of the `nonces`. Without a claim, whoever made the evidence may ask about it.
pub(crate) fn verify(
    context: &mut Context<'_>,
    attestation: &[u8],
    nonces: &[[u8; 32]],
    claim: Option<&Claim>,
) -> Result<Verdict, Stop> {
    match Attestation::decode(attestation).map_err(refusal::attestation)? {
        Attestation::Full(evidence) => verify_full(context, &evidence, nonces, claim),
        Attestation::Registered(evidence) => verify_again(context, &evidence, nonces, claim),
    }
}

/// Kind 1: report, leaf and identity key below a pinned intermediate.
fn verify_full(
    context: &mut Context<'_>,
    evidence: &FullEvidence<'_>,
    nonces: &[[u8; 32]],
    claim: Option<&Claim>,
) -> Result<Verdict, Stop> {
    let (tier, ica) = trusted_ica(context, evidence.ica_index)?;
    let gpu = verify_evidence(evidence, &ica, nonces, context.p384())
        .map_err(|error| refusal::evidence(error, evidence.report))?;
    let device_id = ids::attested_device_id(gpu.ik_spki);
    if let Some(claim) = claim {
        require_device(device_id, claim)?;
    }
    let trust_bps = judge(context, device_id, tier, gpu.fwid, &gpu.report)?;
    let registration = Registration {
        ica_index: evidence.ica_index,
        leaf_public_key: *gpu.leaf_public_key,
        fwid: *gpu.fwid,
    };
    let fresh = claim.is_some_and(|claim| claim.fresh.as_ref() == Some(gpu.report.nonce()));
    Ok(Verdict { device_id, tier, trust_bps, new: Some(New { pdi: gpu.pdi.into(), registration, fresh }) })
}

/// Kind 2: a report of a registered device, for the miner it is bound to. Passes every check of kind 1 that the
/// registration does not answer.
fn verify_again(
    context: &mut Context<'_>,
    evidence: &RegisteredEvidence<'_>,
    nonces: &[[u8; 32]],
    claim: Option<&Claim>,
) -> Result<Verdict, Stop> {
    let device_id = B256::from(evidence.device_id);
    if let Some(claim) = claim {
        require_device(device_id, claim)?;
    }
    let registration = storage::load_registration(context, device_id)?
        .ok_or_else(|| revert(DeviceNotRegistered { deviceId: device_id }))?;
    if let Some(claim) = claim {
        // A completion may lie a little ahead of the block; a binding that waits does not count yet.
        let time = claim.completed_at.min(context.block_timestamp());
        let bound = storage::load_bindings(context, device_id)?.at(time);
        require(bound == claim.miner, || DeviceNotBound { deviceId: device_id, miner: claim.miner })?;
    }
    let (tier, _) = trusted_ica(context, registration.ica_index)?;
    let known = pars_nvtrust::Registration {
        leaf_public_key: &registration.leaf_public_key,
        fwid: &registration.fwid,
    };
    let report = verify_registered(evidence.report, known, nonces, context.p384())
        .map_err(|error| refusal::evidence(error, evidence.report))?;
    let trust_bps = judge(context, device_id, tier, &registration.fwid, &report)?;
    Ok(Verdict { device_id, tier, trust_bps, new: None })
}

fn require_device(device_id: B256, claim: &Claim) -> Result<(), Stop> {
    let actual = claim.device_id;
    require(device_id == actual, || DeviceMismatch { expected: device_id, actual })
}

/// The intermediate at an index, unless it is revoked. The reserved indices are the simulated ones, and only a dev
/// genesis lets them in: no call can, governance's included.
fn trusted_ica(context: &mut Context<'_>, index: u8) -> Result<(Tier, PinnedIca), Stop> {
    if let Some(simulated) = simulated_ica(index) {
        require(DEV.get(context)?, || SimulatedDeviceNotAllowed {})?;
        return Ok((storage::simulated_tier(simulated), *simulated));
    }
    let Ica { tier, pinned, revoked } =
        storage::load_ica(context, index)?.ok_or_else(|| revert(UnknownIca { icaIndex: index }))?;
    require(!revoked, || IcaRevoked { icaIndex: index })?;
    Ok((tier, pinned))
}

/// Policy on a genuine GPU: revoked, denied, too old, or with other measurements than those pinned. Answers its trust.
fn judge(
    context: &mut Context<'_>,
    device_id: B256,
    tier: Tier,
    fwid: &[u8; 48],
    report: &Report<'_>,
) -> Result<u16, Stop> {
    require(!DEVICE_REVOKED.at(device_id).get(context)?, || DeviceRevoked { deviceId: device_id })?;
    let firmware = firmware_key(fwid);
    let denied = FIRMWARE_DENIED.at(firmware).get(context)?;
    require(!denied, || FirmwareDenied { fwid: fwid.to_vec().into() })?;
    check_driver(context, report)?;

    let tuple = B256::from(firmware_tuple(report.opaque()));
    let mask = GOLDEN_MASK.at(tuple).get(context)?;
    // Measurements are the word of the firmware that signs them: without a pin on that, they vouch for nothing.
    let pinned = FIRMWARE_PINNED.at(firmware).get(context)? && mask != 0;
    if mask != 0 {
        let mismatch = || revert(MeasurementsMismatch { tuple });
        let digest = golden_set(&tuple, mask, report).map_err(|_| mismatch())?;
        if GOLDEN_SET.at(digest.into()).get(context)? != tuple {
            return Err(mismatch());
        }
    }
    Ok(if pinned { tier.trust_bps() } else { tier.unpinned_trust_bps() })
}

/// The driver against the lowest one allowed, as numbers. While there is one, a version that is no such number is too
/// old.
fn check_driver(context: &mut Context<'_>, report: &Report<'_>) -> Result<(), Stop> {
    let minimum = MINIMUM_DRIVER.get(context)?;
    if minimum.is_zero() {
        return Ok(());
    }
    let driver = report.opaque().driver().unwrap_or_default();
    let recent = DriverVersion::parse(driver.as_bytes()).is_some_and(|version| word_of(version) >= minimum);
    require(recent, || DriverTooOld { driver: driver.to_owned() })
}

/// Four numbers in one word, the first one highest: words compare as versions do.
pub(super) fn word_of(version: DriverVersion) -> U256 {
    let [first, second, third, fourth] = version.to_words();
    U256::from_limbs([fourth, third, second, first])
}

pub(super) fn version_of(word: U256) -> DriverVersion {
    let [fourth, third, second, first] = word.into_limbs();
    DriverVersion::from_words([first, second, third, fourth])
}

/// The effects of full evidence on its device: its registration, and its binding from the next epoch on. A device that
/// is bound is moved by fresh evidence only: a former miner's left-over proof is paid, and changes nothing.
pub(crate) fn settle(
    context: &mut Context<'_>,
    verdict: &Verdict,
    miner: B256,
    epoch: &EpochState,
) -> Result<(), Stop> {
    let Some(New { pdi, registration, fresh }) = &verdict.new else { return Ok(()) };
    let device_id = verdict.device_id;
    let bindings = storage::load_bindings(context, device_id)?;
    if bindings.is_bound() && !fresh {
        return Ok(());
    }
    if storage::load_registration(context, device_id)?.as_ref() != Some(registration) {
        storage::store_registration(context, device_id, registration)?;
        context.emit(&DeviceRegistered {
            deviceId: device_id,
            tier: verdict.tier.id(),
            icaIndex: registration.ica_index,
            pdi: *pdi,
            fwid: registration.fwid.to_vec().into(),
        })?;
    }
    let now = context.block_timestamp();
    // An epoch whose length was cut may have ended already; a binding never takes force in the past.
    let next = epoch.start.saturating_add(epoch.length).max(now.saturating_add(1));
    if let Some(bindings) = bindings.bind(miner, now, next) {
        storage::store_bindings(context, device_id, &bindings)?;
        context.emit(&DeviceBound { deviceId: device_id, miner, from: next })?;
    }
    Ok(())
}

impl Verdict {
    /// Without attestation: the device id follows from the key.
    pub(crate) const fn software(device_id: B256) -> Self {
        Self { device_id, tier: Tier::Software, trust_bps: Tier::Software.trust_bps(), new: None }
    }
}
