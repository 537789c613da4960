//! What attestation keeps: intermediates, firmware, golden sets, devices and their miners.

use crate::{
    context::Context,
    outcome::Stop,
    storage::{
        layout::{
            DEVICE_BOUND_FROM, DEVICE_FWID, DEVICE_ICA, DEVICE_KEY, DEVICE_MINER, ICA_ARCHITECTURE,
            ICA_BY_KEY, ICA_COUNT, ICA_KEY, ICA_REVOKED, ICA_TIER,
        },
        slot::{Mapping, Slot},
    },
};
use alloy_primitives::{B256, keccak256};
use pars_nvtrust::{Architecture, GENESIS_ICAS, PinnedIca, PublicKey, simulated_ica};
use pars_protocol::Tier;

/// An intermediate as the state holds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ica {
    pub(super) tier: Tier,
    pub(super) pinned: PinnedIca,
    pub(super) revoked: bool,
}

/// What genesis pins.
pub(crate) fn store_genesis_icas(context: &mut Context<'_>) -> Result<(), Stop> {
    for (index, (pinned, tier)) in (0..).zip(GENESIS_ICAS.iter().zip([Tier::Gh100, Tier::Gb100])) {
        store_ica(context, index, tier, pinned)?;
    }
    Ok(())
}

/// Stores the intermediate at the next index, which is `index`.
pub(super) fn store_ica(
    context: &mut Context<'_>,
    index: u8,
    tier: Tier,
    pinned: &PinnedIca,
) -> Result<(), Stop> {
    let next = index.saturating_add(1);
    ICA_COUNT.set(context, next)?;
    ICA_TIER.at(index).set(context, tier.id())?;
    ICA_ARCHITECTURE.at(index).set(context, pars_protocol::parameters::ascii(pinned.architecture.name()))?;
    store_words(context, &ICA_KEY.at(index), &pinned.public_key)?;
    ICA_BY_KEY.at(keccak256(pinned.public_key)).set(context, next)
}

pub(super) fn load_ica(context: &mut Context<'_>, index: u8) -> Result<Option<Ica>, Stop> {
    if index >= ICA_COUNT.get(context)? {
        return Ok(None);
    }
    let (tier, name) = (ICA_TIER.at(index), ICA_ARCHITECTURE.at(index));
    let corrupt = |slot| Stop::Fatal(crate::Fatal::CorruptState(slot));
    let architecture = name.get(context)?;
    let length = architecture.iter().position(|byte| *byte == 0).unwrap_or(B256::len_bytes());
    let architecture = architecture.get(..length).and_then(Architecture::from_name);
    Ok(Some(Ica {
        tier: Tier::from_id(tier.get(context)?).ok_or_else(|| corrupt(tier.key()))?,
        pinned: PinnedIca {
            architecture: architecture.ok_or_else(|| corrupt(name.key()))?,
            public_key: load_words(context, &ICA_KEY.at(index))?,
        },
        revoked: ICA_REVOKED.at(index).get(context)?,
    }))
}

/// The tier of an intermediate, pinned or simulated.
pub(super) fn tier_of(context: &mut Context<'_>, index: u8) -> Result<Option<Tier>, Stop> {
    match simulated_ica(index) {
        Some(simulated) => Ok(Some(simulated_tier(simulated))),
        None => Ok(Tier::from_id(ICA_TIER.at(index).get(context)?)),
    }
}

/// The tier of a simulated device is that of the architecture it claims.
pub(super) fn simulated_tier(simulated: &PinnedIca) -> Tier {
    if simulated.architecture == Architecture::GB100 { Tier::Gb100 } else { Tier::Gh100 }
}

/// The index of an intermediate by its key.
pub(super) fn ica_of_key(context: &mut Context<'_>, key: &PublicKey) -> Result<Option<u8>, Stop> {
    Ok(ICA_BY_KEY.at(keccak256(key)).get(context)?.checked_sub(1))
}

/// What full evidence leaves behind, so that the device's next reports need one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registration {
    pub(super) ica_index: u8,
    pub(super) leaf_public_key: PublicKey,
    pub(super) fwid: [u8; 48],
}

