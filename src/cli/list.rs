//! `list`: the actions, their routes and inputs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Exit;
use super::arguments::{ListArguments, ReportFormat};
use super::definitions::{author, catalog, print_problems};
use super::terminal::{complain, say};
use crate::catalog::{Action, FieldRule};

pub(super) fn list(arguments: &ListArguments) -> Exit {
    let catalog = author(&arguments.definitions).and_then(|operator| catalog(&arguments.definitions, &operator));
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => {
            complain(format_args!("error: {error}"));
            return Exit::Definitions;
        }
    };
    let actions = catalog.actions();
    match arguments.format {
        ReportFormat::Json => {
            say(format_args!("{:#}", Value::Array(actions.iter().map(|action| describe(action)).collect())));
        }
        ReportFormat::Text => {
            let width = actions.iter().map(|action| action.route().len()).max().unwrap_or_default();
            for action in &actions {
                say(format_args!("POST {:width$}  {}", action.route(), action.title()));
            }
        }
    }
    if catalog.has_errors() {
        print_problems(&catalog.diagnostics());
        return Exit::Definitions;
    }
    Exit::Ok
}

/// One action as JSON, for tools and the admin listener.
pub(super) fn describe(action: &Action) -> Value {
    let fields = |rules: &[Arc<FieldRule>]| {
        let entries = rules.iter().map(|rule| {
            json!({
                "name": rule.name(),
                "label": rule.label(),
                "required": rule.is_required(),
                "secret": rule.is_secret(),
                "description": rule.description(),
                "example": rule.example().filter(|_| !rule.is_secret()),
            })
        });
        Value::Array(entries.collect())
    };
    let input = action.input();
    json!({
        "route": action.route(),
        "title": action.title(),
        "description": action.description(),
        "file": action.source().name(),
        "steps": action.steps().iter().map(|step| step.id.to_string()).collect::<Vec<_>>(),
        "input": { "auth": fields(&input.auth), "data": fields(&input.data), "meta": fields(&input.meta) },
        "tests": action.tests().len(),
    })
}
