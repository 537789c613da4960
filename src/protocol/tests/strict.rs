//! The strict ABI reader: accepts what `abi.encode` gives, and nothing else (G4).

use super::*;
use crate::{
    abi::{
        IAIMining::{self, IAIMiningCalls},
        IAIMiningGovernance::{self, IAIMiningGovernanceCalls},
        IAIMiningInspector::{self, IAIMiningInspectorCalls},
    },
    strict::{NonCanonical, Reader, address_of_word},
};
use alloy_primitives::{Bytes, hex, keccak256};
use alloy_sol_types::SolCall;
use std::collections::BTreeSet;

const WORD: usize = 32;

// ---- A second description of the encoding

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bytes,
    Word,
    Address,
    Bool,
    Uint(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Bytes(Vec<u8>),
    Word(B256),
    Address(Address),
    Bool(bool),
    Uint(U256),
}

/// The argument kinds of `name(type,…)`.
fn kinds(signature: &str) -> Vec<Kind> {
    let list = signature.split_once('(').unwrap().1.strip_suffix(')').unwrap();
    list.split(',')
        .filter(|name| !name.is_empty())
        .map(|name| match name {
            // A string is its bytes: whoever reads it decides what they must be.
            "bytes" | "string" => Kind::Bytes,
            "bytes32" => Kind::Word,
            "address" => Kind::Address,
            "bool" => Kind::Bool,
            other => Kind::Uint(other.strip_prefix("uint").unwrap().parse().unwrap()),
        })
        .collect()
}

fn read(kinds: &[Kind], input: &[u8]) -> Result<Vec<Value>, NonCanonical> {
    let mut reader = Reader::new(input, kinds.len())?;
    let values = kinds
        .iter()
        .map(|kind| {
            Ok(match kind {
                Kind::Bytes => Value::Bytes(reader.bytes()?.to_vec()),
                Kind::Word => Value::Word(reader.word()?),
                Kind::Address => Value::Address(reader.address()?),
                Kind::Bool => Value::Bool(reader.boolean()?),
                Kind::Uint(8) => Value::Uint(U256::from(reader.uint::<u8>()?)),
                Kind::Uint(16) => Value::Uint(U256::from(reader.uint::<u16>()?)),
                Kind::Uint(32) => Value::Uint(U256::from(reader.uint::<u32>()?)),
                Kind::Uint(64) => Value::Uint(U256::from(reader.uint::<u64>()?)),
                Kind::Uint(128) => Value::Uint(U256::from(reader.uint::<u128>()?)),
                Kind::Uint(256) => Value::Uint(reader.uint256()?),
                Kind::Uint(bits) => unreachable!("uint{bits}"),
            })
        })
        .collect::<Result<_, _>>()?;
    reader.finish()?;
    Ok(values)
}

fn number(value: usize) -> [u8; WORD] {
    U256::from(value).to_be_bytes()
}

/// `abi.encode`, from the ABI specification: heads, then tails in order, padded with zeros.
fn encode(values: &[Value]) -> Vec<u8> {
    let (mut heads, mut tails) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Value::Bytes(bytes) => {
                heads.extend(number(values.len() * WORD + tails.len()));
                tails.extend(number(bytes.len()));
                tails.extend(bytes);
                tails.resize(tails.len().next_multiple_of(WORD), 0);
            }
            Value::Word(word) => heads.extend(word),
            Value::Address(address) => heads.extend(address.into_word()),
            Value::Bool(flag) => heads.extend(number(usize::from(*flag))),
            Value::Uint(value) => heads.extend(value.to_be_bytes::<WORD>()),
        }
    }
    [heads, tails].concat()
}

// ---- Every function

/// What arguments are made of.
#[derive(Clone, Debug)]
struct Ingredients {
    bytes: [Vec<u8>; 3],
    words: [B256; 2],
    address: Address,
    small: u8,
    wide: u64,
    amount: U256,
    flag: bool,
}

