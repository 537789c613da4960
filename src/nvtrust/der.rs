//! Strict DER (X.690): definite minimal lengths below 65,536, one-byte tags, nothing left over.
//!
//! Every rule that a lenient reader leaves open is a byte that two readers may understand differently.

use crate::fields::Fields;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0C;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Why bytes are not DER, or not the element that stands there in every certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum DerError {
    /// Ends inside an element.
    #[error("DER ends inside an element")]
    Truncated,
    /// Indefinite, longer than needed, or above two bytes.
    #[error("a DER length is indefinite, not minimal or above 65,535")]
    Length,
    /// A tag of more than one byte.
    #[error("a DER tag has more than one byte")]
    LongTag,
    /// Another element than the one that belongs there.
    #[error("DER tag {found:#04x} stands where {expected:#04x} belongs")]
    Tag {
        /// What belongs there.
        expected: u8,
        /// What stands there.
        found: u8,
    },
    /// Something behind the last element.
    #[error("bytes stand behind the last DER element")]
    Trailing,
    /// An INTEGER that is negative, empty or not minimal.
    #[error("a DER INTEGER is negative, empty or not minimal")]
    Integer,
    /// A BOOLEAN other than 0xFF; FALSE is a default, which DER leaves out.
    #[error("a DER BOOLEAN is not TRUE")]
    Boolean,
    /// A BIT STRING with unused bits, or without its first byte.
    #[error("a DER BIT STRING has unused bits")]
    BitString,
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// With tag and length.
    pub(crate) raw: &'a [u8],
}

/// Reads elements from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Der<'a>(Fields<'a>);

impl<'a> Der<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(Fields(bytes))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    /// The tag of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.0.first().copied()
    }

    /// The next element, whatever it is.
    pub(crate) fn element(&mut self) -> Result<Element<'a>, DerError> {
        let start = self.0.0;
        let tag = self.0.byte().ok_or(DerError::Truncated)?;
        if tag & 0x1F == 0x1F {
            return Err(DerError::LongTag);
        }
        let length = match self.0.byte().ok_or(DerError::Truncated)? {
            short @ 0..=0x7F => usize::from(short),
            0x81 => match self.0.byte().ok_or(DerError::Truncated)? {
                0..=0x7F => return Err(DerError::Length),
                length => usize::from(length),
            },
            0x82 => match u16::from_be_bytes(*self.0.array().ok_or(DerError::Truncated)?) {
                0..=0xFF => return Err(DerError::Length),
                length => usize::from(length),
            },
            _ => return Err(DerError::Length),
        };
        let content = self.0.bytes(length).ok_or(DerError::Truncated)?;
        let raw = start
            .len()
            .checked_sub(self.0.0.len())
            .and_then(|length| start.get(..length))
            .ok_or(DerError::Truncated)?;
        Ok(Element { tag, content, raw })
    }

    /// The next element with this tag.
    pub(crate) fn tagged(&mut self, expected: u8) -> Result<Element<'a>, DerError> {
        let element = self.element()?;
        if element.tag == expected {
            Ok(element)
        } else {
            Err(DerError::Tag { expected, found: element.tag })
        }
    }

    /// The content of the next element with this tag.
    pub(crate) fn content(&mut self, expected: u8) -> Result<&'a [u8], DerError> {
        Ok(self.tagged(expected)?.content)
    }

    /// A reader of the content of the next element with this tag.
    pub(crate) fn inside(&mut self, expected: u8) -> Result<Self, DerError> {
        Ok(Self::new(self.content(expected)?))
    }

    /// A non-negative INTEGER: its magnitude, without the zero that only keeps it positive.
    pub(crate) fn unsigned(&mut self) -> Result<&'a [u8], DerError> {
        match self.content(INTEGER)? {
            [0, 0..=0x7F, ..] | [0x80..=0xFF, ..] | [] => Err(DerError::Integer),
            [0, magnitude @ ..] if !magnitude.is_empty() => Ok(magnitude),
            magnitude => Ok(magnitude),
        }
    }

    /// A BOOLEAN that is TRUE, if one stands next.
    pub(crate) fn optional_true(&mut self) -> Result<bool, DerError> {
        if self.peek() != Some(BOOLEAN) {
            return Ok(false);
        }
        if self.content(BOOLEAN)? == [0xFF] { Ok(true) } else { Err(DerError::Boolean) }
    }

    /// A BIT STRING of whole bytes.
    pub(crate) fn bytes_of_bit_string(&mut self) -> Result<&'a [u8], DerError> {
        match self.content(BIT_STRING)? {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(DerError::BitString),
        }
    }

    /// Nothing is left.
    pub(crate) const fn finish(self) -> Result<(), DerError> {
        if self.is_empty() { Ok(()) } else { Err(DerError::Trailing) }
    }
}
