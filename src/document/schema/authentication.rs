//! Schema of `authentication`: one form for each `type`.
//!
//! A form lists its keys in one line each; what they do is the strategies' business.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::document::{
    ApplyDocument, AssertionDocument, AuthenticationDocument, ClientDocument, ErrorRuleDocument, ExpiryDocument, Keyed,
    Node, StepDocument, SuccessDocument, Text, TokenDocument,
};
use crate::keyword::{Grant, HmacAlgorithm, Oauth1Method, SignatureEncoding};

/// One key of a form.
struct Entry {
    name: &'static str,
    required: bool,
    schema: Value,
}

/// Makes the keys of forms.
struct Forms<'g> {
    generator: &'g mut SchemaGenerator,
}

impl Forms<'_> {
    /// A key that is text.
    fn text(&mut self, name: &'static str, description: &str, example: &str) -> Entry {
        self.of::<Text>(name, description, &json!(example))
    }

    /// A key that takes a type of its own.
    fn of<T: JsonSchema>(&mut self, name: &'static str, description: &str, example: &Value) -> Entry {
        let schema = self.generator.subschema_for::<T>().to_value();
        let mut described = Map::from_iter([("description".to_owned(), json!(description))]);
        described.insert("examples".to_owned(), json!([example]));
        match schema {
            // In draft 7 nothing stands beside a reference.
            Value::Object(schema) if schema.contains_key("$ref") => {
                described.insert("allOf".to_owned(), json!([schema]));
            }
            Value::Object(schema) => described.extend(schema.into_iter().filter(|(key, _)| key != "description")),
            _ => {}
        }
        Entry { name, required: true, schema: Value::Object(described) }
    }

    fn basic(&mut self) -> Vec<Entry> {
        vec![
            self.text("username", "The user name.", "{{auth.email}}/token"),
            self.text("password", "The password.", "{{auth.password}}"),
        ]
    }

    fn apply(&mut self) -> Entry {
        let example = json!({ "header": "X-Session", "value": "{{token.value}}" });
        self.of::<ApplyDocument>("apply", "Where the credential goes instead of its default place.", &example)
    }

    fn expired_when(&mut self) -> Entry {
        let description = "Which answers say that the token is no longer good; the call then fetches a new one, once.";
        optional(self.of::<ExpiryDocument>("expired_when", description, &json!({ "status": [401, 403] })))
    }

    fn oauth2(&mut self, grant: Grant) -> Vec<Entry> {
        let word = grant.as_str();
        let kind =
            json!({ "description": "How a token is had.", "examples": [word], "type": "string", "enum": [word] });
        let client = json!({ "id": "{{auth.client_id}}", "secret": "{{auth.client_secret}}" });
        let client = self.of::<ClientDocument>("client", "Who asks for the token.", &client);
        let mut entries = vec![
            Entry { name: "grant", required: true, schema: kind },
            self.text("token_url", "Where a token is had; an absolute address.", "https://login.example.com/token"),
            if grant == Grant::JwtBearer { optional(client) } else { client },
        ];
        match grant {
            Grant::ClientCredentials => {}
            Grant::Password => entries.extend(self.basic()),
            Grant::RefreshToken => {
                entries.push(self.text("refresh_token", "The refresh token.", "{{auth.refresh_token}}"));
            }
            Grant::JwtBearer => {
                let example = json!({ "key": "{{secrets.key}}", "issuer": "{{auth.client_id}}" });
                entries.push(self.of::<AssertionDocument>("assertion", "What the token is asked for with.", &example));
            }
        }
        let more = [
            self.of::<Keyed<Node>>("params", "More fields of the token request.", &json!({ "scope": "tickets" })),
            self.of::<Keyed<Node>>(
                "headers",
                "Headers of the token request.",
                &json!({ "X-Tenant": "{{auth.tenant}}" }),
            ),
            self.of::<TokenDocument>("token", "What is kept of the answer.", &json!({ "value": "$.access_token" })),
            self.of::<SuccessDocument>(
                "success",
                "Which answers of the token call are a success.",
                &json!({ "status": "2xx" }),
            ),
            self.of::<Vec<ErrorRuleDocument>>(
                "errors",
                "What failures of the token call mean; first match wins.",
                &json!([{ "status": 403, "kind": "auth" }]),
            ),
            self.apply(),
        ];
        entries.extend(more.map(optional));
        entries.push(self.expired_when());
        entries
    }

    fn login(&mut self) -> Vec<Entry> {
        let steps = json!([{ "id": "session", "request": { "path": "/login" }, "capture": { "sid": "$.sid" } }]);
        vec![
            self.of::<Vec<StepDocument>>("steps", "What to do, top to bottom; captures are the login's own.", &steps),
            self.of::<TokenDocument>(
                "token",
                "What is kept.",
                &json!({ "value": "{{vars.sid}}", "expires_in": "20m" }),
            ),
            optional(self.apply()),
            self.expired_when(),
        ]
    }

    fn hmac(&mut self) -> Vec<Entry> {
        let apply = json!({ "header": "X-Signature", "value": "{{signature}}" });
        vec![
            optional(self.of::<HmacAlgorithm>("algorithm", "The hash.", &json!("sha256"))),
            self.text("key", "The shared key.", "{{auth.secret}}"),
            self.of::<Vec<Text>>(
                "parts",
                "What is signed, in order: `method`, `url`, `host`, `path`, `query`, `path_and_query`, `body`, `body_sha256`, or templates.",
                &json!(["method", "path", "{{timestamp}}", "body"]),
            ),
            optional(self.text("separator", "What stands between the parts; nothing if not said.", ":")),
            optional(self.of::<SignatureEncoding>("encoding", "How the signature is written.", &json!("hex"))),
            self.of::<ApplyDocument>("apply", "Where the signature goes.", &apply),
            optional(self.of::<Keyed<Text>>(
                "also",
                "More headers, for the time and the nonce that were signed.",
                &json!({ "X-Timestamp": "{{timestamp}}" }),
            )),
        ]
    }

    fn aws(&mut self) -> Vec<Entry> {
        vec![
            self.text("access_key_id", "Id of the access key.", "{{auth.access_key_id}}"),
            self.text("secret_access_key", "The secret key.", "{{auth.secret_access_key}}"),
            optional(self.text("session_token", "Token of a temporary session.", "{{auth.session_token}}")),
            self.text("region", "Region that the signature is for.", "us-east-1"),
            self.text("service", "Service that the signature is for, as AWS spells it.", "support"),
        ]
    }

    fn oauth1(&mut self) -> Vec<Entry> {
        vec![
            self.text("consumer_key", "Key of the application.", "{{auth.consumer_key}}"),
            self.text("consumer_secret", "Secret of the application.", "{{auth.consumer_secret}}"),
            optional(self.text("token", "Token of the user.", "{{auth.token}}")),
            optional(self.text("token_secret", "Secret of the user's token.", "{{auth.token_secret}}")),
            optional(self.of::<Oauth1Method>("method", "How requests are signed.", &json!("HMAC-SHA1"))),
            optional(self.text("realm", "The `realm` of the header, where a service wants one.", "1234567")),
        ]
    }
}

