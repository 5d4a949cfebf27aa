//! How an example request proves who it is, as an `authentication` block with fields of `auth`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::super::draft::FieldDraft;
use super::super::names::{Names, identifier, title_of};
use super::super::secrets::is_credential;
use super::super::yaml::Map;
use super::placeholder::{Piece, pieces, whole};
use super::request::{Sample, SampleBody};

/// What the credentials of a sample become.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    pub(super) authentication: Option<Map>,
    /// Fields of `auth`, with values for the test.
    pub(super) fields: Vec<FieldDraft>,
    /// Headers that hold further credentials, as templates.
    pub(super) headers: Vec<(String, String)>,
    /// Query parameters that hold further credentials, as templates.
    pub(super) query: Vec<(String, String)>,
    /// Headers that the test expects.
    pub(super) expected_headers: Vec<(String, String)>,
    /// Query parameters that the test expects.
    pub(super) expected_query: Vec<(String, String)>,
}

/// Takes the credentials out of a sample.
pub(super) fn take(sample: &mut Sample, names: &mut Names) -> Credentials {
    let mut found = Credentials::default();
    user_of_address(sample);
    single_headers(sample);
    found.body(&mut sample.body, names);
    if let Some((user, password)) = sample.user.take() {
        found.basic(&user, &password, sample.digest, names);
    }
    let known = std::mem::take(&mut sample.credentials);
    let is_credential = |name: &String| known.contains(name) || is_credential(name);
    for (name, value) in std::mem::take(&mut sample.headers) {
        match is_credential(&name) || name.eq_ignore_ascii_case("cookie") {
            true => found.header(&name, &value, names),
            false => sample.headers.push((name, value)),
        }
    }
    for (name, value) in std::mem::take(&mut sample.query) {
        match is_credential(&name) {
            true => found.parameter(&name, names),
            false => sample.query.push((name, value)),
        }
    }
    found
}

/// `https://user:password@host` is basic authentication.
fn user_of_address(sample: &mut Sample) {
    let (scheme, rest) = sample.url.split_once("://").unwrap_or(("", &sample.url));
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((user, after)) = rest.get(..host).and_then(|host| host.rsplit_once('@')) else { return };
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let url = format!(
        "{scheme}{}{after}{}",
        if scheme.is_empty() { "" } else { "://" },
        rest.get(host..).unwrap_or_default()
    );
    let user = (plain(user), plain(password));
    sample.url = url;
    sample.user.get_or_insert(user);
}

/// A header stands once: of several the last counts, and one that says who calls goes before `user:password`.
fn single_headers(sample: &mut Sample) {
    let mut single: Vec<(String, String)> = Vec::new();
    for (name, value) in std::mem::take(&mut sample.headers) {
        match single.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some((_, before)) => {
                sample.notes.push(format!("the header `{name}` was given more than once; the last one is used"));
                *before = value;
            }
            None => single.push((name, value)),
        }
    }
    if sample.user.is_some() && single.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
        sample.user = None;
        sample.notes.push("user and password were given beside the header `Authorization`, which is used".to_owned());
    }
    if matches!(sample.body, SampleBody::Text(..)) {
        // The body says it.
        single.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    }
    sample.headers = single;
}

impl Credentials {
    /// Credentials in a body become placeholders of fields of `auth`.
    fn body(&mut self, body: &mut SampleBody, names: &mut Names) {
        match body {
            SampleBody::Json(value) => self.json(value, names),
            SampleBody::Form(pairs) => {
                for (name, value) in pairs {
                    self.masked(name, value, names);
                }
            }
            SampleBody::Multipart(parts) => {
                for part in parts.iter_mut().filter(|part| part.file.is_none()) {
                    self.masked(&part.name, &mut part.content, names);
                }
            }
            SampleBody::None | SampleBody::Text(..) => {}
        }
    }

