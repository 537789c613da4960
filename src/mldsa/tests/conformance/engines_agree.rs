//! Mutated signatures in numbers: every backend of the engine, `fips204` and AWS-LC give one answer.
//!
//! Chunks of cases, each from its own seed, so that a long run can stop anywhere and go on: it writes down how many
//! chunks are done, beside the hash of the very program that did them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pars_mldsa::{ParameterSet, PreparedKey, Reference, Verifier};
use sha3::digest::{ExtendableOutput, Update, XofReader};

use crate::backends::engines;
use crate::differential::{MUTATIONS, honest_cases};
use crate::forge::Parameters;
use crate::oracles::Case;
use crate::random::Random;

/// Cases of one chunk.
const CHUNK: usize = 2_500;
/// Jobs of one batch: not a multiple of four, and honest ones among them.
const BATCH: usize = 50;

/// What a chunk has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    cases: usize,
    valid: usize,
    by_aws_lc: usize,
}

/// One chunk under a seed of its own: honest cases of one set, each mutated, every 16th left as it is.
fn chunk(seed: u64, number: u64) -> Seen {
    let mut random = Random::new(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let set = ParameterSet::ALL[(number % 3) as usize];
    let parameters = Parameters::of(set);
    // AWS-LC's interface takes no context; contexts have their turn in `differential.rs`.
    let mut honest = honest_cases(set, &mut random);
    honest.retain(|case| case.context.is_empty());
    let engines = engines();
    // One prepared key for each honest key, as a cache would have it; all backends make the same.
    let prepared: BTreeMap<&[u8], PreparedKey> = honest
        .iter()
        .map(|case| (&*case.public_key, engines[0].prepare(set, &case.public_key).expect("a right length")))
        .collect();
    let mut seen = Seen::default();
    while seen.cases < CHUNK {
        let cases: Vec<Case> = (0..BATCH)
            .map(|index| {
                let mut case = honest[random.below(honest.len())].clone();
                if index % 16 != 15 {
                    MUTATIONS[random.below(MUTATIONS.len())].1(&mut case, &parameters, &mut random);
                }
                case
            })
            .collect();
        let expected: Vec<bool> = cases
            .iter()
            .map(|case| {
                Reference.verify(set, &case.public_key, &case.message, &case.context, &case.signature)
            })
            .collect();
        for (case, &expected) in cases.iter().zip(&expected) {
            if let Some(answer) = case.verify_with_aws_lc() {
                assert_eq!(answer, expected, "aws-lc, chunk {number} of seed {seed}\n{}", case.describe());
                seen.by_aws_lc += 1;
            }
        }
        for engine in &engines {
            let jobs: Vec<_> =
                cases.iter().map(|case| case.job_under(prepared.get(&*case.public_key))).collect();
            for (verdict, (case, &expected)) in
                engine.verify_batch(&jobs).iter().zip(cases.iter().zip(&expected))
            {
                let name = engine.name();
                assert_eq!(verdict, expected, "{name}, chunk {number} of seed {seed}\n{}", case.describe());
            }
            // And one of them alone, from bytes.
            let (case, expected) = (&cases[seen.cases % BATCH], expected[seen.cases % BATCH]);
            let answer = engine.verify(set, &case.public_key, &case.message, &case.context, &case.signature);
            assert_eq!(answer, expected, "{}, alone\n{}", engine.name(), case.describe());
        }
        seen.cases += BATCH;
        seen.valid += expected.iter().filter(|&&valid| valid).count();
    }
    seen
}

/// The random kinds must all occur, or the number of cases says nothing. Beside the 16th that is left as it is, a change
/// may be none: of an empty message, say, and a single chunk may have drawn several of those.
fn assert_enough(seen: Seen) {
    assert!(seen.valid > seen.cases / 20 && seen.valid < seen.cases * 2 / 5, "{seen:?}");
    assert!(seen.by_aws_lc > seen.cases * 4 / 5, "{seen:?}");
}

#[test]
fn c4_engines_agree_on_100_000_mutated_signatures() {
    const SEED: u64 = 0xc4;
    println!("seed {SEED}");
    let mut seen = Seen::default();
    for number in 0..46 {
        let chunk = chunk(SEED, number);
        seen.cases += chunk.cases;
        seen.valid += chunk.valid;
        seen.by_aws_lc += chunk.by_aws_lc;
    }
    println!("{seen:?}");
    assert!(seen.by_aws_lc >= 100_000, "so many cases that all three answered");
    assert_enough(seen);
}

/// Progress of a long run: the chunks that are done, as long as the program is the same.
struct Progress {
    path: PathBuf,
    program: String,
}

#[expect(clippy::disallowed_methods, reason = "a test keeps its progress in a file")]
impl Progress {
    fn open(name: &str) -> Self {
        let program = std::fs::read(std::env::current_exe().expect("this program")).expect("it can be read");
        let mut hash = sha3::Shake128::default();
        hash.update(&program);
        let mut digest = [0; 16];
        hash.finalize_xof().read(&mut digest);
        Self { path: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), program: hex::encode(digest) }
    }

    fn done(&self) -> u64 {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        text.split_once(' ')
            .filter(|(program, _)| *program == self.program)
            .and_then(|(_, done)| done.trim().parse().ok())
            .unwrap_or(0)
    }

    fn write(&self, done: u64) {
        std::fs::write(&self.path, format!("{} {done}\n", self.program)).expect("progress can be written");
    }
}

/// Ten million, a chunk after the other; stopped, it goes on where it was. To begin anew, delete the file it names.
#[test]
#[ignore = "long: run by make long"]
fn long_c4_engines_agree_on_10_000_000_mutated_signatures() {
    const SEED: u64 = 0x1000_c4c4;
    const CHUNKS: u64 = 4_600;
    let progress = Progress::open("c4-10000000");
    let begin = progress.done();
    println!("seed {SEED}, from chunk {begin} of {CHUNKS}; progress in {}", progress.path.display());
    for number in begin..CHUNKS {
        assert_enough(chunk(SEED, number));
        progress.write(number + 1);
    }
    assert_eq!(progress.done(), CHUNKS);
}
