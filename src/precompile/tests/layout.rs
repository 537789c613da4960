//! Where each field lies, and what happens when a slot holds what the precompile never writes.

use super::*;
use crate::{
    Fatal,
    storage::{fields, layout::*},
};
use alloy_primitives::uint;
use pars_protocol::{
    abi::{IAIMining::*, IAIMiningGovernance::*, IAIMiningInspector::*},
    ids,
};
use serde_json::Value;

/// solc's `storageLayout` of `contracts/harness/StorageTwin.sol`.
const TWIN: &str = include_str!("../../../contracts/artifacts/StorageTwin.layout.json");

#[test]
fn the_layout_is_what_solc_says_of_its_twin() {
    let twin: Value = serde_json::from_str(TWIN).unwrap();
    let twin: Vec<_> = twin["storage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            assert_eq!(field["offset"], 0);
            let text = |key: &str| field[key].as_str().unwrap().to_string();
            let solidity = twin["types"][text("type")]["label"].as_str().unwrap().to_string();
            (text("label"), text("slot").parse::<u64>().unwrap(), solidity)
        })
        .collect();
    let ours: Vec<_> =
        fields().into_iter().map(|field| (field.name.to_string(), field.slot, field.solidity)).collect();
    assert_eq!(ours, twin);
    assert_eq!(ours.len(), 52);
    assert!(ours.iter().enumerate().all(|(index, field)| field.1 == index as u64), "slots count from zero");
}

#[test]
fn slots_of_mappings_and_arrays_are_soliditys() {
    // Made with another implementation of Keccak-256: keccak256(key . slot), inner mappings with the outer entry as
    // slot, elements of an array from keccak256(slot) on.
    let known = [
        (
            BALANCES.at(RECIPIENT).key(),
            uint!(0xc379d4e0e8ae5e258b5d1c4937d74c2a3f9d522ec6c00c92a6f702748035cf37_U256),
        ),
        (
            ACCEPTED_WORK.at(B256::repeat_byte(0x11)).key(),
            uint!(0x260963edbfdc77b27c31140516df0b13cbfaf61421578f81765a4f60f048b151_U256),
        ),
        (
            POOL_PAID.at(1).key(),
            uint!(0x8c6065603763fec3f5742441d3833f3f43b982453612d76adb39a885e3006b5f_U256),
        ),
        (
            PARAMETER_VALUE.at(Parameter::Base.name()).key(),
            uint!(0xb227771b5da283eece33db5629438839c33ed540b2b234b6e6f04e2688b4ff2d_U256),
        ),
        (
            TELEPORT_PENDING.at(RECIPIENT).at(0).key(),
            uint!(0x70cee41f4907a92ea16cc6ff0d6f2f148da62f91ecb95880ce2ba62fa65b4223_U256),
        ),
        (
            TELEPORT_PENDING.at(RECIPIENT).at(3).key(),
            uint!(0x70cee41f4907a92ea16cc6ff0d6f2f148da62f91ecb95880ce2ba62fa65b4226_U256),
        ),
        (
            TELEPORT_BY_NONCE.at(7070).at(2).key(),
            uint!(0x2d36ff57f4fb5090703c93de72f3bd0c1dbc8b99fc56f6fd68f15ab8a852a0ba_U256),
        ),
    ];
    for (ours, solidity) in known {
        assert_eq!(ours, solidity);
    }
    assert_eq!([VERSION.key(), TOTAL_SUPPLY.key(), LAST_WORK_ID.key()], [0, 4, 8].map(U256::from));
}

/// A call on a state where one word is wrong must say so, whichever method reads it.
#[track_caller]
fn corrupt(mut host: MemoryHost, slot: U256, value: U256, call: Call) {
    let (precompile, _) = stubbed(true);
    accepted(&mut host.clone(), &precompile, call.clone());
    put(&mut host, slot, value);
    refused(&mut host, &precompile, call, &Outcome::Fatal(Fatal::CorruptState(slot)));
}

