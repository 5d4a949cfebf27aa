//! JSON as documentation shows it: with `{{id}}`, `<id>` or `{id}` where a value would stand.

use serde_json::Value;

use super::placeholder::{Piece, pieces};

/// Parses JSON; a placeholder without quotes is taken for a text that is one.
pub(in super::super) fn parse_json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| serde_json::from_str(&quoted(text)).map_err(|_| error))
}

/// The same text with quotes around the placeholders that stand outside of quotes.
fn quoted(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let string = rest.find('"').unwrap_or(rest.len());
        let (outside, after) = rest.split_at(string);
        for piece in pieces(outside) {
            match piece {
                Piece::Text(text) => result.push_str(&text),
                Piece::Value(name) => result.push_str(&format!("\"{{{{{name}}}}}\"")),
            }
        }
        let length = string_length(after);
        result.push_str(after.get(..length).unwrap_or(after));
        rest = after.get(length..).unwrap_or_default();
    }
    result
}

/// How long the string is that a text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placeholder_without_quotes_is_a_text() {
        let parsed = parse_json(r#"{"a": {{ticket_id}}, "b": [<id>], "c": "x {y} \"{{z}}", "d": 1}"#).unwrap();
        assert_eq!(parsed, json!({ "a": "{{ticket_id}}", "b": ["{{id}}"], "c": "x {y} \"{{z}}", "d": 1 }));
        assert!(parse_json("{\"a\": }").is_err());
    }
}
