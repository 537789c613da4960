//! From logs to entries.

use super::{BlockError, Delta, Entry};
use crate::{
    block::CommittedBlock,
    rows::{Claim, DeviceEvent, Place, TierId, Work},
};
use alloy_primitives::{Address, B256, FixedBytes, Log, U256};
use alloy_sol_types::SolEventInterface;
use pars_protocol::{
    ADDRESS, Tier,
    abi::IAIMiningEvents::{
        DeviceRegistered, IAIMiningEventsEvents as Event, TeleportClaimed, Transfer, WorkAccepted,
    },
};

/// Reads the logs of `0x…0300` of every transaction that succeeded.
pub(super) fn read(block: &CommittedBlock, delta: &mut Delta) -> Result<(), BlockError> {
    let mut log_index: u32 = 0;
    // Mostly a transaction brings one thing.
    delta.entries.reserve(block.receipts.len());
    for (transaction_index, receipt) in block.receipts.iter().enumerate() {
        let transaction_index = u32::try_from(transaction_index).map_err(|_| BlockError::TooLarge)?;
        if !receipt.success && !receipt.logs.is_empty() {
            return Err(BlockError::LogsOfFailure(receipt.transaction));
        }
        let mut reader = Reader { delta, unexplained: None };
        for log in &receipt.logs {
            if log.address == ADDRESS {
                let place = Place {
                    block: block.id.number,
                    transaction_index,
                    log_index,
                    transaction: receipt.transaction,
                };
                reader.log(log, place)?;
            }
            log_index = log_index.checked_add(1).ok_or(BlockError::TooLarge)?;
        }
        if let Some(mint) = reader.unexplained {
            return Err(BlockError::UnexplainedMint { index: mint.index });
        }
    }
    Ok(())
}

/// AI that was just created: the next event must say why.
struct Mint {
    index: u32,
    to: Address,
    amount: U256,
}

struct Reader<'a> {
    delta: &'a mut Delta,
    unexplained: Option<Mint>,
}

impl Reader<'_> {
    fn log(&mut self, log: &Log, place: Place) -> Result<(), BlockError> {
        let index = place.log_index;
        let event = Event::decode_raw_log(log.topics(), &log.data.data)
            .map_err(|_| BlockError::UnknownEvent { index })?;
        match event {
            Event::Transfer(event) => self.transfer(&event, index)?,
            Event::WorkAccepted(event) => self.work(&event, place)?,
            Event::TeleportClaimed(event) => self.claim(&event, place)?,
            Event::DeviceRegistered(event) => {
                let registered = registered(&event, index)?;
                self.device(event.deviceId, place, registered)?;
            }
            Event::DeviceBound(event) => {
                nonzero(event.miner, "miner", index)?;
                let bound = DeviceEvent::Bound { miner: event.miner, from: event.from };
                self.device(event.deviceId, place, bound)?;
            }
            Event::DeviceRevocationChanged(event) => {
                let revoked = DeviceEvent::Revocation { revoked: event.newValue };
                self.device(event.deviceId, place, revoked)?;
            }
            // Governance's own record: the parameters and pins stand in the state.
            Event::ParameterChanged(_)
            | Event::GovernorProposed(_)
            | Event::GovernorChanged(_)
            | Event::IcaSet(_)
            | Event::IcaRevocationChanged(_)
            | Event::FirmwareDenialChanged(_)
            | Event::FirmwarePinChanged(_)
            | Event::GoldenSetChanged(_)
            | Event::MinimumDriverChanged(_) => {}
        }
        Ok(())
    }

    fn transfer(&mut self, event: &Transfer, index: u32) -> Result<(), BlockError> {
        if let Some(mint) = &self.unexplained {
            return Err(BlockError::UnexplainedMint { index: mint.index });
        }
        if event.from.is_zero() {
            nonzero_address(event.to, "to", index)?;
            self.delta.minted = self.delta.minted.checked_add(event.value).ok_or(BlockError::TooLarge)?;
            self.unexplained = Some(Mint { index, to: event.to, amount: event.value });
        } else if event.to.is_zero() {
            self.delta.burnt = self.delta.burnt.checked_add(event.value).ok_or(BlockError::TooLarge)?;
        }
        Ok(())
    }

    /// The creation of AI that the event at `index` explains.
    fn explain(&mut self, to: Address, amount: U256, index: u32) -> Result<(), BlockError> {
        match self.unexplained.take() {
            Some(mint) if mint.to == to && mint.amount == amount => Ok(()),
            _ => Err(BlockError::MissingMint { index }),
        }
    }

    fn work(&mut self, event: &WorkAccepted, place: Place) -> Result<(), BlockError> {
        let index = place.log_index;
        for (value, name) in [
            (event.workId, "workId"),
            (event.jobId, "jobId"),
            (event.deviceId, "deviceId"),
            (event.workDigest, "workDigest"),
            (event.proofHash, "proofHash"),
        ] {
            nonzero(value, name, index)?;
        }
        nonzero_address(event.recipient, "recipient", index)?;
        nonzero_address(event.miner, "miner", index)?;
        self.explain(event.recipient, event.reward, index)?;
        let row = Work {
            place,
            miner: event.miner,
            recipient: event.recipient,
            job_id: event.jobId,
            device_id: event.deviceId,
            work_digest: event.workDigest,
            proof_hash: event.proofHash,
            tier: tier(event.tier, index)?,
            trust_bps: event.trustBps,
            compute_units: event.computeUnits,
            reward: event.reward,
            native_reward: event.nativeReward,
            epoch: event.epoch,
        };
        self.delta.entries.push(Entry::Work { id: event.workId, row });
        Ok(())
    }

    fn claim(&mut self, event: &TeleportClaimed, place: Place) -> Result<(), BlockError> {
        nonzero(event.teleportId, "teleportId", place.log_index)?;
        nonzero_address(event.recipient, "recipient", place.log_index)?;
        self.explain(event.recipient, event.amount, place.log_index)?;
        let row = Claim { place, recipient: event.recipient, amount: event.amount };
        self.delta.entries.push(Entry::Claim { id: event.teleportId, row });
        Ok(())
    }

    fn device(&mut self, id: B256, place: Place, event: DeviceEvent) -> Result<(), BlockError> {
        nonzero(id, "deviceId", place.log_index)?;
        self.delta.entries.push(Entry::Device { id, place, event });
        Ok(())
    }
}

fn registered(event: &DeviceRegistered, index: u32) -> Result<DeviceEvent, BlockError> {
    let fwid = FixedBytes::try_from(event.fwid.as_ref()).map_err(|_| BlockError::UnknownEvent { index })?;
    Ok(DeviceEvent::Registered {
        tier: tier(event.tier, index)?,
        ica_index: event.icaIndex,
        pdi: event.pdi,
        fwid,
    })
}

fn tier(id: u8, index: u32) -> Result<TierId, BlockError> {
    Tier::from_id(id).map(TierId).ok_or(BlockError::UnknownTier { index, tier: id })
}

fn nonzero(value: B256, field: &'static str, index: u32) -> Result<(), BlockError> {
    if value.is_zero() { Err(BlockError::ZeroField { index, field }) } else { Ok(()) }
}

fn nonzero_address(value: Address, field: &'static str, index: u32) -> Result<(), BlockError> {
    if value.is_zero() { Err(BlockError::ZeroField { index, field }) } else { Ok(()) }
}
