//! `integer`: a whole number, also from its digits.
//!
//! Refuses what would change an id or lose a fraction; every digit stays.

use serde_json::{Number, Value};

use super::{Example, Helper, HelperError};
use crate::value::{exact_digits, kind_of};

/// `integer value`
pub(super) static INTEGER: Helper = Helper {
    name: "integer",
    signature: "integer value",
    summary: "The whole number that the number or text is, with all its digits. Absent stays absent; a fraction, an \
              exponent, leading zeros and anything that is no number are errors.",
    arity: (1, 1),
    named: &[],
    examples: &[
        Example { template: "{{integer data.x}}", data: r#"{"x":"42"}"#, gives: "42" },
        Example {
            template: "{{integer data.x}}",
            data: r#"{"x":"12345678901234567890"}"#,
            gives: "12345678901234567890",
        },
    ],
    call: |arguments| match arguments.present(0) {
        None => Ok(None),
        Some(value) => whole(value).map(|number| Some(Value::Number(number))).ok_or_else(|| unfit(value)),
    },
};

fn whole(value: &Value) -> Option<Number> {
    let digits = match value {
        Value::Number(number) => exact_digits(number),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    let is_whole = digits.bytes().all(|digit| digit.is_ascii_digit() || digit == b'-');
    // JSON itself refuses leading zeros.
    if is_whole { digits.parse().ok() } else { None }
}

fn unfit(value: &Value) -> HelperError {
    let found = match value {
        Value::String(_) => "text that is none",
        Value::Number(_) => "a number with a fraction or an exponent",
        other => kind_of(Some(other)),
    };
    HelperError::new(format!("takes a whole number without leading zeros as its argument 1, found {found}"))
}
