//! `or`: whether any value is true.
//!
//! Truth is Handlebars' own: nothing, null, false, 0, "" and [] are false.

use serde_json::Value;

use super::truth::is_true;
use super::{Example, Helper};

/// `or a b …`
pub(super) static OR: Helper = Helper {
    name: "or",
    signature: "or a b …",
    summary: "Whether at least one argument is true; nothing, null, false, 0, an empty text and an empty list are false.",
    arity: (2, usize::MAX),
    named: &[],
    examples: &[Example { template: r#"{{or data.x data.y}}"#, data: r#"{"x":1,"y":""}"#, gives: r#"true"# }],
    call: |arguments| Ok(Some(Value::Bool((0..arguments.len()).any(|index| is_true(arguments.value(index)))))),
};
