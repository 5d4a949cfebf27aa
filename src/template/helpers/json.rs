//! `json`: any value as the text of its JSON.
//!
//! For services that want JSON inside a text; a body needs no such thing.

use super::{Example, Helper};

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
    call: |arguments| Ok(arguments.value(0).map(|value| value.to_string().into())),
};
