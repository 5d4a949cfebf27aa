//! Security schemes → an `authentication` block and fields of `auth`.

use serde_json::Value;

use super::super::draft::FieldDraft;
use super::super::names::{identifier, title_of};
use super::super::yaml::Map;
use super::operation::Operation;

/// How an operation proves who it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Proof {
    pub(super) authentication: Option<Map>,
    pub(super) fields: Vec<FieldDraft>,
    /// Further headers that hold credentials.
    pub(super) headers: Vec<(String, String)>,
    /// Lower-case names of parameters that credentials are sent in.
    pub(super) parameters: Vec<String>,
    /// Whether a token is fetched before the first call.
    pub(super) fetches_token: bool,
    /// The host that it is fetched from.
    pub(super) token_host: Option<String>,
    pub(super) notes: Vec<String>,
}

impl PartialEq for FieldDraft {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The best of the ways that the document offers.
pub(super) fn proof(operation: &Operation<'_>, base_url: &str) -> Proof {
    let document = operation.document;
    let said = operation.operation.get("security").or(document.security()).and_then(Value::as_array);
    let schemes = document.schemes();
    let alternatives: Vec<Vec<(&str, &Value)>> = match said {
        Some(alternatives) => alternatives
            .iter()
            .filter_map(Value::as_object)
            .map(|all| {
                let scheme =
                    |name: &str| schemes.and_then(|schemes| schemes.get(name)).map(|scheme| document.follow(scheme));
                all.keys().filter_map(|name| Some((name.as_str(), scheme(name)?))).collect()
            })
            .collect(),
        // The document describes schemes, and does not say where they hold: one of them everywhere.
        None => {
            schemes.into_iter().flatten().map(|(name, scheme)| vec![(name.as_str(), document.follow(scheme))]).collect()
        }
    };
    let best = alternatives
        .iter()
        .filter(|all| !all.is_empty())
        .min_by_key(|all| all.iter().map(|(_, scheme)| rank(scheme)).sum::<u32>());
    let mut proof = Proof::default();
    match best {
        Some(all) => all.iter().for_each(|(name, scheme)| proof.take(name, scheme, base_url)),
        None if said.is_some_and(|said| !said.is_empty()) || schemes.is_none_or(serde_json::Map::is_empty) => {
            proof
                .notes
                .push("the document does not say how requests prove who they are: add `authentication`".to_owned());
        }
        None => {}
    }
    proof
}

/// The lower the simpler.
fn rank(scheme: &Value) -> u32 {
    let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "http" if matches!(text("scheme").to_lowercase().as_str(), "bearer" | "basic") => 1,
        "apiKey" => 2,
        "oauth2" if scheme.pointer("/flows/clientCredentials").is_some() => 3,
        "http" => 4,
        "oauth2" => 5,
        _ => 9,
    }
}

impl Proof {
    fn take(&mut self, name: &str, scheme: &Value, base_url: &str) {
        let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
        match (text("type"), text("scheme").to_lowercase().as_str()) {
            ("http", kind @ ("basic" | "digest")) => {
                let (user, password) = (self.field("username", "Username"), self.field("password", "Password"));
                self.set(Map::new().with("type", kind).with("username", user).with("password", password));
            }
            ("http", _) => {
                let token = self.field("token", "Token");
                self.set(Map::new().with("type", "bearer").with("token", token));
            }
            ("apiKey", _) => self.api_key(name, scheme),
            ("oauth2", _) => self.oauth2(scheme, base_url),
            ("openIdConnect", _) => {
                self.bearer("the token comes from OpenID Connect: whoever holds it gives it as `auth.token`");
            }
            (kind, _) => {
                self.notes.push(format!("the security scheme `{name}` of type `{kind}`: see the authentication page"));
            }
        }
    }

