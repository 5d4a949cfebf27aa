//! Why a request has no answer, told from the types and kinds of the libraries' errors, never from their words.
//!
//! Pure. No text of theirs goes out: it may hold the address, and that a secret.

use std::io::ErrorKind;

use h2::Reason;

use super::chain::Chain;
use super::connect::ConnectError;
use super::{ProxyError, SendError, TlsError};

/// Where a request goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// To the service.
    Service,
    /// To a proxy that makes a tunnel to the service.
    Tunnel,
    /// To a proxy that sends it on.
    Proxy,
}

const HEAD: &str = "its head cannot be read";
const BODY: &str = "its body cannot be decoded";
const FRAMES: &str = "its HTTP/2 frames cannot be read";

/// The way in which a request that was begun failed.
pub(super) fn classify(error: &(dyn std::error::Error + 'static), hop: Hop) -> SendError {
    let chain = Chain::of(error);
    if let Some(error) = chain.find::<ConnectError>() {
        return not_connected(error, hop);
    }
    if let Some(error) = chain.find::<rustls::Error>() {
        return if TlsError::refuses_ours(error) { SendError::Tls(TlsError::of(error)) } else { SendError::Cut };
    }
    if let Some(error) = chain.find::<h2::Error>() {
        return over_h2(error);
    }
    // A body that ends too early is an I/O error of this kind inside hyper's.
    if chain.has_io(&[ErrorKind::UnexpectedEof]) {
        return SendError::Cut;
    }
    if chain.has_io(&[ErrorKind::InvalidData, ErrorKind::InvalidInput]) {
        return SendError::Malformed(BODY.to_owned());
    }
    if chain.find::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
        return SendError::Malformed(HEAD.to_owned());
    }
    SendError::Cut
}

fn not_connected(error: &ConnectError, hop: Hop) -> SendError {
    match (error, hop) {
        (ConnectError::TimedOut, _) => SendError::ConnectTimeout,
        (ConnectError::Exhausted, _) => SendError::Exhausted,
        (ConnectError::Forbidden, _) => SendError::ForbiddenAddress,
        (ConnectError::Unnameable, _) => SendError::Unsendable("its host name cannot be that of a certificate"),
        (ConnectError::Handshake(error), Hop::Service | Hop::Tunnel) => SendError::Tls(error.clone()),
        (ConnectError::NoAddress, Hop::Service) => SendError::Dns,
        (ConnectError::Refused | ConnectError::Tunnel, Hop::Service) => SendError::Connect,
        (ConnectError::Tunnel, Hop::Tunnel | Hop::Proxy) => SendError::Proxy(ProxyError::Refused { status: None }),
        (_, Hop::Tunnel | Hop::Proxy) => SendError::Proxy(ProxyError::Unreachable),
    }
}

/// A stream that is refused, or was begun after the last one that the service looks at, was not looked at (RFC 9113 §6.8, §8.7).
fn over_h2(error: &h2::Error) -> SendError {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    if error.is_remote() && (refused || error.is_go_away()) {
        return SendError::Refused;
    }
    if error.is_library() {
        return SendError::Malformed(FRAMES.to_owned());
    }
    SendError::Cut
}
