//! Fixed-width big-endian reading and writing, shared by the encodings of this crate.

/// Reads fields from the front of a byte string. Never allocates, never panics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `N` bytes, or `None` at the end of the input.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    /// The next `length` bytes, borrowed.
    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }
}

/// Joins fields into an array of exactly `N` bytes.
///
/// The encodings below are tables of constant widths, so a sum other than `N` is a mistake in this crate; the tests
/// of each encoding pin its layout byte by byte.
pub(crate) fn concat<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    let mut out = [0u8; N];
    let mut rest = out.as_mut_slice();
    for field in fields {
        let Some((slot, tail)) = std::mem::take(&mut rest).split_at_mut_checked(field.len()) else {
            debug_assert!(false, "fields exceed {N} bytes");
            break;
        };
        slot.copy_from_slice(field);
        rest = tail;
    }
    debug_assert!(rest.is_empty(), "fields fall short of {N} bytes");
    out
}
