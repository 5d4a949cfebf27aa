//! The characters of an I-Regexp: read from it, and written for the `regex` crate.

use std::iter::Peekable;
use std::str::Chars;

/// Why a text is no usable I-Regexp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotIRegexp;

/// The characters of a pattern yet to be read.
pub(super) type Rest<'a> = Peekable<Chars<'a>>;

/// The text up to the next `}`, which must be there.
pub(super) fn until_brace(rest: &mut Rest<'_>) -> Option<String> {
    let mut inside = String::new();
    loop {
        match rest.next()? {
            '}' => return Some(inside),
            character => inside.push(character),
        }
    }
}

/// The character that a single character escape stands for.
pub(super) fn escaped_character(character: char) -> Result<char, NotIRegexp> {
    match character {
        '(' | ')' | '*' | '+' | '-' | '.' | '?' | '[' | '\\' | ']' | '^' | '{' | '|' | '}' => Ok(character),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        _ => Err(NotIRegexp),
    }
}

/// Adds a character that stands for itself, inside or outside a class.
pub(super) fn push_literal(out: &mut String, character: char) {
    if character.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(character);
}
