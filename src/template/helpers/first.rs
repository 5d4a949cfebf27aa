//! `first`: the first item of a list, or the first character of a text.
//!
//! Takes no count; `split` and `lookup` reach the others.

use serde_json::Value;

use super::arguments::wrong;
use super::{Example, Helper};

/// `first value`
pub(super) static FIRST: Helper = Helper {
    name: "first",
    signature: "first list-or-text",
    summary: "The first item of the list, or the first character of the text. Absent where it is absent or empty; a map, \
              a number or a boolean is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[
        Example { template: "{{first data.x}}", data: r#"{"x":["a","b"]}"#, gives: r#""a""# },
        Example { template: "{{first data.x}}", data: r#"{"x":"éa"}"#, gives: r#""é""# },
    ],
    call: |arguments| match arguments.present(0) {
        None => Ok(None),
        Some(Value::Array(items)) => arguments.copy(items.first()),
        Some(Value::String(text)) => Ok(text.chars().next().map(|character| character.to_string().into())),
        Some(other) => Err(wrong(0, "a list or text", other)),
    },
};
