//! The text of a file → its document, with everything that is wrong with it.

use std::sync::Arc;

use serde_json::Value;

use super::decode::Decode;
use super::yaml::{Bounds, read_yaml};
use super::{ActionDocument, Kind, ServiceDocument, SettingsDocument};
use crate::diagnostic::{Code, Problems, Source, Span};

/// Reads a `service.yaml`. The document is `None` only if nothing of it can be used.
#[must_use]
pub fn read_service(source: Arc<Source>) -> (Option<ServiceDocument>, Problems) {
    read(source, "a service")
}

/// Reads an action file. The document is `None` only if nothing of it can be used.
#[must_use]
pub fn read_action(source: Arc<Source>) -> (Option<ActionDocument>, Problems) {
    read(source, "an action")
}

/// Reads the operator's settings; an empty file says nothing. The document is `None` only if nothing of it can be used.
#[must_use]
pub fn read_settings(source: Arc<Source>) -> (Option<SettingsDocument>, Problems) {
    let mut problems = Problems::new(source);
    let Some(node) = read_yaml(&mut problems, Bounds::DEFINITION) else { return (None, problems) };
    let document = match node.kind {
        Kind::Null => Some(SettingsDocument::default()),
        _ => SettingsDocument::decode(&node, &mut problems),
    };
    (document, problems)
}

/// Reads YAML that is no definition, up to 64 MiB.
#[must_use]
pub fn read_foreign_yaml(source: Arc<Source>) -> (Option<Value>, Problems) {
    let mut problems = Problems::new(source);
    let value = read_yaml(&mut problems, Bounds::FOREIGN).map(|node| node.to_value());
    (value, problems)
}

fn read<T: Decode>(source: Arc<Source>, what: &str) -> (Option<T>, Problems) {
    let mut problems = Problems::new(source);
    let Some(node) = read_yaml(&mut problems, Bounds::DEFINITION) else { return (None, problems) };
    if node.kind == Kind::Null {
        problems
            .add(Code::Syntax, Span::default(), format!("The file is empty; expected {what}."))
            .help("begin with `version: 1`");
        return (None, problems);
    }
    let document = T::decode(&node, &mut problems);
    (document, problems)
}
