//! One operation: where it stands, what it is called, what belongs to it.

use serde_json::Value;

use super::super::names::identifier;
use super::document::Document;

/// The methods of a path item that can be actions.
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// One operation of a document.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'d> {
    pub(super) document: &'d Document,
    pub(super) path: &'d str,
    pub(super) method: &'d str,
    pub(super) item: &'d Value,
    pub(super) operation: &'d Value,
}

impl<'d> Operation<'d> {
    /// Its `operationId`, or one made of method and path.
    #[must_use]
    pub fn id(&self) -> String {
        let said = self.operation.get("operationId").and_then(Value::as_str).filter(|id| !id.is_empty());
        said.map_or_else(|| format!("{}_{}", self.method, identifier(self.path)), str::to_owned)
    }

    /// The name of the action's file.
    #[must_use]
    pub fn action_name(&self) -> String {
        let name: String = identifier(&self.id()).chars().take(80).collect();
        // That file is the service's own.
        if name == "service" { "service_action".to_owned() } else { name }
    }

    /// The method, in capitals.
    #[must_use]
    pub fn method(&self) -> String {
        self.method.to_uppercase()
    }

    /// The path as the document has it.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path
    }

    /// One line that says what it does.
    #[must_use]
    pub fn summary(&self) -> Option<&'d str> {
        self.operation.get("summary").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    pub(super) fn description(&self) -> Option<&'d str> {
        self.operation.get("description").and_then(Value::as_str)
    }

    /// Whether it is asked for as `ID`, or as `POST /path`.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        name == self.id() || name == self.action_name() || name == format!("{} {}", self.method(), self.path)
    }

    /// Parameters of the path and of the operation; the latter win.
    pub(super) fn parameters(&self) -> Vec<&'d Value> {
        let of = |value: &'d Value| value.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let mut found: Vec<&'d Value> = Vec::new();
        for parameter in of(self.item).chain(of(self.operation)) {
            let parameter = self.document.follow(parameter);
            let same =
                |other: &&Value| other.get("name") == parameter.get("name") && other.get("in") == parameter.get("in");
            match found.iter().position(same) {
                Some(at) => {
                    if let Some(place) = found.get_mut(at) {
                        *place = parameter;
                    }
                }
                None => found.push(parameter),
            }
        }
        found
    }

    /// The body's media type and what is said of it: JSON before forms before anything else.
    pub(super) fn body(&self) -> Option<(&'d str, &'d Value)> {
        let body = self.document.follow(self.operation.get("requestBody")?);
        let content = body.get("content")?.as_object()?;
        let rank = |kind: &str| {
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            match kind.as_str() {
                "application/json" | "*/*" => 0,
                json if json.ends_with("json") => 1,
                "application/x-www-form-urlencoded" => 2,
                "multipart/form-data" => 3,
                text if text.starts_with("text/") && !text.ends_with("xml") => 4,
                _ => 5,
            }
        };
        content.iter().min_by_key(|(kind, _)| rank(kind)).map(|(kind, media)| (kind.as_str(), media))
    }

    pub(super) fn is_body_required(&self) -> bool {
        let body = self.operation.get("requestBody").map(|body| self.document.follow(body));
        body.and_then(|body| body.get("required")) == Some(&Value::Bool(true))
    }

    /// Responses by status, references followed.
    pub(super) fn responses(&self) -> Vec<(&'d str, &'d Value)> {
        let responses = self.operation.get("responses").and_then(Value::as_object);
        responses
            .into_iter()
            .flatten()
            .map(|(status, response)| (status.as_str(), self.document.follow(response)))
            .collect()
    }

    /// The JSON part of a response.
    pub(super) fn json_of(&self, response: &'d Value) -> Option<&'d Value> {
        let content = response.get("content")?.as_object()?;
        content.iter().find(|(kind, _)| kind.contains("json") || *kind == "*/*").map(|(_, media)| media)
    }
}

impl Document {
    /// Every operation, in the order of the document.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut found = Vec::new();
        for (path, item) in self.paths() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if METHODS.contains(&method.as_str()) && operation.is_object() {
                    found.push(Operation { document: self, path, method, item, operation });
                }
            }
        }
        found
    }
}
