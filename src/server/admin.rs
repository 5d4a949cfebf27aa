//! The admin listener: health, readiness, reload, metrics, the API for tools, and the pages of the console.
//!
//! Addresses, methods and permissions only: [`Operations`] makes the answers, [`Pages`] the pages.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::callers::Secrets;
use super::handler::{Handler, Received};
use super::page::{PageRequest, Pages, Pairs, SignIn};
use super::respond::{RequestMetadata, Response, ResponseBuilder};
use super::session::{Sessions, Transport};
use crate::call::caught;
use crate::operations::Operations;
use crate::telemetry::RecentFilter;

const READ: &str = "GET, HEAD";
const WRITE: &str = "POST";
const BOTH: &str = "GET, HEAD, POST";

/// Of a form that is sent to the console.
const LARGEST_FORM: usize = 1024 * 1024;
const FORM_TIME: Duration = Duration::from_secs(10);

/// Before a wrong token is answered, so that guesses are slow.
const PAUSE: Duration = Duration::from_millis(500);

/// Calls in one answer.
const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 1000;

/// Serves the admin operations and the pages of the console.
pub struct Admin {
    operations: Arc<Operations>,
    pages: Pages,
    /// Without one only this machine may ask.
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

/// How much an answer may show.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Operator,
    Probe,
}

/// Why a request is unauthorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unauthorized {
    NoToken,
    ForeignSite,
}

impl Unauthorized {
    fn answer(self) -> ResponseBuilder {
        match self {
            Self::NoToken => ResponseBuilder::no_token(),
            Self::ForeignSite => ResponseBuilder::foreign_site(),
        }
    }
}

/// The answer to a probe, which shows no token and learns no more than this.
#[derive(Serialize)]
struct ProbeAnswer {
    ready: bool,
}

impl Admin {
    /// Serves requests that show the token. Without a token it serves this machine only; to bind it to loopback then is the
    /// caller's part.
    #[must_use]
    pub fn new(operations: Arc<Operations>, pages: Pages, token: Option<Secrets>, transport: Transport) -> Self {
        Self { operations, pages, token, sessions: Sessions::new(transport) }
    }

    async fn draft(&self, parts: &Parts) -> ResponseBuilder {
        if parts.uri.path() == "/" && wants_html(&parts.headers) && parts.method == Method::GET {
            return ResponseBuilder::see("/console/");
        }
        let Some(page) = Page::at(parts.uri.path()) else { return ResponseBuilder::no_page() };
        let trust = match self.trust(parts) {
            Ok(()) => Trust::Operator,
            Err(_) if page.is_probe() => Trust::Probe,
            Err(unauthorized) => return unauthorized.answer(),
        };
        if !page.allows(&parts.method) {
            return ResponseBuilder::wrong_method(page.allow());
        }
        self.page(page, parts.uri.query(), trust).await
    }

    async fn page(&self, page: Page<'_>, query: Option<&str>, trust: Trust) -> ResponseBuilder {
        match page {
            Page::Index => ResponseBuilder::page(&index()),
            Page::Health => ResponseBuilder::page(&json!({ "status": "ok" })),
            Page::Readiness => {
                let readiness = self.operations.readiness();
                match trust {
                    Trust::Operator => ResponseBuilder::readiness(readiness.ready, &readiness),
                    Trust::Probe => {
                        ResponseBuilder::readiness(readiness.ready, &ProbeAnswer { ready: readiness.ready })
                    }
                }
            }
            Page::Reload => {
                let report = self.operations.reload().await;
                ResponseBuilder::reload(report.is_clean(), &*report)
            }
            Page::Catalog => ResponseBuilder::page(&self.operations.catalog()),
            Page::Diagnostics => ResponseBuilder::page(&self.operations.diagnostics()),
            Page::Calls => match filter(query.unwrap_or_default()) {
                Ok(filter) => ResponseBuilder::page(&self.operations.calls(&filter)),
                Err(wrong) => ResponseBuilder::bad_query(&wrong),
            },
            Page::Call(name) => {
                self.operations.call(name).map_or_else(ResponseBuilder::no_page, |call| ResponseBuilder::page(&call))
            }
            Page::Settings => ResponseBuilder::page(self.operations.settings()),
            Page::Upstream => ResponseBuilder::page(&self.operations.hosts()),
            Page::Metrics => ResponseBuilder::metrics(self.operations.metrics()),
        }
    }

