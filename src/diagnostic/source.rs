//! The text of one definition file, and places in it.

use std::ops::Range;

/// Bytes `start..end` of a [`Source`]'s text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte; never before `start`.
    pub end: usize,
}

impl Span {
    /// The span of `start..end`; an `end` before `start` is taken as `start`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The same bytes as a range.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// One definition file: its name as shown to people, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Keeps `text` under the name shown in messages, for example `actions.d/zendesk/create_ticket.yaml`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// The name shown in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of `span`; empty where the span lies outside the file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The same file with nothing but asterisks at these places.
    #[must_use]
    pub(super) fn masked(&self, places: &[Span]) -> Self {
        let mut text = self.text.clone();
        for place in places {
            let mask: String = self
                .slice(*place)
                .chars()
                .map(|c| if c == '\n' { "\n".into() } else { "*".repeat(c.len_utf8()) })
                .collect();
            if self.text.get(place.range()).is_some() {
                text.replace_range(place.range(), &mask);
            }
        }
        Self::new(self.name.clone(), text)
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Byte offset of a line and column, both from 1; columns count characters.
    #[must_use]
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        start + within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_come_back() {
        let source = Source::new("a.yaml", "a: é\nb: {{x}}\n");
        assert_eq!(source.line_column(6), (2, 1));
        assert_eq!(source.offset(2, 1), 6);
        assert_eq!(source.line_column(source.offset(1, 5)), (1, 5));
        assert_eq!(source.line_column(999), (3, 1));
    }
}
