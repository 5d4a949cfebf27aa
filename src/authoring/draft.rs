//! A service and its actions before they are files.
//!
//! One layout for everything that the program writes.

use serde_json::Value;

use super::yaml::{Map, Yaml};

/// A `service.yaml` to be.
#[derive(Clone, Debug, Default)]
pub struct ServiceDraft {
    /// Comment lines at the top: where it comes from.
    pub origin: Vec<String>,
    /// The service's name.
    pub title: String,
    /// What it is.
    pub description: Option<String>,
    /// The fields of `auth`.
    pub auth: Vec<FieldDraft>,
    /// Scheme, host and path; may be a template.
    pub base_url: String,
    /// Needed where the host is a template.
    pub allowed_hosts: Vec<String>,
    /// The `authentication` block.
    pub authentication: Option<Map>,
    /// Headers of every request.
    pub headers: Map,
    /// Error rules.
    pub errors: Vec<Map>,
    /// What could not be carried over.
    pub notes: Vec<String>,
}

/// An action file to be.
#[derive(Clone, Debug, Default)]
pub struct ActionDraft {
    /// Its file's name, without ending.
    pub name: String,
    /// Comment lines at the top: where it comes from.
    pub origin: Vec<String>,
    /// What people call it.
    pub title: String,
    /// What it does.
    pub description: Option<String>,
    /// More fields of `auth`.
    pub auth: Vec<FieldDraft>,
    /// The fields of `data`.
    pub data: Vec<FieldDraft>,
    /// Where it differs from the service's.
    pub base_url: Option<String>,
    /// Where it differs from the service's.
    pub allowed_hosts: Vec<String>,
    /// Where it differs from the service's.
    pub authentication: Option<Map>,
    /// The request, in the order of its keys.
    pub request: Map,
    /// The response.
    pub response: Map,
    /// Comment lines above the response.
    pub response_notes: Vec<String>,
    /// Error rules.
    pub errors: Vec<Map>,
    /// Examples.
    pub tests: Vec<TestDraft>,
    /// What could not be carried over.
    pub notes: Vec<String>,
}

/// An input field to be.
#[derive(Clone, Debug, Default)]
pub struct FieldDraft {
    /// Its name.
    pub name: String,
    /// Its rules, in the order of the documentation.
    pub rules: Map,
    /// A value that fits, for tests.
    pub example: Option<Value>,
    /// Whether a call without it is refused.
    pub required: bool,
}

/// A test to be.
#[derive(Clone, Debug, Default)]
pub struct TestDraft {
    /// What it shows.
    pub name: String,
    /// `auth`, `data`, `meta`.
    pub input: Map,
    /// The operator's secrets.
    pub secrets: Option<Yaml>,
    /// Pairs of request and answer.
    pub calls: Vec<(Map, Map)>,
    /// `status` and `body`.
    pub result: Map,
}

/// A file to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// Its name, without directory.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl ServiceDraft {
    /// The file.
    #[must_use]
    pub fn to_file(&self) -> DraftFile {
        let input = Map::new().with("auth", fields(&self.auth));
        let map = Map::new()
            .with("version", 1)
            .with("title", self.title.as_str())
            .with_some("description", self.description.as_deref())
            .with_some("input", (!self.auth.is_empty()).then(|| input.block()))
            .with("base_url", self.base_url.as_str())
            .with_some("allowed_hosts", texts(&self.allowed_hosts))
            .with_some("authentication", self.authentication.clone())
            .with_some("headers", (!self.headers.is_empty()).then(|| self.headers.clone()))
            .with_some("errors", rules(&self.errors));
        file("service", "service", &[&self.origin, &self.notes], &map)
    }
}

impl ActionDraft {
    /// The file.
    #[must_use]
    pub fn to_file(&self) -> DraftFile {
        let mut input = Map::new();
        for (part, list) in [("auth", &self.auth), ("data", &self.data)] {
            if !list.is_empty() {
                input.put(part, fields(list));
            }
        }
        let mut map = Map::new()
            .with("version", 1)
            .with("title", self.title.as_str())
            .with_some("description", self.description.as_deref());
        let blank = || vec![String::new()];
        if !input.is_empty() {
            map = map.with_comment(blank(), "input", input.block());
        }
        if let Some(base_url) = &self.base_url {
            map = map.with_comment(blank(), "base_url", base_url.as_str());
            map = map.with_some("allowed_hosts", texts(&self.allowed_hosts));
        }
        if let Some(authentication) = &self.authentication {
            map = map.with_comment(blank(), "authentication", authentication.clone());
        }
        map = map.with_comment(blank(), "request", self.request.clone().block());
        if let Some(errors) = rules(&self.errors) {
            map = map.with_comment(blank(), "errors", errors);
        }
        let mut above = blank();
        above.extend(self.response_notes.iter().cloned());
        map = map.with_comment(above, "response", self.response.clone().block());
        if !self.tests.is_empty() {
            map = map.with_comment(blank(), "tests", Yaml::Lines(self.tests.iter().map(TestDraft::to_yaml).collect()));
        }
        file(&self.name, "action", &[&self.origin, &self.notes], &map)
    }
}

impl TestDraft {
    /// As an item of `tests`.
    #[must_use]
    pub fn to_yaml(&self) -> Yaml {
        let calls = self.calls.iter().map(|(request, answer)| {
            let mut call = Map::new();
            if !request.is_empty() {
                call.put("request", request.clone());
            }
            call.with("answer", answer.clone()).block()
        });
        Map::new()
            .with("name", self.name.as_str())
            .with("input", self.input.clone())
            .with_some("secrets", self.secrets.clone())
            .with_some("calls", (!self.calls.is_empty()).then(|| Yaml::Lines(calls.collect())))
            .with("result", self.result.clone())
            .block()
    }
}

impl FieldDraft {
    /// A field with these rules.
    #[must_use]
    pub fn new(name: impl Into<String>, rules: Map) -> Self {
        Self { name: name.into(), rules, ..Self::default() }
    }
}

fn fields(list: &[FieldDraft]) -> Yaml {
    let mut map = Map::new();
    for field in list {
        map.put(field.name.clone(), field.rules.clone());
    }
    map.block()
}

fn texts(list: &[String]) -> Option<Yaml> {
    (!list.is_empty()).then(|| Yaml::List(list.iter().map(|text| text.as_str().into()).collect()))
}

fn rules(list: &[Map]) -> Option<Yaml> {
    (!list.is_empty()).then(|| Yaml::Lines(list.iter().cloned().map(Yaml::from).collect()))
}

fn file(name: &str, schema: &str, comments: &[&[String]; 2], map: &Map) -> DraftFile {
    let mut text = format!("# yaml-language-server: $schema=../../schemas/{schema}.schema.json\n");
    let [origin, notes] = comments;
    origin.iter().for_each(|line| comment(line, &mut text));
    if !notes.is_empty() {
        text.push_str("#\n# Not carried over, or to be looked at:\n");
        notes.iter().for_each(|note| comment(&format!("* {note}"), &mut text));
    }
    text.push_str(&map.to_text());
    DraftFile { name: format!("{name}.yaml"), text }
}

/// A comment, however many lines or control characters the text has.
fn comment(line: &str, text: &mut String) {
    let plain: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.push_str(&format!("# {}\n", plain.trim_end()));
}
