//! The reward against decimal long multiplication, and against answers worked out by hand.

use super::*;
use crate::{
    Tier,
    economics::{DIFFICULTY_ONE, EconomicsError, reward},
    tier::MIN_TRUST_BPS,
};

const D: u128 = DIFFICULTY_ONE;

/// Decimal digits, least significant first.
fn digits(text: &str) -> Vec<u32> {
    text.bytes().rev().map(|digit| u32::from(digit - b'0')).collect()
}

/// School multiplication.
fn product(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = vec![0; a.len() + b.len()];
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0;
        for (slot, y) in out[i..].iter_mut().zip(b.iter().copied().chain(std::iter::repeat(0))) {
            let sum = *slot + x * y + carry;
            *slot = sum % 10;
            carry = sum / 10;
        }
        assert_eq!(carry, 0);
    }
    out
}

/// `base · units · d · bps / 10^22` on paper: multiply, then cross out the last 22 digits. `None` beyond 256 bits.
fn on_paper(base: u128, units: u64, d: u128, bps: u16) -> Option<U256> {
    let factors = [base.to_string(), units.to_string(), d.to_string(), bps.to_string()];
    let all = factors.iter().fold(vec![1], |acc, factor| product(&acc, &digits(factor)));
    let text: String = all.iter().skip(22).rev().map(ToString::to_string).collect();
    let text = text.trim_start_matches('0');
    if text.is_empty() { Some(U256::ZERO) } else { U256::from_str_radix(text, 10).ok() }
}

fn decimal(text: &str) -> U256 {
    U256::from_str_radix(text, 10).unwrap()
}

#[test]
fn rewards_worked_out_by_hand() {
    for (base, units, d, bps, expected) in [
        // 10^10 · 10^9 units at difficulty 1: 10^19 at full trust, and the tiers' shares of it.
        (10_000_000_000, 1_000_000_000, D, 10_000, "10000000000000000000"),
        (10_000_000_000, 1_000_000_000, D, 9_500, "9500000000000000000"),
        (10_000_000_000, 1_000_000_000, D, 8_500, "8500000000000000000"),
        (10_000_000_000, 1_000_000_000, D, 6_000, "6000000000000000000"),
        // A quarter of the difficulty.
        (10_000_000_000, 1_000_000_000, D / 4, 6_000, "1500000000000000000"),
        // One unit at the lowest difficulty of genesis: 10^10 · 10^-6 · 0.6.
        (10_000_000_000, 1, 1_000_000_000_000, 6_000, "6000"),
        // Floors: 7 · 3 · 0.5 · 0.6 = 6.3; 1.9999 → 1; 0.9999 → 0.
        (7, 3, D / 2, 6_000, "6"),
        (19_999, 1, D, 1, "1"),
        (9_999, 1, D, 1, "0"),
        (1, 1, D - 1, 10_000, "0"),
        (1, 1, D, 10_000, "1"),
        // Products beyond 128 bits are exact: (2^64 − 1) · 10^18 · 10^24 · 10^4 / 10^22.
        (
            D,
            u64::MAX,
            1_000_000_000_000_000_000_000_000,
            10_000,
            "18446744073709551615000000000000000000000000",
        ),
        // Factors that are no powers of ten: 123456789012 · 987654321 · 1.234567890123456789 · 0.6.
        (123_456_789_012, 987_654_321, 1_234_567_890_123_456_789, 6_000, "90320466686735881941"),
    ] {
        assert_eq!(reward(base, units, d, bps), Ok(decimal(expected)), "{base} · {units} · {d} · {bps}");
        assert_eq!(on_paper(base, units, d, bps), Some(decimal(expected)), "the test's own arithmetic");
    }
}

#[test]
fn nothing_times_anything_is_nothing() {
    let (b, u, d, t) = (u128::MAX, u64::MAX, u128::MAX, u16::MAX);
    for (base, units, d, bps) in [(0, u, d, t), (b, 0, d, t), (b, u, 0, t), (b, u, d, 0)] {
        assert_eq!(reward(base, units, d, bps), Ok(U256::ZERO));
    }
}

