//! The three encodings against the tables of the specification.

use super::*;
use crate::{
    WORK_SIGNATURE_CONTEXT, WorkProof,
    codec::{Fields, concat},
    context::ContextLength,
    proof::ProofError,
    teleport::TeleportError,
};
use alloy_primitives::hex;
use std::ops::Range;

/// A field of an encoding: its name, where it stands, and the bytes it must have.
type Field = (&'static str, usize, Vec<u8>);

/// The fields stand where the table says, one after the other, and fill the encoding.
fn assert_layout(encoded: &[u8], fields: &[Field]) {
    let mut next = 0;
    for (name, offset, bytes) in fields {
        assert_eq!(*offset, next, "{name} leaves a gap or overlaps");
        next = offset + bytes.len();
        assert_eq!(hex::encode(&encoded[*offset..next]), hex::encode(bytes), "{name}");
    }
    assert_eq!(next, encoded.len(), "bytes after the last field");
}

/// Two encodings differ within `range`, in every byte of it, and nowhere else.
fn assert_differs_within(name: &str, before: &[u8], after: &[u8], range: Range<usize>) {
    assert_eq!(before.len(), after.len(), "{name}");
    for (index, (old, new)) in before.iter().zip(after).enumerate() {
        assert_eq!(old != new, range.contains(&index), "{name}, byte {index}");
    }
}

const KEY_AND_SIGNATURE: [(ParameterSet, u8, usize, usize); 3] = [
    (ParameterSet::MlDsa44, 44, 1312, 2420),
    (ParameterSet::MlDsa65, 65, 1952, 3309),
    (ParameterSet::MlDsa87, 87, 2592, 4627),
];

fn proof(set: ParameterSet) -> Vec<u8> {
    let public_key: Vec<u8> = (0..set.public_key_len()).map(|i| (i % 251) as u8).collect();
    let signature: Vec<u8> = (0..set.signature_len()).map(|i| (i % 241) as u8 ^ 0xa5).collect();
    WorkProof::encode(&statement(set), &public_key, &signature).unwrap()
}

// ---- WorkContext

#[test]
fn work_context_layout() {
    assert_eq!(WorkContext::LENGTH, 172);
    let c = context();
    assert_layout(
        &c.encode(),
        &[
            ("chain_id", 0, vec![0, 0, 0x17, 0xf5]),
            ("job_id", 4, c.job_id.to_vec()),
            ("model_hash", 36, c.model_hash.to_vec()),
            ("input_hash", 68, c.input_hash.to_vec()),
            ("device_id", 100, c.device_id.to_vec()),
            ("nonce", 132, c.nonce.to_vec()),
            ("timestamp", 164, vec![0, 0, 0, 0, 0x65, 0x53, 0xf1, 0x00]),
        ],
    );
}

#[test]
fn work_context_known_answer() {
    let expected = hex!(
        "000017f5"
        "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
        "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f"
        "505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f"
        "707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
        "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
        "000000006553f100"
    );
    assert_eq!(context().encode(), expected);
    assert_eq!(WorkContext::decode(&expected), Ok(context()));
}

#[test]
fn work_context_of_every_other_length_is_refused() {
    let bytes = [context().encode().as_slice(), &[0, 0]].concat();
    for length in (0..=WorkContext::LENGTH + 2).filter(|length| *length != WorkContext::LENGTH) {
        assert_eq!(WorkContext::decode(&bytes[..length]), Err(ContextLength(length)));
    }
}

// ---- WorkStatement and WorkProof

#[test]
fn work_signature_context() {
    assert_eq!(WORK_SIGNATURE_CONTEXT, b"pars.aimining.work.v1");
    assert_eq!(WorkProof::VERSION, 1);
}

#[test]
fn work_proof_layout() {
    assert_eq!(WorkStatement::LENGTH, 290);
    for (set, id, key_len, signature_len) in KEY_AND_SIGNATURE {
        let s = statement(set);
        let public_key = vec![0x5a; key_len];
        let signature = vec![0xc3; signature_len];
        let encoded = WorkProof::encode(&s, &public_key, &signature).unwrap();
        assert_eq!(encoded.len(), 290 + key_len + signature_len);
        assert_eq!(WorkProof::length(set), encoded.len());
        assert_layout(
            &encoded,
            &[
                ("version", 0, vec![1]),
                ("parameter set", 1, vec![id]),
                ("context", 2, context().encode().to_vec()),
                ("output_hash", 174, s.output_hash.to_vec()),
                ("compute_units", 206, hex!("0102030405060708").to_vec()),
                ("completed_at", 214, hex!("000000006553f17b").to_vec()),
                ("recipient", 222, s.recipient.to_vec()),
                ("min_reward", 242, hex!("1112131415161718191a1b1c1d1e1f20").to_vec()),
                ("attestation_hash", 258, s.attestation_hash.to_vec()),
                ("public key", 290, public_key),
                ("signature", 290 + key_len, signature),
            ],
        );
        assert_eq!(encoded[..290], s.encode());
    }
}

/// What contracts cut out of the signed bytes that a spent slot answers for.
#[test]
fn work_statement_offsets_contracts_rely_on() {
    let s = statement(ParameterSet::MlDsa65);
    let signed = s.encode();
    assert_eq!(signed[6..38], s.context.job_id[..]);
    assert_eq!(signed[102..134], s.context.device_id[..]);
    assert_eq!(signed[174..206], s.output_hash[..]);
    assert_eq!(signed[222..242], s.recipient[..]);
}

#[test]
fn every_field_of_a_statement_moves_its_own_bytes_only() {
    let base = statement(ParameterSet::MlDsa44);
    let not = |word: B256| B256::from(word.0.map(|byte| !byte));
    let context = |change: fn(&mut WorkContext)| {
        let mut changed = base;
        change(&mut changed.context);
        changed
    };
    let cases: [(&str, WorkStatement, Range<usize>); 13] = [
        ("set", WorkStatement { parameter_set: ParameterSet::MlDsa87, ..base }, 1..2),
        ("chain_id", context(|c| c.chain_id = !c.chain_id), 2..6),
        ("job_id", context(|c| c.job_id = B256::from(c.job_id.0.map(|b| !b))), 6..38),
        ("model_hash", context(|c| c.model_hash = B256::from(c.model_hash.0.map(|b| !b))), 38..70),
        ("input_hash", context(|c| c.input_hash = B256::from(c.input_hash.0.map(|b| !b))), 70..102),
        ("device_id", context(|c| c.device_id = B256::from(c.device_id.0.map(|b| !b))), 102..134),
        ("nonce", context(|c| c.nonce = B256::from(c.nonce.0.map(|b| !b))), 134..166),
        ("timestamp", context(|c| c.timestamp = !c.timestamp), 166..174),
        ("output_hash", WorkStatement { output_hash: not(base.output_hash), ..base }, 174..206),
        ("compute_units", WorkStatement { compute_units: !base.compute_units, ..base }, 206..214),
        ("completed_at", WorkStatement { completed_at: !base.completed_at, ..base }, 214..222),
        ("min_reward", WorkStatement { min_reward: !base.min_reward, ..base }, 242..258),
        (
            "attestation_hash",
            WorkStatement { attestation_hash: not(base.attestation_hash), ..base },
            258..290,
        ),
    ];
    for (name, changed, range) in cases {
        assert_differs_within(name, &base.encode(), &changed.encode(), range);
    }
    let recipient = Address::from(base.recipient.0.map(|byte: u8| !byte));
    assert_differs_within(
        "recipient",
        &base.encode(),
        &WorkStatement { recipient, ..base }.encode(),
        222..242,
    );
}

#[test]
fn work_proof_of_every_other_length_is_refused() {
    for set in SETS {
        let expected = WorkProof::length(set);
        let bytes = [proof(set).as_slice(), &[0, 0]].concat();
        for actual in 0..=expected + 2 {
            let decoded = WorkProof::decode(&bytes[..actual]);
            match actual {
                0 | 1 => assert_eq!(decoded, Err(ProofError::Length { expected: 2, actual })),
                _ if actual == expected => assert!(decoded.is_ok()),
                _ => assert_eq!(decoded, Err(ProofError::Length { expected, actual })),
            }
        }
    }
}

/// A proof of one set with the id of another has the wrong length: the id alone says which.
#[test]
fn a_parameter_set_cannot_be_exchanged() {
    for set in SETS {
        for other in SETS.into_iter().filter(|other| *other != set) {
            let mut bytes = proof(set);
            bytes[1] = other.id();
            let error = ProofError::Length { expected: WorkProof::length(other), actual: bytes.len() };
            assert_eq!(WorkProof::decode(&bytes), Err(error));
        }
    }
}

#[test]
fn proof_errors_come_in_the_order_version_set_length() {
    let right = proof(ParameterSet::MlDsa44);
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        // Version before set before length: with all three wrong, and with each of the others right.
        for bytes in [vec![version], vec![version, 0], [&[version], &right[1..]].concat()] {
            assert_eq!(WorkProof::decode(&bytes), Err(ProofError::UnsupportedVersion(version)));
        }
    }
    for set in (0..=u8::MAX).filter(|set| ![44, 65, 87].contains(set)) {
        for bytes in [vec![1, set], [&[1, set], &right[2..]].concat(), [&[1, set], right.as_slice()].concat()]
        {
            assert_eq!(WorkProof::decode(&bytes), Err(ProofError::UnsupportedParameterSet(set)));
        }
    }
}

