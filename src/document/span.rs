//! Where a piece of a scalar's value stands in the file.
//!
//! Reads the scalar a second time, character by character; the values themselves come from `yaml`.

use std::ops::Range;

use super::node::{Style, Text};
use crate::diagnostic::{Source, Span};

impl Text {
    /// The place in the file of a byte range of [`Text::value`], through quotes, escapes and folding.
    ///
    /// The whole scalar where the two cannot be lined up, for example at an alias of a key.
    #[must_use]
    pub fn span_of(&self, source: &Source, at: Range<usize>) -> Span {
        let raw = source.slice(self.span);
        let pieces = match self.style {
            Style::Plain => flow_pieces(raw, 0..raw.len(), Style::Plain),
            Style::Single | Style::Double => flow_pieces(raw, 1..raw.len().saturating_sub(1), self.style),
            Style::Literal | Style::Folded => {
                let (_, column) = source.line_column(self.span.start);
                block_pieces(raw, column.saturating_sub(1), self.style)
            }
        };
        let place = locate(&pieces, &self.value, &at).unwrap_or(0..raw.len());
        Span::new(self.span.start + place.start, self.span.start + place.end)
    }
}

/// One character of the value (or none, for a joined line) and the bytes of the file it stands for.
struct Piece {
    value: Option<char>,
    raw: Range<usize>,
}

/// Finds `at` among the pieces; `None` if they are not those of `value`.
fn locate(pieces: &[Piece], value: &str, at: &Range<usize>) -> Option<Range<usize>> {
    // Blank lines above and below a block's content belong to its value, not to its span.
    let above = value.len() - value.trim_start_matches('\n').len();
    let read: String = pieces.iter().filter_map(|piece| piece.value).collect();
    let offset = if value.starts_with(read.trim_end_matches('\n')) { 0 } else { above };
    if value.get(offset..)?.trim_end_matches('\n') != read.trim_end_matches('\n') {
        return None;
    }
    let (mut here, mut start, mut end) = (offset, None, None);
    for piece in pieces {
        let Some(character) = piece.value else { continue };
        let next = here + character.len_utf8();
        if next > at.start {
            start = start.or(Some(piece.raw.start));
        }
        if next <= at.end {
            end = Some(piece.raw.end);
        }
        here = next;
    }
    let start = start.or_else(|| pieces.last().map(|piece| piece.raw.end)).unwrap_or_default();
    Some(start..end.unwrap_or(start).max(start))
}

/// The pieces of a plain or quoted scalar, whose line breaks fold.
fn flow_pieces(raw: &str, inside: Range<usize>, style: Style) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut here = inside.start;
    while let Some(rest) = raw.get(here..inside.end)
        && let Some(character) = rest.chars().next()
    {
        let (value, length) = match style {
            _ if is_blank(character) && breaks_line(rest) => {
                fold(rest, here, &mut pieces);
                here += blank_length(rest);
                continue;
            }
            Style::Single if rest.starts_with("''") => (Some('\''), 2),
            Style::Double if character == '\\' => unescape(rest),
            _ => (Some(character), character.len_utf8()),
        };
        pieces.push(Piece { value, raw: here..here + length });
        here += length;
    }
    pieces
}

/// One line break reads as a space, more of them as one break less.
fn fold(rest: &str, here: usize, pieces: &mut Vec<Piece>) {
    let raw = here..here + blank_length(rest);
    let breaks = rest.get(..blank_length(rest)).unwrap_or_default().matches('\n').count();
    // After `\` at the end of a line the break itself is gone.
    let escaped = pieces.last().is_some_and(|piece| piece.value.is_none());
    match (breaks, escaped) {
        (1, false) => pieces.push(Piece { value: Some(' '), raw }),
        _ => pieces.extend((1..breaks).map(|_| Piece { value: Some('\n'), raw: raw.clone() })),
    }
}

