//! The admin listener: health, readiness, reload, metrics, and what a console shows.
//!
//! A [`Control`] makes the answers; here are the addresses, methods, and permissions.

use std::future::Future;
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
use super::handler::{Handler, Received};
use super::page::{Console, PageRequest, Pairs};
use super::respond::{RequestMetadata, Response, ResponseBuilder};
use super::session::Sessions;
use crate::call::caught;
use crate::telemetry::RecentFilter;

const READ: &str = "GET, HEAD";
const WRITE: &str = "POST";
const BOTH: &str = "GET, HEAD, POST";

/// Largest form that is sent to the console, in bytes.
const LARGEST_FORM: usize = 1024 * 1024;
const FORM_TIME: Duration = Duration::from_secs(10);

/// Wait before a wrong token is answered.
const PAUSE: Duration = Duration::from_millis(500);

/// Calls in one answer, by default and at most.
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
    /// None: requests from this machine only.
    token: Option<Secrets>,
    sessions: Sessions,
}

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

    /// Probes have no token.
    fn is_probe(self) -> bool {
        matches!(self, Self::Health | Self::Readiness)
    }
}

/// Whether a request may read everything, or only whether the process is alive and ready.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Operator,
    Probe,
}

/// Why a request is not authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unauthorized {
    WithoutToken,
    FromElsewhere,
}

impl Unauthorized {
    fn response(self) -> ResponseBuilder {
        match self {
            Self::WithoutToken => ResponseBuilder::no_token(),
            Self::FromElsewhere => ResponseBuilder::foreign_site(),
        }
    }
}

impl<C: Control, V: Console> Admin<C, V> {
    /// Serves one control and its console to requests with the token. Without a token the caller of this function binds to
    /// loopback only. `over_tls` is for the cookie.
    pub fn new(control: C, console: V, token: Option<Secrets>, over_tls: bool) -> Self {
        Self { control, console, token, sessions: Sessions::new(over_tls) }
    }

    async fn operation(&self, parts: &Parts) -> ResponseBuilder {
        if parts.uri.path() == "/" && wants_html(&parts.headers) && parts.method == Method::GET {
            return ResponseBuilder::see("/console/");
        }
        let Some(page) = Page::at(parts.uri.path()) else { return ResponseBuilder::no_page() };
        let trust = match self.trust(parts) {
            Ok(()) => Trust::Operator,
            Err(_) if page.is_probe() => Trust::Probe,
            Err(unauthorized) => return unauthorized.response(),
        };
        if !page.allows(&parts.method) {
            return ResponseBuilder::wrong_method(page.allow());
        }
        self.page(page, parts.uri.query(), trust).await
    }

    async fn page(&self, page: Page<'_>, query: Option<&str>, trust: Trust) -> ResponseBuilder {
        match page {
            Page::Index => ResponseBuilder::page(index()),
            Page::Health => ResponseBuilder::page(json!({ "status": "ok" })),
            Page::Readiness => {
                let (ready, state) = self.control.readiness();
                let shown = if trust == Trust::Operator { state } else { json!({ "ready": ready }) };
                ResponseBuilder::readiness(ready, shown)
            }
            Page::Reload => {
                let (applied, result) = self.control.reload().await;
                ResponseBuilder::reload(applied, result)
            }
            Page::Catalog => ResponseBuilder::page(self.control.catalog()),
            Page::Diagnostics => ResponseBuilder::page(self.control.diagnostics()),
            Page::Calls => match filter(query.unwrap_or_default()) {
                Ok(filter) => ResponseBuilder::page(self.control.calls(&filter)),
                Err(wrong) => ResponseBuilder::bad_query(&wrong),
            },
            Page::Call(name) => self.control.call(name).map_or_else(ResponseBuilder::no_page, ResponseBuilder::page),
            Page::Settings => ResponseBuilder::page(self.control.settings()),
            Page::Upstream => ResponseBuilder::page(self.control.upstream()),
            Page::Metrics => ResponseBuilder::metrics(self.control.metrics()),
        }
    }

