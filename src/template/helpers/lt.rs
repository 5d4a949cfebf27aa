//! `lt`: whether a number is less than another.
//!
//! Exact; anything but two numbers is an error.

use serde_json::Value;

use super::comparison::ordering;
use super::{Example, Helper};

/// `lt a b`
pub(super) static LT: Helper = Helper {
    name: "lt",
    signature: "lt a b",
    summary: "Whether the first number is less than the second. Anything but two numbers is an error.",
    arity: (2, 2),
    named: &[],
    examples: &[Example { template: r#"{{lt data.x 1.5}}"#, data: r#"{"x":2}"#, gives: r#"false"# }],
    call: |arguments| ordering(arguments).map(|ordering| Some(Value::Bool(ordering.is_lt()))),
};
