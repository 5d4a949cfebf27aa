//! Which kinds of body are read: JSON in UTF-8, uncompressed.
//!
//! Looks at headers only.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use thiserror::Error;

/// Why a body is not read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum ContentError {
    #[error("The `Content-Type` of the request is not JSON. Send `application/json`.")]
    Type,
    #[error("The `Content-Type` of the request names another charset than UTF-8. Send the body in UTF-8.")]
    Charset,
    #[error("The request has a `Content-Encoding`. Send the body uncompressed.")]
    Encoding,
}

/// `application/json` or `application/*+json` with any parameters, or no type at all; no other charset than UTF-8.
pub(super) fn check(headers: &HeaderMap) -> Result<(), ContentError> {
    let encodings = headers.get_all(CONTENT_ENCODING).iter();
    if !encodings.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).all(is_identity) {
        return Err(ContentError::Encoding);
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (first, second) = (types.next(), types.next());
    match (first, second) {
        (None, _) => Ok(()),
        (Some(value), None) if value == "application/json" => Ok(()),
        (Some(value), None) => value.to_str().map_err(|_| ContentError::Type).and_then(check_type),
        (Some(_), Some(_)) => Err(ContentError::Type),
    }
}

fn is_identity(encoding: &[u8]) -> bool {
    let encoding = encoding.trim_ascii();
    encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity")
}

fn check_type(value: &str) -> Result<(), ContentError> {
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let suffixed = essence.strip_prefix("application/").and_then(|kind| kind.strip_suffix("+json"));
    let json = essence.is_empty() || essence == "application/json" || suffixed.is_some_and(|kind| !kind.is_empty());
    if !json {
        return Err(ContentError::Type);
    }
    let mut charsets = parts.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let utf8 = charsets.all(|charset| ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name)));
    if utf8 { Ok(()) } else { Err(ContentError::Charset) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    #[track_caller]
    fn check_headers(sent: &[(HeaderName, &str)], expected: Result<(), ContentError>) {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(name, value.parse().expect("a header value"));
        }
        assert_eq!(check(&headers), expected, "{sent:?}");
    }

    #[test]
    fn json_in_every_spelling_is_read() {
        check_headers(&[], Ok(()));
        for value in [
            "",
            "application/json",
            "APPLICATION/JSON",
            "application/json; charset=utf-8",
            "application/json;Charset=\"UTF-8\"; v=1",
            "application/vnd.x+json",
        ] {
            check_headers(&[(CONTENT_TYPE, value)], Ok(()));
        }
    }

    #[test]
    fn other_types_are_not() {
        for value in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "text/json",
            "application/+json",
            "application/jsonp",
            "*/*",
        ] {
            check_headers(&[(CONTENT_TYPE, value)], Err(ContentError::Type));
        }
        check_headers(
            &[(CONTENT_TYPE, "application/json"), (CONTENT_TYPE, "application/json")],
            Err(ContentError::Type),
        );
    }

    #[test]
    fn other_charsets_are_not() {
        check_headers(&[(CONTENT_TYPE, "application/json; charset=iso-8859-1")], Err(ContentError::Charset));
        check_headers(&[(CONTENT_TYPE, "application/json; charset=utf-16")], Err(ContentError::Charset));
    }

    #[test]
    fn compressed_bodies_are_not() {
        check_headers(&[(CONTENT_ENCODING, "identity")], Ok(()));
        check_headers(&[(CONTENT_ENCODING, "gzip")], Err(ContentError::Encoding));
        check_headers(&[(CONTENT_ENCODING, "identity, br")], Err(ContentError::Encoding));
    }
}
