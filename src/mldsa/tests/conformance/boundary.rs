//! The public interface at its edges: lengths, contexts, sets, weak keys.

use pars_mldsa::{MAX_CONTEXT_LEN, ParameterSet, SigningKey, is_weak_public_key};

use crate::backends::backends;
use crate::forge::{Hint, ZeroKey};
use crate::oracles::Case;
use crate::random::Random;

/// An honest signature.
fn signed(set: ParameterSet, message: &[u8], context: &[u8]) -> Case {
    let key = SigningKey::from_seed(set, &[set.id(); 32]);
    Case {
        set,
        public_key: key.public_key().to_vec(),
        message: message.to_vec(),
        context: context.to_vec(),
        signature: key.sign(message, context, &[7; 32]).expect("a legal context"),
    }
}

/// Every backend must give `expected`.
fn check(case: &Case, expected: bool, what: &str) {
    for (backend, verifier) in backends() {
        let answer =
            verifier.verify(case.set, &case.public_key, &case.message, &case.context, &case.signature);
        assert_eq!(answer, expected, "{backend} {}: {what}", case.set);
    }
    assert_eq!(case.verify(), expected, "verify {}: {what}", case.set);
}

/// `bytes` with `len` bytes, cut or filled up with zeros.
fn resized(bytes: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(len, 0);
    bytes
}

/// FIPS 204 tables 1 and 2.
#[test]
fn parameter_sets_are_those_of_the_standard() {
    let table = ParameterSet::ALL.map(|set| {
        (set.to_string(), set.id(), set.public_key_len(), set.signature_len(), set.security_level())
    });
    assert_eq!(
        table,
        [
            ("ML-DSA-44".to_owned(), 44, 1312, 2420, 2),
            ("ML-DSA-65".to_owned(), 65, 1952, 3309, 3),
            ("ML-DSA-87".to_owned(), 87, 2592, 4627, 5),
        ]
    );
    assert!(ParameterSet::ALL.is_sorted());
    for id in 0..=u8::MAX {
        assert_eq!(ParameterSet::from_id(id), ParameterSet::ALL.into_iter().find(|set| set.id() == id));
    }
    for len in (0..=3000).chain([usize::MAX]) {
        let expected = ParameterSet::ALL.into_iter().find(|set| set.public_key_len() == len);
        assert_eq!(ParameterSet::from_public_key_len(len), expected, "{len} bytes");
    }
}

#[test]
fn c2_public_key_and_signature_lengths() {
    for set in ParameterSet::ALL {
        let good = signed(set, b"length", b"context");
        check(&good, true, "as signed");
        let (key_len, signature_len) = (set.public_key_len(), set.signature_len());
        for len in [0, 1, 32, key_len - 1, key_len + 1, 2 * key_len] {
            let case = Case { public_key: resized(&good.public_key, len), ..good.clone() };
            check(&case, false, &format!("public key of {len} bytes"));
        }
        for len in [0, 1, 32, signature_len - 1, signature_len + 1, 2 * signature_len] {
            let case = Case { signature: resized(&good.signature, len), ..good.clone() };
            check(&case, false, &format!("signature of {len} bytes"));
        }
        for other in ParameterSet::ALL.into_iter().filter(|&other| other != set) {
            check(&Case { set: other, ..good.clone() }, false, &format!("asked as {other}"));
            let fitted = Case {
                set: other,
                public_key: resized(&good.public_key, other.public_key_len()),
                signature: resized(&good.signature, other.signature_len()),
                ..good.clone()
            };
            check(&fitted, false, &format!("asked as {other}, fitted"));
        }
    }
}

/// A signature whose last bytes are zero, cut: no implicit padding. A zero public key, extended: no implicit cut.
#[test]
fn c2_lengths_are_not_mended() {
    for set in ParameterSet::ALL {
        let key = ZeroKey::new(set, &[9; 32]);
        let z = vec![[0; 256]; key.parameters.l];
        let good = key.forge(b"mend", b"", &z, &Hint::encode(&key.parameters, &[]));
        check(&good, true, "as forged");
        assert_eq!(good.signature.last(), Some(&0), "the last byte can be guessed");
        let len = set.signature_len();
        check(&Case { signature: resized(&good.signature, len - 1), ..good.clone() }, false, "one zero cut");
        check(&Case { signature: resized(&good.signature, len + 1), ..good.clone() }, false, "one zero more");
        let len = set.public_key_len();
        check(
            &Case { public_key: resized(&good.public_key, len - 1), ..good.clone() },
            false,
            "one zero cut",
        );
        check(
            &Case { public_key: resized(&good.public_key, len + 1), ..good.clone() },
            false,
            "one zero more",
        );
    }
}

