//! Views on attestation. `verifyNVTrust` judges evidence as a proof of this block would be judged.

use super::{
    logic::verify,
    policy::text_of,
    storage::{self, firmware_key},
};
use crate::{
    context::Context,
    gas::{Evidence, operation},
    governance::storage::load_parameters,
    outcome::{Stop, revert},
    storage::layout::{
        DEVICE_REVOKED, FIRMWARE_DENIED, FIRMWARE_PINNED, GOLDEN_COUNT, GOLDEN_MASK, GOLDEN_SET, ICA_COUNT,
        MINIMUM_DRIVER,
    },
    work,
};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolCall;
use pars_nvtrust::SPKI_PREFIX;
use pars_protocol::{
    abi::{
        IAIMiningErrors::{InvalidFwid, UnknownIca},
        IAIMiningInspector::{
            deviceInfoCall, deviceInfoReturn, firmwareInfoCall, firmwareInfoReturn, goldenSetInfoCall,
            goldenSetInfoReturn, icaCountCall, icaInfoCall, icaInfoReturn, minimumDriverCall,
            verifyNVTrustCall, verifyNVTrustReturn,
        },
    },
    parameters::ascii,
    strict::Reader,
};

/// Evidence for a nonce of the caller's choice. Its miner and its job are not looked at.
pub(crate) fn verify_nvtrust(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (attestation, nonce) = (reader.bytes()?, reader.word()?);
    reader.finish()?;
    context.charge(operation::verify_nvtrust(Evidence::of(attestation)))?;
    let verdict = verify(context, attestation, &[nonce.0], None)?;
    let answer = verifyNVTrustReturn { tier: verdict.tier.id(), deviceId: verdict.device_id };
    Ok(verifyNVTrustCall::abi_encode_returns(&answer).into())
}

/// A device: all zero and empty where the state has nothing.
pub(crate) fn device_info(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let device = reader.word()?;
    reader.finish()?;
    context.charge(operation::DEVICE_INFO)?;
    let registration = storage::load_registration(context, device)?;
    let (tier, ica_index, fwid) = match &registration {
        Some(registration) => (
            storage::tier_of(context, registration.ica_index)?.map_or(0, pars_protocol::Tier::id),
            registration.ica_index,
            Bytes::copy_from_slice(&registration.fwid),
        ),
        None => (0, 0, Bytes::new()),
    };
    let now = context.block_timestamp();
    let bindings = storage::load_bindings(context, device)?;
    let next = bindings.pending(now).unwrap_or_default();
    let parameters = load_parameters(context)?;
    let (epoch, _) = work::storage::load_effective_epoch(context, &parameters)?;
    let counters = work::storage::load_device(context, device, epoch.counter)?;
    let info = deviceInfoReturn {
        registered: registration.is_some(),
        revoked: DEVICE_REVOKED.at(device).get(context)?,
        tier,
        icaIndex: ica_index,
        fwid,
        miner: bindings.at(now),
        nextMiner: next.miner,
        nextFrom: next.from,
        units: counters.units,
        paid: counters.paid,
    };
    Ok(deviceInfoCall::abi_encode_returns(&info).into())
}

pub(crate) fn ica_count(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::ONE_SLOT)?;
    Ok(icaCountCall::abi_encode_returns(&ICA_COUNT.get(context)?).into())
}

pub(crate) fn ica_info(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let index = reader.uint::<u8>()?;
    reader.finish()?;
    context.charge(operation::ICA_INFO)?;
    let ica = storage::load_ica(context, index)?.ok_or_else(|| revert(UnknownIca { icaIndex: index }))?;
    let info = icaInfoReturn {
        tier: ica.tier.id(),
        architecture: ascii(ica.pinned.architecture.name()),
        spki: [&SPKI_PREFIX[..], &ica.pinned.public_key].concat().into(),
        revoked: ica.revoked,
    };
    Ok(icaInfoCall::abi_encode_returns(&info).into())
}

pub(crate) fn firmware_info(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let fwid = reader.bytes()?;
    reader.finish()?;
    context.charge(operation::FIRMWARE_INFO)?;
    let key = firmware_key(fwid.try_into().map_err(|_| revert(InvalidFwid {}))?);
    let info = firmwareInfoReturn {
        denied: FIRMWARE_DENIED.at(key).get(context)?,
        pinned: FIRMWARE_PINNED.at(key).get(context)?,
    };
    Ok(firmwareInfoCall::abi_encode_returns(&info).into())
}

pub(crate) fn golden_set_info(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (tuple, digest) = (reader.word()?, reader.word()?);
    reader.finish()?;
    context.charge(operation::GOLDEN_SET_INFO)?;
    let holder: B256 = GOLDEN_SET.at(digest).get(context)?;
    let info = goldenSetInfoReturn {
        mask: GOLDEN_MASK.at(tuple).get(context)?,
        digests: GOLDEN_COUNT.at(tuple).get(context)?,
        pinned: !holder.is_zero() && holder == tuple,
    };
    Ok(goldenSetInfoCall::abi_encode_returns(&info).into())
}

/// The lowest driver; empty if there is none.
pub(crate) fn minimum_driver(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::ONE_SLOT)?;
    let driver = text_of(MINIMUM_DRIVER.get(context)?);
    Ok(minimumDriverCall::abi_encode_returns(&driver).into())
}
