//! Each check of a signature's encoding alone: one thing is wrong, the challenge fits everything else.

use pars_mldsa::ParameterSet;

use crate::backends::backends;
use crate::forge::{Hint, Poly, ZeroKey};
use crate::oracles::Case;
use crate::random::Random;

const RHO: [u8; 32] = *b"encoding tests: rho of zero keys";

/// Short responses: far from the norm bound, and no two alike.
fn short_z(key: &ZeroKey) -> Vec<Poly> {
    let mut random = Random::new(0x7a);
    (0..key.parameters.l).map(|_| std::array::from_fn(|_| random.below(2001) as i64 - 1000)).collect()
}

/// Every backend and every oracle must give `expected`.
fn check(case: &Case, expected: bool, what: &str) {
    for (backend, verifier) in backends() {
        let answer =
            verifier.verify(case.set, &case.public_key, &case.message, &case.context, &case.signature);
        assert_eq!(answer, expected, "{backend} {} {what}\n{}", case.set, case.describe());
    }
    assert_eq!(case.agreed(what), expected, "{} {what}", case.set);
}

/// ‖z‖∞ < γ1 − β (FIPS 204 Algorithm 8, line 13), in the corners of z, on both sides.
#[test]
fn c2_norm_bound_below_at_and_above() {
    let mut seen = (0, 0);
    for set in ParameterSet::ALL {
        let key = ZeroKey::new(set, &RHO);
        let hint = Hint::encode(&key.parameters, &[(0, 3)]);
        let (bound, gamma1) = (key.parameters.norm_bound(), key.parameters.gamma1);
        for poly in [0, key.parameters.l - 1] {
            for index in [0, 255] {
                for value in [
                    bound - 1,
                    1 - bound,
                    bound,
                    -bound,
                    bound + 1,
                    -bound - 1,
                    gamma1 - 1,
                    gamma1,
                    1 - gamma1,
                ] {
                    let mut z = short_z(&key);
                    z[poly][index] = value;
                    let expected = value.abs() < bound;
                    let case = key.forge(b"norm", b"", &z, &hint);
                    check(&case, expected, &format!("z[{poly}][{index}] = {value}"));
                    seen = (seen.0 + 1, seen.1 + usize::from(expected));
                }
            }
        }
    }
    assert_eq!(seen, (108, 24), "cases, of which valid");
}

/// Hints that look odd and are right: a verifier must not be stricter than the standard.
#[test]
fn c2_c3_legal_hints_are_accepted() {
    let mut seen = 0;
    for set in ParameterSet::ALL {
        let key = ZeroKey::new(set, &RHO);
        let (omega, last) = (key.parameters.omega, key.parameters.k - 1);
        let full_first = (0..omega).map(|i| (0, i as u8)).collect::<Vec<_>>();
        let full_last = (0..omega).map(|i| (last, (255 - omega + 1 + i) as u8)).collect::<Vec<_>>();
        let mut spread = (0..omega).map(|i| (i % (last + 1), (i * 3) as u8)).collect::<Vec<_>>();
        spread.sort_unstable();
        for (what, ones) in [
            ("no hint at all", &[][..]),
            ("a hint of index 0 in the first polynomial", &[(0, 0)]),
            ("a hint of index 255 in the last polynomial", &[(last, 255)]),
            ("polynomials without hints between others", &[(1, 7), (last, 9)]),
            ("equal index in the next polynomial", &[(0, 5), (1, 5)]),
            ("lower index in the next polynomial", &[(0, 5), (0, 200), (1, 4)]),
            ("ω hints in the first polynomial", &full_first),
            ("ω hints in the last polynomial", &full_last),
            ("ω hints over all polynomials", &spread),
            ("ω − 1 hints", &full_first[1..]),
        ] {
            let hint = Hint::encode(&key.parameters, ones);
            check(&key.forge(b"legal hint", b"", &short_z(&key), &hint), true, what);
            check(&key.forge(b"legal hint", b"context", &short_z(&key), &hint), true, what);
            seen += 2;
        }
    }
    assert_eq!(seen, 60);
}

