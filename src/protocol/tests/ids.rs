//! Ids against known answers and against the formulas of the specification, written here a second time.

use super::*;
use crate::ids::*;
use alloy_primitives::{address, b256};
use std::collections::BTreeSet;

// ---- Known answers

/// HIP-006 and LP-5200: BLAKE3(device ‖ nonce ‖ chain id, four bytes, little-endian).
#[test]
fn work_id_known_answers_of_the_peers_formula() {
    let [mut device, mut nonce] = [[0; 32]; 2];
    device[..3].copy_from_slice(&[1, 2, 3]);
    nonce[..3].copy_from_slice(&[4, 5, 6]);
    for (chain_id, expected) in [
        (6133, b256!("7e43a00a2739b4faf4b5454317627b8e7f319b3f0de0db6ec5d8b837f4244983")),
        (7070, b256!("da187b0b1da944f6a7010a65bc2fea4c417ed3220458fe52a7c620d490fc28d8")),
        (96369, b256!("69ab6e5a2655309394f4826e79d9de430b30a5c70c638dc2d9429e63a9e59504")),
        (36963, b256!("33e1db619a99535842fab4181e2bcaae12e60d559e5eeb444d40c96abb302b33")),
        (200200, b256!("006b39a7a76cf4cad5d15e4f3d46f8490a3c60ade30a82f98f97e30da5447407")),
    ] {
        assert_eq!(work_id(device.into(), nonce.into(), chain_id), expected, "chain {chain_id}");
    }
}

/// Keys of one repeated byte, as peers' tests have them.
#[test]
fn miner_address_known_answers() {
    for (key, expected) in [
        (vec![1; 32], address!("9515049071ed913149a80d3bb7891fcd4c6c1e3d")),
        (vec![0; 1312], address!("888e983fa50f2ded1d89014b95b161df4551dd60")),
        (vec![0; 1952], address!("844013f2d3b9b4a910f92eb6743c422d86a59ea6")),
        (vec![0; 2592], address!("1d32e1d8c2e65708b1299822e92ba704c28d76ee")),
        (pattern::<1312>(7).to_vec(), address!("bd2d6d029f23d58bf7bfec699e506a4a52e3908f")),
        (pattern::<1952>(7).to_vec(), address!("1ba9fd47b9a2b43f9caac78b3c6862aef9758ed4")),
        (pattern::<2592>(7).to_vec(), address!("078edaf148c0a837d43082de92185d4065a4cb26")),
    ] {
        assert_eq!(miner_address(&key), expected);
    }
}

/// One value of each id, on the inputs of `tests/mod.rs`.
#[test]
fn every_id_has_a_known_answer() {
    let c = context();
    let output_hash = B256::from(pattern(0xb0));
    let seed = B256::from(pattern(0xd0));
    let key: [u8; 1312] = pattern(7);
    for (name, found, expected) in [
        ("blake3", blake3(b""), b256!("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")),
        (
            "work_id",
            work_id(c.device_id, c.nonce, 6133),
            b256!("fd9fc677ca8fa6968dffa8d23767ff61a51cfbb55e5daaf21b464c823b7c968b"),
        ),
        (
            "work_id, greatest chain id",
            work_id(c.device_id, c.nonce, u32::MAX),
            b256!("b5bbadb76711ecc01e56eb0f2be19578cc559e8772207ab57a7a6c04cf815c5c"),
        ),
        (
            "job_mark",
            job_mark(c.device_id, c.job_id),
            b256!("907ee5d64408ea771510deda45a2a1c6799a1d908b5508b56e0f765f2b9f9391"),
        ),
        (
            "work_digest",
            work_digest(c.device_id, c.model_hash, c.input_hash, output_hash),
            b256!("c67affb2079efe0c61527a93174a0bf78c39e8714abccb76463bdcc11cc76e95"),
        ),
        (
            "attested_device_id",
            attested_device_id(&pattern(3)),
            b256!("f0615258b9b8728ecc9e416f0e15f07acc3903cb42b9cae29f8c06d39f2228bf"),
        ),
        (
            "software_device_id, ML-DSA-44",
            software_device_id(&key),
            b256!("ea2676915fdda94757bb4cd98f34ce89cc6d2f84fdc40361cf95ce97ce2a8b35"),
        ),
        (
            "software_device_id, ML-DSA-65",
            software_device_id(&pattern::<1952>(7)),
            b256!("fedff239d0014b53f05ba9b2f3d31055f7e6ba01a894a0cde3b26e1219bbcd4a"),
        ),
        (
            "software_device_id, ML-DSA-87",
            software_device_id(&pattern::<2592>(7)),
            b256!("4215f718d13aadfd9f13a90bb07a405d7c6610155305c0874c89415d46f8b5e7"),
        ),
        (
            "attestation_nonce",
            attestation_nonce(&c, &key, seed),
            b256!("6b89fe6a217053cd91e08c527eda8bf1f34821b90448cdba201a4059fa91e35b"),
        ),
        (
            "initial_epoch_seed, 6133",
            initial_epoch_seed(6133),
            b256!("7e7e5eef88521c355a485d6c2787efe1c98b16518c54addd82ee68881923472f"),
        ),
        (
            "initial_epoch_seed, 7070",
            initial_epoch_seed(7070),
            b256!("cad9806e4604767cd9f7911db5eeb8f01da9005c5dff3cb7ba85c8123e750bd2"),
        ),
        (
            "next_epoch_seed",
            next_epoch_seed(seed, 2, 123_456, 1_700_003_600, c.device_id),
            b256!("27689970fd2012030ac87624db45e7f62e685a2d0ee8e26a35492c1f8a232791"),
        ),
        (
            "teleport_id",
            teleport_id(&teleport()),
            b256!("85479d545b2486be129a7aa44948a11872489ac3434e43d7037b77ad795f58af"),
        ),
    ] {
        assert_eq!(found, expected, "{name}");
    }
}

