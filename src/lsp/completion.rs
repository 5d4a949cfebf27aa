//! What can stand at the cursor.

use serde_json::{Value, json};

use super::cursor::{ROOTS, in_template, is_bare, word};
use super::keys::Schema;
use super::page::Page;
use crate::template::helpers;

/// Kinds of the protocol: property, function, variable, value.
const PROPERTY: u8 = 10;
const FUNCTION: u8 = 3;
const VARIABLE: u8 = 6;
const VALUE: u8 = 12;

/// The items, as the protocol writes them.
pub(super) fn completion(page: &Page, offset: usize) -> Vec<Value> {
    let (text, outline) = (&page.own.text, &page.own.outline);
    let typed = text.get(word(text, offset).start..offset).unwrap_or_default();
    let templated = in_template(text, offset);
    let value_of = value_position(page, offset);
    let bare = value_of.is_some() && is_bare(outline, offset);
    if templated || bare {
        if let Some((root, _)) = typed.split_once('.') {
            return names(page, root, false);
        }
        if templated {
            return roots().chain(functions()).collect();
        }
        return ROOTS.iter().flat_map(|root| names(page, root, true)).collect();
    }
    let schema = Schema::of(page.is_service);
    match value_of {
        Some(index) => {
            let values = schema.values(&outline.path(index));
            values.into_iter().map(|value| json!({ "label": value, "kind": VALUE })).collect()
        }
        None => {
            let keys = schema.keys(outline, text, outline.parent_at(text, offset));
            let item = |key: super::keys::Key| json!({ "label": key.name, "kind": PROPERTY, "documentation": key.description, "insertText": format!("{}: ", key.name) });
            keys.into_iter().map(item).collect()
        }
    }
}

/// The key whose value is typed at a byte, if it is a value.
fn value_position(page: &Page, offset: usize) -> Option<usize> {
    let (text, outline) = (&page.own.text, &page.own.outline);
    let before = text.get(..offset)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    // Since the last bracket or comma, or the beginning of the line: a colon means that a value is typed.
    let since = line.rfind(['{', ',']).map_or(line, |at| line.get(at + 1..).unwrap_or_default());
    since.contains(": ").then(|| outline.value_at(offset).or_else(|| last_key_before(page, offset))).flatten()
}

/// The key on this line whose value is still empty.
fn last_key_before(page: &Page, offset: usize) -> Option<usize> {
    page.own.outline.entries.iter().rposition(|entry| entry.at.end <= offset && entry.key != "[]")
}

fn names(page: &Page, root: &str, whole: bool) -> Vec<Value> {
    let found = page.names(root).into_iter();
    found
        .map(|declared| {
            let label = if whole { format!("{root}.{}", declared.name) } else { declared.name.clone() };
            json!({ "label": label, "kind": VARIABLE, "detail": declared.rules })
        })
        .collect()
}

fn roots() -> impl Iterator<Item = Value> {
    ROOTS.iter().map(|root| json!({ "label": root, "kind": VARIABLE }))
}

fn functions() -> impl Iterator<Item = Value> {
    helpers().iter().map(|helper| {
        json!({ "label": helper.name, "kind": FUNCTION, "detail": helper.signature, "documentation": helper.summary })
    })
}
