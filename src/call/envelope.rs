//! The bytes of a body → `auth`, `data` and `meta`.
//!
//! Checks the shape only; what the parts must hold is the action's to say. Never repeats what it reads.

use std::sync::{Arc, LazyLock};

use serde_json::Value;
use thiserror::Error;

use crate::value::{FieldMap, JsonError, JsonLimits, Part, Root, decode_json_parts, kind_of};

/// How many lists and maps may stand inside one another.
const LIMITS: JsonLimits = JsonLimits { max_depth: 64 };

/// The three parts of a caller's body. A missing or null part is empty.
#[derive(Clone, Default, PartialEq)]
pub struct Envelope {
    /// Credentials; never printed.
    pub auth: FieldMap,
    /// What the automation filled in.
    pub data: FieldMap,
    /// What Talkdesk knows of contact and agent.
    pub meta: FieldMap,
}

impl std::fmt::Debug for Envelope {
    /// Names of keys only: values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("auth", &self.auth.names().collect::<Vec<_>>())
            .field("data", &self.data.names().collect::<Vec<_>>())
            .field("meta", &self.meta.names().collect::<Vec<_>>())
            .finish()
    }
}

/// Why a body is no call.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EnvelopeError {
    /// It is not JSON, or not JSON that everyone reads alike.
    #[error("The body of the request cannot be read as JSON: {0}.")]
    Json(#[from] JsonError),
    /// It is JSON, but no object.
    #[error("The body of the request must be a JSON object with `auth`, `data` and `meta`, and it is {found}.")]
    Root {
        /// What it is.
        found: &'static str,
    },
    /// One of its parts is no object.
    #[error("`{part}` in the body of the request must be an object, and it is {found}.")]
    Part {
        /// Which.
        part: &'static str,
        /// What it is.
        found: &'static str,
    },
}

/// Reads a body. A missing part, a null one and an empty one are the same; other keys are ignored.
///
/// # Errors
/// What is wrong with it, and where; never what it holds.
pub fn decode_envelope(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
    static PARTS: LazyLock<[Arc<str>; 3]> = LazyLock::new(|| ["auth", "data", "meta"].map(Arc::from));
    match decode_json_parts(bytes, LIMITS, &*PARTS)? {
        Root::Map(mut root) => {
            let mut part = |name| take(&mut root, name);
            Ok(Envelope { auth: part("auth")?, data: part("data")?, meta: part("meta")? })
        }
        Root::Other(other) => Err(EnvelopeError::Root { found: kind_of(Some(&other)) }),
    }
}

fn take(root: &mut FieldMap<Part>, part: &'static str) -> Result<FieldMap, EnvelopeError> {
    match root.remove(part) {
        None | Some(Part::Other(Value::Null)) => Ok(FieldMap::default()),
        Some(Part::Map(members)) => Ok(members),
        Some(Part::Other(other)) => Err(EnvelopeError::Part { part, found: kind_of(Some(&other)) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(body: impl AsRef<[u8]>, data: Value) {
        let envelope = decode_envelope(body.as_ref()).expect("a call");
        assert_eq!(envelope.data.to_value(), data);
    }

    #[track_caller]
    fn check_refused(body: impl AsRef<[u8]>, words: &str) {
        let body = body.as_ref();
        let error = decode_envelope(body).expect_err("no call").to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn missing_null_and_empty_parts_are_the_same() {
        for body in ["{}", r#"{"data":null}"#, r#"{"data":{}}"#, "\u{feff}{ \"auth\": null }\n"] {
            check(body, json!({}));
        }
    }

    #[test]
    fn other_keys_are_ignored() {
        check(r#"{"Data":{"a":1},"x":[],"data":{"b":2}}"#, json!({"b": 2}));
    }

    #[test]
    fn numbers_keep_their_digits() {
        for digits in ["9007199254740993", "18446744073709551616", "1234567890123456789012345678901234567890", "1e400"]
        {
            let envelope = decode_envelope(format!(r#"{{"data":{{"n":{digits}}}}}"#).as_bytes()).expect("a call");
            let text = envelope.data.get("n").map(ToString::to_string).unwrap_or_default();
            assert_eq!(text.replace('+', ""), digits);
        }
    }

    #[test]
    fn a_zero_character_is_data() {
        check(r#"{"data":{"a":"\u0000"}}"#, json!({"a": "\0"}));
    }

    #[test]
    fn parts_of_another_type_are_named() {
        check_refused(r#"{"auth":"hunter2"}"#, "`auth` in the body of the request must be an object, and it is text");
        check_refused(r#"{"data":[]}"#, "`data` in the body of the request must be an object, and it is a list");
        check_refused(r#"{"meta":7}"#, "`meta` in the body of the request must be an object, and it is a whole number");
    }

    #[test]
    fn another_root_is_named() {
        check_refused("[]", "it is a list");
        check_refused(r#""hunter2""#, "it is text");
        check_refused("5", "it is a whole number");
        check_refused("null", "it is null");
    }

    #[test]
    fn nothing_is_no_call() {
        check_refused("", "line 1, column 1");
        check_refused(" \n\t", "empty");
    }

    #[test]
    fn malformed_json_is_refused_with_its_place() {
        for body in [
            r#"{"data":{"password":"hunter2"}"#,
            r#"{"data":{"password":"hunter2",}}"#,
            "{'data':'hunter2'}",
            "{“data”:“hunter2”}",
            r#"{"data":{} /* hunter2 */}"#,
            r#"{"data":{"a":NaN}}"#,
            r#"{"data":{"a":Infinity}}"#,
            r#"{"data":{}} {"data":"hunter2"}"#,
            "{\"data\":\"hunter2\"}x",
            "{} {}",
        ] {
            check_refused(body, "line 1, column ");
        }
        check_refused("{\n\"data\": hunter2 }", "line 2, column ");
    }

    #[test]
    fn a_key_twice_is_refused_at_any_level() {
        check_refused(r#"{"auth":{},"auth":{}}"#, "twice");
        check_refused(r#"{"auth":{"a":1,"a":"hunter2"}}"#, "twice");
        check_refused(r#"{"data":{"a":[{"b":1,"\u0062":2}]}}"#, "twice");
    }

    #[test]
    fn a_key_twice_is_found_among_many() {
        let body = |last: &str| {
            let members: Vec<String> = (0..40).map(|number| format!("\"k{number}\":{number}")).collect();
            format!("{{\"data\":{{{},\"{last}\":0}}}}", members.join(","))
        };
        assert_eq!(decode_envelope(body("k40").as_bytes()).expect("a call").data.len(), 41);
        for last in ["k0", "k16", "k39", "\\u006b17"] {
            check_refused(body(last), "twice");
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        check_refused(b"{\"data\":{\"a\":\"caf\xe9\"}}", "UTF-8");
        check_refused(b"\xff\xfe{\0}\0", "UTF-8");
        check_refused(r#"{"data":{"a":"\ud800"}}"#, "surrogate");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let nested = |depth: usize| format!("{}{}{}", "{\"data\":{\"a\":", "[".repeat(depth), "]".repeat(depth)) + "}}";
        assert!(decode_envelope(nested(62).as_bytes()).is_ok());
        check_refused(nested(63), "nested deeper than 64");
        check_refused(nested(1_000), "nested deeper than 64");
        check_refused(nested(100_000), "nested deeper than 64");
    }
}
