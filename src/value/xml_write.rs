//! XML out, from maps in element order.
//!
//! Escapes every text for its position; a name or character that XML cannot carry is an error, never changed.

use std::borrow::Cow;

use serde_json::{Map, Value};
use thiserror::Error;

use super::xml_name::{is_xml_char, is_xml_name};
use super::{kind_of, text_of};
use crate::budget::{Budget, Exhausted};

/// How many elements may stand inside one another.
const MAX_DEPTH: usize = 64;

/// Why a value cannot be written as XML; names elements, never shows values.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum XmlWriteError {
    /// The value is not a map with one root element.
    #[error("XML needs a map with exactly one root element, but there is {found}")]
    NotOneRoot {
        /// What stands in its place.
        found: String,
    },
    /// A key that is no XML name.
    #[error("`{name}` cannot be the name of an XML element or attribute")]
    BadName {
        /// The key.
        name: String,
    },
    /// A list or map where only text can stand.
    #[error("`{name}` is {found}, but {place} must be text, a number or a boolean")]
    NotText {
        /// The key.
        name: String,
        /// What stands there.
        found: &'static str,
        /// What the key stands for.
        place: &'static str,
    },
    /// A list directly inside a list.
    #[error("`{name}` is a list inside a list, which XML cannot express")]
    NestedList {
        /// The element.
        name: String,
    },
    /// A character that XML 1.0 cannot carry.
    #[error("`{name}` holds the character U+{code:04X}, which XML cannot carry")]
    BadCharacter {
        /// The element or attribute.
        name: String,
        /// The character.
        code: u32,
    },
    /// More elements inside one another than allowed.
    #[error("the XML would be nested deeper than {limit} levels")]
    TooDeep {
        /// The number allowed.
        limit: usize,
    },
    /// The call may not build so much.
    #[error("`{name}`: {exhausted}")]
    Exhausted {
        /// The element or attribute.
        name: String,
        /// The bound.
        exhausted: Exhausted,
    },
}

impl XmlWriteError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        match self {
            Self::Exhausted { exhausted, .. } => Some(*exhausted),
            _ => None,
        }
    }
}

/// Writes `{ "root": … }` as a UTF-8 document with its declaration.
///
/// `"@name"` is an attribute, `"#text"` the text beside attributes or elements, a list repeats its element. Null is
/// left out, and so is an empty list.
///
/// # Errors
///
/// [`XmlWriteError`] where the value has no single root or holds what XML cannot carry, and when the budget is exhausted.
pub fn write_xml(value: &Value, budget: &Budget) -> Result<String, XmlWriteError> {
    let (name, root) = single_root(value)?;
    let mut out = Output { text: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), budget };
    write_element(&mut out, name, root, 1)?;
    Ok(out.text)
}

/// The document as far as it is written.
struct Output<'b> {
    text: String,
    budget: &'b Budget,
}

impl Output<'_> {
    /// Charges a node that takes so many bytes beside its content.
    fn charge(&self, name: &str, bytes: usize) -> Result<(), XmlWriteError> {
        let charged = self.budget.charge_steps(1).and_then(|()| self.budget.charge_bytes(bytes));
        charged.map_err(|exhausted| XmlWriteError::Exhausted { name: name.to_owned(), exhausted })
    }

    /// Writes what stands for a character of one byte.
    fn escape(&mut self, reference: &str, name: &str) -> Result<(), XmlWriteError> {
        let charged = self.budget.charge_bytes(reference.len() - 1);
        charged.map_err(|exhausted| XmlWriteError::Exhausted { name: name.to_owned(), exhausted })?;
        self.text.push_str(reference);
        Ok(())
    }
}

fn single_root(value: &Value) -> Result<(&str, &Value), XmlWriteError> {
    let not_one = |found: &str| XmlWriteError::NotOneRoot { found: found.to_owned() };
    let Value::Object(members) = value else {
        return Err(not_one(kind_of(Some(value))));
    };
    let mut roots = members.iter().filter(|(_, root)| !root.is_null());
    match (roots.next(), roots.next()) {
        (Some((name, _)), None) if name.starts_with(['@', '#']) => Err(not_one("no element")),
        (Some((name, Value::Array(_))), None) => Err(not_one(&format!("a list under `{name}`"))),
        (Some((name, root)), None) => Ok((name, root)),
        (None, _) => Err(not_one("none")),
        (Some(_), Some(_)) => Err(not_one("more than one")),
    }
}

