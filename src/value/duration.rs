//! Durations and sizes as integrators write them.
//!
//! Only reads text; what a duration or size is for is decided elsewhere.

use std::time::Duration;

use thiserror::Error;

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum DurationError {
    /// A number alone.
    #[error("a duration needs a unit: write `8s`, `500ms`, `2m` or `24h`")]
    NoUnit,
    /// Anything else.
    #[error("this is not a duration: write `8s`, `500ms`, `2m`, `24h` or `1h 30m`")]
    NotADuration,
}

/// Why a text is no size.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SizeError {
    /// Not digits and a unit.
    #[error("this is not a size: write whole bytes or a whole number with a unit, like `1MiB`, `64KiB` or `500kB`")]
    NotASize,
    /// More than a 64 bit number of bytes.
    #[error("this size is too large")]
    TooLarge,
}

/// Reads `8s`, `500ms`, `24h`, `1h 30m`.
///
/// # Errors
///
/// [`DurationError`] where the text has no unit, or is no duration at all.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    humantime::parse_duration(text).map_err(|_| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if is_number { DurationError::NoUnit } else { DurationError::NotADuration }
    })
}

/// Reads a number of bytes: `1048576`, `1MiB`, `64 KiB`, `500kB`.
///
/// # Errors
///
/// [`SizeError`] where the text is no whole number with a known unit, or the size is over 64 bits.
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end).ok_or(SizeError::NotASize)?;
    let unit: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(SizeError::NotASize),
    };
    if digits.is_empty() {
        return Err(SizeError::NotASize);
    }
    let count: u64 = digits.parse().map_err(|_| SizeError::TooLarge)?;
    count.checked_mul(unit).ok_or(SizeError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("8s"), Ok(Duration::from_secs(8)));
        assert_eq!(parse_duration(" 1h 30m "), Ok(Duration::from_secs(5400)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("5"), Err(DurationError::NoUnit));
        assert_eq!(parse_duration(""), Err(DurationError::NotADuration));
        assert_eq!(parse_duration("soon"), Err(DurationError::NotADuration));
        assert_eq!(parse_duration("-5s"), Err(DurationError::NotADuration));
        assert_eq!(parse_duration("99999999999999999999h"), Err(DurationError::NotADuration));
    }

    #[test]
    fn sizes_are_bytes_with_or_without_a_unit() {
        assert_eq!(parse_size("1MiB"), Ok(1_048_576));
        assert_eq!(parse_size("64 KiB"), Ok(65_536));
        assert_eq!(parse_size("500kB"), Ok(500_000));
        assert_eq!(parse_size("1024"), Ok(1024));
        assert_eq!(parse_size("0"), Ok(0));
        for text in ["", "MiB", "1.5MiB", "-1", "1 potato", "1MiBB", "é"] {
            assert_eq!(parse_size(text), Err(SizeError::NotASize), "{text}");
        }
        assert_eq!(parse_size("99999999999999999999GiB"), Err(SizeError::TooLarge));
        assert_eq!(parse_size("99999999999GiB"), Err(SizeError::TooLarge));
    }
}
