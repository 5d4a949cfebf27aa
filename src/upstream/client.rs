//! The client library: one client for each runtime, and what is sent and read through it. The only file that names reqwest.
//!
//! What reqwest does by default and a credential-carrying client must not is turned off here:
//! redirects, its own retries, proxies from the environment, unbounded times and bodies.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Proxy, Request, Response, redirect, retry};
use rustls::ClientConfig;
use tokio::runtime;
use url::Url;

use super::address::AddressRules;
use super::chain::Chain;
use super::classify::{Hop, classify};
use super::decompress::{Coding, Decompress, DecompressError};
use super::proxy::RefusedTunnel;
use super::{Answer, OutboundRequest, ProxyError, SendError, TlsError, connect};

const USER_AGENT: &str = concat!("action-executor/", env!("CARGO_PKG_VERSION"));

const ENCODINGS: HeaderValue = HeaderValue::from_static("gzip, br, deflate");
/// As many as calls may come at once from a busy caller: a connection that is closed and made again costs more than a call.
const MAX_IDLE_PER_HOST: usize = 1024;
/// Lines of an HTTP/1 head, as curl has it.
const MAX_HEADERS: usize = 256;
/// Bytes of an HTTP/2 head or of its trailers, decompressed.
const MAX_HEADER_LIST: u32 = 64 * 1024;
/// Bytes; for a longer body room is made as it comes.
const MOST_AT_ONCE: usize = 64 * 1024;
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The way that connections take.
#[derive(Clone)]
pub(super) enum Route {
    /// To the addresses that the rules allow.
    Direct(Arc<AddressRules>),
    /// By the proxy at this address, which resolves the names of services; the operator chose it.
    Proxy(Arc<ProxyRoute>),
}

/// A proxy as the client has it, and its address.
pub(super) struct ProxyRoute {
    proxy: Proxy,
    address: Url,
}

impl Route {
    /// By the proxy at this address, which may hold user and password; `None` where it is no address of one.
    pub(super) fn proxy(address: &str) -> Option<Self> {
        let proxy = ProxyRoute { proxy: Proxy::all(address).ok()?, address: Url::parse(address).ok()? };
        Some(Self::Proxy(Arc::new(proxy)))
    }

    fn tunnel(&self, request: &OutboundRequest) -> Option<Box<RefusedTunnel>> {
        match (self, self.first_hop(request)) {
            (Self::Proxy(route), Hop::Tunnel) => RefusedTunnel::new(&route.address, &request.url),
            _ => None,
        }
    }

    fn first_hop(&self, request: &OutboundRequest) -> Hop {
        match self {
            Self::Direct(_) => Hop::Service,
            Self::Proxy(_) if request.url.scheme() == "https" => Hop::Tunnel,
            Self::Proxy(_) => Hop::Proxy,
        }
    }
}

/// Clients that take one route and show one certificate. Each runtime has its own, since a connection is driven by the runtime that
/// made it.
pub(super) struct Clients {
    route: Route,
    tls: ClientConfig,
    by_runtime: RwLock<HashMap<Option<runtime::Id>, Client>>,
}

impl Clients {
    /// With the first client made, so that what is wrong shows at start.
    ///
    /// # Errors
    /// Why there can be no client, for the operator.
    pub(super) fn new(route: Route, tls: ClientConfig) -> Result<Self, String> {
        let clients = Self { route, tls, by_runtime: RwLock::default() };
        clients.client().map_err(|error| Chain::of(&error).innermost())?;
        Ok(clients)
    }

    /// The client of this runtime.
    fn client(&self) -> Result<Client, reqwest::Error> {
        let runtime = runtime::Handle::try_current().ok().map(|runtime| runtime.id());
        if let Some(client) = self.by_runtime.read().unwrap_or_else(PoisonError::into_inner).get(&runtime) {
            return Ok(client.clone());
        }
        let client = self.build()?;
        let mut clients = self.by_runtime.write().unwrap_or_else(PoisonError::into_inner);
        // Another call may have made it meanwhile.
        Ok(clients.entry(runtime).or_insert(client).clone())
    }

    fn build(&self) -> Result<Client, reqwest::Error> {
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .connector_layer(connect::layer())
            .http1_max_headers(MAX_HEADERS)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http2_max_header_list_size(MAX_HEADER_LIST)
            .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_nodelay(true)
            .tls_backend_preconfigured(self.tls.clone());
        match &self.route {
            Route::Proxy(route) => builder.proxy(route.proxy.clone()).dns_resolver(Arc::new(Resolver { rules: None })),
            Route::Direct(rules) => builder.dns_resolver(Arc::new(Resolver { rules: Some(Arc::clone(rules)) })),
        }
        .build()
    }

