//! The memory that a value takes, for what is charged when it is built, read or copied.
//!
//! Counts what is there; spare capacity and what the allocator rounds up are beside it, and never more than as much again.

use serde_json::Value;

/// A value itself, wherever it is.
pub const NODE_SIZE: usize = size_of::<Value>();

/// A member of a map beside its value and the text of its key: the key, its hash, its place in the index.
pub const MEMBER_SIZE: usize = size_of::<String>() + 24;

/// The bytes of a value with all that is in it.
#[must_use]
pub fn deep_size(value: &Value) -> usize {
    let inside = match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(deep_size).sum(),
        Value::Object(members) => members.iter().map(|(key, member)| MEMBER_SIZE + key.len() + deep_size(member)).sum(),
    };
    NODE_SIZE + inside
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_inside_counts_at_any_depth() {
        assert_eq!(deep_size(&json!([[["x", 12, null]]])), 6 * NODE_SIZE + 3);
        assert_eq!(deep_size(&json!({"key": {"k": true}})), 3 * NODE_SIZE + 2 * MEMBER_SIZE + 4);
    }

    /// If the library's values grow, the bounds mean less memory than they say.
    #[test]
    fn a_value_is_as_large_as_it_was_measured() {
        assert!((64..=80).contains(&NODE_SIZE), "{NODE_SIZE}");
    }
}
