//! An example request → the draft of an action that sends such requests, with a test that it does.

use serde_json::{Map as JsonMap, Value};

use super::super::answer::id_in;
use super::super::draft::{ActionDraft, FieldDraft, ServiceDraft, TestDraft};
use super::super::names::{Names, title_of};
use super::super::yaml::{Map, Yaml};
use super::body::Inputs;
use super::credentials::{self, Credentials};
use super::options::{SampleOptions, Wish};
use super::placeholder::{Piece, path_pieces, pieces};
use super::request::{Sample, SampleBody};

/// Why a sample cannot be imported.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// The address.
    #[error("`{found}` is no address that can be called: expected http:// or https:// and a host")]
    Url {
        /// As it stands there.
        found: String,
    },
    /// Another service.
    #[error("the service calls `{service}`, the request goes to `{found}`; choose another `--service`")]
    OtherService {
        /// Its `base_url`.
        service: String,
        /// The address of the request.
        found: String,
    },
    /// A wish.
    #[error("nothing in the request is called `{0}`; give a name, or a path such as `ticket.subject`")]
    NoSuchValue(String),
}

/// Makes the service and the action.
///
/// # Errors
/// An address that cannot be called, and values asked for that are not there.
pub fn draft_of(mut sample: Sample, options: &SampleOptions) -> Result<(ServiceDraft, ActionDraft), SampleError> {
    let mut auth_names = Names::default();
    let credentials = credentials::take(&mut sample, &mut auth_names);
    if let (Some(service), Some(own)) = (&options.existing, &credentials.authentication)
        && own.text("type") != service.authentication.as_deref()
    {
        let own = own.text("type").unwrap_or_default();
        sample.notes.push(format!("the request proves who it is by `{own}`; here the service's way is used"));
    }
    let address = Address::of(&sample.url, options.existing.as_ref().map(|service| service.base_url.as_str()))?;
    let auth = with_host_fields(&credentials, &address, &mut auth_names);
    let mut inputs = Inputs::new(&options.wishes, &auth);
    let (path, expected_path) = address.path(&mut inputs);
    let (mut query, mut expected_query) = inputs.pairs(&sample.query, str::to_owned);
    for (name, template) in &credentials.query {
        query.put(name.clone(), template.as_str());
    }
    let headers = headers(&mut inputs, &sample, &credentials);
    let body = inputs.body(&sample.body);
    if let Some(Wish::At { path, .. }) = inputs.unmet().first() {
        return Err(SampleError::NoSuchValue(path.clone()));
    }

    let name = options.action.clone().unwrap_or_else(|| action_name(&sample.method, &address.path));
    let request = Map::new()
        .with("method", sample.method.as_str())
        .with_some("path", (!path.is_empty()).then_some(path))
        .with_some("query", some(query))
        .with_some("headers", some(headers.0))
        .with_some(
            body.as_ref().map_or("json", |(kind, _, _)| kind),
            body.as_ref().map(|(_, written, _)| written.clone()),
        );

    for (name, value) in &credentials.expected_query {
        expected_query.insert(name.clone(), Value::String(value.clone()));
    }
    let url = format!("{}{expected_path}", address.base_example);
    let expected = Map::new().with("method", sample.method.as_str());
    let expected = match &options.existing {
        None => expected.with("url", url),
        // Which host the credentials of its tests lead to is not known here.
        Some(_) => expected.with("path", path_of(&url)),
    };
    let expected = expected
        .with_some("query", some(expected_query).map(|query| Yaml::from(&Value::Object(query))))
        .with_some("headers", some(headers.1).filter(|_| options.existing.is_none()))
        .with_some(
            body.as_ref().map_or("json", |(kind, _, _)| kind),
            body.as_ref().map(|(_, _, expected)| expected.clone()),
        );
    let action = ActionDraft {
        title: title_of(&name),
        description: sample.description.clone(),
        data: std::mem::take(&mut inputs.fields),
        request: request.clone(),
        notes: sample.notes.clone(),
        origin: sample.origin.clone(),
        name,
        ..ActionDraft::default()
    };
    let service = ServiceDraft {
        title: title_of(&options.service),
        origin: sample.origin,
        base_url: address.base.clone(),
        allowed_hosts: address.allowed_hosts,
        authentication: credentials.authentication,
        auth,
        errors: vec![
            Map::new()
                .with("status", 401)
                .with("kind", "auth")
                .with("message", format!("{} does not accept the credentials", title_of(&options.service))),
        ],
        ..ServiceDraft::default()
    };
    let action = answered(action, &service, expected, options);
    Ok((service, action))
}

