//! Strict JSON in: every doubt is an error with its line and column, and every number keeps its digits.
//!
//! Never echoes the text it reads, since that may hold secrets.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::json_error::{JsonError, JsonProblem};
use super::wanted::Wanted;

/// The key under which serde_json hands over a number with all its digits. As a key of a real map it is refused.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Bounds on the JSON that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    /// How many lists and maps may stand inside one another; at most 127.
    pub max_depth: usize,
}

impl Default for JsonLimits {
    /// 64 levels.
    fn default() -> Self {
        Self { max_depth: 64 }
    }
}

/// Reads one JSON value of any kind (RFC 8259), with or without a UTF-8 byte order mark.
///
/// # Errors
///
/// [`JsonError`] where the text is empty, malformed, ambiguous (duplicate keys) or nested too deep.
pub fn decode_json(bytes: &[u8], limits: JsonLimits) -> Result<Value, JsonError> {
    decode_json_part(bytes, limits, &Wanted::Whole)
}

/// As [`decode_json`], but only what is wanted becomes a value. The rest must be JSON, and is looked into no further:
/// how deep it is nested and whether it names a key twice does not matter.
///
/// # Errors
///
/// As [`decode_json`].
pub fn decode_json_part(bytes: &[u8], limits: JsonLimits, wanted: &Wanted) -> Result<Value, JsonError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
        error_after(before.unwrap_or_default(), JsonProblem::NotUtf8)
    })?;
    let found = Cell::new(None);
    let seed = ValueSeed { depth: 0, max_depth: limits.max_depth, found: &found, wanted };
    let mut source = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut source);
    let finished = read.is_ok();
    read.and_then(|value| source.end().map(|()| value)).map_err(|error| {
        let problem = found.get().unwrap_or_else(|| classify(&error, text, finished));
        located(text, &error, resolved(problem, limits))
    })
}

/// serde_json's own nesting limit speaks with the limit it does not know.
fn resolved(problem: JsonProblem, limits: JsonLimits) -> JsonProblem {
    match problem {
        JsonProblem::TooDeep { .. } => JsonProblem::TooDeep { limit: limits.max_depth.min(127) },
        other => other,
    }
}

/// Tells the problem from the library's error, which has no public kind finer than "syntax".
fn classify(error: &serde_json::Error, text: &str, finished: bool) -> JsonProblem {
    if text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        return JsonProblem::Empty;
    }
    if finished {
        return JsonProblem::TrailingText;
    }
    if error.is_eof() {
        return JsonProblem::Incomplete;
    }
    let words = error.to_string();
    if words.contains("surrogate") || words.contains("unexpected end of hex escape") {
        JsonProblem::LoneSurrogate
    } else if words.contains("recursion limit") {
        JsonProblem::TooDeep { limit: 0 }
    } else {
        JsonProblem::Malformed
    }
}

/// The library counts bytes within the line; people count characters.
fn located(text: &str, error: &serde_json::Error, problem: JsonProblem) -> JsonError {
    let line = error.line().max(1);
    let content = text.split('\n').nth(line - 1).unwrap_or_default();
    let column = content.char_indices().take_while(|(at, _)| *at < error.column().max(1)).count().max(1);
    JsonError { line, column, problem }
}

fn error_after(before: &str, problem: JsonProblem) -> JsonError {
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    JsonError { line, column, problem }
}

/// Reads one value at `depth`; the reason for refusing it is left in `found`.
#[derive(Clone, Copy)]
struct ValueSeed<'a> {
    depth: usize,
    max_depth: usize,
    found: &'a Cell<Option<JsonProblem>>,
    wanted: &'a Wanted,
}