fn optional(entry: Entry) -> Entry {
    Entry { required: false, ..entry }
}

impl JsonSchema for AuthenticationDocument {
    fn schema_name() -> Cow<'static, str> {
        "AuthenticationDocument".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let forms = &mut Forms { generator };
        let bearer = vec![forms.text("token", "The token.", "{{auth.token}}"), optional(forms.apply())];
        let identity = forms.text("identity", "Name of the client certificate in the operator's settings.", "bank");
        let mut written = vec![
            form("none", "Requests prove nothing.", Vec::new()),
            form("basic", "User name and password in the `Authorization` header (RFC 7617).", forms.basic()),
            form("bearer", "A token in the `Authorization` header (RFC 6750).", bearer),
            form("digest", "User name and password, hashed with what the service asks (RFC 7616).", forms.basic()),
            form("login", "Steps that end in a token.", forms.login()),
            form("hmac", "A keyed hash over parts of the request.", forms.hmac()),
            form("aws_sigv4", "AWS Signature Version 4.", forms.aws()),
            form("oauth1", "OAuth 1.0 signatures (RFC 5849).", forms.oauth1()),
            form("mtls", "A client certificate of the operator's.", vec![identity]),
        ];
        // A key goes to one place: a form for each.
        let places = [
            ("header", "Name of the header that carries the key.", "X-Api-Key"),
            ("query", "Name of the query parameter that carries the key.", "api_key"),
            ("cookie", "Name of the cookie that carries the key.", "session"),
        ];
        for (name, description, example) in places {
            let keys =
                vec![forms.text(name, description, example), forms.text("value", "The key itself.", "{{auth.key}}")];
            written.push(form("api_key", "A key in a header, query parameter or cookie.", keys));
        }
        // Each grant has keys of its own.
        for grant in Grant::ALL {
            written.push(form("oauth2", "A token by OAuth 2.0 (RFC 6749).", forms.oauth2(grant)));
        }
        json_schema!({ "description": "How requests prove who they are.", "oneOf": written })
    }
}

fn form(name: &str, description: &str, entries: Vec<Entry>) -> Value {
    let kind = json!({ "description": "The strategy.", "examples": [name], "type": "string", "enum": [name] });
    let mut properties = Map::from_iter([("type".to_owned(), kind)]);
    let mut required = vec!["type"];
    for entry in entries {
        required.extend(Some(entry.name).filter(|_| entry.required));
        properties.insert(entry.name.to_owned(), entry.schema);
    }
    json!({
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}
