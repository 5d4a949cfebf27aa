//! Equality of JSON values: numbers by value, maps in any order.
//!
//! Stands in for `==` on values, which compares numbers by their text.

use std::cmp::Ordering;

use serde_json::Value;

use super::compare_numbers;

/// Whether two values mean the same: `1` equals `1.0`, and the order of a map's keys does not count.
#[must_use]
pub fn deep_equal(left: &Value, right: &Value) -> bool {
    let mut unlimited = usize::MAX;
    deep_equal_within(left, right, &mut unlimited).unwrap_or(false)
}

/// As [`deep_equal`], taking about one of `steps` for each node and each 64 characters of text; absent when they run out.
#[must_use]
pub fn deep_equal_within(left: &Value, right: &Value, steps: &mut usize) -> Option<bool> {
    *steps = steps.checked_sub(1)?;
    match (left, right) {
        (Value::Null, Value::Null) => Some(true),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::Number(left), Value::Number(right)) => {
            *steps = steps.checked_sub((left.as_str().len() + right.as_str().len()) / 64)?;
            Some(compare_numbers(left, right) == Ordering::Equal)
        }
        (Value::String(left), Value::String(right)) => {
            *steps = steps.checked_sub(left.len().min(right.len()) / 64)?;
            Some(left == right)
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return Some(false);
            }
            all_equal(left.iter().zip(right), steps)
        }
        (Value::Object(left), Value::Object(right)) => {
            *steps = steps.checked_sub(left.len())?;
            if left.len() != right.len() || !left.keys().all(|key| right.contains_key(key)) {
                return Some(false);
            }
            all_equal(left.iter().filter_map(|(key, value)| Some((value, right.get(key)?))), steps)
        }
        _ => Some(false),
    }
}

fn all_equal<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>, steps: &mut usize) -> Option<bool> {
    for (left, right) in pairs {
        if !deep_equal_within(left, right, steps)? {
            return Some(false);
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(left: &str, right: &str, expected: bool) {
        let (left, right) = (serde_json::from_str(left).unwrap(), serde_json::from_str(right).unwrap());
        assert_eq!(deep_equal(&left, &right), expected, "{left} and {right}");
    }

    #[test]
    fn numbers_are_equal_by_value() {
        check("[1, {\"a\": 2.0}]", "[1.0, {\"a\": 2}]", true);
        check("9007199254740992", "9007199254740993", false);
    }

    #[test]
    fn the_order_of_keys_does_not_count_and_that_of_items_does() {
        check(r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, true);
        check("[1, 2]", "[2, 1]", false);
    }

    #[test]
    fn kinds_never_mix() {
        check("1", "\"1\"", false);
        check("null", "false", false);
        check("[]", "{}", false);
        check(r#"{"a": null}"#, r#"{"b": null}"#, false);
    }

    #[test]
    fn a_comparison_stops_when_its_steps_run_out() {
        let long = Value::Array(vec![Value::Null; 100]);
        assert_eq!(deep_equal_within(&long, &long, &mut 50), None);
        assert_eq!(deep_equal_within(&long, &long, &mut 500), Some(true));
    }
}
