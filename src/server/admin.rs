//! The admin listener: health, readiness, reload, metrics, and what a console shows.
//!
//! What the answers hold stands behind [`Control`]; here are the addresses, methods, and who may ask.

use std::future::Future;
use std::net::SocketAddr;

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, Request};
use hyper::body::{Body as _, Incoming};
use serde_json::{Value, json};
use url::Url;

use super::callers::Secrets;
use super::handler::Handler;
use super::respond::{Asked, Draft, Response};
use crate::telemetry::RecentFilter;

const READ: &str = "GET, HEAD";
const WRITE: &str = "POST";

/// Calls in one answer.
const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1000;

/// What an operator can ask and order.
pub trait Control: Send + Sync + 'static {
    /// Whether calls can be served, and the state of every service directory.
    fn readiness(&self) -> (bool, Value);

    /// Reads all definitions anew; whether they were applied, and what was found.
    fn reload(&self) -> impl Future<Output = (bool, Value)> + Send;

    /// The actions that are served and the state of their services, without secrets.
    fn catalog(&self) -> Value;

    /// What is wrong with the files as they are now.
    fn diagnostics(&self) -> Value;

    /// The last calls, newest first.
    fn calls(&self, filter: &RecentFilter) -> Value;

    /// One of them, by its number or request id.
    fn call(&self, name: &str) -> Option<Value>;

    /// What the process runs under, secrets masked.
    fn settings(&self) -> Value;

    /// The services that requests went to lately and how they fared.
    fn upstream(&self) -> Value;

    /// All metrics, as OpenMetrics text.
    fn metrics(&self) -> String;
}

/// Serves what an operator can ask and order.
pub struct Admin<C> {
    control: C,
    /// Without one only this machine asks.
    token: Option<Secrets>,
}

/// The addresses.
#[derive(Clone, Copy)]
enum Page<'p> {
    Index,
    Health,
    Readiness,
    Reload,
    Catalog,
    Diagnostics,
    Calls,
    Call(&'p str),
    Settings,
    Upstream,
    Metrics,
}

impl<'p> Page<'p> {
    fn at(path: &'p str) -> Option<Self> {
        Some(match path {
            "/" => Self::Index,
            "/healthz" => Self::Health,
            "/readyz" => Self::Readiness,
            "/reload" => Self::Reload,
            "/metrics" => Self::Metrics,
            "/api/catalog" => Self::Catalog,
            "/api/diagnostics" => Self::Diagnostics,
            "/api/calls" => Self::Calls,
            "/api/settings" => Self::Settings,
            "/api/upstream" => Self::Upstream,
            _ => Self::Call(path.strip_prefix("/api/calls/").filter(|name| !name.is_empty())?),
        })
    }

    fn allow(self) -> &'static str {
        match self {
            Self::Reload => WRITE,
            _ => READ,
        }
    }

    fn allows(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }

    /// Probes show no token.
    fn is_probe(self) -> bool {
        matches!(self, Self::Health | Self::Readiness)
    }
}

/// Whether whoever asks may know everything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Operator,
    Probe,
}

impl<C: Control> Admin<C> {
    /// Serves one control to whoever shows the token; without one to this machine only, which is for the caller to see to.
    pub fn new(control: C, token: Option<Secrets>) -> Self {
        Self { control, token }
    }

    async fn draft(&self, parts: &Parts) -> Draft {
        let Some(page) = Page::at(parts.uri.path()) else { return Draft::no_page() };
        let trust = match self.trust(parts) {
            Ok(()) => Trust::Operator,
            Err(_) if page.is_probe() => Trust::Probe,
            Err(refusal) => return refusal,
        };
        if !page.allows(&parts.method) {
            return Draft::wrong_method(page.allow());
        }
        self.page(page, parts.uri.query(), trust).await
    }

    async fn page(&self, page: Page<'_>, query: Option<&str>, trust: Trust) -> Draft {
        match page {
            Page::Index => Draft::page(index()),
            Page::Health => Draft::page(json!({ "status": "ok" })),
            Page::Readiness => {
                let (ready, state) = self.control.readiness();
                let told = if trust == Trust::Operator { state } else { json!({ "ready": ready }) };
                Draft::readiness(ready, told)
            }
            Page::Reload => {
                let (applied, result) = self.control.reload().await;
                Draft::reload(applied, result)
            }
            Page::Catalog => Draft::page(self.control.catalog()),
            Page::Diagnostics => Draft::page(self.control.diagnostics()),
            Page::Calls => match filter(query.unwrap_or_default()) {
                Ok(filter) => Draft::page(self.control.calls(&filter)),
                Err(wrong) => Draft::bad_query(&wrong),
            },
            Page::Call(name) => self.control.call(name).map_or_else(Draft::no_page, Draft::page),
            Page::Settings => Draft::page(self.control.settings()),
            Page::Upstream => Draft::page(self.control.upstream()),
            Page::Metrics => Draft::metrics(self.control.metrics()),
        }
    }

