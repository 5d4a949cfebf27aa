//! Sends a request to a service: pool, timeouts, address rules, size caps.

mod address;
mod exchange;
mod gunzip;
mod network;
mod retry;
mod tls;

pub use address::AddressRules;
pub use exchange::{Answer, OutboundRequest, SendError, Sender};
pub use network::{Network, NetworkError, NetworkSettings};
pub use retry::{may_retry, retry_after, wait_before};
