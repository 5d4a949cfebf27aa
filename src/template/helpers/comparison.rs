//! What `eq` and its kin share.
//!
//! Numbers compare exactly, by their digits.

use std::cmp::Ordering;

use serde_json::Value;

use super::HelperError;
use super::arguments::{Arguments, wrong};
use crate::value::{compare_numbers, deep_equal_within};

/// Whether the first two arguments are equal; nothing equals nothing.
pub(super) fn equal(arguments: &Arguments<'_>) -> Result<bool, HelperError> {
    match (arguments.present(0), arguments.present(1)) {
        (Some(left), Some(right)) => Ok(deep_equal_within(left, right, arguments.budget())?),
        (None, None) => Ok(true),
        _ => Ok(false),
    }
}

/// How the first two arguments compare, which must be numbers.
pub(super) fn ordering(arguments: &Arguments<'_>) -> Result<Ordering, HelperError> {
    let number = |index| match arguments.value(index) {
        Some(Value::Number(number)) => Ok(number),
        other => Err(wrong(index, "a number", other.unwrap_or(&Value::Null))),
    };
    Ok(compare_numbers(number(0)?, number(1)?))
}
