//! `strip_html`: the words of an HTML text.
//!
//! Tags, scripts, styles and comments go, entities are read.

use super::arguments::map_text;
use super::{Example, Helper};
use crate::value::html_text;

/// `strip_html text`
pub(super) static STRIP_HTML: Helper = Helper {
    name: "strip_html",
    signature: "strip_html text",
    summary: "The text without its markup; `<br>` and the ends of blocks are line breaks. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example {
        template: r#"{{strip_html data.x}}"#,
        data: r#"{"x":"<p>Hi <b>there</b></p>"}"#,
        gives: r#""Hi there""#,
    }],
    call: |arguments| map_text(arguments, |text| Ok(html_text(text))),
};