    fn json(&mut self, value: &mut Value, names: &mut Names) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    match value {
                        Value::String(text) => self.masked(name, text, names),
                        value => self.json(value, names),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item, names)),
            _ => {}
        }
    }

    /// The literal of a credential gives way to `{name}`.
    fn masked(&mut self, name: &str, value: &mut String, names: &mut Names) {
        let last = name.rsplit(['[', '.']).find(|part| *part != "]").unwrap_or(name);
        if value.is_empty() || !is_credential(last) || whole(value).is_some() {
            return;
        }
        let (template, _) = self.field(&identifier(last), names);
        *value = template.trim_start_matches("{{auth.").trim_end_matches("}}").to_owned();
        *value = format!("{{{value}}}");
    }

    fn basic(&mut self, user: &str, password: &str, digest: bool, names: &mut Names) {
        // Some services take an API key as the user name, with nothing or an `X` as password.
        let key_alone = password.is_empty() || password.eq_ignore_ascii_case("x");
        let (user, user_value) = self.template(user, if key_alone { "api_key" } else { "username" }, names);
        let (password, password_value) = if key_alone {
            (password.to_owned(), password.to_owned())
        } else {
            self.template(password, "password", names)
        };
        let kind = if digest { "digest" } else { "basic" };
        self.authentication = Some(Map::new().with("type", kind).with("username", user).with("password", password));
        if !digest {
            let proof = STANDARD.encode(format!("{user_value}:{password_value}"));
            self.expected_headers.push(("Authorization".to_owned(), format!("Basic {proof}")));
        }
    }

    fn header(&mut self, name: &str, value: &str, names: &mut Names) {
        let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
        if name.eq_ignore_ascii_case("authorization") && scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let (user, password) = decoded
                .as_deref()
                .and_then(|pair| pair.split_once(':'))
                .map_or(("username", "password"), |(user, password)| (user, password));
            return self.basic(user, password, false, names);
        }
        if self.authentication.is_none()
            && name.eq_ignore_ascii_case("authorization")
            && scheme.eq_ignore_ascii_case("bearer")
        {
            let (token, value) = self.template(rest, "token", names);
            self.authentication = Some(Map::new().with("type", "bearer").with("token", token));
            self.expected_headers.push((name.to_owned(), format!("Bearer {value}")));
            return;
        }
        let (prefix, secret) = match name.eq_ignore_ascii_case("authorization") && !scheme.is_empty() {
            true => (format!("{scheme} "), rest),
            false => (String::new(), value),
        };
        let wanted =
            if prefix.is_empty() { identifier(name.trim_start_matches(['X', 'x'])) } else { "token".to_owned() };
        let wanted = if wanted == "authorization" || wanted == "cookie" { "token".to_owned() } else { wanted };
        let (template, value) = self.template(secret, &wanted, names);
        self.expected_headers.push((name.to_owned(), format!("{prefix}{value}")));
        let template = format!("{prefix}{template}");
        match self.authentication {
            None => {
                self.authentication =
                    Some(Map::new().with("type", "api_key").with("header", name).with("value", template));
            }
            Some(_) => self.headers.push((name.to_owned(), template)),
        }
    }

    fn parameter(&mut self, name: &str, names: &mut Names) {
        // One value for all that have this name.
        if self.expected_query.iter().any(|(known, _)| known == name) {
            return;
        }
        let (template, value) = self.field(&identifier(name), names);
        self.expected_query.push((name.to_owned(), value));
        match self.authentication {
            None => {
                self.authentication =
                    Some(Map::new().with("type", "api_key").with("query", name).with("value", template));
            }
            Some(_) => self.query.push((name.to_owned(), template)),
        }
    }

    /// A template for a credential, and its value in the test. The placeholders in it are kept apart; a literal
    /// becomes one field, whatever it is.
    fn template(&mut self, text: &str, name: &str, names: &mut Names) -> (String, String) {
        let (user, suffix) = match text.strip_suffix("/token") {
            Some(user) => (user, "/token"),
            None => (text, ""),
        };
        let parts = pieces(user);
        let (mut template, mut value) = (String::new(), String::new());
        if parts.iter().any(|part| matches!(part, Piece::Value(_))) {
            for part in parts {
                match part {
                    Piece::Text(text) => {
                        template.push_str(&text);
                        value.push_str(&text);
                    }
                    Piece::Value(name) => {
                        let (one, filled) = self.field(&name, names);
                        template.push_str(&one);
                        value.push_str(&filled);
                    }
                }
            }
        } else {
            let name = if suffix.is_empty() { name } else { "email" };
            (template, value) = self.field(name, names);
        }
        (format!("{template}{suffix}"), format!("{value}{suffix}"))
    }

    fn field(&mut self, name: &str, names: &mut Names) -> (String, String) {
        if self.fields.iter().any(|field| field.name == name) {
            return (format!("{{{{auth.{name}}}}}"), example(name));
        }
        let name = names.free(&[name]);
        let value = example(&name);
        let rules = Map::new().with("required", true).with("label", title_of(&name));
        let field =
            FieldDraft { example: Some(Value::String(value.clone())), required: true, ..FieldDraft::new(&name, rules) };
        self.fields.push(field);
        (format!("{{{{auth.{name}}}}}"), value)
    }
}

/// What stands for a credential in a test; never the literal of the sample.
fn example(name: &str) -> String {
    format!("auth-{}", name.replace('_', "-"))
}
