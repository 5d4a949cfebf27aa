//! Structure + scope → value. Pure; every node and byte is charged to the budget of the scope.

use serde_json::{Map, Value};

use super::BuildError;
use crate::budget::Budget;
use crate::catalog::{Each, Key, Member, Structure};
use crate::template::{Scope, Template};
use crate::value::{self, MEMBER_SIZE, NODE_SIZE, deep_size, kind_of, write_charged_text};

/// The value a structure has in this scope; `None` if it is left out.
///
/// # Errors
/// The part that cannot be built, by its place below `structure`.
pub fn build_value(structure: &Structure, scope: &Scope<'_>) -> Result<Option<Value>, BuildError> {
    charge(scope.budget(), 0)?;
    match structure {
        Structure::Constant(value) => {
            charge(scope.budget(), deep_size(value))?;
            Ok(Some(value.clone()))
        }
        Structure::Template(template) => template.value(scope).map_err(|error| BuildError::render("", &error)),
        Structure::List(items) => list(items, scope).map(Some),
        Structure::Map(members) => map(members, scope).map(Some),
        Structure::When(condition, value) => {
            let holds = condition.holds(scope, None).map_err(|error| BuildError::condition("$when", &error))?;
            if holds { build_value(value, scope) } else { Ok(None) }
        }
        Structure::Each(each) => Ok(elements(each, scope)?.map(Value::Array)),
    }
}

/// A step, and what is built in it beside what is charged elsewhere.
fn charge(budget: &Budget, bytes: usize) -> Result<(), BuildError> {
    budget
        .charge_steps(1)
        .and_then(|()| budget.charge_bytes(bytes))
        .map_err(|exhausted| BuildError::over("", exhausted))
}

/// Writes the value as JSON, as [`build_value`] and then printing it would; `false` if it is left out.
///
/// # Errors
/// As [`build_value`].
pub(super) fn write_json(structure: &Structure, scope: &Scope<'_>, output: &mut Vec<u8>) -> Result<bool, BuildError> {
    let budget = scope.budget();
    match structure {
        Structure::Constant(value) => write_built(value, output, budget),
        Structure::Template(template) => {
            let write = |value: Option<&Value>| match value {
                Some(value) => write_built(value, output, budget),
                None => Ok(false),
            };
            template.with_value(scope, write).map_err(|error| BuildError::render("", &error))?
        }
        Structure::List(items) if !items.iter().any(|item| matches!(item, Structure::Each(_))) => {
            charge(budget, 2 + items.len())?;
            output.push(b'[');
            let mut is_first = true;
            for (index, item) in items.iter().enumerate() {
                let begun = output.len();
                if !is_first {
                    output.push(b',');
                }
                let written = write_json(item, scope, output).map_err(|error| error.within(&format!("[{index}]")))?;
                keep(output, begun, written, &mut is_first);
            }
            output.push(b']');
            Ok(true)
        }
        Structure::Map(members) if members.iter().all(is_plain) => {
            charge(budget, 2 + 2 * members.len())?;
            output.push(b'{');
            let mut is_first = true;
            for member in members {
                let Member::Pair(Key::Constant(key), structure) = member else { continue };
                let begun = output.len();
                if !is_first {
                    output.push(b',');
                }
                write_charged_text(key, output, budget).map_err(|exhausted| BuildError::over(key, exhausted))?;
                output.push(b':');
                let written = write_json(structure, scope, output).map_err(|error| error.within(key))?;
                keep(output, begun, written, &mut is_first);
            }
            output.push(b'}');
            Ok(true)
        }
        structure => match build_value(structure, scope)? {
            Some(value) => write_built(&value, output, budget),
            None => Ok(false),
        },
    }
}

fn write_built(value: &Value, output: &mut Vec<u8>, budget: &Budget) -> Result<bool, BuildError> {
    let written = value::write_json(value, output, budget);
    written.map(|()| true).map_err(|exhausted| BuildError::over("", exhausted))
}

/// Takes back what was begun for an element that is left out.
fn keep(output: &mut Vec<u8>, begun: usize, written: bool, is_first: &mut bool) {
    match written {
        true => *is_first = false,
        false => output.truncate(begun),
    }
}

/// A key as it is written: the file's reader has made sure that no other is equal to it.
fn is_plain(member: &Member) -> bool {
    matches!(member, Member::Pair(Key::Constant(_), _))
}