/// 2^127 · 2^63 · (10^18 · 2^66) · 10^4 / 10^22 = 2^256, one more than fits.
#[test]
fn a_reward_beyond_256_bits_is_an_error() {
    let (base, units, d) = (1 << 127, 1 << 63, D << 66);
    assert_eq!(reward(base, units, d, 10_000), Err(EconomicsError::Overflow));
    assert_eq!(on_paper(base, units, d, 10_000), None);
    let below = reward(base, units, d - 1, 10_000).unwrap();
    assert_eq!(Some(below), on_paper(base, units, d - 1, 10_000));
    assert!(below > U256::MAX >> 1);
    assert_eq!(reward(u128::MAX, u64::MAX, u128::MAX, u16::MAX), Err(EconomicsError::Overflow));
}

/// The corners of every factor, all together.
#[test]
fn corners_agree_with_paper() {
    for base in [1, 10_000_000_000, D, u128::MAX] {
        for units in [1, 1_000, u64::MAX] {
            for d in [1, 1_000_000, D - 1, D, 1_000_000_000_000_000_000_000_000, u128::MAX] {
                for bps in [1, 6_000, 9_999, 10_000, u16::MAX] {
                    assert_eq!(reward(base, units, d, bps).ok(), on_paper(base, units, d, bps));
                }
            }
        }
    }
}

#[test]
fn the_scale_of_difficulty() {
    assert_eq!(DIFFICULTY_ONE, 10_u128.pow(18));
}

/// Any width of number, small ones as likely as large ones.
fn any_width() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0_u32..128).prop_map(|(value, shift)| value >> shift)
}

fn any_units() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn h2_a_reward_is_what_paper_says(
        base in any_width(), units in any_units(), d in any_width(), bps in any::<u16>(),
    ) {
        prop_assert_eq!(reward(base, units, d, bps).ok(), on_paper(base, units, d, bps));
    }

    #[test]
    fn h2_a_reward_is_monotone_in_every_factor(
        base in any_width(), units in any_units(), d in any_width(), bps in any::<u16>(),
        more in any_units(),
    ) {
        let Ok(least) = reward(base, units, d, bps) else { return Ok(()) };
        // An error stands for "more than 256 bits": nothing larger comes back from it.
        let at_least = |other: Result<U256, EconomicsError>| other.map_or(true, |other| other >= least);
        prop_assert!(at_least(reward(base, units.saturating_add(more), d, bps)));
        prop_assert!(at_least(reward(base.saturating_add(more.into()), units, d, bps)));
        prop_assert!(at_least(reward(base, units, d.saturating_add(more.into()), bps)));
        prop_assert!(at_least(reward(base, units, d, bps.saturating_add((more % 65_536) as u16))));
    }

    /// Splitting work never earns more: floors only lose. Joining loses less than one for each part.
    #[test]
    fn h2_splitting_a_proof_earns_no_more(
        base in 0..D, [a, b] in [any_units(), any_units()], d in 1_000_000..1_000_000 * D,
        tier in proptest::sample::select(Tier::ALL.to_vec()),
    ) {
        let bps = tier.trust_bps();
        let (a, b) = (a >> 1, b >> 1);
        let parts = reward(base, a, d, bps).unwrap() + reward(base, b, d, bps).unwrap();
        let whole = reward(base, a + b, d, bps).unwrap();
        prop_assert!(parts <= whole && whole <= parts + U256::ONE);
    }

    /// Whatever governance may set, a reward fits and is at most the full-trust one.
    #[test]
    fn h2_trust_only_takes(base in 0..=D, units in any::<u64>(), d in 0..=1_000_000 * D) {
        let full = reward(base, units, d, 10_000).unwrap();
        for tier in Tier::ALL {
            let paid = reward(base, units, d, tier.trust_bps()).unwrap();
            prop_assert!(paid <= full);
            // The share is floored once, not twice.
            let share = full * U256::from(tier.trust_bps()) / U256::from(10_000);
            prop_assert!(paid >= share && paid <= share + U256::ONE);
        }
        prop_assert_eq!(Tier::Software.trust_bps(), MIN_TRUST_BPS);
    }
}
