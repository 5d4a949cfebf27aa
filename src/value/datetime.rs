//! Instants as services write them.
//!
//! Reads no clock and knows no time zone beyond the offset written.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The instant that a value stands for, if it is one.
///
/// Reads RFC 3339 (`2012-11-20T23:01:00+01:00`, also with a space), `2012-11-20 23:01:00 UTC`, and seconds since 1970
/// as a number or as text, with or without a fraction.
#[must_use]
pub fn parse_instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => epoch_seconds(number.as_str()),
        Value::String(text) => {
            let text = text.trim();
            epoch_seconds(text).or_else(|| written(text))
        }
        _ => None,
    }
}

/// The instant as RFC 3339 in UTC: `2012-11-20T23:01:00Z`, with a fraction only where there is one.
#[must_use]
pub fn print_instant(instant: Timestamp) -> String {
    instant.to_string()
}

fn written(text: &str) -> Option<Timestamp> {
    match text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")) {
        Some(local) => format!("{}Z", local.trim_end()).parse().ok(),
        None => text.parse().ok(),
    }
}

/// Reads `-?DIGITS[.DIGITS]`; digits after the ninth of the fraction are dropped.
fn epoch_seconds(text: &str) -> Option<Timestamp> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let nanoseconds: i32 = fraction.chars().chain("000000000".chars()).take(9).collect::<String>().parse().ok()?;
    let since = SignedDuration::new(seconds, nanoseconds);
    Timestamp::from_duration(if negative { -since } else { since }).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value, expected: Option<&str>) {
        assert_eq!(parse_instant(value).map(print_instant).as_deref(), expected, "{value}");
    }

    #[test]
    fn the_usual_spellings_are_read() {
        for text in ["2012-11-20T23:01:00Z", "2012-11-21T00:01:00+01:00", "2012-11-20 23:01:00 UTC", "1353452460"] {
            check(&json!(text), Some("2012-11-20T23:01:00Z"));
        }
        check(&json!("2012-11-20T23:01:00.250Z"), Some("2012-11-20T23:01:00.25Z"));
    }

    #[test]
    fn seconds_may_have_a_fraction_and_a_sign() {
        check(&json!(1353452460), Some("2012-11-20T23:01:00Z"));
        check(&json!("1353452460.5"), Some("2012-11-20T23:01:00.5Z"));
        check(&json!(-1.5), Some("1969-12-31T23:59:58.5Z"));
        check(&json!(1353452460.0), Some("2012-11-20T23:01:00Z"));
    }

    #[test]
    fn what_names_no_instant_is_none() {
        for value in [json!("tomorrow"), json!(""), json!("2012-11-20"), json!("2012-11-20T23:01:00"), json!(null)] {
            check(&value, None);
        }
        check(&json!("1e9"), None);
        check(&json!(99999999999999999999.0), None);
        check(&json!(i64::MIN), None);
    }
}