fn path_of(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind.split_once('/').map_or_else(|| "/".to_owned(), |(_, path)| format!("/{path}"))
}

fn some<T: Emptiness>(map: T) -> Option<T> {
    (!map.is_nothing()).then_some(map)
}

trait Emptiness {
    fn is_nothing(&self) -> bool;
}

impl Emptiness for Map {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Emptiness for JsonMap<String, Value> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

/// Headers as they are written, and as the test expects them.
fn headers(inputs: &mut Inputs<'_>, sample: &Sample, credentials: &Credentials) -> (Map, Map) {
    let (mut written, mut expected) = (Map::new(), Map::new());
    for (name, value) in &sample.headers {
        let (value, found) = inputs.header(name, value);
        written.put(name.clone(), value);
        expected.put(name.clone(), &found);
    }
    if let SampleBody::Text(_, media_type) = &sample.body {
        written.put("Content-Type", media_type.as_str());
    }
    credentials.headers.iter().for_each(|(name, template)| written.put(name.clone(), template.as_str()));
    credentials.expected_headers.iter().for_each(|(name, value)| expected.put(name.clone(), value.as_str()));
    (written, expected)
}

fn with_host_fields(credentials: &Credentials, address: &Address, names: &mut Names) -> Vec<FieldDraft> {
    let host = address.host_fields.iter().filter(|name| !credentials.fields.iter().any(|field| field.name == **name));
    let host = host.map(|name| {
        let name = names.free(&[name]);
        let rules = Map::new()
            .with("required", true)
            .with("format", "hostname_label")
            .with("secret", false)
            .with("label", title_of(&name))
            .with("example", "acme");
        FieldDraft { example: Some("acme".into()), required: true, ..FieldDraft::new(name, rules) }
    });
    let url = address.whole.then(|| {
        let rules = Map::new()
            .with("required", true)
            .with("format", "url")
            .with("secret", false)
            .with("label", "Address")
            .with("example", address.base_example.as_str());
        let example = Some(address.base_example.as_str().into());
        FieldDraft { example, required: true, ..FieldDraft::new("url", rules) }
    });
    host.chain(url).chain(credentials.fields.iter().cloned()).collect()
}

/// Adds the response and the test.
fn answered(mut action: ActionDraft, service: &ServiceDraft, expected: Map, options: &SampleOptions) -> ActionDraft {
    let found = options.answer.as_ref().and_then(id_in);
    let done = format!("{}: done", action.title);
    let mut body = Map::new();
    match &found {
        Some((path, id)) => {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let (before, after) = around_id(&action.name);
            action.response = Map::new()
                .with("message", format!("{before} {{{{response.external_id}}}}{after}"))
                .with("external_id", Map::new().with("path", path.as_str()).with("required", true));
            body.put("message", format!("{before} {id}{after}"));
            body.put("external_id", id);
        }
        None => {
            action.response = Map::new().with("message", done.as_str());
            body.put("message", done);
            action.response_notes = vec![
                "What the service answers is not known from the request alone. Where its answer holds an id, add for example".to_owned(),
                "  external_id: { path: $.id, required: true }".to_owned(),
            ];
        }
    }
    let status = if options.answer.is_some() && found.is_some() { 201 } else { 200 };
    let answer = Map::new()
        .with("status", status)
        .with("json", options.answer.as_ref().map_or_else(|| Map::new().into(), Yaml::from));
    let input = match &options.existing {
        None => test_input(&service.auth, &action.data),
        Some(service) => {
            let data = test_input(&[], &action.data);
            if service.auth.as_object().is_some_and(|auth| !auth.is_empty()) {
                Map::new().with("auth", &service.auth).and(data)
            } else {
                data
            }
        }
    };
    action.tests = vec![TestDraft {
        name: "the request of the documentation is sent".to_owned(),
        input,
        calls: vec![(expected, answer)],
        result: Map::new().with("status", 201).with("body", body),
        secrets: None,
    }];
    action
}

/// What stands around an id in a message: `Ticket` and ` created`.
pub(in super::super) fn around_id(action: &str) -> (String, String) {
    let done = |verb: &str| match verb {
        "create" | "add" | "open" | "new" | "post" => Some("created"),
        "update" | "edit" | "patch" | "put" => Some("updated"),
        "delete" | "remove" => Some("deleted"),
        "send" => Some("sent"),
        _ => None,
    };
    match action.split_once('_').and_then(|(verb, noun)| Some((done(verb)?, noun))) {
        Some((done, noun)) => {
            let bare = ["a_", "an_", "the_", "new_"].iter().find_map(|article| noun.strip_prefix(article));
            (title_of(bare.unwrap_or(noun)), format!(" {done}"))
        }
        None => (format!("{}:", title_of(action)), String::new()),
    }
}

/// The input that gives every field its example.
pub(in super::super) fn test_input(auth: &[FieldDraft], data: &[FieldDraft]) -> Map {
    let mut input = Map::new();
    for (part, fields) in [("auth", auth), ("data", data)] {
        let mut values = Map::new();
        for field in fields {
            if let Some(example) = &field.example {
                values.put(field.name.clone(), example);
            }
        }
        if !values.is_empty() {
            input.put(part, values);
        }
    }
    input
}

/// `create_ticket` for `POST /api/v2/tickets.json`.
fn action_name(method: &str, path: &[Piece]) -> String {
    let path: String =
        path.iter().map(|piece| if let Piece::Text(text) = piece { text.as_str() } else { "{}" }).collect();
    let resource =
        path.split('/').rev().map(|segment| segment.split(['.', '?']).next().unwrap_or_default()).find(|segment| {
            !segment.is_empty() && !segment.contains("{}") && segment.chars().any(|c| c.is_ascii_alphabetic())
        });
    let verb = match method {
        "GET" | "HEAD" => "find",
        "PUT" | "PATCH" => "update",
        "DELETE" => "delete",
        _ => "create",
    };
    let resource = super::super::names::identifier(resource.unwrap_or("request"));
    let singular = match resource.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if resource.ends_with("ss") => resource.clone(),
        None => resource.strip_suffix('s').unwrap_or(&resource).to_owned(),
    };
    format!("{verb}_{singular}")
}

