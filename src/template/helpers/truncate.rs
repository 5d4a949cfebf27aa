//! `truncate`: at most so many characters of a text.
//!
//! Counts characters (Unicode scalar values), not bytes.

use super::arguments::map_text;
use super::{Example, Helper};

/// `truncate text length`
pub(super) static TRUNCATE: Helper = Helper {
    name: "truncate",
    signature: "truncate text length ellipsis=\"…\"",
    summary: "At most `length` characters of the text; where it is cut, it ends with `ellipsis`, which counts. \
              Absent stays absent; a length that is no whole number is an error.",
    arity: (2, 2),
    named: &["ellipsis"],
    examples: &[
        Example { template: "{{truncate data.x 5}}", data: r#"{"x":"abcdefgh"}"#, gives: r#""abcd…""# },
        Example { template: "{{truncate data.x 5 ellipsis=\"\"}}", data: r#"{"x":"abcdefgh"}"#, gives: r#""abcde""# },
    ],
    call: |arguments| {
        let length = arguments.count(1)?;
        let ellipsis = arguments.named_text("ellipsis")?;
        map_text(arguments, |text| Ok(truncate(text, length, ellipsis.as_deref().unwrap_or("…"))))
    },
};

fn truncate(text: &str, length: usize, ellipsis: &str) -> String {
    if text.chars().nth(length).is_none() {
        return text.to_owned();
    }
    let kept = length.saturating_sub(ellipsis.chars().count());
    text.chars().take(kept).chain(ellipsis.chars()).take(length).collect()
}
