//! Typed places in the storage of `0x0300`, laid out as Solidity does it: one full slot a field, no packing.

use crate::{Fatal, context::Context, outcome::Stop};
use alloy_primitives::{Address, B256, U256, keccak256};
use std::marker::PhantomData;

/// A value that fills one slot.
pub(crate) trait Word: Copy {
    /// Type of the field in the Solidity twin.
    const SOLIDITY: &'static str;
    fn to_word(self) -> U256;
    /// `None` for a word that [`Self::to_word`] never gives.
    fn from_word(word: U256) -> Option<Self>;
}

macro_rules! unsigned {
    ($($t:ty),*) => {$(
        impl Word for $t {
            const SOLIDITY: &'static str = "uint256";
            fn to_word(self) -> U256 {
                U256::from(self)
            }
            fn from_word(word: U256) -> Option<Self> {
                Self::try_from(word).ok()
            }
        }
    )*};
}
unsigned!(u8, u16, u32, u64, u128);

impl Word for U256 {
    const SOLIDITY: &'static str = "uint256";
    fn to_word(self) -> U256 {
        self
    }
    fn from_word(word: U256) -> Option<Self> {
        Some(word)
    }
}

impl Word for bool {
    const SOLIDITY: &'static str = "uint256";
    fn to_word(self) -> U256 {
        U256::from(self)
    }
    fn from_word(word: U256) -> Option<Self> {
        u8::from_word(word).and_then(|byte| match byte {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
    }
}

impl Word for B256 {
    const SOLIDITY: &'static str = "bytes32";
    fn to_word(self) -> U256 {
        self.into()
    }
    fn from_word(word: U256) -> Option<Self> {
        Some(word.into())
    }
}

impl Word for Address {
    const SOLIDITY: &'static str = "address";
    fn to_word(self) -> U256 {
        self.into_word().into()
    }
    fn from_word(word: U256) -> Option<Self> {
        pars_protocol::strict::address_of_word(word.into())
    }
}

/// Something that has a place in storage.
pub(crate) trait Place {
    fn at_slot(slot: U256) -> Self;
    /// Type in the Solidity twin.
    fn solidity() -> String;
}

/// A field of one slot.
pub(crate) struct Slot<T> {
    slot: U256,
    of: PhantomData<T>,
}

impl<T> Slot<T> {
    pub(crate) const fn new(slot: u64) -> Self {
        Self { slot: U256::from_limbs([slot, 0, 0, 0]), of: PhantomData }
    }

    pub(crate) const fn key(&self) -> U256 {
        self.slot
    }
}

impl<T: Word> Slot<T> {
    pub(crate) fn get(&self, context: &mut Context<'_>) -> Result<T, Stop> {
        let word = context.sload(self.slot)?;
        T::from_word(word).ok_or(Stop::Fatal(Fatal::CorruptState(self.slot)))
    }

    pub(crate) fn set(&self, context: &mut Context<'_>, value: T) -> Result<(), Stop> {
        context.sstore(self.slot, value.to_word())
    }
}

impl<T: Word> Place for Slot<T> {
    fn at_slot(slot: U256) -> Self {
        Self { slot, of: PhantomData }
    }
    fn solidity() -> String {
        T::SOLIDITY.into()
    }
}

/// `mapping(K => P)`: the entry of a key lies at `keccak256(key . slot)`.
pub(crate) struct Mapping<K, P> {
    slot: U256,
    of: PhantomData<(K, P)>,
}

impl<K, P> Mapping<K, P> {
    pub(crate) const fn new(slot: u64) -> Self {
        Self { slot: U256::from_limbs([slot, 0, 0, 0]), of: PhantomData }
    }
}

impl<K: Word, P: Place> Mapping<K, P> {
    pub(crate) fn at(&self, key: K) -> P {
        let key = key.to_word().to_be_bytes::<32>();
        let slot = self.slot.to_be_bytes::<32>();
        P::at_slot(keccak256([key, slot].concat()).into())
    }
}

impl<K: Word, P: Place> Place for Mapping<K, P> {
    fn at_slot(slot: U256) -> Self {
        Self { slot, of: PhantomData }
    }
    fn solidity() -> String {
        format!("mapping({} => {})", K::SOLIDITY, P::solidity())
    }
}

/// `T[]`: the length lies in the slot itself, the elements from `keccak256(slot)` on.
pub(crate) struct Array<T> {
    slot: U256,
    of: PhantomData<T>,
}

impl<T: Word> Array<T> {
    pub(crate) fn len(&self, context: &mut Context<'_>) -> Result<u64, Stop> {
        Slot::<u64>::at_slot(self.slot).get(context)
    }

    pub(crate) fn set_len(&self, context: &mut Context<'_>, length: u64) -> Result<(), Stop> {
        Slot::<u64>::at_slot(self.slot).set(context, length)
    }

    /// The place of an element. Solidity's addition wraps, too.
    pub(crate) fn at(&self, index: u64) -> Slot<T> {
        let first = U256::from_be_bytes(keccak256(self.slot.to_be_bytes::<32>()).0);
        Slot::at_slot(first.wrapping_add(U256::from(index)))
    }
}

impl<T: Word> Place for Array<T> {
    fn at_slot(slot: U256) -> Self {
        Self { slot, of: PhantomData }
    }
    fn solidity() -> String {
        format!("{}[]", T::SOLIDITY)
    }
}
