//! `last`: the last item of a list, or the last character of a text.
//!
//! Takes no count; `split` and `lookup` reach the others.

use serde_json::Value;

use super::arguments::wrong;
use super::{Example, Helper};

/// `last value`
pub(super) static LAST: Helper = Helper {
    name: "last",
    signature: "last list-or-text",
    summary: "The last item of the list, or the last character of the text. Absent where it is absent or empty; a map, \
              a number or a boolean is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[
        Example { template: "{{last data.x}}", data: r#"{"x":["a","b"]}"#, gives: r#""b""# },
        Example { template: "{{last data.x}}", data: r#"{"x":"éa"}"#, gives: r#""a""# },
    ],
    call: |arguments| match arguments.present(0) {
        None => Ok(None),
        Some(Value::Array(items)) => arguments.copy(items.last()),
        Some(Value::String(text)) => Ok(text.chars().next_back().map(|character| character.to_string().into())),
        Some(other) => Err(wrong(0, "a list or text", other)),
    },
};