impl ValueSeed<'_> {
    /// The members of a map that are wanted.
    fn visit_members<'de, A: MapAccess<'de>>(
        self,
        mut source: A,
        wanted: &[(String, Wanted)],
    ) -> Result<Value, A::Error> {
        let mut members = Map::new();
        let mut is_first = true;
        while let Some(key) = source.next_key_seed(KeySeed { wanted })? {
            match key {
                Key::OfNumber if is_first => return self.number(source),
                Key::OfNumber => return Err(self.refuse(JsonProblem::ReservedKey)),
                Key::Other => drop(source.next_value::<IgnoredAny>()?),
                Key::Wanted(name, wanted) => {
                    let Entry::Vacant(place) = members.entry(name) else {
                        return Err(self.refuse(JsonProblem::DuplicateKey));
                    };
                    place.insert(source.next_value_seed(ValueSeed { wanted, ..self.inside() })?);
                }
            }
            is_first = false;
        }
        self.check_depth()?;
        Ok(Value::Object(members))
    }

    /// A number, which the library hands over as a map.
    fn number<'de, A: MapAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        self.found.set(Some(JsonProblem::ReservedKey));
        let NumberText(digits) = source.next_value()?;
        self.found.set(None);
        digits.parse::<Number>().map(Value::Number).map_err(A::Error::custom)
    }

    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn refuse<E: serde::de::Error>(self, problem: JsonProblem) -> E {
        self.found.set(Some(problem));
        E::custom("refused")
    }

    fn check_depth<E: serde::de::Error>(self) -> Result<(), E> {
        if self.depth < self.max_depth {
            return Ok(());
        }
        Err(self.refuse(JsonProblem::TooDeep { limit: self.max_depth }))
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        if *self.wanted != Wanted::Whole {
            while source.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Array(Vec::new()));
        }
        let mut items = Vec::new();
        while let Some(item) = source.next_element_seed(self.inside())? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        if let Wanted::Members(members) = self.wanted {
            return self.visit_members(source, members);
        }
        let Some(first) = source.next_key::<String>()? else {
            self.check_depth()?;
            return Ok(Value::Object(Map::new()));
        };
        if first == NUMBER_KEY {
            return self.number(source);
        }
        self.check_depth()?;
        let mut members = Map::new();
        let mut next = Some(first);
        while let Some(key) = next {
            if key == NUMBER_KEY {
                return Err(self.refuse(JsonProblem::ReservedKey));
            }
            let Entry::Vacant(place) = members.entry(key) else {
                return Err(self.refuse(JsonProblem::DuplicateKey));
            };
            place.insert(source.next_value_seed(self.inside())?);
            next = source.next_key()?;
        }
        Ok(Value::Object(members))
    }
}

/// A key of a map of which only some members are wanted.
enum Key<'w> {
    Wanted(&'w str, &'w Wanted),
    /// What stands before the digits of a number.
    OfNumber,
    Other,
}

#[derive(Clone, Copy)]
struct KeySeed<'w> {
    wanted: &'w [(String, Wanted)],
}

impl<'de, 'w> DeserializeSeed<'de> for KeySeed<'w> {
    type Value = Key<'w>;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Key<'w>, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'w> Visitor<'_> for KeySeed<'w> {
    type Value = Key<'w>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'w>, E> {
        let wanted = self.wanted.iter().find(|(name, _)| name == key);
        Ok(match wanted {
            Some((name, wanted)) => Key::Wanted(name, wanted),
            None if key == NUMBER_KEY => Key::OfNumber,
            None => Key::Other,
        })
    }
}

/// The digits of a number as serde_json hands them over: an owned text.
///
/// A text inside a document never arrives owned, so a map that only looks like a number is told apart.
struct NumberText(String);

impl<'de> Deserialize<'de> for NumberText {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(NumberTextVisitor)
    }
}

struct NumberTextVisitor;

