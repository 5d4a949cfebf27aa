//! `sha256`: the SHA-256 of a text.
//!
//! FIPS 180-4, of the UTF-8 bytes, in lower-case hex.

use ring::digest::{self, digest};

use super::arguments::map_text;
use super::{Example, Helper};

/// `sha256 text`
pub(super) static SHA256: Helper = Helper {
    name: "sha256",
    signature: "sha256 text",
    summary: "The SHA-256 of the text in hex. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example {
        template: r#"{{sha256 data.x}}"#,
        data: r#"{"x":"abc"}"#,
        gives: r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
    }],
    call: |arguments| map_text(arguments, |text| Ok(hex::encode(digest(&digest::SHA256, text.as_bytes())))),
};
