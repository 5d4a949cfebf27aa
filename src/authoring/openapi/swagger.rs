//! Swagger 2.0 → the shape of OpenAPI 3.0, as far as actions need it.
//!
//! <https://spec.openapis.org/oas/v2.0>

use serde_json::{Map, Value, json};

/// The document in the shape of version 3.
pub(super) fn to_version_3(mut root: Value) -> Value {
    let text = |root: &Value, key: &str| root.get(key).and_then(Value::as_str).map(str::to_owned);
    let scheme = root.get("schemes").and_then(Value::as_array);
    let scheme = scheme.map_or("https", |schemes| {
        let plain_only = !schemes.is_empty() && schemes.iter().all(|scheme| scheme == "http");
        if plain_only { "http" } else { "https" }
    });
    let base = text(&root, "basePath").unwrap_or_default();
    let servers = text(&root, "host").map(|host| json!([{ "url": format!("{scheme}://{host}{base}") }]));
    let consumes = root.get("consumes").cloned();
    let schemes = root
        .get("securityDefinitions")
        .and_then(Value::as_object)
        .map(|schemes| schemes.iter().map(|(name, scheme)| (name.clone(), security(scheme))).collect::<Map<_, _>>());
    let shared = root.get("parameters").cloned().unwrap_or_default();
    if let Some(paths) = root.get_mut("paths").and_then(Value::as_object_mut) {
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            let common = item.get("parameters").cloned();
            for (name, operation) in item.iter_mut().filter(|(name, _)| *name != "parameters") {
                if let Some(operation) = operation.as_object_mut().filter(|_| !name.starts_with("x-")) {
                    convert_operation(operation, common.as_ref(), consumes.as_ref(), &shared);
                }
            }
            item.remove("parameters");
        }
    }
    if let Some(map) = root.as_object_mut() {
        map.insert("openapi".to_owned(), "3.0.0".into());
        map.extend(servers.map(|servers| ("servers".to_owned(), servers)));
        map.insert("components".to_owned(), json!({ "securitySchemes": schemes.unwrap_or_default() }));
    }
    root
}

fn convert_operation(
    operation: &mut Map<String, Value>,
    common: Option<&Value>,
    consumes: Option<&Value>,
    shared: &Value,
) {
    let own = operation.remove("parameters");
    let resolve = |parameter: &Value| -> Value {
        let name = parameter.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/parameters/"));
        name.and_then(|name| shared.get(name)).unwrap_or(parameter).clone()
    };
    let all = common.into_iter().chain(own.as_ref()).filter_map(Value::as_array).flatten().map(resolve);
    let (mut parameters, mut fields, mut required) = (Vec::new(), Map::new(), Vec::new());
    let mut body = None;
    for parameter in all {
        let place = parameter.get("in").and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = parameter.get("name").cloned().unwrap_or_default();
        match place.as_str() {
            "body" => body = Some(parameter),
            "formData" => {
                if parameter.get("required") == Some(&Value::Bool(true)) {
                    required.push(name.clone());
                }
                let name = name.as_str().unwrap_or_default().to_owned();
                fields.insert(name, schema_of(&parameter));
            }
            _ => parameters.push(json!({
                "name": name,
                "in": place,
                "required": parameter.get("required").cloned().unwrap_or(Value::Bool(false)),
                "description": parameter.get("description").cloned().unwrap_or_default(),
                "schema": schema_of(&parameter),
                "explode": parameter.get("collectionFormat") == Some(&"multi".into()),
            })),
        }
    }
    let types = operation.get("consumes").or(consumes).and_then(Value::as_array).cloned().unwrap_or_default();
    let named = |wanted: &str| types.iter().filter_map(Value::as_str).any(|kind| kind == wanted);
    let content = if let Some(body) = body {
        let kind = types
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| kind.contains("json"))
            .or(types.first().and_then(Value::as_str));
        let mut content = Map::new();
        let schema = body.get("schema").cloned().unwrap_or_default();
        content.insert(kind.unwrap_or("application/json").to_owned(), json!({ "schema": schema }));
        Some(json!({ "content": content, "required": body.get("required").cloned().unwrap_or_default() }))
    } else if fields.is_empty() {
        None
    } else {
        let files = fields.values().any(|field| field.get("format") == Some(&"binary".into()));
        let multipart = files || (named("multipart/form-data") && !named("application/x-www-form-urlencoded"));
        let kind = if multipart { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
        let schema = json!({ "type": "object", "properties": fields, "required": required });
        let mut content = Map::new();
        content.insert(kind.to_owned(), json!({ "schema": schema }));
        Some(json!({ "content": content }))
    };
    operation.extend(content.map(|body| ("requestBody".to_owned(), body)));
    operation.insert("parameters".to_owned(), Value::Array(parameters));
    for response in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        convert_response(response);
    }
}

fn convert_response(response: &mut Value) {
    let Some(map) = response.as_object_mut() else { return };
    let example = map.remove("examples").and_then(|examples| examples.get("application/json").cloned());
    let Some(schema) = map.remove("schema") else { return };
    let mut media = Map::new();
    media.insert("schema".to_owned(), schema);
    media.extend(example.map(|example| ("example".to_owned(), example)));
    map.insert("content".to_owned(), json!({ "application/json": media }));
}

/// The schema that stands among the keys of a parameter.
fn schema_of(parameter: &Value) -> Value {
    let mut schema = Map::new();
    for (key, value) in parameter.as_object().into_iter().flatten() {
        if !["name", "in", "required", "collectionFormat", "allowEmptyValue"].contains(&key.as_str()) {
            schema.insert(key.clone(), value.clone());
        }
    }
    if schema.get("type") == Some(&"file".into()) {
        schema.insert("type".to_owned(), "string".into());
        schema.insert("format".to_owned(), "binary".into());
    }
    Value::Object(schema)
}

fn security(scheme: &Value) -> Value {
    let get = |key: &str| scheme.get(key).cloned().unwrap_or_default();
    match scheme.get("type").and_then(Value::as_str) {
        Some("basic") => json!({ "type": "http", "scheme": "basic" }),
        Some("oauth2") => {
            let flow = match scheme.get("flow").and_then(Value::as_str) {
                Some("application") => "clientCredentials",
                Some("accessCode") => "authorizationCode",
                Some("password") => "password",
                _ => "implicit",
            };
            let mut flows = Map::new();
            flows.insert(flow.to_owned(), json!({ "tokenUrl": get("tokenUrl"), "scopes": get("scopes") }));
            json!({ "type": "oauth2", "flows": flows })
        }
        _ => scheme.clone(),
    }
}
