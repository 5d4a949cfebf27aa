//! Values → JSON text, the same bytes as serde_json writes: texts go out in the runs that need no escape.

use serde_json::Value;

use super::json_skip::plain_run;

/// Appends a value.
pub fn write_json(value: &Value, output: &mut Vec<u8>) {
    match value {
        Value::Null => output.extend_from_slice(b"null"),
        Value::Bool(true) => output.extend_from_slice(b"true"),
        Value::Bool(false) => output.extend_from_slice(b"false"),
        Value::Number(number) => output.extend_from_slice(number.as_str().as_bytes()),
        Value::String(text) => write_json_text(text, output),
        Value::Array(items) => {
            output.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    output.push(b',');
                }
                write_json(item, output);
            }
            output.push(b']');
        }
        Value::Object(members) => {
            output.push(b'{');
            for (index, (key, member)) in members.iter().enumerate() {
                if index > 0 {
                    output.push(b',');
                }
                write_json_text(key, output);
                output.push(b':');
                write_json(member, output);
            }
            output.push(b'}');
        }
    }
}

/// Appends a text in its quotes.
pub fn write_json_text(text: &str, output: &mut Vec<u8>) {
    output.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, odd) = rest.split_at(plain_run(rest));
        output.extend_from_slice(plain);
        let Some((first, after)) = odd.split_first() else { break };
        match first {
            b'"' => output.extend_from_slice(b"\\\""),
            b'\\' => output.extend_from_slice(b"\\\\"),
            b'\n' => output.extend_from_slice(b"\\n"),
            b'\r' => output.extend_from_slice(b"\\r"),
            b'\t' => output.extend_from_slice(b"\\t"),
            0x08 => output.extend_from_slice(b"\\b"),
            0x0c => output.extend_from_slice(b"\\f"),
            control => {
                let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
                output.extend_from_slice(b"\\u00");
                output.extend([digit(control >> 4), digit(control & 15)]);
            }
        }
        rest = after;
    }
    output.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::String),
            "[\u{0}-\u{7f}\u{2028}é]{0,20}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_another_writer(value in any_json()) {
            let mut written = Vec::new();
            write_json(&value, &mut written);
            prop_assert_eq!(written, serde_json::to_vec(&value).expect("JSON"));
        }
    }
}
