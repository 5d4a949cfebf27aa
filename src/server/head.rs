//! Checks the head of an HTTP/1 request more strictly than hyper does.
//!
//! Text in, verdict out; reads nothing itself. The parser is the one that hyper uses, so that both see the same lines.

use httparse::{EMPTY_HEADER, Error as ParseError, Header, Request, Status};
use thiserror::Error;

use super::request_id::RequestId;

/// Most headers that are ever looked at.
const MOST_HEADERS: usize = 100;

/// Why a request is not let through.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum Refusal {
    #[error("The head of the request is not valid HTTP.")]
    Malformed,
    #[error("The version of HTTP is not served here. Speak HTTP/1.0, HTTP/1.1 or HTTP/2.")]
    Version,
    #[error("The head of the request is larger than {limit} bytes. Send less.")]
    TooLarge { limit: usize },
    #[error("The request has more than {limit} headers. Send fewer.")]
    TooManyHeaders { limit: usize },
    #[error("The head of the request did not arrive in time.")]
    TooSlow,
    #[error("The connection ended inside the head of the request.")]
    Incomplete,
    #[error("The request has both `Content-Length` and `Transfer-Encoding`. Send one of them.")]
    TwoLengths,
    #[error("The `Content-Length` of the request is not one whole number.")]
    Length,
    #[error("The `Transfer-Encoding` of the request is not `chunked`, or the request is not HTTP/1.1.")]
    TransferEncoding,
    #[error("The request must have exactly one `Host`.")]
    Host,
}

/// How the body of a request is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// What the bytes read so far amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No whole head yet.
    Partial,
    /// A head of so many bytes that can be let through.
    Good { length: usize, framing: Framing },
    /// One that cannot.
    Refused(Refused),
}

/// A head that is not let through, with what its answer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: Refusal,
    /// An answer to HEAD has no body.
    pub(super) is_head: bool,
    /// The caller's own, if it sent one that is sane.
    pub(super) request_id: Option<RequestId>,
}

impl From<Refusal> for Refused {
    fn from(why: Refusal) -> Self {
        Self { why, is_head: false, request_id: None }
    }
}

/// Judges the bytes at the start of a request.
pub(super) fn check(bytes: &[u8], most_headers: usize) -> Verdict {
    let mut space = [EMPTY_HEADER; MOST_HEADERS];
    let limit = most_headers.min(MOST_HEADERS);
    let mut request = Request::new(space.get_mut(..limit).unwrap_or_default());
    let parsed = request.parse(bytes);
    let why = match parsed {
        Ok(Status::Partial) => return Verdict::Partial,
        Ok(Status::Complete(length)) => match framing(&request) {
            Ok(framing) => return Verdict::Good { length, framing },
            Err(why) => why,
        },
        Err(ParseError::TooManyHeaders) => Refusal::TooManyHeaders { limit },
        Err(ParseError::Version) => Refusal::Version,
        Err(_) => Refusal::Malformed,
    };
    let mut ids = request.headers.iter().filter(|header| is(header, "x-request-id"));
    Verdict::Refused(Refused {
        why,
        is_head: request.method == Some("HEAD"),
        request_id: ids.next().and_then(|header| RequestId::checked(header.value)),
    })
}

/// RFC 9112, sections 3.2 and 6: a request with two opinions on its own length is an attempt at smuggling.
fn framing(request: &Request<'_, '_>) -> Result<Framing, Refusal> {
    let is_1_1 = request.version == Some(1);
    // hyper would answer these itself, without a body.
    let uri = request.path.is_some_and(|path| http::Uri::try_from(path).is_ok());
    let method = request.method.is_some_and(|method| http::Method::from_bytes(method.as_bytes()).is_ok());
    if !uri || !method {
        return Err(Refusal::Malformed);
    }
    let (mut lengths, mut encodings, mut hosts) = (Vec::new(), Vec::new(), 0_usize);
    for header in request.headers.iter() {
        if is(header, "content-length") {
            lengths.push(header.value);
        } else if is(header, "transfer-encoding") {
            encodings.push(header.value);
        } else if is(header, "host") {
            hosts += 1;
        }
    }
    if hosts > 1 || (is_1_1 && hosts == 0) {
        return Err(Refusal::Host);
    }
    match (lengths.as_slice(), encodings.as_slice()) {
        ([], []) => Ok(Framing::Length(0)),
        ([length], []) => whole_number(length).map(Framing::Length).ok_or(Refusal::Length),
        ([], [encoding]) if is_1_1 && encoding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        ([], _) => Err(Refusal::TransferEncoding),
        (_, []) => Err(Refusal::Length),
        (_, _) => Err(Refusal::TwoLengths),
    }
}

