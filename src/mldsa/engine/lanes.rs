//! Many sponges, four at a time: a queue of tasks whose permutations run side by side.
//!
//! Lanes know nothing of each other. As soon as one is done it takes the next task, so that SHAKE128 and SHAKE256,
//! short and long inputs mix; what a lane computes does not depend on its neighbours or its number.

use super::backend::Backend;
use super::keccak::{Block, LANES, SHAKE256_RATE, State4};
use super::parameters::RHO_LEN;
use super::ring::{N, Poly};
use super::sample;

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
                backend.permute4(&mut states);
                if entries {
                    backend.blocks(&states, &mut blocks);
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
        backend.permute(&mut state);
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
    backend.permute(&mut state);
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
