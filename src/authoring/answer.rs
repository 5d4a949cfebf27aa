//! What an answer holds that Talkdesk wants: its id, and why it failed.

use serde_json::Value;

/// Names of ids, the likeliest first.
const IDS: [&str; 12] = ["id", "Id", "ID", "sid", "key", "gid", "uuid", "sys_id", "number", "uid", "ticket_id", "ts"];

/// Names of explanations, the likeliest first.
const REASONS: [&str; 11] = [
    "message",
    "error_description",
    "description",
    "detail",
    "errorMessages",
    "title",
    "reason",
    "error_message",
    "errorMessage",
    "msg",
    "error",
];

/// How deep is looked.
const DEEPEST: usize = 4;

/// The JSONPath of the id that a create call answers with, and the id.
#[must_use]
pub(super) fn id_in(answer: &Value) -> Option<(String, &Value)> {
    search(answer, &|name, value| {
        let rank = IDS.iter().position(|id| *id == name);
        let of_resource = || {
            let lower = name.to_lowercase();
            (lower.ends_with("_id") || name.ends_with("Id")).then_some(IDS.len())
        };
        let simple = value.is_string() || value.is_number();
        if simple { rank.or_else(of_resource) } else { None }
    })
}

/// The JSONPath of the text that says why something failed.
#[must_use]
pub(super) fn reason_in(answer: &Value) -> Option<String> {
    let texts = |value: &Value| match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().all(Value::is_string) && !items.is_empty(),
        _ => false,
    };
    search(answer, &|name, value| REASONS.iter().position(|reason| *reason == name && texts(value)))
        .map(|(path, _)| path)
}

/// How telling the last name of a path is; the less, the more.
pub(super) fn telling(path: &str) -> usize {
    let last = path.rsplit(['.', '\'']).find(|part| !part.trim_matches([']', '[']).is_empty()).unwrap_or_default();
    REASONS.iter().position(|reason| *reason == last).unwrap_or(REASONS.len())
}

/// The best member: the least deep first, then the best by rank. A list is looked into by its first item.
fn search<'v>(root: &'v Value, rank: &dyn Fn(&str, &Value) -> Option<usize>) -> Option<(String, &'v Value)> {
    let mut level: Vec<(String, &Value)> = vec![("$".to_owned(), root)];
    for _ in 0..DEEPEST {
        let mut best: Option<(usize, String, &Value)> = None;
        let mut next = Vec::new();
        for (path, value) in level {
            match value {
                Value::Object(map) => {
                    for (name, value) in map {
                        let path = format!("{path}{}", step(name));
                        if let Some(rank) = rank(name, value)
                            && best.as_ref().is_none_or(|(least, _, _)| rank < *least)
                        {
                            best = Some((rank, path.clone(), value));
                        }
                        next.push((path, value));
                    }
                }
                Value::Array(items) => next.extend(items.first().map(|first| (format!("{path}[0]"), first))),
                _ => {}
            }
        }
        if let Some((_, path, value)) = best {
            return Some((path, value));
        }
        level = next;
    }
    None
}

/// A member's step in a path: `.name`, or quoted where it must be.
pub(super) fn step(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!(".{name}") } else { format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(answer: Value, id: Option<&str>, reason: Option<&str>) {
        assert_eq!(id_in(&answer).map(|(path, _)| path).as_deref(), id);
        assert_eq!(reason_in(&answer).as_deref(), reason);
    }

    #[test]
    fn ids_are_found_where_vendors_put_them() {
        check(json!({ "url": "u", "id": 7 }), Some("$.id"), None);
        check(json!({ "ticket": { "requester_id": 1, "id": 7 } }), Some("$.ticket.id"), None);
        check(json!({ "data": [{ "details": { "id": "9" } }] }), Some("$.data[0].details.id"), None);
        check(json!({ "ok": true, "ts": "1.2", "channel": "C1" }), Some("$.ts"), None);
        check(json!({ "ticketId": 4 }), Some("$.ticketId"), None);
        check(json!({ "odd-name": { "id": 1 } }), Some("$['odd-name'].id"), None);
        check(json!({ "ok": true }), None, None);
    }

    #[test]
    fn reasons_are_found_where_vendors_put_them() {
        check(json!({ "error": { "type": "t", "message": "m" } }), None, Some("$.error.message"));
        check(json!({ "errorMessages": ["m"], "errors": {} }), None, Some("$.errorMessages"));
        check(json!([{ "message": "m", "errorCode": "c" }]), None, Some("$[0].message"));
        check(json!({ "error": "not_in_channel" }), None, Some("$.error"));
    }
}
