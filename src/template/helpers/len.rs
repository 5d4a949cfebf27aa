//! `len`: how many items, keys or characters.
//!
//! A number or boolean has no length.

use serde_json::Value;

use super::arguments::wrong;
use super::{Example, Helper};

/// `len value`
pub(super) static LEN: Helper = Helper {
    name: "len",
    signature: "len value",
    summary: "The number of items of a list, keys of a map, or characters of a text; 0 if absent. A number or a boolean is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[
        Example { template: r#"{{len data.x}}"#, data: r#"{"x":["a","b"]}"#, gives: r#"2"# },
        Example { template: r#"{{len data.y}}"#, data: r#"{}"#, gives: r#"0"# },
    ],
    call: |arguments| {
        let length = match arguments.present(0) {
            None => 0,
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(map)) => map.len(),
            Some(Value::String(text)) => text.chars().count(),
            Some(other) => return Err(wrong(0, "a list, a map or a text", other)),
        };
        Ok(Some(Value::from(length)))
    },
};
