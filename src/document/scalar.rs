//! What a plain scalar means, by YAML 1.2 core.

use serde_json::{Number, Value};

use super::node::{Kind, Style, Text};
use crate::diagnostic::{Code, Problems, Span};

/// Whether a plain scalar is nothing.
pub(super) fn is_null(plain: &str) -> bool {
    matches!(plain, "" | "~" | "null" | "Null" | "NULL")
}

/// A plain scalar on one line; numbers keep their digits.
pub(super) fn plain_scalar(plain: &str, span: Span, problems: &mut Problems) -> Kind {
    match plain {
        _ if is_null(plain) => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    let number = json_number(plain).or_else(|| core_number(plain));
    if is_not_finite(plain) || number.as_ref().is_some_and(|number| number.as_f64().is_none()) {
        problems
            .add(Code::Syntax, span, "JSON has no such number.")
            .help("`.inf`, `.nan` and numbers beyond 1e308 cannot be sent; put it in quotes if it is text");
        return Kind::Null;
    }
    if let Some(number) = number {
        return Kind::Number(number);
    }
    if let Some(other) = read_otherwise(plain) {
        problems
            .add(Code::AmbiguousScalar, span, format!("`{plain}` is text here, but {other} to other YAML tools."))
            .help(format!("write \"{plain}\" to leave no doubt"));
    }
    Kind::Text(Text { value: plain.to_owned(), span, style: Style::Plain })
}

fn json_number(text: &str) -> Option<Number> {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// Spellings of numbers that YAML 1.2 core knows and JSON does not: `0x1F`, `0o17`, `+5`, `.5`, `5.`.
fn core_number(plain: &str) -> Option<Number> {
    let radix = |digits: &str, radix| {
        let only_digits = digits.chars().all(|digit| digit.is_digit(radix));
        if only_digits { u64::from_str_radix(digits, radix).ok().map(Number::from) } else { None }
    };
    if let Some(digits) = plain.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = plain.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let sign = if plain.starts_with('-') { "-" } else { "" };
    match (unsigned.strip_prefix('.'), unsigned.strip_suffix('.')) {
        (Some(fraction), _) if fraction.starts_with(is_digit) => json_number(&format!("{sign}0.{fraction}")),
        (_, Some(whole)) if is_digits(whole) => json_number(&format!("{sign}{whole}")),
        (None, None) if unsigned.starts_with(is_digit) => json_number(&format!("{sign}{unsigned}")),
        _ => None,
    }
}

fn is_not_finite(plain: &str) -> bool {
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(plain, ".nan" | ".NaN" | ".NAN")
}

/// What other YAML tools, mostly those of YAML 1.1, make of a plain scalar that is text to us.
fn read_otherwise(plain: &str) -> Option<&'static str> {
    let lower = plain.to_ascii_lowercase();
    if ["yes", "no", "on", "off", "y", "n"].contains(&lower.as_str()) {
        return Some("a boolean");
    }
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    if unsigned.starts_with('0') && is_digits(unsigned) {
        let octal = unsigned.bytes().all(|digit| digit < b'8');
        return Some(if octal { "an octal number" } else { "a number" });
    }
    if unsigned.starts_with(is_digit) && unsigned.contains('_') && is_digits(&unsigned.replace('_', "")) {
        return Some("a number");
    }
    if unsigned.strip_prefix("0b").is_some_and(|bits| !bits.is_empty() && bits.bytes().all(|bit| b"01".contains(&bit)))
    {
        return Some("a number");
    }
    if let Some((first, rest)) = unsigned.split_once(':')
        && is_digits(first)
        && rest.split(':').all(|part| is_digits(part) && part.parse::<u8>().is_ok_and(|sixtieths| sixtieths < 60))
    {
        return Some("a number in base 60");
    }
    is_date(plain).then_some("a date")
}

/// `2024-01-31`, or an instant that begins so.
fn is_date(plain: &str) -> bool {
    let (date, time) = plain.split_at_checked(10).unwrap_or((plain, ""));
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let is_day = year.len() == 4 && [year, month, day].iter().all(|part| is_digits(part));
    let time = time.strip_prefix(['T', 't', ' ']).map(|time| time.starts_with(is_digit));
    is_day && (plain.len() <= 10 || time == Some(true))
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
