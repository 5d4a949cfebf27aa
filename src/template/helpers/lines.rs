//! `lines`: a text as a list of its lines.
//!
//! Knows the line breaks of Unix and of Windows.

use super::{Example, Helper};
use crate::value::NODE_SIZE;

/// `lines text`
pub(super) static LINES: Helper = Helper {
    name: "lines",
    signature: "lines text",
    summary: "The lines of the text as a list, without their line breaks. Absent stays absent; a list or a map is an \
              error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{lines data.x}}", data: r#"{"x":"a\r\nb\n"}"#, gives: r#"["a","b"]"# }],
    call: |arguments| {
        let Some(text) = arguments.text(0)? else { return Ok(None) };
        arguments.afford(text.len().saturating_add(text.lines().count().saturating_mul(NODE_SIZE)))?;
        Ok(Some(text.lines().collect()))
    },
};
