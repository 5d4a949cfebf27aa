//! A word that is a path, resolved where it stands.
//!
//! Says which names a block gives and which begin at the top of the scope.

use std::ops::Range;

use super::program::{BlockKind, DataName, Path, Start};
use crate::diagnostic::{Code, Fault};

/// Names that begin at the top of the scope; inside `#each` and `#with` they must say so.
pub(super) const ROOTS: [&str; 10] =
    ["auth", "data", "meta", "secrets", "vars", "token", "response", "detail", "status", "idempotency_key"];

/// The `#each` and `#with` a tag stands in, outermost first.
pub(super) type Levels = Vec<Level>;

/// What an enclosing `#each` or `#with` gives.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) kind: BlockKind,
    /// The names after `as`.
    pub(super) names: Vec<String>,
}

pub(super) fn looks_like_number(word: &str) -> bool {
    word.strip_prefix('-').unwrap_or(word).starts_with(|first: char| first.is_ascii_digit())
}

/// Resolves a path where it stands.
pub(super) fn resolve(word: &str, at: Range<usize>, levels: &Levels) -> Result<Path, Fault> {
    let refuse = |message: String| Fault::new(Code::BadTemplate, at.clone(), message);
    if looks_like_number(word) {
        return Err(refuse(format!("`{word}` is no number that a template knows."))
            .help("numbers are written `12`, `-1` or `1.5`; anything else as a text, `\"007\"`"));
    }
    if word == "undefined" {
        return Err(refuse("`undefined` is no value here.".to_owned()).help("write `null`, or leave it out"));
    }
    let (climbs, rest) = climb(word);
    let (local, rest) = match rest.strip_prefix('@') {
        Some(rest) if rest != "root" && !rest.starts_with("root.") && !rest.starts_with("root/") => (true, rest),
        _ => (false, rest),
    };
    let (frames, rest) = if local { climb(rest) } else { (0, rest) };
    if climbs > 0 && (local || rest.starts_with('@')) {
        return Err(refuse(format!("`{word}` is not a path.")).help("write `@../index`, or `@root.data.x`"));
    }
    let rooted = rest.strip_prefix("@root").map(|rest| rest.trim_start_matches(['.', '/']));
    let (current, rest) = strip_current(rooted.unwrap_or(rest));
    let keys = segments(rest).ok_or_else(|| {
        let fault = refuse(format!("`{word}` is not a path."));
        fault.help("an odd name stands in brackets, for example `data.[a name]`; a `\\` cannot")
    })?;
    let made = |start, keys| Ok(Path { start, keys, text: word.to_owned(), at: at.clone() });
    if local {
        return match data_path(&keys, frames, levels) {
            Some(start) => made(start, Vec::new()),
            None => Err(refuse(format!("`{word}` is not known here."))
                .help("inside `#each` there are @index, @key, @first and @last")),
        };
    }
    let Some(first) = keys.first() else {
        return match (rooted, levels.len()) {
            (None, depth) if depth > climbs => made(Start::Context(climbs), keys),
            _ => {
                Err(refuse(format!("`{word}` is everything at once.")).help("name a field, for example `data.subject`"))
            }
        };
    };
    if rooted.is_some() || (climbs == levels.len() && !current) {
        return made(Start::Scope, keys);
    }
    if climbs > levels.len() || levels.is_empty() {
        return Err(
            refuse(format!("`{word}` leads out of the template.")).help("at the top, begin with a root such as `data`")
        );
    }
    if climbs == 0 && !current {
        for (level, given) in levels.iter().rev().enumerate() {
            if let Some(number) = given.names.iter().position(|name| name == first) {
                return made(Start::Name(level, number), keys.get(1..).unwrap_or_default().to_vec());
            }
        }
        if ROOTS.contains(&first.as_str()) {
            return Err(refuse(format!("Inside `#each` and `#with`, `{first}` would be looked up in the element."))
                .help(format!("write `@root.{}`", keys.join("."))));
        }
    }
    made(Start::Context(climbs), keys)
}

fn climb(word: &str) -> (usize, &str) {
    let mut rest = word;
    let mut climbs = 0;
    while let Some(after) = rest.strip_prefix("../").or_else(|| (rest == "..").then_some("")) {
        climbs += 1;
        rest = after;
    }
    (climbs, rest)
}

fn strip_current(rest: &str) -> (bool, &str) {
    if matches!(rest, "this" | ".") {
        return (true, "");
    }
    for prefix in ["this.", "this/", "./"] {
        if let Some(after) = rest.strip_prefix(prefix) {
            return (true, after);
        }
    }
    (false, rest)
}

/// `@index` and its kin belong to the nearest `#each`; every `../` is one `#each` further out.
fn data_path(keys: &[String], frames: usize, levels: &Levels) -> Option<Start> {
    let [name] = keys else { return None };
    let name = match name.as_str() {
        "index" => DataName::Index,
        "key" => DataName::Key,
        "first" => DataName::First,
        "last" => DataName::Last,
        _ => return None,
    };
    let mut loops = levels.iter().rev().enumerate().filter(|(_, level)| level.kind == BlockKind::Each);
    loops.nth(frames).map(|(level, _)| Start::Data(level, name))
}

/// `a.b/[c d]` in parts; `None` if it is no path.
fn segments(text: &str) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (key, after) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']')?,
            None => {
                let end = rest.find(['.', '/']).unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        let odd = |character: char| "!\"#%&'()*+,;<=>@[\\]^`{|}~".contains(character) || character.is_whitespace();
        let bracketed = rest.starts_with('[');
        // Handlebars reads `\\` in brackets as an escape.
        let unlike = if bracketed { key.contains('\\') } else { key.contains(odd) };
        if key.is_empty() || unlike {
            return None;
        }
        keys.push(key.to_owned());
        rest = match after.chars().next() {
            None => "",
            Some('.' | '/') if after.len() > 1 => after.get(1..)?,
            _ => return None,
        };
    }
    Some(keys)
}
