//! Values that never reach a log, message, metric or panic.
//!
//! [`Secret`] keeps one from being printed by accident; [`Masks`] masks those that a service echoes; a [`Masked`] text is
//! one that passed through them.

use std::fmt::{self, Write as _};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::value::plain_text;

/// What stands where a secret stood.
pub const MASK: &str = "«redacted»";

/// Shorter secrets are masked as whole words only: masking every `a` would leave no message.
const SHORTEST_ANYWHERE: usize = 4;

/// Shorter texts occur by chance.
const SHORTEST_CERTAIN: usize = 8;

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

/// A text that was masked when it was made.
///
/// What is kept after a call, shared between calls or shown is made of these, so that no text can be kept unmasked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Masked(Arc<str>);

impl Masked {
    /// A text of the program's own, which holds no value of a call.
    #[must_use]
    pub fn fixed(text: &'static str) -> Self {
        Self(Arc::from(text))
    }

    /// A text that was masked before it was stored, read back from where only this program writes.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(Arc::from(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Masked {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl serde::Serialize for Masked {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The secrets of one call, in every spelling a service could echo them in.
#[derive(Clone, Default)]
pub struct Masks {
    secrets: Vec<Known>,
    /// Longest first, so that a secret within another does not leave the rest of it; made when they are needed.
    spellings: OnceLock<Vec<String>>,
}

/// A secret, and what its spellings are made of.
#[derive(Clone)]
struct Known {
    text: String,
    /// Whether it is written as it is wherever nothing is escaped.
    plain: bool,
    /// The least letters and digits of base64 in a row that can hold it.
    shortest_run: usize,
}

impl Masks {
    /// Adds a secret: it is masked as it is, in base64 (also within a longer text that was encoded whole, such as
    /// `user:password`), hexadecimal, percent- and form-encoded, and escaped for JSON and HTML.
    pub fn add(&mut self, secret: &str) {
        let secret = secret.trim();
        if !secret.is_empty() && !self.secrets.iter().any(|known| known.text == secret) {
            self.secrets.push(Known::of(secret));
            self.spellings = OnceLock::new();
        }
    }

    /// Whether a text holds one of the secrets, those aside that are too short to tell.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        self.may_hold(text)
            && self.spellings().iter().any(|one| one.len() >= SHORTEST_CERTAIN && text.contains(one.as_str()))
    }

    /// The text with every secret masked, to be kept and shown.
    #[must_use]
    pub fn mask(&self, text: &str) -> Masked {
        Masked(self.masked(text).map_or_else(|| Arc::from(text), Arc::from))
    }

    /// Adds every secret of another.
    pub fn add_all(&mut self, other: &Self) {
        for known in &other.secrets {
            if !self.secrets.iter().any(|own| own.text == known.text) {
                self.secrets.push(known.clone());
                self.spellings = OnceLock::new();
            }
        }
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.masked(text).unwrap_or_else(|| text.to_owned())
    }

    /// The text with every secret masked, if it may hold one.
    #[must_use]
    pub fn masked(&self, text: &str) -> Option<String> {
        if !self.may_hold(text) {
            return None;
        }
        let mut redacted = text.to_owned();
        for spelling in self.spellings() {
            if spelling.chars().count() >= SHORTEST_ANYWHERE {
                if redacted.contains(spelling.as_str()) {
                    redacted = redacted.replace(spelling.as_str(), MASK);
                }
            } else {
                redacted = replace_words(&redacted, spelling);
            }
        }
        Some(redacted)
    }

    /// Whether a text could hold a secret in any spelling: no only if that is sure. Most texts are told apart from every
    /// spelling by what they are made of, so that the spellings need not be made.
    fn may_hold(&self, text: &str) -> bool {
        if self.secrets.is_empty() {
            return false;
        }
        let traits = TextTraits::of(text);
        self.secrets.iter().any(|secret| traits.may_hold(text, secret))
    }

    fn spellings(&self) -> &[String] {
        self.spellings.get_or_init(|| {
            let mut spellings: Vec<String> =
                self.secrets.iter().flat_map(|secret| spellings_of(&secret.text)).collect();
            spellings.retain(|spelling| !spelling.is_empty());
            spellings.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
            spellings.dedup();
            spellings
        })
    }
}

/// What a text is made of, as far as it tells that no spelling of a secret stands in it.
struct TextTraits {
    /// Whether it has a character that only an escape brings: `\\`, `%`, `+`, `&`.
    escapes: bool,
    /// The longest run of letters and digits of base64, either alphabet; hexadecimal is a part of it.
    longest_run: usize,
}