#[test]
fn a_proof_is_encoded_only_with_the_lengths_of_its_set() {
    for (set, _, key_len, signature_len) in KEY_AND_SIGNATURE {
        for (key, signature) in [
            (key_len - 1, signature_len),
            (key_len + 1, signature_len),
            (key_len, signature_len - 1),
            (key_len, signature_len + 1),
            // The sum is right, the parts are not.
            (key_len - 1, signature_len + 1),
            (0, 0),
        ] {
            assert_eq!(
                WorkProof::encode(&statement(set), &vec![0; key], &vec![0; signature]),
                Err(ProofError::Length {
                    expected: 290 + key_len + signature_len,
                    actual: 290 + key + signature
                })
            );
        }
    }
}

#[test]
fn a_decoded_proof_borrows_from_the_input() {
    for (set, _, key_len, signature_len) in KEY_AND_SIGNATURE {
        let bytes = proof(set);
        let decoded = WorkProof::decode(&bytes).unwrap();
        assert_eq!(decoded.statement, statement(set));
        for (slice, range) in [
            (decoded.signed, 0..290),
            (decoded.public_key, 290..290 + key_len),
            (decoded.signature, 290 + key_len..290 + key_len + signature_len),
        ] {
            assert_eq!(slice.as_ptr_range(), bytes[range].as_ptr_range());
        }
        assert_eq!(decoded.signed, decoded.statement.encode());
    }
}

