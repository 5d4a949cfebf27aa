//! `single_line`: a text on one line.
//!
//! Removes white space only; `strip_html` removes tags.

use super::arguments::map_text;
use super::{Example, Helper};

/// `single_line text`
pub(super) static SINGLE_LINE: Helper = Helper {
    name: "single_line",
    signature: "single_line text",
    summary: "The text with each run of white space and line breaks as one blank, and none at its ends. Absent stays \
              absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{single_line data.x}}", data: r#"{"x":" a\n\n b "}"#, gives: r#""a b""# }],
    call: |arguments| map_text(arguments, |text| Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))),
};
