//! One input field, compiled: the fixed table by which a caller's value is coerced and checked.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::{Number, Value};

use crate::keyword::{FieldFormat, FieldType};
use crate::regular_expression::RegularExpression;
use crate::value::{compare_numbers, deep_equal, exact_digits, is_integer, kind_of, parse_instant, print_instant};

/// Steps that the check of one value against its `pattern` may take: some 50 ms.
const PATTERN_STEPS: usize = 200_000;

/// The fields of an action, by part; those of the service are shared by all its actions.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// `auth`, the service's and the action's own.
    pub auth: Vec<Arc<FieldRule>>,
    /// `data`
    pub data: Vec<Arc<FieldRule>>,
    /// `meta`
    pub meta: Vec<Arc<FieldRule>>,
}

/// One field.
#[derive(Clone, Debug)]
pub struct FieldRule {
    pub(super) name: Arc<str>,
    pub(super) field_type: FieldType,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
    pub(super) allowed: Vec<Value>,
    pub(super) pattern: Option<RegularExpression>,
    pub(super) min: Option<Number>,
    pub(super) max: Option<Number>,
    pub(super) length: Bounds,
    pub(super) items: Bounds,
    pub(super) format: Option<FieldFormat>,
    pub(super) secret: bool,
    pub(super) label: Option<String>,
    pub(super) description: Option<String>,
    pub(super) example: Option<Value>,
}

/// Least and greatest count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
}

/// Why a value does not fit a field; speaks of types and rules, never of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit(pub String);

impl FieldRule {
    /// The key in the caller's body.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same, to be kept without a copy.
    #[must_use]
    pub fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// What the value is turned into.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        self.field_type
    }

    /// Whether a call without it is refused.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The value if none is sent, already coerced.
    #[must_use]
    pub fn default(&self) -> Option<&Value> {
        self.default.as_ref()
    }

    /// Whether its value is masked everywhere.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// The name people see, if it has one.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// What it is for.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// A value that fits.
    #[must_use]
    pub fn example(&self) -> Option<&Value> {
        self.example.as_ref()
    }

    /// The only values allowed, already coerced; any if none.
    #[must_use]
    pub fn allowed(&self) -> &[Value] {
        &self.allowed
    }

    /// Least and greatest number of characters.
    #[must_use]
    pub fn length(&self) -> (Option<u64>, Option<u64>) {
        (self.length.min, self.length.max)
    }

    /// Least and greatest number.
    #[must_use]
    pub fn bounds(&self) -> (Option<&Number>, Option<&Number>) {
        (self.min.as_ref(), self.max.as_ref())
    }

    /// The regular expression for the whole text.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        self.pattern.as_ref().map(RegularExpression::as_str)
    }

    /// The well-known form.
    #[must_use]
    pub fn format(&self) -> Option<FieldFormat> {
        self.format
    }

    /// Whether it has rules that an empty text can never meet.
    #[must_use]
    pub fn is_choosy(&self) -> bool {
        !self.allowed.is_empty()
            || self.format.is_some()
            || self.pattern.is_some()
            || self.length.min.is_some_and(|min| min > 0)
    }

    /// Its key, and its label where it has one: `subject` (Subject).
    #[must_use]
    pub fn display_name(&self) -> String {
        match &self.label {
            Some(label) => format!("`{}` ({label})", self.name),
            None => format!("`{}`", self.name),
        }
    }

    /// The value in the field's type, if it fits.
    ///
    /// # Errors
    /// What the field needs and what was found instead.
    pub fn accept(&self, value: Value) -> Result<Value, Misfit> {
        let value = coerce(self.field_type, value)?;
        self.check_allowed(&value)?;
        self.check_text(&value)?;
        self.check_number(&value)?;
        self.check_items(&value)?;
        Ok(value)
    }

    fn check_allowed(&self, value: &Value) -> Result<(), Misfit> {
        if self.allowed.is_empty() || self.allowed.iter().any(|allowed| deep_equal(allowed, value)) {
            return Ok(());
        }
        let words: Vec<String> = self.allowed.iter().map(plain).collect();
        Err(Misfit(format!("must be one of {}", words.join(", "))))
    }

    fn check_text(&self, value: &Value) -> Result<(), Misfit> {
        let Value::String(text) = value else { return Ok(()) };
        if self.length != Bounds::default() {
            let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            self.length.check(length, "character")?;
        }
        if let Some(pattern) = &self.pattern {
            match pattern.is_match_within(text, PATTERN_STEPS) {
                Some(true) => {}
                Some(false) => return Err(Misfit("does not have the form that is asked for".to_owned())),
                None => return Err(Misfit("is too long for its form to be checked".to_owned())),
            }
        }
        match self.format {
            Some(format) if !fits_format(format, text) => Err(Misfit(format_rule(format).to_owned())),
            _ => Ok(()),
        }
    }

    fn check_number(&self, value: &Value) -> Result<(), Misfit> {
        let Value::Number(number) = value else { return Ok(()) };
        if let Some(min) = &self.min
            && compare_numbers(number, min).is_lt()
        {
            return Err(Misfit(format!("must be at least {min}")));
        }
        if let Some(max) = &self.max
            && compare_numbers(number, max).is_gt()
        {
            return Err(Misfit(format!("must be at most {max}")));
        }
        Ok(())
    }

    fn check_items(&self, value: &Value) -> Result<(), Misfit> {
        let Value::Array(items) = value else { return Ok(()) };
        self.items.check(u64::try_from(items.len()).unwrap_or(u64::MAX), "item")
    }
}

