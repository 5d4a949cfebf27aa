//! `digits`: the digits of a text.
//!
//! ASCII digits only; everything else is dropped.

use super::arguments::map_text;
use super::{Example, Helper};

/// `digits text`
pub(super) static DIGITS: Helper = Helper {
    name: "digits",
    signature: "digits text",
    summary: "The digits of the text, everything else left out. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{digits data.x}}"#, data: r#"{"x":"+351 (21) 00"}"#, gives: r#""3512100""# }],
    call: |arguments| map_text(arguments, |text| Ok(text.chars().filter(char::is_ascii_digit).collect())),
};
