//! What governance decides: intermediates, firmware, golden sets, devices, the lowest driver. A removal is a flag that
//! can be taken back; an intermediate's index is permanent, and counts as long as its key has no later one.

use super::{
    logic::{version_of, word_of},
    storage::{self, firmware_key},
};
use crate::{
    context::{Context, overflow},
    gas::operation,
    governance::logic::only_governor,
    outcome::{Stop, require, revert},
    storage::{
        layout::{
            DEVICE_REVOKED, FIRMWARE_DENIED, FIRMWARE_PINNED, GOLDEN_COUNT, GOLDEN_MASK, GOLDEN_SET,
            ICA_COUNT, ICA_REVOKED, MINIMUM_DRIVER,
        },
        slot::Slot,
    },
};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_nvtrust::{
    Architecture, DriverVersion, PinnedIca, PublicKey, SIMULATED_ICA_FIRST, SPKI_PREFIX, is_never_pinned,
};
use pars_protocol::{
    Pool, Tier,
    abi::{
        IAIMiningErrors::{
            GoldenMaskMismatch, IcaAlreadySet, IcaNotAllowed, InvalidArchitecture, InvalidDriverVersion,
            InvalidFwid, InvalidGoldenSet, InvalidSpki, TooManyIcas, UnknownIca, UnknownTier,
        },
        IAIMiningEvents::{
            DeviceRevocationChanged, FirmwareDenialChanged, FirmwarePinChanged, GoldenSetChanged,
            IcaRevocationChanged, IcaSet, MinimumDriverChanged,
        },
        IAIMiningGovernance::setIcaCall,
    },
    strict::Reader,
};

/// Pins an intermediate's key for an architecture, under the next index.
pub(crate) fn set_ica(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 3)?;
    let (tier, architecture, spki) = (reader.uint::<u8>()?, reader.word()?, reader.bytes()?);
    reader.finish()?;
    context.charge(operation::SET_ICA)?;
    only_governor(context)?;
    let tier = Tier::from_id(tier)
        .filter(|tier| tier.pool() == Pool::Attested)
        .ok_or_else(|| revert(UnknownTier { tier }))?;
    let pinned = PinnedIca {
        architecture: architecture_of(architecture)
            .ok_or_else(|| revert(InvalidArchitecture { architecture }))?,
        public_key: public_key_of(spki).ok_or_else(|| revert(InvalidSpki {}))?,
    };
    require(!is_never_pinned(&pinned.public_key), || IcaNotAllowed {})?;
    if let Some(index) = storage::ica_of_key(context, &pinned.public_key)? {
        // Under another tier or name only once the first index is revoked, for good.
        require(ICA_REVOKED.at(index).get(context)?, || IcaAlreadySet { icaIndex: index })?;
    }
    let index = ICA_COUNT.get(context)?;
    require(index < SIMULATED_ICA_FIRST, || TooManyIcas {})?;
    storage::store_ica(context, index, tier, &pinned)?;
    let spki = Bytes::copy_from_slice(spki);
    context.emit(&IcaSet { icaIndex: index, tier: tier.id(), architecture, spki })?;
    Ok(setIcaCall::abi_encode_returns(&index).into())
}

/// ASCII, left-aligned, zero-padded.
fn architecture_of(word: B256) -> Option<Architecture> {
    let length = word.iter().position(|byte| *byte == 0)?;
    let (name, padding) = word.split_at_checked(length)?;
    Architecture::from_name(name).filter(|_| padding.iter().all(|byte| *byte == 0))
}

fn public_key_of(spki: &[u8]) -> Option<PublicKey> {
    spki.strip_prefix(&SPKI_PREFIX)?.try_into().ok()
}

pub(crate) fn revoke_ica(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (index, revoked) = (reader.uint::<u8>()?, reader.boolean()?);
    reader.finish()?;
    context.charge(operation::REVOKE_ICA)?;
    only_governor(context)?;
    let ica = storage::load_ica(context, index)?.ok_or_else(|| revert(UnknownIca { icaIndex: index }))?;
    // A key counts under the last index it was pinned at.
    let newest = storage::ica_of_key(context, &ica.pinned.public_key)?.unwrap_or(index);
    require(revoked || newest == index, || IcaAlreadySet { icaIndex: newest })?;
    let old = replace(context, &ICA_REVOKED.at(index), revoked)?;
    context.emit(&IcaRevocationChanged { icaIndex: index, oldValue: old, newValue: revoked })?;
    Ok(Bytes::new())
}

