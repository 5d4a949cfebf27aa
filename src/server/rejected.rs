//! What a connection gets that is one too many: one answer, and the end.

use std::net::SocketAddr;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;

use super::handler::Handler;
use super::limits::Limits;
use super::respond::{Draft, RequestMetadata, Response};

/// How many are told at once; more are closed without a word.
pub(super) const MOST: usize = 128;

/// Long enough to read a head that is on its way.
const SHORT: Duration = Duration::from_secs(1);

/// Answers that there are too many connections.
pub(super) struct Rejected;

impl Handler for Rejected {
    async fn answer(&self, request: Request<Incoming>, _peer: SocketAddr) -> Response {
        Draft::too_many_connections().send(&RequestMetadata::of(&request.into_parts().0))
    }
}

/// The limits of such a connection.
pub(super) fn limits(usual: &Limits) -> Limits {
    Limits { head_timeout: SHORT, idle_timeout: SHORT, write_timeout: SHORT, linger: SHORT, ..usual.clone() }
}