impl Bounds {
    fn check(self, count: u64, noun: &str) -> Result<(), Misfit> {
        let plural = |count: u64| if count == 1 { noun.to_owned() } else { format!("{noun}s") };
        match (self.min, self.max) {
            (Some(min), _) if count < min => Err(Misfit(format!("must have at least {min} {}", plural(min)))),
            (_, Some(max)) if count > max => {
                Err(Misfit(format!("must have at most {max} {}, but has {count}", plural(max))))
            }
            _ => Ok(()),
        }
    }
}

/// The coercion table. What does not fit is a misfit, never a guess.
fn coerce(field_type: FieldType, value: Value) -> Result<Value, Misfit> {
    match (field_type, &value) {
        (FieldType::Any, _)
        | (FieldType::String, Value::String(_))
        | (FieldType::Number, Value::Number(_))
        | (FieldType::Boolean, Value::Bool(_))
        | (FieldType::List, Value::Array(_))
        | (FieldType::Object, Value::Object(_)) => Ok(value),
        (FieldType::String, Value::Number(number)) => Ok(Value::String(exact_digits(number).to_owned())),
        (FieldType::String, Value::Bool(flag)) => Ok(Value::String(flag.to_string())),
        (FieldType::Integer, Value::Number(number)) if is_integer(number) => Ok(value),
        (FieldType::Integer, Value::String(text)) => integer(text),
        (FieldType::Number, Value::String(text)) => number(text),
        (FieldType::Boolean, Value::String(text)) => boolean(text),
        (FieldType::List, Value::String(text)) => list(text),
        (FieldType::Object, Value::String(text)) => object(text),
        (FieldType::Datetime, value) => parse_instant(value)
            .map(|instant| Value::String(print_instant(instant)))
            .ok_or_else(|| misfit(field_type, value)),
        (_, value) => Err(misfit(field_type, value)),
    }
}

fn integer(text: &str) -> Result<Value, Misfit> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix('-').unwrap_or(trimmed);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits == "0" || !digits.starts_with('0');
    if !plain {
        return Err(Misfit("must be a whole number, like 5".to_owned()));
    }
    if !canonical {
        return Err(Misfit(
            "must be a whole number without leading zeros; declare it as a string to keep them".to_owned(),
        ));
    }
    json_number(trimmed)
}

fn number(text: &str) -> Result<Value, Misfit> {
    json_number(text.trim())
}

fn json_number(text: &str) -> Result<Value, Misfit> {
    match crate::value::decode_json(text.as_bytes(), crate::value::JsonLimits::default()) {
        Ok(value @ Value::Number(_)) => Ok(value),
        _ => Err(Misfit("must be a number, like 5 or 2.5".to_owned())),
    }
}

fn boolean(text: &str) -> Result<Value, Misfit> {
    match text.trim() {
        "true" | "True" | "TRUE" => Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => Ok(Value::Bool(false)),
        _ => Err(Misfit("must be true or false".to_owned())),
    }
}

/// `["a","b"]`, or `a, b`, or `a,b`; empty parts are dropped, an empty text is an empty list.
fn list(text: &str) -> Result<Value, Misfit> {
    let trimmed = text.trim();
    if trimmed.starts_with('[') {
        return match crate::value::decode_json(trimmed.as_bytes(), crate::value::JsonLimits { max_depth: 64 }) {
            Ok(value @ Value::Array(_)) => Ok(value),
            _ => Err(Misfit("begins like a JSON list, but is not one".to_owned())),
        };
    }
    let parts = trimmed.split(',').map(str::trim).filter(|part| !part.is_empty());
    Ok(Value::Array(parts.map(|part| Value::String(part.to_owned())).collect()))
}

fn object(text: &str) -> Result<Value, Misfit> {
    match crate::value::decode_json(text.as_bytes(), crate::value::JsonLimits { max_depth: 64 }) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Misfit("must be a map, or the JSON text of one".to_owned())),
    }
}

fn misfit(field_type: FieldType, value: &Value) -> Misfit {
    let found = kind_of(Some(value));
    Misfit(match field_type {
        FieldType::String => format!("must be text, not {found}"),
        FieldType::Integer => format!("must be a whole number, not {found}"),
        FieldType::Number => format!("must be a number, not {found}"),
        FieldType::Boolean => format!("must be true or false, not {found}"),
        FieldType::List => format!("must be a list, or text like `a, b`, not {found}"),
        FieldType::Object => format!("must be a map, not {found}"),
        FieldType::Datetime => {
            "must be a point in time: `2026-01-31T12:00:00Z`, `2026-01-31 12:00:00 UTC` or seconds since 1970"
                .to_owned()
        }
        FieldType::Any => format!("cannot be {found}"),
    })
}

