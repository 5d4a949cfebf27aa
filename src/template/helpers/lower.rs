//! `lower`: a text in small letters.
//!
//! Unicode's own mapping, no language's rules.

use super::arguments::map_text;
use super::{Example, Helper};

/// `lower text`
pub(super) static LOWER: Helper = Helper {
    name: "lower",
    signature: "lower text",
    summary: "The text in small letters. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{lower data.x}}", data: r#"{"x":"ABC"}"#, gives: r#""abc""# }],
    call: |arguments| map_text(arguments, |text| Ok(text.to_lowercase())),
};
