//! From outcomes to HTTP: the one place with status codes.
//!
//! Every answer but those of the console is JSON with its length; each has the id of its request, and none repeats what was asked.

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Version};
use serde::Serialize;
use serde_json::Value;

use super::head::Refusal;
use super::page::{Asset, PageResponse, SignIn};
use super::payload::Payload;
use super::request_id::{self, RequestId};
use crate::call::{Failure, FailureKind, Outcome};

/// What goes back to a client.
pub type Response = http::Response<Payload>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPENMETRICS: HeaderValue = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
/// Pages run our own script and styles only, talk to us only, and are shown in no frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Status and body of the answer to an outcome, for commands that print it.
#[must_use]
pub fn answer_of(outcome: &Outcome) -> (u16, Value) {
    let (status, body) = answer_text_of(outcome);
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// The same, the body as it is sent.
#[must_use]
pub fn answer_text_of(outcome: &Outcome) -> (u16, String) {
    let builder = ResponseBuilder::outcome(outcome);
    (builder.status.as_u16(), builder.body)
}

/// What an answer needs of its request.
#[derive(Clone, Debug)]
pub(super) struct RequestMetadata {
    /// The id that the answer carries.
    pub(super) request_id: RequestId,
    method: Method,
    version: Version,
}

impl RequestMetadata {
    /// Reads the head of a request.
    pub(super) fn of(parts: &Parts) -> Self {
        Self { request_id: RequestId::of(&parts.headers), method: parts.method.clone(), version: parts.version }
    }
}

/// An answer without what depends on its request.
#[derive(Debug)]
pub(super) struct ResponseBuilder {
    status: StatusCode,
    /// JSON.
    body: String,
    allow: Option<&'static str>,
    closing: bool,
    /// Whether a token is asked for.
    challenge: bool,
    /// Another body than JSON.
    other: Option<Other>,
    location: Option<&'static str>,
    cookie: Option<HeaderValue>,
}

#[derive(Debug)]
enum Other {
    Metrics(String),
    Html(String),
    Asset(Asset),
    Events(tokio::sync::mpsc::Receiver<Bytes>),
}

impl ResponseBuilder {
    /// 201 with the five keys, 200 for good credentials, 401 where the service's definition asks for it, 403 for an unauthorized caller,
    /// and 400 for every other failure.
    pub(super) fn outcome(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done(reply) => Self::new(StatusCode::CREATED, reply.to_json()),
            Outcome::Verified(kept) => Self::new(StatusCode::OK, json(kept)),
            Outcome::Failed(failure) => Self::failure(failure),
        }
    }

    /// 401 where the service's definition asks for it, 403 for a caller that is refused, and 400 for every other failure.
    pub(super) fn failure(failure: &Failure) -> Self {
        let status = match failure.kind {
            _ if failure.reply_401 => StatusCode::UNAUTHORIZED,
            FailureKind::Forbidden => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::error(status, &failure.message)
    }

    /// No action has this path.
    pub(super) fn no_action() -> Self {
        Self::error(StatusCode::NOT_FOUND, "No action is served at this address")
    }

    /// No admin page has this path.
    pub(super) fn no_page() -> Self {
        Self::error(StatusCode::NOT_FOUND, "Nothing is served at this address")
    }

    /// `allow` is the method that is served.
    pub(super) fn wrong_method(allow: &'static str) -> Self {
        let builder = Self::error(StatusCode::METHOD_NOT_ALLOWED, "This method is not served at this address");
        Self { allow: Some(allow), ..builder }
    }

    /// The connection ends: where the next request begins is unknown.
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self::error(StatusCode::BAD_REQUEST, &refusal.to_string()).closing()
    }

    /// A page of the admin listener.
    pub(super) fn page(body: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, json(body))
    }

    /// Whether we are ready, and why not.
    pub(super) fn readiness(ready: bool, body: &impl Serialize) -> Self {
        Self::new(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, json(body))
    }

    /// What came of a reload.
    pub(super) fn reload(applied: bool, body: &impl Serialize) -> Self {
        Self::new(if applied { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, json(body))
    }

    pub(super) fn too_many_connections() -> Self {
        Self::error(StatusCode::BAD_REQUEST, "The server has too many connections. Try again later.").closing()
    }

    /// An operator's request without the token.
    pub(super) fn no_token() -> Self {
        let builder = Self::error(StatusCode::UNAUTHORIZED, "Send the admin token as `Authorization: Bearer …`");
        Self { challenge: true, ..builder }
    }

    pub(super) fn bad_query(wrong: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, wrong)
    }

    /// A request that a page of another site makes with its reader's browser.
    pub(super) fn foreign_site() -> Self {
        Self::error(StatusCode::FORBIDDEN, "This listener is asked by its own address only")
    }

    pub(super) fn metrics(text: String) -> Self {
        Self { other: Some(Other::Metrics(text)), ..Self::new(StatusCode::OK, String::new()) }
    }

    pub(super) fn shown(shown: PageResponse) -> Self {
        match shown {
            PageResponse::Page(html) => Self::html(StatusCode::OK, html),
            PageResponse::Missing(html) => Self::html(StatusCode::NOT_FOUND, html),
            PageResponse::See(location) => Self::see(location),
            PageResponse::Events(events) => {
                Self { other: Some(Other::Events(events)), ..Self::new(StatusCode::OK, String::new()) }
            }
        }
    }

    /// The page that asks a visitor for the token.
    pub(super) fn sign_in(html: String, why: SignIn) -> Self {
        Self::html(if why == SignIn::WrongToken { StatusCode::FORBIDDEN } else { StatusCode::OK }, html)
    }

    pub(super) fn asset(asset: Asset) -> Self {
        Self { other: Some(Other::Asset(asset)), ..Self::new(StatusCode::OK, String::new()) }
    }

    /// Redirects to another page.
    pub(super) fn see(location: &'static str) -> Self {
        Self { location: Some(location), ..Self::html(StatusCode::SEE_OTHER, String::new()) }
    }

    /// A form that is too large, too slow, or cut off.
    pub(super) fn bad_form() -> Self {
        Self::error(StatusCode::BAD_REQUEST, "The form could not be read: at most 1 MiB, within ten seconds").closing()
    }

    /// A page that ended in a defect of ours.
    pub(super) fn defect() -> Self {
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, "This page ended in a defect of the program; the log has it")
    }

    pub(super) fn with_cookie(self, cookie: Option<HeaderValue>) -> Self {
        Self { cookie, ..self }
    }

    fn html(status: StatusCode, html: String) -> Self {
        Self { other: Some(Other::Html(html)), ..Self::new(status, String::new()) }
    }

    /// Ends the connection after this answer, because the rest of the request will not be read.
    pub(super) fn closing(self) -> Self {
        Self { closing: true, ..self }
    }

    /// The answer to this request.
    pub(super) fn build(self, asked: &RequestMetadata) -> Response {
        let (payload, length, media_type) = match self.other {
            None => whole(Bytes::from(self.body), JSON, asked),
            Some(Other::Metrics(text)) => whole(Bytes::from(text), OPENMETRICS, asked),
            Some(Other::Html(html)) => whole(Bytes::from(html), HTML, asked),
            Some(Other::Asset(asset)) => {
                whole(Bytes::from_static(asset.bytes), HeaderValue::from_static(asset.media_type), asked)
            }
            Some(Other::Events(_)) if asked.method == Method::HEAD => (Payload::from(Bytes::new()), None, EVENTS),
            Some(Other::Events(events)) => (Payload::Events(events), None, EVENTS),
        };
        let for_browsers = media_type != JSON && media_type != OPENMETRICS;
        let mut response = Response::new(payload);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if for_browsers {
            headers.insert(CONTENT_SECURITY_POLICY, POLICY);
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            // `no-referrer` would send forms without an origin.
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if let Some(location) = self.location {
            headers.insert(LOCATION, HeaderValue::from_static(location));
        }
        if let Some(cookie) = self.cookie {
            headers.insert(SET_COOKIE, cookie);
        }
        headers.insert(CONTENT_TYPE, media_type);
        if self.challenge {
            headers.insert(WWW_AUTHENTICATE, BEARER);
        }
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if let Ok(id) = HeaderValue::from_str(asked.request_id.as_str()) {
            headers.insert(request_id::HEADER, id);
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if self.closing && asked.version < Version::HTTP_2 {
            headers.insert(CONNECTION, CLOSE);
        }
        response
    }

    fn new(status: StatusCode, body: String) -> Self {
        Self { status, body, allow: None, closing: false, challenge: false, other: None, location: None, cookie: None }
    }

    fn error(status: StatusCode, message: &str) -> Self {
        Self::new(status, json(&ErrorBody { message }))
    }
}

/// Bytes with their length. HEAD gets none: hyper would send them over HTTP/2.
fn whole(bytes: Bytes, media_type: HeaderValue, asked: &RequestMetadata) -> (Payload, Option<usize>, HeaderValue) {
    let length = bytes.len();
    let sent = if asked.method == Method::HEAD { Bytes::new() } else { bytes };
    (Payload::from(sent), Some(length), media_type)
}

#[derive(Serialize)]
struct ErrorBody<'m> {
    message: &'m str,
}