fn write_element(out: &mut Output<'_>, name: &str, value: &Value, depth: usize) -> Result<(), XmlWriteError> {
    if depth > MAX_DEPTH {
        return Err(XmlWriteError::TooDeep { limit: MAX_DEPTH });
    }
    if !is_xml_name(name) {
        return Err(XmlWriteError::BadName { name: name.to_owned() });
    }
    out.charge(name, 2 * name.len() + 5)?;
    out.text.push('<');
    out.text.push_str(name);
    if let Value::Object(members) = value {
        write_attributes(out, members)?;
    }
    out.text.push('>');
    let content = out.text.len();
    match value {
        Value::Object(members) => write_content(out, name, members, depth)?,
        _ => write_text(out, name, &scalar(name, value, "the content of an element")?, Place::Text)?,
    }
    if out.text.len() == content {
        out.text.pop();
        out.text.push_str("/>");
    } else {
        out.text.push_str("</");
        out.text.push_str(name);
        out.text.push('>');
    }
    Ok(())
}

fn write_attributes(out: &mut Output<'_>, members: &Map<String, Value>) -> Result<(), XmlWriteError> {
    for (key, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let Some(name) = key.strip_prefix('@') else { continue };
        if !is_xml_name(name) {
            return Err(XmlWriteError::BadName { name: key.clone() });
        }
        out.charge(key, name.len() + 4)?;
        out.text.push(' ');
        out.text.push_str(name);
        out.text.push_str("=\"");
        write_text(out, key, &scalar(key, value, "an attribute")?, Place::Attribute)?;
        out.text.push('"');
    }
    Ok(())
}

fn write_content(
    out: &mut Output<'_>,
    parent: &str,
    members: &Map<String, Value>,
    depth: usize,
) -> Result<(), XmlWriteError> {
    for (key, value) in members.iter().filter(|(key, value)| !key.starts_with('@') && !value.is_null()) {
        match value {
            _ if key == "#text" => {
                write_text(out, parent, &scalar(key, value, "the text of an element")?, Place::Text)?;
            }
            Value::Array(items) => {
                for item in items.iter().filter(|item| !item.is_null()) {
                    if item.is_array() {
                        return Err(XmlWriteError::NestedList { name: key.clone() });
                    }
                    write_element(out, key, item, depth + 1)?;
                }
            }
            _ => write_element(out, key, value, depth + 1)?,
        }
    }
    Ok(())
}

fn scalar<'v>(name: &str, value: &'v Value, place: &'static str) -> Result<Cow<'v, str>, XmlWriteError> {
    text_of(value).ok_or_else(|| XmlWriteError::NotText { name: name.to_owned(), found: kind_of(Some(value)), place })
}

/// Where a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

