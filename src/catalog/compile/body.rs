//! The one body of a request.

use super::compiler::{Compiler, Position};
use crate::catalog::{BodyPlan, Key, Member, Structure};
use crate::diagnostic::{Code, Span};
use crate::document::{GraphqlDocument, Kind, Node, RequestDocument};
use crate::keyword::LineEnds;

impl Compiler<'_> {
    pub(super) fn body(&mut self, request: &RequestDocument) -> Option<BodyPlan> {
        if let Some(node) = &request.json {
            return self.structure(node, Position::Request).map(BodyPlan::Json);
        }
        if let Some(node) = &request.form {
            return self.fields_body(node, "form").map(BodyPlan::Form);
        }
        if let Some(node) = &request.multipart {
            return self.fields_body(node, "multipart").map(BodyPlan::Multipart);
        }
        if let Some(node) = &request.xml {
            return self.xml_body(node).map(BodyPlan::Xml);
        }
        if let Some(text) = &request.text {
            let line_ends = request.line_ends.map_or(LineEnds::Lf, |line_ends| line_ends.value);
            return self.template(text, Position::Request).map(|template| BodyPlan::Text(template, line_ends));
        }
        if let Some(graphql) = &request.graphql {
            return self.graphql_body(graphql);
        }
        if let Some(raw) = &request.body {
            let bytes = self.lone(&raw.base64, Position::Request, "`base64`");
            let content_type = self.template(&raw.content_type, Position::Request);
            return Some(BodyPlan::Raw(bytes?, content_type?));
        }
        Some(BodyPlan::None)
    }

    fn fields_body(&mut self, node: &Node, kind: &str) -> Option<Structure> {
        let lone = matches!(&node.kind, Kind::Text(text) if text.value.starts_with("{{"));
        if !lone && !matches!(node.kind, Kind::Map(_)) {
            self.problems
                .add(Code::WrongType, node.span, format!("`{kind}` is a map of fields, found {}.", node.kind_name()))
                .help("for example { subject: \"{{data.subject}}\" }");
            return None;
        }
        self.structure(node, Position::Request)
    }

    fn xml_body(&mut self, node: &Node) -> Option<Structure> {
        let structure = self.structure(node, Position::Request)?;
        let roots = match &structure {
            Structure::Constant(serde_json::Value::Object(map)) => map.len(),
            Structure::Map(members) => members.len(),
            _ => 0,
        };
        if roots != 1
            || matches!(&structure, Structure::Map(members) if matches!(members.first(), Some(Member::Merge(_))))
        {
            self.problems
                .add(Code::BadXml, node.span, "An XML body has exactly one root element.")
                .help("for example { ticket: { subject: \"{{data.subject}}\" } }");
            return None;
        }
        let mut names = Vec::new();
        constant_names(&structure, &mut names);
        if let Some(name) = names
            .into_iter()
            .find(|name| !crate::value::is_xml_name(name.strip_prefix('@').unwrap_or(name)) && name != "#text")
        {
            self.problems
                .add(
                    Code::BadXml,
                    key_span(node, &name).unwrap_or(node.span),
                    format!("`{name}` is not a name that XML allows."),
                )
                .help("an element is a name, an attribute `@name`, text beside attributes `#text`");
            return None;
        }
        Some(structure)
    }

    fn graphql_body(&mut self, graphql: &GraphqlDocument) -> Option<BodyPlan> {
        if graphql.query.value.contains("{{data.")
            || graphql.query.value.contains("{{auth.")
            || graphql.query.value.contains("{{vars.")
        {
            self.problems
                .add(
                    Code::BadTemplate,
                    graphql.query.span,
                    "A GraphQL document is never a template: values in it could change what it does.",
                )
                .help("declare a variable in the document and fill it under `variables`");
            return None;
        }
        let variables = match &graphql.variables {
            Some(node) => Some(self.structure(node, Position::Request)?),
            None => None,
        };
        Some(BodyPlan::Graphql {
            query: graphql.query.value.clone(),
            variables,
            operation_name: graphql.operation_name.as_ref().map(|name| name.value.clone()),
        })
    }
}

/// Every key written out in a structure.
fn constant_names(structure: &Structure, names: &mut Vec<String>) {
    match structure {
        Structure::Constant(value) => value_names(value, names),
        Structure::Template(_) => {}
        Structure::List(items) => items.iter().for_each(|item| constant_names(item, names)),
        Structure::Map(members) => {
            for member in members {
                if let Member::Pair(key, value) = member {
                    if let Key::Constant(key) = key {
                        names.push(key.clone());
                    }
                    constant_names(value, names);
                }
            }
        }
        Structure::When(_, value) => constant_names(value, names),
        Structure::Each(each) => constant_names(&each.item, names),
    }
}

fn value_names(value: &serde_json::Value, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| value_names(item, names)),
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                names.push(key.clone());
                value_names(value, names);
            }
        }
        _ => {}
    }
}

/// Where a key is written, at any depth.
fn key_span(node: &Node, name: &str) -> Option<Span> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            if entry.key.value == name { Some(entry.key.span) } else { key_span(&entry.value, name) }
        }),
        Kind::List(items) => items.iter().find_map(|item| key_span(item, name)),
        _ => None,
    }
}
