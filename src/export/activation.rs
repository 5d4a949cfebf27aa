//! What a customer gives Talkdesk to have an integration activated: what it is called, what it asks for, where it is.
//!
//! The names of the columns are those of Talkdesk's integration and action configuration.

use serde_json::{Value, json};

use crate::catalog::{Action, Catalog, FieldRule, Purpose, ServiceDirectory};
use crate::keyword::FieldType;

/// One integration: a service directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Unique name.
    pub name: String,
    /// The name people see.
    pub display_name: String,
    /// What it is.
    pub description: String,
    /// `none`, or `custom`: fields that a user fills in.
    pub authentication_type: &'static str,
    /// The fields of `auth`.
    pub authentication: Vec<AuthField>,
    /// Where credentials are checked.
    pub auth_validation_endpoint: Option<String>,
    /// The actions.
    pub actions: Vec<ActionEntry>,
}

/// A field of `auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthField {
    /// Its key.
    pub key: String,
    /// The name people see.
    pub display: String,
    /// Whether it must be filled in.
    pub mandatory: bool,
    /// `input`, or `auth_validation` for what the check of credentials returns.
    pub source: &'static str,
    /// Whether it is to be treated as a secret.
    pub secret: bool,
    /// What it is for.
    pub help: String,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionEntry {
    /// Unique name.
    pub name: String,
    /// Short, lower case: it is read behind "then".
    pub display: String,
    /// What it does, lower case.
    pub description: String,
    /// Where it is called.
    pub endpoint: String,
    /// The fields of `data`.
    pub inputs: Vec<InputEntry>,
}

/// A field of `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputEntry {
    /// Its key.
    pub key: String,
    /// The name people see.
    pub name: String,
    /// Whether Talkdesk insists on it.
    pub mandatory: bool,
    /// Type, choices and what it is for.
    pub help: String,
}

/// Every integration of a catalog, for a bridge at this address.
#[must_use]
pub fn activations(catalog: &Catalog, base_url: &str) -> Vec<Activation> {
    let base_url = base_url.trim_end_matches('/');
    catalog
        .directories()
        .filter(|directory| !directory.actions().is_empty())
        .map(|directory| activation(directory, base_url))
        .collect()
}

fn activation(directory: &ServiceDirectory, base_url: &str) -> Activation {
    let service = directory.service();
    let name = if directory.name().is_empty() { "actions" } else { directory.name() };
    let mut authentication: Vec<AuthField> = Vec::new();
    let returned: Vec<&str> = match directory.verify().map(|verify| verify.purpose()) {
        Some(Purpose::Verify(captures)) => captures.iter().map(|capture| capture.name.as_str()).collect(),
        _ => Vec::new(),
    };
    let of_service = service.into_iter().flat_map(|service| &service.input().auth);
    for rule in of_service.chain(directory.actions().iter().flat_map(|action| &action.input().auth)) {
        if !authentication.iter().any(|field| field.key == rule.name()) {
            authentication.push(auth_field(rule, &returned));
        }
    }
    for key in returned
        .iter()
        .filter(|key| !authentication.iter().any(|field| field.key == **key))
        .copied()
        .collect::<Vec<_>>()
    {
        authentication.push(AuthField {
            key: key.to_owned(),
            display: words(key),
            mandatory: false,
            source: "auth_validation",
            secret: false,
            help: String::new(),
        });
    }
    Activation {
        name: name.to_owned(),
        display_name: service.map_or_else(|| words(name), |service| service.title().to_owned()),
        description: service.and_then(|service| service.description()).unwrap_or_default().to_owned(),
        authentication_type: if authentication.is_empty() { "none" } else { "custom" },
        authentication,
        auth_validation_endpoint: directory.verify().map(|verify| format!("{base_url}{}", verify.route())),
        actions: directory.actions().iter().map(|action| entry(action, base_url)).collect(),
    }
}

fn auth_field(rule: &FieldRule, returned: &[&str]) -> AuthField {
    AuthField {
        key: rule.name().to_owned(),
        display: rule.label().map_or_else(|| words(rule.name()), str::to_owned),
        mandatory: rule.is_required(),
        source: if returned.contains(&rule.name()) { "auth_validation" } else { "input" },
        secret: rule.is_secret(),
        help: help(rule),
    }
}

fn entry(action: &Action, base_url: &str) -> ActionEntry {
    let name = action.route().trim_start_matches('/').replace('/', "_");
    let inputs = action.input().data.iter().map(|rule| InputEntry {
        key: rule.name().to_owned(),
        name: rule.label().map_or_else(|| words(rule.name()), str::to_owned),
        mandatory: rule.is_required(),
        help: help(rule),
    });
    ActionEntry {
        name,
        display: lower(action.title()),
        description: lower(action.description().unwrap_or(action.title())),
        endpoint: format!("{base_url}{}", action.route()),
        inputs: inputs.collect(),
    }
}

/// `Opens a ticket` → `opens a ticket`; a name such as `SMS` stays.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            format!("{}{}", first.to_lowercase(), letters.as_str())
        }
        _ => text.to_owned(),
    }
}

fn words(name: &str) -> String {
    crate::authoring::title_of(name)
}

fn help(rule: &FieldRule) -> String {
    let kind = match rule.field_type() {
        FieldType::String | FieldType::Any => "",
        FieldType::Integer => "A whole number.",
        FieldType::Number => "A number.",
        FieldType::Boolean => "true or false.",
        FieldType::List => "Several, with commas between them.",
        FieldType::Object => "JSON.",
        FieldType::Datetime => "A date and time.",
    };
    let choices: Vec<String> =
        rule.allowed().iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    let choices = if choices.is_empty() { String::new() } else { format!("One of: {}.", choices.join(", ")) };
    let default = rule
        .default()
        .map(|value| format!("Without it: {}.", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    let parts =
        [rule.description().unwrap_or_default().to_owned(), kind.to_owned(), choices, default.unwrap_or_default()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Activation {
    /// As JSON, with Talkdesk's own keys.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut configuration = serde_json::Map::new();
        for field in &self.authentication {
            configuration.insert(
                field.key.clone(),
                json!({
                    "source": field.source,
                    "display": field.display,
                    "mandatory": field.mandatory,
                    "type": "input",
                    "secret": field.secret,
                    "help": field.help,
                }),
            );
        }
        let actions = self.actions.iter().map(|action| {
            let inputs = action.inputs.iter().map(|input| {
                json!({ "key": input.key, "name": input.name, "mandatory": input.mandatory, "help": input.help })
            });
            json!({
                "provider": self.name,
                "name": action.name,
                "display": action.display,
                "description": action.description,
                "endpoint": action.endpoint,
                "inputs": inputs.collect::<Vec<_>>(),
            })
        });
        json!({
            "integration": {
                "name": self.name,
                "display_name": self.display_name,
                "description": self.description,
                "authentication_type": self.authentication_type,
                "authentication_configuration": configuration,
                "auth_validation_endpoint": self.auth_validation_endpoint,
            },
            "actions": actions.collect::<Vec<_>>(),
        })
    }
}