/// Every way Algorithm 21 (HintBitUnpack) can refuse, each forged for a decoder that lacks just that check.
#[test]
fn c2_c3_malformed_hints_are_rejected() {
    let mut seen = 0;
    for set in ParameterSet::ALL {
        let key = ZeroKey::new(set, &RHO);
        let parameters = &key.parameters;
        let (omega, k) = (parameters.omega, parameters.k);
        // Three in the first polynomial, two in the second, none elsewhere.
        let good = Hint::encode(parameters, &[(0, 10), (0, 20), (0, 30), (1, 40), (1, 50)]);
        check(&key.forge(b"hint", b"", &short_z(&key), &good), true, "the hint before it is edited");

        let edited = |edits: &[(usize, u8)]| {
            let mut bytes = good.bytes.clone();
            for &(position, value) in edits {
                assert_ne!(bytes[position], value, "an edit must change something");
                bytes[position] = value;
            }
            Hint::unchecked(parameters, bytes)
        };
        // ω + 1 hints: a reader without the check takes the first total for an index.
        let mut over = vec![0; omega + k];
        for (index, byte) in over.iter_mut().enumerate() {
            *byte = if index < omega { index } else { omega + 1 } as u8;
        }
        let clipped =
            Hint { bytes: over.clone(), read_as: (0..omega).map(|index| (0, index as u8)).collect() };
        let mut last_over = over.clone();
        last_over[omega..omega + k - 1].fill(omega as u8);
        let mut huge = over.clone();
        huge[omega..].fill(255);
        for (what, hint) in [
            ("equal indices", edited(&[(1, 10)])),
            ("equal indices at the end of a polynomial", edited(&[(4, 40)])),
            ("decreasing indices", edited(&[(0, 20), (1, 10)])),
            ("decreasing indices at the end of a polynomial", edited(&[(3, 50), (4, 40)])),
            ("first unused position not zero", edited(&[(5, 1)])),
            ("first unused position continues the polynomial", edited(&[(5, 60)])),
            ("last unused position not zero", edited(&[(omega - 1, 255)])),
            ("a total falls", edited(&[(omega + 1, 2)])),
            ("the last total falls", edited(&[(omega + k - 1, 4)])),
            ("the last total falls to zero", edited(&[(omega + k - 1, 0)])),
            ("a total above the later ones", edited(&[(omega, 6)])),
            ("ω + 1 hints, read past the indices", Hint::unchecked(parameters, over)),
            ("ω + 1 hints, cut at ω", clipped),
            ("only the last total is ω + 1", Hint::unchecked(parameters, last_over)),
            ("every total is 255", Hint::unchecked(parameters, huge)),
        ] {
            check(&key.forge(b"hint", b"", &short_z(&key), &hint), false, what);
            seen += 1;
        }
    }
    assert_eq!(seen, 45);
}

/// All bytes of c̃ count (32, 48, 64 of them), and so does every bit.
#[test]
fn c2_every_bit_of_the_challenge_counts() {
    let mut seen = 0;
    for set in ParameterSet::ALL {
        let key = ZeroKey::new(set, &RHO);
        let good = key.forge(b"challenge", b"", &short_z(&key), &Hint::encode(&key.parameters, &[(0, 1)]));
        check(&good, true, "before a bit is flipped");
        for bit in 0..key.parameters.challenge_len * 8 {
            let mut case = good.clone();
            case.signature[bit / 8] ^= 1 << (bit % 8);
            // Under a zero key the challenge enters nothing but the comparison.
            assert!(!case.verify(), "{set} bit {bit}\n{}", case.describe());
            seen += 1;
        }
    }
    assert_eq!(seen, 8 * (32 + 48 + 64));
}
