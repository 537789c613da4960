//! What full evidence registers, whom a device is bound to, and what later reports rest on.

use super::*;
use crate::storage::layout::{DEVICE_BOUND_FROM, DEVICE_FWID, DEVICE_ICA, DEVICE_KEY, DEVICE_MINER};
use pars_protocol::abi::IAIMiningEvents::*;

#[test]
fn d1_a_real_h100_verifies_by_its_own_nonce() {
    let mut host = host(&genesis());
    let (attestation, nonce) = h100::attestation();
    let answer =
        view(&mut host, &precompile(), verifyNVTrustCall { attestation: attestation.clone(), nonce });
    // BLAKE3 of the key in certificate 1, which starts where its prefix stands.
    let at = h100::IDENTITY_KEY.windows(4).position(|bytes| bytes == [0x30, 0x76, 0x30, 0x10]).unwrap();
    let spki = &h100::IDENTITY_KEY[at..at + 120];
    let device_id = blake3::derive_key("pars.aimining.nvtrust-device.v1", spki);
    assert_eq!((answer.tier, answer.deviceId), (3, device_id.into()));
    // The verdict depends on calldata and state alone: another time and block give the same.
    host.block_timestamp = 1;
    host.block_number = u64::MAX;
    let again = view(&mut host, &precompile(), verifyNVTrustCall { attestation: attestation.clone(), nonce });
    assert_eq!(again, answer);
    let expected = error(NonceMismatch { reported: nonce });
    let other = verifyNVTrustCall { attestation, nonce: B256::repeat_byte(1) };
    refused(&mut host, &precompile(), call(other.abi_encode()), &expected);
}

#[test]
fn d1_evidence_that_any_chain_reads_needs_no_dev_flag() {
    let mut genesis = genesis();
    genesis.dev = false;
    let (attestation, nonce) = h100::attestation();
    let question = verifyNVTrustCall { attestation, nonce };
    assert_eq!(view(&mut host(&genesis), &precompile(), question).tier, 3);
}

#[test]
fn d5_full_evidence_registers_its_device_and_binds_its_miner_from_the_next_epoch_on() {
    let mut host = running();
    let mut gpu = work(&host, 1, 1, 1);
    let device = gpu.device_id();
    let before = host.account.storage.clone();
    let (precompile, _) = stubbed(true);
    let attestation = gpu.full();
    let (_, executed) = accepted(&mut host, &precompile, call(gpu.unsigned_calldata(attestation)));

    let next = next_epoch(&host);
    let mut expected = vec![
        (DEVICE_ICA.at(device).key(), U256::from(255)),
        (DEVICE_MINER.at(device).at(0).key(), miner_key(&gpu).into()),
        (DEVICE_BOUND_FROM.at(device).at(0).key(), U256::from(next)),
    ];
    let padded = [gpu.device.firmware.fwid.as_slice(), &[0; 16]].concat();
    let words = |bytes: &[u8]| bytes.chunks_exact(32).map(U256::from_be_slice).collect::<Vec<_>>();
    for (part, word) in (0..).zip(words(&gpu.device.leaf_public_key())) {
        expected.push((DEVICE_KEY.at(device).at(part).key(), word));
    }
    for (part, word) in (0..).zip(words(&padded)) {
        expected.push((DEVICE_FWID.at(device).at(part).key(), word));
    }
    for (slot, value) in &expected {
        assert_eq!((before.get(slot), word(&host, *slot)), (None, *value));
    }
    // Beside them: what every acceptance writes (b7), and no more.
    let fresh = host.account.storage.keys().filter(|slot| !before.contains_key(*slot)).count();
    assert_eq!(fresh, expected.len() + 2 + 3 + 4, "spent, job, device's three, attested pool's four");

    assert_eq!(executed.logs.len(), 4);
    let registered = DeviceRegistered::decode_log_data(&executed.logs[0]).unwrap();
    assert_eq!((registered.deviceId, registered.tier, registered.icaIndex), (device, 3, 254));
    assert_eq!((registered.pdi.0, registered.fwid), (gpu.device.pdi(), fwid(&gpu)));
    let bound = DeviceBound::decode_log_data(&executed.logs[1]).unwrap();
    assert_eq!((bound.deviceId, bound.miner, bound.from), (device, miner_key(&gpu), next));
    assert!(Transfer::decode_log_data(&executed.logs[2]).is_ok());
    let work = WorkAccepted::decode_log_data(&executed.logs[3]).unwrap();
    assert_eq!((work.deviceId, work.tier, work.trustBps), (device, 3, 8_000));

    let known = info(&host, device);
    assert!(known.registered && !known.revoked);
    assert_eq!((known.tier, known.icaIndex, known.fwid), (3, 254, fwid(&gpu)));
    assert_eq!((known.miner, known.nextMiner, known.nextFrom), (B256::ZERO, miner_key(&gpu), next));
    assert_eq!((known.units, known.paid), (1_000_000, work.reward));
    host.block_timestamp = next;
    let known = info(&host, device);
    assert_eq!((known.miner, known.nextMiner, known.nextFrom), (miner_key(&gpu), B256::ZERO, 0));
    assert_eq!((known.units, known.paid), (0, U256::ZERO));
    // Nobody knows the others.
    let unknown = info(&host, B256::repeat_byte(9));
    assert!(!unknown.registered && unknown.fwid.is_empty() && unknown.miner.is_zero());

    // The same evidence's device once more: nothing to register, nothing to bind.
    let mut again = super::work(&host, 1, 1, 2);
    let attestation = again.full();
    let (_, executed) = accepted(&mut host, &precompile, call(again.unsigned_calldata(attestation)));
    assert_eq!(executed.logs.len(), 2);
}