/// Refuses the devices that run a firmware.
pub(crate) fn deny_firmware(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let (fwid, denied) = firmware_flag(context, arguments)?;
    let old = replace(context, &FIRMWARE_DENIED.at(firmware_key(&fwid)), denied)?;
    let fwid = fwid.to_vec().into();
    context.emit(&FirmwareDenialChanged { fwid, oldValue: old, newValue: denied })?;
    Ok(Bytes::new())
}

/// Believes the measurements that a firmware signs.
pub(crate) fn pin_firmware(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let (fwid, pinned) = firmware_flag(context, arguments)?;
    let old = replace(context, &FIRMWARE_PINNED.at(firmware_key(&fwid)), pinned)?;
    let fwid = fwid.to_vec().into();
    context.emit(&FirmwarePinChanged { fwid, oldValue: old, newValue: pinned })?;
    Ok(Bytes::new())
}

fn firmware_flag(context: &mut Context<'_>, arguments: &[u8]) -> Result<([u8; 48], bool), Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (fwid, flag) = (reader.bytes()?, reader.boolean()?);
    reader.finish()?;
    context.charge(operation::SET_FLAG)?;
    only_governor(context)?;
    let fwid = fwid.try_into().map_err(|_| revert(InvalidFwid {}))?;
    Ok((fwid, flag))
}

/// Adds a golden set to a firmware tuple, or takes one away. All sets of a tuple compare the same blocks.
pub(crate) fn pin_golden_set(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 4)?;
    let (tuple, mask, digest) = (reader.word()?, reader.uint::<u64>()?, reader.word()?);
    let pinned = reader.boolean()?;
    reader.finish()?;
    context.charge(operation::PIN_GOLDEN_SET)?;
    only_governor(context)?;
    require(!tuple.is_zero() && mask != 0 && !digest.is_zero(), || InvalidGoldenSet {})?;

    let (count, stored) = (GOLDEN_COUNT.at(tuple).get(context)?, GOLDEN_MASK.at(tuple).get(context)?);
    require(count == 0 || mask == stored, || GoldenMaskMismatch { mask: stored })?;
    let holder = GOLDEN_SET.at(digest).get(context)?;
    // A digest covers its tuple: under another one it is a mistake.
    require(holder.is_zero() || holder == tuple, || InvalidGoldenSet {})?;
    let old = !holder.is_zero();
    let count = match (old, pinned) {
        (false, true) => count.checked_add(1).ok_or_else(overflow)?,
        (true, false) => count.checked_sub(1).ok_or_else(overflow)?,
        _ => count,
    };
    GOLDEN_SET.at(digest).set(context, if pinned { tuple } else { B256::ZERO })?;
    GOLDEN_COUNT.at(tuple).set(context, count)?;
    GOLDEN_MASK.at(tuple).set(context, if count == 0 { 0 } else { mask })?;
    context.emit(&GoldenSetChanged { tuple, digest, mask, oldValue: old, newValue: pinned })?;
    Ok(Bytes::new())
}

pub(crate) fn revoke_device(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (device_id, revoked) = (reader.word()?, reader.boolean()?);
    reader.finish()?;
    context.charge(operation::SET_FLAG)?;
    only_governor(context)?;
    let old = replace(context, &DEVICE_REVOKED.at(device_id), revoked)?;
    context.emit(&DeviceRevocationChanged { deviceId: device_id, oldValue: old, newValue: revoked })?;
    Ok(Bytes::new())
}

/// Sets the lowest driver; the empty string takes it away.
pub(crate) fn set_minimum_driver(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let driver = reader.bytes()?;
    reader.finish()?;
    context.charge(operation::SET_MINIMUM_DRIVER)?;
    only_governor(context)?;
    let word = if driver.is_empty() {
        U256::ZERO
    } else {
        DriverVersion::parse(driver).map(word_of).ok_or_else(|| revert(InvalidDriverVersion {}))?
    };
    let old = replace(context, &MINIMUM_DRIVER, word)?;
    context.emit(&MinimumDriverChanged { oldDriver: text_of(old), newDriver: text_of(word) })?;
    Ok(Bytes::new())
}

/// A lowest driver as people write it; empty if there is none.
pub(super) fn text_of(minimum: U256) -> String {
    if minimum.is_zero() { String::new() } else { version_of(minimum).to_string() }
}

/// Writes a value and answers with the one before.
fn replace<T: crate::storage::slot::Word>(
    context: &mut Context<'_>,
    place: &Slot<T>,
    value: T,
) -> Result<T, Stop> {
    let old = place.get(context)?;
    place.set(context, value)?;
    Ok(old)
}
