//! I-Regexp (RFC 9485), the regular expressions of `match` and `search`, in terms of the `regex` crate.
//!
//! Accepts exactly that language, and bounds the size of what it compiles to.

use regex::RegexBuilder;

use super::pattern_class::{bracket_class, escape};
use crate::regular_expression::RegularExpression;

use super::pattern_text::{NotIRegexp, Rest, push_literal, until_brace};
use super::query::Extent;

/// Bytes that one compiled pattern may take.
const MAX_COMPILED: usize = 1 << 20;
/// Groups inside one another.
const MAX_GROUPS: usize = 32;

/// Compiles an I-Regexp. `.` matches anything but a line feed or carriage return (RFC 9485, section 5); `^` and `$`
/// stand for the ends of the text, as the conformance suite of RFC 9535 has it.
pub(super) fn compile(pattern: &str, extent: Extent) -> Result<RegularExpression, NotIRegexp> {
    let translated = translate(pattern)?;
    let whole = match extent {
        Extent::Whole => format!(r"\A(?:{translated})\z"),
        Extent::Part => translated,
    };
    RegexBuilder::new(&whole)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .build()
        .map(RegularExpression::new)
        .map_err(|_| NotIRegexp)
}

fn translate(pattern: &str) -> Result<String, NotIRegexp> {
    let mut rest = pattern.chars().peekable();
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut groups = 0;
    let mut can_repeat = false;
    while let Some(character) = rest.next() {
        let repeats = matches!(character, '*' | '+' | '?' | '{');
        if repeats && !can_repeat {
            return Err(NotIRegexp);
        }
        can_repeat = !repeats && !matches!(character, '(' | '|');
        match character {
            '(' => {
                groups += 1;
                out.push_str("(?:");
            }
            ')' if groups > 0 => {
                groups -= 1;
                out.push(')');
            }
            '|' | '^' | '$' | '*' | '+' | '?' => out.push(character),
            '{' => quantity(&mut rest, &mut out)?,
            '.' => out.push_str(r"[^\n\r]"),
            '[' => bracket_class(&mut rest, &mut out)?,
            '\\' => escape(&mut rest, &mut out)?,
            ')' | ']' | '}' => return Err(NotIRegexp),
            _ => push_literal(&mut out, character),
        }
        if groups > MAX_GROUPS {
            return Err(NotIRegexp);
        }
    }
    if groups == 0 { Ok(out) } else { Err(NotIRegexp) }
}

/// `{n}`, `{n,}` or `{n,m}`, after its brace.
fn quantity(rest: &mut Rest<'_>, out: &mut String) -> Result<(), NotIRegexp> {
    let inside = until_brace(rest).ok_or(NotIRegexp)?;
    let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if least.is_empty() || !digits(least) || !digits(most) {
        return Err(NotIRegexp);
    }
    out.push('{');
    out.push_str(&inside);
    out.push('}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let compiled = compile(pattern, Extent::Whole).unwrap();
        for text in matching {
            assert!(compiled.is_match_within(text, usize::MAX) == Some(true), "{pattern} and {text:?}");
        }
        for text in other {
            assert!(compiled.is_match_within(text, usize::MAX) == Some(false), "{pattern} and {text:?}");
        }
    }

    #[test]
    fn a_dot_is_anything_but_a_line_end() {
        check("a.c", &["abc", "a\u{2028}c", "a𐄁c"], &["a\nc", "a\rc", "ac"]);
        check("a[.]c", &["a.c"], &["abc"]);
    }

    #[test]
    fn classes_mean_what_they_say() {
        check("[a-c-]+", &["a-c"], &["d"]);
        check("[^a-c]", &["d", "\n"], &["a"]);
        check("[-a]", &["-", "a"], &["b"]);
        check(r"[a&&b~~\[^]", &["&", "[", "~", "^"], &["c"]);
        check(r"[\p{Lu}\-\]x]+", &["Ж-]x"], &["ж"]);
        check(r"\P{L}\p{Nd}", &["-7"], &["a7"]);
    }

    #[test]
    fn quantities_repeat_one_piece() {
        check("a{2}b{1,}c{0,1}", &["aab", "aabbc"], &["ab", "aabcc"]);
        check("(ab|c)*", &["", "abcab"], &["b"]);
    }

    #[test]
    fn what_only_other_dialects_have_is_refused() {
        for pattern in [
            r"\d",
            r"\$",
            "a{2",
            r"\w",
            r"\s",
            r"\b",
            "(?:a)",
            "(?i)a",
            "a*?",
            "a++",
            "a{,2}",
            "a{x}",
            "*a",
            "(",
            ")",
            "a)",
            "[",
            "[]",
            "[a",
            "[b-a]",
            "a{2,1}",
            "]",
            "{",
            "}",
            r"\",
            r"\p{Latin}",
            r"\p{L",
            r"\pL",
            "[[:alpha:]]x]",
            "(*a)",
            "|*",
            r"\u0041",
            "[a-\\p{L}]",
            "a{99999}{99999}",
            "(a{1000}){1000}",
        ] {
            assert_eq!(compile(pattern, Extent::Part).err(), Some(NotIRegexp), "{pattern}");
        }
    }
}