fn write_text(out: &mut Output<'_>, name: &str, text: &str, place: Place) -> Result<(), XmlWriteError> {
    out.charge(name, text.len())?;
    for character in text.chars() {
        match character {
            '&' => out.escape("&amp;", name)?,
            '<' => out.escape("&lt;", name)?,
            '>' => out.escape("&gt;", name)?,
            '"' => out.escape("&quot;", name)?,
            '\'' => out.escape("&apos;", name)?,
            // A reader turns a bare carriage return into a line feed.
            '\r' => out.escape("&#13;", name)?,
            // A reader turns these into spaces inside an attribute.
            '\n' if place == Place::Attribute => out.escape("&#10;", name)?,
            '\t' if place == Place::Attribute => out.escape("&#9;", name)?,
            _ if is_xml_char(character) => out.text.push(character),
            _ => return Err(XmlWriteError::BadCharacter { name: name.to_owned(), code: u32::from(character) }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::value::{XmlLimits, read_xml};

    #[track_caller]
    fn check(value: &Value, expected: &str) {
        let written = write_xml(value, &Budget::unlimited()).unwrap();
        assert_eq!(written, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{expected}"));
    }

    #[track_caller]
    fn refuses(value: &Value, message: &str) {
        assert_eq!(write_xml(value, &Budget::unlimited()).unwrap_err().to_string(), message);
    }

    #[test]
    fn a_map_becomes_elements_in_its_order() {
        check(
            &json!({"s:E": {"@xmlns:s": "urn:x", "z": 1, "a": {"#text": "t", "@b": true}, "e": {}, "n": null}}),
            "<s:E xmlns:s=\"urn:x\"><z>1</z><a b=\"true\">t</a><e/></s:E>",
        );
    }

    #[test]
    fn a_list_repeats_its_element() {
        check(&json!({"a": {"b": [1, {"c": ""}, null], "d": []}}), "<a><b>1</b><b><c/></b></a>");
    }

    #[test]
    fn empty_content_is_an_empty_tag() {
        check(&json!({"a": ""}), "<a/>");
        check(&json!({"a": {"@b": ">"}}), "<a b=\"&gt;\"/>");
        check(&json!({"a": {"b": {}}}), "<a><b/></a>");
    }

    #[test]
    fn numbers_keep_their_digits() {
        let value: Value = serde_json::from_str(r#"{"a": 12345678901234567890.10}"#).unwrap();
        check(&value, "<a>12345678901234567890.10</a>");
    }

    #[test]
    fn text_and_attributes_are_escaped_for_their_place() {
        check(
            &json!({"a": {"@b": "<&\">'\r\n\t", "#text": "]]><&'\"\r\n\t"}}),
            "<a b=\"&lt;&amp;&quot;&gt;&apos;&#13;&#10;&#9;\">]]&gt;&lt;&amp;&apos;&quot;&#13;\n\t</a>",
        );
    }

    #[test]
    fn there_is_exactly_one_root() {
        refuses(&json!([1]), "XML needs a map with exactly one root element, but there is a list");
        refuses(&json!({}), "XML needs a map with exactly one root element, but there is none");
        refuses(&json!({"a": 1, "b": 2}), "XML needs a map with exactly one root element, but there is more than one");
        refuses(&json!({"a": [1]}), "XML needs a map with exactly one root element, but there is a list under `a`");
        refuses(&json!({"@a": "1"}), "XML needs a map with exactly one root element, but there is no element");
    }

    #[test]
    fn what_xml_cannot_carry_is_refused_by_name() {
        refuses(&json!({"a b": 1}), "`a b` cannot be the name of an XML element or attribute");
        refuses(&json!({"a": {"@x><y": 1}}), "`@x><y` cannot be the name of an XML element or attribute");
        refuses(&json!({"a": {"b": "\u{0}"}}), "`b` holds the character U+0000, which XML cannot carry");
        refuses(&json!({"a": {"@b": "\u{FFFE}"}}), "`@b` holds the character U+FFFE, which XML cannot carry");
        refuses(&json!({"a": {"b": [[1]]}}), "`b` is a list inside a list, which XML cannot express");
        refuses(&json!({"a": {"@b": {}}}), "`@b` is a map, but an attribute must be text, a number or a boolean");
    }

    #[test]
    fn nesting_is_bounded() {
        let mut value = json!("x");
        for _ in 0..65 {
            value = json!({"a": value});
        }
        assert_eq!(write_xml(&value, &Budget::unlimited()), Err(XmlWriteError::TooDeep { limit: 64 }));
    }

    proptest! {
        #[test]
        fn text_survives_the_round_trip(text in any::<String>(), attribute in any::<String>()) {
            let value = json!({"a": {"@b": attribute, "c": text, "d": {"@e": "", "#text": format!("x{text}")}}});
            if let Ok(written) = write_xml(&value, &Budget::unlimited()) {
                prop_assert_eq!(read_xml(&written, XmlLimits::default()), Ok(value));
            } else {
                prop_assert!(text.chars().chain(attribute.chars()).any(|character| !is_xml_char(character)));
            }
        }
    }
}
