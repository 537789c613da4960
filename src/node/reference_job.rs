//! The reference job: what the demo and `pars-devnet prove` run. **It is not an AI model**; the inference runner
//! replaces it. It has what a model's work has for the chain (a model hash, an input, an output that anyone can
//! recompute bit for bit, and a count of operations) and nothing more.
//!
//! A recurrent network of two int8 layers with fixed weights reads the input in blocks of 64 bytes:
//!
//! ```text
//! v  = (block − 128) ‖ s                                128 values of 8 bits
//! h  = clamp((W1 · v + 512 · b1) >> 9) to [0, 127]      128 values
//! s' = clamp((W2 · h + 512 · b2) >> 9) to [−128, 127]    64 values; s is zero at first
//! ```
//!
//! The last block is padded with zeros, and one more block holds the length (u64, big-endian, then zeros), so that no
//! two inputs feed the network the same blocks. The output is the last s. The weights (W1, W2 by rows, then b1, b2) are
//! the first 24,768 bytes of BLAKE3's `derive_key` stream of [`MODEL_TAG`]; the model hash is their BLAKE3.
//!
//! Sums stay below 2^22, so 32 bits hold them and no build profile can change a bit.

use std::io::{self, Read};

use alloy_primitives::B256;

/// `derive_key` context of the weights.
pub const MODEL_TAG: &str = "pars.aimining.reference-job.v1";
/// Bytes of input that one step reads.
pub const BLOCK: usize = 64;
/// Values that one step hands to the next; bytes of the output.
pub const STATE: usize = 64;
/// Width of the hidden layer.
pub const HIDDEN: usize = 128;
/// Operations of one step: each multiply-add counts two, as vendors count; nothing else counts.
pub const STEP_OPERATIONS: u64 = 2 * (HIDDEN * (BLOCK + STATE) + STATE * HIDDEN) as u64;
/// Operations in one compute unit.
pub const UNIT: u64 = 1_000_000_000;

const WEIGHTS: usize = HIDDEN * (BLOCK + STATE) + STATE * HIDDEN + HIDDEN + STATE;
/// Binary digits that a layer drops from its sums.
const SHIFT: u32 = 9;
/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// The network.
#[derive(Clone, Debug)]
pub struct ReferenceJob {
    weights: Vec<i8>,
    model_hash: B256,
}

/// What one run gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobResult {
    /// BLAKE3 of the input.
    pub input_hash: B256,
    /// Length of the input.
    pub input_bytes: u64,
    /// The output.
    pub output: [u8; STATE],
    /// Operations done, [`STEP_OPERATIONS`] a step.
    pub operations: u64,
}

impl JobResult {
    /// BLAKE3 of the output.
    pub fn output_hash(&self) -> B256 {
        pars_protocol::ids::blake3(&self.output)
    }

    /// The work in units of 10^9 operations: rounded up, so at least 1.
    pub fn compute_units(&self) -> u64 {
        self.operations.div_ceil(UNIT).max(1)
    }
}

impl Default for ReferenceJob {
    fn default() -> Self {
        Self::new()
    }
}

impl ReferenceJob {
    /// Makes the weights.
    pub fn new() -> Self {
        let mut bytes = vec![0; WEIGHTS];
        blake3::Hasher::new_derive_key(MODEL_TAG).finalize_xof().fill(&mut bytes);
        let model_hash = pars_protocol::ids::blake3(&bytes);
        Self { weights: bytes.into_iter().map(|byte| i8::from_ne_bytes([byte])).collect(), model_hash }
    }

    /// BLAKE3 of the weights.
    pub fn model_hash(&self) -> B256 {
        self.model_hash
    }

    /// Runs over an input of any length in bounded memory.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn run(&self, mut input: impl Read) -> io::Result<JobResult> {
        let mut run = Run { job: self, state: [0; STATE], operations: 0 };
        let mut hasher = blake3::Hasher::new();
        let mut input_bytes = 0;
        let mut chunk = vec![0; CHUNK];
        loop {
            // Whole chunks, so that the blocks do not depend on how the reader cuts its answers.
            let filled = fill(&mut input, &mut chunk)?;
            let read = chunk.get(..filled).unwrap_or_default();
            hasher.update(read);
            input_bytes += read.len() as u64;
            read.chunks(BLOCK).for_each(|block| run.step(block));
            if filled < CHUNK {
                break;
            }
        }
        run.step(&input_bytes.to_be_bytes());
        Ok(JobResult {
            input_hash: B256::from(*hasher.finalize().as_bytes()),
            input_bytes,
            output: run.state.map(|value| u8::from_ne_bytes(value.to_ne_bytes())),
            operations: run.operations,
        })
    }
}

/// Fills the buffer unless the input ends first; says how far it came.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut rest = &mut *buffer;
    while !rest.is_empty() {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => rest = rest.split_at_mut_checked(read).map(|(_, rest)| rest).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let left = rest.len();
    Ok(buffer.len() - left)
}

struct Run<'a> {
    job: &'a ReferenceJob,
    state: [i8; STATE],
    operations: u64,
}

impl Run<'_> {
    /// One step; a block shorter than [`BLOCK`] is padded with zeros.
    fn step(&mut self, block: &[u8]) {
        let mut values = [-128; BLOCK + STATE];
        for (value, byte) in values.iter_mut().zip(block.iter().take(BLOCK)) {
            *value = i32::from(*byte) - 128;
        }
        for (value, state) in values.iter_mut().skip(BLOCK).zip(self.state) {
            *value = i32::from(state);
        }
        let (first, rest) = self.job.weights.split_at(HIDDEN * (BLOCK + STATE));
        let (second, rest) = rest.split_at(STATE * HIDDEN);
        let (first_bias, second_bias) = rest.split_at(HIDDEN);
        let mut hidden = [0; HIDDEN];
        for (value, sum) in hidden.iter_mut().zip(layer(first, first_bias, &values)) {
            *value = sum.clamp(0, 127);
        }
        for (value, sum) in self.state.iter_mut().zip(layer(second, second_bias, &hidden)) {
            *value = i8::try_from(sum.clamp(-128, 127)).unwrap_or_default();
        }
        self.operations += STEP_OPERATIONS;
    }
}

/// `(weights · values + 2^SHIFT · bias) >> SHIFT`, a row at a time.
fn layer(weights: &[i8], bias: &[i8], values: &[i32; 128]) -> impl Iterator<Item = i32> {
    weights.chunks_exact(values.len()).zip(bias).map(move |(row, bias)| {
        let sum: i32 = row.iter().zip(values).map(|(weight, value)| i32::from(*weight) * value).sum();
        (sum + (i32::from(*bias) << SHIFT)) >> SHIFT
    })
}

#[cfg(test)]
mod tests;
