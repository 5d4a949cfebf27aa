//! Values → JSON text, the same bytes as serde_json writes: texts go out in the runs that need no escape.

use serde_json::Value;

use super::json_skip::plain_run;
use crate::budget::{Budget, Exhausted};

/// Text that is written between two charges, in bytes; an escape makes six of one.
const PIECE: usize = 64 * 1024;

/// Appends a value; charges a step for each node, and the bytes.
///
/// # Errors
/// When the budget is exhausted; a part is written then.
pub fn write_json(value: &Value, output: &mut Vec<u8>, budget: &Budget) -> Result<(), Exhausted> {
    budget.charge_steps(1)?;
    match value {
        Value::Null => write_plain(b"null", output, budget),
        Value::Bool(true) => write_plain(b"true", output, budget),
        Value::Bool(false) => write_plain(b"false", output, budget),
        Value::Number(number) => write_plain(number.as_str().as_bytes(), output, budget),
        Value::String(text) => write_charged_text(text, output, budget),
        Value::Array(items) => {
            budget.charge_bytes(2 + items.len())?;
            output.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    output.push(b',');
                }
                write_json(item, output, budget)?;
            }
            output.push(b']');
            Ok(())
        }
        Value::Object(members) => {
            budget.charge_bytes(2 + 2 * members.len())?;
            output.push(b'{');
            for (index, (key, member)) in members.iter().enumerate() {
                if index > 0 {
                    output.push(b',');
                }
                write_charged_text(key, output, budget)?;
                output.push(b':');
                write_json(member, output, budget)?;
            }
            output.push(b'}');
            Ok(())
        }
    }
}

fn write_plain(bytes: &[u8], output: &mut Vec<u8>, budget: &Budget) -> Result<(), Exhausted> {
    budget.charge_bytes(bytes.len())?;
    output.extend_from_slice(bytes);
    Ok(())
}

/// Appends a text in its quotes, and charges its bytes.
///
/// # Errors
/// When the budget is exhausted; a part is written then.
pub fn write_charged_text(text: &str, output: &mut Vec<u8>, budget: &Budget) -> Result<(), Exhausted> {
    budget.charge_bytes(2)?;
    output.push(b'"');
    for piece in text.as_bytes().chunks(PIECE) {
        budget.charge_bytes(piece.len())?;
        let begun = output.len();
        write_escaped(piece, output);
        let escapes = (output.len() - begun).saturating_sub(piece.len());
        budget.charge_bytes(escapes)?;
    }
    output.push(b'"');
    Ok(())
}

/// Appends a text in its quotes.
pub fn write_json_text(text: &str, output: &mut Vec<u8>) {
    output.push(b'"');
    write_escaped(text.as_bytes(), output);
    output.push(b'"');
}

/// Every escape is of one byte, so a text may be cut anywhere.
fn write_escaped(mut rest: &[u8], output: &mut Vec<u8>) {
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
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::*;
    use crate::budget::BudgetBounds;

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
            write_json(&value, &mut written, &Budget::unlimited()).unwrap();
            prop_assert_eq!(written, serde_json::to_vec(&value).expect("JSON"));
        }
    }

    #[test]
    fn a_long_text_is_charged_with_its_escapes() {
        let text = "\u{1}é".repeat(PIECE);
        let write = |bytes| {
            let bounds = BudgetBounds { bytes, ..BudgetBounds::default() };
            let budget = Budget::new(bounds, Instant::now() + Duration::from_secs(3600));
            let mut output = Vec::new();
            write_charged_text(&text, &mut output, &budget).map(|()| output)
        };
        let whole = write(u64::MAX).unwrap();
        assert_eq!(whole, serde_json::to_vec(&text).unwrap());
        let length = u64::try_from(whole.len()).unwrap();
        assert!(write(length).is_ok());
        assert_eq!(write(length - 1), Err(Exhausted::Bytes(length - 1)));
    }
}
