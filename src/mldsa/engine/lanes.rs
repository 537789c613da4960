//! Many sponges, four at a time: a queue of tasks whose permutations run side by side.
//!
//! Lanes know nothing of each other. As soon as one is done it takes the next task, so that SHAKE128 and SHAKE256,
//! short and long inputs mix; what a lane computes does not depend on its neighbours or its number.

use pars_keccak::{Block, LANES, State4};

use super::backend::Backend;
use super::parameters::RHO_LEN;
use super::ring::{N, Poly};
use super::sample;

/// Bytes that SHAKE256 takes and gives between permutations.
pub(super) const SHAKE256_RATE: usize = 136;
/// Longest prefix: tr, and the two bytes before a context.
pub(super) const MAX_PREFIX: usize = 66;

/// The input of a SHAKE256: a short prefix of its own, then borrowed bytes.
#[derive(Clone)]
pub(super) struct Input<'a> {
    prefix: [u8; MAX_PREFIX],
    prefix_len: usize,
    parts: [&'a [u8]; 2],
}

impl<'a> Input<'a> {
    /// `prefix` has at most [`MAX_PREFIX`] bytes.
    pub(super) fn new(prefix: &[&[u8]], parts: [&'a [u8]; 2]) -> Self {
        let mut input = Self { prefix: [0; MAX_PREFIX], prefix_len: 0, parts };
        for (to, &byte) in input.prefix.iter_mut().zip(prefix.iter().copied().flatten()) {
            *to = byte;
            input.prefix_len = input.prefix_len.saturating_add(1);
        }
        input
    }

    /// The next block to absorb, padded (FIPS 202 sections 5.1 and 6.2) if the input ends in it, and whether it does.
    fn next_block(&mut self) -> ([u8; SHAKE256_RATE], bool) {
        let mut block = [0; SHAKE256_RATE];
        // The prefix is shorter than a block, so the first one takes it whole.
        let (prefix, mut room) = block.split_at_mut(self.prefix_len);
        prefix.copy_from_slice(self.prefix.split_at(self.prefix_len).0);
        self.prefix_len = 0;
        for part in &mut self.parts {
            let (now, later) = part.split_at(part.len().min(room.len()));
            let (taken, left) = room.split_at_mut(now.len());
            taken.copy_from_slice(now);
            (*part, room) = (later, left);
        }
        let Some(first_free) = room.first_mut() else { return (block, false) };
        *first_free = 0x1f;
        if let Some(last) = block.last_mut() {
            *last |= 0x80;
        }
        (block, true)
    }
}

/// One sponge's work.
pub(super) enum Task<'a> {
    /// Algorithm 32 line 4: the entry of Â in this row and column.
    Entry { rho: &'a [u8; RHO_LEN], row: u8, column: u8, poly: &'a mut Poly },
    /// H(input, output.len()); the output has at most 136 bytes.
    Hash { input: Input<'a>, output: &'a mut [u8] },
    /// Algorithm 8 lines 6 and 7: tr = H(pk, 64), and at once µ = H(tr ‖ message, 64) in the same lane.
    KeyThenMessage { public_key: &'a [u8], tr: &'a mut [u8; 64], message: Message<'a>, mu: &'a mut [u8; 64] },
}

/// M' of Algorithm 8.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    /// 0 ‖ |ctx| for Algorithm 3 line 5; empty for the internal interface.
    header: [u8; 2],
    header_len: usize,
    parts: [&'a [u8]; 2],
}

impl<'a> Message<'a> {
    /// Algorithm 3 lines 1 and 5: `None` for a context of more than 255 bytes.
    pub(super) fn pure(context: &'a [u8], message: &'a [u8]) -> Option<Self> {
        let len = u8::try_from(context.len()).ok()?;
        Some(Self { header: [0, len], header_len: 2, parts: [context, message] })
    }

    /// M' as given.
    #[cfg(feature = "testing")]
    pub(super) fn internal(message: &'a [u8]) -> Self {
        Self { header: [0; 2], header_len: 0, parts: [message, message.split_at(0).0] }
    }

    /// What µ is the hash of (Algorithm 8 line 7).
    pub(super) fn after(&self, tr: &[u8; 64]) -> Input<'a> {
        Input::new(&[tr, self.header.split_at(self.header_len).0], self.parts)
    }
}

/// A task in its lane, between permutations.
enum Running<'a> {
    Entry { poly: &'a mut Poly, filled: usize },
    Hash { input: Input<'a>, absorbed: bool, output: &'a mut [u8] },
    Key { input: Input<'a>, absorbed: bool, tr: &'a mut [u8; 64], message: Message<'a>, mu: &'a mut [u8; 64] },
}

/// Absorbs the next block; is it the last one?
fn absorb(states: &mut State4, lane: usize, input: &mut Input<'_>) -> bool {
    let (block, last) = input.next_block();
    states.absorb(lane, &block);
    last
}