prop_compose! {
    fn ingredients()(
        bytes in [(); 3].map(|()| proptest::collection::vec(any::<u8>(), 0..130)),
        words in [any_b256(), any_b256()],
        address in any_address(),
        small in any::<u8>(),
        wide in any::<u64>(),
        amount in any_u256(),
        flag in any::<bool>(),
    ) -> Ingredients {
        Ingredients { bytes, words, address, small, wide, amount, flag }
    }
}

fn call<C: SolCall>(call: &C, values: Vec<Value>) -> (&'static str, Vec<u8>, Vec<Value>) {
    (C::SIGNATURE, call.abi_encode(), values)
}

/// A call of each function, encoded by alloy, beside the values it carries.
fn calls(from: &Ingredients) -> Vec<(&'static str, Vec<u8>, Vec<Value>)> {
    use {IAIMining::*, IAIMiningGovernance::*, IAIMiningInspector::*};
    let Ingredients { bytes: [x, y, z], words: [v, w], address, small, wide, amount, .. } = from.clone();
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    let (word, other, who) = (Value::Word(v), Value::Word(w), Value::Address(address));
    let (tiny, long) = (Value::Uint(U256::from(small)), Value::Uint(U256::from(wide)));
    let mut calls = vec![
        call(&miningBalanceCall { miner: address }, vec![who.clone()]),
        call(
            &verifyMLDSACall { pk: x.clone().into(), msg: y.clone().into(), sig: z.clone().into() },
            vec![bytes(&x), bytes(&y), bytes(&z)],
        ),
        call(&claimTeleportCall { teleportId: v }, vec![word.clone()]),
        call(&pendingTeleportsCall { recipient: address }, vec![who.clone()]),
        call(
            &submitWorkProofCall { proof: x.clone().into(), attestation: y.clone().into() },
            vec![bytes(&x), bytes(&y)],
        ),
        call(&isSpentCall { workId: v }, vec![word.clone()]),
        call(&acceptedWorkCall { workId: v }, vec![word.clone()]),
        call(&isJobPaidCall { deviceId: v, jobId: w }, vec![word.clone(), other.clone()]),
        call(
            &computeWorkIdCall { deviceId: v, nonce: w, chainId: wide },
            vec![word.clone(), other, long.clone()],
        ),
        call(&deriveAddressCall { publicKey: x.clone().into() }, vec![bytes(&x)]),
        call(&getSecurityLevelCall { publicKey: y.clone().into() }, vec![bytes(&y)]),
        call(&getTeleportDetailsCall { teleportId: v }, vec![word.clone()]),
        call(&quoteRewardCall { tier: small, units: wide }, vec![tiny.clone(), long]),
        call(&poolInfoCall { pool: small }, vec![tiny]),
        call(&epochInfoCall {}, vec![]),
        call(&epochSeedsCall {}, vec![]),
        call(&parameterCall { name: v }, vec![word.clone()]),
        call(&versionCall {}, vec![]),
        call(&setParameterCall { name: v, value: amount }, vec![word, Value::Uint(amount)]),
        call(&proposeGovernorCall { proposed: address }, vec![who]),
        call(&acceptGovernorCall {}, vec![]),
        call(&governorCall {}, vec![]),
        call(&pendingGovernorCall {}, vec![]),
    ];
    calls.extend(calls_of_attestation(from));
    calls
}

