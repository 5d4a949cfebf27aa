//! `number`: a number, also from its text.
//!
//! Reads what JSON calls a number; every digit stays.

use serde_json::Value;

use super::{Example, Helper, HelperError};
use crate::value::kind_of;

/// `number value`
pub(super) static NUMBER: Helper = Helper {
    name: "number",
    signature: "number value",
    summary: "The number that the number or text is, written as JSON writes numbers, with all its digits. Absent stays \
              absent; anything that is no number is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{number data.x}}", data: r#"{"x":"12.50"}"#, gives: "12.50" }],
    call: |arguments| match arguments.present(0) {
        Some(Value::String(_)) => match arguments.number(0) {
            Ok(number) => Ok(number.map(Value::Number)),
            Err(_) => Err(HelperError::new(
                "takes a number as its argument 1, found text that is none: it needs digits without leading zeros, and \
                 a point for a fraction",
            )),
        },
        None | Some(Value::Number(_)) => Ok(arguments.present(0).cloned()),
        other => Err(HelperError::new(format!("takes a number as its argument 1, found {}", kind_of(other)))),
    },
};
