//! The admin listener: health, readiness, reload, metrics, and what a console shows.
//!
//! What the answers hold stands behind [`Control`]; here are the addresses, methods, and who may ask.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use serde_json::{Value, json};
use url::Url;

use super::callers::Secrets;
use super::handler::Handler;
use super::page::{Console, PageRequest, Pairs};
use super::respond::{Draft, RequestMetadata, Response};
use super::session::Sessions;
use crate::call::caught;
use crate::telemetry::RecentFilter;

const READ: &str = "GET, HEAD";
const WRITE: &str = "POST";
const BOTH: &str = "GET, HEAD, POST";

/// Of a form that is sent to the console.
const LARGEST_FORM: usize = 1024 * 1024;
const FORM_TIME: Duration = Duration::from_secs(10);

/// Before a wrong token is told to be one.
const PAUSE: Duration = Duration::from_millis(500);

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
pub struct Admin<C, V> {
    control: C,
    console: V,
    /// Without one only this machine asks.
    token: Option<Secrets>,
    sessions: Sessions,
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

/// Who is not let in, by what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stranger {
    WithoutToken,
    FromElsewhere,
}

impl Stranger {
    fn refusal(self) -> Draft {
        match self {
            Self::WithoutToken => Draft::no_token(),
            Self::FromElsewhere => Draft::foreign_site(),
        }
    }
}

impl<C: Control, V: Console> Admin<C, V> {
    /// Serves one control and its console to whoever shows the token; without one to this machine only, which is for the
    /// caller to see to. `over_tls` says how browsers come here.
    pub fn new(control: C, console: V, token: Option<Secrets>, over_tls: bool) -> Self {
        Self { control, console, token, sessions: Sessions::new(over_tls) }
    }