    /// A page of the console. Styles and script are public, everything else needs authorization.
    async fn console_page(&self, mut page: PageRequest, parts: &Parts, body: Incoming) -> ResponseBuilder {
        if !BOTH.split(", ").any(|allowed| allowed == parts.method.as_str()) {
            return ResponseBuilder::wrong_method(BOTH).closing();
        }
        if let Some(asset) = page.path.strip_prefix("assets/").and_then(|name| self.console.asset(name)) {
            return ResponseBuilder::asset(asset);
        }
        let posted = parts.method == Method::POST;
        // A page of another site can make a browser send a form, but the browser then names that site as the origin.
        if posted && !is_of_same_origin(parts) {
            return ResponseBuilder::foreign_site().closing();
        }
        if posted {
            let read = tokio::time::timeout(FORM_TIME, Limited::new(body, LARGEST_FORM).collect()).await;
            let Ok(Ok(read)) = read else { return ResponseBuilder::bad_form() };
            page.form = Some(Pairs::read(&read.to_bytes()));
        }
        if page.path == "sign-in" && self.token.is_some() {
            return self.sign_in(&page).await;
        }
        match self.trust(parts) {
            Ok(()) => {}
            Err(_) if self.token.is_some() => return ResponseBuilder::see("/console/sign-in"),
            Err(unauthorized) => return unauthorized.response(),
        }
        if page.path == "sign-out" && posted {
            return ResponseBuilder::see("/console/").with_cookie(self.sessions.end());
        }
        page.signed_in = self.token.is_some();
        caught(self.console.visit(page)).await.map_or_else(|_| ResponseBuilder::defect(), ResponseBuilder::shown)
    }

    async fn sign_in(&self, page: &PageRequest) -> ResponseBuilder {
        let Some(form) = &page.form else { return ResponseBuilder::sign_in(self.console.sign_in(false), false) };
        let shown = form.get("token").unwrap_or_default();
        if self.token.as_ref().is_some_and(|token| token.hold(shown.trim().as_bytes())) {
            return ResponseBuilder::see("/console/").with_cookie(self.sessions.begin());
        }
        tokio::time::sleep(PAUSE).await;
        ResponseBuilder::sign_in(self.console.sign_in(true), true)
    }

    /// With a token: requests that carry it, or a session's cookie. Without: requests to a name that only this machine has
    /// and of no other origin, so that a page of another site cannot ask, neither by DNS rebinding nor by its reader's browser.
    fn trust(&self, parts: &Parts) -> Result<(), Unauthorized> {
        let headers = &parts.headers;
        match &self.token {
            Some(token) => {
                let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
                if shown.is_some_and(|shown| token.hold(shown)) {
                    return Ok(());
                }
                // A browser sends the cookie by itself, so a request that changes something must come from our own pages.
                let safe = matches!(parts.method, Method::GET | Method::HEAD) || is_of_same_origin(parts);
                if safe && self.sessions.are_shown_in(headers) { Ok(()) } else { Err(Unauthorized::WithoutToken) }
            }
            None => {
                let own = host(parts).is_none_or(is_of_this_machine);
                let same = !headers.contains_key(ORIGIN) || is_of_same_origin(parts);
                if own && same { Ok(()) } else { Err(Unauthorized::FromElsewhere) }
            }
        }
    }
}

impl<C: Control, V: Console> Handler for Admin<C, V> {
    async fn answer(&self, request: Request<Incoming>, _: Received) -> Response {
        let (parts, body) = request.into_parts();
        let asked = RequestMetadata::of(&parts);
        if let Some(page) = PageRequest::to(parts.uri.path(), parts.uri.query()) {
            // Only POST has its body read.
            let unread = parts.method != Method::POST && !body.is_end_stream();
            let response = self.console_page(page, &parts, body).await;
            return if unread { response.closing() } else { response }.build(&asked);
        }
        let response = self.operation(&parts).await;
        let response = if body.is_end_stream() { response } else { response.closing() };
        response.build(&asked)
    }
}

/// The host that a request names; HTTP/2 has it in the address.
fn host(parts: &Parts) -> Option<&str> {
    let host = parts.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    host.or_else(|| parts.uri.authority().map(Authority::as_str))
}

/// Whether one of our own pages makes the request, as its browser says.
fn is_of_same_origin(parts: &Parts) -> bool {
    let origin = parts.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let from = origin.and_then(|origin| origin.split_once("://")).map(|(_, from)| from);
    from.is_some() && from == host(parts)
}

/// Whether a browser asks.
fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// `localhost`, or an address: no name that DNS can point here.
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
    fn only_localhost_and_addresses_are_of_this_machine() {
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
