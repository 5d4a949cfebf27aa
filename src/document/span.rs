//! Where a piece of a scalar's value stands in the file.

use std::ops::Range;

use super::node::{Style, Text};
use crate::diagnostic::{Source, Span};

impl Text {
    /// The place in the file of a byte range of [`Text::value`], through quotes, escapes and folding.
    #[must_use]
    pub fn span_of(&self, source: &Source, at: Range<usize>) -> Span {
        let raw = source.slice(self.span);
        let start = raw_offset(raw, &self.value, self.style, at.start);
        let end = raw_offset(raw, &self.value, self.style, at.end.max(at.start)).max(start);
        Span::new(self.span.start + start, self.span.start + end)
    }
}

/// Walks value and raw text side by side up to `wanted` bytes of the value.
fn raw_offset(raw: &str, value: &str, style: Style, wanted: usize) -> usize {
    let opening = usize::from(matches!(style, Style::Single | Style::Double));
    let mut here = opening;
    for (at, character) in value.char_indices() {
        here = skip_folding(raw, here, character, style);
        if at >= wanted {
            return here.min(raw.len());
        }
        here += length_of(raw, here, character, style);
    }
    here.min(raw.len().saturating_sub(opening).max(opening))
}

/// Past the line break and indentation that the value does not have.
fn skip_folding(raw: &str, here: usize, character: char, style: Style) -> usize {
    let rest = raw.get(here..).unwrap_or_default();
    if rest.starts_with(character) && (character != ' ' || !at_fold(rest)) {
        return here;
    }
    match style {
        Style::Literal | Style::Folded | Style::Plain | Style::Single | Style::Double
            if character != '\n' || style == Style::Folded =>
        {
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            // A fold reads as one space: stay on it, so that the space maps to the break.
            if character == ' ' {
                here
            } else if rest.starts_with([' ', '\t', '\r', '\n']) {
                here + blank
            } else {
                here
            }
        }
        _ => here,
    }
}

fn at_fold(rest: &str) -> bool {
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest.get(spaces..).is_some_and(|after| after.starts_with(['\n', '\r']))
}

/// How many bytes of the file stand for one character of the value.
fn length_of(raw: &str, here: usize, character: char, style: Style) -> usize {
    let rest = raw.get(here..).unwrap_or_default();
    match style {
        Style::Single if character == '\'' && rest.starts_with("''") => 2,
        Style::Double if rest.starts_with('\\') => escape_length(rest),
        _ if rest.starts_with(character) && !(character == ' ' && at_fold(rest)) => character.len_utf8(),
        // A folded line break: the break and the indentation of the next line.
        _ if matches!(character, ' ' | '\n') => rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len(),
        _ => 0,
    }
}

fn escape_length(rest: &str) -> usize {
    match rest.chars().nth(1) {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        Some(other) => 1 + other.len_utf8(),
        None => 1,
    }
}