fn calls_of_attestation(from: &Ingredients) -> Vec<(&'static str, Vec<u8>, Vec<Value>)> {
    use {IAIMiningGovernance::*, IAIMiningInspector::*};
    let Ingredients { bytes: [x, y, _], words: [v, w], small, wide, flag, .. } = from.clone();
    let (bytes, text) = (Value::Bytes(x.clone()), hex::encode(&y));
    let (word, other, flagged) = (Value::Word(v), Value::Word(w), Value::Bool(flag));
    let (tiny, long) = (Value::Uint(U256::from(small)), Value::Uint(U256::from(wide)));
    let x = Bytes::from(x);
    vec![
        call(&verifyNVTrustCall { attestation: x.clone(), nonce: v }, vec![bytes.clone(), word.clone()]),
        call(&deviceInfoCall { deviceId: v }, vec![word.clone()]),
        call(&icaCountCall {}, vec![]),
        call(&icaInfoCall { icaIndex: small }, vec![tiny.clone()]),
        call(&firmwareInfoCall { fwid: x.clone() }, vec![bytes.clone()]),
        call(&goldenSetInfoCall { tuple: v, digest: w }, vec![word.clone(), other.clone()]),
        call(&minimumDriverCall {}, vec![]),
        call(
            &setIcaCall { tier: small, architecture: v, spki: x.clone() },
            vec![tiny.clone(), word.clone(), bytes.clone()],
        ),
        call(&revokeIcaCall { icaIndex: small, revoked: flag }, vec![tiny, flagged.clone()]),
        call(&denyFirmwareCall { fwid: x.clone(), denied: flag }, vec![bytes.clone(), flagged.clone()]),
        call(&pinFirmwareCall { fwid: x, pinned: flag }, vec![bytes, flagged.clone()]),
        call(
            &pinGoldenSetCall { tuple: v, mask: wide, digest: w, pinned: flag },
            vec![word.clone(), long, other, flagged.clone()],
        ),
        call(&revokeDeviceCall { deviceId: v, revoked: flag }, vec![word, flagged]),
        call(&setMinimumDriverCall { driver: text.clone() }, vec![Value::Bytes(text.into_bytes())]),
    ]
}

/// Something to put where it does not belong: offsets and lengths near every edge.
fn odd_word() -> impl Strategy<Value = [u8; WORD]> {
    let edge = |shift: usize, add: i64| {
        let edge = U256::ONE << shift;
        if add < 0 { edge - U256::from(-add) } else { edge + U256::from(add) }.to_be_bytes::<WORD>()
    };
    prop_oneof![
        (0_usize..300).prop_map(number),
        (0_usize..10).prop_map(|words| number(words * WORD)),
        (proptest::sample::select(vec![5, 8, 16, 31, 32, 63, 64, 128, 160, 255]), -33_i64..34)
            .prop_map(move |(shift, add)| edge(shift, add)),
        Just([0xff; WORD]),
        any::<[u8; WORD]>(),
    ]
}

#[derive(Clone, Debug)]
enum Mutation {
    FlipBit(prop::sample::Index, u8),
    SetWord(prop::sample::Index, [u8; WORD]),
    InsertWord(prop::sample::Index, [u8; WORD]),
    RemoveWord(prop::sample::Index),
    CopyWord(prop::sample::Index, prop::sample::Index),
    Truncate(prop::sample::Index),
    Append(Vec<u8>),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), 0_u8..8).prop_map(|(at, bit)| Mutation::FlipBit(at, bit)),
        (index(), odd_word()).prop_map(|(at, word)| Mutation::SetWord(at, word)),
        (index(), odd_word()).prop_map(|(at, word)| Mutation::InsertWord(at, word)),
        index().prop_map(Mutation::RemoveWord),
        (index(), index()).prop_map(|(from, to)| Mutation::CopyWord(from, to)),
        index().prop_map(Mutation::Truncate),
        proptest::collection::vec(any::<u8>(), 1..70).prop_map(Mutation::Append),
    ]
}

fn mutate(mut input: Vec<u8>, mutation: &Mutation) -> Vec<u8> {
    let words = input.len() / WORD;
    let span = |index: usize| index * WORD..index * WORD + WORD;
    match mutation {
        Mutation::Append(bytes) => input.extend(bytes),
        Mutation::Truncate(at) => input.truncate(at.index(input.len() + 1)),
        Mutation::InsertWord(at, word) => {
            let at = at.index(words + 1) * WORD;
            input.splice(at..at, *word);
        }
        _ if words == 0 => {}
        Mutation::FlipBit(at, bit) => {
            let at = at.index(input.len());
            input[at] ^= 1 << bit;
        }
        Mutation::SetWord(at, word) => input[span(at.index(words))].copy_from_slice(word),
        Mutation::RemoveWord(at) => drop(input.drain(span(at.index(words)))),
        Mutation::CopyWord(from, to) => {
            input.copy_within(span(from.index(words)), to.index(words) * WORD);
        }
    }
    input
}

