//! `multipart/form-data` (RFC 7578), as bytes that are the same on every attempt. Pure.

use std::borrow::Cow;
use std::slice;

use serde_json::{Map, Value};

use super::BuildError;
use crate::budget::Budget;
use crate::catalog::base64_bytes;
use crate::value::{kind_of, text_of};

/// The body and its content type. `id` makes the boundary unique.
///
/// # Errors
/// A part that is neither text nor a file, or a file without content.
pub fn build_multipart(
    fields: &Map<String, Value>,
    id: &str,
    budget: &Budget,
) -> Result<(Vec<u8>, String), BuildError> {
    let boundary = format!("action-executor-{id}");
    let mut body = Vec::new();
    for (name, value) in fields {
        let parts = match value {
            Value::Array(items) => items.as_slice(),
            Value::Null => &[],
            single => slice::from_ref(single),
        };
        for part in parts {
            write_part(name, part, &boundary, &mut body, budget).map_err(|error| error.within(name))?;
        }
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((body, format!("multipart/form-data; boundary={boundary}")))
}

/// What a part takes beside its boundary, its name and its content.
const HEAD_SIZE: usize = 64;

fn write_part(
    name: &str,
    value: &Value,
    boundary: &str,
    body: &mut Vec<u8>,
    budget: &Budget,
) -> Result<(), BuildError> {
    let (content, file) = match value {
        Value::Object(map) => file_part(map)?,
        other => {
            let text = text_of(other);
            let text = text.ok_or_else(|| {
                BuildError::new("", format!("a part is text or a file, found {}", kind_of(Some(other))))
            })?;
            (bytes_of(text), None)
        }
    };
    let named = file.as_ref().map_or(0, |(filename, content_type)| 3 * filename.len() + content_type.len());
    let size = HEAD_SIZE + boundary.len() + 3 * name.len() + named + content.len();
    let charged = budget.charge_steps(1).and_then(|()| budget.charge_bytes(size));
    charged.map_err(|exhausted| BuildError::over("", exhausted))?;
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(name));
    if let Some((filename, content_type)) = file {
        head.push_str(&format!("; filename=\"{}\"\r\nContent-Type: {content_type}", quoted(&filename)));
    }
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(b"\r\n\r\n");
    body.extend_from_slice(&content);
    body.extend_from_slice(b"\r\n");
    Ok(())
}

type File<'v> = Option<(Cow<'v, str>, Cow<'v, str>)>;

fn bytes_of(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn file_part(map: &Map<String, Value>) -> Result<(Cow<'_, [u8]>, File<'_>), BuildError> {
    // uncharged: the first key that does not belong here ends it.
    if let Some(key) = map.keys().find(|key| !["filename", "content_type", "base64", "text"].contains(&key.as_str())) {
        return Err(BuildError::new(key.clone(), "a file has `filename`, `content_type` and `base64` or `text`"));
    }
    let text = |key: &str| {
        map.get(key).filter(|value| !value.is_null()).map(|value| {
            text_of(value).ok_or_else(|| BuildError::new(key, format!("takes text, found {}", kind_of(Some(value)))))
        })
    };
    let content = match (text("base64").transpose()?, text("text").transpose()?) {
        (Some(encoded), None) => {
            base64_bytes(&encoded).map(Cow::Owned).ok_or_else(|| BuildError::new("base64", "the text is not base64"))?
        }
        (None, Some(text)) => bytes_of(text),
        _ => return Err(BuildError::new("", "a file has exactly one of `base64` and `text`")),
    };
    let filename = text("filename").transpose()?.unwrap_or("file".into());
    let content_type = text("content_type").transpose()?.unwrap_or("application/octet-stream".into());
    if !is_media_type(&content_type) {
        return Err(BuildError::new("content_type", "is not a media type like `text/plain`"));
    }
    Ok((content, Some((filename, content_type))))
}

fn is_media_type(text: &str) -> bool {
    // uncharged: as long as a text that was charged when it was built.
    text.contains('/') && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// As browsers quote names and file names (WHATWG HTML §4.10.21.8).
fn quoted(text: &str) -> String {
    text.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_cannot_end_its_header() {
        let fields =
            json!({ "a\"\r\nX: y": "1", "f": { "filename": "a\".txt", "content_type": "text/plain", "text": "hi" } });
        let (body, content_type) = build_multipart(fields.as_object().unwrap(), "1", &Budget::unlimited()).unwrap();
        let expected = "--action-executor-1\r\nContent-Disposition: form-data; name=\"a%22%0D%0AX: y\"\r\n\r\n1\r\n\
            --action-executor-1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a%22.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n\
            --action-executor-1--\r\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected);
        assert_eq!(content_type, "multipart/form-data; boundary=action-executor-1");
    }
}
