//! Definitions as text: a tree of YAML with comments, laid out as an author would.
//!
//! Knows nothing of what the keys mean.

use serde_json::{Number, Value};

/// A map or list goes on one line if the line stays within this many characters.
const WIDTH: usize = 110;

/// A piece of YAML.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number with its digits.
    Number(Number),
    /// A text, quoted where it must be.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A map that goes on one line if it fits.
    Map(Map),
    /// A map with a line for each key.
    Block(Map),
    /// A list with a line for each item.
    Lines(Vec<Self>),
}

/// Keys and values in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    pairs: Vec<Pair>,
}

#[derive(Clone, Debug, PartialEq)]
struct Pair {
    above: Vec<String>,
    key: String,
    value: Yaml,
}

impl Map {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Yaml>) -> Self {
        self.put(key, value);
        self
    }

    /// Adds a key if there is a value for it.
    #[must_use]
    pub fn with_some(self, key: impl Into<String>, value: Option<impl Into<Yaml>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds a key with comment lines above it.
    #[must_use]
    pub fn with_comment(mut self, above: Vec<String>, key: impl Into<String>, value: impl Into<Yaml>) -> Self {
        self.pairs.push(Pair { above, key: key.into(), value: value.into() });
        self
    }

    /// Adds a key.
    pub fn put(&mut self, key: impl Into<String>, value: impl Into<Yaml>) {
        self.pairs.push(Pair { above: Vec::new(), key: key.into(), value: value.into() });
    }

    /// With the keys of another behind its own.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.pairs.extend(more.pairs);
        self
    }

    /// The text under a key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.key == key).and_then(|pair| match &pair.value {
            Yaml::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// As a map with a line for each key.
    #[must_use]
    pub fn block(self) -> Yaml {
        Yaml::Block(self)
    }

    /// The whole as a file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        write_pairs(self, 0, &mut text);
        text
    }
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Yaml {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Yaml {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Vec<Self>> for Yaml {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}

impl Yaml {
    /// A map with a line for each key, if it is one and is long.
    #[must_use]
    pub fn opened(self) -> Self {
        match self {
            Self::Map(map) if one_line(&Self::Map(map.clone())).is_none_or(|line| line.len() > WIDTH / 2) => {
                map.block()
            }
            other => other,
        }
    }
}

/// A value that is compared or answered as it stands: no template, no reserved key is made of it.
impl From<&Value> for Yaml {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => {
                let mut pairs = Map::new();
                map.iter().for_each(|(key, value)| pairs.put(key.clone(), value));
                Self::Map(pairs)
            }
        }
    }
}

fn write_pairs(map: &Map, indent: usize, text: &mut String) {
    for pair in &map.pairs {
        for line in &pair.above {
            match line.as_str() {
                "" => text.push('\n'),
                line => text.push_str(&format!("{:indent$}# {line}\n", "")),
            }
        }
        let key = scalar(&pair.key, Within::Key);
        let column = match is_long(&key) {
            true => {
                text.push_str(&format!("{:indent$}? {key}\n{:indent$}:", "", ""));
                1
            }
            false => {
                text.push_str(&format!("{:indent$}{key}:", ""));
                key.chars().count() + 1
            }
        };
        write_value(&pair.value, indent, indent + column, text);
    }
}

/// Writes what stands behind a `:` or `-`; the line so far is `column` characters long.
fn write_value(value: &Yaml, indent: usize, column: usize, text: &mut String) {
    if let Some(line) = one_line(value).filter(|line| column + 1 + line.chars().count() <= WIDTH) {
        text.push(' ');
        text.push_str(&line);
        text.push('\n');
        return;
    }
    match value {
        Yaml::Map(map) | Yaml::Block(map) => {
            text.push('\n');
            write_pairs(map, indent + 2, text);
        }
        Yaml::List(items) | Yaml::Lines(items) => {
            text.push('\n');
            items.iter().for_each(|item| write_item(item, indent + 2, text));
        }
        Yaml::Text(long) if is_block_text(long) => {
            text.push_str(if long.ends_with('\n') { " |\n" } else { " |-\n" });
            for line in long.lines() {
                let pad = if line.is_empty() { 0 } else { indent + 2 };
                text.push_str(&format!("{:pad$}{line}\n", ""));
            }
        }
        other => {
            text.push(' ');
            text.push_str(&flow(other));
            text.push('\n');
        }
    }
}

