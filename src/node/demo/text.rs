//! Numbers and names as people read them.

use std::{fmt::Display, time::Duration};

use alloy_primitives::U256;

const DECIMALS: usize = 18;

/// An amount of 10^-18 coins in coins, exactly: every digit that is not a trailing zero.
pub(super) fn coins(amount: U256) -> String {
    let digits = format!("{amount:0>width$}", amount = amount.to_string(), width = DECIMALS + 1);
    let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
    match fraction.trim_end_matches('0') {
        "" => thousands(whole),
        fraction => format!("{}.{fraction}", thousands(whole)),
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 unit`, `2 units`, `1,000 units`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

/// Beginning and end of a hash or an address.
pub(super) fn short(hex: impl Display) -> String {
    let text = hex.to_string();
    match (text.get(..6), text.len().checked_sub(4).and_then(|at| text.get(at..))) {
        (Some(start), Some(end)) if text.len() > 12 => format!("{start}…{end}"),
        _ => text,
    }
}

/// A duration with about three digits.
pub(super) fn duration(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// Seconds in hours and minutes where that is exact, else in seconds.
pub(super) fn seconds(seconds: u64) -> String {
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (hours, 0, 0) => format!("{hours} h"),
        (hours, minutes, 0) => format!("{hours} h {minutes} min"),
        _ => format!("{} s", thousands(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_every_digit() {
        let coins = |text: &str| coins(text.parse().unwrap());
        assert_eq!(coins("0"), "0");
        assert_eq!(coins("1"), "0.000000000000000001");
        assert_eq!(coins("6000000000"), "0.000000006");
        assert_eq!(coins("1000000000000000000"), "1");
        assert_eq!(coins("1234567500000000000000000"), "1,234,567.5");
        assert_eq!(coins(&U256::MAX.to_string()).chars().filter(char::is_ascii_digit).count(), 78);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 12, 999, 1_000, 12_345_678].map(thousands), ["0", "12", "999", "1,000", "12,345,678"]);
        assert_eq!([0, 1, 1_234].map(|n| count(n, "unit")), ["0 units", "1 unit", "1,234 units"]);
    }

    #[test]
    fn hashes_are_shortened() {
        assert_eq!(short("0x0123456789abcdef"), "0x0123…cdef");
        assert_eq!(short("0x0300"), "0x0300");
        assert_eq!(short("…………………………"), "…………………………", "never cuts through a character");
    }

    #[test]
    fn times_are_readable() {
        let time = |micros| duration(Duration::from_micros(micros));
        assert_eq!(
            [0, 999, 1_234, 45_678, 1_234_567].map(time),
            ["0 µs", "999 µs", "1.2 ms", "45 ms", "1.23 s"]
        );
        assert_eq!(
            [5, 60, 7_200, 7_260, 7_261].map(seconds),
            ["5 s", "1 min", "2 h", "2 h 1 min", "7,261 s"]
        );
    }
}
