//! `lines`: a text as a list of its lines.
//!
//! Knows the line breaks of Unix and of Windows.

use super::{Example, Helper};

/// `lines text`
pub(super) static LINES: Helper = Helper {
    name: "lines",
    signature: "lines text",
    summary: "The lines of the text as a list, without their line breaks. Absent stays absent; a list or a map is an \
              error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{lines data.x}}", data: r#"{"x":"a\r\nb\n"}"#, gives: r#"["a","b"]"# }],
    call: |arguments| Ok(arguments.text(0)?.map(|text| text.lines().collect())),
};
