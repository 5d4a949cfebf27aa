//! Structure + scope → value. Pure.

use serde_json::{Map, Value};

use super::BuildError;
use crate::catalog::{Each, Key, Member, Structure};
use crate::template::{Scope, Template};
use crate::value::kind_of;

/// The value a structure has in this scope; `None` if it is left out.
///
/// # Errors
/// The part that cannot be built, by its place below `structure`.
pub fn build_value(structure: &Structure, scope: &Scope<'_>) -> Result<Option<Value>, BuildError> {
    match structure {
        Structure::Constant(value) => Ok(Some(value.clone())),
        Structure::Template(template) => template.value(scope).map_err(|error| BuildError::render("", &error)),
        Structure::List(items) => list(items, scope).map(Some),
        Structure::Map(members) => map(members, scope).map(Some),
        Structure::When(condition, value) => {
            let holds = condition.holds(scope, None).map_err(|error| BuildError::new("$when", error.to_string()))?;
            if holds { build_value(value, scope) } else { Ok(None) }
        }
        Structure::Each(each) => Ok(elements(each, scope)?.map(Value::Array)),
    }
}

fn list(items: &[Structure], scope: &Scope<'_>) -> Result<Value, BuildError> {
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let within = |error: BuildError| error.within(&format!("[{index}]"));
        match item {
            Structure::Each(each) => values.extend(elements(each, scope).map_err(within)?.unwrap_or_default()),
            item => values.extend(build_value(item, scope).map_err(within)?),
        }
    }
    Ok(Value::Array(values))
}

fn map(members: &[Member], scope: &Scope<'_>) -> Result<Value, BuildError> {
    let mut values = Map::new();
    let mut merged = Map::new();
    for member in members {
        match member {
            Member::Pair(key, structure) => {
                let key = key_text(key, scope)?;
                let value = build_value(structure, scope).map_err(|error| error.within(&key))?;
                if let Some(value) = value
                    && values.insert(key.clone(), value).is_some()
                {
                    return Err(BuildError::new(key, "two keys of this map have the same name"));
                }
            }
            Member::Merge(template) => merge(template, scope, &mut merged)?,
        }
    }
    // Keys written out win over merged ones, wherever they stand.
    for (key, value) in merged {
        values.entry(key).or_insert(value);
    }
    Ok(Value::Object(values))
}

fn merge(template: &Template, scope: &Scope<'_>, into: &mut Map<String, Value>) -> Result<(), BuildError> {
    match template.value(scope).map_err(|error| BuildError::render("$merge", &error))? {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(object)) => {
            into.extend(object);
            Ok(())
        }
        Some(other) => Err(BuildError::new("$merge", format!("takes a map, found {}", kind_of(Some(&other))))),
    }
}

fn key_text(key: &Key, scope: &Scope<'_>) -> Result<String, BuildError> {
    let template = match key {
        Key::Constant(text) => return Ok(text.clone()),
        Key::Template(template) => template,
    };
    let text = template.string(scope).map_err(|error| BuildError::render(template.text(), &error))?;
    text.filter(|text| !text.is_empty()).ok_or_else(|| BuildError::new(template.text(), "the key is empty"))
}

fn elements(each: &Each, scope: &Scope<'_>) -> Result<Option<Vec<Value>>, BuildError> {
    let list = each.list.value(scope).map_err(|error| BuildError::render("$each", &error))?;
    let items = match list {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(items)) => items,
        Some(other) => {
            return Err(BuildError::new("$each", format!("`in` takes a list, found {}", kind_of(Some(&other)))));
        }
    };
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let inner = scope.clone().with(&each.name, item);
        let value = build_value(&each.item, &inner).map_err(|error| error.within(&format!("[{index}]")))?;
        values.extend(value);
    }
    Ok(Some(values))
}
