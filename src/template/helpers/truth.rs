//! What counts as true in `#if`, `and`, `or` and `not`: as Handlebars has it.

use serde_json::Value;

/// False are: nothing, null, false, 0, the empty text and the empty list.
pub(in crate::template) fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::Bool(true) | Value::Object(_)) => true,
    }
}
