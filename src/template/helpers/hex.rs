//! `hex`: a text in hex.
//!
//! Of the UTF-8 bytes, in lower case.

use super::arguments::map_text;
use super::{Example, Helper};

/// `hex text`
pub(super) static HEX: Helper = Helper {
    name: "hex",
    signature: "hex text",
    summary: "The bytes of the text in hex. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{hex data.x}}"#, data: r#"{"x":"hi"}"#, gives: r#""6869""# }],
    call: |arguments| map_text(arguments, |text| Ok(hex::encode(text))),
};
