//! The time that a connection may take, and the ways in which there is none, as types of this program.
//!
//! A layer around the client's connector: it sees when a connection begins and how it ends, not its bytes.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::InvalidDnsNameError;
use tokio::time::{Instant, timeout_at};
use tower_layer::{Layer, layer_fn};
use tower_service::Service;

use super::address::AddressRules;
use super::chain::Chain;
use super::tls::TlsError;

/// As connectors give errors.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

tokio::task_local! {
    /// The instant by which a connection that the request in this scope begins must be made.
    static UNTIL: Instant;
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("no connection in time")]
    TimedOut,
    #[error("the name has no address")]
    NoAddress,
    #[error("every address of the host is forbidden")]
    Forbidden,
    #[error("this machine has nothing left to connect with")]
    Exhausted,
    #[error("no connection to the address")]
    Refused,
    #[error("no TLS connection: {0}")]
    Handshake(TlsError),
    #[error("the host name cannot be that of a certificate")]
    Unnameable,
    #[error("the proxy refused the tunnel")]
    Tunnel,
}

impl ConnectError {
    /// The kind of a connector's error, by the types in it.
    ///
    /// The connector gives an I/O error of its own for a TLS handshake alone: that of a TCP connection is inside another one. An
    /// error without a cause is the proxy's refusal of a tunnel; its type has no name outside its library.
    fn of(error: &(dyn Error + 'static)) -> Self {
        let chain = Chain::of(error);
        if let Some(own) = chain.find::<Self>() {
            return own.clone();
        }
        if error.is::<std::io::Error>() {
            return Self::Handshake(chain.find().map_or(TlsError::Failed, TlsError::of));
        }
        if error.is::<InvalidDnsNameError>() {
            return Self::Unnameable;
        }
        match error.source() {
            None => Self::Tunnel,
            Some(_) if chain.is_exhausted() => Self::Exhausted,
            Some(_) => Self::Refused,
        }
    }
}

/// Connections that `sending` begins are made by this instant, or not at all. One that goes on in the background when the
/// request has got another connection keeps to it too.
pub(super) fn by<F: Future>(until: Instant, sending: F) -> impl Future<Output = F::Output> {
    UNTIL.scope(until, sending)
}

/// The result, if it is there within the time that the request in this scope has for its connection.
pub(super) async fn in_time<T>(asking: impl Future<Output = Option<T>>) -> Option<T> {
    timeout_at(until(), asking).await.ok().flatten()
}

fn until() -> Instant {
    UNTIL.try_with(|until| *until).unwrap_or_else(|_| Instant::now())
}

/// Wraps a connector in [`Connecting`].
pub(super) fn layer<S>() -> impl Layer<S, Service = Connecting<S>> + Clone {
    layer_fn(|inner| Connecting { inner: Arc::new(inner) })
}

/// Keeps a connector to the time of the request, and gives its errors as [`ConnectError`].
pub(super) struct Connecting<S> {
    /// The client clones its connector several times for each request, connected or not: only a connection clones this one.
    inner: Arc<S>,
}

impl<S> Clone for Connecting<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S, R> Service<R> for Connecting<S>
where
    S: Service<R, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Response: 'static,
    S::Future: Send + 'static,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: R) -> Self::Future {
        let (until, mut inner) = (until(), S::clone(&self.inner));
        let connecting = async move {
            poll_fn(|context| inner.poll_ready(context)).await?;
            inner.call(target).await
        };
        Box::pin(async move {
            match timeout_at(until, connecting).await {
                Ok(connected) => connected.map_err(|error| ConnectError::of(&*error).into()),
                Err(_) => Err(ConnectError::TimedOut.into()),
            }
        })
    }
}

/// The addresses of a name; of those only the ones that the rules allow, if there are rules.
pub(super) async fn resolve(name: &str, rules: Option<&AddressRules>) -> Result<Vec<SocketAddr>, ConnectError> {
    let found: Vec<SocketAddr> =
        tokio::net::lookup_host((name, 0)).await.map_err(|_| ConnectError::NoAddress)?.collect();
    if found.is_empty() {
        return Err(ConnectError::NoAddress);
    }
    let allowed: Vec<_> =
        found.into_iter().filter(|address| rules.is_none_or(|rules| rules.allow(address.ip()))).collect();
    if allowed.is_empty() { Err(ConnectError::Forbidden) } else { Ok(allowed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_whose_every_address_is_forbidden_has_none() {
        let rules = AddressRules::default();
        assert_eq!(resolve("localhost", Some(&rules)).await, Err(ConnectError::Forbidden));
        assert!(resolve("localhost", None).await.is_ok());
    }
}
