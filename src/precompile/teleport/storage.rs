//! Teleport records and the list of what is pending for a recipient.

use crate::{
    context::{Context, overflow},
    outcome::Stop,
    storage::layout::{
        TELEPORT_AMOUNT, TELEPORT_BY_NONCE, TELEPORT_INDEX, TELEPORT_NONCE, TELEPORT_PENDING,
        TELEPORT_RECIPIENT, TELEPORT_SENDER, TELEPORT_SOURCE, TELEPORT_STATUS,
    },
};
use alloy_primitives::{Address, B256, U256};
use pars_protocol::{TeleportMessage, ids};

/// Where a teleport stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Unknown,
    Pending,
    Claimed,
}

impl Status {
    pub(crate) const fn id(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Pending => 1,
            Self::Claimed => 2,
        }
    }
}

/// A stored teleport.
pub(crate) struct Record {
    pub(crate) source: u32,
    pub(crate) nonce: u64,
    pub(crate) sender: B256,
    pub(crate) recipient: Address,
    pub(crate) amount: U256,
    pub(crate) status: Status,
}

pub(crate) fn status(context: &mut Context<'_>, id: B256) -> Result<Status, Stop> {
    let slot = TELEPORT_STATUS.at(id);
    match slot.get(context)? {
        0 => Ok(Status::Unknown),
        1 => Ok(Status::Pending),
        2 => Ok(Status::Claimed),
        _ => Err(Stop::Fatal(crate::Fatal::CorruptState(slot.key()))),
    }
}

pub(crate) fn load(context: &mut Context<'_>, id: B256) -> Result<Record, Stop> {
    Ok(Record {
        source: TELEPORT_SOURCE.at(id).get(context)?,
        nonce: TELEPORT_NONCE.at(id).get(context)?,
        sender: TELEPORT_SENDER.at(id).get(context)?,
        recipient: TELEPORT_RECIPIENT.at(id).get(context)?,
        amount: TELEPORT_AMOUNT.at(id).get(context)?,
        status: status(context, id)?,
    })
}

/// Who is paid, and how much: the two fields that a claim reads and pays for.
pub(crate) fn payment(context: &mut Context<'_>, id: B256) -> Result<(Address, U256), Stop> {
    Ok((TELEPORT_RECIPIENT.at(id).get(context)?, TELEPORT_AMOUNT.at(id).get(context)?))
}

/// Stores a message as pending for its recipient.
pub(crate) fn deliver(
    context: &mut Context<'_>,
    message: &TeleportMessage,
    recipient: Address,
) -> Result<(), Stop> {
    let id = ids::teleport_id(message);
    TELEPORT_SOURCE.at(id).set(context, message.src_chain)?;
    TELEPORT_NONCE.at(id).set(context, message.nonce)?;
    TELEPORT_SENDER.at(id).set(context, message.sender)?;
    TELEPORT_RECIPIENT.at(id).set(context, recipient)?;
    TELEPORT_AMOUNT.at(id).set(context, message.amount)?;
    TELEPORT_STATUS.at(id).set(context, Status::Pending.id())?;
    TELEPORT_BY_NONCE.at(message.src_chain).at(message.nonce).set(context, id)?;
    let list = TELEPORT_PENDING.at(recipient);
    let length = list.len(context)?;
    list.at(length).set(context, id)?;
    list.set_len(context, length.checked_add(1).ok_or_else(overflow)?)?;
    TELEPORT_INDEX.at(id).set(context, length)
}

/// Marks a pending teleport as claimed and takes it off the list; the last entry moves into the gap.
pub(crate) fn settle(context: &mut Context<'_>, id: B256, recipient: Address) -> Result<(), Stop> {
    TELEPORT_STATUS.at(id).set(context, Status::Claimed.id())?;
    let list = TELEPORT_PENDING.at(recipient);
    let index = TELEPORT_INDEX.at(id).get(context)?;
    let length = list.len(context)?;
    let place = list.at(index);
    // A pending teleport stands in the list, at its index. Were it elsewhere, another's entry would be overwritten.
    let last = length.checked_sub(1).filter(|last| index <= *last);
    let (Some(last), true) = (last, place.get(context)? == id) else {
        return Err(Stop::Fatal(crate::Fatal::CorruptState(place.key())));
    };
    let moved = list.at(last).get(context)?;
    if moved != id {
        place.set(context, moved)?;
        TELEPORT_INDEX.at(moved).set(context, index)?;
    }
    list.at(last).set(context, B256::ZERO)?;
    list.set_len(context, last)?;
    TELEPORT_INDEX.at(id).set(context, 0)
}

/// Length of a recipient's list.
pub(crate) fn pending_count(context: &mut Context<'_>, recipient: Address) -> Result<u64, Stop> {
    TELEPORT_PENDING.at(recipient).len(context)
}

/// An entry of a recipient's list.
pub(crate) fn pending_at(context: &mut Context<'_>, recipient: Address, index: u64) -> Result<B256, Stop> {
    TELEPORT_PENDING.at(recipient).at(index).get(context)
}
