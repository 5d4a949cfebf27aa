//! JSON text → values, in one pass; what is not projection is checked and passed over.
//!
//! Says what is wrong and at which byte; lines and columns are for `json.rs` to find.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::deep_size::{MEMBER_SIZE, NODE_SIZE};
use super::field_map::FieldMap;
use super::json_error::{Fault, JsonProblem};
use super::json_root::{Part, Root};
use super::json_skip::{past_number, past_space, past_word, plain_run, skip, unexpected};
use super::projection::{Projected, Projection};
use crate::budget::Budget;

/// The key under which serde_json carries a number with all its digits. A map with this key would be taken for one.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Deepest nesting that is ever read, since each level takes some of the stack.
const DEEPEST: usize = 127;

/// Up to so many names are looked through for one that is there twice.
const FEW: usize = 16;

/// A place in a text that is read from its start to its end.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    max_depth: usize,
    /// What closes the lists and maps that are being passed over, the innermost last.
    open: Vec<u8>,
    /// Pays for the values that are made.
    budget: &'t Budget,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, max_depth: usize, budget: &'t Budget) -> Self {
        Self { text, at: 0, max_depth: max_depth.min(DEEPEST), open: Vec::new(), budget }
    }

    /// The one value of the text.
    pub(super) fn document(mut self) -> Result<Value, Fault> {
        let value = self.value(0)?;
        self.end().map(|()| value)
    }

    /// The one value of the text, as far as it is projection.
    pub(super) fn part(mut self, projection: &Projection) -> Result<Projected, Fault> {
        let found = self.projection(0, projection)?;
        self.end().map(|()| found)
    }

    /// The one value of the text, its upper two levels as [`FieldMap`].
    pub(super) fn root(mut self, shared: &[Arc<str>]) -> Result<Root, Fault> {
        self.space();
        let root = match self.byte() {
            Some(b'{') if self.max_depth > 0 => Root::Map(self.members(shared, |reader| match reader.byte() {
                Some(b'{') if reader.max_depth > 1 => reader.members(shared, |reader| reader.value(2)).map(Part::Map),
                _ => reader.value(1).map(Part::Other),
            })?),
            _ => Root::Other(self.value(0)?),
        };
        self.end().map(|()| root)
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.space();
        match self.byte() {
            None => Ok(()),
            Some(_) => Err(self.fault(JsonProblem::TrailingText)),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        self.space();
        self.charge(NODE_SIZE)?;
        match self.byte() {
            Some(b'"') => {
                let text = self.string()?;
                self.charge(text.len())?;
                Ok(Value::String(text.into_owned()))
            }
            Some(b'{' | b'[') if depth >= self.max_depth => {
                Err(self.fault(JsonProblem::TooDeep { limit: self.max_depth }))
            }
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => self.word(),
        }
    }

    fn projection(&mut self, depth: usize, projection: &Projection) -> Result<Projected, Fault> {
        let Projection::Names(projection) = projection else { return self.value(depth).map(Projected::Whole) };
        self.space();
        match self.byte() {
            Some(b'{') if depth < self.max_depth => self.projected_names(depth, projection).map(Projected::Names),
            Some(b'[') if depth < self.max_depth => self.skip().map(|()| Projected::Whole(Value::Array(Vec::new()))),
            _ => self.value(depth).map(Projected::Whole),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        if !self.ends(b']') {
            loop {
                if items.len() == items.capacity() {
                    // It grows by as much again, and both are there for a moment.
                    self.charge(items.len() * NODE_SIZE / 2)?;
                }
                items.push(self.value(depth + 1)?);
                if !self.goes_on(b']')? {
                    break;
                }
            }
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut members = Map::new();
        if !self.ends(b'}') {
            loop {
                let key = self.key()?;
                self.charge(MEMBER_SIZE + key.len())?;
                let key = key.into_owned();
                let Entry::Vacant(place) = members.entry(key) else {
                    return Err(self.of_key(JsonProblem::DuplicateKey));
                };
                self.colon()?;
                place.insert(self.value(depth + 1)?);
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        Ok(Value::Object(members))
    }

    /// The members of a map that stands here, each read by `read`.
    fn members<T>(
        &mut self,
        shared: &[Arc<str>],
        read: impl Fn(&mut Self) -> Result<T, Fault>,
    ) -> Result<FieldMap<T>, Fault> {
        self.at += 1;
        let (mut members, mut names) = (FieldMap::default(), None::<HashSet<Arc<str>>>);
        if !self.ends(b'}') {
            loop {
                let name = self.key()?;
                let name = shared.iter().find(|known| ***known == *name).map_or_else(|| name.into(), Arc::clone);
                let is_new = match &mut names {
                    Some(names) => names.insert(Arc::clone(&name)),
                    None => members.get(&name).is_none(),
                };
                if !is_new {
                    return Err(self.of_key(JsonProblem::DuplicateKey));
                }
                self.colon()?;
                self.space();
                let value = read(self)?;
                members.push(name, value);
                if names.is_none() && members.len() > FEW {
                    names = Some(members.shared_names().collect());
                }
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        Ok(members)
    }

    /// The members of a map that are projection.
    fn projected_names(
        &mut self,
        depth: usize,
        projection: &[(String, Projection)],
    ) -> Result<Vec<(usize, Projected)>, Fault> {
        self.at += 1;
        let mut members: Vec<(usize, Projected)> = Vec::new();
        if !self.ends(b'}') {
            loop {
                let place = self.wanted_key(projection)?;
                match place.and_then(|place| projection.get(place).map(|(_, projection)| (place, projection))) {
                    None => {
                        self.colon()?;
                        self.skip()?;
                    }
                    Some((place, projection)) => {
                        if members.iter().any(|(known, _)| *known == place) {
                            return Err(self.of_key(JsonProblem::DuplicateKey));
                        }
                        self.colon()?;
                        members.push((place, self.projection(depth + 1, projection)?));
                    }
                }
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        Ok(members)
    }

    /// Past a key: its place among those that are projection, if it is.
    fn wanted_key(&mut self, projection: &[(String, Projection)]) -> Result<Option<usize>, Fault> {
        self.space();
        let bytes = self.text.as_bytes();
        if self.byte() != Some(b'"') {
            return Err(self.unexpected());
        }
        let rest = bytes.get(self.at + 1..).unwrap_or_default();
        let length = plain_run(rest);
        if rest.get(length) != Some(&b'"') {
            let key = self.key()?;
            return Ok(projection.iter().position(|(name, _)| *name == key));
        }
        self.at += length + 2;
        Ok(projection.iter().position(|(name, _)| name.len() == length && rest.starts_with(name.as_bytes())))
    }

    fn key(&mut self) -> Result<Cow<'t, str>, Fault> {
        self.space();
        if self.byte() != Some(b'"') {
            return Err(self.unexpected());
        }
        let key = self.string()?;
        if key == NUMBER_KEY {
            return Err(self.of_key(JsonProblem::ReservedKey));
        }
        Ok(key)
    }

    /// A fault of the key that was just read.
    fn of_key(&self, problem: JsonProblem) -> Fault {
        Fault { at: self.at - 1, problem }
    }

    fn colon(&mut self) -> Result<(), Fault> {
        self.space();
        if self.byte() != Some(b':') {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    /// Whether a list or map ends before anything stands in it.
    fn ends(&mut self, closing: u8) -> bool {
        self.space();
        let ends = self.byte() == Some(closing);
        self.at += usize::from(ends);
        ends
    }

    /// Past the comma before the next element, or past the end.
    fn goes_on(&mut self, closing: u8) -> Result<bool, Fault> {
        self.space();
        match self.byte() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == closing => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Passes over a value.
    fn skip(&mut self) -> Result<(), Fault> {
        self.at = skip(self.text.as_bytes(), self.at, &mut self.open)?;
        Ok(())
    }

    /// A text, of which nothing is copied if nothing in it is escaped.
    fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        self.at += 1;
        let begun = self.at;
        self.at += plain_run(self.rest());
        let piece = self.text.get(begun..self.at).unwrap_or_default();
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(piece));
        }
        self.escaped(piece).map(Cow::Owned)
    }

    /// The rest of a text from its first escape on.
    fn escaped(&mut self, before: &str) -> Result<String, Fault> {
        let mut text = String::with_capacity(2 * before.len() + 32);
        text.push_str(before);
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.unexpected()),
            }
            let from = self.at;
            self.at += plain_run(self.rest());
            text.push_str(self.text.get(from..self.at).unwrap_or_default());
        }
    }

    /// What an escape stands for (RFC 8259 §7).
    fn escape(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let escaped = match self.byte() {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => return self.character(),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// One `\u` escape, or the two of a surrogate pair.
    fn character(&mut self) -> Result<char, Fault> {
        let lone = Fault { at: self.at + 4, problem: JsonProblem::LoneSurrogate };
        let first = self.unit()?;
        if let Some(character) = char::from_u32(u32::from(first)) {
            return Ok(character);
        }
        if !self.rest().starts_with(b"\\u") {
            return Err(lone);
        }
        self.at += 1;
        let second = self.unit()?;
        char::decode_utf16([first, second]).next().and_then(Result::ok).ok_or(lone)
    }

    /// The four digits after the `u` of an escape.
    fn unit(&mut self) -> Result<u16, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            self.at += 1;
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.and_then(|digit| u16::try_from(digit).ok()).ok_or_else(|| self.unexpected())?;
            unit = unit << 4 | digit;
        }
        self.at += 1;
        Ok(unit)
    }

    fn number(&mut self) -> Result<Number, Fault> {
        let digits = self.digits()?;
        // The value of a short whole number says as much as its digits; that of `-0` does not.
        if digits.len() <= 18
            && digits != "-0"
            && let Ok(number) = digits.parse::<i64>()
        {
            return Ok(number.into());
        }
        // serde_json's own parser writes `1e3` as `1e+3`; `past_number` has checked the digits.
        Ok(Number::from_string_unchecked(digits.to_owned()))
    }

    /// A number as it is written.
    fn digits(&mut self) -> Result<&'t str, Fault> {
        let from = self.at;
        self.at = past_number(self.text.as_bytes(), from)?;
        Ok(self.text.get(from..self.at).unwrap_or_default())
    }

    /// `null`, `true` or `false`
    fn word(&mut self) -> Result<Value, Fault> {
        let value = match self.byte() {
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            _ => Value::Null,
        };
        self.at = past_word(self.text.as_bytes(), self.at)?;
        Ok(value)
    }

    fn space(&mut self) {
        self.at = past_space(self.text.as_bytes(), self.at);
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The memory of a value.
    fn charge(&self, bytes: usize) -> Result<(), Fault> {
        let exhausted = |exhausted| self.fault(JsonProblem::Exhausted(exhausted));
        self.budget.charge_bytes(bytes).map_err(exhausted)
    }

    /// What stands here does not fit, or something is missing.
    fn unexpected(&self) -> Fault {
        unexpected(self.text.as_bytes(), self.at)
    }

    fn fault(&self, problem: JsonProblem) -> Fault {
        Fault { at: self.at, problem }
    }
}