#[test]
fn decoding_and_encoding_fixed_widths_allocate_nothing() {
    let proofs = SETS.map(proof);
    let (context, statement, teleport) = (context(), statement(ParameterSet::MlDsa87), teleport());
    let count = allocations(|| {
        for bytes in &proofs {
            assert!(WorkProof::decode(bytes).is_ok());
            for cut in [0, 1, 2, 289, bytes.len() - 1] {
                assert!(WorkProof::decode(&bytes[..cut]).is_err());
            }
        }
        assert!(WorkContext::decode(&context.encode()).is_ok());
        assert!(TeleportMessage::decode(&teleport.encode()).is_ok());
        assert_eq!(statement.encode().len(), WorkStatement::LENGTH);
    });
    assert_eq!(count, 0);
}

// ---- TeleportMessage

#[test]
fn teleport_layout() {
    assert_eq!((TeleportMessage::LENGTH, TeleportMessage::VERSION), (113, 1));
    let message = TeleportMessage { recipient: B256::from(pattern(0x40)), ..teleport() };
    let mut amount = vec![0; 24];
    amount.extend(hex!("0de0b6b3a7640007"));
    assert_layout(
        &message.encode(),
        &[
            ("version", 0, vec![1]),
            ("src_chain", 1, hex!("00001b9e").to_vec()),
            ("dst_chain", 5, hex!("000017f5").to_vec()),
            ("nonce", 9, hex!("000000000000002a").to_vec()),
            ("sender", 17, message.sender.to_vec()),
            ("recipient", 49, message.recipient.to_vec()),
            ("amount", 81, amount),
        ],
    );
}