/// 0 and 255 bytes of context are legal, 256 are not, whatever a length byte of 0 would make of them.
#[test]
fn c2_context_lengths() {
    for set in ParameterSet::ALL {
        for len in [0, 1, MAX_CONTEXT_LEN] {
            check(&signed(set, b"message", &vec![0x5a; len]), true, &format!("context of {len} bytes"));
        }
        // The message a 256-byte context would be confused with if its length were cut to one byte.
        let context = [0x5a; MAX_CONTEXT_LEN + 1];
        let joined = signed(set, &[&context[..], b"message"].concat(), b"");
        check(&joined, true, "no context, joined message");
        let confused = Case { message: b"message".to_vec(), context: context.to_vec(), ..joined };
        check(&confused, false, "context of 256 bytes");
        let long = Case { context: vec![0x5a; 1 << 16], ..confused };
        check(&long, false, "context of 65536 bytes");
    }
}

/// Moving bytes between context and message makes another statement.
#[test]
fn c9_context_and_message_do_not_run_together() {
    for set in ParameterSet::ALL {
        let good = signed(set, b"cd", b"ab");
        check(&good, true, "as signed");
        for (context, message) in [("", "abcd"), ("a", "bcd"), ("abc", "d"), ("abcd", "")] {
            let case = Case { context: context.into(), message: message.into(), ..good.clone() };
            check(&case, false, &format!("context {context:?}, message {message:?}"));
        }
    }
}

/// One signature, one purpose: the context strings of the design, and none.
#[test]
fn c9_a_signature_serves_one_purpose() {
    const PURPOSES: [&str; 6] = [
        "",
        "pars.aimining.work.v1",
        "pars.aimining.work.v2",
        "pars.aimining.teleport-root.v1",
        "pars.aimining.committee.v1",
        "pars.aimining.register.v1",
    ];
    let mut accepted = 0;
    for set in ParameterSet::ALL {
        for purpose in PURPOSES {
            let good = signed(set, b"one message", purpose.as_bytes());
            for asked in PURPOSES {
                let case = Case { context: asked.into(), ..good.clone() };
                check(&case, asked == purpose, &format!("signed for {purpose:?}, asked for {asked:?}"));
                accepted += usize::from(case.verify());
            }
        }
    }
    assert_eq!(accepted, 18);
}

/// Any bytes get an answer, and random ones get `false`.
#[test]
fn c10_any_input_has_an_answer() {
    let mut random = Random::for_test("c10_any_input_has_an_answer", 10);
    for round in 0..600 {
        let set = ParameterSet::ALL[round % 3];
        // Half of the time the lengths are right, so that the bytes themselves are decoded.
        let mut len = |right: usize| if random.below(2) == 0 { right } else { random.below(2 * right) };
        let (key_len, signature_len) = (len(set.public_key_len()), len(set.signature_len()));
        let fill = [None, Some(0), Some(0xff)][random.below(3)];
        let mut bytes = |len: usize| fill.map_or_else(|| random.bytes(len), |byte| vec![byte; len]);
        let case = Case {
            set,
            public_key: bytes(key_len),
            message: bytes(round % 200),
            context: bytes(round % 300),
            signature: bytes(signature_len),
        };
        check(&case, false, "random bytes");
    }
}

#[test]
fn weak_public_keys_are_those_without_t1() {
    for set in ParameterSet::ALL {
        let len = set.public_key_len();
        let honest = signed(set, b"", b"").public_key;
        assert!(!is_weak_public_key(set, &honest));
        for wrong in [0, 31, 32, 33, len - 1, len + 1] {
            assert!(is_weak_public_key(set, &resized(&honest, wrong)), "{set}: {wrong} bytes");
        }
        assert!(is_weak_public_key(set, &vec![0; len]));
        let mut only_rho = vec![0; len];
        only_rho[..32].fill(0xff);
        assert!(is_weak_public_key(set, &only_rho), "{set}: ρ does not count");
        // One bit of t1 anywhere makes a key that nobody has shown how to sign under.
        for position in [32, 33, len / 2, len - 1] {
            for bit in [0, 7] {
                let mut key = only_rho.clone();
                key[position] = 1 << bit;
                assert!(!is_weak_public_key(set, &key), "{set}: bit {bit} of byte {position}");
            }
        }
    }
}

/// Why the rule exists: no secret, any message, any context, and every verifier accepts.
#[test]
fn anyone_signs_under_a_weak_public_key() {
    for set in ParameterSet::ALL {
        let key = ZeroKey::new(set, b"nobody knows a secret of the key");
        assert!(is_weak_public_key(set, &key.public_key));
        let z = vec![[0; 256]; key.parameters.l];
        for context in ["", "pars.aimining.work.v1"] {
            let forged = key.forge(b"pay me", context.as_bytes(), &z, &Hint::encode(&key.parameters, &[]));
            check(&forged, true, "forged");
            assert!(forged.agreed("forged under a weak key"));
        }
    }
}
