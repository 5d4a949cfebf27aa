//! `sosl`: a text for a SOSL search.
//!
//! The reserved characters of Salesforce's SOSL reference.

use super::arguments::map_text;
use super::{Example, Helper};

/// `sosl text`
pub(super) static SOSL: Helper = Helper {
    name: "sosl",
    signature: "sosl text",
    summary: "The text with the reserved characters of a SOSL search escaped. Absent stays absent; a list or a map is an error.",
    arity: (1, 1),
    named: &[],
    examples: &[Example { template: r#"{{sosl data.x}}"#, data: r#"{"x":"a-b?"}"#, gives: r#""a\\-b\\?""# }],
    call: |arguments| {
        map_text(arguments, |text| {
            let mut escaped = String::with_capacity(text.len());
            for character in text.chars() {
                if is_reserved(character) {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
            Ok(escaped)
        })
    },
};

fn is_reserved(character: char) -> bool {
    // All of ASCII punctuation but these; a search in a text of them takes twice as long as all the rest.
    character.is_ascii_punctuation()
        && !matches!(character, '#' | '$' | '%' | ',' | '.' | '/' | ';' | '<' | '=' | '>' | '@' | '_' | '`')
}
