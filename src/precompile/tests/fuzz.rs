//! Whatever the calldata: no panic, nothing fatal, and nothing left behind by what fails.

use super::methods::{ready, samples};
use super::*;
use proptest::{prelude::*, test_runner::TestRunner};

/// Runs a call twice on equal states: never fatal, no trace unless it succeeds, and the same answer both times.
fn sound(call: &Call, answer: bool) -> Result<(), TestCaseError> {
    let (precompile, _) = stubbed(answer);
    let (mut one, mut two) = (ready(), ready());
    let before = state(&one);
    let executed = one.execute(&precompile, call.clone());
    match &executed.outcome {
        Outcome::Success(_) => {}
        Outcome::Revert(data) => {
            prop_assert!(data.len() >= 4, "a refusal without an error");
            prop_assert_eq!(state(&one), before);
        }
        Outcome::OutOfGas => prop_assert_eq!(state(&one), before),
        Outcome::Fatal(fatal) => prop_assert!(false, "calldata reached {}", fatal),
    }
    prop_assert!(executed.gas_used <= call.gas);
    prop_assert_eq!(two.execute(&precompile, call.clone()), executed);
    prop_assert_eq!(state(&one), state(&two));
    Ok(())
}

/// An edit of calldata.
#[derive(Clone, Debug)]
enum Edit {
    Flip(prop::sample::Index, u8),
    Set(prop::sample::Index, u8),
    /// A 32-byte word of the arguments becomes this.
    Word(prop::sample::Index, [u8; 32]),
    Cut(prop::sample::Index),
    Append(Vec<u8>),
    Insert(prop::sample::Index, Vec<u8>),
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<prop::sample::Index>;
    let small = |value: u64| {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&value.to_be_bytes());
        word
    };
    let word = prop_oneof![
        any::<[u8; 32]>(),
        Just([0; 32]),
        Just([0xff; 32]),
        (0_u64..10_000).prop_map(small),
        any::<u64>().prop_map(small),
    ];
    prop_oneof![
        4 => (index(), 0_u8..8).prop_map(|(at, bit)| Edit::Flip(at, 1 << bit)),
        2 => (index(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        4 => (index(), word).prop_map(|(at, word)| Edit::Word(at, word)),
        1 => index().prop_map(Edit::Cut),
        1 => proptest::collection::vec(any::<u8>(), 1..70).prop_map(Edit::Append),
        1 => (index(), proptest::collection::vec(any::<u8>(), 1..70)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
    ]
}

fn apply(input: &mut Vec<u8>, edit: &Edit) {
    if input.len() < 4 {
        return;
    }
    match edit {
        Edit::Flip(at, bits) => {
            let at = at.index(input.len());
            input[at] ^= bits;
        }
        Edit::Set(at, byte) => {
            let at = at.index(input.len());
            input[at] = *byte;
        }
        Edit::Word(at, word) => {
            let words = (input.len() - 4) / 32;
            if words > 0 {
                // Heads and lengths come first: look there more often than in keys and signatures.
                let start = 4 + 32 * at.index(words.min(20));
                input[start..start + 32].copy_from_slice(word);
            }
        }
        Edit::Cut(at) => input.truncate(at.index(input.len())),
        Edit::Append(bytes) => input.extend(bytes),
        Edit::Insert(at, bytes) => {
            let at = at.index(input.len());
            input.splice(at..at, bytes.iter().copied());
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn i4_random_calldata_is_never_fatal(
        input in proptest::collection::vec(any::<u8>(), 0..600),
        gas in prop_oneof![Just(PLENTY), 0_u64..400_000],
        is_static in any::<bool>(),
        is_direct in any::<bool>(),
        value in proptest::option::of(0_u64..2),
    ) {
        let value = value.map(U256::from);
        sound(&Call { gas, is_static, is_direct, value, ..call(input) }, true)?;
    }

    #[test]
    fn i4_random_bytes_after_each_selector_are_never_fatal(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        zeros in 0_usize..3,
    ) {
        for (_, selector, _) in crate::dispatch::method_table() {
            // Some leading words of zeros, so that a decoder goes on.
            let input = [selector.as_slice(), &vec![0; 32 * zeros], &bytes].concat();
            sound(&call(input.clone()), true)?;
            sound(&from(GOVERNOR, input), true)?;
        }
    }

    #[test]
    fn i4_random_words_as_arguments_are_never_fatal(words in any::<[[u8; 32]; 4]>(), small in any::<[u16; 4]>()) {
        for (signature, selector, _) in crate::dispatch::method_table() {
            let commas = signature.matches(',').count();
            let count = if signature.contains("()") { 0 } else { commas + 1 };
            let small = small.map(|value| B256::from(U256::from(value)).0);
            for words in [words, small] {
                let input = [selector.as_slice(), words[..count].as_flattened()].concat();
                sound(&from(GOVERNOR, input), true)?;
            }
        }
    }
}

#[test]
fn i4_mutated_legal_calldata_is_never_fatal() {
    let samples = samples();
    let strategy = (
        0..samples.len(),
        proptest::collection::vec(edit(), 1..5),
        prop_oneof![3 => Just(PLENTY), 1 => 0_u64..400_000],
        any::<bool>(),
    );
    let check = |(which, edits, gas, answer): (usize, Vec<Edit>, u64, bool)| {
        let sample = &samples[which];
        let mut input = sample.call.input.to_vec();
        for edit in &edits {
            apply(&mut input, edit);
        }
        sound(&Call { gas, input: input.into(), ..sample.call.clone() }, answer)
    };
    TestRunner::new(cases(3_000)).run(&strategy, check).unwrap();
}

#[test]
fn i4_proofs_of_extreme_fields_are_never_fatal() {
    let mut random = Random(seed());
    let (precompile, _) = stubbed(true);
    let numbers = [0, 1, 59, 60, NOW - 7_200, NOW - 60, NOW, NOW + 60, u64::MAX - 1, u64::MAX];
    for _ in 0..2_000 {
        let mut miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
        let statement = &mut miner.statement;
        statement.compute_units = random.pick(&numbers);
        if random.below(2) == 0 {
            statement.completed_at = random.pick(&numbers);
        }
        if random.below(2) == 0 {
            statement.context.timestamp = random.pick(&numbers);
        }
        statement.min_reward = random.pick(&[0, 1, u128::MAX]);
        let mut host = ready();
        host.block_timestamp = random.pick(&numbers);
        host.block_number = random.pick(&numbers);
        let before = state(&host);
        match host.execute(&precompile, call(unsigned(&miner))).outcome {
            Outcome::Success(_) => {}
            Outcome::Revert(_) => assert_eq!(state(&host), before),
            other => panic!("{other:?}"),
        }
    }
}
