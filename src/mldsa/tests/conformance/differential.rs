//! Structured random cases, put to every oracle: honest signatures with one thing changed, and forged ones under
//! zero keys, where the rest of a case fits the change. A disagreement prints the case: keep it as a vector.

use pars_mldsa::{ParameterSet, SigningKey};

use crate::forge::{Hint, Parameters, ZeroKey};
use crate::oracles::Case;
use crate::random::Random;

/// Honest signatures of one set, half of them without a context, so that AWS-LC can be asked.
pub(crate) fn honest_cases(set: ParameterSet, random: &mut Random) -> Vec<Case> {
    (0..8)
        .map(|number| {
            let key = SigningKey::from_seed(set, &random.seed());
            let message_len = [0, 1, 32, 290, 1000][random.below(5)];
            let message = random.bytes(message_len);
            let context_len = if number % 2 == 0 { 0 } else { random.below(256) };
            let context = random.bytes(context_len);
            let signature = key.sign(&message, &context, &random.seed()).expect("a legal context");
            Case { set, public_key: key.public_key().to_vec(), message, context, signature }
        })
        .collect()
}

fn flip_bit(bytes: &mut [u8], random: &mut Random) {
    if !bytes.is_empty() {
        let position = random.below(bytes.len());
        bytes[position] ^= 1 << random.below(8);
    }
}

fn change_length(bytes: &mut Vec<u8>, random: &mut Random) {
    let amount = 1 + random.below(40);
    if random.below(2) == 0 {
        bytes.truncate(bytes.len().saturating_sub(amount));
    } else {
        let fill = [0, random.byte()][random.below(2)];
        bytes.extend(vec![fill; amount]);
    }
}

pub(crate) type Mutation = fn(&mut Case, &Parameters, &mut Random);

pub(crate) const MUTATIONS: [(&str, Mutation); 17] = [
    ("bit of c̃", |case, parameters, random| {
        flip_bit(&mut case.signature[..parameters.challenge_len], random);
    }),
    ("bit of z", |case, parameters, random| {
        flip_bit(&mut case.signature[parameters.challenge_len..parameters.hint_offset()], random);
    }),
    ("bit of the hint's indices", |case, parameters, random| {
        let start = parameters.hint_offset();
        flip_bit(&mut case.signature[start..start + parameters.omega], random);
    }),
    ("bit of the hint's totals", |case, parameters, random| {
        flip_bit(&mut case.signature[parameters.hint_offset() + parameters.omega..], random);
    }),
    ("byte of the hint", |case, parameters, random| {
        let position = parameters.hint_offset() + random.below(parameters.omega + parameters.k);
        case.signature[position] = random.byte();
    }),
    ("index repeated or swapped", |case, parameters, random| {
        let position = parameters.hint_offset() + random.below(parameters.omega - 1);
        if random.below(2) == 0 {
            case.signature[position + 1] = case.signature[position];
        } else {
            case.signature.swap(position, position + 1);
        }
    }),
    ("a hint moved to the next polynomial", |case, parameters, random| {
        let total = parameters.hint_offset() + parameters.omega + random.below(parameters.k - 1);
        case.signature[total] = case.signature[total].wrapping_sub(1);
    }),
    ("coefficient of z near the bound", |case, parameters, random| {
        let value = parameters.norm_bound() - 2 + random.below(4) as i64;
        let value = if random.below(2) == 0 { value } else { -value };
        parameters.put_z(&mut case.signature, random.below(parameters.l), random.below(256), value);
    }),
    ("bit of ρ", |case, _, random| flip_bit(&mut case.public_key[..32], random)),
    ("bit of t1", |case, _, random| flip_bit(&mut case.public_key[32..], random)),
    ("t1 = 0", |case, _, _| case.public_key[32..].fill(0)),
    ("bit of the message", |case, _, random| flip_bit(&mut case.message, random)),
    ("length of the message", |case, _, random| change_length(&mut case.message, random)),
    ("context", |case, _, random| {
        if random.below(2) == 0 {
            flip_bit(&mut case.context, random);
        } else {
            change_length(&mut case.context, random);
        }
    }),
    ("length of the signature", |case, _, random| change_length(&mut case.signature, random)),
    ("length of the public key", |case, _, random| change_length(&mut case.public_key, random)),
    ("a byte moved from message to context", |case, _, _| {
        if !case.message.is_empty() {
            case.context.push(case.message.remove(0));
        }
    }),
];

/// Every change of an honest case must be refused by all: a signature has one encoding and says one thing.
fn mutated_honest_signatures(test: &str, seed: u64, rounds: usize) {
    let mut random = Random::for_test(test, seed);
    for set in ParameterSet::ALL {
        let parameters = Parameters::of(set);
        let honest = honest_cases(set, &mut random);
        for case in &honest {
            assert!(case.agreed("as signed"), "{}", case.describe());
        }
        let (mut changed, mut asked_aws_lc) = (0, 0);
        for round in 0..rounds {
            let original = &honest[random.below(honest.len())];
            let (name, mutation) = MUTATIONS[round % MUTATIONS.len()];
            let mut case = original.clone();
            mutation(&mut case, &parameters, &mut random);
            if case == *original {
                continue; // A swap of equal bytes, say. They are counted below.
            }
            changed += 1;
            asked_aws_lc += usize::from(case.context.is_empty());
            assert!(!case.agreed(name), "{name} in round {round} is accepted\n{}", case.describe());
        }
        println!("{test}: {set}: {changed} changed cases, {asked_aws_lc} of them put to AWS-LC too");
        assert!(changed > rounds * 4 / 5, "{set}: {changed} of {rounds} rounds changed anything");
        assert!(asked_aws_lc > rounds / 4, "{set}: {asked_aws_lc} of {rounds} rounds asked AWS-LC");
    }
}

