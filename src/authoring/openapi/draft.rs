//! Operations → one service and an action each.

use serde_json::{Map as JsonMap, Value};

use super::super::answer::id_in;
use super::super::draft::{ActionDraft, FieldDraft, ServiceDraft, TestDraft};
use super::super::names::title_of;
use super::super::sample::{ExistingService, around_id, test_input};
use super::super::yaml::{Map, Yaml};
use super::address::{Address, address};
use super::body::{Body, body};
use super::document::{Document, DocumentError};
use super::errors::{Failures, answer_of, failures, kept, rules};
use super::field::sentence;
use super::operation::Operation;
use super::parameters::{Inputs, Placed, place};
use super::schema::Schema;
use super::security::{Proof, host_of, proof};

/// Resources whose id Talkdesk wants as the contact's.
const CONTACTS: [&str; 8] = ["contact", "customer", "person", "people", "user", "lead", "requester", "subscriber"];

/// What the author wants of a document.
#[derive(Clone, Debug, Default)]
pub struct OpenapiOptions {
    /// The service's directory.
    pub service: String,
    /// Instead of the document's server.
    pub base_url: Option<String>,
    /// The service, if it has a file already.
    pub existing: Option<ExistingService>,
    /// Where the document is from: comment lines.
    pub origin: Vec<String>,
}

