//! `choose`: one word for another, from a table in the template.
//!
//! The table's words are the author's and may stand in an error; the value looked up may not.

use super::arguments::Arguments;
use super::{Example, Helper, HelperError};

/// `choose value word=value …`
pub(super) static CHOOSE: Helper = Helper {
    name: "choose",
    signature: "choose value word=value … else=value",
    summary: "The value given for the word that the first argument is. Without such a word it is `else`, and without \
              `else` an error; an absent first argument is `else` or absent.",
    arity: (1, 1),
    named: &["*"],
    examples: &[
        Example {
            template: "{{choose data.x low=\"1\" high=\"3\" else=\"2\"}}",
            data: r#"{"x":"high"}"#,
            gives: r#""3""#,
        },
        Example {
            template: "{{choose data.x low=\"1\" high=\"3\" else=\"2\"}}",
            data: r#"{"x":"unheard"}"#,
            gives: r#""2""#,
        },
    ],
    call: |arguments| {
        let word = arguments.text(0)?;
        let chosen = word.as_deref().filter(|word| *word != ELSE && is_named(arguments, word));
        match (chosen, &word) {
            (Some(chosen), _) => arguments.copy(arguments.named_value(chosen)),
            (None, Some(_)) if !is_named(arguments, ELSE) => Err(unknown(arguments)),
            (None, _) => arguments.copy(arguments.named_value(ELSE)),
        }
    },
};

const ELSE: &str = "else";

fn is_named(arguments: &Arguments<'_>, name: &str) -> bool {
    arguments.named.iter().any(|(known, _)| *known == name)
}

fn unknown(arguments: &Arguments<'_>) -> HelperError {
    let known: Vec<_> = arguments.named.iter().map(|(name, _)| format!("`{name}`")).collect();
    HelperError::new(format!(
        "found none of its words in its argument 1: it knows {}; add the word, or `else` for all others",
        if known.is_empty() { String::from("none") } else { known.join(", ") }
    ))
}
