//! Where two JSON values differ, one line per place.

use serde_json::Value;

use crate::value::deep_equal;

/// The places where `found` is not `expected`; `place` names the whole.
pub(super) fn differences(place: &str, expected: &Value, found: Option<&Value>) -> Vec<String> {
    let Some(found) = found else {
        return vec![format!("{place}: expected {}, found nothing", shown(expected))];
    };
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let mut lines: Vec<String> = Vec::new();
            for (key, value) in expected {
                lines.extend(differences(&format!("{place}.{key}"), value, found.get(key)));
            }
            let more = found.iter().filter(|(key, _)| !expected.contains_key(*key));
            lines.extend(more.map(|(key, value)| format!("{place}.{key}: expected nothing, found {}", shown(value))));
            lines
        }
        (Value::Array(expected), Value::Array(found)) => {
            let mut lines: Vec<String> = Vec::new();
            for (index, value) in expected.iter().enumerate() {
                lines.extend(differences(&format!("{place}[{index}]"), value, found.get(index)));
            }
            let more = found.iter().enumerate().skip(expected.len());
            lines.extend(
                more.map(|(index, value)| format!("{place}[{index}]: expected nothing, found {}", shown(value))),
            );
            lines
        }
        (expected, found) if deep_equal(expected, found) => Vec::new(),
        (expected, found) => vec![format!("{place}: expected {}, found {}", shown(expected), shown(found))],
    }
}

fn shown(value: &Value) -> String {
    crate::value::shorten(&value.to_string(), 200)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_place_is_named() {
        let expected = json!({ "a": 1, "b": [1, 2], "c": "x" });
        let found = json!({ "a": 1.0, "b": [1, 3, 4], "d": null });
        let lines = differences("json", &expected, Some(&found));
        assert_eq!(
            lines,
            [
                "json.b[1]: expected 2, found 3",
                "json.b[2]: expected nothing, found 4",
                "json.c: expected \"x\", found nothing",
                "json.d: expected nothing, found null"
            ]
        );
    }
}
