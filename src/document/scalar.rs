//! What a scalar is: how it is quoted, and what a plain one means.
//!
//! YAML 1.2 core; only looks at the text of the file.

use serde_json::{Number, Value};

use super::node::{Kind, Style, Text};
use crate::diagnostic::{Code, Problems, Source, Span};

/// The quoting of the scalar at `span`.
///
/// A block scalar's span begins at its first character that is not blank and ends after its last line break.
/// No other scalar without quotes ends in white space, or is an empty text.
pub(super) fn style_of(source: &Source, span: Span) -> Style {
    let raw = source.slice(span);
    match raw.chars().next_back() {
        _ if raw.starts_with('\'') => Style::Single,
        _ if raw.starts_with('"') => Style::Double,
        // An empty block at the end of a file stands at its own header; no plain scalar begins so.
        _ if raw.starts_with('|') => Style::Literal,
        _ if raw.starts_with('>') => Style::Folded,
        Some(last) if !last.is_ascii_whitespace() && span.end < source.text().len() => Style::Plain,
        // At the end of a file without a last line break the header alone tells.
        Some(last) if !last.is_ascii_whitespace() => block_style(source, span).unwrap_or(Style::Plain),
        _ => block_style(source, span).unwrap_or(Style::Literal),
    }
}

/// `|` or `>` from the header, which is the nearest line with text above the content.
fn block_style(source: &Source, span: Span) -> Option<Style> {
    let before = source.text().get(..span.start)?.trim_end_matches([' ', '\t']);
    let header = before.strip_suffix('\n')?.trim_end().lines().next_back()?;
    header.char_indices().find_map(|(at, character)| {
        let style = match character {
            '|' => Style::Literal,
            '>' => Style::Folded,
            _ => return None,
        };
        let after = header.get(at + 1..)?.trim_start_matches(|next: char| next.is_ascii_digit() || "+-".contains(next));
        let ends = after.is_empty()
            || (after.starts_with([' ', '\t']) && matches!(after.trim_start().chars().next(), None | Some('#')));
        (ends && may_precede_block(header.get(..at)?)).then_some(style)
    })
}

/// Whether a header line begins so: a key, a dash, an anchor or nothing, and no comment.
fn may_precede_block(before: &str) -> bool {
    let trimmed = before.trim_end_matches([' ', '\t']);
    let spaced = trimmed.len() < before.len();
    let word = trimmed.rsplit([' ', '\t']).next().unwrap_or_default();
    let in_quotes = |text: &str| text.matches(['"', '\'']).count() % 2 == 1;
    let comment = before.match_indices(" #").any(|(at, _)| !before.get(..at).is_some_and(in_quotes));
    let introduced = trimmed.ends_with([':', '-', '?']) || word.starts_with('&');
    trimmed.is_empty() || (spaced && introduced && !comment)
}

/// A plain scalar on one line; numbers keep their digits.
pub(super) fn plain_scalar(plain: &str, span: Span, problems: &mut Problems) -> Kind {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    if let Some(number) = json_number(plain).or_else(|| core_number(plain)) {
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
