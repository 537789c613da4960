//! The ledger beside the real precompile: receipts and state changes come from its execution.

use crate::{
    BlockId, ChainView, CommittedBlock, Identity, Ledger, Lookup, Receipt, SlotChange,
    interchange::ChainFile,
    query::{By, Cursor, Earning},
    testing::Folder,
};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::SolCall;
use pars_mldsa::ParameterSet;
use pars_nvtrust::Architecture;
use pars_precompile::{
    ADDRESS, Genesis, MemoryHost, Outcome, Precompile,
    memory::Call,
    testing::{self, CHAIN_ID, GOVERNOR, GpuMiner, Miner, NOW, PLENTY, RELAYER},
};
use pars_protocol::{
    TeleportMessage,
    abi::{
        IAIMining::{claimTeleportCall, miningBalanceCall},
        IAIMiningGovernance::revokeDeviceCall,
        IAIMiningInspector::{deviceInfoCall, isSpentCall},
    },
    ids,
};
use std::{collections::BTreeMap, sync::Arc};

/// A chain of one account, executed by the precompile.
struct World {
    identity: Identity,
    precompile: Precompile,
    host: MemoryHost,
    blocks: Vec<Arc<CommittedBlock>>,
}

fn hash(number: u64) -> B256 {
    ids::blake3(&number.to_be_bytes())
}

fn changes(before: &BTreeMap<U256, U256>, after: &BTreeMap<U256, U256>) -> BTreeMap<U256, SlotChange> {
    let slots = before.keys().chain(after.keys());
    let value = |map: &BTreeMap<U256, U256>, slot| map.get(slot).copied().unwrap_or_default();
    slots
        .map(|slot| (*slot, SlotChange { before: value(before, slot), after: value(after, slot) }))
        .filter(|(_, change)| change.before != change.after)
        .collect()
}

impl World {
    fn new(teleports: Vec<TeleportMessage>) -> Self {
        let mut genesis = Genesis::dev(CHAIN_ID, GOVERNOR);
        genesis.pending_teleports = teleports;
        let host = testing::host(&genesis);
        let block = CommittedBlock {
            id: BlockId { number: 0, hash: hash(0) },
            parent: B256::ZERO,
            timestamp: NOW,
            receipts: Vec::new(),
            changes: changes(&BTreeMap::new(), &host.account.storage),
        };
        let identity = Identity { chain_id: CHAIN_ID, genesis_hash: hash(0), config: Some(genesis) };
        Self { identity, precompile: testing::stubbed(true).0, host, blocks: vec![block.into()] }
    }

    /// A block of these calls.
    fn block(&mut self, calls: &[(Address, Bytes)]) -> Vec<Outcome> {
        let number = self.blocks.len() as u64;
        self.host.block_number = number;
        let before = self.host.account.storage.clone();
        let (mut receipts, mut outcomes) = (Vec::new(), Vec::new());
        for (index, (caller, input)) in calls.iter().enumerate() {
            let executed = self.host.execute(&self.precompile, Call::new(*caller, input.clone(), PLENTY));
            let success = matches!(executed.outcome, Outcome::Success(_));
            let logs = executed.logs.into_iter().map(|data| Log { address: ADDRESS, data }).collect();
            receipts.push(Receipt { transaction: hash(number << 32 | index as u64), success, logs });
            outcomes.push(executed.outcome);
        }
        let block = CommittedBlock {
            id: BlockId { number, hash: hash(number) },
            parent: hash(number - 1),
            timestamp: self.host.block_timestamp,
            receipts,
            changes: changes(&before, &self.host.account.storage),
        };
        self.blocks.push(block.into());
        outcomes
    }

    fn view<C: SolCall>(&mut self, call: &C) -> C::Return {
        let executed = self.host.execute(&self.precompile, testing::call(call.abi_encode()));
        let Outcome::Success(output) = executed.outcome else { panic!("{:?}", executed.outcome) };
        C::abi_decode_returns(&output).unwrap()
    }

    fn ledger(&self, folder: &Folder) -> Ledger {
        let chain = ChainFile::new(self.identity.clone(), 0, self.blocks.clone()).unwrap();
        let ledger = Ledger::open(folder.ledger(), self.identity.clone()).unwrap();
        ledger.heal(&chain, |_, _| {}).unwrap();
        assert_eq!(ledger.head(), Some(chain.head().unwrap()));
        ledger
    }
}

fn submit(miner: &Miner) -> (Address, Bytes) {
    (RELAYER, testing::submit(miner.unsigned_proof()))
}

fn message(nonce: u64, to: Address, amount: u64) -> TeleportMessage {
    TeleportMessage {
        src_chain: 1,
        dst_chain: CHAIN_ID,
        nonce,
        sender: B256::repeat_byte(5),
        recipient: to.into_word(),
        amount: U256::from(amount),
    }
}

