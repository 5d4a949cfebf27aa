//! `ne`: whether two values differ.
//!
//! Numbers by value; a text never equals a number.

use serde_json::Value;

use super::comparison::equal;
use super::{Example, Helper};

/// `ne a b`
pub(super) static NE: Helper = Helper {
    name: "ne",
    signature: "ne a b",
    summary: "Whether the two differ: numbers by value, a text never equals a number, absent and null are alike.",
    arity: (2, 2),
    named: &[],
    examples: &[
        Example { template: r#"{{ne data.x 1.0}}"#, data: r#"{"x":1}"#, gives: r#"false"# },
        Example { template: r#"{{ne data.x "1"}}"#, data: r#"{"x":1}"#, gives: r#"true"# },
    ],
    call: |arguments| Ok(Some(Value::Bool(!equal(arguments)?))),
};
