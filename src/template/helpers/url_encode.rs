//! `url_encode`: a text percent-encoded.
//!
//! All but the unreserved characters of RFC 3986 §2.3.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::arguments::map_text;
use super::{Example, Helper};

/// `url_encode text`
pub(super) static URL_ENCODE: Helper = Helper {
    name: "url_encode",
    signature: "url_encode text",
    summary: "The text percent-encoded. Paths, queries and forms encode by themselves; this is for addresses inside other texts. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example {
        template: r#"{{url_encode data.x}}"#,
        data: r#"{"x":"a b/ü"}"#,
        gives: r#""a%20b%2F%C3%BC""#,
    }],
    call: |arguments| map_text(arguments, |text| Ok(utf8_percent_encode(text, RESERVED).to_string())),
};

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
