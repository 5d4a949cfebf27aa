//! JSON text → values, in one pass; what is not wanted is checked and passed over.
//!
//! Says what is wrong and at which byte; lines and columns are for `json.rs` to find.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::json::{Part, Root};
use super::json_error::JsonProblem;
use super::members::Members;
use super::wanted::{Found, Wanted};

/// The key under which serde_json carries a number with all its digits. A map with this key would be taken for one.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Deepest nesting that is ever read, since each level takes some of the stack.
const DEEPEST: usize = 127;

/// Up to so many names are looked through for one that is there twice.
const FEW: usize = 16;

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte that does not fit; past the end if something is missing there.
    pub(super) at: usize,
    pub(super) problem: JsonProblem,
}

/// A place in a text that is read from its start to its end.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    max_depth: usize,
    /// What closes the lists and maps that are being passed over, the innermost last.
    open: Vec<u8>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, max_depth: usize) -> Self {
        Self { text, at: 0, max_depth: max_depth.min(DEEPEST), open: Vec::new() }
    }

    /// The one value of the text.
    pub(super) fn document(mut self) -> Result<Value, Fault> {
        let value = self.value(0)?;
        self.end().map(|()| value)
    }

    /// The one value of the text, as far as it is wanted.
    pub(super) fn part(mut self, wanted: &Wanted) -> Result<Found, Fault> {
        let found = self.wanted(0, wanted)?;
        self.end().map(|()| found)
    }

    /// The one value of the text, its upper two levels as [`Members`].
    pub(super) fn root(mut self) -> Result<Root, Fault> {
        self.space();
        let root = match self.byte() {
            Some(b'{') if self.max_depth > 0 => Root::Map(self.members(|reader| match reader.byte() {
                Some(b'{') if reader.max_depth > 1 => reader.members(|reader| reader.value(2)).map(Part::Map),
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
        match self.byte() {
            Some(b'"') => self.string().map(|text| Value::String(text.into_owned())),
            Some(b'{' | b'[') if depth >= self.max_depth => {
                Err(self.fault(JsonProblem::TooDeep { limit: self.max_depth }))
            }
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => self.word(),
        }
    }

    fn wanted(&mut self, depth: usize, wanted: &Wanted) -> Result<Found, Fault> {
        let Wanted::Members(wanted) = wanted else { return self.value(depth).map(Found::Whole) };
        self.space();
        match self.byte() {
            Some(b'{') if depth < self.max_depth => self.wanted_members(depth, wanted).map(Found::Members),
            Some(b'[') if depth < self.max_depth => self.skip().map(|()| Found::Whole(Value::Array(Vec::new()))),
            _ => self.value(depth).map(Found::Whole),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        if !self.ends(b']') {
            loop {
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
                let key = self.key()?.into_owned();
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
    fn members<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<Members<T>, Fault> {
        self.at += 1;
        let (mut members, mut names) = (Members::default(), None::<HashSet<Arc<str>>>);
        if !self.ends(b'}') {
            loop {
                let name: Arc<str> = self.key()?.into();
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

    /// The members of a map that are wanted.
    fn wanted_members(&mut self, depth: usize, wanted: &[(String, Wanted)]) -> Result<Vec<(usize, Found)>, Fault> {
        self.at += 1;
        let mut members: Vec<(usize, Found)> = Vec::new();
        if !self.ends(b'}') {
            loop {
                let key = self.key()?;
                let place = wanted.iter().position(|(name, _)| *name == key);
                match place.and_then(|place| wanted.get(place).map(|(_, wanted)| (place, wanted))) {
                    None => {
                        self.colon()?;
                        self.skip()?;
                    }
                    Some((place, wanted)) => {
                        if members.iter().any(|(known, _)| *known == place) {
                            return Err(self.of_key(JsonProblem::DuplicateKey));
                        }
                        self.colon()?;
                        members.push((place, self.wanted(depth + 1, wanted)?));
                    }
                }
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        Ok(members)
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

    /// Passes over a value, however deep it is nested.
    fn skip(&mut self) -> Result<(), Fault> {
        let outside = self.open.len();
        loop {
            self.space();
            match self.byte() {
                Some(b'"') => self.skip_string()?,
                Some(b'-' | b'0'..=b'9') => drop(self.digits()?),
                Some(opening @ (b'{' | b'[')) => {
                    self.at += 1;
                    let closing = if opening == b'{' { b'}' } else { b']' };
                    if !self.ends(closing) {
                        self.open.push(closing);
                        self.before_element(closing)?;
                        continue;
                    }
                }
                _ => drop(self.word()?),
            }
            // What was passed over may have been the last of what holds it.
            loop {
                let Some(closing) = self.open.get(outside..).and_then(<[u8]>::last).copied() else { return Ok(()) };
                if self.goes_on(closing)? {
                    self.before_element(closing)?;
                    break;
                }
                self.open.pop();
            }
        }
    }

    /// Passes over the key, if the element is of a map.
    fn before_element(&mut self, closing: u8) -> Result<(), Fault> {
        if closing == b']' {
            return Ok(());
        }
        self.space();
        if self.byte() != Some(b'"') {
            return Err(self.unexpected());
        }
        self.skip_string()?;
        self.colon()
    }

    fn skip_string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            self.at += plain_run(self.rest());
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.byte() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        // Half of a pair stands where nobody looks.
                        Some(b'u') => drop(self.unit()?),
                        _ => return Err(self.unexpected()),
                    }
                }
                _ => return Err(self.unexpected()),
            }
        }
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
        let from = self.at;
        let digits = self.digits()?;
        // The value of a short whole number says as much as its digits; that of `-0` does not.
        if digits.len() <= 18
            && digits != "-0"
            && let Ok(number) = digits.parse::<i64>()
        {
            return Ok(number.into());
        }
        digits.parse().map_err(|_| Fault { at: from, problem: JsonProblem::Malformed })
    }

    /// A number as it is written (RFC 8259 §6).
    fn digits(&mut self) -> Result<&'t str, Fault> {
        let from = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        match self.byte() {
            Some(b'0') => {
                self.at += 1;
                if self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                    return Err(self.unexpected());
                }
            }
            _ => self.some_digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.some_digits()?;
        }
        Ok(self.text.get(from..self.at).unwrap_or_default())
    }

    fn some_digits(&mut self) -> Result<(), Fault> {
        let from = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == from { Err(self.unexpected()) } else { Ok(()) }
    }

    /// `null`, `true` or `false`
    fn word(&mut self) -> Result<Value, Fault> {
        let (word, value) = match self.byte() {
            Some(b'n') => ("null", Value::Null),
            Some(b't') => ("true", Value::Bool(true)),
            Some(b'f') => ("false", Value::Bool(false)),
            _ => return Err(self.unexpected()),
        };
        for expected in word.bytes() {
            if self.byte() != Some(expected) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// What stands here does not fit, or something is missing.
    fn unexpected(&self) -> Fault {
        self.fault(if self.byte().is_some() { JsonProblem::Malformed } else { JsonProblem::Incomplete })
    }

    fn fault(&self, problem: JsonProblem) -> Fault {
        Fault { at: self.at, problem }
    }
}

/// How many bytes stand before the first quote, backslash or control character: eight at a time.
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let repeated = |byte: u8| u64::from(byte) * ONES;
    let (chunks, _) = bytes.as_chunks::<8>();
    let mut run = 0;
    for chunk in chunks {
        let word = u64::from_le_bytes(*chunk);
        // The lowest high bit that is left is the first match (Bit Twiddling Hacks, "haszero" and "hasless").
        let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let control = word.wrapping_sub(repeated(0x20)) & !word;
        let found = (is_zero(word ^ repeated(b'"')) | is_zero(word ^ repeated(b'\\')) | control) & HIGHS;
        if found != 0 {
            return run + found.trailing_zeros() as usize / 8;
        }
        run += 8;
    }
    let odd = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    run + bytes.get(run..).unwrap_or_default().iter().take_while(|byte| !odd(byte)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_run_ends_where_the_first_odd_byte_stands(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let expected = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(bytes.len());
            prop_assert_eq!(plain_run(&bytes), expected);
        }
    }
}
