//! Values that never reach a log, message, metric or panic.
//!
//! [`Secret`] keeps one from being printed by accident; [`Redactor`] masks those that a service echoes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::value::plain_text;

/// What stands where a secret stood.
pub const MASK: &str = "«redacted»";

/// Shorter secrets are masked as whole words only: masking every `a` would leave no message.
const SHORTEST_ANYWHERE: usize = 4;

/// A value whose `Debug` and `Display` print `«redacted»`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Marks a value as secret.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that sends it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// The secrets of one call, in every spelling a service could echo them in.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret within another does not leave the rest of it.
    spellings: Vec<String>,
}

impl Redactor {
    /// Adds a secret: as it is, base64, percent-encoded, form-encoded and JSON-escaped.
    pub fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.is_empty() {
            return;
        }
        let escaped = serde_json::to_string(secret).unwrap_or_default();
        let spellings = [
            secret.to_owned(),
            STANDARD.encode(secret),
            STANDARD_NO_PAD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            escaped.trim_matches('"').to_owned(),
            // As it reads once a message has lost its markup and its runs of white space.
            plain_text(secret),
        ];
        for spelling in spellings.into_iter().filter(|spelling| !spelling.is_empty()) {
            if !self.spellings.contains(&spelling) {
                self.spellings.push(spelling);
            }
        }
        self.spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut redacted = text.to_owned();
        for spelling in &self.spellings {
            if spelling.chars().count() >= SHORTEST_ANYWHERE {
                if redacted.contains(spelling.as_str()) {
                    redacted = redacted.replace(spelling.as_str(), MASK);
                }
            } else {
                redacted = replace_words(&redacted, spelling);
            }
        }
        redacted
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} spellings)", self.spellings.len())
    }
}

fn replace_words(text: &str, word: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, from) = rest.split_at(at);
        let after = from.get(word.len()..).unwrap_or_default();
        result.push_str(before);
        // What stands before it may be another occurrence that was left as it is.
        let inside = result.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        result.push_str(if inside { word } else { MASK });
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secrets: &[&str], text: &str, expected: &str) {
        let mut redactor = Redactor::default();
        secrets.iter().for_each(|secret| redactor.add(secret));
        assert_eq!(redactor.redact(text), expected);
    }

    #[test]
    fn every_spelling_of_a_secret_is_masked() {
        check(&["p@ss w\"rd"], "p@ss w\"rd", MASK);
        check(&["p@ss w\"rd"], "cEBzcyB3InJk", MASK);
        check(&["p@ss w\"rd"], "p%40ss%20w%22rd", MASK);
        check(&["p@ss w\"rd"], "p%40ss+w%22rd", MASK);
        check(&["p@ss w\"rd"], r#"p@ss w\"rd"#, MASK);
    }

    #[test]
    fn a_secret_is_known_without_its_white_space_and_markup() {
        check(&["two  blanks\n<b>"], "said two blanks!", "said «redacted»!");
    }

    #[test]
    fn a_secret_inside_another_leaves_nothing_of_it() {
        check(&["secret", "secretkey"], "a secretkey b", "a «redacted» b");
    }

    #[test]
    fn a_short_secret_within_words_is_left_however_often_it_occurs() {
        check(&["s"], "does access pass s this", "does access pass «redacted» this");
    }

    #[test]
    fn a_short_secret_is_masked_as_a_word() {
        check(&["x"], "x extra x", "«redacted» extra «redacted»");
    }

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        assert_eq!(format!("{0:?} {0}", Secret::new("k")), "«redacted» «redacted»");
    }
}
