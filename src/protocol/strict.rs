//! Strict ABI decoding: the one encoding that Solidity's `abi.encode` gives, and no other.
//!
//! Solidity's own decoder accepts overlapping, reordered and padded tails. Here an argument list has exactly one
//! encoding: tails follow in order without gaps or overlap, padding is zero, narrow integers are in range, and nothing
//! trails. So a call means one thing, and no small input makes a decoder copy much (INC-21). Nothing is copied: byte
//! strings are borrowed from the input.

use alloy_primitives::{Address, B256, U256};

/// The input is not the canonical ABI encoding of the expected types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the canonical ABI encoding of the arguments")]
pub struct NonCanonical;

const WORD: usize = 32;

/// Reads an argument list (the input without its selector) from left to right.
#[derive(Debug)]
pub struct Reader<'a> {
    arguments: &'a [u8],
    /// Next head word.
    head: usize,
    /// End of the heads: 32 bytes an argument.
    heads: usize,
    /// Where the next tail must start: the end of the tail before it.
    tail: usize,
}

impl<'a> Reader<'a> {
    /// Starts to read `count` arguments.
    ///
    /// # Errors
    /// [`NonCanonical`] if the input is shorter than the heads.
    pub fn new(arguments: &'a [u8], count: usize) -> Result<Self, NonCanonical> {
        let heads = count.checked_mul(WORD).ok_or(NonCanonical)?;
        if arguments.len() < heads {
            return Err(NonCanonical);
        }
        Ok(Self { arguments, head: 0, heads, tail: heads })
    }

    /// Checks that every argument was read and that nothing follows.
    ///
    /// # Errors
    /// [`NonCanonical`] otherwise.
    pub fn finish(self) -> Result<(), NonCanonical> {
        if self.head == self.heads && self.tail == self.arguments.len() { Ok(()) } else { Err(NonCanonical) }
    }

    /// The next static argument as a word.
    ///
    /// # Errors
    /// [`NonCanonical`] if there is none.
    pub fn word(&mut self) -> Result<B256, NonCanonical> {
        let end = self.head.checked_add(WORD).filter(|end| *end <= self.heads).ok_or(NonCanonical)?;
        let word = self.slice(self.head, end)?;
        self.head = end;
        B256::try_from(word).map_err(|_| NonCanonical)
    }

    /// `uint256`.
    ///
    /// # Errors
    /// [`NonCanonical`] if there is no further argument.
    pub fn uint256(&mut self) -> Result<U256, NonCanonical> {
        self.word().map(Into::into)
    }

    /// `uint8` … `uint128`: a word in the range of `T`.
    ///
    /// # Errors
    /// [`NonCanonical`] if the word is out of range.
    pub fn uint<T: TryFrom<U256>>(&mut self) -> Result<T, NonCanonical> {
        T::try_from(self.uint256()?).map_err(|_| NonCanonical)
    }

    /// `bool`: zero or one.
    ///
    /// # Errors
    /// [`NonCanonical`] for any other word.
    pub fn boolean(&mut self) -> Result<bool, NonCanonical> {
        match self.uint::<u8>()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(NonCanonical),
        }
    }

    /// `address`: twelve zero bytes and twenty of the address.
    ///
    /// # Errors
    /// [`NonCanonical`] if the high bytes are not zero.
    pub fn address(&mut self) -> Result<Address, NonCanonical> {
        address_of_word(self.word()?).ok_or(NonCanonical)
    }

    /// `bytes`: borrowed from the input.
    ///
    /// # Errors
    /// [`NonCanonical`] if its offset is not where the previous tail ended, or its padding is not zero.
    pub fn bytes(&mut self) -> Result<&'a [u8], NonCanonical> {
        let offset: usize = self.uint()?;
        if offset != self.tail {
            return Err(NonCanonical);
        }
        let start = offset.checked_add(WORD).ok_or(NonCanonical)?;
        let length = U256::try_from_be_slice(self.slice(offset, start)?).ok_or(NonCanonical)?;
        let length = usize::try_from(length).map_err(|_| NonCanonical)?;
        let end = start.checked_add(length).ok_or(NonCanonical)?;
        let padded = start
            .checked_add(length.checked_next_multiple_of(WORD).ok_or(NonCanonical)?)
            .ok_or(NonCanonical)?;
        let bytes = self.slice(start, end)?;
        if self.slice(end, padded)?.iter().any(|byte| *byte != 0) {
            return Err(NonCanonical);
        }
        self.tail = padded;
        Ok(bytes)
    }

    fn slice(&self, from: usize, to: usize) -> Result<&'a [u8], NonCanonical> {
        self.arguments.get(from..to).ok_or(NonCanonical)
    }
}

/// The address in the low twenty bytes of a word; `None` if a high byte is set.
pub fn address_of_word(word: B256) -> Option<Address> {
    let (high, low) = word.split_at_checked(12)?;
    if high.iter().any(|byte| *byte != 0) {
        return None;
    }
    Address::try_from(low).ok()
}