fn fits_format(format: FieldFormat, text: &str) -> bool {
    match format {
        FieldFormat::Email => is_email(text),
        FieldFormat::Url => is_url(text),
        FieldFormat::HostnameLabel => is_hostname_label(text),
        FieldFormat::Phone => is_phone(text),
    }
}

fn format_rule(format: FieldFormat) -> &'static str {
    match format {
        FieldFormat::Email => "must be an e-mail address",
        FieldFormat::Url => {
            "must be an address that begins with http:// or https://, without user name, query or fragment"
        }
        FieldFormat::HostnameLabel => "must be one part of a host name: letters, digits and hyphens, at most 63",
        FieldFormat::Phone => "must be a telephone number",
    }
}

/// One `@` with something sane on both sides; what a mail server would say is its own matter.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && local.len() <= 64
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(|character: char| {
            character.is_whitespace() || character.is_control() || "<>(),;:\\\"".contains(character)
        })
        && !local.contains('@')
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !text
                .contains(|character: char| character.is_whitespace() || character.is_control() || character == '\\')
    })
}

/// RFC 1123: letters, digits, hyphens not at the ends, at most 63.
fn is_hostname_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (3..=15).contains(&digits)
        && text.trim().char_indices().all(|(at, character)| {
            character.is_ascii_digit() || " -.()/".contains(character) || (character == '+' && at == 0)
        })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Bytes of a base64 text, standard or URL-safe alphabet, padded or not.
#[must_use]
pub fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let compact: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let bare = compact.trim_end_matches('=');
    STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(field_type: FieldType, value: Value, expected: Option<Value>) {
        assert_eq!(coerce(field_type, value.clone()).ok(), expected, "{value}");
    }

    #[test]
    fn whole_numbers_come_from_their_digits_and_nothing_else() {
        check(FieldType::Integer, json!("5"), Some(json!(5)));
        check(FieldType::Integer, json!(" 5 "), Some(json!(5)));
        check(FieldType::Integer, json!("-12"), Some(json!(-12)));
        for bad in ["5 min", "05", "5.0", "1,5", "", "1e3", "0x10", "٣"] {
            check(FieldType::Integer, json!(bad), None);
        }
        check(FieldType::Integer, json!(2.5), None);
        check(FieldType::Integer, json!(true), None);
    }

    #[test]
    fn text_keeps_its_zeros_and_numbers_their_digits() {
        check(FieldType::String, json!("00123"), Some(json!("00123")));
        let id: Value = serde_json::from_str("12345678901234567890123").unwrap();
        check(FieldType::String, id, Some(json!("12345678901234567890123")));
        for id in ["1e3", "1E3", "1.5e3"] {
            let sent = crate::value::decode_json(id.as_bytes(), crate::value::JsonLimits::default()).unwrap();
            check(FieldType::String, sent, Some(json!(id)));
            let number = coerce(FieldType::Number, json!(id)).unwrap();
            assert_eq!(number.to_string(), id);
        }
    }

    #[test]
    fn three_spellings_of_a_list_are_one_list() {
        for list in [json!("a, b"), json!("a,b"), json!(r#"["a","b"]"#), json!(["a", "b"])] {
            check(FieldType::List, list, Some(json!(["a", "b"])));
        }
        check(FieldType::List, json!("[a"), None);
        check(FieldType::List, json!(""), Some(json!([])));
    }

    #[test]
    fn words_for_yes_are_not_booleans() {
        check(FieldType::Boolean, json!("true"), Some(json!(true)));
        check(FieldType::Boolean, json!("yes"), None);
        check(FieldType::Boolean, json!("1"), None);
        check(FieldType::Boolean, json!(1), None);
    }

    #[test]
    fn three_spellings_of_an_instant_are_one_instant() {
        for instant in
            [json!("2012-11-20T23:01:00Z"), json!("2012-11-20 23:01:00 UTC"), json!("1353452460"), json!(1_353_452_460)]
        {
            check(FieldType::Datetime, instant, Some(json!("2012-11-20T23:01:00Z")));
        }
        check(FieldType::Datetime, json!("yesterday"), None);
    }

    #[test]
    fn a_hostname_label_cannot_leave_its_host() {
        for bad in ["evil.com/", "a.b", "127.0.0.1:80", "x@evil", "x#", "ｅvil", "", "-a", &"a".repeat(64)] {
            assert!(!is_hostname_label(bad), "{bad}");
        }
        assert!(is_hostname_label("acme-2"));
    }

    #[test]
    fn formats_take_what_people_type_and_refuse_tricks() {
        assert!(is_email("ana@example.com"));
        assert!(!is_email("ana@example.com\r\nBcc: x@y.z"));
        assert!(is_phone("+351 21 000-000"));
        assert!(!is_phone("anonymous"));
        assert!(is_url("https://desk.example.com/base"));
        for bad in ["javascript:alert(1)", "https://u:p@h/", "https://h/?q", "https://h/#f", "h.com", "https:// h"] {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