/// Where requests go.
struct Address {
    /// For `base_url`, with templates.
    base: String,
    /// The same with the test's values.
    base_example: String,
    /// What follows.
    path: Vec<Piece>,
    /// Fields of `auth` that the host is made of.
    host_fields: Vec<String>,
    /// Whether the whole address is a field.
    whole: bool,
    allowed_hosts: Vec<String>,
}

impl Address {
    fn of(url: &str, known_base: Option<&str>) -> Result<Self, SampleError> {
        let wrong = || SampleError::Url { found: url.to_owned() };
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
            Some(_) => return Err(wrong()),
            None => ("https", url),
        };
        let (host, path) =
            rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
        if host.is_empty() || host.contains(' ') {
            return Err(wrong());
        }
        let mut found = Self {
            base: format!("{scheme}://"),
            base_example: format!("{scheme}://"),
            path: path_pieces(path.trim_end_matches('?')),
            host_fields: Vec::new(),
            whole: false,
            allowed_hosts: Vec::new(),
        };
        let mut suffix = "";
        let host = pieces(host);
        if let [Piece::Value(_)] = host.as_slice() {
            // The whole host is the customer's: its address is asked for, and the path stays with the request.
            found.base = "{{auth.url}}".to_owned();
            found.base_example = "https://acme.example.com".to_owned();
            found.whole = true;
            found.allowed_hosts.push("any".to_owned());
            return match known_base {
                Some(base) if base != found.base => {
                    Err(SampleError::OtherService { service: base.to_owned(), found: url.to_owned() })
                }
                _ => Ok(found),
            };
        }
        for piece in &host {
            match piece {
                Piece::Text(text) => {
                    found.base.push_str(text);
                    found.base_example.push_str(text);
                    suffix = text;
                }
                Piece::Value(name) => {
                    found.base.push_str(&format!("{{{{auth.{name}}}}}"));
                    found.base_example.push_str("acme");
                    found.host_fields.push(name.clone());
                    suffix = "";
                }
            }
        }
        if !found.host_fields.is_empty() {
            let domain = suffix.trim_start_matches(|c| c != '.').trim_start_matches('.');
            found.allowed_hosts.push(if domain.contains('.') { format!("*.{domain}") } else { "any".to_owned() });
        }
        match known_base {
            None => found.move_prefix(),
            Some(base) => found.continue_from(base)?,
        }
        Ok(found)
    }

    /// What all paths of a service begin with, as far as one path tells: up to a version.
    fn move_prefix(&mut self) {
        let Some(Piece::Text(_)) = self.path.first() else { return };
        let segments: Vec<&[Piece]> = self.path.split(|piece| *piece == Piece::Text("/".to_owned())).collect();
        let text = |segment: &[Piece]| match segment {
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        };
        let is_version = |text: &str| {
            let digits = text.strip_prefix('v').unwrap_or(text);
            digits.starts_with(|c: char| c.is_ascii_digit())
                && digits.chars().all(|c| c.is_ascii_digit() || ".-".contains(c))
        };
        let last = segments.len().saturating_sub(1);
        let mut keep = 0;
        for (index, segment) in segments.iter().enumerate().take(last).skip(1) {
            let Some(text) = text(segment) else { break };
            if is_version(&text) || ["api", "rest", "services", "crm"].contains(&text.as_str()) {
                keep = index;
            } else if index > 3 {
                break;
            }
        }
        let moved: Vec<String> = segments.iter().take(keep + 1).skip(1).filter_map(|segment| text(segment)).collect();
        if moved.len() == keep && keep > 0 {
            let prefix = format!("/{}", moved.join("/"));
            self.base.push_str(&prefix);
            self.base_example.push_str(&prefix);
            self.path = self.path.split_off(keep * 2);
        }
    }

    /// The path behind a base that is given.
    fn continue_from(&mut self, base: &str) -> Result<(), SampleError> {
        let texts =
            self.path.iter().map_while(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None });
        let whole = format!("{}{}", self.base, texts.collect::<String>());
        let other = || SampleError::OtherService { service: base.to_owned(), found: self.base.clone() };
        let prefix = base.strip_prefix(self.base.as_str()).ok_or_else(other)?.trim_end_matches('/');
        if !whole.starts_with(base.trim_end_matches('/')) {
            return Err(other());
        }
        self.base_example.push_str(prefix);
        self.base = base.trim_end_matches('/').to_owned();
        let segments = prefix.matches('/').count();
        self.path = self.path.split_off((segments * 2).min(self.path.len()));
        Ok(())
    }

    /// The path as it is written, and as the test expects it.
    fn path(&self, inputs: &mut Inputs<'_>) -> (String, String) {
        let (mut written, mut expected) = (String::new(), String::new());
        for piece in &self.path {
            match piece {
                Piece::Text(text) => {
                    written.push_str(text);
                    expected.push_str(text);
                }
                Piece::Value(name) => {
                    let (template, example) = inputs.placeholder(name);
                    written.push_str(&template);
                    expected.push_str(example.as_str().unwrap_or_default());
                }
            }
        }
        (written, expected)
    }
}
