//! Sends over the network, under the operator's rules for all services and for single ones.
//!
//! Checks and circuits are here; connections and bytes are [`super::client`]'s.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::CertifiedKey;
use tokio::time::{Instant, timeout_at};
use url::Host;

use super::address::AddressRules;
use super::breaker::{Breakers, Change, CircuitKey, Health, HostHealth, whole_seconds};
use super::client::{Clients, Route};
use super::identity::{IdentityFiles, read_identity};
use super::rules::{NetworkSettings, ServiceNetwork};
use super::trust::Trust;
use super::{Answer, OutboundRequest, SendError, Sender, connect};
use crate::host_pattern::AllowedHosts;
use crate::keyword::ProxyAddress;

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
    /// Circuits of hosts: connections fail.
    hosts: Breakers,
    /// Circuits of callers: connections are made, requests fail.
    callers: Breakers,
}

/// The rules for some services, and their clients: connections are never shared between rules.
struct Profile {
    rules: Arc<AddressRules>,
    allow_http: bool,
    allowed_hosts: Option<AllowedHosts>,
    proxy: Option<Route>,
    trust: Arc<Trust>,
    /// By the name of the client certificate that is shown, if any: connections are never shared between certificates.
    clients: BTreeMap<Option<Arc<str>>, Clients>,
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
        let bare = Profile {
            rules: Arc::new(AddressRules::new(&settings.allow_private)),
            allow_http: settings.allow_http,
            allowed_hosts: None,
            proxy: proxy(settings.proxy.as_ref())?,
            trust: Arc::new(trust),
            clients: BTreeMap::new(),
        };
        let general = bare.trusting(settings.ca_file.as_deref(), &identities)?;
        let services = settings.services.iter().map(|(name, service)| {
            let profile = general.of(service, settings)?.trusting(service.ca_file.as_deref(), &identities)?;
            Ok((name.clone(), profile))
        });
        let services = services.collect::<Result<_, NetworkError>>()?;
        Ok(Self { general, services, hosts: Breakers::default(), callers: Breakers::default() })
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

    /// The circuits with failures, by host.
    #[must_use]
    pub fn breakers(&self) -> Vec<HostHealth> {
        let now = Instant::now().into_std();
        let mut states = [self.hosts.states(now), self.callers.states(now)].concat();
        states.sort();
        states
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
            clients: BTreeMap::new(),
        })
    }

    /// With the authorities of a file, and the first clients made, so that what is wrong shows at start.
    fn trusting(mut self, file: Option<&Path>, identities: &Identities) -> Result<Self, NetworkError> {
        if let Some(path) = file {
            let trust = self.trust.and(read_authorities(path)?);
            self.trust = Arc::new(trust.map_err(|_| unusable(path, "a certificate in it cannot be read"))?);
        }
        let route = self.proxy.clone().unwrap_or_else(|| Route::Direct(Arc::clone(&self.rules)));
        let shown = identities.iter().map(|(name, identity)| (Some(Arc::clone(name)), Some(identity.clone())));
        let clients = shown.chain([(None, None)]).map(|(name, identity)| {
            let tls = self.trust.config(identity).map_err(|error| NetworkError::Client(error.to_string()))?;
            Ok((name, Clients::new(route.clone(), tls).map_err(NetworkError::Client)?))
        });
        self.clients = clients.collect::<Result<_, NetworkError>>()?;
        Ok(self)
    }

    /// The resolver is asked for names only: an address written out is checked here.
    fn check(&self, request: &OutboundRequest) -> Result<(), SendError> {
        if !matches!(request.url.scheme(), "http" | "https") {
            return Err(SendError::Unsendable("its address is neither http nor https"));
        }
        if request.identity.is_some() && request.url.scheme() != "https" {
            return Err(SendError::Unsendable("a client certificate is shown over https only"));
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

/// The way by the proxy, if there is one.
fn proxy(address: Option<&ProxyAddress>) -> Result<Option<Route>, NetworkError> {
    match address {
        None | Some(ProxyAddress::Direct) => Ok(None),
        Some(ProxyAddress::Through(address)) => Route::proxy(address).map(Some).ok_or(NetworkError::Proxy),
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
        let clients = profile.clients.get(&request.identity).ok_or(SendError::UnknownIdentity)?;
        profile.check(&request)?;
        let answered = clients.send(&mut request)?;
        let now = Instant::now();
        let resting = |rest| SendError::CircuitOpen { seconds: whole_seconds(rest) };
        let host = self.hosts.enter(CircuitKey::of_host(&request), now.into_std()).map_err(resting)?;
        let caller = self.callers.enter(CircuitKey::of_caller(&request), now.into_std()).map_err(resting)?;

        let connect_time = request.connect_timeout.min(request.attempt_timeout);
        // The same instant where both times are the same: the connection's is looked at first, so that an attempt without a
        // connection is never said to have been sent.
        let sent = timeout_at(now + request.attempt_timeout, connect::by(now + connect_time, answered))
            .await
            .unwrap_or(Err(SendError::Timeout));

        let now = Instant::now().into_std();
        let shown = request.shown_host.as_deref().unwrap_or_else(|| request.host());
        report(Whose::Host, shown, host.end(Health::of_host(&sent, connect_time), now, shown));
        let change = caller.end(Health::of_caller(&sent, request.attempt_timeout), now, shown);
        report(Whose::Caller, shown, change);
        sent
    }
}

/// The owner of a circuit.
#[derive(Clone, Copy)]
enum Whose {
    Host,
    Caller,
}

/// Twice per incident, however many calls it costs.
fn report(whose: Whose, host: &str, change: Option<Change>) {
    match (change, whose) {
        (Some(Change::Opened), Whose::Host) => {
            tracing::warn!(
                host,
                "circuit open: no connection to the host can be made; it is tried again after a cool-down"
            );
        }
        (Some(Change::Opened), Whose::Caller) => tracing::warn!(
            host,
            "circuit open: the host does not answer one action with its credentials; they are tried again after a cool-down"
        ),
        (Some(Change::OpenedAgain(cool_down)), _) => {
            tracing::debug!(host, seconds = cool_down.as_secs(), "the circuit stays open: the host still fails");
        }
        (Some(Change::Closed), _) => tracing::info!(host, "circuit closed: the host is back"),
        (None, _) => {}
    }
}
