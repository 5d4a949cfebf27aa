//! What a listener serves.
//!
//! The boundary between connections and requests; decides nothing.

use std::future::Future;
use std::net::SocketAddr;

use http::Request;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::respond::Response;

/// From where and when a request came.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// The other end of its connection.
    pub peer: SocketAddr,
    /// HTTP/1: when the first byte of its head was read. HTTP/2: when its head was complete, all that h2 reports.
    pub arrived: Instant,
}

/// Answers the requests of one listener.
pub trait Handler: Send + Sync + 'static {
    /// The answer to one request. The future is dropped when the client leaves.
    fn answer(&self, request: Request<Incoming>, received: Received) -> impl Future<Output = Response> + Send;

    /// Ends when no work is in flight that outlives its connection.
    fn finished(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}
