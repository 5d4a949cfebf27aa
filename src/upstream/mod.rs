//! Sends a request to a service: pool, timeouts, address rules, size caps, circuits.

mod address;
mod breaker;
mod chain;
mod classify;
mod client;
mod concurrency;
mod connect;
mod decompress;
mod exchange;
mod identity;
mod network;
mod proxy;
mod retry;
mod rules;
mod tls;
mod trust;

pub use address::AddressRules;
pub use breaker::{BreakerState, HostHealth};
pub use concurrency::{Concurrency, Permit};
pub use exchange::{Answer, OutboundRequest, ProxyError, SendError, Sender};
pub use identity::IdentityFiles;
pub use network::{Network, NetworkError};
pub use retry::{may_retry, retry_after, wait_before};
pub use rules::{NetworkSettings, ServiceNetwork};
pub use tls::TlsError;
