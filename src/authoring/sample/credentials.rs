//! How an example request proves who it is, as an `authentication` block with fields of `auth`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::draft::FieldDraft;
use super::super::names::{Names, identifier, title_of};
use super::super::secrets::is_credential;
use super::super::yaml::Map;
use super::placeholder::{Piece, pieces};
use super::request::Sample;

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

impl Credentials {
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