#[test]
fn d5_a_registered_device_needs_one_signature_and_the_bound_key() {
    let mut host = running();
    let mut gpu = work(&host, 1, 1, 1);
    let attestation = gpu.registered();
    refuse(DeviceNotRegistered { deviceId: gpu.device_id() }, attestation, &mut gpu, &mut host);
    let reward = pay_full(&mut gpu, &mut host);

    // Not yet bound in the epoch of its registration.
    let mut soon = work(&host, 1, 1, 2);
    let attestation = soon.registered();
    let not_bound = DeviceNotBound { deviceId: soon.device_id(), miner: miner_key(&soon) };
    refuse(not_bound, attestation, &mut soon, &mut host);

    host.block_timestamp = next_epoch(&host);
    let mut later = work(&host, 1, 1, 3);
    // The epoch that closed was far from its target: d rose by a quarter.
    assert_eq!(pay_registered(&mut later, &mut host), reward * U256::from(5) / U256::from(4));
    // Another key is not bound, though its evidence is genuine and fresh.
    let mut other = work(&host, 2, 1, 4);
    let attestation = other.registered();
    let not_bound = DeviceNotBound { deviceId: other.device_id(), miner: miner_key(&other) };
    refuse(not_bound, attestation, &mut other, &mut host);
}

#[test]
fn d5_rebinding_takes_force_at_the_next_epoch_and_what_was_completed_before_stays_payable() {
    let mut host = running();
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
    let first = next_epoch(&host);
    host.block_timestamp = first + 100;
    pay_registered(&mut work(&host, 1, 1, 2), &mut host);
    // Rented out: the new miner's full evidence is paid at once, and binds from the next epoch on.
    pay_full(&mut work(&host, 2, 1, 3), &mut host);
    let mut kept = work(&host, 1, 1, 4);
    pay_registered(&mut kept, &mut host);
    let (mut late, mut early) = (work(&host, 1, 1, 5), work(&host, 2, 1, 6));
    let old_seed = late.seed;

    let second = next_epoch(&host);
    host.block_timestamp = second + 1;
    // Completed before the change: the former miner's, under the seed of its epoch.
    late.miner.statement.completed_at = second - 1;
    late.miner.statement.context.timestamp = second - 61;
    late.seed = old_seed;
    pay_registered(&mut late, &mut host);
    // Completed after it: the new miner's.
    let mut after = work(&host, 1, 1, 7);
    let attestation = after.registered();
    let refusal = |gpu: &GpuMiner| DeviceNotBound { deviceId: gpu.device_id(), miner: miner_key(gpu) };
    let expected = refusal(&after);
    refuse(expected, attestation, &mut after, &mut host);
    pay_registered(&mut work(&host, 2, 1, 8), &mut host);
    // Nor did the new miner have the device before.
    early.miner.statement.completed_at = second - 1;
    early.miner.statement.context.timestamp = second - 61;
    early.seed = old_seed;
    let (attestation, expected) = (early.registered(), refusal(&early));
    refuse(expected, attestation, &mut early, &mut host);
}

