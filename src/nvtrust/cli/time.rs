//! Dates, for the validity of RIM signers: UTC, the Gregorian calendar, whole seconds.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// Seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) u64);

impl Time {
    /// What the clock says.
    pub(crate) fn now() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |duration| duration.as_secs()))
    }

    /// `2025-01-10`, `2025-01-10T12:00:00Z`, or seconds since 1970.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "expected 2025-01-10, 2025-01-10T12:00:00Z or seconds since 1970".to_owned();
        if let Ok(seconds) = text.parse() {
            return Ok(Self(seconds));
        }
        let (date, clock) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
        let [year, month, day] = numbers(date, '-', [4, 2, 2]).ok_or_else(wrong)?;
        let clock = clock.strip_suffix('Z').ok_or_else(wrong)?;
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2]).ok_or_else(wrong)?;
        if hour > 23 || minute > 59 || second > 59 {
            return Err(wrong());
        }
        let days = (1970..=9999)
            .contains(&year)
            .then(|| days(year, month, day))
            .flatten()
            .ok_or_else(|| format!("{date} is no date"))?;
        Ok(Self(days * DAY + hour * 3600 + minute * 60 + second))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mut year, mut left) = (1970, self.0 / DAY);
        while left >= year_length(year) {
            left -= year_length(year);
            year += 1;
        }
        let mut month = 1;
        while left >= month_length(year, month) {
            left -= month_length(year, month);
            month += 1;
        }
        let (day, second) = (left + 1, self.0 % DAY);
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        write!(f, "T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    }
}

/// Three numbers of these widths, or nothing.
fn numbers(text: &str, between: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(between);
    let mut next = |width: usize| {
        let part = parts.next().filter(|part| part.len() == width)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let [first, second, third] = widths;
    let found = [next(first)?, next(second)?, next(third)?];
    parts.next().is_none().then_some(found)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn year_length(year: u64) -> u64 {
    365 + u64::from(is_leap(year))
}

fn month_length(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date, if there is such a day.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return None;
    }
    let years: u64 = (1970..year).map(year_length).sum();
    let months: u64 = (1..month).map(|month| month_length(year, month)).sum();
    Some(years + months + day - 1)
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn dates_are_read_and_written() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400),
            ("2025-01-10", 1_736_467_200),
            ("2025-01-10T23:59:59Z", 1_736_553_599),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(Time::parse(text), Ok(Time(seconds)), "{text}");
            assert!(Time(seconds).to_string().starts_with(text), "{text}: {}", Time(seconds));
            assert_eq!(Time::parse(&seconds.to_string()), Ok(Time(seconds)));
        }
        for text in [
            "",
            "tomorrow",
            "2025-1-10",
            "2025-13-01",
            "2025-02-29",
            "2100-02-29",
            "2025-00-10",
            "2025-01-00",
            "2025-01-32",
            "1969-12-31",
            "2025-01-10T24:00:00Z",
            "2025-01-10T12:00:00",
            "2025-01-10T12:00Z",
            "2025-01-10-01",
            "-5",
            "+025-01-10",
        ] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
    }
}
