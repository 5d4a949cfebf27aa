//! Body plan + scope → bytes and content type. Pure.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::pairs::{Pairs, flatten, form_text};
use super::structure::write_json;
use super::{BuildError, build_multipart, build_value};
use crate::catalog::{BodyPlan, RequestPlan, Structure, base64_bytes};
use crate::keyword::LineEnds;
use crate::template::Scope;
use crate::value::{kind_of, write_json as write_json_value, write_xml};

/// Bytes; most bodies need no more.
const USUAL: usize = 512;

/// A body, and the content type it has unless the definition says another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Empty for none.
    pub bytes: Bytes,
    /// `None` without a body.
    pub content_type: Option<Cow<'static, str>>,
}

impl Body {
    fn new(bytes: impl Into<Bytes>, content_type: impl Into<Cow<'static, str>>) -> Self {
        Self { bytes: bytes.into(), content_type: Some(content_type.into()) }
    }
}

/// The body of a request; a body that is one absent expression is none.
///
/// # Errors
/// The part that cannot be built.
pub fn build_body(plan: &RequestPlan, scope: &Scope<'_>) -> Result<Body, BuildError> {
    match &plan.body {
        BodyPlan::None => Ok(Body::default()),
        BodyPlan::Json(structure) => {
            let mut bytes = Vec::with_capacity(USUAL);
            let written = write_json(structure, scope, &mut bytes).map_err(|error| error.within("json"))?;
            Ok(if written { Body::new(bytes, "application/json") } else { Body::default() })
        }
        BodyPlan::Form(structure) => {
            let fields = fields(structure, "form", scope)?;
            let mut pairs: Pairs = Vec::new();
            for (name, value) in &fields {
                flatten(name, value, plan.style, &mut pairs, scope.budget()).map_err(|error| error.within("form"))?;
            }
            let text = form_text(&pairs, scope.budget()).map_err(|exhausted| BuildError::over("form", exhausted))?;
            Ok(Body::new(text, "application/x-www-form-urlencoded"))
        }
        BodyPlan::Multipart(structure) => {
            let fields = fields(structure, "multipart", scope)?;
            let id = scope.clock().draw_uuid().simple().to_string();
            let (bytes, content_type) =
                build_multipart(&fields, &id, scope.budget()).map_err(|error| error.within("multipart"))?;
            Ok(Body::new(bytes, content_type))
        }
        BodyPlan::Xml(structure) => {
            let value = built(structure, "xml", scope)?.unwrap_or(Value::Null);
            let text = write_xml(&value, scope.budget()).map_err(|error| BuildError::xml("xml", &error))?;
            Ok(Body::new(text, "application/xml; charset=utf-8"))
        }
        BodyPlan::Text(template, line_ends) => {
            let text = template.string(scope).map_err(|error| BuildError::render("text", &error))?.unwrap_or_default();
            // Line ends of two bytes are made of one, by way of a copy.
            charge("text", 2 * text.len(), scope)?;
            Ok(Body::new(with_line_ends(&text, *line_ends), "text/plain; charset=utf-8"))
        }
        BodyPlan::Graphql { query, variables, operation_name } => {
            let variables = match variables {
                Some(structure) => built(structure, "graphql.variables", scope)?,
                None => None,
            };
            let mut body = Map::from_iter([("query".to_owned(), json!(query))]);
            body.extend(variables.map(|variables| ("variables".to_owned(), variables)));
            body.extend(operation_name.as_ref().map(|name| ("operationName".to_owned(), json!(name))));
            let mut bytes = Vec::with_capacity(USUAL);
            let written = write_json_value(&Value::Object(body), &mut bytes, scope.budget());
            written.map_err(|exhausted| BuildError::over("graphql", exhausted))?;
            Ok(Body::new(bytes, "application/json"))
        }
        BodyPlan::Raw(bytes, content_type) => {
            let render = |error| BuildError::render("body", &error);
            let encoded = bytes.string(scope).map_err(render)?;
            let encoded = encoded.ok_or_else(|| BuildError::new("body.base64", "is absent"))?;
            charge("body.base64", encoded.len(), scope)?;
            let bytes =
                base64_bytes(&encoded).ok_or_else(|| BuildError::new("body.base64", "the text is not base64"))?;
            let content_type =
                content_type.string(scope).map_err(render)?.unwrap_or_else(|| "application/octet-stream".to_owned());
            Ok(Body::new(bytes, content_type))
        }
    }
}

fn charge(place: &str, bytes: usize, scope: &Scope<'_>) -> Result<(), BuildError> {
    scope.budget().charge_bytes(bytes).map_err(|exhausted| BuildError::over(place, exhausted))
}

fn built(structure: &Structure, place: &str, scope: &Scope<'_>) -> Result<Option<Value>, BuildError> {
    build_value(structure, scope).map_err(|error| error.within(place))
}

fn fields(structure: &Structure, place: &str, scope: &Scope<'_>) -> Result<Map<String, Value>, BuildError> {
    match built(structure, place, scope)? {
        None => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(other) => Err(BuildError::new(place, format!("takes a map of fields, found {}", kind_of(Some(&other))))),
    }
}

fn with_line_ends(text: &str, line_ends: LineEnds) -> String {
    match line_ends {
        LineEnds::Lf => text.to_owned(),
        LineEnds::Crlf => text.replace("\r\n", "\n").replace('\n', "\r\n"),
    }
}