#[test]
fn teleport_known_answer() {
    let expected = hex!(
        "01" "00001b9e" "000017f5" "000000000000002a"
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
        "000000000000000000000000404142434445464748494a4b4c4d4e4f50515253"
        "0000000000000000000000000000000000000000000000000de0b6b3a7640007"
    );
    assert_eq!(teleport().encode(), expected);
    assert_eq!(TeleportMessage::decode(&expected), Ok(teleport()));
}

#[test]
fn teleport_errors_come_in_the_order_version_length() {
    let bytes = [teleport().encode().as_slice(), &[0, 0]].concat();
    for length in (0..=TeleportMessage::LENGTH + 2).filter(|length| *length != TeleportMessage::LENGTH) {
        assert_eq!(TeleportMessage::decode(&bytes[..length]), Err(TeleportError::Length(length)));
    }
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        for length in [1, 2, 112, 113, 114] {
            let wrong = [&[version], &bytes[1..length]].concat();
            assert_eq!(TeleportMessage::decode(&wrong), Err(TeleportError::UnsupportedVersion(version)));
        }
    }
}

#[test]
fn a_teleport_recipient_is_an_address_only_if_its_high_bytes_are_zero() {
    assert_eq!(teleport().recipient_address(), Some(Address::from(pattern(0x40))));
    for index in 0..32 {
        for bit in 0..8 {
            let mut word = [0; 32];
            word[index] = 1 << bit;
            let found = TeleportMessage { recipient: B256::from(word), ..teleport() }.recipient_address();
            let expected = (index >= 12).then(|| Address::from_slice(&word[12..]));
            assert_eq!(found, expected, "byte {index}, bit {bit}");
        }
    }
}

// ---- The parts all three are made of

#[test]
fn fields_end_with_the_input() {
    let mut fields = Fields(&[1, 2, 3]);
    assert_eq!(fields.array::<4>(), None);
    assert_eq!(fields.bytes(4), None);
    assert_eq!(fields.bytes(usize::MAX), None);
    assert_eq!(fields.array::<2>(), Some([1, 2]), "a refused read consumes nothing");
    assert_eq!(fields.bytes(1), Some([3].as_slice()));
    assert_eq!(fields.bytes(0), Some([].as_slice()));
    assert_eq!(fields.array::<1>(), None);
}

#[cfg(debug_assertions)]
#[test]
#[should_panic(expected = "fields fall short of 3 bytes")]
fn a_table_that_falls_short_is_caught() {
    let _: [u8; 3] = concat(&[&[1], &[2]]);
}

#[cfg(debug_assertions)]
#[test]
#[should_panic(expected = "fields exceed 3 bytes")]
fn a_table_that_is_too_wide_is_caught() {
    let _: [u8; 3] = concat(&[&[1], &[2, 3, 4]]);
}

// ---- Properties

prop_compose! {
    fn any_context()(
        chain_id in any::<u32>(),
        [job_id, model_hash, input_hash, device_id, nonce] in [(); 5].map(|()| any_b256()),
        timestamp in any::<u64>(),
    ) -> WorkContext {
        WorkContext { chain_id, job_id, model_hash, input_hash, device_id, nonce, timestamp }
    }
}

prop_compose! {
    fn any_statement()(
        parameter_set in any_set(),
        context in any_context(),
        output_hash in any_b256(),
        compute_units in any::<u64>(),
        completed_at in any::<u64>(),
        recipient in any_address(),
        min_reward in any::<u128>(),
        attestation_hash in any_b256(),
    ) -> WorkStatement {
        WorkStatement {
            parameter_set, context, output_hash, compute_units, completed_at, recipient, min_reward, attestation_hash,
        }
    }
}

prop_compose! {
    fn any_teleport()(
        [src_chain, dst_chain] in any::<[u32; 2]>(),
        nonce in any::<u64>(),
        [sender, recipient] in [any_b256(), any_b256()],
        amount in any_u256(),
    ) -> TeleportMessage {
        TeleportMessage { src_chain, dst_chain, nonce, sender, recipient, amount }
    }
}

