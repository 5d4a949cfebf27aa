//! What a listener serves.
//!
//! The seam between connections and requests; decides nothing.

use std::future::Future;
use std::net::SocketAddr;

use http::Request;
use hyper::body::Incoming;

use super::respond::Response;

/// Answers the requests of one listener.
pub trait Handler: Send + Sync + 'static {
    /// The answer to one request. The future is dropped when the client leaves.
    fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> impl Future<Output = Response> + Send;

    /// Ends when nothing is under way any more that outlives the connection it came by.
    fn finished(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}