fn write_item(item: &Yaml, indent: usize, text: &mut String) {
    match item {
        Yaml::Map(map) | Yaml::Block(map)
            if !map.is_empty() && one_line(item).is_none_or(|line| indent + 2 + line.chars().count() > WIDTH) =>
        {
            // The first key stands beside the dash.
            let mut inner = String::new();
            write_pairs(map, indent + 2, &mut inner);
            text.push_str(&format!("{:indent$}- {}", "", inner.trim_start_matches(' ')));
        }
        other => {
            text.push_str(&format!("{:indent$}-", ""));
            write_value(other, indent, indent + 1, text);
        }
    }
}

/// The value on one line, unless it wants several.
fn one_line(value: &Yaml) -> Option<String> {
    (!wants_lines(value)).then(|| flow(value))
}

fn wants_lines(value: &Yaml) -> bool {
    match value {
        Yaml::Block(map) => !map.is_empty(),
        Yaml::Lines(items) => !items.is_empty(),
        Yaml::Text(text) => is_block_text(text),
        Yaml::Map(map) => {
            map.pairs.iter().any(|pair| !pair.above.is_empty() || wants_lines(&pair.value) || pair.key.len() > 100)
        }
        Yaml::List(items) => items.iter().any(wants_lines),
        Yaml::Null | Yaml::Bool(_) | Yaml::Number(_) => false,
    }
}

