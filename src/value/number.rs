//! Numbers by their decimal text: compared exactly, printed exactly.
//!
//! Nothing here goes through a float, so an id of twenty digits and `1e400` stay what they are.

use std::cmp::Ordering;

use serde_json::Number;

/// Compares two numbers by value: `1`, `1.0` and `1e0` are equal.
///
/// Exact for every number whose exponent fits 128 bits; an exponent beyond that counts as the largest one.
/// Allocates nothing, however large the exponents are.
#[must_use]
pub fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return left.cmp(&right);
    }
    Decimal::of(left.as_str()).compare(&Decimal::of(right.as_str()))
}

/// Whether the value is whole: true for `12`, `12.0` and `1e400`, false for `1.5`.
#[must_use]
pub fn is_integer(number: &Number) -> bool {
    if number.as_i64().is_some() {
        return true;
    }
    let decimal = Decimal::of(number.as_str());
    let digits = decimal.significant().count();
    decimal.is_zero() || i128::try_from(digits).is_ok_and(|digits| digits <= decimal.point)
}

/// The number as text for an id: `12` and `12.0` are `12`, anything else is as it was written.
#[must_use]
pub fn exact_digits(number: &Number) -> &str {
    let text = number.as_str();
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    }
}

/// A number as `0.DIGITS × 10^point`, the digits borrowed from its text.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// Where the decimal point is, counted from the first significant digit.
    point: i128,
}

impl<'a> Decimal<'a> {
    /// Reads the text of a JSON number.
    fn of(text: &'a str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let (fraction, point) = if whole.is_empty() {
            let significant = fraction.trim_start_matches('0');
            (significant, -length(fraction).saturating_sub(length(significant)))
        } else {
            (fraction, length(whole))
        };
        Self { negative, whole, fraction, point: point.saturating_add(exponent_of(exponent)) }
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    /// The digits from the first that is not zero to the last that is not zero.
    fn significant(&self) -> impl Iterator<Item = u8> {
        let whole = if self.fraction.is_empty() { self.whole.trim_end_matches('0') } else { self.whole };
        whole.bytes().chain(self.fraction.bytes())
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.sign(), other.sign()) {
            (0, 0) => Ordering::Equal,
            (-1, -1) => other.compare_magnitude(self),
            (1, 1) => self.compare_magnitude(other),
            (left, right) => left.cmp(&right),
        }
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        self.point.cmp(&other.point).then_with(|| self.significant().cmp(other.significant()))
    }
}

fn length(digits: &str) -> i128 {
    i128::try_from(digits.len()).unwrap_or(i128::MAX)
}

fn exponent_of(text: &str) -> i128 {
    let beyond = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    text.strip_prefix('+').unwrap_or(text).parse().unwrap_or(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{JsonLimits, decode_json};

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(left: &str, expected: Ordering, right: &str) {
        assert_eq!(compare_numbers(&number(left), &number(right)), expected, "{left} and {right}");
        assert_eq!(compare_numbers(&number(right), &number(left)), expected.reverse(), "{right} and {left}");
    }

    #[test]
    fn one_is_one_however_it_is_written() {
        for text in ["1", "1.0", "1e0", "10e-1", "0.1e1", "0.001e3", "1.000", "100E-2"] {
            check(text, Ordering::Equal, "1");
        }
    }

    #[test]
    fn zero_has_no_sign_and_no_exponent() {
        for text in ["-0", "0.0", "-0.0", "0e999999999", "0e-5"] {
            check(text, Ordering::Equal, "0");
            check(text, Ordering::Less, "1e-999999999");
            check(text, Ordering::Greater, "-1e-999999999");
        }
    }

    #[test]
    fn neighbours_beyond_a_float_differ() {
        check("9007199254740992", Ordering::Less, "9007199254740993");
        check("12345678901234567890", Ordering::Less, "12345678901234567891");
        check("0.1", Ordering::Less, "0.10000000000000000001");
        check("1e-17", Ordering::Greater, "0");
        check("-1.5", Ordering::Less, "-1.4");
        check("99", Ordering::Less, "100");
        check("1e400", Ordering::Greater, "1e399");
        check("100000000000000000000", Ordering::Equal, "1e20");
    }

    #[test]
    fn huge_exponents_compare_at_once() {
        check("1e999999999", Ordering::Less, "1e9999999999");
        check("1e999999999", Ordering::Equal, "10e999999998");
        check("1e-999999999", Ordering::Greater, "1e-9999999999");
        check("1e99999999999999999999999999999999999999999999", Ordering::Greater, "1");
    }

    #[test]
    fn whole_numbers_are_known_by_value() {
        for whole in ["12", "12.0", "-3", "1e400", "1.5e1", "0.0", "120e-1", "12345678901234567890", "0e-9"] {
            assert!(is_integer(&number(whole)), "{whole}");
        }
        for broken in ["1.5", "1e-1", "12e-1", "0.001", "1e-999999999"] {
            assert!(!is_integer(&number(broken)), "{broken}");
        }
    }

    #[test]
    fn ids_keep_their_digits() {
        assert_eq!(exact_digits(&number("12345678901234567890")), "12345678901234567890");
        assert_eq!(exact_digits(&number("12.0")), "12");
        assert_eq!(exact_digits(&number("12.50")), "12.50");
        assert_eq!(exact_digits(&number("-7.000")), "-7");
        for text in ["1e3", "1E3", "1.5e3", "1e+3", "1.0e2"] {
            let Ok(serde_json::Value::Number(id)) = decode_json(text.as_bytes(), JsonLimits::default()) else {
                panic!("{text} is no number");
            };
            assert_eq!(exact_digits(&id), text);
        }
    }
}