#[test]
fn e1_one_work_has_one_id_and_one_row_however_it_is_encoded() {
    let mut world = World::new(Vec::new());
    let first = Miner::new(ParameterSet::MlDsa44, 1, 1);
    // The same device and nonce with another job, output, recipient, completion and units, and another signature.
    let mut second = Miner::new(ParameterSet::MlDsa44, 1, 1);
    second.statement.context.job_id = hash(99);
    second.statement.output_hash = hash(98);
    second.statement.recipient = Address::repeat_byte(0xb1);
    second.statement.compute_units += 1;
    second.statement.completed_at -= 1;
    assert_eq!(first.work_id(), second.work_id());
    let outcomes = world.block(&[submit(&first), submit(&second), submit(&first)]);
    assert!(matches!(outcomes[..], [Outcome::Success(_), Outcome::Revert(_), Outcome::Revert(_)]));
    let again = world.block(&[(RELAYER, testing::submit(second.proof()))]);
    assert!(matches!(again[..], [Outcome::Revert(_)]));
    let folder = Folder::new();
    let ledger = world.ledger(&folder);
    let work = ledger.get_work(first.work_id()).unwrap().value.unwrap();
    assert_eq!((work.recipient, work.place.block), (first.statement.recipient, 1));
    assert_eq!(ledger.stats(0, 2).unwrap().value.totals.software.proofs, 1);
}

#[test]
fn b7_the_rows_rebuild_the_spent_set_and_the_balances() {
    let (alice, bob) = (Address::repeat_byte(0xa1), Address::repeat_byte(0xb1));
    let teleports = vec![message(0, alice, 500), message(1, bob, 700), message(2, alice, 900)];
    let ids: Vec<_> = teleports.iter().map(ids::teleport_id).collect();
    let mut world = World::new(teleports);
    let mut miners = Vec::new();
    for number in 0..12 {
        let mut miner = Miner::new(ParameterSet::MlDsa44, 1 + (number % 3) as u8, number);
        miner.statement.recipient = if number % 2 == 0 { alice } else { bob };
        // Every fourth is refused: its completion lies in the future.
        miner.statement.completed_at += if number % 4 == 3 { 10_000 } else { 0 };
        miners.push(miner);
    }
    for (number, pair) in miners.chunks(2).enumerate() {
        let mut calls: Vec<_> = pair.iter().map(submit).collect();
        if let Some(id) = ids.get(number).filter(|_| number != 2) {
            calls.push((RELAYER, claimTeleportCall { teleportId: *id }.abi_encode().into()));
            calls.push(calls[2].clone());
        }
        world.host.block_timestamp += 2;
        world.block(&calls);
    }
    let folder = Folder::new();
    let ledger = world.ledger(&folder);
    let head = ledger.head().unwrap();
    let mut supply = U256::ZERO;
    for address in [alice, bob] {
        let page = ledger.history(address, By::Recipient, Cursor::default(), 100).unwrap().value;
        let sum = page.entries.iter().fold(U256::ZERO, |sum, earning| {
            sum + match earning {
                Earning::Work { row, .. } => row.reward,
                Earning::Claim { row, .. } => row.amount,
            }
        });
        assert_eq!(sum, world.view(&miningBalanceCall { miner: address }), "{address}");
        supply += sum;
    }
    assert_eq!(ledger.stats(0, head.number).unwrap().value.totals.supply, supply);
    let mut spent = 0;
    for miner in &miners {
        let by_state = world.view(&isSpentCall { workId: miner.work_id() });
        assert_eq!(matches!(ledger.lookup(miner.work_id(), head), Lookup::Spent(_)), by_state);
        assert_eq!(ledger.lookup(miner.work_id(), head) == Lookup::Unspent, !by_state);
        spent += u32::from(by_state);
    }
    assert_eq!(spent, 9);
    let claimed = |id| ledger.get_teleport(id).unwrap().value.unwrap().claim.is_some();
    assert_eq!(ids.iter().map(|id| claimed(*id)).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn b7_devices_are_what_the_state_says() {
    let mut world = World::new(Vec::new());
    let mut gpu = GpuMiner::new(Architecture::GH100, ParameterSet::MlDsa44, 3, 1);
    let (device, full) = (gpu.device_id(), gpu.full());
    let calls = [(RELAYER, gpu.unsigned_calldata(full))];
    assert!(matches!(world.block(&calls)[..], [Outcome::Success(_)]));
    let revoke = revokeDeviceCall { deviceId: device, revoked: true }.abi_encode().into();
    assert!(matches!(world.block(&[(GOVERNOR, revoke)])[..], [Outcome::Success(_)]));
    let folder = Folder::new();
    let ledger = world.ledger(&folder);
    let found = ledger.get_device(device, Cursor::default(), 10).unwrap().value.unwrap();
    let state = world.view(&deviceInfoCall { deviceId: device });
    let registration = found.device.registration.unwrap();
    assert_eq!((registration.tier.0.id(), registration.ica_index), (state.tier, state.icaIndex));
    assert_eq!(registration.fwid.as_slice(), state.fwid.as_ref());
    let binding = found.device.binding.unwrap();
    assert_eq!((binding.miner, binding.from), (state.nextMiner, state.nextFrom));
    assert_eq!((found.device.revoked, state.revoked), (true, true));
    assert_eq!((found.device.proofs, found.events.entries.len()), (1, 3));
    let totals = ledger.stats(0, 2).unwrap().value.totals;
    assert_eq!((totals.attested.proofs, totals.software.proofs), (1, 0));
}
