//! `concat`: texts one after the other.
//!
//! For arguments of other helpers; text around expressions needs no helper.

use super::{Example, Helper};

/// `concat text …`
pub(super) static CONCAT: Helper = Helper {
    name: "concat",
    signature: "concat text …",
    summary: "All texts as one; absent and null ones are empty. A list or a map is an error.",
    arity: (1, usize::MAX),
    named: &[],
    examples: &[Example {
        template: "{{upper (concat data.x \"-\" data.y)}}",
        data: r#"{"x":"a","y":7}"#,
        gives: r#""A-7""#,
    }],
    call: |arguments| {
        let mut all = String::new();
        for index in 0..arguments.len() {
            let text = arguments.text(index)?.unwrap_or_default();
            arguments.afford(all.len().saturating_add(text.len()))?;
            all.push_str(&text);
        }
        Ok(Some(all.into()))
    },
};
