//! Text → [`Node`]. The only file that names the YAML crate.
//!
//! YAML 1.2 core: what YAML 1.1 tools read otherwise stays text here and gets a warning. Size, depth
//! and aliases are bounded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{DuplicateKeyPolicy, Location, Spanned};

use super::node::{Entry, Kind, Node, Style, Text};
use super::scalar::{plain_scalar, style_of};
use super::syntax::explain;
use crate::diagnostic::{Code, Problems, Source, Span};

/// How much a file may hold.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// In MiB.
    size: usize,
    depth: usize,
    /// Counted with aliases expanded.
    nodes: usize,
}

impl Bounds {
    /// Of a definition.
    pub(super) const DEFINITION: Self = Self { size: 1, depth: 32, nodes: 50_000 };
    /// Of what others publish and an author imports.
    pub(super) const FOREIGN: Self = Self { size: 64, depth: 256, nodes: 5_000_000 };
}

/// Reads a whole file; `None` if it is not YAML.
pub(super) fn read_yaml(problems: &mut Problems, bounds: Bounds) -> Option<Node> {
    let source = std::sync::Arc::clone(problems.source());
    let text = source.text();
    if text.len() > bounds.size * 1024 * 1024 {
        problems
            .add(Code::UnreadableFile, Span::default(), format!("The file is larger than {} MiB.", bounds.size))
            .help("split it into several actions");
        return None;
    }
    // With a line break at the end, a block scalar's place always ends in white space and a plain one's never does.
    let text = if text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) };
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(&text, options(bounds)) {
        Ok(raw) => {
            let mut reader = Reader { source: &source, problems };
            Some(reader.node(raw))
        }
        Err(error) => {
            report_syntax(&error, &source, problems);
            None
        }
    }
}

fn options(bounds: Bounds) -> serde_yaml::Options {
    let mut options = serde_yaml::Options::default();
    options.strict_booleans = true;
    options.leading_zero_numbers_as_strings = true;
    options.underscored_numbers_as_strings = true;
    options.reject_unsupported_tags = true;
    options.with_snippet = false;
    // Told apart here, so that every one of them is reported, at its place.
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    if let Some(budget) = options.budget.as_mut() {
        budget.max_depth = bounds.depth;
        budget.max_nodes = bounds.nodes;
        budget.max_events = bounds.nodes * 3;
        budget.max_aliases = 1000;
        budget.max_anchors = 1000;
        budget.max_total_scalar_bytes = 4 * bounds.size * 1024 * 1024;
        budget.max_documents = 1;
    }
    options
}

/// A tree as the crate gives it; scalars are judged by their text afterwards.
enum Raw {
    Scalar(String),
    Null,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key()? {
            entries.push((key, access.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}

struct Reader<'a> {
    source: &'a Source,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let span = span_of(self.source, raw.referenced);
        match raw.value {
            Raw::Null => Node { kind: Kind::Null, span },
            Raw::List(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.node(item)).collect();
                let end = items.iter().map(|item| item.span.end).max().unwrap_or_default();
                Node { kind: Kind::List(items), span: self.collection_span(span, span.start, end) }
            }
            Raw::Map(entries) => self.map(entries, span),
            Raw::Scalar(value) => self.scalar(value, raw.referenced, raw.defined),
        }
    }