    /// Who shows the token; without one, whoever asks by a name that only this machine has, for itself: a page of another
    /// site cannot do that, neither by a name that it makes lead here nor in the name of its reader.
    fn trust(&self, parts: &Parts) -> Result<(), Draft> {
        let headers = &parts.headers;
        match &self.token {
            Some(token) => {
                let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
                if shown.is_some_and(|shown| token.hold(shown)) { Ok(()) } else { Err(Draft::no_token()) }
            }
            None => {
                // HTTP/2 has it in the address.
                let host = headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
                let host = host.or_else(|| parts.uri.authority().map(Authority::as_str));
                let own = host.is_none_or(is_of_this_machine);
                let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
                let same = origin.is_none_or(|origin| {
                    host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, from)| from == host))
                });
                if own && same { Ok(()) } else { Err(Draft::foreign_site()) }
            }
        }
    }
}

impl<C: Control> Handler for Admin<C> {
    async fn answer(&self, request: Request<Incoming>, _peer: SocketAddr) -> Response {
        let (parts, body) = request.into_parts();
        let asked = Asked::of(&parts);
        let draft = self.draft(&parts).await;
        // No page reads a body.
        let draft = if body.is_end_stream() { draft } else { draft.closing() };
        draft.send(&asked)
    }
}

/// `localhost`, or an address: no name that somebody else can make lead here.
fn is_of_this_machine(host: &str) -> bool {
    match Url::parse(&format!("http://{host}/")).ok().as_ref().and_then(Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        None => false,
    }
}

/// `route`, `service`, `outcome`, `before` and `limit`.
fn filter(query: &str) -> Result<RecentFilter, String> {
    let mut filter = RecentFilter { limit: DEFAULT_LIMIT, ..RecentFilter::default() };
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let number = || value.parse::<u64>().map_err(|_| format!("`{key}` is a whole number"));
        match &*key {
            "route" => filter.route = Some(value.into_owned()),
            "service" => filter.service = Some(value.into_owned()),
            "outcome" => filter.outcome = Some(value.into_owned()),
            "before" => filter.before = Some(number()?),
            "limit" => filter.limit = usize::try_from(number()?).unwrap_or(MOST).min(MOST),
            _ => return Err("the keys are `route`, `service`, `outcome`, `before` and `limit`".to_owned()),
        }
    }
    Ok(filter)
}

fn index() -> Value {
    json!({
        "/healthz": "whether the process lives",
        "/readyz": "whether calls can be served, and the state of every service directory",
        "/reload": "POST: reads all definitions anew and answers with the result",
        "/metrics": "metrics, as OpenMetrics text",
        "/api/catalog": "the actions that are served, and the state of their services",
        "/api/diagnostics": "what is wrong with the files as they are now",
        "/api/calls": "the last calls, newest first; `?route=`, `service=`, `outcome=`, `before=`, `limit=`",
        "/api/calls/NUMBER": "one of them with its steps and requests; also by its request id",
        "/api/settings": "what the process runs under, secrets masked",
        "/api/upstream": "hosts that failed lately",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_else_has_are_of_this_machine() {
        for own in ["127.0.0.1:8081", "[::1]:8081", "localhost:8081", "localhost", "192.0.2.1"] {
            assert!(is_of_this_machine(own), "{own}");
        }
        for other in ["evil.example:8081", "localhost.evil.example", "", "127.0.0.1.evil.example"] {
            assert!(!is_of_this_machine(other), "{other}");
        }
    }

    #[test]
    fn a_filter_is_read_strictly() {
        let found = filter("route=%2Fdemo%2Fa&outcome=failed&limit=5").unwrap();
        assert_eq!(
            (found.route.as_deref(), found.outcome.as_deref(), found.limit),
            (Some("/demo/a"), Some("failed"), 5)
        );
        assert_eq!(filter("limit=99999").unwrap().limit, MOST);
        assert!(filter("rout=x").is_err());
        assert!(filter("limit=x").is_err());
    }
}