/// What is accepted is the encoding of its values, ours and alloy's.
fn assert_canonical(signature: &str, input: &[u8]) -> Result<bool, TestCaseError> {
    let Ok(values) = read(&kinds(signature), input) else { return Ok(false) };
    prop_assert_eq!(hex::encode(encode(&values)), hex::encode(input), "{}", signature);
    Ok(true)
}

#[test]
fn the_calls_above_are_all_there_are() {
    let from = Ingredients {
        bytes: [vec![1], vec![], vec![2; 33]],
        words: [B256::repeat_byte(3), B256::repeat_byte(4)],
        address: Address::repeat_byte(5),
        small: 6,
        wide: 7,
        amount: U256::from(8),
        flag: true,
    };
    let listed: BTreeSet<_> = calls(&from).into_iter().map(|call| call.0).collect();
    let declared = [
        IAIMiningCalls::SIGNATURES,
        IAIMiningInspectorCalls::SIGNATURES,
        IAIMiningGovernanceCalls::SIGNATURES,
    ];
    assert_eq!(listed, declared.concat().into_iter().collect());
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_alloy_encodes_is_accepted(from in ingredients()) {
        for (signature, input, values) in calls(&from) {
            let (selector, arguments) = input.split_at(4);
            prop_assert_eq!(selector, &keccak256(signature)[..4]);
            prop_assert_eq!(arguments, encode(&values));
            prop_assert_eq!(read(&kinds(signature), arguments), Ok(values), "{}", signature);
        }
    }

    #[test]
    fn g4_whatever_is_accepted_encodes_to_the_same_bytes(
        from in ingredients(),
        mutations in proptest::collection::vec(mutation(), 1..4),
    ) {
        for (signature, input, _) in calls(&from) {
            let mut arguments = input[4..].to_vec();
            prop_assert!(assert_canonical(signature, &arguments)?, "{}", signature);
            for mutation in &mutations {
                arguments = mutate(arguments, mutation);
                assert_canonical(signature, &arguments)?;
            }
        }
    }

    #[test]
    fn g4_arbitrary_words_are_refused_or_canonical(
        words in proptest::collection::vec(odd_word(), 0..8),
        tail in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let input = [words.concat(), tail].concat();
        for signature in ["f(bytes)", "f(bytes,bytes)", "f(bytes,bytes,bytes)", "f(uint64,bytes,address)", "f()"] {
            assert_canonical(signature, &input)?;
        }
    }
}

/// Mutants are not all refused: a changed byte inside a payload is another canonical call.
#[test]
fn a_changed_payload_is_another_call() {
    let input = encode(&[Value::Bytes(vec![7; 40]), Value::Bytes(vec![])]);
    let accepted = (0..input.len())
        .filter(|at| {
            let mut changed = input.clone();
            changed[*at] ^= 1;
            assert_canonical("f(bytes,bytes)", &changed).unwrap()
        })
        .count();
    // Forty payload bytes and nothing else, except that length 41 shows one byte more, the padding's zero.
    assert_eq!(accepted, 41);
}

// ---- Hostile shapes, one by one

fn refused(signature: &str, input: &[u8]) {
    assert_eq!(read(&kinds(signature), input), Err(NonCanonical), "{signature} {}", hex::encode(input));
}

fn words(words: &[[u8; WORD]]) -> Vec<u8> {
    words.concat()
}

#[test]
fn g4_alias_bomb_is_refused() {
    // Three offsets to one tail of a kilobyte: small calldata, three copies.
    let tail = [number(1024).as_slice(), &[0xab; 1024]].concat();
    let heads = words(&[number(0x60); 3]);
    refused("f(bytes,bytes,bytes)", &[heads, tail].concat());
    // Two empty strings that share one length word.
    refused("f(bytes,bytes)", &words(&[number(0x40), number(0x40), number(0)]));
    // An offset into the heads.
    refused("f(bytes)", &words(&[number(0)]));
    refused("f(bytes,bytes)", &words(&[number(0x20), number(0), number(0)]));
}

