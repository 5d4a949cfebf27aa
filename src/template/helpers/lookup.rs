//! `lookup`: an element by a name or number that is worked out.
//!
//! Absent where there is none.

use super::{Example, Helper};
use crate::template::evaluate::step;

/// `lookup value key`
pub(super) static LOOKUP: Helper = Helper {
    name: "lookup",
    signature: "lookup value key",
    summary: "The element of a map under the key, or of a list at the index, from 0. Absent if there is none.",
    arity: (2, 2),
    named: &[],
    examples: &[
        Example {
            template: r#"{{lookup data.names data.key}}"#,
            data: r#"{"names":{"a":"Ana"},"key":"a"}"#,
            gives: r#""Ana""#,
        },
        Example { template: r#"{{lookup data.names 1}}"#, data: r#"{"names":["x","y"]}"#, gives: r#""y""# },
    ],
    call: |arguments| {
        let Some(key) = arguments.text(1)? else { return Ok(None) };
        arguments.copy(arguments.present(0).and_then(|value| step(value, &key)))
    },
};
