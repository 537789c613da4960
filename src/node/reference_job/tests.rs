use super::*;
use alloy_primitives::{b256, hex};
use std::io::Cursor;

/// Hands out at most `most` bytes a read, and an `Interrupted` before each.
struct Drip<'a> {
    rest: &'a [u8],
    most: usize,
    interrupt: bool,
}

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = self.most.min(buffer.len()).min(self.rest.len());
        let (now, rest) = self.rest.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.rest = rest;
        Ok(count)
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|k| (k * k % 251) as u8).collect()
}

/// The same network the plain way: indices, 64 bits, the whole input in memory, every operation counted as it is done.
fn plain(input: &[u8]) -> (Vec<u8>, u64) {
    let mut weights = vec![0; WEIGHTS];
    blake3::Hasher::new_derive_key(MODEL_TAG).finalize_xof().fill(&mut weights);
    let weight = |index: usize| i64::from(weights[index] as i8);
    let (w2, b1) = (HIDDEN * 128, HIDDEN * 128 + STATE * HIDDEN);
    let b2 = b1 + HIDDEN;
    let mut padded = input.to_vec();
    padded.resize(input.len().div_ceil(BLOCK) * BLOCK, 0);
    padded.extend((input.len() as u64).to_be_bytes());
    padded.resize(padded.len() + BLOCK - 8, 0);

    let (mut state, mut operations) = (vec![0; STATE], 0);
    for block in padded.chunks(BLOCK) {
        let values: Vec<i64> =
            block.iter().map(|byte| i64::from(*byte) - 128).chain(state.iter().copied()).collect();
        let mut dense = |row: usize, values: &[i64], bias: usize| {
            let mut sum = 512 * weight(bias);
            for (column, value) in values.iter().enumerate() {
                sum += weight(row + column) * value;
                operations += 2;
            }
            sum >> 9
        };
        let hidden: Vec<i64> =
            (0..HIDDEN).map(|row| dense(row * 128, &values, b1 + row).clamp(0, 127)).collect();
        state = (0..STATE).map(|row| dense(w2 + row * HIDDEN, &hidden, b2 + row).clamp(-128, 127)).collect();
    }
    (state.into_iter().map(|value| value as u8).collect(), operations)
}

/// The answers come from an implementation in another language (Python's `blake3` and unbounded integers).
#[test]
fn known_answers() {
    let job = ReferenceJob::new();
    assert_eq!(job.model_hash(), b256!("0x7cb6774e623035312d4f7cfdb5f17ecfc2108e4176b1bf7afe916d60ac42f03d"));
    let cases: [(&[u8], u64, &str, B256); 4] = [
        (
            b"",
            49_152,
            "80d19c351c80668096469a747f808052808005d3b98097ea57fca0819f9fc44980e67fe67f737f7fa29c0e80845a4261804d806b747f33ca0f09ed804e0d8080",
            b256!("0x1b6984e5ad06cd56fba6ad0a74de53cf9f914eafa13809422e1f4abbaeae8eb3"),
        ),
        (
            b"abc",
            98_304,
            "809db90de7807f80e339dd7f7f8080378080f603e480801965569e808680fe0af42c7f3b7f7f7f7f8095b680877f777f803680207f7f0e80ef072d807fbfc6a1",
            b256!("0xc5fda9dab450f43bd97daca10bbfde5d2a5d03d8550706f56b0c2967cccd823a"),
        ),
        (
            &std::array::from_fn::<u8, 64, _>(|k| k as u8),
            98_304,
            "80aec6f3ff807f80032dae7f7f89803980802307bf808013677f80808b8013fcdf067f497f7f7f7f80cad280807f656a804d803d7f7f2280f0011b807fc4ba96",
            b256!("0x2b0a8d1ebdd5ce14b5e3aec89f18316788ea74c6c800ee5d5e8d139b0b868f9b"),
        ),
        (
            &pattern(1000),
            835_584,
            "80e4bfe6e2807280ed2c05767f80803b8080e7d2e38092effc56a780ccd2e1de9afe7ffe7f7f7f7f80dad68080327760803c80367d7f25ad2cf142807fe08db1",
            b256!("0x02d305947e79b4dadff27982f084bb7636e5884f1050e27f14d8da0698148b0c"),
        ),
    ];
    for (input, operations, output, output_hash) in cases {
        let result = job.run(input).unwrap();
        assert_eq!(hex::encode(result.output), output, "{} bytes", input.len());
        assert_eq!(result.output_hash(), output_hash);
        assert_eq!(result.operations, operations);
        assert_eq!(result.input_bytes, input.len() as u64);
        assert_eq!(result.input_hash, pars_protocol::ids::blake3(input));
    }
}

#[test]
fn the_plain_way_gives_the_same_bits_and_count() {
    let job = ReferenceJob::new();
    for length in [0, 1, 63, 64, 65, 127, 128, 129, 5_000] {
        let input = pattern(length);
        let result = job.run(input.as_slice()).unwrap();
        assert_eq!((result.output.to_vec(), result.operations), plain(&input), "{length} bytes");
    }
}

#[test]
fn how_the_reader_cuts_its_answers_changes_nothing() {
    let job = ReferenceJob::new();
    for length in [0, 1, 64, 1_000, CHUNK - 1, CHUNK, CHUNK + 1] {
        let input = pattern(length);
        let whole = job.run(input.as_slice()).unwrap();
        for most in [1, 7, 64, 4_096] {
            let drip = Drip { rest: &input, most, interrupt: false };
            assert_eq!(job.run(drip).unwrap(), whole, "{length} bytes, {most} a read");
        }
    }
}

#[test]
fn ten_times_the_input_is_ten_times_the_operations() {
    let job = ReferenceJob::new();
    let operations = |length: usize| job.run(Cursor::new(vec![7; length])).unwrap().operations;
    let (one, ten) = (operations(100_000), operations(1_000_000));
    assert!(ten * 1000 > one * 9_990 && ten * 1000 < one * 10_010, "{one} and {ten}");
    assert_eq!(one, STEP_OPERATIONS * (100_000u64.div_ceil(64) + 1));
}

#[test]
fn units_are_billions_of_operations_rounded_up() {
    let units = |operations| {
        JobResult { input_hash: B256::ZERO, input_bytes: 0, output: [0; STATE], operations }.compute_units()
    };
    assert_eq!(
        [0, 1, UNIT - 1, UNIT, UNIT + 1, 2 * UNIT, u64::MAX].map(units),
        [1, 1, 1, 1, 2, 2, 18_446_744_074]
    );
}

#[test]
fn every_part_of_a_long_input_reaches_the_output() {
    let job = ReferenceJob::new();
    let input = pattern(64 * 200);
    let whole = job.run(input.as_slice()).unwrap().output;
    for position in [0, 1, 63, 64, 6_400, 12_799] {
        let mut changed = input.clone();
        changed[position] ^= 1;
        assert_ne!(job.run(changed.as_slice()).unwrap().output, whole, "byte {position}");
    }
    // Padding is not data.
    assert_ne!(job.run([0; 3].as_slice()).unwrap().output, job.run([0; 4].as_slice()).unwrap().output);
}

#[test]
fn a_reader_that_fails_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let error = ReferenceJob::new().run(pattern(100).as_slice().chain(Broken)).unwrap_err();
    assert_eq!(error.to_string(), "broken");
}