#[test]
fn g4_overlapping_tails_are_refused() {
    // The second string begins inside the first, whose payload looks like a length.
    let input = words(&[number(0x40), number(0x60), number(0x40), number(0x20), [0x11; WORD]]);
    refused("f(bytes,bytes)", &input);
    // The first string's payload is the second string.
    let input = words(&[number(0x40), number(0x60), number(0x20), number(0)]);
    refused("f(bytes,bytes)", &input);
}

#[test]
fn g4_tails_out_of_order_are_refused() {
    let input = words(&[number(0x60), number(0x40), number(0), number(0)]);
    refused("f(bytes,bytes)", &input);
}

#[test]
fn g4_gaps_are_refused() {
    // Between heads and tail, between tails; of a word, of a byte.
    refused("f(bytes)", &words(&[number(0x40), number(0), number(0)]));
    refused("f(bytes,bytes)", &words(&[number(0x40), number(0x80), number(0), number(0), number(0)]));
    let shifted = [words(&[number(0x21)]), vec![0], number(0).to_vec()].concat();
    refused("f(bytes)", &shifted);
}

#[test]
fn g4_padding_that_is_not_zero_is_refused() {
    for length in 0..=2 * WORD {
        let input = encode(&[Value::Bytes(vec![0xee; length])]);
        let end = 2 * WORD + length;
        assert_eq!(input.len(), 2 * WORD + length.next_multiple_of(WORD));
        for at in end..input.len() {
            let mut dirty = input.clone();
            dirty[at] = 1;
            refused("f(bytes)", &dirty);
        }
        // Padding must be there, all of it.
        for cut in end..input.len() {
            refused("f(bytes)", &input[..cut]);
        }
    }
}

#[test]
fn g4_trailing_bytes_are_refused() {
    for signature in [
        "f()",
        "f(bytes32)",
        "f(address,uint64)",
        "f(bytes)",
        "f(bytes,bytes)",
        "f(bytes32,bytes)",
        "f(string,bool)",
    ] {
        let values: Vec<_> = kinds(signature)
            .into_iter()
            .map(|kind| match kind {
                Kind::Bytes => Value::Bytes(vec![1, 2, 3]),
                Kind::Word => Value::Word(B256::repeat_byte(4)),
                Kind::Address => Value::Address(Address::repeat_byte(5)),
                Kind::Bool => Value::Bool(true),
                Kind::Uint(_) => Value::Uint(U256::from(6)),
            })
            .collect();
        let input = encode(&values);
        assert_eq!(read(&kinds(signature), &input), Ok(values));
        for extra in [1, 31, 32, 33, 64] {
            refused(signature, &[input.as_slice(), &vec![0; extra]].concat());
        }
        for cut in 0..input.len() {
            refused(signature, &input[..cut]);
        }
    }
}

/// 2^255 and the neighbours of every width at which an addition could wrap.
fn huge() -> Vec<[u8; WORD]> {
    let usize_max = U256::from(usize::MAX);
    [
        U256::from(1_000_000),
        U256::from(u32::MAX),
        usize_max - U256::from(95),
        usize_max - U256::from(64),
        usize_max - U256::from(63),
        usize_max - U256::from(32),
        usize_max - U256::from(31),
        usize_max - U256::ONE,
        usize_max,
        usize_max + U256::ONE,
        usize_max + U256::from(0x21),
        U256::ONE << 128,
        U256::ONE << 255,
        (U256::ONE << 255) + U256::from(0x20),
        U256::MAX - U256::from(31),
        U256::MAX,
    ]
    .map(|value| value.to_be_bytes::<WORD>())
    .to_vec()
}

#[test]
fn g4_huge_offsets_and_lengths_are_refused() {
    for value in huge() {
        refused("f(bytes)", &words(&[value, number(0)]));
        refused("f(bytes)", &words(&[number(0x20), value]));
        refused("f(bytes)", &words(&[number(0x20), value, [0; WORD], [0; WORD]]));
        refused("f(bytes,bytes)", &words(&[number(0x40), value, number(0), number(0)]));
        refused("f(bytes,bytes)", &words(&[number(0x40), number(0x60), number(0), value]));
    }
    assert!(Reader::new(&[0; 64], usize::MAX).is_err());
    assert!(Reader::new(&[0; 64], usize::MAX / WORD).is_err());
    assert!(Reader::new(&[0; 64], usize::MAX / WORD + 1).is_err());
    assert!(Reader::new(&[0; 64], 3).is_err());
}

