//! States of sponges, and what goes into and comes out of them. The methods are inlined: they stand in the inner loops of other
//! crates. They index by a lane's number, which their callers count below [`LANES`], never by anything that was read.
#![expect(clippy::indexing_slicing, reason = "lanes below 4, in arrays of 4")]

/// Words of a state.
pub const WORDS: usize = 25;
/// Sponges side by side.
pub const LANES: usize = 4;

/// One Keccak state: word x + 5y is lane (x, y).
pub type State = [u64; WORDS];

/// The states of four sponges, word by word. Lanes are numbered from 0; the methods panic for a lane of [`LANES`] or above.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct State4(pub [[u64; LANES]; WORDS]);

/// What one lane gives after a permutation: 21 words are SHAKE128's rate, the rest pads to vectors of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Block(pub [u64; 24]);

impl State4 {
    /// Fresh sponges.
    pub const ZERO: Self = Self([[0; LANES]; WORDS]);

    /// A fresh sponge in lane `lane`.
    #[inline]
    pub fn clear(&mut self, lane: usize) {
        for words in &mut self.0 {
            words[lane] = 0;
        }
    }

    /// XORs `bytes`, whose length is a multiple of 8 up to the rate, into a lane.
    #[inline]
    pub fn absorb(&mut self, lane: usize, bytes: &[u8]) {
        for (words, &bytes) in self.0.iter_mut().zip(bytes.as_chunks::<8>().0) {
            words[lane] ^= u64::from_le_bytes(bytes);
        }
    }

    /// XORs `word` into word `index` of a lane, if there is one.
    #[inline]
    pub fn xor_word(&mut self, lane: usize, index: usize, word: u64) {
        if let Some(words) = self.0.get_mut(index) {
            words[lane] ^= word;
        }
    }

    /// The first `output.len()` bytes of a lane, at most 200.
    #[inline]
    pub fn squeeze(&self, lane: usize, output: &mut [u8]) {
        for (bytes, words) in output.chunks_mut(8).zip(&self.0) {
            let word = words[lane].to_le_bytes();
            bytes.copy_from_slice(word.split_at(bytes.len()).0);
        }
    }

    /// A lane by itself.
    #[inline]
    pub fn lane(&self, lane: usize) -> State {
        self.0.map(|words| words[lane])
    }

    /// The reverse of [`Self::lane`].
    #[inline]
    pub fn set_lane(&mut self, lane: usize, state: &State) {
        for (words, &word) in self.0.iter_mut().zip(state) {
            words[lane] = word;
        }
    }

    /// The first 24 words of each lane.
    #[inline]
    pub fn blocks(&self, blocks: &mut [Block; LANES]) {
        for (lane, block) in blocks.iter_mut().enumerate() {
            for (word, words) in block.0.iter_mut().zip(&self.0) {
                *word = words[lane];
            }
        }
    }
}
