//! Node → documents: every wrong key and value of a file is reported, not only the first.

use std::time::Duration;

use super::node::{Entry, Keyed, Kind, Node, Spanned, Text};
use crate::diagnostic::{Code, Problems, Span};
use crate::suggest::did_you_mean;

/// A type that a node can be read as.
pub trait Decode: Sized {
    /// The value; `None` once what is wrong is reported.
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self>;
}

/// The keys of one map, each read once.
pub(super) struct Fields<'n, 'p> {
    what: &'static str,
    entries: &'n [Entry],
    span: Span,
    known: Vec<&'static str>,
    pub(super) problems: &'p mut Problems,
}

impl<'n, 'p> Fields<'n, 'p> {
    /// Opens a map; `what` names it in messages, for example `a request`.
    pub(super) fn open(node: &'n Node, what: &'static str, problems: &'p mut Problems) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            problems
                .add(
                    Code::WrongType,
                    node.span,
                    format!("Expected {what}, which is a map, found {}.", node.kind_name()),
                )
                .help("write `key: value` lines below it");
            return None;
        };
        Some(Self { what, entries, span: node.span, known: Vec::new(), problems })
    }

    /// The whole map's place.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// A key that may be missing.
    pub(super) fn optional<T: Decode>(&mut self, key: &'static str) -> Option<T> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key.value == key)?;
        T::decode(&entry.value, self.problems)
    }

    /// A key that must be there.
    pub(super) fn required<T: Decode>(&mut self, key: &'static str) -> Option<T> {
        if !self.has(key) {
            self.known.push(key);
            self.problems
                .add(Code::MissingKey, self.head(), format!("`{key}` is missing in {}.", self.what))
                .help(format!("add `{key}: …`"));
            return None;
        }
        self.optional(key)
    }

    /// Whether a key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key.value == key)
    }

    /// The place of a key.
    pub(super) fn key_span(&self, key: &str) -> Span {
        self.entries.iter().find(|entry| entry.key.value == key).map_or(self.span, |entry| entry.key.span)
    }

    /// Reports when more than one of `keys` is written.
    pub(super) fn at_most_one(&mut self, keys: &[&'static str]) {
        let mut written = keys.iter().filter(|key| self.has(key));
        if let (Some(first), Some(second)) = (written.next(), written.next()) {
            let (first, second) = (*first, *second);
            self.problems
                .add(
                    Code::ConflictingKeys,
                    self.key_span(second),
                    format!("`{second}` and `{first}` exclude one another."),
                )
                .help("keep one of the two");
        }
    }

    /// Reports when not exactly one of `keys` is written.
    pub(super) fn exactly_one(&mut self, keys: &[&'static str]) {
        self.at_most_one(keys);
        if !keys.iter().any(|key| self.has(key)) {
            let list = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            self.problems
                .add(Code::ConflictingKeys, self.head(), format!("One of {list} is needed in {}.", self.what))
                .help("add one of them");
        }
    }

    /// Reports every key that was not asked for.
    pub(super) fn close(self) {
        #[cfg(test)]
        super::record::note_keys(&self.known);
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.value.as_str())) {
            let help = did_you_mean(&entry.key.value, self.known.iter().copied())
                .unwrap_or_else(|| format!("the keys of {} are {}", self.what, self.known.join(", ")));
            self.problems
                .add(Code::UnknownKey, entry.key.span, format!("`{}` is not a key of {}.", entry.key.value, self.what))
                .help(help);
        }
    }

    /// Where a problem with the map as such is shown: its first key.
    fn head(&self) -> Span {
        self.entries.first().map_or(self.span, |entry| entry.key.span)
    }
}

/// Reports a value of the wrong type.
pub(super) fn wrong_type(node: &Node, wanted: &str, problems: &mut Problems) {
    let help = match node.kind {
        Kind::Number(_) | Kind::Bool(_) if wanted == "text" => "put it in quotes",
        Kind::Null => "give it a value, or remove the key",
        _ if wanted.contains("true") => "write `true` or `false`, without quotes",
        _ if wanted.contains("number") => "write the number without quotes",
        _ if wanted == "a list" => "write `[ … ]`, or one `- …` line per item",
        _ if wanted == "a map" => "write `key: value` lines below it",
        _ => "remove the brackets or lines that make it more than one value",
    };
    problems.add(Code::WrongType, node.span, format!("Expected {wanted}, found {}.", node.kind_name())).help(help);
}

