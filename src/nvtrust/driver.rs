//! Driver versions, which compare as numbers: 550.90.07 is older than 1000.1.

use std::fmt;

/// A driver's version: one to four decimal numbers between dots. Parts that are not written are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverVersion([u64; 4]);

impl DriverVersion {
    /// Reads a version as a report gives it, without the zeros behind it ([`crate::Opaque::driver`]). Leading zeros are
    /// NVIDIA's custom: 07 is 7. `None` for anything but digits and dots, for an empty or a fifth part, and for a
    /// number above a u64.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut words = [0; 4];
        let mut parts = text.split(|&byte| byte == b'.');
        for (word, part) in words.iter_mut().zip(&mut parts) {
            *word = number(part)?;
        }
        parts.next().is_none().then_some(Self(words))
    }

    /// From its four numbers.
    pub const fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    /// Its four numbers.
    pub const fn to_words(self) -> [u64; 4] {
        self.0
    }
}

/// As NVIDIA writes it: at least two parts, and every part but the first with at least two digits.
impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth] = self.0;
        write!(f, "{first}.{second:02}")?;
        match (third, fourth) {
            (0, 0) => Ok(()),
            (_, 0) => write!(f, ".{third:02}"),
            _ => write!(f, ".{third:02}.{fourth:02}"),
        }
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, &byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}