#[test]
fn b4_a_word_of_the_wrong_shape_is_fatal_not_a_wrong_answer() {
    let (precompile, _) = stubbed(true);
    let messages = [teleport_of(1, RECIPIENT, U256::ONE), teleport_of(2, RECIPIENT, U256::ONE)];
    let mut opened = host(&genesis_with(messages.to_vec()));
    paid(&mut opened, &precompile, unsigned(&Miner::new(ParameterSet::MlDsa44, 1, 1)));
    put(&mut opened, PENDING_GOVERNOR.key(), U256::from_be_slice(RELAYER.as_slice()));
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 2);
    let work = miner.statement.context;
    let (device, job) = (work.device_id, ids::job_mark(work.device_id, work.job_id));
    let id = ids::teleport_id(&messages[0]);

    let submit = call(unsigned(&miner));
    let epoch = call(epochInfoCall {}.abi_encode());
    let details = call(getTeleportDetailsCall { teleportId: id }.abi_encode());
    let claim = call(claimTeleportCall { teleportId: id }.abi_encode());
    let (u64_over, u128_over) = (U256::ONE << 64, U256::ONE << 128);
    let address_over = U256::ONE << 160;
    let set = setParameterCall { name: Parameter::MaxJob.name(), value: U256::from(3_601) };
    let set = from(crate::testing::GOVERNOR, set.abi_encode());
    let is_paid = isJobPaidCall { deviceId: work.device_id, jobId: work.job_id };
    for (slot, value, call) in [
        (EPOCH_START.key(), u64_over, &submit),
        (EPOCH_START.key(), u64_over, &epoch),
        (EPOCH_COUNTER.key(), u64_over, &epoch),
        (EPOCH_LENGTH.key(), U256::MAX, &epoch),
        (POOL_DIFFICULTY.at(0).key(), u128_over, &submit),
        (POOL_UNITS.at(1).key(), u128_over, &submit),
        (POOL_PROOFS.at(0).key(), u64_over, &submit),
        (DEVICE_EPOCH.at(device).key(), u64_over, &submit),
        (DEVICE_UNITS.at(device).key(), u128_over, &submit),
        (JOB_PAID.at(job).key(), U256::from(2), &submit),
        (JOB_PAID.at(job).key(), U256::from(0x100), &call(is_paid.abi_encode())),
        (JOB_PAID.at(job).key(), U256::MAX, &call(is_paid.abi_encode())),
        (PARAMETER_VALUE.at(Parameter::Base.name()).key(), u128_over, &submit),
        (PARAMETER_MOVED_AT.at(Parameter::MaxJob.name()).key(), u64_over, &set),
        (BASE_BEFORE_PAUSE.key(), u128_over, &set),
        (crate::storage::layout::GOVERNOR.key(), address_over, &call(governorCall {}.abi_encode())),
        (PENDING_GOVERNOR.key(), U256::MAX, &call(acceptGovernorCall {}.abi_encode())),
        (TELEPORT_STATUS.at(id).key(), U256::from(3), &details),
        (TELEPORT_STATUS.at(id).key(), U256::from(256), &claim),
        (TELEPORT_SOURCE.at(id).key(), U256::ONE << 32, &details),
        (TELEPORT_NONCE.at(id).key(), u64_over, &details),
        (TELEPORT_RECIPIENT.at(id).key(), address_over, &claim),
        (TELEPORT_INDEX.at(id).key(), u64_over, &claim),
    ] {
        corrupt(opened.clone(), slot, value, call.clone());
    }
}

#[test]
fn b4_a_list_that_does_not_hold_its_entry_is_fatal() {
    let messages = [1, 2, 3].map(|nonce| teleport_of(nonce, RECIPIENT, U256::ONE));
    let host = host(&genesis_with(messages.to_vec()));
    let [first, second, _] = messages.map(|message| ids::teleport_id(&message));
    let claim = call(claimTeleportCall { teleportId: first }.abi_encode());
    let (precompile, _) = stubbed(true);
    let list = TELEPORT_PENDING.at(RECIPIENT);
    // keccak256(recipient . 31), as in the test above.
    let length = uint!(0xf462ccbeab2ad5e3cd2abc846781a45cbbb4487cf0de5e3536c642e72abd545e_U256);
    // Another id at its index, an index beyond the list, an empty list: a claim would take another's place.
    for (slot, value) in [
        (list.at(0).key(), second.into()),
        (TELEPORT_INDEX.at(first).key(), U256::ONE),
        (TELEPORT_INDEX.at(first).key(), U256::from(9)),
        (length, U256::ZERO),
    ] {
        let mut host = host.clone();
        put(&mut host, slot, value);
        let executed = host.execute(&precompile, claim.clone());
        assert!(matches!(executed.outcome, Outcome::Fatal(Fatal::CorruptState(_))), "{:?}", executed.outcome);
    }
}

#[test]
fn b4_a_state_that_lost_its_epoch_length_is_fatal() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    paid(&mut host, &precompile, unsigned(&Miner::new(ParameterSet::MlDsa44, 1, 1)));
    put(&mut host, EPOCH_LENGTH.key(), U256::ZERO);
    let fatal = Outcome::Fatal(Fatal::NotActivated);
    refused(&mut host, &precompile, call(epochInfoCall {}.abi_encode()), &fatal);
}