impl<'de> Visitor<'de> for NumberTextVisitor {
    type Value = NumberText;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number")
    }

    fn visit_string<E>(self, digits: String) -> Result<NumberText, E> {
        Ok(NumberText(digits))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<NumberText, E> {
        Err(E::custom("refused"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<NumberText, A::Error> {
        while source.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(A::Error::custom("refused"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn accepts(text: &str, expected: &Value) {
        assert_eq!(decode_json(text.as_bytes(), JsonLimits::default()).as_ref(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuses(bytes: &[u8], problem: JsonProblem, line: usize, column: usize) {
        let text = String::from_utf8_lossy(bytes);
        let shown: String = text.chars().take(80).collect();
        assert_eq!(decode_json(bytes, JsonLimits::default()), Err(JsonError { line, column, problem }), "{shown}");
    }

    #[test]
    fn a_byte_order_mark_and_white_space_are_accepted() {
        accepts("\u{feff} {\"a\": [1, null, true, \"x\"]}\r\n", &json!({"a": [1, null, true, "x"]}));
    }

    #[test]
    fn numbers_keep_every_digit() {
        for text in ["12345678901234567890123", "1.10", "0.1000000000000000000000001", "1e+400", "-0", "-0.0"] {
            let value = decode_json(text.as_bytes(), JsonLimits::default()).unwrap();
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn keys_keep_their_order() {
        let value = decode_json(br#"{"z":1,"a":2,"m":{"y":1,"b":2}}"#, JsonLimits::default()).unwrap();
        assert_eq!(value.to_string(), r#"{"z":1,"a":2,"m":{"y":1,"b":2}}"#);
    }

    #[test]
    fn nothing_is_told_from_something_cut_off() {
        refuses(b"", JsonProblem::Empty, 1, 1);
        refuses(b" \n ", JsonProblem::Empty, 2, 1);
        refuses(b"{\"a\": ", JsonProblem::Incomplete, 1, 6);
        refuses(b"\"abc", JsonProblem::Incomplete, 1, 4);
    }

    #[test]
    fn trailing_text_and_bad_syntax_are_placed() {
        refuses(b"{} x", JsonProblem::TrailingText, 1, 4);
        refuses(b"{}{}", JsonProblem::TrailingText, 1, 3);
        refuses(b"{\n  \"a\": 01\n}", JsonProblem::Malformed, 2, 9);
        refuses(b"{\"a\": NaN}", JsonProblem::Malformed, 1, 7);
        refuses(b"[1,]", JsonProblem::Malformed, 1, 4);
        refuses(b"{'a': 1}", JsonProblem::Malformed, 1, 2);
    }

    #[test]
    fn columns_count_characters() {
        refuses("{\"é\": x}".as_bytes(), JsonProblem::Malformed, 1, 7);
        refuses(b"{\"a\": \"\xff\"}", JsonProblem::NotUtf8, 1, 8);
        refuses(b"\n\xc3\x28", JsonProblem::NotUtf8, 2, 1);
    }

    #[test]
    fn duplicate_keys_are_refused_at_any_level_and_however_spelled() {
        refuses(br#"{"a":1,"a":2}"#, JsonProblem::DuplicateKey, 1, 10);
        refuses(br#"{"x":[{"a":1,"\u0061":2}]}"#, JsonProblem::DuplicateKey, 1, 21);
    }

    #[test]
    fn lone_surrogates_are_refused() {
        for text in [r#"["\ud800"]"#, r#"["\udc00"]"#, r#"["\ud800\ud800"]"#, r#"["\ud800a"]"#, r#"{"\ud800": 1}"#] {
            let error = decode_json(text.as_bytes(), JsonLimits::default()).unwrap_err();
            assert_eq!(error.problem, JsonProblem::LoneSurrogate, "{text}");
        }
        accepts(r#""\ud83d\ude00""#, &json!("😀"));
    }

    #[test]
    fn nesting_is_bounded_without_using_the_stack() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(decode_json(nested(64).as_bytes(), JsonLimits::default()).is_ok());
        refuses(nested(65).as_bytes(), JsonProblem::TooDeep { limit: 64 }, 1, 66);
        refuses("[".repeat(100_000).as_bytes(), JsonProblem::TooDeep { limit: 64 }, 1, 65);
        let maps = "{\"a\":".repeat(100_000);
        assert!(decode_json(maps.as_bytes(), JsonLimits { max_depth: usize::MAX }).is_err());
    }

    #[test]
    fn a_map_that_poses_as_a_number_is_refused() {
        for text in [
            r#"{"$serde_json::private::Number": "12"}"#,
            r#"{"\u0024serde_json::private::Number": "1\u0032"}"#,
            r#"{"$serde_json::private::Number": 12}"#,
            r#"{"$serde_json::private::Number": {"$serde_json::private::Number": "1"}}"#,
            r#"{"a": 1, "$serde_json::private::Number": "12"}"#,
        ] {
            let error = decode_json(text.as_bytes(), JsonLimits::default()).unwrap_err();
            assert_eq!(error.problem, JsonProblem::ReservedKey, "{text}");
        }
    }

    #[test]
    fn messages_never_echo_the_text() {
        let error = decode_json(br#"{"password": hunter2}"#, JsonLimits::default()).unwrap_err();
        assert_eq!(error.to_string(), "the JSON is malformed, at line 1, column 14");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| json!(number)),
            any::<u128>().prop_map(|number| Value::Number(number.to_string().parse().unwrap())),
            any::<f64>().prop_map(|number| json!(number)),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in any_json()) {
            let bytes = serde_json::to_vec(&value).unwrap();
            prop_assert_eq!(decode_json(&bytes, JsonLimits::default()), Ok(value));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_json(&bytes, JsonLimits::default());
        }

        #[test]
        fn no_json_like_text_makes_it_panic(text in "[\\[\\]{}\",:0-9eE.+\\\\ud8-f$ \\n-]{0,80}") {
            let _ = decode_json(text.as_bytes(), JsonLimits::default());
        }
    }
}
