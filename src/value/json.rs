//! Strict JSON in: every doubt is an error with its line and column, and every number keeps its digits.
//!
//! Never echoes the text it reads, since that may hold secrets.

use std::sync::Arc;

use serde_json::Value;

use super::json_error::{Fault, JsonError, JsonProblem};
use super::json_reader::Reader;
use super::json_root::Root;
use super::projection::{Projected, Projection};
use crate::budget::Budget;

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
    decode_json_within(bytes, limits, &Budget::unlimited())
}

/// As [`decode_json`]; charges the values that are made, not the text.
///
/// # Errors
///
/// As [`decode_json`], and when the budget is exhausted.
pub fn decode_json_within(bytes: &[u8], limits: JsonLimits, budget: &Budget) -> Result<Value, JsonError> {
    read(bytes, limits, budget, Reader::document)
}

/// As [`decode_json_within`], but only what is projection becomes a value. The rest must be JSON, and is looked into no
/// further: how deep it is nested and whether it names a key twice does not matter.
///
/// # Errors
///
/// As [`decode_json_within`].
pub fn decode_json_part(
    bytes: &[u8],
    limits: JsonLimits,
    projection: &Projection,
    budget: &Budget,
) -> Result<Projected, JsonError> {
    read(bytes, limits, budget, |reader| reader.part(projection))
}

/// As [`decode_json`]; of a map the members, and theirs where they are maps, are not indexed. Names among those of
/// `shared` are not copied.
///
/// # Errors
///
/// As [`decode_json`].
pub fn decode_json_parts(bytes: &[u8], limits: JsonLimits, shared: &[Arc<str>]) -> Result<Root, JsonError> {
    let budget = Budget::unlimited();
    read(bytes, limits, &budget, |reader| reader.root(shared))
}

fn read<'b, T>(
    bytes: &'b [u8],
    limits: JsonLimits,
    budget: &'b Budget,
    read: impl FnOnce(Reader<'b>) -> Result<T, Fault>,
) -> Result<T, JsonError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
        error_after(before.unwrap_or_default(), JsonProblem::NotUtf8)
    })?;
    read(Reader::new(text, limits.max_depth, budget)).map_err(|fault| located(text, fault))
}

/// What is missing at the end is reported where the text ends, at its last character.
fn located(text: &str, fault: Fault) -> JsonError {
    let is_empty = text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let problem = if is_empty { JsonProblem::Empty } else { fault.problem };
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    error_after(text.get(..fault.at.min(last)).unwrap_or_default(), problem)
}

fn error_after(before: &str, problem: JsonProblem) -> JsonError {
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    JsonError { line, column, problem }
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
        for text in [
            "12345678901234567890123",
            "1.10",
            "0.1000000000000000000000001",
            "1e+400",
            "1e3",
            "1E3",
            "-2.5E+07",
            "-0",
            "-0.0",
        ] {
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
        refuses(nested(65).as_bytes(), JsonProblem::TooDeep { limit: 64 }, 1, 65);
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

        /// What serde_json reads we read alike, but for what we refuse on purpose, and nothing else.
        #[test]
        fn another_reader_reads_the_same(document in any_json(), cut in 0_usize..64, with in "[\\[\\]{}\",:0-9eE.+\\\\ud \n-]{0,2}") {
            let mut text = document.to_string();
            let at = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
            text.insert_str(at, &with);
            let other = serde_json::from_str::<Value>(&text);
            match decode_json(text.as_bytes(), JsonLimits::default()) {
                // serde_json writes exponents in its own way: what both read is compared by its reading of both.
                Ok(value) => prop_assert_eq!(serde_json::from_str(&value.to_string()).ok(), other.ok(), "{}", text),
                Err(JsonError { problem: JsonProblem::DuplicateKey | JsonProblem::ReservedKey, .. }) => {}
                Err(error) => prop_assert!(other.is_err(), "{} {}", text, error),
            }
            let passed = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            match decode_json_part(text.as_bytes(), JsonLimits::default(), &Projection::nothing(), &Budget::unlimited()) {
                Err(JsonError { problem: JsonProblem::LoneSurrogate | JsonProblem::ReservedKey, .. }) => {}
                nothing => prop_assert_eq!(nothing.is_ok(), passed.is_ok(), "{}", text),
            }
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
