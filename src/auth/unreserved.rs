//! The percent-encoding that signatures are made over: all but the unreserved characters
//! (RFC 3986 §2.3), in capitals (RFC 5849 §3.6, and AWS's `UriEncode`).
//!
//! Pure; works on bytes, so that a query that is no UTF-8 is signed as it is sent.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The bytes, percent-encoded.
pub(super) fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// The text, which may be percent-encoded in part or in another way, percent-encoded in this way.
pub(super) fn encode_again(text: &str) -> String {
    let bytes: Vec<u8> = percent_decode(text.as_bytes()).collect();
    encode(&bytes)
}
