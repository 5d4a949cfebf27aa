//! Text → [`Node`], from the events of the YAML crate's parser. Only this file and `syntax.rs` name the crate.
//!
//! YAML 1.2 core; what YAML 1.1 tools read otherwise stays text and gets a warning. Size, depth and aliases are bounded.

use std::sync::Arc;

use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, ScanError, StrInput};

use super::node::{Entry, Kind, Node, Style, Text};
use super::scalar::{is_null, plain_scalar};
use super::syntax::{explain, frequent_mistake};
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

    /// Bytes of all scalars, counted with aliases expanded.
    fn text(self) -> usize {
        4 * self.size * 1024 * 1024
    }
}

/// Reads a whole file; `None` if it is not YAML.
pub(super) fn read_yaml(problems: &mut Problems, bounds: Bounds) -> Option<Node> {
    let source = Arc::clone(problems.source());
    let text = source.text();
    if text.len() > bounds.size * 1024 * 1024 {
        problems
            .add(Code::UnreadableFile, Span::default(), format!("The file is larger than {} MiB.", bounds.size))
            .help("split it into several actions");
        return None;
    }
    let options = granit_parser::options! {
        flow_nesting_limit: bounds.depth,
        block_nesting_limit: bounds.depth,
        emit_comments: false,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader {
        parser,
        source: &source,
        problems,
        bounds,
        depth: 0,
        written: Size::default(),
        anchors: Vec::new(),
        kept: Size::default(),
    };
    reader.file().ok()
}

/// What is wrong has been told, and there is no going on.
struct Stop;

/// How much of a file's bounds something takes.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    text: usize,
}

