//! `hmac_sha256`: a keyed hash of a text.
//!
//! RFC 2104 over SHA-256, in lower-case hex.

use ring::hmac;

use super::arguments::map_text;
use super::{Example, Helper, HelperError};

/// `hmac_sha256 text key`
pub(super) static HMAC_SHA256: Helper = Helper {
    name: "hmac_sha256",
    signature: "hmac_sha256 text key",
    summary: "The HMAC-SHA256 of the text under the key, in hex. An absent text stays absent; an absent or empty key is an error.",
    arity: (2, 2),
    named: &[],
    examples: &[Example {
        template: r#"{{hmac_sha256 data.x "key"}}"#,
        data: r#"{"x":"The quick brown fox jumps over the lazy dog"}"#,
        gives: r#""f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8""#,
    }],
    call: |arguments| {
        if arguments.present(0).is_none() {
            return Ok(None);
        }
        let key = arguments.needed_text(1)?;
        if key.is_empty() {
            return Err(HelperError::new("needs a key that is not empty"));
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        map_text(arguments, |text| Ok(hex::encode(hmac::sign(&key, text.as_bytes()))))
    },
};
