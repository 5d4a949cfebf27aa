//! A Postman collection (v2.1) → example requests, one for each item. Runs no scripts and sends nothing.
//!
//! <https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html>

use serde_json::{Map, Value};

use super::names::identifier;
use super::sample::{Sample, SampleBody, SamplePart, parse_json};

/// Folders within folders.
const DEEPEST: usize = 20;

/// One request of a collection.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name, with those of its folders: `Tickets / Create a ticket`.
    pub path: String,
    /// Its own name, for a file.
    pub name: String,
    /// The request.
    pub sample: Sample,
    /// The body of the first saved response that is a success.
    pub answer: Option<Value>,
}

/// A collection.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Its requests, in their order.
    pub items: Vec<Item>,
}

/// Why a collection cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollectionError {
    /// It cannot be parsed.
    #[error("it is not JSON: {0}")]
    Syntax(String),
    /// It is something else.
    #[error("it is no Postman collection: expected `info` and `item` at its top; export it as `Collection v2.1`")]
    Other,
}

/// Reads a collection.
///
/// # Errors
/// A text that is no collection.
pub fn read_collection(text: &str) -> Result<Collection, CollectionError> {
    let root: Value = serde_json::from_str(text).map_err(|error| CollectionError::Syntax(error.to_string()))?;
    let (Some(name), Some(items)) =
        (root.pointer("/info/name").and_then(Value::as_str), root.get("item").and_then(Value::as_array))
    else {
        return Err(CollectionError::Other);
    };
    let variables = Variables::of(root.get("variable"));
    let mut found = Vec::new();
    walk(items, ("", root.get("auth")), &variables, (&mut found, 0));
    Ok(Collection { name: name.to_owned(), items: found })
}

fn walk(
    items: &[Value],
    (folder, auth): (&str, Option<&Value>),
    variables: &Variables,
    (found, depth): (&mut Vec<Item>, usize),
) {
    for item in items.iter().filter(|_| depth < DEEPEST) {
        let name = item.get("name").and_then(Value::as_str).unwrap_or("request");
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder} / {name}") };
        if let Some(items) = item.get("item").and_then(Value::as_array) {
            let auth = item.get("auth").filter(|auth| !auth.is_null()).or(auth);
            walk(items, (&path, auth), variables, (found, depth + 1));
        } else if let Some(request) = item.get("request") {
            let auth = request.get("auth").filter(|auth| !auth.is_null()).or(auth);
            found.push(Item {
                name: identifier(name).chars().take(80).collect(),
                path,
                sample: sample(request, auth, variables),
                answer: answer(item),
            });
        }
    }
}

/// Variables of the collection whose values are addresses, or parts of them.
struct Variables(Vec<(String, String)>);

impl Variables {
    fn of(list: Option<&Value>) -> Self {
        let pairs =
            pairs(list).into_iter().filter(|(_, value)| value.starts_with("http://") || value.starts_with("https://"));
        Self(pairs.collect())
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{{{name}}}}}"), value.trim_end_matches('/'))
        })
    }
}

/// `[{ "key": …, "value": … }]`, without what is switched off.
fn pairs(list: Option<&Value>) -> Vec<(String, String)> {
    let entries = list.and_then(Value::as_array).into_iter().flatten();
    entries
        .filter(|entry| entry.get("disabled") != Some(&Value::Bool(true)))
        .filter_map(|entry| {
            let text =
                |key: &str| entry.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            Some((
                text("key")?,
                entry.get("value").filter(|value| !value.is_null()).and_then(|_| text("value")).unwrap_or_default(),
            ))
        })
        .collect()
}

fn sample(request: &Value, auth: Option<&Value>, variables: &Variables) -> Sample {
    let url = request.get("url").unwrap_or(&Value::Null);
    let raw = url.get("raw").or(Some(url)).and_then(Value::as_str).unwrap_or_default();
    let raw = variables.fill(raw);
    let (address, query_text) = raw.split_once('?').unwrap_or((&raw, ""));
    let query = match url.get("query") {
        Some(list) => pairs(Some(list)),
        None => url::form_urlencoded::parse(query_text.as_bytes()).into_owned().collect(),
    };
    let description = request.get("description");
    let description = description.and_then(|said| said.as_str().or_else(|| said.get("content")?.as_str()));
    let mut sample = Sample {
        description: description
            .and_then(|text| text.lines().find(|line| !line.trim().is_empty()))
            .map(|line| line.trim().to_owned()),
        method: request.get("method").and_then(Value::as_str).unwrap_or("GET").to_uppercase(),
        url: address.to_owned(),
        query,
        headers: pairs(request.get("header")),
        ..Sample::default()
    };
    body(request.get("body"), &mut sample);
    prove(auth, &mut sample);
    sample
}

