//! `base64_decode`: the text that a base64 text stands for.
//!
//! Both alphabets, padded or not; the bytes must be UTF-8.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::arguments::map_text;
use super::{Example, Helper, HelperError};

/// `base64_decode text`
pub(super) static BASE64_DECODE: Helper = Helper {
    name: "base64_decode",
    signature: "base64_decode text",
    summary: "The text that the base64 text stands for. Absent stays absent; what is not base64 of a UTF-8 text is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{base64_decode data.x}}"#, data: r#"{"x":"aMOp"}"#, gives: r#""hé""# }],
    call: |arguments| {
        map_text(arguments, |text| {
            let bare = text.trim().trim_end_matches('=');
            let bytes = STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare));
            let bytes = bytes.map_err(|_| HelperError::new("needs base64, found other text"))?;
            String::from_utf8(bytes).map_err(|_| HelperError::new("found base64 of bytes that are not UTF-8 text"))
        })
    },
};
