//! `and`: whether every value is true.
//!
//! Truth is Handlebars' own: nothing, null, false, 0, "" and [] are false.

use serde_json::Value;

use super::truth::is_true;
use super::{Example, Helper};

/// `and a b …`
pub(super) static AND: Helper = Helper {
    name: "and",
    signature: "and a b …",
    summary: "Whether every argument is true; nothing, null, false, 0, an empty text and an empty list are false.",
    arity: (2, usize::MAX),
    named: &[],
    examples: &[Example { template: r#"{{and data.x data.y}}"#, data: r#"{"x":1,"y":""}"#, gives: r#"false"# }],
    call: |arguments| Ok(Some(Value::Bool((0..arguments.len()).all(|index| is_true(arguments.value(index)))))),
};