// ---- The formulas again

fn plain(bytes: &[u8]) -> B256 {
    B256::from(*::blake3::hash(bytes).as_bytes())
}

fn tagged(tag: &str, bytes: &[u8]) -> B256 {
    B256::from(::blake3::derive_key(tag, bytes))
}

const TAGS: [&str; 6] = [
    "pars.aimining.job.v1",
    "pars.aimining.software-device.v1",
    "pars.aimining.nvtrust-device.v1",
    "pars.aimining.nvtrust-nonce.v1",
    "pars.aimining.epoch-seed.v1",
    "pars.aimining.teleport.v1",
];

#[test]
fn tags_are_those_of_the_specification() {
    let code =
        [JOB_TAG, SOFTWARE_DEVICE_TAG, NVTRUST_DEVICE_TAG, NVTRUST_NONCE_TAG, EPOCH_SEED_TAG, TELEPORT_TAG];
    assert_eq!(code, TAGS);
    assert_eq!(BTreeSet::from(TAGS).len(), TAGS.len());
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn ids_follow_their_formulas(
        [device, nonce, job, model, input, output] in [(); 6].map(|()| any_b256()),
        chain_id in any::<u32>(),
        [timestamp, counter, block, now] in any::<[u64; 4]>(),
        key in proptest::collection::vec(any::<u8>(), 0..3000),
        spki in proptest::collection::vec(any::<u8>(), 120),
    ) {
        let d = device.as_slice();
        prop_assert_eq!(crate::ids::blake3(&key), plain(&key));
        prop_assert_eq!(miner_address(&key), Address::from_slice(&plain(&key)[..20]));
        prop_assert_eq!(
            work_id(device, nonce, chain_id),
            plain(&[d, &nonce[..], &chain_id.to_le_bytes()].concat())
        );
        prop_assert_eq!(job_mark(device, job), tagged("pars.aimining.job.v1", &[d, &job[..]].concat()));
        let marks: Vec<_> = job_marks([(device, job), (job, device), (model, input)]).collect();
        prop_assert_eq!(marks, [job_mark(device, job), job_mark(job, device), job_mark(model, input)]);
        prop_assert_eq!(
            work_digest(device, model, input, output),
            plain(&[d, &model[..], &input[..], &output[..]].concat())
        );
        prop_assert_eq!(software_device_id(&key), tagged("pars.aimining.software-device.v1", &key));
        prop_assert_eq!(
            attested_device_id(spki.as_slice().try_into().unwrap()),
            tagged("pars.aimining.nvtrust-device.v1", &spki)
        );
        let context = WorkContext {
            chain_id, job_id: job, model_hash: model, input_hash: input, device_id: device, nonce, timestamp,
        };
        let bytes = [
            &chain_id.to_be_bytes()[..], &job[..], &model[..], &input[..], d, &nonce[..], &timestamp.to_be_bytes(),
            &plain(&key)[..], &output[..],
        ];
        prop_assert_eq!(
            attestation_nonce(&context, &key, output),
            tagged("pars.aimining.nvtrust-nonce.v1", &bytes.concat())
        );
        prop_assert_eq!(
            initial_epoch_seed(chain_id),
            tagged("pars.aimining.epoch-seed.v1", &chain_id.to_be_bytes())
        );
        let bytes = [
            d, &counter.to_be_bytes(), &block.to_be_bytes(), &now.to_be_bytes(), &job[..],
        ];
        prop_assert_eq!(
            next_epoch_seed(device, counter, block, now, job),
            tagged("pars.aimining.epoch-seed.v1", &bytes.concat())
        );
        let message = TeleportMessage {
            src_chain: chain_id, dst_chain: !chain_id, nonce: counter, sender: device, recipient: job,
            amount: U256::from_be_bytes(model.0),
        };
        let bytes = [
            &[1][..], &chain_id.to_be_bytes(), &(!chain_id).to_be_bytes(), &counter.to_be_bytes(), d, &job[..], &model[..],
        ];
        prop_assert_eq!(teleport_id(&message), tagged("pars.aimining.teleport.v1", &bytes.concat()));
    }

    /// The same bytes under every tag and under none: no two answers agree.
    #[test]
    fn tags_separate_purposes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let ids: BTreeSet<B256> = TAGS.iter().map(|tag| tagged(tag, &bytes)).chain([plain(&bytes)]).collect();
        prop_assert_eq!(ids.len(), TAGS.len() + 1);
    }
}

