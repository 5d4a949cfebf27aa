//! `join`: the items of a list as one text.
//!
//! Takes scalars only: a nested list has no one text.

use super::{Example, Helper, HelperError};
use crate::value::{kind_of, text_of};

/// `join list separator`
pub(super) static JOIN: Helper = Helper {
    name: "join",
    signature: "join list separator",
    summary: "The items as one text with the separator (`, ` unless given) between them; null items are left out. \
              Absent stays absent; an item that is a list or a map is an error.",
    arity: (1, 2),
    named: &[],
    examples: &[
        Example { template: "{{join data.x}}", data: r#"{"x":["a",1,null]}"#, gives: r#""a, 1""# },
        Example { template: "{{join data.x \"|\"}}", data: r#"{"x":["a","b"]}"#, gives: r#""a|b""# },
    ],
    call: |arguments| {
        let Some(items) = arguments.list(0)? else { return Ok(None) };
        let separator = arguments.text(1)?.unwrap_or_else(|| String::from(", "));
        arguments.visit(items.len())?;
        let texts = items.iter().filter(|item| !item.is_null()).map(|item| {
            text_of(item).ok_or_else(|| {
                HelperError::new(format!(
                    "takes a list of texts, numbers and booleans, found {} in it",
                    kind_of(Some(item))
                ))
            })
        });
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let length: usize = texts.iter().map(|text| text.len()).sum();
        arguments.afford(length.saturating_add(texts.len().saturating_mul(separator.len())))?;
        Ok(Some(texts.join(&separator).into()))
    },
};