pub(super) fn load_registration(
    context: &mut Context<'_>,
    device: B256,
) -> Result<Option<Registration>, Stop> {
    let place = DEVICE_ICA.at(device);
    // Index plus one.
    let Some(index) = place.get(context)?.checked_sub(1) else { return Ok(None) };
    let corrupt = |_| Stop::Fatal(crate::Fatal::CorruptState(place.key()));
    Ok(Some(Registration {
        ica_index: u8::try_from(index).map_err(corrupt)?,
        leaf_public_key: load_words(context, &DEVICE_KEY.at(device))?,
        fwid: load_words(context, &DEVICE_FWID.at(device))?,
    }))
}

pub(super) fn store_registration(
    context: &mut Context<'_>,
    device: B256,
    registration: &Registration,
) -> Result<(), Stop> {
    DEVICE_ICA.at(device).set(context, u16::from(registration.ica_index).saturating_add(1))?;
    store_words(context, &DEVICE_KEY.at(device), &registration.leaf_public_key)?;
    store_words(context, &DEVICE_FWID.at(device), &registration.fwid)
}

/// A miner, by BLAKE3 of its public key, and since when a device is bound to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) miner: B256,
    pub(super) from: u64,
}

/// The miners of a device, newest first. At most one binding takes force at each epoch's start, and evidence is as old
/// as the epoch before at most, so three tell who was bound when it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bindings(pub(super) [Binding; 3]);

impl Bindings {
    /// Whether anybody is bound, or will be.
    pub(super) fn is_bound(&self) -> bool {
        self.0.iter().any(|binding| !binding.miner.is_zero())
    }

    /// Who is bound at a time; zero if nobody.
    pub(super) fn at(&self, time: u64) -> B256 {
        self.0.iter().find(|binding| time >= binding.from).map_or(B256::ZERO, |binding| binding.miner)
    }

    /// The binding that has not taken force yet, if there is one.
    pub(super) fn pending(&self, now: u64) -> Option<Binding> {
        let [newest, ..] = self.0;
        (newest.from > now).then_some(newest)
    }

    /// These bindings after full evidence of `miner` at `now`; `None` if its binding is the newest already. It takes
    /// force at `next`, the start of the next epoch, and replaces another that would.
    pub(super) fn bind(&self, miner: B256, now: u64, next: u64) -> Option<Self> {
        let [newest, before, oldest] = self.0;
        let bound = Binding { miner, from: next };
        if newest.miner == miner {
            None
        } else if newest.from > now {
            Some(Self([bound, before, oldest]))
        } else {
            Some(Self([bound, newest, before]))
        }
    }
}

pub(super) fn load_bindings(context: &mut Context<'_>, device: B256) -> Result<Bindings, Stop> {
    let mut bindings = Bindings::default();
    for (age, binding) in (0..).zip(&mut bindings.0) {
        binding.miner = DEVICE_MINER.at(device).at(age).get(context)?;
        binding.from = DEVICE_BOUND_FROM.at(device).at(age).get(context)?;
    }
    Ok(bindings)
}

pub(super) fn store_bindings(
    context: &mut Context<'_>,
    device: B256,
    bindings: &Bindings,
) -> Result<(), Stop> {
    for (age, binding) in (0..).zip(bindings.0) {
        DEVICE_MINER.at(device).at(age).set(context, binding.miner)?;
        DEVICE_BOUND_FROM.at(device).at(age).set(context, binding.from)?;
    }
    Ok(())
}

/// Key of a firmware id in the deny and pin lists: keccak256 of its 48 bytes.
pub(super) fn firmware_key(fwid: &[u8; 48]) -> B256 {
    keccak256(fwid)
}

/// Bytes in words of 32, the last one padded with zeros on the right.
fn store_words(context: &mut Context<'_>, place: &Mapping<u8, Slot<B256>>, bytes: &[u8]) -> Result<(), Stop> {
    for (index, chunk) in (0..).zip(bytes.chunks(32)) {
        place.at(index).set(context, B256::right_padding_from(chunk))?;
    }
    Ok(())
}

fn load_words<const N: usize>(
    context: &mut Context<'_>,
    place: &Mapping<u8, Slot<B256>>,
) -> Result<[u8; N], Stop> {
    let mut bytes = [0; N];
    for (index, chunk) in (0..).zip(bytes.chunks_mut(32)) {
        let part = place.at(index);
        let word = part.get(context)?;
        let (stored, padding) = word.split_at_checked(chunk.len()).unwrap_or_default();
        if padding.iter().any(|byte| *byte != 0) {
            return Err(Stop::Fatal(crate::Fatal::CorruptState(part.key())));
        }
        chunk.iter_mut().zip(stored).for_each(|(byte, stored)| *byte = *stored);
    }
    Ok(bytes)
}