#[test]
fn g4_narrow_integers_out_of_range_are_refused() {
    for bits in [8_usize, 16, 32, 64, 128] {
        let signature = format!("f(uint{bits})");
        let most = (U256::ONE << bits) - U256::ONE;
        for value in [U256::ZERO, U256::ONE, most] {
            assert_eq!(read(&kinds(&signature), &value.to_be_bytes::<WORD>()), Ok(vec![Value::Uint(value)]));
        }
        let one = U256::ONE;
        for bit in bits..256_usize {
            refused(&signature, &(one << bit).to_be_bytes::<WORD>());
            refused(&signature, &((one << bit) | most).to_be_bytes::<WORD>());
        }
    }
    let all = U256::MAX.to_be_bytes::<WORD>();
    assert_eq!(read(&kinds("f(uint256)"), &all), Ok(vec![Value::Uint(U256::MAX)]));
}

#[test]
fn g4_dirty_address_bytes_are_refused() {
    let clean = Address::repeat_byte(0xff).into_word();
    assert_eq!(read(&kinds("f(address)"), &clean[..]), Ok(vec![Value::Address(Address::repeat_byte(0xff))]));
    assert_eq!(address_of_word(clean), Some(Address::repeat_byte(0xff)));
    for at in 0..12 {
        for bit in 0..8 {
            let mut dirty = clean;
            dirty[at] = 1 << bit;
            refused("f(address)", &dirty[..]);
            assert_eq!(address_of_word(dirty), None);
        }
    }
}

#[test]
fn a_reader_gives_the_arguments_it_was_asked_for_and_no_more() {
    let input = encode(&[Value::Bytes(vec![9; 3]), Value::Word(B256::repeat_byte(1))]);
    // Too few reads: the rest is not ignored.
    let mut reader = Reader::new(&input, 2).unwrap();
    assert_eq!(reader.bytes(), Ok([9; 3].as_slice()));
    assert_eq!(reader.finish(), Err(NonCanonical));
    // Too many: the tail is not a head.
    let mut reader = Reader::new(&input, 2).unwrap();
    assert_eq!(reader.bytes(), Ok([9; 3].as_slice()));
    assert_eq!(reader.word(), Ok(B256::repeat_byte(1)));
    assert_eq!(reader.word(), Err(NonCanonical));
    assert_eq!(reader.bytes(), Err(NonCanonical));
    assert_eq!(reader.finish(), Ok(()));
    // A tail nobody read.
    let mut reader = Reader::new(&input, 2).unwrap();
    assert!(reader.word().is_ok() && reader.word().is_ok());
    assert_eq!(reader.finish(), Err(NonCanonical));
}

#[test]
fn byte_strings_are_borrowed_from_the_input() {
    let input = encode(&[Value::Bytes(vec![1; 40]), Value::Bytes(vec![]), Value::Bytes(vec![2; 32])]);
    let mut reader = Reader::new(&input, 3).unwrap();
    for range in [128..168, 224..224, 256..288] {
        assert_eq!(reader.bytes().unwrap().as_ptr_range(), input[range].as_ptr_range());
    }
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn g4_reading_allocates_nothing_whatever_the_input_claims() {
    let honest = encode(&[Value::Bytes(vec![1; 4000]), Value::Bytes(vec![2; 31])]);
    let mut inputs = vec![honest];
    for value in huge() {
        inputs.push(words(&[value, value, number(0), number(0)]));
        inputs.push(words(&[number(0x40), number(0x60), value, number(0)]));
        inputs.push(words(&[number(0x40), value, number(0), value]));
    }
    let mut accepted = 0;
    let count = allocations(|| {
        for input in &inputs {
            let Ok(mut reader) = Reader::new(input, 2) else { continue };
            if reader.bytes().is_ok() && reader.bytes().is_ok() && reader.finish().is_ok() {
                accepted += 1;
            }
        }
    });
    assert_eq!((accepted, count), (1, 0));
}