    /// Sends; what is only sent is taken out of the request.
    pub(super) fn send(
        &self,
        request: &mut OutboundRequest,
    ) -> Result<impl Future<Output = Result<Answer, SendError>> + use<>, SendError> {
        let client = self.client().map_err(|_| SendError::Tls(TlsError::NoAuthorities))?;
        let (hop, limit, tunnel) = (self.route.first_hop(request), request.max_answer, self.route.tunnel(request));
        let answered = whole(client.execute(outbound(request)), hop, limit);
        Ok(async move {
            match (answered.await, tunnel) {
                (Err(SendError::Proxy(ProxyError::Refused { .. })), Some(tunnel)) => {
                    let status = connect::in_time(tunnel.status()).await;
                    Err(SendError::Proxy(ProxyError::Refused { status }))
                }
                (answer, _) => answer,
            }
        })
    }
}

/// As reqwest has it; what is only sent is taken out.
fn outbound(request: &mut OutboundRequest) -> Request {
    let mut outbound = Request::new(request.method.clone(), request.url.clone());
    *outbound.headers_mut() = std::mem::take(&mut request.headers);
    outbound.headers_mut().entry(ACCEPT_ENCODING).or_insert(ENCODINGS);
    *outbound.body_mut() = Some(std::mem::take(&mut request.body).into());
    outbound
}

/// The way in which a request failed.
fn failure(error: &reqwest::Error, hop: Hop) -> SendError {
    // Before anything is sent reqwest puts the address into a form of its own, which has a limit (65,534 bytes).
    if error.is_builder() {
        return SendError::Unsendable("its address or a header is too long, or not as HTTP has it");
    }
    classify(error, hop)
}

/// The whole answer, of at most so many bytes.
async fn whole(
    answered: impl Future<Output = Result<Response, reqwest::Error>>,
    hop: Hop,
    limit: usize,
) -> Result<Answer, SendError> {
    let mut response = answered.await.map_err(|error| failure(&error, hop))?;
    let (status, mut headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    // No service asks so: the request did not get further than the proxy (RFC 9110 §15.5.8).
    if hop == Hop::Proxy && status == 407 {
        return Err(SendError::Proxy(ProxyError::Refused { status: Some(status) }));
    }
    if let Some(coding) = coding(&headers) {
        // They describe the compressed bytes.
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
        let body = decompressed(response, Decompress::new(coding, limit), hop).await;
        let body = body.map_err(|error| match error {
            Unreadable::Body(DecompressError::TooLarge) => SendError::TooLarge { limit },
            Unreadable::Body(DecompressError::Corrupt) => SendError::Malformed("its body cannot be decoded".to_owned()),
            Unreadable::Sent(error) => error,
        })?;
        return Ok(Answer { status, headers, body });
    }
    // What is announced need not be waited for.
    let announced = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced.is_some_and(|length| length > limit) {
        return Err(SendError::TooLarge { limit });
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default().min(MOST_AT_ONCE));
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error, hop))? {
        if body.len() + chunk.len() > limit {
            return Err(SendError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    if !body.is_empty() && is_encoded(&headers) {
        return Err(SendError::Malformed(format!(
            "its body is in an encoding that is not one of those asked for ({})",
            ENCODINGS.to_str().unwrap_or_default()
        )));
    }
    Ok(Answer { status, headers, body: Bytes::from(body) })
}

/// What the body is compressed with; one coding inside another is none that was asked for.
fn coding(headers: &HeaderMap) -> Option<Coding> {
    let mut codings = codings(headers);
    let first = codings.next()?;
    Coding::named(first).filter(|_| codings.next().is_none())
}

/// Whether the body is encoded in a way that is not known. Some services give the charset as a coding: that changes no
/// byte.
fn is_encoded(headers: &HeaderMap) -> bool {
    codings(headers).any(|coding| {
        !coding.is_empty()
            && !coding.eq_ignore_ascii_case(b"identity")
            && encoding_rs::Encoding::for_label(coding).is_none()
    })
}

fn codings(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(CONTENT_ENCODING).iter().map(|value| value.as_bytes().trim_ascii())
}

/// Why a compressed body is not there.
enum Unreadable {
    Sent(SendError),
    Body(DecompressError),
}

async fn decompressed(mut response: Response, mut text: Decompress, hop: Hop) -> Result<Bytes, Unreadable> {
    while let Some(chunk) = response.chunk().await.map_err(|error| Unreadable::Sent(failure(&error, hop)))? {
        text.push(&chunk).map_err(Unreadable::Body)?;
    }
    text.finish().map_err(Unreadable::Body)
}

/// Resolves names and keeps only the addresses that may be called, so that what is checked is what is connected to.
struct Resolver {
    /// `None` where every address may be called.
    rules: Option<Arc<AddressRules>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.rules.clone();
        Box::pin(async move {
            let addresses = connect::resolve(name.as_str(), rules.as_deref()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
