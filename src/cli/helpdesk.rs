//! The small helpdesk of the demo: a service to try actions on, in memory, on loopback.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response as HttpResponse};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::server::{Handler, Payload, Received, Response};
use crate::value::{XmlLimits, read_xml};

/// The key that the helpdesk knows.
pub(super) const KEY: &str = "demo";

/// The address that the demo's definitions name. The demo changes them if it is taken.
pub(super) const ADDRESS: &str = "127.0.0.1:8089";

const MAX_BODY: usize = 1024 * 1024;

/// The helpdesk.
#[derive(Default)]
pub(super) struct Helpdesk {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_id: u64,
    /// Contact ids by e-mail address.
    contacts: BTreeMap<String, u64>,
    /// Log ids by call id.
    calls: BTreeMap<String, u64>,
}

impl State {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        1000 + self.last_id
    }
}

/// Status, content type and body.
type Answer = (u16, &'static str, String);

fn answer(status: u16, body: &Value) -> Answer {
    (status, "application/json", body.to_string())
}

impl Handler for Helpdesk {
    async fn answer(&self, request: Request<Incoming>, _: Received) -> Response {
        let (parts, body) = request.into_parts();
        let body =
            Limited::new(body, MAX_BODY).collect().await.map(|collected| collected.to_bytes()).unwrap_or_default();
        let authorised = parts.headers.get("x-api-key").is_some_and(|key| key.as_bytes() == KEY.as_bytes());
        let (status, content_type, text) = if authorised {
            self.handle(parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default(), &body)
        } else {
            answer(401, &json!({ "error": { "message": "The API key is not known" } }))
        };
        let response = HttpResponse::builder().status(status).header("content-type", content_type);
        response
            .body(Payload::from(Bytes::from(text)))
            .unwrap_or_else(|_| HttpResponse::new(Payload::from(Bytes::new())))
    }
}

impl Helpdesk {
    fn handle(&self, method: &str, path: &str, query: &str, body: &[u8]) -> Answer {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (method, segments.as_slice()) {
            ("POST", ["api", "tickets"]) => create_ticket(&mut state, &sent),
            ("GET", ["api", "contacts"]) => find_contact(&state, query),
            ("POST", ["api", "contacts"]) => create_contact(&mut state, &sent),
            ("PUT", ["api", "contacts", id]) => answer(200, &json!({ "contact": { "id": id } })),
            ("POST", ["api", "contacts", _, "notes"]) => answer(201, &json!({ "note": { "id": state.next_id() } })),
            ("POST", ["api", "calls"]) => log_call(&mut state, &sent),
            ("POST", ["api", "orders"]) => create_order(&mut state, &sent),
            ("POST", ["legacy", "cases"]) => legacy_case(&mut state, body),
            _ => answer(404, &json!({ "error": { "message": "There is nothing here" } })),
        }
    }
}

fn create_ticket(state: &mut State, sent: &Value) -> Answer {
    match sent.pointer("/ticket/subject").and_then(Value::as_str).filter(|subject| !subject.trim().is_empty()) {
        Some(subject) => {
            let (id, requester) = (state.next_id(), sent.pointer("/ticket/requester_id"));
            answer(201, &json!({ "ticket": { "id": id, "subject": subject, "requester_id": requester } }))
        }
        None => answer(422, &json!({ "errors": { "subject": ["can't be blank"] } })),
    }
}

fn find_contact(state: &State, query: &str) -> Answer {
    let email = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "email").map(|(_, email)| email);
    let found = email.and_then(|email| state.contacts.get_key_value(email.as_ref()));
    let contacts: Vec<Value> = found.into_iter().map(|(email, id)| json!({ "id": id, "email": email })).collect();
    answer(200, &json!({ "total": contacts.len(), "contacts": contacts }))
}

fn create_contact(state: &mut State, sent: &Value) -> Answer {
    let Some(email) = sent.pointer("/contact/email").and_then(Value::as_str) else {
        return answer(422, &json!({ "errors": { "email": ["can't be blank"] } }));
    };
    if let Some(id) = state.contacts.get(email) {
        return answer(409, &json!({ "error": { "message": format!("Contact {id} has this address already") } }));
    }
    let id = state.next_id();
    state.contacts.insert(email.to_owned(), id);
    answer(201, &json!({ "contact": { "id": id } }))
}

fn log_call(state: &mut State, sent: &Value) -> Answer {
    let call = sent.pointer("/call/reference").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(id) = state.calls.get(&call) {
        return answer(409, &json!({ "error": { "message": format!("This call is logged already, as entry {id}.") } }));
    }
    let id = state.next_id();
    state.calls.insert(call, id);
    answer(201, &json!({ "entry": { "id": id } }))
}

fn create_order(state: &mut State, sent: &Value) -> Answer {
    let lines = sent.pointer("/order/lines").and_then(Value::as_array).map_or(0, Vec::len);
    if lines == 0 {
        return answer(422, &json!({ "errors": { "lines": ["must not be empty"] } }));
    }
    answer(201, &json!({ "order": { "number": format!("SO-{}", state.next_id()), "lines": lines } }))
}

/// A SOAP service, as older systems have it.
fn legacy_case(state: &mut State, body: &[u8]) -> Answer {
    let sent = std::str::from_utf8(body).ok().and_then(|text| read_xml(text, XmlLimits::default()).ok());
    let subject =
        sent.as_ref().and_then(|sent| sent.pointer("/Envelope/Body/CreateCase/Subject")).and_then(Value::as_str);
    let fault = "<s:Fault><faultcode>s:Client</faultcode><faultstring>Subject is missing</faultstring></s:Fault>";
    let created = |_| format!("<c:CreateCaseResult><c:CaseId>{}</c:CaseId></c:CreateCaseResult>", state.next_id());
    let inner = subject.filter(|subject| !subject.trim().is_empty()).map_or_else(|| fault.to_owned(), created);
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:c=\"urn:cases\"><s:Body>{inner}</s:Body></s:Envelope>"
    );
    (200, "text/xml; charset=utf-8", text)
}