fn flow(value: &Yaml) -> String {
    match value {
        Yaml::Null => "null".to_owned(),
        Yaml::Bool(value) => value.to_string(),
        Yaml::Number(number) => number.to_string(),
        Yaml::Text(text) => scalar(text, Within::Flow),
        Yaml::List(items) | Yaml::Lines(items) if items.is_empty() => "[]".to_owned(),
        Yaml::Map(map) | Yaml::Block(map) if map.is_empty() => "{}".to_owned(),
        Yaml::List(items) | Yaml::Lines(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Yaml::Map(map) | Yaml::Block(map) => {
            let pairs = map.pairs.iter().map(|pair| {
                let key = scalar(&pair.key, Within::Key);
                format!("{}{key}: {}", if is_long(&key) { "? " } else { "" }, flow(&pair.value))
            });
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Long texts of several lines read best as they are.
fn is_block_text(text: &str) -> bool {
    let lines = text.lines().count();
    lines > 1
        && !text.starts_with([' ', '\n', '\t'])
        && !text.ends_with("\n\n")
        && text.lines().all(|line| !line.ends_with([' ', '\t']))
        && text.chars().all(|c| c == '\n' || (c == '\t' && !text.contains("\n\t")) || is_printable(c))
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{feff}')
}

#[derive(Clone, Copy, PartialEq)]
enum Within {
    Key,
    Flow,
}

fn scalar(text: &str, within: Within) -> String {
    if is_plain(text, within) {
        return text.to_owned();
    }
    if text.contains('"') && !text.contains('\'') && text.chars().all(is_printable) {
        return format!("'{text}'");
    }
    quoted(text)
}

/// JSON's escapes are YAML's, but for what JSON leaves as it is and YAML does not.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_printable(c) => quoted.push(c),
            c => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether it is the same text without quotes, to us and to every other YAML tool.
fn is_plain(text: &str, within: Within) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let starts_well =
        first.is_alphanumeric() || matches!(first, '_' | '/' | '$' | '.' | '+' | '(') || !first.is_ascii();
    let first_key_letter = within == Within::Key && first == '$';
    let holds_no_mark = !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.contains(['{', '}', '[', ']', ',', '"', '\'', '`', '\t'])
        && text.chars().all(is_printable);
    let as_number = !text.ends_with("xx")
        && text.chars().all(|c| c.is_ascii_digit() || "+-._:exobEXOBabcdefABCDEF".contains(c))
        && text.chars().any(|c| c.is_ascii_digit())
        && (first.is_ascii_digit() || "+-.".contains(first));
    let word = text.to_ascii_lowercase();
    let is_word = ["true", "false", "null", "~", "yes", "no", "on", "off", "y", "n", "nan", "inf", ".inf", ".nan"];
    // A date is a date to some.
    let as_date = first.is_ascii_digit() && text.contains('-') && text.chars().take(4).all(|c| c.is_ascii_digit());
    (starts_well || first_key_letter)
        && holds_no_mark
        && !as_number
        && !as_date
        && !is_word.contains(&word.as_str())
        && !(within == Within::Key && (text.contains(':') || text.contains(' ')))
        && text != "<<"
        && text != "="
}

/// A key that stands before a colon is no longer than this, as it is written (YAML 1.2 §7.4.2); a longer one is marked.
const LONGEST_KEY: usize = 1000;

fn is_long(key: &str) -> bool {
    key.chars().count() > LONGEST_KEY
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(map: Map, expected: &str) {
        assert_eq!(map.to_text(), expected);
    }

    #[test]
    fn what_fits_stands_on_one_line_and_sections_do_not() {
        let field = Map::new().with("required", true).with("label", "Subject: what");
        let data = Map::new().with("subject", field).block();
        check(
            Map::new().with("version", 1).with_comment(vec![String::new()], "input", Map::new().with("data", data)),
            "version: 1\n\ninput:\n  data:\n    subject: { required: true, label: \"Subject: what\" }\n",
        );
    }

    #[test]
    fn items_begin_beside_their_dash() {
        let test =
            Map::new().with("name", "a").with("calls", Yaml::Lines(vec![Map::new().with("x", 1).block()])).block();
        check(Map::new().with("tests", Yaml::Lines(vec![test])), "tests:\n  - name: a\n    calls:\n      - x: 1\n");
    }

    #[test]
    fn texts_of_several_lines_stay_readable() {
        check(Map::new().with("query", "query {\n  a\n}\n"), "query: |\n  query {\n    a\n  }\n");
        check(Map::new().with("text", " a\nb"), "text: \" a\\nb\"\n");
    }

    /// Read back by the reader of definitions.
    fn read(text: &str) -> Value {
        let source = std::sync::Arc::new(crate::diagnostic::Source::new("a.yaml", text.to_owned()));
        let (value, problems) = crate::document::read_foreign_yaml(source);
        assert_eq!(problems.count(), 0, "{text}");
        value.unwrap()
    }

    proptest! {
        #[test]
        fn every_text_reads_back_as_itself(key in ".{1,12}", text in "(?s).{0,40}") {
            let written = Map::new().with("a", Map::new().with(key.clone(), text.as_str()).block()).to_text();
            prop_assert_eq!(read(&written), json!({ "a": { key: text } }), "{}", written);
        }

        #[test]
        fn words_and_numbers_stay_texts(text in "(true|no|~|null|0x1f|0o7|1e5|12:30|-|- a|\\? b|<<|=|\\.5|\\+1|2024-01-01|0b1|1_000|\\.inf|NaN|&a|\\*a|!t|%a|@a|a: b|a #b|a:|#a|\\||>)") {
            for value in [Map::new().with("k", text.as_str()), Map::new().with("k", vec![Yaml::from(text.as_str())])] {
                let read = read(&value.to_text());
                let found = read["k"].as_str().or(read["k"][0].as_str());
                prop_assert_eq!(found, Some(text.as_str()));
            }
        }
    }

    #[test]
    fn a_long_key_reads_back_as_itself() {
        for key in ["k".repeat(3000), "\0".repeat(400), "ä b".repeat(400)] {
            let first = Map::new().with(key.clone(), "b").with("c", Map::new().with("d", 1));
            let alone = Map::new().with(key.clone(), "x");
            let written = Map::new().with("a", first).with("l", Yaml::List(vec![alone.into()])).to_text();
            let expected = json!({ "a": { key.clone(): "b", "c": { "d": 1 } }, "l": [{ key: "x" }] });
            assert_eq!(read(&written), expected);
        }
    }

    #[test]
    fn a_key_that_looks_like_a_tag_is_none() {
        for key in ["{!a", "a !b", "!a", "a,!b"] {
            let written = Map::new().with("a", Map::new().with(key, "b").block()).to_text();
            assert_eq!(read(&written), json!({ "a": { key: "b" } }));
        }
    }

    #[test]
    fn nested_values_read_back_whole() {
        let long = "x".repeat(90);
        let value =
            json!({ "a": [{ "b": long, "c": [1, 2.50, null, { "d": long }] }, [], {}, [[long, long]]], "e": true });
        let map = match Yaml::from(&value) {
            Yaml::Map(map) => map,
            _ => Map::new(),
        };
        assert_eq!(read(&map.to_text()), value, "{}", map.to_text());
    }
}
