//! `string`: a scalar as text.
//!
//! Lists and maps have no one text; `join` and `json` write those.

use super::arguments::map_text;
use super::{Example, Helper};

/// `string value`
pub(super) static STRING: Helper = Helper {
    name: "string",
    signature: "string value",
    summary: "The text of a text, number or boolean; a number keeps its digits, `12.0` is `12`. Absent stays absent; a \
              list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: "{{string data.x}}", data: r#"{"x":42}"#, gives: r#""42""# }],
    call: |arguments| map_text(arguments, |text| Ok(text.to_owned())),
};