fn is(header: &Header<'_>, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

/// Digits only: Rust's own parser would let a plus sign through. The two largest numbers mean something else to hyper.
fn whole_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|length| *length < u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_good(head: &str, expected: Framing) {
        assert_eq!(check(head.as_bytes(), 100), Verdict::Good { length: head.len(), framing: expected });
        for end in 0..head.len() {
            assert_eq!(check(&head.as_bytes()[..end], 100), Verdict::Partial, "at {end}");
        }
    }

    #[track_caller]
    fn check_refused(head: &str, expected: Refusal) {
        match check(head.as_bytes(), 5) {
            Verdict::Refused(refused) => assert_eq!(refused.why, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_body_is_framed_by_its_length_or_by_chunks() {
        check_good("POST /a HTTP/1.1\r\nHost: x\r\n\r\n", Framing::Length(0));
        check_good("POST /a HTTP/1.0\r\n\r\n", Framing::Length(0));
        check_good("POST /a HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 12\r\n\r\n", Framing::Length(12));
        check_good("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n", Framing::Chunked);
    }

    #[test]
    fn two_opinions_on_the_length_are_refused() {
        for (head, why) in [
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", Refusal::TwoLengths),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", Refusal::TwoLengths),
            ("Transfer-Encoding: chunked\r\nContent-Length: x", Refusal::TwoLengths),
            ("Content-Length: 5\r\nContent-Length: 6", Refusal::Length),
            ("Content-Length: 5\r\nContent-Length: 5", Refusal::Length),
            ("Content-Length: 5, 5", Refusal::Length),
            ("Content-Length: +5", Refusal::Length),
            ("Content-Length: -5", Refusal::Length),
            ("Content-Length: 0x5", Refusal::Length),
            ("Content-Length:", Refusal::Length),
            ("Content-Length: 18446744073709551614", Refusal::Length),
            ("Content-Length: 18446744073709551615", Refusal::Length),
            ("Content-Length: 99999999999999999999", Refusal::Length),
            ("Transfer-Encoding: gzip, chunked", Refusal::TransferEncoding),
            ("Transfer-Encoding: identity", Refusal::TransferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Refusal::TransferEncoding),
            ("Transfer-Encoding: \"chunked\"", Refusal::TransferEncoding),
        ] {
            check_refused(&format!("POST /a HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n"), why);
        }
        check_refused("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", Refusal::TransferEncoding);
    }

    #[test]
    fn headers_that_hide_from_one_of_two_parsers_are_refused() {
        for head in ["Content-Length : 5", "Content-Length: 5\r\n 6", "Content\0Length: 5", "X: a\rContent-Length: 5"] {
            check_refused(&format!("POST /a HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n"), Refusal::Malformed);
        }
    }

    #[test]
    fn exactly_one_host_is_named() {
        check_refused("POST /a HTTP/1.1\r\n\r\n", Refusal::Host);
        check_refused("POST /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Refusal::Host);
    }

    #[test]
    fn what_is_no_http_is_refused() {
        check_refused("\u{16}\u{3}\u{1}", Refusal::Malformed);
        check_refused("POST /a b HTTP/1.1\r\n\r\n", Refusal::Version);
        check_refused("POST /a HTTP/3.0\r\n\r\n", Refusal::Version);
        check_refused("POST a?b HTTP/1.1\r\nHost: x\r\n\r\n", Refusal::Malformed);
        check_refused(
            "GET / HTTP/1.1\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\n\r\n",
            Refusal::TooManyHeaders { limit: 5 },
        );
    }

    #[test]
    fn an_answer_to_head_and_the_callers_id_are_kept() {
        let head = "HEAD /a HTTP/1.1\r\nX-Request-Id: abc\r\n\r\n";
        match check(head.as_bytes(), 100) {
            Verdict::Refused(refused) => {
                assert!(refused.is_head);
                assert_eq!(refused.request_id.expect("an id").as_str(), "abc");
            }
            other => panic!("{other:?}"),
        }
    }
}
