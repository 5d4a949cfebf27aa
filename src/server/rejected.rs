//! Answers a connection over the limit: one answer, and the end.

use std::time::Duration;

use http::Request;
use hyper::body::Incoming;

use super::handler::{Handler, Received};
use super::limits::Limits;
use super::respond::{RequestMetadata, Response, ResponseBuilder};

/// Connections that are answered at once; more are closed without an answer.
pub(super) const MOST: usize = 128;

/// Long enough to read a head that is on its way.
const SHORT: Duration = Duration::from_secs(1);

/// Answers every request that there are too many connections.
pub(super) struct Rejected;

impl Handler for Rejected {
    async fn answer(&self, request: Request<Incoming>, _: Received) -> Response {
        ResponseBuilder::too_many_connections().build(&RequestMetadata::of(&request.into_parts().0))
    }
}

/// The limits of a rejected connection.
pub(super) fn limits(usual: &Limits) -> Limits {
    Limits { head_timeout: SHORT, idle_timeout: SHORT, write_timeout: SHORT, linger: SHORT, ..usual.clone() }
}
