//! Equality of JSON values: numbers by value, maps in any order.
//!
//! Stands in for `==` on values, which compares numbers by their text.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::compare_numbers;
use crate::budget::{Budget, Exhausted};

/// Whether two values mean the same: `1` equals `1.0`, and the order of a map's keys does not count. For what serves no
/// call; what does charges it to its budget with [`deep_equal_within`].
#[must_use]
pub fn deep_equal(left: &Value, right: &Value) -> bool {
    deep_equal_within(left, right, &Budget::unlimited()).unwrap_or(false)
}

/// As [`deep_equal`]; charges a step for each node, and one for each 64 characters of text.
///
/// # Errors
/// When the budget is exhausted.
pub fn deep_equal_within(left: &Value, right: &Value, budget: &Budget) -> Result<bool, Exhausted> {
    budget.charge_steps(1)?;
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Number(left), Value::Number(right)) => {
            budget.charge_steps((left.as_str().len() + right.as_str().len()) / 64)?;
            Ok(compare_numbers(left, right) == Ordering::Equal)
        }
        (Value::String(left), Value::String(right)) => {
            budget.charge_steps(left.len().min(right.len()) / 64)?;
            Ok(left == right)
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                if !deep_equal_within(left, right, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(left), Value::Object(right)) => same_members(left, right, budget),
        _ => Ok(false),
    }
}

/// As many keys, and each of them with an equal value on the other side.
fn same_members(left: &Map<String, Value>, right: &Map<String, Value>, budget: &Budget) -> Result<bool, Exhausted> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, left) in left {
        // Finding a key hashes it.
        budget.charge_steps(1 + key.len() / 64)?;
        match right.get(key) {
            Some(right) if deep_equal_within(left, right, budget)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::budget::BudgetBounds;

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
        check("[1]", "[1, 2]", false);
        check(r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#, false);
    }

    #[test]
    fn kinds_never_mix() {
        check("1", "\"1\"", false);
        check("null", "false", false);
        check("[]", "{}", false);
        check(r#"{"a": null}"#, r#"{"b": null}"#, false);
    }

    #[track_caller]
    fn stops(left: &Value, right: &Value, steps: u64) {
        let within = |steps| {
            let bounds = BudgetBounds { steps, ..BudgetBounds::default() };
            deep_equal_within(left, right, &Budget::new(bounds, Instant::now() + Duration::from_secs(3600)))
        };
        assert_eq!(within(steps - 1), Err(Exhausted::Steps(steps - 1)));
        assert_eq!(within(steps), Ok(true));
    }

    #[test]
    fn a_comparison_charges_what_it_looks_at_at_any_depth() {
        let long = Value::Array(vec![Value::Null; 100]);
        stops(&long, &long, 101);
        let nested = json!([[long]]);
        stops(&nested, &nested, 103);
        let text = json!({"a": "x".repeat(640)});
        stops(&text, &text, 1 + 1 + 1 + 10);
        let named = json!({"k".repeat(128): 1});
        stops(&named, &named, 1 + 3 + 1);
    }
}
