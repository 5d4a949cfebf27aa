//! Sends over the network. The only file that names reqwest.
//!
//! What reqwest does by default and a credential-carrying client must not is turned off here:
//! redirects, its own retries, proxies from the environment, unbounded times and bodies.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Proxy, Request, Response, redirect, retry};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::CertifiedKey;
use tokio::runtime;
use url::Host;

use super::address::AddressRules;
use super::breaker::{Breakers, Change, Health, HostHealth, whole_seconds};
use super::chain::Chain;
use super::decompress::{Coding, Decompress, DecompressError};
use super::identity::{IdentityFiles, read_identity};
use super::rules::{NetworkSettings, ServiceNetwork};
use super::trust::Trust;
use super::{Answer, OutboundRequest, SendError, Sender, tls};
use crate::host_pattern::AllowedHosts;
use crate::keyword::ProxyAddress;
use crate::secret::MASK;

const USER_AGENT: &str = concat!("action-executor/", env!("CARGO_PKG_VERSION"));

/// gzip is read here, the others by reqwest.
const ENCODINGS: HeaderValue = HeaderValue::from_static("gzip, br, deflate");
/// As many as calls may come at once from a busy caller: a connection that is closed and made again costs more than a call.
const MAX_IDLE_PER_HOST: usize = 1024;
/// Bytes; for a longer body room is made as it comes.
const MOST_AT_ONCE: usize = 64 * 1024;
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Distinct connect timeouts kept for each client certificate and for none, in each runtime. Definitions rarely use more than two;
/// deadlines add a few.
const MAX_CLIENTS: usize = 32;

/// For the client that is made at start, so that what is wrong shows then.
const FIRST_CONNECT: Duration = Duration::from_secs(2);

/// Milliseconds; below it the time of the whole attempt is the only limit.
const SHORTEST_CONNECT: u64 = 16;

/// Why the network cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The file of authorities.
    #[error("the certificate file {path} cannot be used: {reason}")]
    CaFile {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The files of a client certificate.
    #[error("the client certificate `{name}` cannot be used: {path}: {reason}")]
    Identity {
        /// The operator's name for it.
        name: String,
        /// Which of its files.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The address of the proxy; it may hold a password, so it is not repeated.
    #[error("the address of the proxy cannot be used")]
    Proxy,
    /// The client.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}

/// The real sender: pooled connections, checked addresses.
pub struct Network {
    general: Profile,
    /// Of services that the operator says more of.
    services: BTreeMap<String, Profile>,
    breakers: Breakers,
    /// How the hosts in trouble may be shown, secrets masked.
    shown: Mutex<HashMap<String, Arc<str>>>,
}

/// The rules for some services, and their clients: connections are never shared between rules.
struct Profile {
    rules: Arc<AddressRules>,
    allow_http: bool,
    allowed_hosts: Option<AllowedHosts>,
    proxy: Option<Proxy>,
    trust: Arc<Trust>,
    /// By the name of the client certificate that is shown, if any.
    tls: BTreeMap<Option<Arc<str>>, ClientConfig>,
    clients: RwLock<Vec<(ClientKey, Client)>>,
}

/// What reqwest knows per client only. Connections are never shared between client certificates, nor between runtimes,
/// since a connection is driven by the one that made it.
#[derive(Clone, PartialEq, Eq)]
struct ClientKey {
    runtime: Option<runtime::Id>,
    connect_timeout: Duration,
    identity: Option<Arc<str>>,
}

impl ClientKey {
    fn new(connect_timeout: Duration, identity: Option<Arc<str>>) -> Self {
        Self { runtime: runtime::Handle::try_current().ok().map(|runtime| runtime.id()), connect_timeout, identity }
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network")
            .field("general", &self.general)
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("rules", &self.rules)
            .field("allow_http", &self.allow_http)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// A sender under the operator's rules.
    ///
    /// # Errors
    /// A certificate or key file that cannot be used, or no usable TLS.
    pub fn new(settings: &NetworkSettings) -> Result<Self, NetworkError> {
        let identities = identities(&settings.identities)?;
        let trust = Trust::new(Vec::new()).map_err(|error| NetworkError::Client(error.to_string()))?;
        let nobody = Profile {
            rules: Arc::new(AddressRules::new(&settings.allow_private)),
            allow_http: settings.allow_http,
            allowed_hosts: None,
            proxy: proxy(settings.proxy.as_ref())?,
            trust: Arc::new(trust),
            tls: BTreeMap::new(),
            clients: RwLock::default(),
        };
        let general = nobody.trusting(settings.ca_file.as_deref(), &identities)?;
        let services = settings.services.iter().map(|(name, service)| {
            let profile = general.of(service, settings)?.trusting(service.ca_file.as_deref(), &identities)?;
            Ok((name.clone(), profile))
        });
        let services = services.collect::<Result<_, NetworkError>>()?;
        Ok(Self { general, services, breakers: Breakers::default(), shown: Mutex::default() })
    }

    /// Reads the platform's authorities on threads of their own, so that no call waits for it.
    pub fn prepare(&self) {
        let mut prepared: Vec<&Arc<Trust>> = Vec::new();
        for profile in std::iter::once(&self.general).chain(self.services.values()) {
            if !prepared.iter().any(|trust| Arc::ptr_eq(trust, &profile.trust)) {
                profile.trust.prepare();
                prepared.push(&profile.trust);
            }
        }
    }

    /// The rules for the requests of a service.
    fn profile_of(&self, service: Option<&str>) -> &Profile {
        service.and_then(|service| self.services.get(service)).unwrap_or(&self.general)
    }

    /// The hosts that failed lately, by name, secrets masked; the others need no mention.
    #[must_use]
    pub fn breakers(&self) -> Vec<HostHealth> {
        let states = self.breakers.states(now());
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|host, _| states.iter().any(|known| known.host == *host));
        let name = |host: &str| shown.get(host).map_or_else(|| MASK.to_owned(), |shown| shown.to_string());
        states.iter().map(|known| HostHealth { host: name(&known.host), state: known.state }).collect()
    }

    fn show(&self, host: String, shown: &str) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).insert(host, shown.into());
    }
}