/// Ids that take the same bytes differ: of one preimage, what each function of that length says.
#[test]
fn ids_of_the_same_bytes_differ() {
    let c = context();
    let halves = [c.device_id.as_slice(), c.job_id.as_slice()].concat();
    let spki: [u8; 120] = pattern(9);
    let message = teleport().encode();
    let seed = [c.device_id.as_slice(), &[0; 24], c.nonce.as_slice()].concat();
    for ids in [
        vec![job_mark(c.device_id, c.job_id), software_device_id(&halves), blake3(&halves)],
        vec![attested_device_id(&spki), software_device_id(&spki), blake3(&spki)],
        vec![teleport_id(&teleport()), software_device_id(&message), blake3(&message)],
        vec![initial_epoch_seed(1), software_device_id(&[0, 0, 0, 1]), blake3(&[0, 0, 0, 1])],
        vec![next_epoch_seed(c.device_id, 0, 0, 0, c.nonce), software_device_id(&seed), blake3(&seed)],
        // Two devices' ids of one 64 bytes, and the digest and the mark of one pair.
        vec![job_mark(c.device_id, c.job_id), job_mark(c.job_id, c.device_id)],
        vec![
            work_digest(c.device_id, c.job_id, c.nonce, c.model_hash),
            work_id(c.device_id, c.job_id, 0),
            job_mark(c.device_id, c.job_id),
        ],
    ] {
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    }
}

/// Every argument counts, and no two can be exchanged.
#[test]
fn every_argument_counts() {
    let [a, b, c, d] = [1, 2, 3, 4].map(B256::repeat_byte);
    let base = context();
    for ids in [
        vec![work_id(a, b, 1), work_id(b, a, 1), work_id(a, a, 1), work_id(a, b, 2), work_id(a, b, 1 << 24)],
        vec![
            work_digest(a, b, c, d),
            work_digest(b, a, c, d),
            work_digest(a, c, b, d),
            work_digest(a, b, d, c),
        ],
        vec![
            next_epoch_seed(a, 1, 2, 3, b),
            next_epoch_seed(b, 1, 2, 3, a),
            next_epoch_seed(a, 2, 1, 3, b),
            next_epoch_seed(a, 1, 3, 2, b),
            next_epoch_seed(a, 1, 2, 4, b),
        ],
        vec![
            attestation_nonce(&base, &[1], a),
            attestation_nonce(&base, &[2], a),
            attestation_nonce(&base, &[1], b),
            attestation_nonce(&WorkContext { chain_id: 7070, ..base }, &[1], a),
            attestation_nonce(&WorkContext { job_id: a, ..base }, &[1], a),
            attestation_nonce(&WorkContext { model_hash: a, ..base }, &[1], a),
            attestation_nonce(&WorkContext { input_hash: a, ..base }, &[1], a),
            attestation_nonce(&WorkContext { device_id: a, ..base }, &[1], a),
            attestation_nonce(&WorkContext { nonce: a, ..base }, &[1], a),
            attestation_nonce(&WorkContext { timestamp: 0, ..base }, &[1], a),
        ],
        vec![
            teleport_id(&teleport()),
            teleport_id(&TeleportMessage { src_chain: 6133, dst_chain: 7070, ..teleport() }),
            teleport_id(&TeleportMessage { nonce: 43, ..teleport() }),
            teleport_id(&TeleportMessage {
                sender: teleport().recipient,
                recipient: teleport().sender,
                ..teleport()
            }),
            teleport_id(&TeleportMessage { amount: U256::ZERO, ..teleport() }),
        ],
    ] {
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    }
}