/// Makes the service and an action for each operation.
///
/// # Errors
/// A document that names no server, where none is given.
pub fn drafts_of(
    document: &Document,
    operations: &[Operation<'_>],
    options: &OpenapiOptions,
) -> Result<(ServiceDraft, Vec<ActionDraft>), DocumentError> {
    if operations.is_empty() {
        return Err(DocumentError::NoOperations);
    }
    let title =
        document.title().map_or_else(|| title_of(&options.service), |title| sentence(title).unwrap_or_default());
    let mut service = ServiceDraft { title, origin: options.origin.clone(), ..ServiceDraft::default() };
    let (mut actions, mut reasons) = (Vec::new(), Vec::new());
    let mut shared: Option<(Address, Proof)> = None;
    for operation in operations {
        let Some(address) = address(operation, options.base_url.as_deref()) else {
            return Err(DocumentError::NoServer);
        };
        let proof = proof(operation, &address.base);
        let (of_service, of_proof) = shared.get_or_insert_with(|| (address.clone(), proof.clone()));
        let failures = failures(operation);
        reasons.extend(failures.reasons.iter().cloned());
        let own_proof = (*of_proof != proof).then_some(&proof);
        let same_host = of_service.base == address.base;
        let common = of_service.fields.iter().chain(&of_proof.fields).cloned().collect();
        let parts = Parts { operation, address: &address, proof: &proof, own_proof, same_host, common, failures };
        actions.push(action(parts, &service, options));
    }
    if let Some((address, proof)) = shared {
        service.base_url = address.base;
        service.allowed_hosts = with_token_host(&service.base_url, address.allowed_hosts, &proof);
        service.auth = address.fields.into_iter().chain(proof.fields).collect();
        service.authentication = proof.authentication;
        for (name, value) in proof.headers {
            service.headers.put(name, value);
        }
        service.notes = address.notes.into_iter().chain(proof.notes).collect();
    }
    if let Some(first) = document.elsewhere().first() {
        let count = document.elsewhere().len();
        service.notes.push(format!(
            "{count} references lead to other files (`{first}`), and what stands there is taken for anything: make one document of them first"
        ));
    }
    service.errors = rules(&service.title, &reasons);
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for action in &mut actions {
        let count = seen.entry(action.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            action.name = format!("{}_{count}", action.name);
        }
    }
    Ok((service, actions))
}

/// A token that is fetched elsewhere needs both hosts allowed.
fn with_token_host(base: &str, mut hosts: Vec<String>, proof: &Proof) -> Vec<String> {
    let Some(token) = proof.token_host.as_deref().filter(|token| Some(*token) != host_of(base)) else { return hosts };
    if hosts.is_empty() {
        hosts.extend(host_of(base).map(str::to_owned));
    }
    if !hosts.iter().any(|host| host == "any") {
        hosts.push(token.to_owned());
    }
    hosts
}

struct Parts<'p, 'd> {
    operation: &'p Operation<'d>,
    address: &'p Address,
    proof: &'p Proof,
    /// Where it differs from the service's.
    own_proof: Option<&'p Proof>,
    /// Whether it goes where the service goes.
    same_host: bool,
    /// The service's fields of `auth`.
    common: Vec<FieldDraft>,
    failures: Failures,
}

fn action(parts: Parts<'_, '_>, service: &ServiceDraft, options: &OpenapiOptions) -> ActionDraft {
    let operation = parts.operation;
    let name = operation.action_name();
    let mut inputs = Inputs::new(operation.document);
    let placed = place(operation, &mut inputs, &parts.proof.parameters);
    let mut notes = placed.notes.clone();
    let body = if ["GET", "HEAD"].contains(&operation.method().as_str()) {
        let schema = operation.body().and_then(|(_, media)| media.get("schema"));
        let said = schema.is_some_and(|schema| !Schema::of(operation.document, schema).properties.is_empty());
        notes.extend(said.then(|| format!("the document gives a {} a body, which is not sent", operation.method())));
        None
    } else {
        body(operation, &mut inputs).unwrap_or_else(|reason| {
            notes.push(reason);
            None
        })
    };
    notes.extend(body.as_ref().and_then(|body| body.note.clone()));
    if !parts.same_host {
        notes.extend(parts.address.notes.iter().cloned());
    }
    let title = operation.summary().or(operation.description()).and_then(sentence);
    let mut action = ActionDraft {
        title: title.map_or_else(|| title_of(&name), |title| title.trim_end_matches('.').chars().take(100).collect()),
        description: operation.description().and_then(sentence),
        origin: options
            .origin
            .iter()
            .cloned()
            .chain([format!("{} {}", operation.method(), operation.path())])
            .collect(),
        request: request(&parts, &placed, body.as_ref()),
        data: Vec::new(),
        name,
        notes,
        ..ActionDraft::default()
    };
    if action.description.as_deref().is_some_and(|text| text.trim_end_matches('.') == action.title) {
        action.description = None;
    }
    let mut auth = parts.common.clone();
    if let Some(own) = parts.own_proof {
        action.authentication = own.authentication.clone().or_else(|| Some(Map::new().with("type", "none")));
        action.auth.extend(own.fields.iter().filter(|field| !auth.contains(field)).cloned());
        action.notes.extend(own.notes.iter().cloned());
    }
    if !parts.same_host {
        action.base_url = Some(parts.address.base.clone());
        action.allowed_hosts = with_token_host(&parts.address.base, parts.address.allowed_hosts.clone(), parts.proof);
        action.auth.extend(parts.address.fields.iter().filter(|field| !auth.contains(field)).cloned());
    }
    auth.extend(action.auth.iter().cloned());
    if options.existing.is_some() {
        action.errors = rules(&service.title, &parts.failures.reasons);
    }
    let input = match &options.existing {
        Some(existing) if existing.auth.is_object() => Map::new().with("auth", &existing.auth),
        _ => test_input(&auth, &[]),
    };
    let input =
        if inputs.values.is_empty() { input } else { input.with("data", &Value::Object(inputs.values.clone())) };
    action.data = std::mem::take(&mut inputs.fields);
    answered(&mut action, &parts, Tested { input, placed, body }, &service.title);
    action
}

fn request(parts: &Parts<'_, '_>, placed: &Placed, body: Option<&Body>) -> Map {
    let mut headers = placed.headers.clone();
    if let Some(kind) = body.and_then(|body| body.content_type.as_deref()) {
        headers.put("Content-Type", kind);
    }
    Map::new()
        .with("method", parts.operation.method())
        .with_some("path", (placed.path != "/").then(|| format!("{}{}", parts.address.prefix, placed.path)))
        .with_some("query", (!placed.query.is_empty()).then(|| placed.query.clone()))
        .with_some("headers", (!headers.is_empty()).then_some(headers))
        .with_some("style", body.and_then(|body| body.style.clone()))
        .with_some(body.map_or("json", |body| body.kind), body.map(|body| body.written.clone()))
}

struct Tested {
    input: Map,
    placed: Placed,
    body: Option<Body>,
}

/// Adds the response and the tests.
fn answered(action: &mut ActionDraft, parts: &Parts<'_, '_>, tested: Tested, title: &str) {
    let operation = parts.operation;
    let mut success: Vec<(&str, &Value)> = operation
        .responses()
        .into_iter()
        .filter(|(status, _)| status.starts_with('2') || *status == "default")
        .collect();
    success.sort_by_key(|(status, _)| match *status {
        "201" => 0,
        "200" => 1,
        "default" => 9,
        _ => 2,
    });
    let (status, response) = success.first().copied().unwrap_or(("200", &Value::Null));
    let status = status.parse::<u64>().unwrap_or(200);
    let bodiless = [204, 205].contains(&status) || operation.method() == "HEAD";
    let answer = operation.json_of(response).filter(|_| !bodiless).map(|media| answer_of(operation, media));
    let answer = answer.unwrap_or_default();
    let found = id_in(&answer).map(|(path, id)| (path, id.as_str().map_or_else(|| id.to_string(), str::to_owned)));
    let found = found.filter(|(_, id)| !id.is_empty());
    let field = if CONTACTS.iter().any(|noun| resource(operation.path()).contains(noun)) {
        "contact_external_id"
    } else {
        "external_id"
    };
    let mut result = Map::new();
    match &found {
        Some((path, id)) => {
            let required = operation.method() != "GET";
            let (before, after) = around_id(&action.name);
            let source = Map::new().with("path", path.as_str());
            let source = if required { source.with("required", true) } else { source };
            let (message, filled) = if required {
                (format!("{before} {{{{response.{field}}}}}{after}"), format!("{before} {id}{after}"))
            } else {
                (format!("{}: done", action.title), format!("{}: done", action.title))
            };
            action.response = Map::new().with("message", message).with(field, source);
            result = result.with("message", filled).with(field, id.as_str());
        }
        None => {
            let done = format!("{}: done", action.title);
            result.put("message", done.as_str());
            action.response = Map::new().with("message", done);
        }
    }
    let answer = match &found {
        Some((path, _)) => kept(&answer, path),
        None if answer.to_string().len() <= 300 => answer,
        None => Value::Object(JsonMap::new()),
    };
    let request = expected(parts, &tested);
    let mocked = Map::new().with("status", status);
    let mocked = if answer.is_null() { mocked } else { mocked.with("json", &answer) };
    action.tests.push(TestDraft {
        name: "the request of the document is sent".to_owned(),
        input: tested.input.clone(),
        calls: token_call(parts).into_iter().chain([(request, mocked)]).collect(),
        result: Map::new().with("status", 201).with("body", result),
        secrets: None,
    });
    if let Some((status, answer, reason)) = &parts.failures.sample {
        let message = shown(&format!("{title} refused: {reason}"));
        action.tests.push(TestDraft {
            name: "the service's reason is told".to_owned(),
            input: tested.input,
            calls: token_call(parts)
                .into_iter()
                .chain([(Map::new(), Map::new().with("status", *status).with("json", answer))])
                .collect(),
            result: Map::new().with("status", 400).with("body", Map::new().with("message", message)),
            secrets: None,
        });
    }
}

/// The call that fetches a token, where one is fetched.
fn token_call(parts: &Parts<'_, '_>) -> Option<(Map, Map)> {
    let answer = serde_json::json!({ "access_token": "example-token", "expires_in": 3600 });
    parts.proof.fetches_token.then(|| (Map::new(), Map::new().with("json", &answer)))
}

/// A message as the caller reads it: white space made single.
fn shown(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn expected(parts: &Parts<'_, '_>, tested: &Tested) -> Map {
    let host_alone = !parts.address.example.trim_start_matches("https://").contains('/');
    let path = if tested.placed.expected_path == "/" && !host_alone { "" } else { &tested.placed.expected_path };
    let query = (!tested.placed.expected_query.is_empty()).then(|| Value::Object(tested.placed.expected_query.clone()));
    let headers =
        (!tested.placed.expected_headers.is_empty()).then(|| Value::Object(tested.placed.expected_headers.clone()));
    Map::new()
        .with("method", parts.operation.method())
        .with("url", format!("{}{}{path}", parts.address.example, parts.address.prefix))
        .with_some("query", query.as_ref())
        .with_some("headers", headers.as_ref())
        .with_some(
            tested.body.as_ref().map_or("json", |body| body.kind),
            tested.body.as_ref().and_then(|body| body.expected.as_ref()).map(Yaml::from),
        )
}

/// The last words of the path that are no placeholders.
fn resource(path: &str) -> String {
    let words = path.split('/').rev().filter(|segment| !segment.is_empty() && !segment.contains('{'));
    words.take(2).collect::<Vec<_>>().join("/").to_lowercase()
}
