//! `slack`: a text for Slack.
//!
//! The three characters that Slack's message format reserves.

use super::arguments::map_text;
use super::{Example, Helper};

/// `slack text`
pub(super) static SLACK: Helper = Helper {
    name: "slack",
    signature: "slack text",
    summary: "The text with & < > as Slack wants them, so that it can name nobody and link nowhere. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example {
        template: r#"{{slack data.x}}"#,
        data: r#"{"x":"<!channel> a & b"}"#,
        gives: r#""&lt;!channel&gt; a &amp; b""#,
    }],
    call: |arguments| {
        map_text(arguments, |text| Ok(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")))
    },
};
