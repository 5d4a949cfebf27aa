//! Sends a request to a service: pool, timeouts, address rules, size caps, hosts that are left alone.

mod address;
mod breaker;
mod chain;
mod concurrency;
mod decompress;
mod exchange;
mod identity;
mod network;
mod retry;
mod rules;
mod tls;
mod trust;

pub use address::AddressRules;
pub use breaker::{BreakerState, HostHealth};
pub use concurrency::{Concurrency, Permit};
pub use exchange::{Answer, OutboundRequest, SendError, Sender};
pub use identity::IdentityFiles;
pub use network::{Network, NetworkError};
pub use retry::{may_retry, retry_after, wait_before};
pub use rules::{NetworkSettings, ServiceNetwork};
