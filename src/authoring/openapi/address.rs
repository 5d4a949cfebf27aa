//! Servers → `base_url`, with fields of `auth` for what differs between customers.

use serde_json::Value;

use super::super::draft::FieldDraft;
use super::super::names::{identifier, title_of};
use super::super::sample::{Piece, pieces};
use super::super::yaml::Map;
use super::operation::Operation;

/// Where requests of an operation go.
#[derive(Clone, Debug, Default)]
pub(super) struct Address {
    /// For `base_url`.
    pub(super) base: String,
    /// The same with the values of the test.
    pub(super) example: String,
    pub(super) fields: Vec<FieldDraft>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) notes: Vec<String>,
    /// What stands in front of every path, where the base cannot hold it.
    pub(super) prefix: String,
}

/// The address of the operation's first server, or of the one given.
pub(super) fn address(operation: &Operation<'_>, given: Option<&str>) -> Option<Address> {
    let own =
        |value: &Value| value.get("servers").and_then(Value::as_array).and_then(|servers| servers.first().cloned());
    let of_document =
        || operation.document.servers().and_then(Value::as_array).and_then(|servers| servers.first().cloned());
    let server = own(operation.operation).or_else(|| own(operation.item)).or_else(of_document);
    let url = server.as_ref().and_then(|server| server.get("url")).and_then(Value::as_str).unwrap_or_default();
    let url = match given {
        Some(given)
            if url.starts_with('/')
                && url.len() > 1
                && !given.trim_end_matches('/').ends_with(url.trim_end_matches('/')) =>
        {
            format!("{}{url}", given.trim_end_matches('/'))
        }
        Some(given) => given.to_owned(),
        None => url.to_owned(),
    };
    let variables = server.as_ref().and_then(|server| server.get("variables")).cloned().unwrap_or_default();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme.to_owned(), rest.to_owned()),
        None => return None,
    };
    let mut found = Address::default();
    let scheme = if scheme == "http" && !is_loopback(&rest) {
        found.notes.push("the document says http://; https:// is written here".to_owned());
        "https".to_owned()
    } else if scheme.contains('{') {
        "https".to_owned()
    } else {
        scheme
    };
    found.base = format!("{scheme}://");
    found.example = found.base.clone();
    let (host, path) =
        rest.split_once('/').map_or((rest.as_str(), ""), |(host, path)| (host, path.trim_end_matches('/')));
    if let [Piece::Value(name)] = pieces(host).as_slice()
        && !default_of(name, &variables).is_some_and(|default| default.contains('.') || default == "localhost")
    {
        return Some(Address::customers_own(path, &variables));
    }
    let usual = if scheme == "https" { ":443" } else { ":80" };
    found.add(host.strip_suffix(usual).unwrap_or(host), &variables, true);
    if !path.is_empty() {
        found.push("/");
        found.add(path, &variables, false);
    }
    Some(found)
}

fn is_loopback(rest: &str) -> bool {
    rest.starts_with("localhost") || rest.starts_with("127.")
}

/// The default of a server's variable.
fn default_of<'v>(name: &str, variables: &'v Value) -> Option<&'v str> {
    let (_, said) = variables.as_object()?.iter().find(|(key, _)| identifier(key) == name)?;
    said.get("default").and_then(Value::as_str)
}

impl Address {
    /// The whole host is the customer's: its address is asked for.
    fn customers_own(path: &str, variables: &Value) -> Self {
        let example = "https://acme.example.com";
        let mut prefix = Self::default();
        prefix.add(path, variables, false);
        let rules = Map::new()
            .with("required", true)
            .with("format", "url")
            .with("secret", false)
            .with("label", "Address")
            .with("example", example);
        let field = FieldDraft { example: Some(example.into()), required: true, ..FieldDraft::new("url", rules) };
        Self {
            base: "{{auth.url}}".to_owned(),
            example: example.to_owned(),
            fields: std::iter::once(field).chain(prefix.fields).collect(),
            allowed_hosts: vec!["any".to_owned()],
            notes: prefix.notes,
            prefix: if path.is_empty() { String::new() } else { format!("/{}", prefix.base) },
        }
    }

    fn push(&mut self, text: &str) {
        self.base.push_str(text);
        self.example.push_str(text);
    }

    fn add(&mut self, text: &str, variables: &Value, in_host: bool) {
        let mut suffix = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => {
                    self.push(&text);
                    suffix = text;
                }
                Piece::Value(name) => {
                    suffix.clear();
                    self.variable(&name, variables, in_host);
                }
            }
        }
        if in_host && !self.fields.is_empty() {
            let domain = suffix.trim_start_matches(|c| c != '.').trim_start_matches('.');
            self.allowed_hosts.push(if domain.contains('.') { format!("*.{domain}") } else { "any".to_owned() });
        }
    }

    fn variable(&mut self, name: &str, variables: &Value, in_host: bool) {
        let said = variables
            .as_object()
            .and_then(|all| all.iter().find(|(key, _)| identifier(key) == name))
            .map(|(_, said)| said);
        let default = said.and_then(|said| said.get("default")).and_then(Value::as_str);
        let listed = said.is_some_and(|said| said.get("enum").is_some());
        // What is one of a list, or a path, is the same for every customer.
        if let Some(default) = default.filter(|default| listed || !in_host || default.contains('.')) {
            self.push(default);
            if listed {
                self.notes.push(format!("`{name}` of the address can also be something else than `{default}`"));
            }
            return;
        }
        self.base.push_str(&format!("{{{{auth.{name}}}}}"));
        self.example.push_str("acme");
        if self.fields.iter().any(|field| field.name == name) {
            return;
        }
        let rules = Map::new().with("required", true);
        let rules = if in_host { rules.with("format", "hostname_label") } else { rules };
        let rules = rules.with("secret", false).with("label", title_of(name)).with("example", "acme");
        self.fields.push(FieldDraft { example: Some("acme".into()), required: true, ..FieldDraft::new(name, rules) });
    }
}