impl Size {
    fn and(self, more: Self) -> Self {
        Self { nodes: self.nodes + more.nodes, text: self.text + more.text }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    source: &'a Source,
    problems: &'a mut Problems,
    bounds: Bounds,
    depth: usize,
    /// What was read, aliases expanded.
    written: Size,
    /// By their number; what is not finished is not there.
    anchors: Vec<Option<(Node, Size)>>,
    /// How much they hold: what stands in several anchors is kept for each.
    kept: Size,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, granit_parser::Span), Stop> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok((Event::StreamEnd, granit_parser::Span::default())),
        }
    }

    fn file(&mut self) -> Result<Node, Stop> {
        let mut document = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => {
                    return Ok(document.unwrap_or(Node { kind: Kind::Null, span: Span::default() }));
                }
                (Event::DocumentStart(..), at) if document.is_some() => {
                    return Err(self.refuse(
                        span_of(at),
                        "A file holds one document.",
                        "remove the `---`, or split the file",
                    ));
                }
                (Event::DocumentStart(..), _) => {
                    let (event, at) = self.next()?;
                    document = Some(self.node(event, at)?);
                }
                _ => {}
            }
        }
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event<'a>, at: granit_parser::Span) -> Result<Node, Stop> {
        let before = self.written;
        let span = span_of(at);
        let anchor = event.anchor_id();
        self.no_tag(&event, at);
        self.count(Size { nodes: 1, text: 0 }, span)?;
        let node = match event {
            Event::Scalar(value, style, ..) => {
                self.count(Size { nodes: 0, text: value.len() }, span)?;
                self.scalar(&value, style, span)
            }
            Event::SequenceStart(..) => self.list(span)?,
            Event::MappingStart(..) => self.map(span)?,
            Event::Alias(anchor) => return self.alias(anchor, span),
            _ => return Err(self.refuse(span, "A value is missing here.", "write one, or `null`")),
        };
        if let Some(anchor) = anchor {
            self.name(anchor, &node, before)?;
        }
        Ok(node)
    }

    fn no_tag(&mut self, event: &Event<'_>, at: granit_parser::Span) {
        if event.tag().is_some() {
            let tag = at.tag_span().map_or(span_of(at), span_of);
            self.problems
                .add(Code::Syntax, tag, "Tags such as `!name` and `!!str` mean nothing here.")
                .help("remove the tag; quotes make a text");
        }
    }

    /// Keeps what an anchor names; `before` is what was written before it.
    fn name(&mut self, anchor: usize, node: &Node, before: Size) -> Result<(), Stop> {
        let taken = Size { nodes: self.written.nodes - before.nodes, text: self.written.text - before.text };
        self.kept = self.within_bounds(self.kept.and(taken), node.span)?;
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, None);
        }
        if let Some(place) = self.anchors.get_mut(anchor) {
            *place = Some((node.clone(), taken));
        }
        Ok(())
    }

    fn list(&mut self, start: Span) -> Result<Node, Stop> {
        self.enter(start)?;
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::SequenceEnd {
                self.depth -= 1;
                let last = items.last().map_or(start, |item: &Node| item.span);
                return Ok(Node { kind: Kind::List(items), span: covering(start, last, span_of(at)) });
            }
            items.push(self.node(event, at)?);
        }
    }

    fn map(&mut self, start: Span) -> Result<Node, Stop> {
        self.enter(start)?;
        let (mut entries, mut merged): (Vec<Entry>, Vec<Entry>) = (Vec::new(), Vec::new());
        let mut last = start;
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                self.depth -= 1;
                let entries = self.unique(entries, merged);
                return Ok(Node { kind: Kind::Map(entries), span: covering(start, last, span_of(at)) });
            }
            let is_merge = matches!(&event, Event::Scalar(key, ScalarStyle::Plain, ..) if key == "<<");
            let key = self.key(event, at)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at)?;
            last = if value.span.end < key.span.end { key.span } else { value.span };
            if is_merge { self.merge(value, &mut merged)? } else { entries.push(Entry { key, value }) }
        }
    }

    /// A key is text whatever it looks like, but not nothing.
    fn key(&mut self, event: Event<'a>, at: granit_parser::Span) -> Result<Text, Stop> {
        let (before, span) = (self.written, span_of(at));
        let text = match event {
            Event::Scalar(ref value, style, anchor, _) => {
                self.no_tag(&event, at);
                self.count(Size { nodes: 1, text: value.len() }, span)?;
                let text = Text { value: value.to_string(), span, style: style_of(style) };
                let is_null = style == ScalarStyle::Plain && is_null(value);
                if anchor != 0 {
                    let node = self.scalar(value, style, span);
                    self.name(anchor, &node, before)?;
                }
                (!is_null).then_some(text)
            }
            Event::Alias(anchor) => {
                let value = match self.alias(anchor, span)?.kind {
                    Kind::Text(text) => Some(text.value),
                    Kind::Number(number) => Some(number.to_string()),
                    Kind::Bool(value) => Some(value.to_string()),
                    Kind::Null | Kind::List(_) | Kind::Map(_) => None,
                };
                value.map(|value| Text { value, span, style: Style::Plain })
            }
            _ => None,
        };
        text.ok_or_else(|| self.refuse(span, "A key must be text.", "put it in quotes"))
    }

    /// What `<<` brings: the entries of a map, or of a list of maps.
    fn merge(&mut self, value: Node, merged: &mut Vec<Entry>) -> Result<(), Stop> {
        match value.kind {
            Kind::Map(entries) => merged.extend(entries),
            Kind::Null => {}
            Kind::List(items) if items.iter().all(|item| matches!(item.kind, Kind::Map(_))) => {
                items.into_iter().try_for_each(|item| self.merge(item, merged))?;
            }
            _ => {
                return Err(self.refuse(
                    value.span,
                    "`<<` takes a map, or a list of maps.",
                    "name the anchor of a map: `<<: *name`",
                ));
            }
        }
        Ok(())
    }

    /// Each key once: what is written here before what is merged, and the first before those after it.
    fn unique(&mut self, mut entries: Vec<Entry>, merged: Vec<Entry>) -> Vec<Entry> {
        let own = entries.len();
        entries.extend(merged);
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let key = |at: usize| entries.get(at).map(|entry| &entry.key);
        order.sort_by_key(|at| key(*at).map(|key| &key.value));
        let mut again: Vec<usize> = Vec::new();
        for same in order.chunk_by(|left, right| key(*left).map(|key| &key.value) == key(*right).map(|key| &key.value))
        {
            let Some((first, others)) = same.split_first() else { continue };
            for other in others {
                if let (true, Some(first), Some(other)) = (*other < own, key(*first), key(*other)) {
                    let (line, _) = self.source.line_column(first.span.start);
                    self.problems
                        .add(Code::DuplicateKey, other.span, format!("`{}` stands here a second time.", other.value))
                        .help(format!("the first is in line {line}; keep one of the two"));
                }
                again.push(*other);
            }
        }
        if !again.is_empty() {
            again.sort_unstable();
            let mut at = 0;
            entries.retain(|_| {
                at += 1;
                again.binary_search(&(at - 1)).is_err()
            });
        }
        entries
    }

    fn alias(&mut self, anchor: usize, at: Span) -> Result<Node, Stop> {
        let Some((node, size)) = self.anchors.get(anchor).and_then(Option::as_ref) else {
            return Err(self.refuse(at, "This alias stands inside what it names.", "write the value out"));
        };
        let (seen, size, too_deep) = (seen_from(node, at), *size, self.depth + depth(node) > self.bounds.depth);
        self.count(size, at)?;
        if too_deep { Err(self.too_deep(at)) } else { Ok(seen) }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, span: Span) -> Node {
        let style = style_of(style);
        let one_line = || !self.source.slice(span).contains('\n');
        let kind = if style == Style::Plain && one_line() {
            plain_scalar(value, span, self.problems)
        } else {
            Kind::Text(Text { value: value.to_owned(), span, style })
        };
        Node { kind, span }
    }

    fn enter(&mut self, at: Span) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > self.bounds.depth {
            return Err(self.too_deep(at));
        }
        Ok(())
    }

    fn count(&mut self, size: Size, at: Span) -> Result<(), Stop> {
        self.written = self.within_bounds(self.written.and(size), at)?;
        Ok(())
    }

    fn within_bounds(&mut self, size: Size, at: Span) -> Result<Size, Stop> {
        if size.nodes <= self.bounds.nodes && size.text <= self.bounds.text() {
            return Ok(size);
        }
        Err(self.refuse(
            at,
            "The file holds too much, its aliases written out.",
            "split it, or use fewer anchors and aliases",
        ))
    }

    fn too_deep(&mut self, at: Span) -> Stop {
        let depth = self.bounds.depth;
        self.refuse(at, "The file nests too deep.", &format!("a definition needs at most {depth} levels"))
    }

    fn syntax(&mut self, error: &ScanError) -> Stop {
        let mark = error.marker();
        let at = mark.byte_offset().unwrap_or_else(|| self.source.offset(mark.line(), mark.col() + 1));
        let (message, help) = explain(error.kind());
        self.refuse(Span::new(at, at), &message, &help)
    }

    /// At the first character of `at`.
    fn refuse(&mut self, at: Span, message: &str, help: &str) -> Stop {
        let (line, _) = self.source.line_column(at.start);
        let line = self.source.text().lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let (message, help) = frequent_mistake(line).unwrap_or((message, help));
        let width = self.source.text().get(at.start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.problems.add(Code::Syntax, Span::new(at.start, at.start + width), message).help(help);
        Stop
    }
}

fn span_of(at: granit_parser::Span) -> Span {
    at.byte_range().map(|range| Span::new(range.start, range.end)).unwrap_or_default()
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

/// A collection's place: over the bracket that closes it, or else over its last part.
fn covering(start: Span, last: Span, end: Span) -> Span {
    Span::new(start.start, if end.end > end.start { end.end } else { last.end })
}

/// How many collections stand within each other.
fn depth(node: &Node) -> usize {
    match &node.kind {
        Kind::List(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Kind::Map(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or_default(),
        _ => 0,
    }
}

/// What an alias at `at` stands for; a text's own place stays where it is written.
fn seen_from(node: &Node, at: Span) -> Node {
    let key = |key: &Text| Text { value: key.value.clone(), span: at, style: Style::Plain };
    let kind = match &node.kind {
        Kind::List(items) => Kind::List(items.iter().map(|item| seen_from(item, at)).collect()),
        Kind::Map(entries) => Kind::Map(
            entries.iter().map(|entry| Entry { key: key(&entry.key), value: seen_from(&entry.value, at) }).collect(),
        ),
        kind => kind.clone(),
    };
    Node { kind, span: at }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