/// Up to ω ones at random positions.
fn random_hint(parameters: &Parameters, random: &mut Random) -> Hint {
    let count = [0, random.below(4), random.below(parameters.omega + 1), parameters.omega][random.below(4)];
    let mut ones = std::collections::BTreeSet::new();
    while ones.len() < count {
        ones.insert((random.below(parameters.k), random.byte()));
    }
    Hint::encode(parameters, &ones.into_iter().collect::<Vec<_>>())
}

/// Changes one byte of a hint so that it is malformed, if this kind of change applies to it.
fn damage_hint(parameters: &Parameters, hint: &Hint, random: &mut Random) -> Option<Hint> {
    let omega = parameters.omega;
    let mut bytes = hint.bytes.clone();
    let total = hint.read_as.len();
    match random.below(5) {
        0 => {
            // An index not above the one before it.
            let pairs: Vec<usize> =
                (1..total).filter(|&i| hint.read_as[i].0 == hint.read_as[i - 1].0).collect();
            let position = *pairs.get(random.below(pairs.len().max(1)))?;
            let before = bytes[position - 1];
            bytes[position] = [before, random.below(usize::from(before) + 1) as u8][random.below(2)];
        }
        1 => {
            // An unused position in use.
            let unused = omega - total;
            let position = total + random.below((unused > 0).then_some(unused)?);
            bytes[position] = 1 + random.below(255) as u8;
        }
        2 => {
            // A total below the one before it.
            let poly = 1 + random.below(parameters.k - 1);
            let before = usize::from(bytes[omega + poly - 1]);
            bytes[omega + poly] = random.below((before > 0).then_some(before)?) as u8;
        }
        3 => bytes[omega + parameters.k - 1] = (omega + 1 + random.below(255 - omega)) as u8,
        _ => {
            let poly = random.below(parameters.k);
            bytes[omega + poly] = (omega + 1) as u8;
        }
    }
    let mut damaged = Hint::unchecked(parameters, bytes);
    if random.below(2) == 0 {
        // For a decoder that stops at ω instead of refusing.
        damaged.read_as.truncate(omega);
    }
    Some(damaged)
}

/// Forged signatures: valid ones, and ones with a single defect that the challenge takes into account.
fn forged_signatures(test: &str, seed: u64, rounds: usize) {
    let mut random = Random::for_test(test, seed);
    for set in ParameterSet::ALL {
        let keys = [ZeroKey::new(set, &random.seed()), ZeroKey::new(set, &random.seed())];
        let (mut valid, mut norm, mut hints) = (0, 0, 0);
        for round in 0..rounds {
            let key = &keys[random.below(2)];
            let parameters = &key.parameters;
            let bound = parameters.norm_bound();
            let width = [1, 1000, bound][random.below(3)];
            let mut z = vec![[0; 256]; parameters.l];
            for value in z.iter_mut().flatten() {
                *value = random.below(2 * width as usize - 1) as i64 - (width - 1);
            }
            let mut hint = random_hint(parameters, &mut random);
            let expected = match random.below(4) {
                0 => {
                    let value = bound + random.below((parameters.gamma1 - bound) as usize) as i64;
                    let sign = if random.below(2) == 0 { 1 } else { -1 };
                    z[random.below(parameters.l)][random.below(256)] = sign * value;
                    norm += 1;
                    false
                }
                1 => match damage_hint(parameters, &hint, &mut random) {
                    Some(damaged) => {
                        hint = damaged;
                        hints += 1;
                        false
                    }
                    None => true,
                },
                _ => true,
            };
            valid += usize::from(expected);
            let message_len = random.below(200);
            let context_len = random.below(2) * random.below(256);
            let (message, context) = (random.bytes(message_len), random.bytes(context_len));
            let case = key.forge(&message, &context, &z, &hint);
            let answer = case.agreed("a forged signature");
            assert_eq!(answer, expected, "{set} round {round}\n{}", case.describe());
        }
        println!(
            "{test}: {set}: {valid} valid, {norm} outside the norm bound, {hints} with a malformed hint"
        );
        assert!(valid > rounds / 3 && norm > rounds / 8 && hints > rounds / 10, "{set}: too few of a kind");
    }
}

#[test]
fn c3_c4_mutated_honest_signatures() {
    mutated_honest_signatures("c3_c4_mutated_honest_signatures", 4, 2000);
}

#[test]
fn c4_forged_signatures() {
    forged_signatures("c4_forged_signatures", 44, 1000);
}

#[test]
#[ignore = "long: run by make long"]
fn long_c3_c4_mutated_honest_signatures() {
    mutated_honest_signatures("long_c3_c4_mutated_honest_signatures", 40_000, 40_000);
}

#[test]
#[ignore = "long: run by make long"]
fn long_c4_forged_signatures() {
    forged_signatures("long_c4_forged_signatures", 44_000, 20_000);
}
