//! Text → [`Node`]. The only file that names the YAML crate.
//!
//! YAML 1.2 core: what YAML 1.1 tools read otherwise stays text here and gets a warning. Size, depth
//! and aliases are bounded.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_yaml::{DuplicateKeyPolicy, Location, Spanned};

use super::node::{Entry, Kind, Node, Style, Text};
use crate::diagnostic::{Code, Problems, Source, Span};

const MAX_FILE: usize = 1024 * 1024;
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 200_000;

/// Reads a whole file; `None` if it is not YAML.
pub(super) fn read_yaml(problems: &mut Problems) -> Option<Node> {
    let source = std::sync::Arc::clone(problems.source());
    let text = source.text();
    if text.len() > MAX_FILE {
        problems
            .add(Code::UnreadableFile, Span::default(), "The file is larger than 1 MiB.")
            .help("split it into several actions");
        return None;
    }
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options()) {
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

fn options() -> serde_yaml::Options {
    let mut options = serde_yaml::Options::default();
    options.strict_booleans = true;
    options.leading_zero_numbers_as_strings = true;
    options.underscored_numbers_as_strings = true;
    options.reject_unsupported_tags = true;
    options.with_snippet = false;
    // Told apart here, so that every one of them is reported, at its place.
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    if let Some(budget) = options.budget.as_mut() {
        budget.max_depth = MAX_DEPTH;
        budget.max_nodes = MAX_NODES;
        budget.max_events = MAX_NODES * 3;
        budget.max_aliases = 1000;
        budget.max_anchors = 1000;
        budget.max_total_scalar_bytes = 4 * MAX_FILE;
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
                let end = items.last().map_or(span.end, |last| last.span.end);
                Node { kind: Kind::List(items), span: Span::new(span.start, end) }
            }
            Raw::Map(entries) => self.map(entries, span),
            Raw::Scalar(value) => self.scalar(value, raw.referenced, raw.defined),
        }
    }

    fn map(&mut self, raw: Vec<(Spanned<String>, Spanned<Raw>)>, span: Span) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in raw {
            let place = span_of(self.source, key.referenced);
            let style = style_of(self.source, place);
            let key = Text { value: key.value, span: place, style };
            let value = self.node(value);
            if let Some(first) = entries.iter().find(|entry| entry.key.value == key.value) {
                let (line, _) = self.source.line_column(first.key.span.start);
                self.problems
                    .add(Code::DuplicateKey, key.span, format!("`{}` stands here a second time.", key.value))
                    .help(format!("the first is in line {line}; keep one of the two"));
            } else {
                entries.push(Entry { key, value });
            }
        }
        let start = if span.end > span.start {
            span.start
        } else {
            entries.first().map_or(span.start, |entry| entry.key.span.start)
        };
        let end = entries.last().map_or(span.end, |entry| entry.value.span.end.max(entry.key.span.end));
        Node { kind: Kind::Map(entries), span: Span::new(start, end.max(span.end)) }
    }

    fn scalar(&mut self, value: String, referenced: Location, defined: Location) -> Node {
        let span = span_of(self.source, referenced);
        let written = span_of(self.source, defined);
        let style = style_of(self.source, written);
        let plain = self.source.slice(written);
        let kind = match style {
            Style::Plain if !plain.contains('\n') => self.plain(plain, &value, span),
            _ => Kind::Text(Text { value, span: written, style }),
        };
        Node { kind, span }
    }

    /// A plain scalar by the YAML 1.2 core schema, numbers with their digits as written.
    fn plain(&mut self, plain: &str, value: &str, span: Span) -> Kind {
        match plain {
            "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
            "true" | "True" | "TRUE" => return Kind::Bool(true),
            "false" | "False" | "FALSE" => return Kind::Bool(false),
            _ => {}
        }
        if let Ok(serde_json::Value::Number(number)) =
            serde_json::from_str::<serde_json::Value>(plain.strip_prefix('+').unwrap_or(plain))
        {
            return Kind::Number(number);
        }
        if let Some(number) = core_number(plain) {
            return Kind::Number(number);
        }
        if let Some(other) = read_otherwise(plain) {
            self.problems
                .add(
                    Code::AmbiguousScalar,
                    span,
                    format!("`{plain}` is text here, but {other} to tools that read YAML 1.1."),
                )
                .help(format!("write \"{plain}\" to leave no doubt"));
        }
        // A non-string the crate made of it (`0x1F` read above) never reaches this line.
        let text = if plain.is_empty() { value } else { plain };
        Kind::Text(Text { value: text.to_owned(), span, style: Style::Plain })
    }
}