/// The character of an escape and its length in the file.
fn unescape(rest: &str) -> (Option<char>, usize) {
    let hex = |digits: usize| {
        let code = rest.get(2..2 + digits).and_then(|text| u32::from_str_radix(text, 16).ok());
        (code.and_then(char::from_u32), 2 + digits)
    };
    let value = match rest.chars().nth(1) {
        Some('x') => return hex(2),
        Some('u') => return surrogates(rest).unwrap_or_else(|| hex(4)),
        Some('U') => return hex(8),
        Some('\n' | '\r') | None => return (None, 1),
        Some('0') => '\0',
        Some('a') => '\u{7}',
        Some('b') => '\u{8}',
        Some('t') => '\t',
        Some('n') => '\n',
        Some('v') => '\u{b}',
        Some('f') => '\u{c}',
        Some('r') => '\r',
        Some('e') => '\u{1b}',
        Some('N') => '\u{85}',
        Some('_') => '\u{a0}',
        Some('L') => '\u{2028}',
        Some('P') => '\u{2029}',
        Some(other) => return (Some(other), 1 + other.len_utf8()),
    };
    (Some(value), 2)
}

/// `\ud83d\ude00`, one character in two escapes, as JSON writes it.
fn surrogates(rest: &str) -> Option<(Option<char>, usize)> {
    let unit = |at: usize| u16::from_str_radix(rest.get(at..at + 4)?, 16).ok();
    let second = rest.get(6..8).filter(|next| *next == "\\u").and_then(|_| unit(8))?;
    let decoded = char::decode_utf16([unit(2)?, second]).next()?.ok()?;
    (decoded.len_utf16() == 2).then_some((Some(decoded), 12))
}

/// The pieces of a block scalar whose content is indented by `indent`.
fn block_pieces(raw: &str, indent: usize, style: Style) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut here = 0;
    // Breaks since the last line with text, and whether that line may fold.
    let (mut breaks, mut foldable): (Vec<Range<usize>>, bool) = (Vec::new(), false);
    for (number, line) in raw.split_inclusive('\n').enumerate() {
        let text = line.trim_end_matches(['\r', '\n']);
        let skipped = if number == 0 { 0 } else { text.bytes().take(indent).take_while(|byte| *byte == b' ').count() };
        let content = text.get(skipped..).unwrap_or_default();
        let end = here + text.len();
        if !content.is_empty() {
            let folds = style == Style::Folded && !content.starts_with([' ', '\t']);
            join_lines(&mut pieces, std::mem::take(&mut breaks), folds && foldable);
            foldable = folds;
            let start = here + skipped;
            pieces.extend(
                content
                    .char_indices()
                    .map(|(at, value)| Piece { value: Some(value), raw: start + at..start + at + value.len_utf8() }),
            );
        }
        if text.len() < line.len() {
            breaks.push(end..here + line.len());
        }
        here += line.len();
    }
    join_lines(&mut pieces, breaks, false);
    pieces
}