    /// A page for a browser. Styles and script need no token, everything else does.
    async fn console(&self, mut page_request: PageRequest, parts: &Parts, body: Incoming) -> ResponseBuilder {
        if !BOTH.split(", ").any(|allowed| allowed == parts.method.as_str()) {
            return ResponseBuilder::wrong_method(BOTH).closing();
        }
        if let Some(asset) = page_request.path.strip_prefix("assets/").and_then(self.pages.asset) {
            return ResponseBuilder::asset(asset);
        }
        let posted = parts.method == Method::POST;
        // A page of another site can make a browser send a form, but not without an `Origin` that says so.
        if posted && !is_of_same_origin(parts) {
            return ResponseBuilder::foreign_site().closing();
        }
        if posted {
            let read = tokio::time::timeout(FORM_TIME, Limited::new(body, LARGEST_FORM).collect()).await;
            let Ok(Ok(read)) = read else { return ResponseBuilder::bad_form() };
            page_request.form = Some(Pairs::read(&read.to_bytes()));
        }
        if page_request.path == "sign-in" && self.token.is_some() {
            return self.sign_in(&page_request).await;
        }
        match self.trust(parts) {
            Ok(()) => {}
            Err(_) if self.token.is_some() => return ResponseBuilder::see("/console/sign-in"),
            Err(unauthorized) => return unauthorized.answer(),
        }
        if page_request.path == "sign-out" && posted {
            return ResponseBuilder::see("/console/").with_cookie(self.sessions.end());
        }
        page_request.signed_in = self.token.is_some();
        caught((self.pages.page)(page_request)).await.map_or_else(|_| ResponseBuilder::defect(), ResponseBuilder::shown)
    }

    async fn sign_in(&self, page_request: &PageRequest) -> ResponseBuilder {
        let Some(form) = &page_request.form else {
            return ResponseBuilder::sign_in((self.pages.sign_in)(SignIn::First), SignIn::First);
        };
        let shown = form.get("token").unwrap_or_default();
        if self.token.as_ref().is_some_and(|token| token.hold(shown.trim().as_bytes())) {
            return ResponseBuilder::see("/console/").with_cookie(self.sessions.begin());
        }
        tokio::time::sleep(PAUSE).await;
        ResponseBuilder::sign_in((self.pages.sign_in)(SignIn::WrongToken), SignIn::WrongToken)
    }

    /// Whether a request shows the token. Without a token, whether it comes from this machine itself: it names a host that
    /// only this machine has, and no `Origin` but that one. A page of another site cannot do that, neither with a name that
    /// it makes lead here (DNS rebinding) nor with a form that its reader's browser sends.
    fn trust(&self, parts: &Parts) -> Result<(), Unauthorized> {
        let headers = &parts.headers;
        match &self.token {
            Some(token) => {
                let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
                if shown.is_some_and(|shown| token.hold(shown)) {
                    return Ok(());
                }
                // A browser adds the cookie to requests of any site, so a request that changes something must come from our own pages.
                let safe = matches!(parts.method, Method::GET | Method::HEAD) || is_of_same_origin(parts);
                if safe && self.sessions.are_shown_in(headers) { Ok(()) } else { Err(Unauthorized::NoToken) }
            }
            None => {
                let own = host(parts).is_none_or(is_of_this_machine);
                let same = !headers.contains_key(ORIGIN) || is_of_same_origin(parts);
                if own && same { Ok(()) } else { Err(Unauthorized::ForeignSite) }
            }
        }
    }
}

impl Handler for Admin {
    async fn answer(&self, request: Request<Incoming>, _: Received) -> Response {
        let (parts, body) = request.into_parts();
        let asked = RequestMetadata::of(&parts);
        if let Some(page_request) = PageRequest::to(parts.uri.path(), parts.uri.query()) {
            // Of other methods no body is read.
            let unread = parts.method != Method::POST && !body.is_end_stream();
            let draft = self.console(page_request, &parts, body).await;
            return if unread { draft.closing() } else { draft }.build(&asked);
        }
        let draft = self.draft(&parts).await;
        // No page reads a body.
        let draft = if body.is_end_stream() { draft } else { draft.closing() };
        draft.build(&asked)
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

/// Whether a browser asks.
fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// `localhost`, or an address: no name that another site can make lead here.
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
    fn only_names_that_no_other_site_can_have_are_of_this_machine() {
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
