//! What goes out and what comes back, as plain data.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::{Position, Url};

use super::tls::TlsError;

/// A request ready to be sent; sending it twice sends the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboundRequest {
    /// Method.
    pub method: Method,
    /// Whole address, query included. May hold a secret: never printed whole.
    pub url: Url,
    /// Headers, credentials included.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// For this attempt, connection included.
    pub attempt_timeout: Duration,
    /// Largest answer body in bytes, after decompression.
    pub max_answer: usize,
    /// The operator's name for the client certificate that the service asks for, if it does.
    pub identity: Option<Arc<str>>,
    /// The directory of the service that it is for: its rules hold; the general ones if none.
    pub service: Option<Arc<str>>,
    /// What logs show in place of the host, if they must not show it as it is.
    pub shown_host: Option<Arc<str>>,
    /// A hash of the action's route and the credentials of the call: failures after sending count for it alone. 0 where there is none.
    pub caller: u64,
}

impl OutboundRequest {
    /// Scheme, host and, unless it is the scheme's own, port: `https://acme.example.com`. An address that is sent to has no
    /// user name.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.url[..Position::BeforePath]
    }
}

/// What a service answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Status, 100 to 999.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decompressed, whole.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The name has no address.
    #[error("the host name cannot be resolved")]
    Dns,
    /// The address may not be called.
    #[error("the address is in a network that the operator has not allowed")]
    ForbiddenAddress,
    /// Plain http to another host than loopback.
    #[error("plain http is not allowed by the operator; use https, or start with `--allow-http`")]
    PlainHttp,
    /// The host is not one that the operator allows the service.
    #[error("the host is not one that the operator's settings allow this service")]
    ForbiddenHost,
    /// The request cannot be put on the wire at all.
    #[error("the request cannot be sent: {0}")]
    Unsendable(&'static str),
    /// The request needs a client certificate that is not there; it is never sent without.
    #[error(
        "the operator has configured no client certificate of this name; start with `--identity NAME=CERT.pem,KEY.pem`"
    )]
    UnknownIdentity,
    /// The host, or this caller's requests to it, failed again and again.
    #[error(
        "its circuit is open after repeated failures; the cool-down ends in {seconds} second{}",
        if *seconds == 1 { "" } else { "s" }
    )]
    CircuitOpen {
        /// Until it is tried again, rounded up.
        seconds: u64,
    },
    /// No connection.
    #[error("the connection was refused or could not be made")]
    Connect,
    /// The operator's proxy made no connection.
    #[error("{0}")]
    Proxy(ProxyError),
    /// The service said that it did not look at the request (RFC 9113 §6.8, §8.7).
    #[error("the service took no further request on the connection")]
    Refused,
    /// Nothing of this machine's own to make it with; the host is not to blame.
    #[error("this machine has no local address, port or file descriptor left for the connection")]
    Exhausted,
    /// The certificate or the handshake.
    #[error("the TLS connection could not be made: {0}")]
    Tls(TlsError),
    /// No connection in time; nothing was sent.
    #[error("the connection was not made in time")]
    ConnectTimeout,
    /// Sent, and no whole answer in time.
    #[error("no answer in time")]
    Timeout,
    /// Sent, and the connection ended before a whole answer.
    #[error("the connection ended before the whole answer was there")]
    Cut,
    /// The answer is over the cap.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The cap in bytes.
        limit: usize,
    },
    /// The answer breaks HTTP, or cannot be decompressed.
    #[error("the answer is not valid HTTP: {0}")]
    Malformed(String),
}

/// The operator's proxy made no connection to the service; nothing arrived there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// No connection to the proxy.
    #[error("the proxy that the operator has configured could not be reached")]
    Unreachable,
    /// The proxy answered, and made no connection.
    #[error("{}", refusal(*status))]
    Refused {
        /// The status of its answer, where it is known.
        status: Option<u16>,
    },
}

fn refusal(status: Option<u16>) -> String {
    match status {
        Some(407) => {
            "the proxy wants a user name and a password (status 407); the operator can give them in the proxy's address"
                .to_owned()
        }
        Some(status) => format!("the proxy made no connection to the host (status {status})"),
        None => "the proxy made no connection to the host".to_owned(),
    }
}

impl SendError {
    /// One word for metrics and traces.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::ForbiddenAddress => "forbidden_address",
            Self::PlainHttp => "plain_http",
            Self::ForbiddenHost => "forbidden_host",
            Self::Unsendable(_) => "unsendable",
            Self::UnknownIdentity => "unknown_identity",
            Self::CircuitOpen { .. } => "resting",
            Self::Connect => "connect",
            Self::Proxy(_) => "proxy",
            Self::Refused => "refused",
            Self::Exhausted => "exhausted",
            Self::Tls(_) => "tls",
            Self::ConnectTimeout => "connect_timeout",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::TooLarge { .. } => "too_large",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Whether another attempt could end otherwise: what is forbidden, or cannot be sent or
    /// read, stays so, and a timeout has spent the time that another would need; a cool-down is longer than that.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Dns | Self::Connect | Self::Refused | Self::Exhausted | Self::ConnectTimeout | Self::Cut => true,
            Self::Proxy(error) => *error != (ProxyError::Refused { status: Some(407) }),
            _ => false,
        }
    }

    /// Whether the service may have received the request.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        !matches!(
            self,
            Self::Dns
                | Self::ForbiddenAddress
                | Self::PlainHttp
                | Self::ForbiddenHost
                | Self::Unsendable(_)
                | Self::UnknownIdentity
                | Self::CircuitOpen { .. }
                | Self::Connect
                | Self::Proxy(_)
                | Self::Refused
                | Self::Exhausted
                | Self::Tls(_)
                | Self::ConnectTimeout
        )
    }
}

/// Sends requests: over the network, or from a test's mock answers.
pub trait Sender: Send + Sync {
    /// Sends once; no retries, no redirects. Boxed, since each future on the way would hold it whole.
    fn send(&self, request: Box<OutboundRequest>) -> impl Future<Output = Result<Answer, SendError>> + Send;
}
