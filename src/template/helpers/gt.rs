//! `gt`: whether a number is greater than another.
//!
//! Exact; anything but two numbers is an error.

use serde_json::Value;

use super::comparison::ordering;
use super::{Example, Helper};

/// `gt a b`
pub(super) static GT: Helper = Helper {
    name: "gt",
    signature: "gt a b",
    summary: "Whether the first number is greater than the second. Anything but two numbers is an error.",
    arity: (2, 2),
    named: &[],
    examples: &[Example { template: r#"{{gt data.x 1.5}}"#, data: r#"{"x":2}"#, gives: r#"true"# }],
    call: |arguments| ordering(arguments).map(|ordering| Some(Value::Bool(ordering.is_gt()))),
};