fn join_lines(pieces: &mut Vec<Piece>, breaks: Vec<Range<usize>>, folds: bool) {
    let single = folds && breaks.len() == 1;
    let value = if single { ' ' } else { '\n' };
    let gone = usize::from(folds && !single);
    pieces.extend(breaks.into_iter().skip(gone).map(|raw| Piece { value: Some(value), raw }));
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn blank_length(rest: &str) -> usize {
    rest.len() - rest.trim_start_matches(is_blank).len()
}

/// Whether only blanks stand before the end of the line.
fn breaks_line(rest: &str) -> bool {
    rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diagnostic::Problems;
    use crate::document::yaml::{Bounds, read_yaml};
    use crate::document::{Kind, Node};

    fn texts(node: Node, found: &mut Vec<Text>) {
        match node.kind {
            Kind::Text(text) => found.push(text),
            Kind::List(items) => items.into_iter().for_each(|item| texts(item, found)),
            Kind::Map(entries) => entries.into_iter().for_each(|entry| {
                found.push(entry.key);
                texts(entry.value, found);
            }),
            _ => {}
        }
    }

    /// Every text of the file that holds `value` must find it as `written`.
    #[track_caller]
    fn check_as(file: &str, value: &str, written: &str) {
        let source = Arc::new(Source::new("test.yaml", file));
        let mut problems = Problems::new(Arc::clone(&source));
        let node = read_yaml(&mut problems, Bounds::DEFINITION).expect("the test file is YAML");
        let mut found = Vec::new();
        texts(node, &mut found);
        let mut seen = 0;
        for text in found {
            for (at, _) in text.value.match_indices(value) {
                let span = text.span_of(&source, at..at + value.len());
                assert_eq!(source.slice(span), written, "in {:?}", text.value);
                seen += 1;
            }
        }
        assert!(seen > 0, "no text of the file holds {value:?}");
    }

    #[track_caller]
    fn check(file: &str) {
        check_as(file, "MARK", "MARK");
    }

    #[test]
    fn plain_scalars_and_keys_map_one_to_one() {
        check("MARK");
        check(
            "a: é MARK b
x MARK: y",
        );
        check("\u{feff}a: MARK");
        check("a: [b, MARK x, {c: MARK, MARK: d}]");
    }

    #[test]
    fn plain_scalars_fold() {
        check("a: b\n  MARK c\n\n\n  MARK d");
        check("a: b  \r\n  MARK c\r\n\r\n  MARK d\r\n");
        check("{a: b\n  c MARK, d: MARK\n  e}");
    }

    #[test]
    fn single_quotes_double() {
        check("a: 'it''s MARK'");
        check("a: 'it''s\n  ''MARK''\n\n  and MARK '");
        check_as("a: 'it''s'", "'", "''");
        check("'it''s MARK': 'MARK'");
    }

    #[test]
    fn double_quotes_escape() {
        check(r#"a: "\" \n \u00e9 \x41 \U0001F600 \/ \\ \t MARK""#);
        check(r#"a: "\ud83d\ude00 MARK""#);
        check("a: \"b \\\n   MARK\n\n  MARK\\\n\n  \\  MARK\"");
        check_as(r#"a: "x\u00e9y""#, "é", r"\u00e9");
        check_as(r#"a: "x\ny""#, "\n", r"\n");
    }

    #[test]
    fn literal_blocks_keep_lines() {
        check("a: |\n  MARK b\n   MARK\n\n  MARK\n\nb: |-\n  x\n  MARK");
        check("a: |2\n    MARK\n  MARK\n");
        check("a:\n  - |+ # note\n\n\n    b MARK\n\n  - MARK");
        check("a: |\r\n  b\r\n\r\n  MARK\r\n");
        check("a: |\n  MARK");
    }

    #[test]
    fn folded_blocks_fold() {
        check("a: >\n  b MARK\n  MARK c\n\n  MARK d\n    MARK\n\n    MARK\n  MARK\n\n\n  MARK\n");
        check("a: >-\n\n\n  b\n  c MARK");
        check("a: >\r\n  b\r\n  MARK c\r\n\r\n  MARK\r\n");
    }

    #[test]
    fn an_alias_maps_to_its_anchor() {
        check("a: &x b MARK\nc: *x\nd: &y |\n  MARK\ne: *y");
    }

    #[test]
    fn a_fold_is_the_space_it_reads_as() {
        check_as("a: b\n  c", " ", "\n  ");
    }

    #[test]
    fn what_lies_outside_stays_inside_the_scalar() {
        let source = Source::new("test.yaml", "a: bc");
        let text = Text { value: "bc".to_owned(), span: Span::new(3, 5), style: Style::Plain };
        assert_eq!(text.span_of(&source, 2..2), Span::new(5, 5));
        assert_eq!(text.span_of(&source, 7..9), Span::new(5, 5));
        assert_eq!(text.span_of(&source, 0..0), Span::new(3, 3));
    }
}
