//! `lte`: whether a number is less than or equal to another.
//!
//! Exact; anything but two numbers is an error.

use serde_json::Value;

use super::comparison::ordering;
use super::{Example, Helper};

/// `lte a b`
pub(super) static LTE: Helper = Helper {
    name: "lte",
    signature: "lte a b",
    summary: "Whether the first number is less than or equal to the second. Anything but two numbers is an error.",
    arity: (2, 2),
    named: &[],
    examples: &[Example { template: r#"{{lte data.x 1.5}}"#, data: r#"{"x":2}"#, gives: r#"false"# }],
    call: |arguments| ordering(arguments).map(|ordering| Some(Value::Bool(ordering.is_le()))),
};
