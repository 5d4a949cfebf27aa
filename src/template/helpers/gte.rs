//! `gte`: whether a number is greater than or equal to another.
//!
//! Exact; anything but two numbers is an error.

use serde_json::Value;

use super::comparison::ordering;
use super::{Example, Helper};

/// `gte a b`
pub(super) static GTE: Helper = Helper {
    name: "gte",
    signature: "gte a b",
    summary: "Whether the first number is greater than or equal to the second. Anything but two numbers is an error.",
    arity: (2, 2),
    named: &[],
    examples: &[Example { template: r#"{{gte data.x 1.5}}"#, data: r#"{"x":2}"#, gives: r#"true"# }],
    call: |arguments| ordering(arguments).map(|ordering| Some(Value::Bool(ordering.is_ge()))),
};