    fn api_key(&mut self, name: &str, scheme: &Value) {
        let sent_as = scheme.get("name").and_then(Value::as_str).unwrap_or(name);
        let place = scheme.get("in").and_then(Value::as_str).unwrap_or("header");
        let wanted = identifier(sent_as.trim_start_matches("X-"));
        let wanted = if ["authorization", "cookie"].contains(&wanted.as_str()) { "token".to_owned() } else { wanted };
        let value = self.field(&wanted, &title_of(&wanted));
        self.parameters.push(sent_as.to_lowercase());
        if sent_as.eq_ignore_ascii_case("authorization") {
            self.notes.push("the whole of the header `Authorization` is `auth.token`, with a word such as `Bearer` if the service wants one".to_owned());
        }
        match (&self.authentication, place) {
            (None, place) => self.set(Map::new().with("type", "api_key").with(place, sent_as).with("value", value)),
            (Some(_), "header") => self.headers.push((sent_as.to_owned(), value)),
            (Some(_), place) => self
                .notes
                .push(format!("a second credential in the {place} parameter `{sent_as}`: add it to each request")),
        }
    }

    fn oauth2(&mut self, scheme: &Value, base_url: &str) {
        let flow = |name: &str| scheme.get("flows").and_then(|flows| flows.get(name));
        let (grant, flow) = match (flow("clientCredentials"), flow("password")) {
            (Some(flow), _) => ("client_credentials", flow),
            (None, Some(flow)) => ("password", flow),
            (None, None) => {
                return self.bearer(
                    "the token comes from an authorization in a browser: whoever holds it gives it as `auth.token`",
                );
            }
        };
        let url = flow.get("tokenUrl").and_then(Value::as_str).unwrap_or_default();
        let token_url = match url {
            url if url.starts_with("https://") || url.starts_with("http://") => url.to_owned(),
            path if path.starts_with('/') => {
                let host = base_url.split('/').take(3).collect::<Vec<_>>().join("/");
                format!("{host}{path}")
            }
            _ => return self.bearer("the document does not say where tokens are fetched: a token is `auth.token`"),
        };
        let (id, secret) = (self.field("client_id", "Client ID"), self.field("client_secret", "Client secret"));
        let mut map = Map::new().with("type", "oauth2").with("grant", grant).with("token_url", token_url.as_str());
        map.put("client", Map::new().with("id", id).with("secret", secret).with("send", "basic"));
        if grant == "password" {
            let (user, password) = (self.field("username", "Username"), self.field("password", "Password"));
            map = map.with("username", user).with("password", password);
        }
        let scopes: Vec<&str> = flow
            .get("scopes")
            .and_then(Value::as_object)
            .map(|scopes| scopes.keys().map(String::as_str).collect())
            .unwrap_or_default();
        if !scopes.is_empty() {
            self.notes.push(format!(
                "scopes are asked for with `params: {{ scope: … }}`; the document knows: {}",
                scopes.iter().take(12).copied().collect::<Vec<_>>().join(", ")
            ));
        }
        self.fetches_token = self.authentication.is_none();
        self.token_host = host_of(&token_url).filter(|_| self.fetches_token).map(str::to_owned);
        self.set(map);
    }

    fn bearer(&mut self, note: &str) {
        let token = self.field("token", "Token");
        self.notes.push(note.to_owned());
        self.set(Map::new().with("type", "bearer").with("token", token));
    }

    fn set(&mut self, map: Map) {
        if self.authentication.is_none() {
            self.authentication = Some(map);
        }
    }

    fn field(&mut self, name: &str, label: &str) -> String {
        if !self.fields.iter().any(|field| field.name == name) {
            let rules = Map::new().with("required", true).with("label", label);
            let example = Some(Value::String(format!("auth-{}", name.replace('_', "-"))));
            self.fields.push(FieldDraft { example, required: true, ..FieldDraft::new(name, rules) });
        }
        format!("{{{{auth.{name}}}}}")
    }
}

/// The host of an address.
pub(super) fn host_of(url: &str) -> Option<&str> {
    url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next())
}
