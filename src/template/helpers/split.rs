//! `split`: a text as a list of its parts.
//!
//! Plain separators, no patterns.

use serde_json::Value;

use super::{Example, Helper, HelperError};
use crate::value::NODE_SIZE;

/// `split text separator`
pub(super) static SPLIT: Helper = Helper {
    name: "split",
    signature: "split text separator",
    summary: "The parts of the text between the separators, as a list; an empty text has none. Absent stays absent; \
              an empty separator is an error.",
    arity: (2, 2),
    named: &[],
    examples: &[Example { template: "{{split data.x \",\"}}", data: r#"{"x":"a,b"}"#, gives: r#"["a","b"]"# }],
    call: |arguments| {
        let Some(text) = arguments.text(0)? else { return Ok(None) };
        let separator = arguments.needed_text(1)?;
        if separator.is_empty() {
            return Err(HelperError::new("needs a separator as its argument 2, found an empty text"));
        }
        if text.is_empty() {
            return Ok(Some(Value::Array(Vec::new())));
        }
        arguments.afford(text.len().saturating_add(text.matches(&separator).count().saturating_mul(NODE_SIZE)))?;
        Ok(Some(text.split(&separator).collect()))
    },
};