/// What each byte of a text says of it: 1 for a character that only an escape brings, 2 for one of base64, 4 for one that is
/// written as it is wherever nothing is escaped.
const TRAITS: [u8; 256] = {
    let mut traits = [0; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        let escape = matches!(byte, b'\\' | b'%' | b'+' | b'&') as u8;
        let base64 = (byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')) as u8;
        // What stands around it may be lost from its readable form, and what is not ASCII is escaped in many ways.
        let plain = (byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'&')) as u8;
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            traits[byte as usize] = escape | base64 << 1 | plain << 2;
        }
        byte += 1;
    }
    traits
};

fn traits_of(byte: u8) -> u8 {
    TRAITS.get(usize::from(byte)).copied().unwrap_or_default()
}

impl TextTraits {
    fn of(text: &str) -> Self {
        let (mut seen, mut longest_run, mut run) = (0, 0, 0);
        for byte in text.bytes() {
            let traits = traits_of(byte);
            seen |= traits;
            run = (run + 1) * usize::from(traits >> 1 & 1);
            longest_run = longest_run.max(run);
        }
        Self { escapes: seen & 1 != 0, longest_run }
    }

    fn may_hold(&self, text: &str, secret: &Known) -> bool {
        self.escapes
            || !secret.plain
            || self.longest_run >= secret.shortest_run
            || (text.len() >= secret.text.len() && text.contains(&secret.text))
    }
}

impl Known {
    fn of(secret: &str) -> Self {
        // Its base64 within a longer text has six bits a letter, the first and the last of which others decide.
        let within = (secret.len() * 8 / 6).saturating_sub(2).max(SHORTEST_CERTAIN);
        let shortest_run = (secret.len() * 8).div_ceil(6).min(within);
        Self { text: secret.to_owned(), plain: secret.bytes().all(|byte| traits_of(byte) & 4 != 0), shortest_run }
    }
}

/// A secret is sent as it is or escaped, and what was sent may come back encoded once more.
fn spellings_of(secret: &str) -> Vec<String> {
    let mut sent = vec![secret.to_owned(), json_escaped(secret), form_escaped(secret), percent_escaped(secret)];
    sent.sort_unstable();
    sent.dedup();
    let mut spellings: Vec<String> = sent.iter().flat_map(|text| encodings_of(text)).collect();
    // As it reads once a message has lost its markup and its runs of white space.
    spellings.push(plain_text(secret));
    spellings.extend(escaped_throughout(secret));
    spellings
}

fn json_escaped(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

fn form_escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn percent_escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A text as it is and in every encoding of the whole of it.
fn encodings_of(text: &str) -> Vec<String> {
    let (json, percent, form) = (json_escaped(text), percent_escaped(text), form_escaped(text));
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let hex = hex::encode(text);
    let mut encodings = vec![
        text.to_owned(),
        json.replace('/', "\\/"),
        ascii_json(&json),
        json,
        lower_escapes(&percent),
        percent,
        // As browsers and most libraries write a path or a query.
        utf8_percent_encode(text, UNRESERVED).to_string(),
        lower_escapes(&form),
        form,
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        html.replace('"', "&#34;").replace('\'', "&#x27;"),
        html,
        hex.to_uppercase(),
        hex,
        STANDARD.encode(text),
        STANDARD_NO_PAD.encode(text),
        URL_SAFE_NO_PAD.encode(text),
    ];
    encodings.extend((0..3).flat_map(|shift| within_base64(text, shift)));
    encodings
}

/// A secret of which every character is escaped: percent, JSON and numeric entities, in both cases.
fn escaped_throughout(secret: &str) -> [String; 7] {
    [
        written(secret.bytes(), |text, byte| write!(text, "%{byte:02x}")),
        written(secret.bytes(), |text, byte| write!(text, "%{byte:02X}")),
        written(secret.encode_utf16(), |text, unit| write!(text, "\\u{unit:04x}")),
        written(secret.encode_utf16(), |text, unit| write!(text, "\\u{unit:04X}")),
        written(secret.chars(), |text, c| write!(text, "&#{};", u32::from(c))),
        written(secret.chars(), |text, c| write!(text, "&#x{:x};", u32::from(c))),
        written(secret.chars(), |text, c| write!(text, "&#x{:X};", u32::from(c))),
    ]
}

fn written<T>(parts: impl Iterator<Item = T>, write: impl Fn(&mut String, T) -> fmt::Result) -> String {
    let mut text = String::new();
    for part in parts {
        // A string takes whatever is written to it.
        let _ = write(&mut text, part);
    }
    text
}

/// RFC 3986 §2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `%2F` → `%2f`
fn lower_escapes(text: &str) -> String {
    let mut left = 0_u8;
    let lower = |c: char| {
        left = if c == '%' { 3 } else { left };
        let inside = left > 0;
        left = left.saturating_sub(1);
        if inside { c.to_ascii_lowercase() } else { c }
    };
    text.chars().map(lower).collect()
}

/// JSON with everything beyond ASCII escaped (RFC 8259 §7).
fn ascii_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\u{unit:04x}")),
        }
    }
    text
}