    fn map(&mut self, raw: Vec<(Spanned<String>, Spanned<Raw>)>, span: Span) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        let mut first_places: HashMap<String, Span> = HashMap::new();
        let (mut start, mut end) = (None, 0);
        for (key, value) in raw {
            let place = span_of(self.source, key.referenced);
            let style = match self.source.slice(place).chars().next() {
                Some('\'') => Style::Single,
                Some('"') => Style::Double,
                _ => Style::Plain,
            };
            let key = Text { value: key.value, span: place, style };
            let value = self.node(value);
            start = start.or(Some(place.start));
            end = end.max(place.end).max(value.span.end);
            if let Some(first) = first_places.get(&key.value) {
                let (line, _) = self.source.line_column(first.start);
                self.problems
                    .add(Code::DuplicateKey, key.span, format!("`{}` stands here a second time.", key.value))
                    .help(format!("the first is in line {line}; keep one of the two"));
            } else {
                first_places.insert(key.value.clone(), key.span);
                entries.push(Entry { key, value });
            }
        }
        let start = if span.end > span.start { span.start } else { start.unwrap_or(span.start) };
        Node { kind: Kind::Map(entries), span: self.collection_span(span, start, end) }
    }

    /// From the start of a map or list over its last part, and over the bracket that closes it.
    fn collection_span(&self, written: Span, start: usize, end: usize) -> Span {
        let end = end.max(written.end);
        let text = self.source.text();
        let closing = match text.get(start..).and_then(|rest| rest.chars().next()) {
            Some('{') => '}',
            Some('[') => ']',
            _ => return Span::new(start, end),
        };
        let mut rest = text.get(end..).unwrap_or_default().trim_start_matches([' ', '\t', '\r', '\n', ',']);
        while let Some(comment) = rest.strip_prefix('#') {
            let line = comment.split_once('\n').map_or("", |(_, after)| after);
            rest = line.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        }
        Span::new(start, if rest.starts_with(closing) { text.len() - rest.len() + 1 } else { end })
    }

    fn scalar(&mut self, value: String, referenced: Location, defined: Location) -> Node {
        let span = span_of(self.source, referenced);
        // An alias has the text, and so the style, of its anchor.
        let written = span_of(self.source, defined);
        if let Some(tag) = tag_before(self.source, written) {
            let message = "Tags such as `!!str` mean nothing here.";
            self.problems.add(Code::Syntax, tag, message).help("remove the tag; quotes make a text");
        }
        let style = style_of(self.source, written);
        let plain = self.source.slice(written);
        let kind = match style {
            Style::Plain if !plain.contains('\n') => plain_scalar(plain, written, self.problems),
            _ => Kind::Text(Text { value, span: written, style }),
        };
        Node { kind, span }
    }
}

/// The tag that stands before a scalar, perhaps with an anchor between them.
fn tag_before(source: &Source, span: Span) -> Option<Span> {
    let mut before = source.text().get(..span.start)?;
    loop {
        before = before.trim_end_matches([' ', '\t']);
        let start = before.rfind([' ', '\t', '\n', ',', '[', '{']).map_or(0, |at| at + 1);
        let word = before.get(start..)?;
        // A key such as "a !b" ends so; no tag does.
        if word.ends_with(':') {
            return None;
        }
        if word.starts_with('!') {
            return Some(Span::new(start, before.len()));
        }
        if !word.starts_with('&') {
            return None;
        }
        before = before.get(..start)?;
    }
}

fn span_of(source: &Source, location: Location) -> Span {
    let length = location.span().byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let start = location.span().byte_offset().and_then(|offset| usize::try_from(offset).ok());
    let start = start.unwrap_or_else(|| offset_of(source, location));
    Span::new(start.min(source.text().len()), (start + length).min(source.text().len()))
}

fn offset_of(source: &Source, location: Location) -> usize {
    let number = |value: u64| usize::try_from(value).unwrap_or(1).max(1);
    source.offset(number(location.line()), number(location.column()))
}

/// The crate's message as a sentence that says what to do.
fn report_syntax(error: &serde_yaml::Error, source: &Source, problems: &mut Problems) {
    let span = error.location().map_or(Span::default(), |location| span_of(source, location));
    let text = error.without_snippet().to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let (line, _) = source.line_column(span.start);
    let line = source.text().lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let (message, help) = explain(text, line);
    let width = source.text().get(span.start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    problems.add(Code::Syntax, Span::new(span.start, span.start + width), message).help(help);
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
