//! `upper`: a text in capitals.
//!
//! Unicode's own mapping, no language's rules.

use super::arguments::map_text;
use super::{Example, Helper};

/// `upper text`
pub(super) static UPPER: Helper = Helper {
    name: "upper",
    signature: "upper text",
    summary: "The text in capitals. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{upper data.x}}", data: r#"{"x":"abc"}"#, gives: r#""ABC""# }],
    call: |arguments| map_text(arguments, |text| Ok(text.to_uppercase())),
};