/// How a lane goes on after a permutation.
#[derive(PartialEq, Eq)]
enum Next {
    Permutation,
    /// tr is there: the message follows in the same lane.
    Message,
    Done,
}

impl<'a> Running<'a> {
    /// Begins in an empty lane, up to the first permutation.
    fn start(task: Task<'a>, states: &mut State4, lane: usize) -> Self {
        states.clear(lane);
        match task {
            Task::Entry { rho, row, column, poly } => {
                sample::absorb_entry(states, lane, rho, row, column);
                Self::Entry { poly, filled: 0 }
            }
            Task::Hash { mut input, output } => {
                let absorbed = absorb(states, lane, &mut input);
                Self::Hash { input, absorbed, output }
            }
            Task::KeyThenMessage { public_key, tr, message, mu } => {
                let mut input = Input::new(&[], [public_key, public_key.split_at(0).0]);
                let absorbed = absorb(states, lane, &mut input);
                Self::Key { input, absorbed, tr, message, mu }
            }
        }
    }

    /// Goes on after a permutation, up to the next one. `block` is the lane's first words. In place: a lane's input
    /// is a hundred bytes, too much to move at every step.
    fn step<B: Backend>(&mut self, backend: B, states: &mut State4, lane: usize, block: &Block) -> Next {
        match self {
            Self::Entry { poly, filled } => {
                *filled = backend.sample_block(block, poly, *filled);
                if *filled < N { Next::Permutation } else { Next::Done }
            }
            Self::Hash { input, absorbed, .. } | Self::Key { input, absorbed, .. } if !*absorbed => {
                *absorbed = absorb(states, lane, input);
                Next::Permutation
            }
            Self::Hash { output, .. } => {
                states.squeeze(lane, output);
                Next::Done
            }
            Self::Key { tr, .. } => {
                states.squeeze(lane, *tr);
                Next::Message
            }
        }
    }

    /// [`Self::step`] of a lane that is in use; empties it when done.
    fn advance<B: Backend>(
        lane: &mut Option<Self>,
        backend: B,
        states: &mut State4,
        number: usize,
        block: &Block,
    ) {
        let Some(running) = lane else { return };
        match running.step(backend, states, number, block) {
            Next::Permutation => {}
            Next::Done => *lane = None,
            Next::Message => {
                if let Some(Self::Key { tr, message, mu, .. }) = lane.take() {
                    *lane = Some(Self::start(
                        Task::Hash { input: message.after(tr), output: mu },
                        states,
                        number,
                    ));
                }
            }
        }
    }
}

/// Runs all tasks.
pub(super) fn run<'a, B: Backend>(backend: B, tasks: impl IntoIterator<Item = Task<'a>>) {
    let mut tasks = tasks.into_iter().fuse();
    let mut states = State4::ZERO;
    let mut blocks = [Block([0; 24]); LANES];
    let mut lanes = [const { None }; LANES];
    let keccak = backend.keccak();
    loop {
        let mut busy = 0_usize;
        let mut entries = false;
        for (number, lane) in lanes.iter_mut().enumerate() {
            if lane.is_none() {
                *lane = tasks.next().map(|task| Running::start(task, &mut states, number));
            }
            busy = busy.saturating_add(usize::from(lane.is_some()));
            entries |= matches!(lane, Some(Running::Entry { .. }));
        }
        match busy {
            0 => return,
            // Nothing is left beside this one: a single permutation takes less time than four.
            1 => {
                for (number, lane) in lanes.iter_mut().enumerate() {
                    finish_alone(backend, lane, &mut states, number);
                }
            }
            _ => {
                keccak.permute4(&mut states);
                if entries {
                    keccak.blocks(&states, &mut blocks);
                }
                for ((number, lane), block) in lanes.iter_mut().enumerate().zip(&blocks) {
                    Running::advance(lane, backend, &mut states, number, block);
                }
            }
        }
    }
}

/// Runs one lane to its end.
fn finish_alone<B: Backend>(backend: B, lane: &mut Option<Running<'_>>, states: &mut State4, number: usize) {
    let mut block = Block([0; 24]);
    while lane.is_some() {
        let mut state = states.lane(number);
        backend.keccak().permute(&mut state);
        states.set_lane(number, &state);
        for (to, &word) in block.0.iter_mut().zip(&state) {
            *to = word;
        }
        Running::advance(lane, backend, states, number, &block);
    }
}

/// H(input) byte by byte without an end, for the one place whose length is not known beforehand.
pub(super) struct Stream<B> {
    backend: B,
    states: State4,
    bytes: std::array::IntoIter<u8, SHAKE256_RATE>,
}

impl<B: Backend> Stream<B> {
    /// SHAKE256 of `input`.
    pub(super) fn new(backend: B, mut input: Input<'_>) -> Self {
        let mut states = State4::ZERO;
        while !absorb(&mut states, 0, &mut input) {
            permute_first(backend, &mut states);
        }
        let mut bytes = [0; SHAKE256_RATE].into_iter();
        // Nothing squeezed yet: the first call of `next` permutes.
        bytes.by_ref().for_each(drop);
        Self { backend, states, bytes }
    }
}