#[test]
fn d5_in_one_epoch_the_last_full_evidence_decides_and_binding_back_leaves_the_former_miner() {
    let mut host = running();
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
    enter_next_epoch(&mut host, 900);
    // 2, then 3, then 1 again: each is paid, and the last one counts from the next epoch on.
    for (number, key) in [(2, 2), (3, 3), (4, 1)] {
        let mut gpu = work(&host, key, 1, number);
        pay_full(&mut gpu, &mut host);
        let known = info(&host, gpu.device_id());
        assert_eq!((known.nextMiner, known.nextFrom), (miner_key(&gpu), next_epoch(&host)));
        assert_eq!(known.miner, miner_key(&work(&host, 1, 1, 9)), "until then the former one stays");
    }
    pay_registered(&mut work(&host, 1, 1, 5), &mut host);
    host.block_timestamp = next_epoch(&host);
    pay_registered(&mut work(&host, 1, 1, 6), &mut host);
    for key in [2, 3] {
        let mut gpu = work(&host, key, 1, 7);
        let attestation = gpu.registered();
        let expected = DeviceNotBound { deviceId: gpu.device_id(), miner: miner_key(&gpu) };
        refuse(expected, attestation, &mut gpu, &mut host);
    }
}

#[test]
fn d5_three_bindings_tell_who_was_bound_as_long_as_evidence_is_valid() {
    // A device changes hands every epoch. A report under the previous seed was made two changes ago at most.
    let mut host = running();
    let mut waiting: Option<GpuMiner> = None;
    for epoch in 0..6_u8 {
        // Somebody else's proof rolls the epoch: evidence can answer its seed only from then on.
        enter_epoch(&mut host, 900 + u64::from(epoch));
        let mut new = work(&host, epoch + 1, 1, u64::from(epoch) * 10 + 1);
        pay_full(&mut new, &mut host);
        if let Some(mut gpu) = waiting.take() {
            pay_registered(&mut gpu, &mut host);
        }
        if epoch > 0 {
            // Whoever is bound now makes a report at the epoch's last second, and hands it in in the next one.
            let end = next_epoch(&host) - 1;
            let mut gpu = work(&host, epoch, 1, u64::from(epoch) * 10 + 2);
            gpu.miner.statement.completed_at = end;
            gpu.miner.statement.context.timestamp = end - 60;
            waiting = Some(gpu);
        }
        host.block_timestamp = next_epoch(&host);
    }
}

#[test]
fn d5_a_left_over_proof_is_paid_and_moves_nothing() {
    // A former miner keeps a full proof. Handed in after it lost the device, it pays; the binding and the registration
    // stay those of whoever has the device now.
    let mut host = running();
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
    enter_next_epoch(&mut host, 900);
    let mut left = work(&host, 1, 1, 2);
    let evidence = left.full();
    let mut new = work(&host, 2, 1, 3);
    new.device.update_firmware("580.95.05");
    pay_full(&mut new, &mut host);
    let bound = next_epoch(&host);

    // In the call that rolls the epoch, and later in it: it answers the seed before.
    for roll_first in [false, true] {
        let mut host = host.clone();
        host.block_timestamp = bound;
        if roll_first {
            enter_epoch(&mut host, 901);
        }
        let before = info(&host, left.device_id());
        pay(evidence.clone(), &mut left, &mut host);
        let after = info(&host, left.device_id());
        assert_eq!((after.miner, after.nextMiner), (miner_key(&new), B256::ZERO));
        assert_eq!(after.fwid, before.fwid);
        let mut tenant = work(&host, 2, 1, 4);
        tenant.device.update_firmware("580.95.05");
        pay_registered(&mut tenant, &mut host);
    }
}

#[test]
fn d5_work_signed_by_a_registration_that_was_replaced_is_payable_with_full_evidence() {
    // The device's firmware changed hands with it; what the bound miner completed before is paid by its certificates.
    let mut host = running();
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
    enter_next_epoch(&mut host, 900);
    let mut done = work(&host, 1, 1, 2);
    let mut new = work(&host, 2, 1, 3);
    new.device.update_firmware("580.95.05");
    pay_full(&mut new, &mut host);
    refuse(FirmwareMismatch {}, done.registered(), &mut done, &mut host);
    pay_full(&mut done, &mut host);
}