/// Spellings of numbers that YAML 1.2 core knows and JSON does not.
fn core_number(plain: &str) -> Option<Number> {
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(Number::from);
    if let Some(digits) = plain.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = plain.strip_prefix("0o") {
        return radix(digits, 8);
    }
    // `.5` and `5.`
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let sign = if plain.starts_with('-') { "-" } else { "" };
    let filled = match (unsigned.strip_prefix('.'), unsigned.strip_suffix('.')) {
        (Some(fraction), _) if !fraction.is_empty() => format!("{sign}0.{fraction}"),
        (_, Some(whole)) if !whole.is_empty() => format!("{sign}{whole}"),
        _ => return None,
    };
    match serde_json::from_str(&filled) {
        Ok(serde_json::Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// What a YAML 1.1 reader makes of a plain scalar that is text to us.
fn read_otherwise(plain: &str) -> Option<&'static str> {
    let lower = plain.to_ascii_lowercase();
    if ["yes", "no", "on", "off", "y", "n"].contains(&lower.as_str()) {
        return Some("a boolean");
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|byte| (b'0'..b'8').contains(&byte)) {
        return Some("an octal number");
    }
    if plain.contains('_') && digits(&plain.replace('_', "")) {
        return Some("a number");
    }
    let sexagesimal = plain.contains(':') && plain.split(':').all(|part| digits(part) && part.len() <= 2);
    if sexagesimal {
        return Some("a number in base 60");
    }
    let date: Vec<&str> = plain.split('-').collect();
    if let [year, month, day] = date.as_slice()
        && year.len() == 4
        && [year, month, day].iter().all(|part| digits(part))
    {
        return Some("a date");
    }
    None
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

/// The quoting of the scalar at `span`; a block scalar's span begins at its content.
fn style_of(source: &Source, span: Span) -> Style {
    match source.slice(span).chars().next() {
        Some('\'') => return Style::Single,
        Some('"') => return Style::Double,
        _ => {}
    }
    let before = source.text().get(..span.start).unwrap_or_default();
    let Some((head, indent)) = before
        .trim_end_matches([' ', '\n', '\r'])
        .rsplit_once('\n')
        .map(|(_, line)| (line, before))
        .or(Some((before.trim_end(), before)))
    else {
        return Style::Plain;
    };
    // The header stands on the line before the content.
    let header = head.split(" #").next().unwrap_or_default().trim_end();
    let header = header.trim_end_matches(|character: char| character.is_ascii_digit() || "+-".contains(character));
    let is_header = indent.trim_end_matches([' ', '\n', '\r']).len() < indent.trim_end_matches(' ').len();
    match header.chars().last() {
        Some('|') if is_header => Style::Literal,
        Some('>') if is_header => Style::Folded,
        _ => Style::Plain,
    }
}

/// The crate's message as a sentence that says what to do.
fn report_syntax(error: &serde_yaml::Error, source: &Source, problems: &mut Problems) {
    let location = error.location();
    let start = location.map_or(0, |location| {
        location
            .span()
            .byte_offset()
            .and_then(|offset| usize::try_from(offset).ok())
            .unwrap_or_else(|| offset_of(source, location))
    });
    let text = error.without_snippet().to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text).to_owned();
    let (line, _) = source.line_column(start);
    let line_text = source.text().lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let (message, help) = explain(&text, line_text);
    let span = Span::new(start, (start + 1).min(source.text().len()));
    problems.add(Code::Syntax, span, message).help(help);
}

fn explain(text: &str, line: &str) -> (String, String) {
    let unquoted_template = line.find("{{").is_some_and(|at| {
        let before = line.get(..at).unwrap_or_default().trim_end();
        before.ends_with([':', '-', ',', '[', '{']) || before.is_empty()
    });
    if unquoted_template {
        return (
            "A value that begins with `{{` is a YAML map unless it is quoted.".to_owned(),
            "put the template in quotes: \"{{data.x}}\"".to_owned(),
        );
    }
    if line.contains("$.") && line.contains('[') && (line.contains('{') || text.contains("flow")) {
        return (
            "A path with brackets inside `{ }` or `[ ]` needs quotes.".to_owned(),
            "for example { path: \"$.items[0].id\" }".to_owned(),
        );
    }
    let told = |message: &str, help: &str| (message.to_owned(), help.to_owned());
    if text.contains("tab") {
        return told("Tabs cannot indent YAML.", "use spaces");
    }
    if text.contains("unclosed quote") {
        return told("This quote is not closed.", "close it, or double it inside: 'it''s'");
    }
    if text.contains("mapping values are not allowed") {
        return told("There is a second `: ` on this line.", "put the value in quotes if it holds `: `");
    }
    if text.contains("multiple YAML documents") {
        return told("A file holds one document.", "remove the `---`, or split the file");
    }
    if text.contains("expected string scalar") {
        return told("A key must be text.", "put it in quotes");
    }
    if text.contains("unknown anchor") {
        return told("This alias names no anchor before it.", "define it above with `&name`");
    }
    if text.contains("budget") || text.contains("limit") {
        return told(
            "The file nests too deep, or uses too many nodes or aliases.",
            "a definition needs at most 32 levels",
        );
    }
    if text.contains("tag") {
        return told("Tags such as `!name` mean nothing here.", "remove the tag");
    }
    if text.contains("unexpected character") {
        return told("A plain value cannot begin with this character.", "put the value in quotes");
    }
    let mut sentence = text.trim_end_matches('.').to_owned();
    if let Some(first) = sentence.get(..1).map(str::to_uppercase) {
        sentence.replace_range(..1, &first);
    }
    (format!("{sentence}."), "check the indentation and the quotes around this place".to_owned())
}
