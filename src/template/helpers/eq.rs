//! `eq`: whether two values are equal.
//!
//! Numbers by value; a text never equals a number.

use serde_json::Value;

use super::comparison::equal;
use super::{Example, Helper};

/// `eq a b`
pub(super) static EQ: Helper = Helper {
    name: "eq",
    signature: "eq a b",
    summary: "Whether the two are equal: numbers by value, a text never equals a number, absent and null are alike.",
    arity: (2, 2),
    named: &[],
    examples: &[
        Example { template: r#"{{eq data.x 1.0}}"#, data: r#"{"x":1}"#, gives: r#"true"# },
        Example { template: r#"{{eq data.x "1"}}"#, data: r#"{"x":1}"#, gives: r#"false"# },
    ],
    call: |arguments| Ok(Some(Value::Bool(equal(arguments)?))),
};
