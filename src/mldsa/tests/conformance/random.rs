//! Deterministic random numbers: a seed in the log is enough to see a failure again.

/// SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixer, no quality needed beyond spreading cases.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator for `test`, whose default seed is `default` unless `PARS_SEED` (decimal) replaces it.
    #[expect(clippy::disallowed_methods, reason = "a test may read its seed from the environment")]
    pub(crate) fn for_test(test: &str, default: u64) -> Self {
        let seed = match std::env::var("PARS_SEED") {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("PARS_SEED={text} is not a decimal number")),
            Err(_) => default,
        };
        println!("{test}: PARS_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`. The bias of the remainder does not matter here.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound as u64) as usize
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next_u64() as u8
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    pub(crate) fn seed(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.byte())
    }
}