impl Profile {
    /// The rules for a service of which the operator says more.
    fn of(&self, service: &ServiceNetwork, settings: &NetworkSettings) -> Result<Self, NetworkError> {
        let networks: Vec<_> = settings.allow_private.iter().chain(&service.allow_private).copied().collect();
        Ok(Self {
            rules: Arc::new(AddressRules::new(&networks)),
            allow_http: self.allow_http || service.allow_http,
            allowed_hosts: service.allowed_hosts.clone().map(AllowedHosts::new),
            proxy: if service.proxy.is_some() { proxy(service.proxy.as_ref())? } else { self.proxy.clone() },
            trust: Arc::clone(&self.trust),
            tls: BTreeMap::new(),
            clients: RwLock::default(),
        })
    }

    /// With the authorities of a file, and the first client made, so that what is wrong shows at start.
    fn trusting(mut self, file: Option<&Path>, identities: &Identities) -> Result<Self, NetworkError> {
        if let Some(path) = file {
            let trust = self.trust.and(read_authorities(path)?);
            self.trust = Arc::new(trust.map_err(|_| unusable(path, "a certificate in it cannot be read"))?);
        }
        let shown = identities.iter().map(|(name, identity)| (Some(Arc::clone(name)), Some(identity.clone())));
        let configs = shown.chain([(None, None)]).map(|(name, identity)| Ok((name, self.trust.config(identity)?)));
        let configs: Result<_, rustls::Error> = configs.collect();
        self.tls = configs.map_err(|error| NetworkError::Client(error.to_string()))?;
        let first = self.client(ClientKey::new(FIRST_CONNECT, None));
        first.map_err(|error| NetworkError::Client(Chain::of(&error).innermost()))?;
        Ok(self)
    }

    /// The client for a connect timeout and a client certificate.
    fn client(&self, key: ClientKey) -> Result<Client, reqwest::Error> {
        let known = |clients: &[(ClientKey, Client)]| {
            clients.iter().find(|(known, _)| *known == key).map(|(_, client)| client.clone())
        };
        if let Some(client) = known(&self.clients.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(client);
        }
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        // Another call may have made it meanwhile.
        if let Some(client) = known(&clients) {
            return Ok(client);
        }
        let client = self.build_client(&key)?;
        let of_runtime = clients.iter().filter(|(known, _)| known.runtime == key.runtime).count();
        if of_runtime >= MAX_CLIENTS * self.tls.len() {
            clients.retain(|(known, _)| known.runtime != key.runtime);
        }
        clients.push((key, client.clone()));
        Ok(client)
    }

    fn build_client(&self, key: &ClientKey) -> Result<Client, reqwest::Error> {
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(key.connect_timeout)
            .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_nodelay(true);
        builder = match &self.proxy {
            // Only the proxy's own name is resolved here, and the operator chose it.
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder.dns_resolver(Arc::new(CheckedResolver { rules: Arc::clone(&self.rules) })),
        };
        if let Some(config) = self.tls.get(&key.identity) {
            builder = builder.tls_backend_preconfigured(config.clone());
        }
        builder.build()
    }

