//! `trim`: a text without white space at its ends.
//!
//! White space inside stays; see `single_line` for that.

use super::arguments::map_text;
use super::{Example, Helper};

/// `trim text`
pub(super) static TRIM: Helper = Helper {
    name: "trim",
    signature: "trim text",
    summary: "The text without white space at its ends. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{trim data.x}}", data: r#"{"x":"  a b \n"}"#, gives: r#""a b""# }],
    call: |arguments| map_text(arguments, |text| Ok(text.trim().to_owned())),
};
