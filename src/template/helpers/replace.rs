//! `replace`: other text in place of every occurrence.
//!
//! Plain text, no patterns.

use super::arguments::map_text;
use super::{Example, Helper, HelperError};

/// `replace text from to`
pub(super) static REPLACE: Helper = Helper {
    name: "replace",
    signature: "replace text from to",
    summary: "The text with `to` in place of every `from`. Absent stays absent; an empty `from` is an error, as is an \
              absent `from` or `to`.",
    arity: (3, 3),
    named: &[],
    examples: &[Example {
        template: "{{replace data.x \"-\" \"/\"}}",
        data: r#"{"x":"2012-11-20"}"#,
        gives: r#""2012/11/20""#,
    }],
    call: |arguments| {
        map_text(arguments, |text| {
            let (from, to) = (arguments.needed_text(1)?, arguments.needed_text(2)?);
            if from.is_empty() {
                return Err(HelperError::new("needs something to look for as its argument 2, found an empty text"));
            }
            arguments.afford(text.len().saturating_add(text.matches(&from).count().saturating_mul(to.len())))?;
            Ok(text.replace(&from, &to))
        })
    },
};