fn list(items: &[Structure], scope: &Scope<'_>) -> Result<Value, BuildError> {
    charge(scope.budget(), NODE_SIZE)?;
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
    charge(scope.budget(), NODE_SIZE)?;
    let mut values = Map::new();
    let mut merged = Map::new();
    for member in members {
        match member {
            Member::Pair(key, structure) => {
                let key = key_text(key, scope)?;
                charge(scope.budget(), MEMBER_SIZE + key.len()).map_err(|error| error.within(&key))?;
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
    if values.is_empty() {
        return Ok(Value::Object(merged));
    }
    // Keys written out win over merged ones, in any order.
    for (key, value) in merged {
        charge(scope.budget(), 0)?;
        values.entry(key).or_insert(value);
    }
    Ok(Value::Object(values))
}

fn merge(template: &Template, scope: &Scope<'_>, into: &mut Map<String, Value>) -> Result<(), BuildError> {
    match template.value(scope).map_err(|error| BuildError::render("$merge", &error))? {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(object)) if into.is_empty() => {
            *into = object;
            Ok(())
        }
        Some(Value::Object(object)) => {
            let charged = scope.budget().charge_steps(object.len());
            charged.map_err(|exhausted| BuildError::over("$merge", exhausted))?;
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
    let build = |list: Option<&Value>| match list {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items_of(each, items, scope).map(Some),
        other => Err(BuildError::new("$each", format!("`in` takes a list, found {}", kind_of(other)))),
    };
    each.list.with_value(scope, build).map_err(|error| BuildError::render("$each", &error))?
}

fn items_of(each: &Each, items: &[Value], scope: &Scope<'_>) -> Result<Vec<Value>, BuildError> {
    let afforded = scope.budget().afford_bytes(items.len().saturating_mul(NODE_SIZE));
    afforded.map_err(|exhausted| BuildError::over("", exhausted))?;
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let inner = scope.clone().with(&each.name, item);
        let value = build_value(&each.item, &inner).map_err(|error| error.within(&format!("[{index}]")))?;
        values.extend(value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::template::CallClock;

    fn structure() -> impl Strategy<Value = Structure> {
        let texts = ["{{data.a}}", "{{data.none}}", "{{data.list}}", "x {{data.a}} y", "{{data.number}}", "\"é\n", ""];
        let leaf = prop_oneof![
            prop::sample::select(texts.to_vec())
                .prop_map(|text| Structure::Template(Template::compile(text).expect("a template"))),
            Just(Structure::Constant(json!({"k": [1, null, "\u{1}"]}))),
            Just(Structure::Constant(Value::Null)),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let pair = ("[ab\"]{1,2}", inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Structure::List),
                prop::collection::btree_map(pair.0, pair.1, 0..4).prop_map(|members| {
                    let pair = |(key, value)| Member::Pair(Key::Constant(key), value);
                    Structure::Map(members.into_iter().map(pair).collect())
                }),
            ]
        })
    }

    proptest! {
        /// Writing is building and printing, and charges no more than both.
        #[test]
        fn what_is_written_is_what_would_be_built(structure in structure()) {
            let data: Value = serde_json::from_str(
                r#"{"a": "say \"hi\" \u0007", "list": [1, {"b": 1.50}], "number": 12345678901234567890.10}"#,
            ).expect("JSON");
            let clock = CallClock::now();
            let (building, writing) = (Budget::unlimited(), Budget::unlimited());
            let (mut output, built) =
                (Vec::new(), build_value(&structure, &Scope::new(&clock, &building).with("data", &data)));
            let written = write_json(&structure, &Scope::new(&clock, &writing).with("data", &data), &mut output);
            match (built, written) {
                (Ok(built), Ok(written)) => {
                    prop_assert_eq!(built.is_some(), written);
                    let (writing, building) = (writing.mark().bytes(), building.mark().bytes());
                    let length = u64::try_from(output.len()).expect("a length");
                    prop_assert!(length <= writing && writing <= building + length, "{length} {writing} {building}");
                    prop_assert_eq!(built.map(|value| value.to_string()).unwrap_or_default().into_bytes(), output);
                }
                (Err(built), Err(written)) => prop_assert_eq!(built, written),
                (built, written) => prop_assert!(false, "{built:?} {written:?}"),
            }
        }
    }
}