    async fn draft(&self, parts: &Parts) -> Draft {
        if parts.uri.path() == "/" && wants_html(&parts.headers) && parts.method == Method::GET {
            return Draft::see("/console/");
        }
        let Some(page) = Page::at(parts.uri.path()) else { return Draft::no_page() };
        let trust = match self.trust(parts) {
            Ok(()) => Trust::Operator,
            Err(_) if page.is_probe() => Trust::Probe,
            Err(stranger) => return stranger.refusal(),
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

    /// What a browser is shown. Styles and script for everybody, everything else for those who are let in.
    async fn visit(&self, mut visit: PageRequest, parts: &Parts, body: Incoming) -> Draft {
        if !BOTH.split(", ").any(|allowed| allowed == parts.method.as_str()) {
            return Draft::wrong_method(BOTH).closing();
        }
        if let Some(asset) = visit.path.strip_prefix("assets/").and_then(|name| self.console.asset(name)) {
            return Draft::asset(asset);
        }
        let posted = parts.method == Method::POST;
        // A page of another site can make a browser send a form, but not without telling whose it is.
        if posted && !is_of_same_origin(parts) {
            return Draft::foreign_site().closing();
        }
        if posted {
            let read = tokio::time::timeout(FORM_TIME, Limited::new(body, LARGEST_FORM).collect()).await;
            let Ok(Ok(read)) = read else { return Draft::bad_form() };
            visit.form = Some(Pairs::read(&read.to_bytes()));
        }
        if visit.path == "sign-in" && self.token.is_some() {
            return self.sign_in(&visit).await;
        }
        match self.trust(parts) {
            Ok(()) => {}
            Err(_) if self.token.is_some() => return Draft::see("/console/sign-in"),
            Err(stranger) => return stranger.refusal(),
        }
        if visit.path == "sign-out" && posted {
            return Draft::see("/console/").with_cookie(self.sessions.end());
        }
        visit.signed_in = self.token.is_some();
        caught(self.console.visit(visit)).await.map_or_else(|_| Draft::defect(), Draft::shown)
    }

    async fn sign_in(&self, visit: &PageRequest) -> Draft {
        let Some(form) = &visit.form else { return Draft::sign_in(self.console.sign_in(false), false) };
        let shown = form.get("token").unwrap_or_default();
        if self.token.as_ref().is_some_and(|token| token.hold(shown.trim().as_bytes())) {
            return Draft::see("/console/").with_cookie(self.sessions.begin());
        }
        tokio::time::sleep(PAUSE).await;
        Draft::sign_in(self.console.sign_in(true), true)
    }

    /// Who shows the token; without one, whoever asks by a name that only this machine has, for itself: a page of another
    /// site cannot do that, neither by a name that it makes lead here nor in the name of its reader.
    fn trust(&self, parts: &Parts) -> Result<(), Stranger> {
        let headers = &parts.headers;
        match &self.token {
            Some(token) => {
                let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
                if shown.is_some_and(|shown| token.hold(shown)) {
                    return Ok(());
                }
                // A browser sends the cookie by itself, so that what changes something must come from our own pages.
                let safe = matches!(parts.method, Method::GET | Method::HEAD) || is_of_same_origin(parts);
                if safe && self.sessions.are_shown_in(headers) { Ok(()) } else { Err(Stranger::WithoutToken) }
            }
            None => {
                let own = host(parts).is_none_or(is_of_this_machine);
                let same = !headers.contains_key(ORIGIN) || is_of_same_origin(parts);
                if own && same { Ok(()) } else { Err(Stranger::FromElsewhere) }
            }
        }
    }
}

impl<C: Control, V: Console> Handler for Admin<C, V> {
    async fn answer(&self, request: Request<Incoming>, _peer: SocketAddr) -> Response {
        let (parts, body) = request.into_parts();
        let asked = RequestMetadata::of(&parts);
        if let Some(visit) = PageRequest::to(parts.uri.path(), parts.uri.query()) {
            // Of other methods no body is read.
            let unread = parts.method != Method::POST && !body.is_end_stream();
            let draft = self.visit(visit, &parts, body).await;
            return if unread { draft.closing() } else { draft }.send(&asked);
        }
        let draft = self.draft(&parts).await;
        // No page reads a body.
        let draft = if body.is_end_stream() { draft } else { draft.closing() };
        draft.send(&asked)
    }
}

/// The name by which a request asks for us; HTTP/2 has it in the address.
fn host(parts: &Parts) -> Option<&str> {
    let host = parts.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    host.or_else(|| parts.uri.authority().map(Authority::as_str))
}

/// Whether a request says that one of our own pages makes it.
fn is_of_same_origin(parts: &Parts) -> bool {
    let origin = parts.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let from = origin.and_then(|origin| origin.split_once("://")).map(|(_, from)| from);
    from.is_some() && from == host(parts)
}

/// Whether a person looks.
fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// `localhost`, or an address: no name that somebody else can make lead here.
fn is_of_this_machine(host: &str) -> bool {
    match Url::parse(&format!("http://{host}/")).ok().as_ref().and_then(Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        None => false,
    }
}

/// `route`, `service`, `outcome`, `text`, `minutes`, `before` and `limit`.
fn filter(query: &str) -> Result<RecentFilter, String> {
    let mut filter = RecentFilter { limit: DEFAULT_LIMIT, ..RecentFilter::default() };
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let number = || value.parse::<u64>().map_err(|_| format!("`{key}` is a whole number"));
        match &*key {
            "text" => filter.text = Some(value.to_lowercase()),
            "minutes" => {
                filter.since = SystemTime::now().checked_sub(Duration::from_secs(60 * number()?.min(1_000_000)));
            }
            "route" => filter.route = Some(value.into_owned()),
            "service" => filter.service = Some(value.into_owned()),
            "outcome" => filter.outcome = Some(value.into_owned()),
            "before" => filter.before = Some(number()?),
            "limit" => filter.limit = usize::try_from(number()?).unwrap_or(MOST).min(MOST),
            _ => {
                return Err(
                    "the keys are `route`, `service`, `outcome`, `text`, `minutes`, `before` and `limit`".to_owned()
                );
            }
        }
    }
    Ok(filter)
}

fn index() -> Value {
    json!({
        "/console/": "the same for people",
        "/healthz": "whether the process lives",
        "/readyz": "whether calls can be served, and the state of every service directory",
        "/reload": "POST: reads all definitions anew and answers with the result",
        "/metrics": "metrics, as OpenMetrics text",
        "/api/catalog": "the actions that are served, and the state of their services",
        "/api/diagnostics": "what is wrong with the files as they are now",
        "/api/calls": "the last calls, newest first; `?route=`, `service=`, `outcome=`, `text=`, `minutes=`, `before=`, `limit=`",
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
