//! Evidence used for something else than it was made for.

use super::*;
use crate::storage::layout::{DEVICE_ICA, SEED_CURRENT, SEED_PREVIOUS};

/// The refusal of evidence that answers another nonce than the proof's.
fn wrong_nonce(nonce: [u8; 32]) -> NonceMismatch {
    NonceMismatch { reported: nonce.into() }
}

/// A field of the context, and a change to it.
type Change = (&'static str, fn(&mut GpuMiner));

#[test]
fn d3_evidence_serves_its_own_context_only() {
    let mut host = running();
    let good = work(&host, 1, 1, 1);
    let (attestation, nonce) = (good.full(), good.nonce());
    let changes: [Change; 6] = [
        ("job", |gpu| gpu.miner.statement.context.job_id[0] ^= 1),
        ("model", |gpu| gpu.miner.statement.context.model_hash[0] ^= 1),
        ("input", |gpu| gpu.miner.statement.context.input_hash[0] ^= 1),
        ("device", |gpu| gpu.miner.statement.context.device_id[0] ^= 1),
        ("nonce", |gpu| gpu.miner.statement.context.nonce[31] ^= 1),
        ("time", |gpu| gpu.miner.statement.context.timestamp -= 1),
    ];
    for (what, change) in changes {
        println!("{what}");
        let mut stolen = work(&host, 1, 1, 1);
        change(&mut stolen);
        refuse(wrong_nonce(nonce), attestation.clone(), &mut stolen, &mut host);
    }
    // Another miner sees it in the mempool: its key is in the nonce.
    let mut thief = work(&host, 2, 1, 1);
    refuse(wrong_nonce(nonce), attestation.clone(), &mut thief, &mut host);
    // What is not in the nonce is in the signature of the miner, over the hash of the evidence.
    let mut own = work(&host, 1, 1, 1);
    own.miner.statement.recipient = Address::repeat_byte(0xee);
    pay(attestation, &mut own, &mut host);
}

#[test]
fn d3_evidence_of_another_chain_is_refused() {
    // The same device, miner, job and seed; the other chain's id is in the context, and in the nonce.
    let mut host = running();
    let mut gpu = work(&host, 1, 1, 1);
    gpu.miner.statement.context.chain_id = 7070;
    let (attestation, nonce) = (gpu.full(), gpu.nonce());
    let wrong_chain = WrongChain { expected: 6133, actual: 7070 };
    refuse(wrong_chain, attestation.clone(), &mut gpu, &mut host);
    gpu.miner.statement.context.chain_id = CHAIN_ID;
    refuse(wrong_nonce(nonce), attestation, &mut gpu, &mut host);
}

#[test]
fn d3_evidence_answers_the_seed_of_this_epoch_or_the_last_and_none_before() {
    let mut host = running();
    let stockpile = work(&host, 1, 1, 1);
    let (attestation, nonce) = (stockpile.full(), stockpile.nonce());
    let hand_in = |host: &MemoryHost| {
        let mut gpu = work(host, 1, 1, 1);
        // The context stays; the completion must be young enough for the block.
        gpu.miner.statement.context.timestamp = stockpile.miner.statement.context.timestamp;
        gpu.miner.statement.completed_at = stockpile.miner.statement.completed_at;
        gpu
    };
    // An epoch later, another proof having rolled the seeds: still good, as `previous`.
    host.block_timestamp = next_epoch(&host);
    pay_full(&mut work(&host, 3, 3, 30), &mut host);
    assert_eq!(seeds(&host).1, stockpile.seed);
    let mut in_time = host.clone();
    pay(attestation.clone(), &mut hand_in(&host), &mut in_time);
    // Two epochs later: gone, whatever the times of the proof say.
    host.block_timestamp = next_epoch(&host);
    pay_full(&mut work(&host, 3, 3, 31), &mut host);
    assert!(![seeds(&host).0, seeds(&host).1].contains(&stockpile.seed));
    put_parameter(&mut host, Parameter::MaxAge, 100_000);
    refuse(wrong_nonce(nonce), attestation, &mut hand_in(&host), &mut host);
}

#[test]
fn d3_after_an_idle_epoch_only_the_current_seed_is_valid() {
    let mut host = running();
    host.block_timestamp = next_epoch(&host);
    pay_full(&mut work(&host, 3, 3, 30), &mut host);
    let (current, previous) = seeds(&host);
    // The epoch is over; nobody has rolled it yet.
    host.block_timestamp = next_epoch(&host);
    assert_eq!(seeds(&host), (current, B256::ZERO));
    let mut old = work(&host, 1, 1, 1);
    old.seed = previous;
    let (attestation, nonce) = (old.full(), old.nonce());
    refuse(wrong_nonce(nonce), attestation, &mut old, &mut host);
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
}

#[test]
fn d3_the_zero_seed_is_never_valid() {
    // At activation there is no previous seed: a nonce over zero is nobody's.
    let mut host = host(&genesis());
    assert!(word(&host, SEED_PREVIOUS.key()).is_zero());
    let mut gpu = work(&host, 1, 1, 1);
    gpu.seed = B256::ZERO;
    let (attestation, nonce) = (gpu.full(), gpu.nonce());
    refuse(wrong_nonce(nonce), attestation.clone(), &mut gpu, &mut host);
    put(&mut host, SEED_CURRENT.key(), U256::ZERO);
    refuse(wrong_nonce(nonce), attestation, &mut gpu, &mut host);
}

#[test]
fn d4_twins_of_signatures_are_the_same_work_and_are_paid_once() {
    // (r, n − s) verifies in every signature of the evidence, and changes neither device nor work id.
    let mut host = running();
    let mut gpu = work(&host, 1, 1, 1);
    let (one, other) = (gpu.full(), {
        let mut parts = Parts::of(&gpu.full());
        let at = parts.report.len() - 48;
        let s = negate(parts.report[at..].try_into().unwrap());
        parts.report[at..].copy_from_slice(&s);
        parts.encode()
    });
    assert_ne!(one, other);
    let nonce = B256::from(gpu.nonce());
    let verdict = |attestation: &Bytes, host: &mut MemoryHost| {
        view(host, &precompile(), verifyNVTrustCall { attestation: attestation.clone(), nonce })
    };
    assert_eq!(verdict(&one, &mut host), verdict(&other, &mut host));
    let work_id = gpu.miner.work_id();
    let mut twin = host.clone();
    pay(other.clone(), &mut gpu, &mut twin);
    pay(one, &mut gpu, &mut host);
    assert_eq!(gpu.miner.work_id(), work_id);
    refuse(WorkAlreadySpent { workId: work_id }, other, &mut gpu, &mut host);
}

/// n − s on P-384.
fn negate(s: [u8; 48]) -> [u8; 48] {
    let n = hex::decode(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    )
    .unwrap();
    let mut borrow = 0_i16;
    let mut out = [0; 48];
    for at in (0..48).rev() {
        let digit = i16::from(n[at]) - i16::from(s[at]) - borrow;
        borrow = i16::from(digit < 0);
        out[at] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    out
}

#[test]
fn d5_a_device_is_paid_once_for_a_job() {
    let mut host = running();
    let mut gpu = work(&host, 1, 1, 1);
    pay_full(&mut gpu, &mut host);
    let paid = |gpu: &GpuMiner| JobAlreadyPaid {
        deviceId: gpu.device_id(),
        jobId: gpu.miner.statement.context.job_id,
    };
    // The same job with another nonce: by the same miner, and by another one on the same device.
    for key in [1, 2] {
        let mut again = work(&host, key, 1, 2);
        again.miner.statement.context.job_id = gpu.miner.statement.context.job_id;
        let (attestation, expected) = (again.full(), paid(&again));
        refuse(expected, attestation, &mut again, &mut host);
    }
    // Another device may do the same job.
    let mut other = work(&host, 1, 2, 3);
    other.miner.statement.context.job_id = gpu.miner.statement.context.job_id;
    pay_full(&mut other, &mut host);
}

#[test]
fn d5_a_report_of_one_device_is_not_anothers() {
    let mut host = running();
    for device in [1, 2] {
        pay_full(&mut work(&host, 1, device, device.into()), &mut host);
    }
    host.block_timestamp = next_epoch(&host);
    // A report by device 2 over the nonce of device 1's work.
    let mut gpu = work(&host, 1, 1, 3);
    let foreign = work(&host, 1, 2, 3).device.report(&gpu.nonce());
    let attestation = registered_with(gpu.device_id(), &foreign);
    refuse(InvalidReportSignature {}, attestation, &mut gpu, &mut host);
    // Under the other's id the context says otherwise.
    let other = work(&host, 1, 2, 3).device_id();
    let attestation = registered_with(other, &foreign);
    let expected = DeviceMismatch { expected: other, actual: gpu.device_id() };
    refuse(expected, attestation, &mut gpu, &mut host);
}

#[test]
fn d7_nobody_gets_the_attested_pool_without_evidence_nor_an_attested_device_id() {
    // A software proof that names an attested device would burn its work ids.
    let mut host = running();
    let victim = work(&host, 1, 1, 1);
    let mut thief = Miner::new(SET, 9, 1);
    thief.statement.context = victim.miner.statement.context;
    let (precompile, _) = stubbed(true);
    let expected =
        DeviceMismatch { expected: ids::software_device_id(thief.public_key()), actual: victim.device_id() };
    refused(&mut host, &precompile, call(unsigned(&thief)), &error(expected));
    // Nor is a software device's id of use with evidence.
    let mut gpu = work(&host, 1, 1, 1);
    let software = ids::software_device_id(gpu.miner.public_key());
    gpu.miner.statement.context.device_id = software;
    let (attestation, expected) =
        (gpu.full(), DeviceMismatch { expected: gpu.device_id(), actual: software });
    refuse(expected, attestation, &mut gpu, &mut host);
    assert!(word(&host, DEVICE_ICA.at(gpu.device_id()).key()).is_zero());
}

#[test]
fn d5_a_proof_that_is_refused_after_its_evidence_registers_nothing() {
    // Every check that follows the evidence: no binding, no registration, no event.
    let mut host = running();
    let mut gpu = work(&host, 1, 1, 1);
    gpu.miner.statement.min_reward = u128::MAX;
    let (precompile, _) = stubbed(true);
    let attestation = gpu.full();
    let before = state(&host);
    let executed = host.execute(&precompile, call(gpu.unsigned_calldata(attestation)));
    assert!(
        matches!(executed.outcome, Outcome::Revert(data) if data.starts_with(&RewardBelowMinimum::SELECTOR))
    );
    assert!(executed.logs.is_empty());
    assert_eq!(state(&host), before);
}

#[test]
fn d5_one_flipped_bit_anywhere_in_an_attestation_is_never_paid_unless_it_is_the_same_verdict() {
    // The miner signs the hash of the evidence, so a relayer can change nothing; here the hash follows the change.
    let host = running();
    let gpu = work(&host, 1, 1, 1);
    let attestation = gpu.full();
    let mut random = Random(seed());
    let (precompile, _) = stubbed(true);
    let mut verdicts = 0;
    for _ in 0..150 {
        let at = usize::try_from(random.below(attestation.len() as u64)).unwrap();
        let mut bent = attestation.to_vec();
        bent[at] ^= 1 << random.below(8);
        let mut host = host.clone();
        let mut gpu = work(&host, 1, 1, 1);
        match host.execute(&precompile, call(gpu.unsigned_calldata(bent.into()))).outcome {
            Outcome::Revert(_) => verdicts += 1,
            other => panic!("byte {at}: {other:?}"),
        }
    }
    assert_eq!(verdicts, 150);
}
