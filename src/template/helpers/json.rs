//! `json`: any value as the text of its JSON.
//!
//! For services that want JSON inside a text; a body needs no such thing.

use serde_json::Value;

use super::{Example, Helper};
use crate::value::write_json;

/// `json value`
pub(super) static JSON: Helper = Helper {
    name: "json",
    signature: "json value",
    summary: "The JSON of any value as a text, keys in their order; null is `null`. Absent stays absent.",
    arity: (1, 1),
    named: &[],
    examples: &[Example {
        template: "{{json data.x}}",
        data: r#"{"x":{"a":[1,"b"]}}"#,
        gives: r#""{\"a\":[1,\"b\"]}""#,
    }],
    call: |arguments| match arguments.value(0) {
        None => Ok(None),
        Some(value) => {
            let mut text = Vec::new();
            write_json(value, &mut text, arguments.budget())?;
            Ok(String::from_utf8(text).ok().map(Value::String))
        }
    },
};
