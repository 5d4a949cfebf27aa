//! Bytes to text by byte order mark, `charset` or XML declaration.
//!
//! Never puts replacement characters in the place of bytes it cannot read.

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use thiserror::Error;

/// Why bytes cannot be read as text.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CharsetError {
    /// A charset that is not known, over bytes that are not UTF-8.
    #[error("the charset `{name}` is not known")]
    Unknown {
        /// The charset, shortened.
        name: String,
    },
    /// Bytes that the charset does not have.
    #[error("the text is not valid {charset}")]
    Invalid {
        /// The charset's usual name.
        charset: &'static str,
    },
}

/// Reads bytes as text: a byte order mark decides, then the `charset` of `content_type`, then the encoding that an XML
/// declaration names, then UTF-8; where the charset is unknown, UTF-8 too. The mark itself is dropped. Of UTF-8 that nobody else holds nothing is copied.
///
/// # Errors
///
/// [`CharsetError`] where the charset is unknown or the bytes do not belong to it, and the bytes.
pub fn decode_text(bytes: Bytes, content_type: Option<&str>) -> Result<String, (CharsetError, Bytes)> {
    let (encoding, mark) = match Encoding::for_bom(&bytes) {
        Some((encoding, length)) => (encoding, length),
        None => match declared(&bytes, content_type) {
            Ok(encoding) => (encoding, 0),
            // Text that is valid UTF-8 by chance is rare; a label such as `UTF8MB4` over it is not.
            Err(error) => return String::from_utf8(bytes.into()).map_err(|kept| (error, kept.into_bytes().into())),
        },
    };
    let invalid = |bytes| (CharsetError::Invalid { charset: encoding.name() }, bytes);
    if encoding == UTF_8 && mark == 0 {
        return String::from_utf8(bytes.into()).map_err(|error| invalid(error.into_bytes().into()));
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes.get(mark..).unwrap_or_default());
    match text {
        Some(text) => Ok(text.into_owned()),
        None => Err(invalid(bytes)),
    }
}

fn declared(bytes: &[u8], content_type: Option<&str>) -> Result<&'static Encoding, CharsetError> {
    if let Some(label) = content_type.and_then(charset_of) {
        return by_label(label);
    }
    match xml_encoding(bytes) {
        // A declaration that could be read byte by byte is not UTF-16, whatever it says.
        Some(label) => by_label(label).map(|found| match found {
            _ if found == UTF_16LE || found == UTF_16BE => UTF_8,
            _ => found,
        }),
        None => Ok(UTF_8),
    }
}

fn by_label(label: &str) -> Result<&'static Encoding, CharsetError> {
    Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| CharsetError::Unknown {
        name: label.chars().filter(|character| !character.is_control()).take(40).collect(),
    })
}

/// The `charset` parameter of a content type, without its quotes.
fn charset_of(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    })
}

/// The `encoding` of an XML declaration.
fn xml_encoding(bytes: &[u8]) -> Option<&str> {
    let rest = bytes.strip_prefix(b"<?xml")?;
    let end = rest.windows(2).take(200).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(rest.get(..end)?).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.split(quote).nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], content_type: Option<&str>, expected: &str) {
        assert_eq!(decode_text(Bytes::copy_from_slice(bytes), content_type).as_deref(), Ok(expected));
    }

    #[track_caller]
    fn check_refused(bytes: &'static [u8], content_type: Option<&str>, expected: CharsetError) {
        let bytes = Bytes::from_static(bytes);
        assert_eq!(decode_text(bytes.clone(), content_type), Err((expected, bytes)));
    }

    #[test]
    fn utf_8_is_the_default() {
        check("é".as_bytes(), None, "é");
        check("é".as_bytes(), Some("application/json"), "é");
    }

    #[test]
    fn a_byte_order_mark_decides() {
        check(b"\xEF\xBB\xBFa", Some("text/plain; charset=iso-8859-1"), "a");
        check(b"\xFF\xFEa\0", None, "a");
        check(b"\xFE\xFF\0a", Some("text/plain; charset=utf-8"), "a");
    }

    #[test]
    fn the_charset_parameter_is_found_in_any_spelling() {
        check(b"\xE9", Some("text/xml; charset=ISO-8859-1"), "é");
        check(b"\xE9", Some("text/xml;x=y; CHARSET = \"latin1\""), "é");
        check(b"\x93\xFA", Some("text/plain;charset=Shift_JIS"), "日");
        check(b"a\0", Some("text/plain; charset=utf-16le"), "a");
    }

    #[test]
    fn an_xml_declaration_is_heard_when_nothing_else_speaks() {
        let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>é</a>";
        let bytes: Vec<u8> = declared.chars().map(|character| character as u8).collect();
        check(&bytes, Some("text/xml"), declared);
        check(b"<?xml version='1.0' encoding='UTF-16'?><a/>", None, "<?xml version='1.0' encoding='UTF-16'?><a/>");
    }

    #[test]
    fn bytes_that_do_not_fit_are_an_error() {
        check_refused(b"a\xFF", None, CharsetError::Invalid { charset: "UTF-8" });
        check_refused(b"\xEF\xBB\xBFa\xFF", None, CharsetError::Invalid { charset: "UTF-8" });
        check_refused(b"\xFF\xFEa", None, CharsetError::Invalid { charset: "UTF-16LE" });
        let unknown = CharsetError::Unknown { name: "klingon".to_owned() };
        check_refused(b"a\xE9", Some("text/plain; charset=klingon"), unknown);
    }

    #[test]
    fn an_unknown_label_over_valid_utf_8_does_no_harm() {
        check("é".as_bytes(), Some("application/json; charset=UTF8MB4"), "é");
    }
}
