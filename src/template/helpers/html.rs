//! `html`: a text for HTML.
//!
//! For services that take HTML in a field; JSON and XML are escaped by themselves.

use super::arguments::map_text;
use super::{Example, Helper};

/// `html text`
pub(super) static HTML: Helper = Helper {
    name: "html",
    signature: "html text",
    summary: "The text with & < > and quotes as entities. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example {
        template: r#"{{html data.x}}"#,
        data: r#"{"x":"a < b & c"}"#,
        gives: r#""a &lt; b &amp; c""#,
    }],
    call: |arguments| {
        map_text(arguments, |text| {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            Ok(text.replace('"', "&quot;").replace('\'', "&#39;"))
        })
    },
};
