//! Bodies: structure with templates as leaves, and the reserved `$` keys.

use serde_json::Value;

use super::compiler::{Compiler, Position};
use crate::catalog::{Each, Key, Member, Structure};
use crate::diagnostic::Code;
use crate::document::{ConditionDocument, Decode, Entry, Kind, Node, Text};
use crate::suggest::did_you_mean;

/// The keys that mean something in a body.
const RESERVED: [&str; 6] = ["$when", "$value", "$each", "$item", "$merge", "$literal"];

/// How `$each` is written.
const EACH: &str = "for example { $each: { in: \"{{data.lines}}\", as: line }, $item: \"{{line.sku}}\" }";

impl Compiler<'_> {
    /// A value of a body, query, header or `set`.
    pub(super) fn structure(&mut self, node: &Node, position: Position) -> Option<Structure> {
        match &node.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => Some(Structure::Constant(node.to_value())),
            Kind::Text(text) => self.scalar(text, position),
            Kind::List(items) => self.list(items, position),
            Kind::Map(entries) => self.map(node, entries, position),
        }
    }

    fn scalar(&mut self, text: &Text, position: Position) -> Option<Structure> {
        let template = self.template(text, position)?;
        Some(match template.constant() {
            Some(constant) => Structure::Constant(Value::String(constant.to_owned())),
            None => Structure::Template(template),
        })
    }

    fn list(&mut self, items: &[Node], position: Position) -> Option<Structure> {
        let built: Vec<Option<Structure>> = items.iter().map(|item| self.structure(item, position)).collect();
        let built: Vec<Structure> = built.into_iter().collect::<Option<_>>()?;
        let constants: Option<Vec<Value>> = built.iter().map(constant).collect();
        Some(constants.map_or(Structure::List(built), |values| Structure::Constant(Value::Array(values))))
    }

    fn map(&mut self, node: &Node, entries: &[Entry], position: Position) -> Option<Structure> {
        let has = |name: &str| entries.iter().any(|entry| entry.key.value == name);
        if has("$literal") {
            self.only(entries, &["$literal"])?;
            return value_of(entries, "$literal").map(|literal| Structure::Constant(literal.to_value()));
        }
        if has("$when") || has("$value") {
            self.only(entries, &["$when", "$value"])?;
            return self.when(node, entries, position);
        }
        if has("$each") || has("$item") {
            self.only(entries, &["$each", "$item"])?;
            return self.each(node, entries, position);
        }
        self.members(entries, position)
    }

    fn members(&mut self, entries: &[Entry], position: Position) -> Option<Structure> {
        let members: Vec<Option<Member>> = entries.iter().map(|entry| self.member(entry, position)).collect();
        let members: Vec<Member> = members.into_iter().collect::<Option<_>>()?;
        let constants: Option<serde_json::Map<String, Value>> = members
            .iter()
            .map(|member| match member {
                Member::Pair(Key::Constant(key), value) => constant(value).map(|value| (key.clone(), value)),
                _ => None,
            })
            .collect();
        Some(constants.map_or(Structure::Map(members), |values| Structure::Constant(Value::Object(values))))
    }

    fn member(&mut self, entry: &Entry, position: Position) -> Option<Member> {
        let key = &entry.key;
        if key.value == "$merge" {
            let Kind::Text(text) = &entry.value.kind else {
                self.structure_problem(
                    &entry.value,
                    "`$merge` takes one expression that gives a map.",
                    "for example \"{{data.custom_fields}}\"; keys that are written out stand beside `$merge`",
                );
                return None;
            };
            return self.lone(text, position, "`$merge`").map(Member::Merge);
        }
        if self.unreserved(key) {
            return None;
        }
        let value = self.structure(&entry.value, position);
        let key = self.key(key, position)?;
        Some(Member::Pair(key, value?))
    }

    /// Reports a key with one `$` that means nothing.
    fn unreserved(&mut self, key: &Text) -> bool {
        let Some(rest) = key.value.strip_prefix('$').filter(|rest| !rest.starts_with('$')) else { return false };
        if RESERVED.contains(&key.value.as_str()) {
            return false;
        }
        let help = did_you_mean(&key.value, RESERVED)
            .unwrap_or_else(|| format!("a key that really begins with `$` is written `$${rest}`"));
        self.problems
            .add(Code::BadStructure, key.span, format!("`{}` is not one of the reserved keys.", key.value))
            .help(help);
        true
    }

    fn key(&mut self, text: &Text, position: Position) -> Option<Key> {
        if let Some(rest) = text.value.strip_prefix('$') {
            return Some(Key::Constant(rest.to_owned()));
        }
        let template = self.template(text, position)?;
        Some(match template.constant() {
            Some(constant) => Key::Constant(constant.to_owned()),
            None => Key::Template(template),
        })
    }

    fn when(&mut self, node: &Node, entries: &[Entry], position: Position) -> Option<Structure> {
        let (Some(when), Some(value)) = (value_of(entries, "$when"), value_of(entries, "$value")) else {
            self.structure_problem(
                node,
                "`$when` and `$value` go together.",
                "for example { $when: { present: data.x }, $value: \"{{data.x}}\" }",
            );
            return None;
        };
        let document = ConditionDocument::decode(when, self.problems);
        let condition =
            document.and_then(|document| self.condition(&document, position, super::condition::Answer::None));
        let value = self.structure(value, position);
        Some(Structure::When(Box::new(condition?), Box::new(value?)))
    }

    fn each(&mut self, node: &Node, entries: &[Entry], position: Position) -> Option<Structure> {
        let (Some(each), Some(item)) = (value_of(entries, "$each"), value_of(entries, "$item")) else {
            self.structure_problem(node, "`$each` and `$item` go together.", EACH);
            return None;
        };
        let Kind::Map(parts) = &each.kind else {
            self.structure_problem(each, "`$each` is a map with `in` and `as`.", EACH);
            return None;
        };
        let (Some(Kind::Text(list)), Some(Kind::Text(name)), 2) =
            (value_of(parts, "in").map(|node| &node.kind), value_of(parts, "as").map(|node| &node.kind), parts.len())
        else {
            self.structure_problem(each, "`$each` has exactly `in`, a lone expression, and `as`, a name.", EACH);
            return None;
        };
        let template = self.lone(list, position, "`in`");
        let named = self.check_local(name, "an element");
        self.locals.push(name.value.clone());
        let item = self.structure(item, position);
        self.locals.pop();
        let (template, item) = (template?, item?);
        named.then(|| Structure::Each(Box::new(Each { list: template, name: name.value.clone(), item })))
    }

    /// A template of one lone expression.
    pub(super) fn lone(&mut self, text: &Text, position: Position, what: &str) -> Option<crate::template::Template> {
        let template = self.template(text, position)?;
        if template.is_lone() {
            return Some(template);
        }
        self.problems
            .add(Code::BadStructure, text.span, format!("{what} takes one expression with nothing around it."))
            .help("for example \"{{data.lines}}\"");
        None
    }

    fn only(&mut self, entries: &[Entry], allowed: &[&str]) -> Option<()> {
        let mut clean = true;
        for entry in entries.iter().filter(|entry| !allowed.contains(&entry.key.value.as_str())) {
            clean = false;
            if self.unreserved(&entry.key) {
                continue;
            }
            self.problems
                .add(
                    Code::BadStructure,
                    entry.key.span,
                    format!(
                        "`{}` cannot stand beside {}.",
                        entry.key.value,
                        allowed.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ")
                    ),
                )
                .help("put it inside the value, or into a map of its own");
        }
        clean.then_some(())
    }

    fn structure_problem(&mut self, node: &Node, message: &str, help: &str) {
        self.problems.add(Code::BadStructure, node.span, message).help(help);
    }
}

/// The value under `key`.
fn value_of<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Node> {
    entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
}

fn constant(structure: &Structure) -> Option<Value> {
    match structure {
        Structure::Constant(value) => Some(value.clone()),
        _ => None,
    }
}
