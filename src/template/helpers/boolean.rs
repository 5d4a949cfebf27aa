//! `boolean`: true or false, also from its text.
//!
//! Guesses nothing: `yes` and `1` are no booleans; `choose` maps them.

use serde_json::Value;

use super::{Example, Helper, HelperError};
use crate::value::kind_of;

/// `boolean value`
pub(super) static BOOLEAN: Helper = Helper {
    name: "boolean",
    signature: "boolean value",
    summary: "True or false, of a boolean or of the texts `true` and `false`. Absent stays absent; anything else is an \
              error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{boolean data.x}}", data: r#"{"x":"true"}"#, gives: "true" }],
    call: |arguments| match arguments.present(0) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(Value::Bool(*flag))),
        Some(Value::String(text)) if text == "true" => Ok(Some(Value::Bool(true))),
        Some(Value::String(text)) if text == "false" => Ok(Some(Value::Bool(false))),
        Some(Value::String(_)) => Err(unfit("another text")),
        Some(other) => Err(unfit(kind_of(Some(other)))),
    },
};

fn unfit(found: &str) -> HelperError {
    HelperError::new(format!("takes a boolean, `true` or `false` as its argument 1, found {found}"))
}
