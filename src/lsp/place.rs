//! Places of the protocol, lines and columns from 0, to bytes of a text and back.
//!
//! Knows nothing of definitions.

use std::ops::Range;

use serde_json::{Value, json};

/// What columns count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes, where the client offers it.
    Utf8,
    /// UTF-16 code units, which every client knows.
    #[default]
    Utf16,
}

impl Encoding {
    /// The one to speak with a client that offers these.
    pub(super) fn negotiate(offered: Option<&Value>) -> Self {
        let offers = |name: &str| offered.and_then(Value::as_array).is_some_and(|list| list.iter().any(|o| o == name));
        if offers("utf-8") { Self::Utf8 } else { Self::Utf16 }
    }

    /// Its name in the protocol.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
        }
    }

    /// The byte that a position of the protocol names; a column past its line is the line's end.
    pub(super) fn offset(self, text: &str, position: &Value) -> Option<usize> {
        let number = |key| position.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (line, column) = (number("line")?, number("character")?);
        let start = match line {
            0 => 0,
            line => text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1),
        };
        let rest = text.get(start..)?;
        let mut seen = 0;
        for (at, c) in rest.char_indices() {
            if c == '\n' || c == '\r' || seen + self.width(c) > column {
                return Some(start + at);
            }
            seen += self.width(c);
        }
        Some(text.len())
    }

    /// The position of a byte.
    pub(super) fn position(self, text: &str, offset: usize) -> Value {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(..end).unwrap_or_default();
        let line = before.matches('\n').count();
        let within = before.rsplit('\n').next().unwrap_or_default();
        let column: usize = within.chars().map(|c| self.width(c)).sum();
        json!({ "line": line, "character": column })
    }

    /// The range of some bytes.
    pub(super) fn range(self, text: &str, bytes: &Range<usize>) -> Value {
        json!({ "start": self.position(text, bytes.start), "end": self.position(text, bytes.end.max(bytes.start)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(encoding: Encoding, offset: usize, line: usize, column: usize) {
        let text = "a: é\r\nb: 😀x\n";
        let position = json!({ "line": line, "character": column });
        assert_eq!(encoding.position(text, offset), position);
        assert_eq!(encoding.offset(text, &position), Some(offset));
    }

    #[test]
    fn utf_16_counts_code_units() {
        check(Encoding::Utf16, 5, 0, 4);
        check(Encoding::Utf16, 10, 1, 3);
        check(Encoding::Utf16, 14, 1, 5);
    }

    #[test]
    fn utf_8_counts_bytes() {
        check(Encoding::Utf8, 5, 0, 5);
        check(Encoding::Utf8, 14, 1, 7);
    }

    #[test]
    fn what_lies_outside_is_an_end() {
        let at = |line, column| Encoding::Utf16.offset("ab\ncd", &json!({ "line": line, "character": column }));
        assert_eq!((at(0, 99), at(9, 0)), (Some(2), Some(5)));
    }

    #[test]
    fn bytes_are_spoken_if_offered() {
        assert_eq!(Encoding::negotiate(Some(&json!(["utf-16", "utf-8"]))), Encoding::Utf8);
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
    }
}