fn permute_first<B: Backend>(backend: B, states: &mut State4) {
    let mut state = states.lane(0);
    backend.keccak().permute(&mut state);
    states.set_lane(0, &state);
}

impl<B: Backend> Iterator for Stream<B> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.bytes.len() == 0 {
            permute_first(self.backend, &mut self.states);
            let mut block = [0; SHAKE256_RATE];
            self.states.squeeze(0, &mut block);
            self.bytes = block.into_iter();
        }
        self.bytes.next()
    }
}

#[cfg(test)]
mod tests {
    use super::super::backend::Portable;
    use super::super::sample::coefficient_from_three_bytes;
    use super::*;
    use sha3::digest::{ExtendableOutput, Update, XofReader};
    use sha3::{Shake128, Shake256};

    fn shake256(parts: &[&[u8]], len: usize) -> Vec<u8> {
        let mut hash = Shake256::default();
        parts.iter().for_each(|part| hash.update(part));
        let mut output = vec![0; len];
        hash.finalize_xof().read(&mut output);
        output
    }

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 167 + len) as u8).collect()
    }

    /// Every length around one and two blocks, split in every way, with every length of output that is asked for.
    #[test]
    fn hashes_are_shake256_whatever_the_length_and_the_split() {
        for len in (0..=290).chain([1312, 1952, 2592, 5000]) {
            let input = bytes(len);
            for (prefix, first) in [(0, 0), (0, len), (len.min(66), len.min(66)), (len.min(2), len / 2)] {
                let parts = [&input[prefix..first.max(prefix)], &input[first.max(prefix)..]];
                let mut output = vec![0; [32, 48, 64, 136][len % 4]];
                let task = Task::Hash { input: Input::new(&[&input[..prefix]], parts), output: &mut output };
                run(Portable, [task]);
                assert_eq!(output, shake256(&[&input], output.len()), "{len} bytes, {prefix}, {first}");
            }
        }
    }

    /// Any number of tasks of any mixture of lengths: a lane that is done early takes the next, and none disturbs
    /// another.
    #[test]
    fn lanes_take_tasks_of_all_kinds() {
        let rho = [7; RHO_LEN];
        let entry = |row: u8, column: u8| {
            let mut hash = Shake128::default();
            hash.update(&[&rho[..], &[column, row]].concat());
            let mut stream = hash.finalize_xof();
            let candidates = std::iter::from_fn(|| {
                let mut bytes = [0; 3];
                stream.read(&mut bytes);
                Some(bytes)
            });
            candidates.filter_map(coefficient_from_three_bytes).take(N).collect::<Vec<_>>()
        };
        for tasks in 0..14 {
            let inputs: Vec<Vec<u8>> = (0..tasks).map(|task| bytes(task * task * 37 % 700)).collect();
            let mut digests = vec![[0; 64]; tasks];
            let mut polys = vec![Poly::ZERO; tasks];
            let (mut tr, mut mu) = ([0; 64], [0; 64]);
            let message = Message::pure(b"context", b"message").unwrap();
            let key = bytes(1952);
            let all = digests.iter_mut().zip(&mut polys).zip(&inputs).zip(0..).flat_map(
                |(((output, poly), input), row)| {
                    [
                        Task::Hash { input: Input::new(&[], [input, &[]]), output: &mut output[..] },
                        Task::Entry { rho: &rho, row, column: 1 + row, poly },
                    ]
                },
            );
            let chained = Task::KeyThenMessage { public_key: &key, tr: &mut tr, message, mu: &mut mu };
            run(Portable, [chained].into_iter().chain(all));
            for (digest, input) in digests.iter().zip(&inputs) {
                assert_eq!(digest[..], shake256(&[input], 64));
            }
            for (row, poly) in polys.iter().enumerate() {
                assert_eq!(poly.0[..], entry(row as u8, 1 + row as u8), "row {row}");
            }
            assert_eq!(tr[..], shake256(&[&key], 64));
            assert_eq!(mu[..], shake256(&[&tr, &[0, 7], b"context", b"message"], 64));
        }
    }

    /// What SampleInBall would read if one block did not suffice.
    #[test]
    fn a_stream_goes_on() {
        for len in [0, 32, 135, 136, 137, 500] {
            let input = bytes(len);
            let stream: Vec<u8> = Stream::new(Portable, Input::new(&[], [&input, &[]])).take(1000).collect();
            assert_eq!(stream, shake256(&[&input], 1000));
        }
    }

    #[test]
    fn contexts_above_255_bytes_have_no_message() {
        assert!(Message::pure(&[0; 255], b"").is_some());
        assert!(Message::pure(&[0; 256], b"").is_none());
    }
}
