//! Sends a request to a service: pool, timeouts, address rules, size caps.

mod exchange;

pub use exchange::{Answer, OutboundRequest, SendError, Sender};
