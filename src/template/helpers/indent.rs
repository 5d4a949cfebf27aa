//! `indent`: a text moved to the right.
//!
//! Line breaks stay as they are.

use super::arguments::map_text;
use super::{Example, Helper};

/// `indent text spaces`
pub(super) static INDENT: Helper = Helper {
    name: "indent",
    signature: "indent text spaces",
    summary: "The text with so many spaces before every line. Absent stays absent; a number of spaces that is no whole \
              number is an error.",
    arity: (2, 2),
    named: &[],
    examples: &[Example { template: "{{indent data.x 2}}", data: r#"{"x":"a\nb"}"#, gives: r#""  a\n  b""# }],
    call: |arguments| {
        let spaces = arguments.count(1)?;
        map_text(arguments, |text| {
            arguments.afford(text.len().saturating_add(text.lines().count().saturating_mul(spaces)))?;
            let space = " ".repeat(if text.is_empty() { 0 } else { spaces });
            Ok(text.split_inclusive('\n').flat_map(|line| [space.as_str(), line]).collect())
        })
    },
};