/// Reads one of several words.
pub(super) fn decode_word<T: Copy>(
    node: &Node,
    words: &[(&'static str, T)],
    problems: &mut Problems,
) -> Option<Spanned<T>> {
    #[cfg(test)]
    super::record::note_words(words.iter().map(|(word, _)| *word));
    let Kind::Text(text) = &node.kind else {
        wrong_type(node, "text", problems);
        return None;
    };
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
        return Some(Spanned { value: *value, span: node.span });
    }
    let names = words.iter().map(|(word, _)| *word);
    let help = did_you_mean(&text.value, names.clone())
        .unwrap_or_else(|| format!("one of {}", names.collect::<Vec<_>>().join(", ")));
    problems.add(Code::InvalidValue, node.span, format!("`{}` is not known here.", text.value)).help(help);
    None
}

/// A single value, or a list of them.
pub(super) fn decode_some<T: Decode>(node: &Node, problems: &mut Problems) -> Option<Vec<T>> {
    match &node.kind {
        Kind::List(_) => Vec::decode(node, problems),
        _ => T::decode(node, problems).map(|single| vec![single]),
    }
}

impl Decode for Node {
    fn decode(node: &Node, _: &mut Problems) -> Option<Self> {
        Some(node.clone())
    }
}

impl Decode for Text {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => {
                wrong_type(node, "text", problems);
                None
            }
        }
    }
}

impl Decode for Spanned<bool> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.kind {
            Kind::Bool(value) => Some(Self { value, span: node.span }),
            _ => {
                wrong_type(node, "`true` or `false`", problems);
                None
            }
        }
    }
}

impl Decode for Spanned<serde_json::Number> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.kind {
            Kind::Number(number) => Some(Self { value: number.clone(), span: node.span }),
            _ => {
                wrong_type(node, "a number", problems);
                None
            }
        }
    }
}

impl Decode for Spanned<u64> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let number = match &node.kind {
            Kind::Number(number) => number.to_string().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            wrong_type(node, "a whole number", problems);
        }
        number.map(|value| Self { value, span: node.span })
    }
}

impl Decode for Spanned<Option<u64>> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.kind {
            Kind::Null => Some(Self { value: None, span: node.span }),
            _ => Spanned::<u64>::decode(node, problems)
                .map(|number| Self { value: Some(number.value), span: number.span }),
        }
    }
}

/// Durations are written `8s`, `500ms`, `24h`.
impl Decode for Spanned<Option<Duration>> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        if node.kind == Kind::Null {
            return Some(Self { value: None, span: node.span });
        }
        let text = match &node.kind {
            Kind::Text(text) => text.value.as_str(),
            _ => "",
        };
        match crate::value::parse_duration(text) {
            Ok(duration) => Some(Self { value: Some(duration), span: node.span }),
            Err(_) => {
                problems
                    .add(Code::InvalidValue, node.span, "This is not a duration.")
                    .help("write a number with its unit: `500ms`, `6s`, `24h`");
                None
            }
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.kind {
            Kind::List(items) => {
                // Each item is read, so that each is reported.
                let items: Vec<Option<T>> = items.iter().map(|item| T::decode(item, problems)).collect();
                Some(items.into_iter().flatten().collect())
            }
            _ => {
                wrong_type(node, "a list", problems);
                None
            }
        }
    }
}

impl<T: Decode> Decode for Keyed<T> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.kind {
            Kind::Map(entries) => {
                let entries: Vec<(Text, Option<T>)> =
                    entries.iter().map(|entry| (entry.key.clone(), T::decode(&entry.value, problems))).collect();
                let entries = entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
                Some(Self { entries })
            }
            _ => {
                wrong_type(node, "a map", problems);
                None
            }
        }
    }
}

/// Texts that may be written as numbers, such as statuses: the words as they stand in the file.
pub(super) struct Words(pub(super) Vec<Text>);

impl Decode for Words {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut word = |node: &Node| match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            Kind::Number(number) => {
                Some(Text { value: number.to_string(), span: node.span, style: super::Style::Plain })
            }
            _ => {
                wrong_type(node, "a status such as `404` or `4xx`", problems);
                None
            }
        };
        match &node.kind {
            Kind::List(items) => Some(Self(items.iter().filter_map(&mut word).collect())),
            _ => word(node).map(|single| Self(vec![single])),
        }
    }
}