fn json(body: &impl Serialize) -> String {
    // Every value here can be JSON: keys are texts.
    serde_json::to_string(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Reply;
    use crate::secret::Masked;

    #[track_caller]
    fn check(outcome: &Outcome, status: u16, body: &str) {
        let builder = ResponseBuilder::outcome(outcome);
        assert_eq!((builder.status.as_u16(), builder.body.as_str()), (status, body));
    }

    #[test]
    fn absent_fields_are_not_sent() {
        let reply = Reply::new(Masked::fixed("Saved \"it\" ✓"));
        check(&Outcome::Done(reply), 201, r#"{"message":"Saved \"it\" ✓"}"#);
    }

    #[test]
    fn all_five_fields_are_text() {
        let some = |text: &str| Some(text.to_owned());
        let reply = Reply {
            message: Masked::fixed("m"),
            external_id: some("12345678901234567890"),
            contact_external_id: some("7"),
            contact_external_type: some("lead"),
            contact_external_url: some("https://x/7"),
        };
        let body = r#"{"message":"m","external_id":"12345678901234567890","contact_external_id":"7","contact_external_type":"lead","contact_external_url":"https://x/7"}"#;
        check(&Outcome::Done(reply), 201, body);
    }

    #[test]
    fn every_failure_is_a_400_with_a_message_only() {
        for kind in [FailureKind::Input, FailureKind::Auth, FailureKind::Overload, FailureKind::Bug] {
            let failure = Failure::new(kind, Masked::fixed("No.")).caused_by("not for the caller");
            check(&Outcome::Failed(failure), 400, r#"{"message":"No."}"#);
        }
    }

    #[test]
    fn a_refusal_of_credentials_is_a_401_only_where_asked_for() {
        let failure = Failure { reply_401: true, ..Failure::new(FailureKind::Auth, Masked::fixed("No.")) };
        check(&Outcome::Failed(failure), 401, r#"{"message":"No."}"#);
    }
}
