//! `not`: whether a value is false.
//!
//! Truth is Handlebars' own: nothing, null, false, 0, "" and [] are false.

use serde_json::Value;

use super::truth::is_true;
use super::{Example, Helper};

/// `not a`
pub(super) static NOT: Helper = Helper {
    name: "not",
    signature: "not a",
    summary: "Whether the argument is nothing, null, false, 0, an empty text or an empty list.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{not data.x}}"#, data: r#"{}"#, gives: r#"true"# }],
    call: |arguments| Ok(Some(Value::Bool(!is_true(arguments.value(0))))),
};