/// What of a secret's base64 is the same whatever stands around it, when `shift` bytes of a group of three stand before it.
fn within_base64(secret: &str, shift: usize) -> Vec<String> {
    let padded = [vec![0; shift].as_slice(), secret.as_bytes()].concat();
    // Six bits a letter: only those count that the secret alone decides.
    let (first, last) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
    let cut = |text: String| text.get(first..last).filter(|text| text.len() >= SHORTEST_CERTAIN).map(str::to_owned);
    [cut(STANDARD_NO_PAD.encode(&padded)), cut(URL_SAFE_NO_PAD.encode(&padded))].into_iter().flatten().collect()
}

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masks({} secrets)", self.secrets.len())
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
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(secrets: &[&str], text: &str, expected: &str) {
        let mut masks = Masks::default();
        secrets.iter().for_each(|secret| masks.add(secret));
        assert_eq!(masks.redact(text), expected);
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
    fn a_secret_is_known_within_what_was_encoded_with_it() {
        for before in ["", "u", "us", "use", "user:"] {
            let encoded = STANDARD.encode(format!("{before}hunter2-hunter2!"));
            let mut masks = Masks::default();
            masks.add("hunter2-hunter2");
            assert!(masks.redact(&encoded).contains(MASK), "{before}");
        }
    }

    #[test]
    fn escapes_of_any_dialect_are_known() {
        check(&["ä&'\""], "\\u00e4&'\\\"", MASK);
        check(&["a/b/c&d"], "a%2fb%2fc%26d", MASK);
        check(&["a<b>&\"c"], "a&lt;b&gt;&amp;&quot;c", MASK);
        check(&["secret"], "736563726574", MASK);
        check(&["jkl-mno"], "6A6B6C2D6D6E6F", MASK);
        check(&["se-cr_et.~/"], "se-cr_et.~%2F", MASK);
    }

    #[test]
    fn a_secret_is_found_unless_it_is_too_short_to_tell() {
        let mut masks = Masks::default();
        ["token-of-ours", "7"].iter().for_each(|secret| masks.add(secret));
        assert!(masks.finds("id token-of-ours") && !masks.finds("id 7"));
        ["eight-08", "seven-7"].iter().for_each(|secret| masks.add(secret));
        assert!(masks.finds("id eight-08") && !masks.finds("id seven-7"));
        let mut all = Masks::default();
        all.add_all(&masks);
        assert!(all.finds("id token-of-ours"));
    }

    #[test]
    fn a_secret_that_was_escaped_when_it_was_sent_is_known_encoded_once_more() {
        let secret = "OPsecret-99/xY+z\"q";
        let body = format!("{{\"op\":{}}}", serde_json::to_string(secret).unwrap());
        let form = format!("a=b&op={}", form_escaped(secret));
        for sent in [&body, &form] {
            let twice = [STANDARD.encode(sent), hex::encode(sent), percent_escaped(sent), json_escaped(sent)];
            for text in twice {
                let mut masks = Masks::default();
                masks.add(secret);
                assert!(masks.redact(&text).contains(MASK), "{text}");
            }
        }
        check(&["ab/cd"], "%61%62%2f%63%64 and %61%62%2F%63%64", &format!("{MASK} and {MASK}"));
        check(&["ab/cd"], "\\u0061\\u0062\\u002f\\u0063\\u0064", MASK);
        check(
            &["ab/cd"],
            "&#97;&#98;&#47;&#99;&#100; and &#x61;&#x62;&#x2f;&#x63;&#x64;",
            &format!("{MASK} and {MASK}"),
        );
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
        check(&["abc"], "xabcx abc", "xabcx «redacted»");
        check(&["abcd"], "xabcdx abcd", "x«redacted»x «redacted»");
    }

    proptest! {
        /// A text that is passed over holds no spelling of the secret.
        #[test]
        fn what_is_passed_over_holds_no_spelling(secret in "[a-zA-Z0-9._~/+&<% é\"'-]{1,14}", before in "[ a-z:]{0,3}", at in 0..64_usize) {
            let mut masks = Masks::default();
            masks.add(&secret);
            let spellings = masks.spellings();
            prop_assume!(!spellings.is_empty());
            let text = format!("{before}{}{before}", &spellings[at % spellings.len()]);
            prop_assert!(masks.may_hold(&text), "{text}");
        }
    }

    #[test]
    fn most_texts_are_passed_over() {
        let mut masks = Masks::default();
        ["s3cret-pass!", "agent@example.com"].iter().for_each(|secret| masks.add(secret));
        assert!(!masks.may_hold("Ticket 35436 created") && masks.may_hold("Ticket s3cret-pass! created"));
    }

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        assert_eq!(format!("{0:?} {0}", Secret::new("k")), "«redacted» «redacted»");
    }
}