fn body(body: Option<&Value>, sample: &mut Sample) {
    let Some(body) = body.filter(|body| body.get("disabled") != Some(&Value::Bool(true))) else { return };
    let mode = body.get("mode").and_then(Value::as_str).unwrap_or_default();
    let at = sample.headers.iter().position(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let media_type = at.map(|at| sample.headers.remove(at).1);
    match mode {
        "raw" => {
            let text = body.get("raw").and_then(Value::as_str).unwrap_or_default();
            let language = body.pointer("/options/raw/language").and_then(Value::as_str).unwrap_or_default();
            let says_json = language == "json" || media_type.as_deref().is_some_and(|kind| kind.contains("json"));
            if text.trim().is_empty() {
                return;
            }
            match parse_json(text) {
                Ok(value) if says_json || text.trim_start().starts_with(['{', '[']) => {
                    sample.body = SampleBody::Json(value);
                    sample.headers.extend(
                        media_type
                            .filter(|kind| !kind.starts_with("application/json"))
                            .map(|kind| ("Content-Type".to_owned(), kind)),
                    );
                }
                _ => {
                    if says_json {
                        sample.notes.push("the body is not JSON, and is sent as the text that it is".to_owned());
                    }
                    let usual = if says_json { "application/json" } else { "text/plain" };
                    sample.body = SampleBody::Text(text.to_owned(), media_type.unwrap_or_else(|| usual.to_owned()));
                }
            }
        }
        "urlencoded" => sample.body = SampleBody::Form(pairs(body.get("urlencoded"))),
        "formdata" => {
            let parts = body.get("formdata").and_then(Value::as_array).into_iter().flatten();
            sample.body = SampleBody::Multipart(parts.filter_map(part).collect());
        }
        "graphql" => {
            let variables = body.pointer("/graphql/variables").and_then(Value::as_str).unwrap_or_default();
            let mut map = Map::new();
            map.insert("query".to_owned(), body.pointer("/graphql/query").cloned().unwrap_or_default());
            map.extend(parse_json(variables).ok().map(|variables| ("variables".to_owned(), variables)));
            sample.body = SampleBody::Json(Value::Object(map));
        }
        "file" => sample.notes.push("a file that is sent as it is: use `body: { base64, content_type }`".to_owned()),
        _ => {}
    }
}

fn part(entry: &Value) -> Option<SamplePart> {
    if entry.get("disabled") == Some(&Value::Bool(true)) {
        return None;
    }
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let is_file = entry.get("type") == Some(&"file".into());
    let source = entry.get("src").and_then(|source| source.as_str().or_else(|| source.get(0)?.as_str()));
    let file_name = source.and_then(|path| path.rsplit(['/', '\\']).next()).filter(|name| !name.is_empty());
    Some(SamplePart {
        name: text("key")?,
        content: if is_file { file_name.unwrap_or("file").to_owned() } else { text("value").unwrap_or_default() },
        file: is_file.then(|| text("contentType").unwrap_or_else(|| "application/octet-stream".to_owned())),
    })
}

fn prove(auth: Option<&Value>, sample: &mut Sample) {
    let Some(auth) = auth else { return };
    let kind = auth.get("type").and_then(Value::as_str).unwrap_or("noauth");
    let settings = pairs(auth.get(kind));
    let get = |key: &str| settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    match kind {
        "noauth" => {}
        "basic" | "digest" => {
            sample.digest = kind == "digest";
            sample.user =
                Some((get("username").unwrap_or_default(), get("password").unwrap_or_else(|| "password".to_owned())));
        }
        "bearer" => {
            sample.headers.push(("Authorization".to_owned(), format!("Bearer {}", get("token").unwrap_or_default())));
        }
        "apikey" => {
            let (name, value) =
                (get("key").unwrap_or_else(|| "X-Api-Key".to_owned()), get("value").unwrap_or_default());
            sample.credentials.push(name.clone());
            if get("in").as_deref() == Some("query") {
                sample.query.push((name, value));
            } else {
                sample.headers.push((name, value));
            }
        }
        "oauth2" => {
            sample.headers.push(("Authorization".to_owned(), "Bearer token".to_owned()));
            sample.notes.push(
                "OAuth 2: a token is `auth.token`; to fetch one here see `oauth2` in the authentication page"
                    .to_owned(),
            );
        }
        other => sample.notes.push(format!("authentication of type `{other}`: see the authentication page")),
    }
}

/// The first saved response that is a success, if it is JSON.
fn answer(item: &Value) -> Option<Value> {
    let responses = item.get("response").and_then(Value::as_array)?;
    let good = responses
        .iter()
        .find(|response| response.get("code").and_then(Value::as_u64).is_some_and(|code| (200..300).contains(&code)))?;
    serde_json::from_str(good.get("body")?.as_str()?).ok()
}
