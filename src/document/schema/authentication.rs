//! Schema of `authentication`: one form for each `type`.
//!
//! A form lists its keys in one line each; what they do is the strategies' business.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::document::AuthenticationDocument;

/// A key, its description, an example.
type KeyOfForm = (&'static str, &'static str, &'static str);

const USERNAME: KeyOfForm = ("username", "The user name.", "{{auth.email}}/token");
const PASSWORD: KeyOfForm = ("password", "The password.", "{{auth.password}}");
const TOKEN: KeyOfForm = ("token", "The token.", "{{auth.token}}");
const VALUE: KeyOfForm = ("value", "The key itself.", "{{auth.key}}");
const PLACES: [KeyOfForm; 3] = [
    ("header", "Name of the header that carries the key.", "X-Api-Key"),
    ("query", "Name of the query parameter that carries the key.", "api_key"),
    ("cookie", "Name of the cookie that carries the key.", "session"),
];

impl JsonSchema for AuthenticationDocument {
    fn schema_name() -> Cow<'static, str> {
        "AuthenticationDocument".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut forms = vec![
            form("none", "Requests prove nothing.", &[]),
            form("basic", "User name and password in the `Authorization` header (RFC 7617).", &[USERNAME, PASSWORD]),
            form("bearer", "A token in the `Authorization` header (RFC 6750).", &[TOKEN]),
        ];
        // A key goes to one place: a form for each.
        forms.extend(
            PLACES.map(|place| form("api_key", "A key in a header, query parameter or cookie.", &[place, VALUE])),
        );
        json_schema!({ "description": "How requests prove who they are.", "oneOf": forms })
    }
}

fn form(name: &str, description: &str, keys: &[KeyOfForm]) -> Value {
    let kind = json!({ "description": "The strategy.", "examples": [name], "type": "string", "enum": [name] });
    let mut properties = Map::from_iter([("type".to_owned(), kind)]);
    let mut required = vec!["type"];
    for (key, description, example) in keys {
        properties
            .insert((*key).to_owned(), json!({ "description": description, "examples": [example], "type": "string" }));
        required.push(key);
    }
    json!({
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}