/// A statement with key and signature of the lengths of its set.
fn any_parts() -> impl Strategy<Value = (WorkStatement, Vec<u8>, Vec<u8>)> {
    any_statement().prop_flat_map(|statement| {
        let set = statement.parameter_set;
        let bytes = |length| proptest::collection::vec(any::<u8>(), length);
        (Just(statement), bytes(set.public_key_len()), bytes(set.signature_len()))
    })
}

/// Bytes near a proof: right or wrong version, set and length.
fn near_proof() -> impl Strategy<Value = Vec<u8>> {
    let version = prop_oneof![8 => Just(1_u8), 1 => any::<u8>()];
    let set = prop_oneof![8 => proptest::sample::select(vec![44_u8, 65, 87]), 1 => any::<u8>()];
    let length = prop_oneof![
        6 => proptest::sample::select(SETS.map(WorkProof::length).to_vec()),
        2 => (proptest::sample::select(SETS.map(WorkProof::length).to_vec()), 0_usize..5)
            .prop_map(|(length, off)| length + off - 2),
        1 => 0_usize..300,
    ];
    (version, set, length, any::<u64>()).prop_map(|(version, set, length, seed)| {
        let mut state = seed;
        let mut bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        })
        .take(length)
        .collect();
        for (slot, byte) in bytes.iter_mut().zip([version, set]) {
            *slot = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn contexts_round_trip(context in any_context()) {
        prop_assert_eq!(WorkContext::decode(&context.encode()), Ok(context));
    }

    #[test]
    fn any_172_bytes_are_the_encoding_of_their_context(bytes in proptest::collection::vec(any::<u8>(), 172)) {
        prop_assert_eq!(WorkContext::decode(&bytes).unwrap().encode().to_vec(), bytes);
    }

    #[test]
    fn teleports_round_trip(message in any_teleport()) {
        prop_assert_eq!(TeleportMessage::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn a_teleport_decodes_from_its_own_bytes_only(
        version in prop_oneof![3 => Just(1_u8), 1 => any::<u8>()],
        rest in prop_oneof![
            4 => proptest::collection::vec(any::<u8>(), 112),
            1 => proptest::collection::vec(any::<u8>(), 0..200),
        ],
    ) {
        let bytes = [&[version], rest.as_slice()].concat();
        match TeleportMessage::decode(&bytes) {
            Ok(message) => prop_assert_eq!(message.encode().to_vec(), bytes),
            Err(TeleportError::UnsupportedVersion(found)) => prop_assert!(found == version && version != 1),
            Err(TeleportError::Length(found)) => prop_assert!(found == bytes.len() && found != 113 && version == 1),
        }
    }

    #[test]
    fn proofs_round_trip((statement, public_key, signature) in any_parts()) {
        let bytes = WorkProof::encode(&statement, &public_key, &signature).unwrap();
        let decoded = WorkProof::decode(&bytes).unwrap();
        let expected = WorkProof {
            statement,
            signed: &statement.encode(),
            public_key: &public_key,
            signature: &signature,
        };
        prop_assert_eq!(decoded, expected);
    }

    #[test]
    fn a_proof_decodes_from_its_own_bytes_only(bytes in near_proof()) {
        let decoded = WorkProof::decode(&bytes);
        let prefix = (bytes.first().copied(), bytes.get(1).copied());
        let set = prefix.1.and_then(|id| SETS.into_iter().find(|set| set.id() == id));
        match decoded {
            Ok(proof) => {
                let again = WorkProof::encode(&proof.statement, proof.public_key, proof.signature).unwrap();
                prop_assert_eq!(again, bytes);
            }
            Err(ProofError::UnsupportedVersion(found)) => {
                prop_assert!(found != 1 && prefix.0 == Some(found));
            }
            Err(ProofError::UnsupportedParameterSet(found)) => {
                prop_assert!(prefix == (Some(1), Some(found)) && set.is_none());
            }
            Err(ProofError::Length { expected, actual }) => {
                prop_assert_eq!(actual, bytes.len());
                prop_assert_ne!(actual, expected);
                prop_assert_eq!(expected, set.map_or(2, WorkProof::length));
            }
        }
    }
}
