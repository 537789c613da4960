//! Claiming, and looking at what can be claimed.

use super::storage::{self, Status};
use crate::{
    context::Context,
    gas::operation,
    outcome::{Stop, revert},
    token,
};
use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;
use pars_protocol::{
    abi::{
        IAIMining::{claimTeleportCall, pendingTeleportsCall},
        IAIMiningErrors::{TeleportAlreadyClaimed, TeleportUnknown},
        IAIMiningEvents::TeleportClaimed,
        IAIMiningInspector::{getTeleportDetailsCall, getTeleportDetailsReturn},
    },
    strict::Reader,
};

/// Pays a pending teleport to the recipient of its message. Who calls plays no part.
pub(crate) fn claim_teleport(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let id = reader.word()?;
    reader.finish()?;
    context.charge(operation::CLAIM_TELEPORT)?;
    match storage::status(context, id)? {
        Status::Unknown => return Err(revert(TeleportUnknown { teleportId: id })),
        Status::Claimed => return Err(revert(TeleportAlreadyClaimed { teleportId: id })),
        Status::Pending => {}
    }
    let (recipient, amount) = storage::payment(context, id)?;
    storage::settle(context, id, recipient)?;
    token::logic::mint(context, recipient, amount)?;
    context.emit(&TeleportClaimed { teleportId: id, recipient, amount })?;
    Ok(claimTeleportCall::abi_encode_returns(&amount).into())
}

/// The stored list: delivery order, but a claim moved the last entry into its gap. Each entry is paid before it is
/// read, so the list never outgrows the caller's gas.
pub(crate) fn pending_teleports(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let recipient = reader.address()?;
    reader.finish()?;
    context.charge(operation::PENDING_TELEPORTS)?;
    let count = storage::pending_count(context, recipient)?;
    let mut ids = Vec::new();
    for index in 0..count {
        context.charge(operation::PENDING_TELEPORTS)?;
        ids.push(storage::pending_at(context, recipient, index)?);
    }
    Ok(pendingTeleportsCall::abi_encode_returns(&ids).into())
}

pub(crate) fn get_teleport_details(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let id = reader.word()?;
    reader.finish()?;
    context.charge(operation::TELEPORT_DETAILS)?;
    let record = storage::load(context, id)?;
    let details = getTeleportDetailsReturn {
        src: record.source,
        nonce: record.nonce,
        sender: record.sender,
        recipient: record.recipient,
        amount: record.amount,
        status: record.status.id(),
    };
    Ok(getTeleportDetailsCall::abi_encode_returns(&details).into())
}
