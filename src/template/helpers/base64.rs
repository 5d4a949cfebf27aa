//! `base64`: base64 of a text.
//!
//! RFC 4648 §4, of the UTF-8 bytes, padded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::arguments::map_text;
use super::{Example, Helper};

/// `base64 text`
pub(super) static BASE64: Helper = Helper {
    name: "base64",
    signature: "base64 text",
    summary: "The text in base64, standard alphabet, padded. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{base64 data.x}}"#, data: r#"{"x":"hé"}"#, gives: r#""aMOp""# }],
    call: |arguments| map_text(arguments, |text| Ok(STANDARD.encode(text))),
};