    /// reqwest asks the resolver for names only: an address written out is checked here.
    fn check(&self, request: &OutboundRequest) -> Result<(), SendError> {
        if !matches!(request.url.scheme(), "http" | "https") {
            return Err(SendError::Unsendable("its address is neither http nor https"));
        }
        if request.identity.is_some() {
            if !self.tls.contains_key(&request.identity) {
                return Err(SendError::UnknownIdentity);
            }
            if request.url.scheme() != "https" {
                return Err(SendError::Unsendable("a client certificate is shown over https only"));
            }
        }
        if self.allowed_hosts.as_ref().is_some_and(|hosts| !hosts.allow(&request.url)) {
            return Err(SendError::ForbiddenHost);
        }
        let literal = match request.url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(SendError::Unsendable("its address has no host")),
        };
        if literal.is_some_and(|address| !self.rules.allow(address)) {
            return Err(SendError::ForbiddenAddress);
        }
        let to_loopback =
            literal.is_some_and(|address| address.is_loopback()) || request.url.host_str() == Some("localhost");
        if request.url.scheme() == "https" || self.allow_http || to_loopback {
            return Ok(());
        }
        Err(SendError::PlainHttp)
    }
}

/// The proxy as reqwest has it; user and password may stand in its address.
fn proxy(address: Option<&ProxyAddress>) -> Result<Option<Proxy>, NetworkError> {
    match address {
        None | Some(ProxyAddress::Direct) => Ok(None),
        Some(ProxyAddress::Through(address)) => Proxy::all(address.as_str()).map(Some).map_err(|_| NetworkError::Proxy),
    }
}

fn unusable(path: &Path, reason: impl Into<String>) -> NetworkError {
    NetworkError::CaFile { path: path.to_owned(), reason: reason.into() }
}

/// A file that adds nothing is a mistake that would show only as refused certificates much later.
fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, NetworkError> {
    let pem = std::fs::read(path).map_err(|error| unusable(path, error.to_string()))?;
    let authorities: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let authorities = authorities.map_err(|_| unusable(path, "it is not valid PEM"))?;
    if authorities.is_empty() {
        return Err(unusable(path, "it holds no certificate in PEM form"));
    }
    Ok(authorities)
}

type Identities = BTreeMap<Arc<str>, CertifiedKey>;

/// All of them, so that what is wrong with any shows at start.
fn identities(files: &BTreeMap<String, IdentityFiles>) -> Result<Identities, NetworkError> {
    let provider = rustls::crypto::ring::default_provider();
    let read = |(name, files): (&String, &IdentityFiles)| match read_identity(files, &provider) {
        Ok(identity) => Ok((Arc::from(name.as_str()), identity)),
        Err(error) => Err(NetworkError::Identity { name: name.clone(), path: error.path, reason: error.reason }),
    };
    files.iter().map(read).collect()
}

impl Sender for Network {
    async fn send(&self, mut request: Box<OutboundRequest>) -> Result<Answer, SendError> {
        let profile = self.profile_of(request.service.as_deref());
        profile.check(&request)?;
        let key = ClientKey::new(time_to_connect(&request), request.identity.clone());
        let client = profile.client(key).map_err(|_| SendError::Tls(tls::UNAVAILABLE.to_owned()))?;
        let answered = client.execute(outbound(&mut request));
        // A certificate that one service refuses is no sign that the host is down for others.
        let host = match &request.identity {
            Some(identity) => Cow::Owned(format!("{} as {identity}", request.host())),
            None => Cow::Borrowed(request.host()),
        };
        let shown = request.shown_host.as_deref().unwrap_or_else(|| request.host());
        let attempt = self
            .breakers
            .enter(&host, now())
            .map_err(|rest| SendError::CircuitOpen { seconds: whole_seconds(rest) })?;
        let sent = tokio::time::timeout(request.attempt_timeout, whole(answered, request.max_answer))
            .await
            .unwrap_or(Err(SendError::Timeout));
        let health = Health::shown_by(&sent, request.attempt_timeout);
        if health == Health::Down {
            self.show(host.clone().into_owned(), shown);
        }
        report(shown, attempt.end(health, now()));
        sent
    }
}