#[test]
fn d5_a_binding_takes_force_neither_in_the_past_nor_ahead_of_its_time() {
    let mut host = running();
    // A length that was cut after the epoch began: its end lies in the past.
    put(&mut host, crate::storage::layout::EPOCH_LENGTH.key(), U256::from(2_700));
    put_parameter(&mut host, Parameter::EpochLength, 2_700);
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
    let mut waits = work(&host, 2, 2, 2);
    pay_full(&mut waits, &mut host);
    let known = info(&host, waits.device_id());
    assert!(known.nextFrom > host.block_timestamp);
    // A completion may be dated a minute ahead of the block; that does not bring the binding forward.
    host.block_timestamp = known.nextFrom - 30;
    let mut early = work(&host, 2, 2, 3);
    early.miner.statement.completed_at = known.nextFrom + 10;
    let expected = DeviceNotBound { deviceId: early.device_id(), miner: miner_key(&early) };
    refuse(expected, early.registered(), &mut early, &mut host);
}

#[test]
fn d5_new_firmware_is_registered_by_full_evidence_only() {
    let mut host = running();
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
    enter_next_epoch(&mut host, 900);
    // Another branch: another leaf key, another firmware id.
    let mut updated = work(&host, 1, 1, 2);
    updated.device.update_firmware("580.95.05");
    let attestation = updated.registered();
    refuse(FirmwareMismatch {}, attestation, &mut updated, &mut host);
    pay_full(&mut updated, &mut host);
    assert_eq!(info(&host, updated.device_id()).fwid, fwid(&updated));
    let mut again = work(&host, 1, 1, 3);
    again.device.update_firmware("580.95.05");
    pay_registered(&mut again, &mut host);
    // The old firmware's key counts no longer.
    let mut old = work(&host, 1, 1, 4);
    let attestation = old.registered();
    refuse(FirmwareMismatch {}, attestation, &mut old, &mut host);
}

#[test]
fn d5_caps_and_ceilings_follow_the_device_whoever_mines_on_it() {
    let mut host = running();
    // 989,500 units a second: an epoch's worth is reached by two miners together, never exceeded.
    let ceiling = 989_500 * EPOCH;
    put_parameter(&mut host, Parameter::ProofCap, 1_000_000 * ONE);
    put_parameter(&mut host, Parameter::DeviceCap, 1_000_000 * ONE);
    put_parameter(&mut host, Parameter::PoolCapAttested, 1_000_000 * ONE);
    let long = |host: &MemoryHost, key, number, units| {
        let mut gpu = work(host, key, 1, number);
        gpu.miner.statement.context.timestamp = host.block_timestamp - 3_599;
        gpu.miner.statement.compute_units = units;
        gpu
    };
    pay_full(&mut long(&host, 1, 1, ceiling - 1_000_000), &mut host);
    let mut splitting = long(&host, 2, 2, 1_000_001);
    let attestation = splitting.full();
    let reached = DeviceUnitsReached { units: U256::from(ceiling + 1), ceiling: U256::from(ceiling) };
    refuse(reached, attestation, &mut splitting, &mut host);
    pay_full(&mut long(&host, 2, 3, 1_000_000), &mut host);
    // One proof's own bound is the seconds it names.
    let mut quick = work(&host, 1, 2, 4);
    quick.miner.statement.compute_units = 989_500 * 61 + 1;
    let attestation = quick.full();
    let above = UnitsAboveCeiling { units: 989_500 * 61 + 1, ceiling: U256::from(989_500 * 61) };
    refuse(above, attestation, &mut quick, &mut host);
    // In AI as well.
    put_parameter(&mut host, Parameter::DeviceCap, 1);
    let mut third = long(&host, 1, 5, 1);
    third.device = GpuMiner::new(Architecture::GH100, SET, 3, 1).device;
    third.miner.statement.context.device_id = third.device_id();
    third.miner.statement.compute_units = 1_000;
    let attestation = third.full();
    let (precompile, _) = stubbed(true);
    let executed = host.execute(&precompile, call(third.unsigned_calldata(attestation)));
    assert!(
        matches!(executed.outcome, Outcome::Revert(data) if data.starts_with(&DeviceCapReached::SELECTOR))
    );
}
