//! Known answers, each backend against the one in plain Rust, and keccak256 against another implementation.

use super::*;
use proptest::{prelude::*, test_runner::RngSeed};
use sha3::{Digest, Keccak256};

/// Every backend there is, with its name.
fn all() -> [(&'static str, Option<Keccak>); 3] {
    [("portable", Some(Keccak::portable())), ("avx2", Keccak::avx2()), ("avx512", Keccak::avx512())]
}

/// Those that this machine has.
fn backends() -> impl Iterator<Item = Keccak> {
    all().into_iter().filter_map(|(_, backend)| backend)
}

/// What this machine lacks is said loudly: not by `eprintln!`, which the harness would swallow.
#[test]
fn c5_what_is_compared() {
    use std::io::Write;
    for (name, backend) in all() {
        match backend {
            Some(backend) => assert_eq!(backend.name(), name),
            None => writeln!(
                std::io::stderr().lock(),
                "\n*** NOT RUN: c5_ of pars-keccak with {name}: this processor has none ***\n"
            )
            .unwrap(),
        }
    }
    assert_eq!(Keccak::new().name(), backends().last().unwrap().name(), "the last one is the fastest");
}

/// Keccak-f\[1600\] of zero, once and twice: lanes as the Keccak team publishes them.
#[test]
fn the_permutation_is_keccak() {
    for keccak in backends() {
        let mut state = [0; WORDS];
        keccak.permute(&mut state);
        assert_eq!(state[0], 0xf125_8f79_40e1_dde7);
        assert_eq!(state[1], 0x84d5_ccf9_33c0_478a);
        assert_eq!(state[24], 0xeaf1_ff7b_5cec_a249);
        keccak.permute(&mut state);
        assert_eq!(state[0], 0x2d5c_954d_f96e_cb3c);
    }
}

#[test]
fn lanes_do_not_touch_each_other() {
    let mut state = State4::ZERO;
    let filled: State = std::array::from_fn(|i| 0x0101_0101_0101_0101 * (i as u64 + 1));
    for lane in 0..LANES {
        state.set_lane(lane, &filled.map(|word| word ^ lane as u64));
    }
    state.clear(2);
    state.absorb(2, &[1; 16]);
    let mut out = [0; 12];
    state.squeeze(2, &mut out);
    assert_eq!(out, [1; 12]);
    let mut blocks = [Block([0; 24]); LANES];
    state.blocks(&mut blocks);
    for lane in [0, 1, 3] {
        assert_eq!(state.lane(lane), filled.map(|word| word ^ lane as u64));
        assert_eq!(blocks[lane].0, state.lane(lane)[..24]);
    }
}

fn states() -> impl Strategy<Value = State4> {
    let word = prop_oneof![4 => any::<u64>(), 1 => Just(0), 1 => Just(u64::MAX)];
    proptest::collection::vec(word, WORDS * LANES).prop_map(|words| {
        State4(std::array::from_fn(|i| std::array::from_fn(|lane| words[LANES * i + lane])))
    })
}

/// The same cases every time, unless `PROPTEST_RNG_SEED` says otherwise; prints the seed.
fn fixed() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0x0ec5_c256);
    }
    println!("proptest: {} cases, {:?}", config.cases, config.rng_seed);
    config
}

proptest! {
    #![proptest_config(fixed())]

    #[test]
    fn c5_permutations(start in states()) {
        let mut expected = start.clone();
        Keccak::portable().permute4(&mut expected);
        for keccak in backends() {
            let mut four = start.clone();
            keccak.permute4(&mut four);
            prop_assert_eq!(four.0, expected.0, "{}", keccak.name());
            for lane in 0..LANES {
                let mut one = start.lane(lane);
                keccak.permute(&mut one);
                prop_assert_eq!(one, expected.lane(lane), "{}", keccak.name());
            }
            let mut blocks = [[Block([1; 24]); LANES], [Block([2; 24]); LANES]];
            keccak.blocks(&expected, &mut blocks[0]);
            expected.blocks(&mut blocks[1]);
            for (one, other) in blocks[0].iter().zip(&blocks[1]) {
                prop_assert_eq!(one.0, other.0);
            }
        }
    }

    #[test]
    fn c5_keccak256_of_many(messages in proptest::collection::vec(any::<[u8; 64]>(), 0..20)) {
        for keccak in backends() {
            check(keccak, &messages);
        }
    }
}

fn check<const LEN: usize>(keccak: Keccak, messages: &[[u8; LEN]]) {
    let expected: Vec<[u8; 32]> = messages.iter().map(|message| Keccak256::digest(message).into()).collect();
    assert_eq!(keccak.keccak256_each(messages), expected, "{} of {LEN} bytes", keccak.name());
}

/// The lengths at which padding meets the ends of words and of the block.
#[test]
fn c5_keccak256_of_every_kind_of_length() {
    fn filled<const LEN: usize>(keccak: Keccak) {
        for count in 0..=9_u8 {
            let messages: Vec<[u8; LEN]> = (0..count).map(|n| [n.wrapping_mul(29) ^ 0xa5; LEN]).collect();
            check(keccak, &messages);
        }
    }
    for keccak in backends() {
        filled::<0>(keccak);
        filled::<1>(keccak);
        filled::<7>(keccak);
        filled::<8>(keccak);
        filled::<31>(keccak);
        filled::<32>(keccak);
        filled::<52>(keccak);
        filled::<64>(keccak);
        filled::<127>(keccak);
        filled::<128>(keccak);
        filled::<134>(keccak);
        filled::<135>(keccak);
    }
}