/// By the runtime's clock, as everything else that waits.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Twice per incident, however many calls it costs.
fn report(host: &str, change: Option<Change>) {
    match change {
        Some(Change::Opened) => tracing::warn!(host, "the host failed again and again and is left alone for a while"),
        Some(Change::OpenedAgain(rest)) => tracing::debug!(host, seconds = rest.as_secs(), "the host is still down"),
        Some(Change::Closed) => tracing::info!(host, "the host is back"),
        None => {}
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

/// The whole answer, of at most so many bytes.
async fn whole(
    answered: impl Future<Output = Result<Response, reqwest::Error>>,
    limit: usize,
) -> Result<Answer, SendError> {
    let mut response = answered.await.map_err(|error| classify(&error))?;
    let (status, mut headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
    if let Some(coding) = coding(&headers) {
        // They describe bytes that nobody sees.
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
        let body = decompressed(response, Decompress::new(coding, limit)).await;
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
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
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

async fn decompressed(mut response: Response, mut text: Decompress) -> Result<Bytes, Unreadable> {
    while let Some(chunk) = response.chunk().await.map_err(|error| Unreadable::Sent(classify(&error)))? {
        text.push(&chunk).map_err(Unreadable::Body)?;
    }
    text.finish().map_err(Unreadable::Body)
}

/// The time that the connection may take: as asked, or a bit less than the attempt if that is shorter, so that
/// it is told when nothing was sent. What is left of a call's time is never twice the same, and every
/// connect timeout has its own client with its own connections: hence two steps an octave, in milliseconds.
fn time_to_connect(request: &OutboundRequest) -> Duration {
    if request.connect_timeout < request.attempt_timeout {
        return request.connect_timeout;
    }
    let longest = u64::try_from(request.attempt_timeout.as_millis()).unwrap_or(u64::MAX).max(SHORTEST_CONNECT);
    let octave = 1_u64 << longest.ilog2();
    let step = if longest > octave + octave / 2 { octave + octave / 2 } else { octave };
    Duration::from_millis(step)
}

/// Resolves names and keeps only the addresses that may be called, so that what is checked is what is connected to.
struct CheckedResolver {
    rules: Arc<AddressRules>,
}

/// All addresses of a name are forbidden.
#[derive(Debug, thiserror::Error)]
#[error("every address of the host is forbidden")]
struct AllForbidden;

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.rules);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let (allowed, forbidden): (Vec<SocketAddr>, Vec<SocketAddr>) =
                found.partition(|address| rules.allow(address.ip()));
            if allowed.is_empty() && !forbidden.is_empty() {
                return Err(AllForbidden.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The phase a request failed in. The URL may hold a secret, so no text of reqwest's own goes out.
fn classify(error: &reqwest::Error) -> SendError {
    let chain = Chain::of(error);
    // Before anything is sent reqwest puts the address into a form of its own, which has a limit (65,534 bytes).
    if error.is_builder() {
        return SendError::Unsendable("its address or a header is too long, or not as HTTP has it");
    }
    if chain.has::<AllForbidden>() {
        return SendError::ForbiddenAddress;
    }
    if error.is_connect() {
        if error.is_timeout() || chain.mentions("timed out") {
            return SendError::ConnectTimeout;
        }
        if chain.has::<rustls::Error>() || chain.mentions("invalid peer certificate") || chain.mentions("tls") {
            return SendError::Tls(chain.tls_reason());
        }
        if chain.mentions("dns error") || chain.mentions("failed to lookup") {
            return SendError::Dns;
        }
        return if chain.is_exhausted() { SendError::Exhausted } else { SendError::Connect };
    }
    if error.is_timeout() {
        return SendError::Timeout;
    }
    if let Some(refused) = chain.find::<rustls::Error>().filter(|error| tls::refuses_ours(error)) {
        return SendError::Tls(tls::reason(refused));
    }
    if let Some(hyper) = chain.find::<hyper::Error>() {
        if hyper.is_incomplete_message() || hyper.is_closed() || hyper.is_canceled() {
            return SendError::Cut;
        }
        if hyper.is_parse() {
            return SendError::Malformed("its head cannot be read".to_owned());
        }
    }
    if chain.has_io(&[
        std::io::ErrorKind::ConnectionReset,
        std::io::ErrorKind::BrokenPipe,
        std::io::ErrorKind::ConnectionAborted,
    ]) || chain.mentions("end of file before message length")
        || chain.mentions("connection closed")
        || chain.mentions("unexpected eof during chunk")
    {
        return SendError::Cut;
    }
    if error.is_decode() || error.is_body() {
        return SendError::Malformed("its body cannot be decoded".to_owned());
    }
    SendError::Cut
}
