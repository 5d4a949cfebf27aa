//! XML in, as maps, lists and texts.
//!
//! Refuses document types and entities of its own; never echoes the text it reads and never recurses.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::{Map, Value};

use super::deep_size::{MEMBER_SIZE, NODE_SIZE};
use super::xml_error::{XmlError, XmlProblem};
use super::xml_name::{is_xml_char, is_xml_name, local_part};
use crate::budget::Budget;

/// Bounds on the XML that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlLimits {
    /// How many elements may stand inside one another.
    pub max_depth: usize,
}

impl Default for XmlLimits {
    /// 64 levels.
    fn default() -> Self {
        Self { max_depth: 64 }
    }
}

/// Reads a document into `{ "root": … }`.
///
/// Prefixes and `xmlns` are dropped. An attribute is `"@name"`, text beside attributes or elements is `"#text"`, an
/// element that holds only text is that text, one that repeats is a list. Every value is text.
///
/// # Errors
///
/// [`XmlError`] where the text is not well-formed, has a document type or entities, or is nested too deep.
pub fn read_xml(text: &str, limits: XmlLimits) -> Result<Value, XmlError> {
    read_xml_within(text, limits, &Budget::unlimited())
}

/// As [`read_xml`]; charges the values that are made, not the text.
///
/// # Errors
///
/// As [`read_xml`], and when the budget is exhausted.
pub fn read_xml_within(text: &str, limits: XmlLimits, budget: &Budget) -> Result<Value, XmlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some((at, _)) = text.char_indices().find(|(_, character)| !is_xml_char(*character)) {
        return Err(located(text, at, XmlProblem::BadCharacter));
    }
    let mut reader = Reader::from_str(text);
    let mut document = Document { open: Vec::new(), root: Map::new(), limits, budget };
    loop {
        let start = reader.buffer_position();
        let event = reader.read_event().map_err(|error| {
            let at = offset(reader.error_position());
            located(text, at, classify(&error))
        })?;
        if matches!(event, Event::Eof) {
            return document.finish().map_err(|problem| located(text, text.len(), problem));
        }
        document.take(event).map_err(|problem| located(text, offset(start), problem))?;
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn located(text: &str, at: usize, problem: XmlProblem) -> XmlError {
    let before = text.char_indices().take_while(|(start, _)| *start < at);
    let (line, column) = before.fold((1, 1), |(line, column), (_, character)| match character {
        '\n' => (line + 1, 1),
        _ => (line, column + 1),
    });
    XmlError { line, column, problem }
}

fn classify(error: &Error) -> XmlProblem {
    match error {
        Error::Syntax(SyntaxError::InvalidBangMarkup) => XmlProblem::Malformed,
        Error::Syntax(SyntaxError::UnclosedDoctype) => XmlProblem::DocumentType,
        Error::Syntax(_) => XmlProblem::Unclosed,
        Error::IllFormed(IllFormedError::MissingDoctypeName) => XmlProblem::DocumentType,
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_)) => {
            XmlProblem::MismatchedTag
        }
        Error::IllFormed(IllFormedError::MissingEndTag(_)) => XmlProblem::Unclosed,
        _ => XmlProblem::Malformed,
    }
}

/// The elements that are open, outermost first, and the root once it is closed.
struct Document<'b> {
    open: Vec<Element>,
    root: Map<String, Value>,
    limits: XmlLimits,
    /// Pays for the values that are made.
    budget: &'b Budget,
}

/// An element whose end has not been read.
struct Element {
    name: String,
    members: Map<String, Value>,
    has_children: bool,
    text: String,
}

impl Document<'_> {
    fn take(&mut self, event: Event<'_>) -> Result<(), XmlProblem> {
        match event {
            Event::Start(tag) => self.open(&tag),
            Event::Empty(tag) => {
                self.open(&tag)?;
                self.close()
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(&text.xml10_content().map_err(|_| XmlProblem::Malformed)?),
            Event::CData(text) => {
                let content = text.xml10_content().map_err(|_| XmlProblem::Malformed)?;
                self.charge(content.len())?;
                self.open.last_mut().ok_or(XmlProblem::OutsideRoot)?.text.push_str(&content);
                Ok(())
            }
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::DocType(_) => Err(XmlProblem::DocumentType),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlProblem> {
        if self.open.is_empty() && !self.root.is_empty() {
            return Err(XmlProblem::OutsideRoot);
        }
        if self.open.len() >= self.limits.max_depth {
            return Err(XmlProblem::TooDeep { limit: self.limits.max_depth });
        }
        // An element becomes a member of a map, with as much again for the element that is open.
        self.charge(2 * NODE_SIZE + MEMBER_SIZE + tag.len())?;
        let name = checked_name(tag.name().as_ref())?.to_owned();
        let members = attributes(tag, self.budget)?;
        self.open.push(Element { name, members, has_children: false, text: String::new() });
        Ok(())
    }

    fn charge(&self, bytes: usize) -> Result<(), XmlProblem> {
        self.budget.charge_steps(1).and_then(|()| self.budget.charge_bytes(bytes)).map_err(XmlProblem::Exhausted)
    }

    fn text(&mut self, content: &str) -> Result<(), XmlProblem> {
        self.charge(content.len())?;
        match self.open.last_mut() {
            Some(element) => {
                element.text.push_str(content);
                Ok(())
            }
            None if is_blank(content) => Ok(()),
            None => Err(XmlProblem::OutsideRoot),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), XmlProblem> {
        let element = self.open.last_mut().ok_or(XmlProblem::OutsideRoot)?;
        let name = reference.decode().map_err(|_| XmlProblem::Malformed)?;
        element.text.push_str(&resolved(&format!("&{name};"))?);
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlProblem> {
        let element = self.open.pop().ok_or(XmlProblem::MismatchedTag)?;
        let Element { name, mut members, has_children, text } = element;
        let value = if members.is_empty() {
            Value::String(text)
        } else {
            let layout_only = has_children && is_blank(&text);
            if !text.is_empty() && !layout_only {
                members.insert("#text".to_owned(), Value::String(text));
            }
            Value::Object(members)
        };
        match self.open.last_mut() {
            Some(parent) => {
                parent.has_children = true;
                add(&mut parent.members, name, value);
            }
            None => add(&mut self.root, name, value),
        }
        Ok(())
    }

    fn finish(self) -> Result<Value, XmlProblem> {
        if !self.open.is_empty() {
            return Err(XmlProblem::Unclosed);
        }
        if self.root.is_empty() {
            return Err(XmlProblem::NoRoot);
        }
        Ok(Value::Object(self.root))
    }
}

/// Adds a member; a name that is there already becomes a list. No element's own value is ever a list.
fn add(members: &mut Map<String, Value>, name: String, value: Value) {
    match members.get_mut(&name) {
        Some(Value::Array(items)) => items.push(value),
        Some(first) => {
            let items = vec![first.take(), value];
            *first = Value::Array(items);
        }
        None => {
            members.insert(name, value);
        }
    }
}

/// The library's own check for repeated attributes compares each with each, so ours takes its place.
fn attributes(tag: &BytesStart<'_>, budget: &Budget) -> Result<Map<String, Value>, XmlProblem> {
    let mut members = Map::new();
    let mut seen = HashSet::new();
    for attribute in tag.attributes().with_checks(false) {
        budget
            .charge_steps(1)
            .and_then(|()| budget.charge_bytes(NODE_SIZE + 2 * MEMBER_SIZE))
            .map_err(XmlProblem::Exhausted)?;
        let attribute = attribute.map_err(|_| XmlProblem::Malformed)?;
        let local = checked_name(attribute.key.0)?;
        if !seen.insert(attribute.key.0) {
            return Err(XmlProblem::DuplicateAttribute);
        }
        if attribute.key.0 == b"xmlns" || attribute.key.0.starts_with(b"xmlns:") {
            continue;
        }
        let raw = std::str::from_utf8(&attribute.value).map_err(|_| XmlProblem::Malformed)?;
        if raw.contains('<') {
            return Err(XmlProblem::Malformed);
        }
        add(&mut members, format!("@{local}"), Value::String(attribute_text(raw)?));
    }
    Ok(members)
}

/// A line end or tab written as such is a space in an attribute (section 3.3.3); one written as a reference stays.
fn attribute_text(raw: &str) -> Result<String, XmlProblem> {
    resolved(&raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " "))
}

fn resolved(text: &str) -> Result<String, XmlProblem> {
    let plain = unescape(text).map_err(|error| match error {
        quick_xml::escape::EscapeError::UnrecognizedEntity(..) => XmlProblem::UnknownEntity,
        quick_xml::escape::EscapeError::InvalidCharRef(_) => XmlProblem::BadCharacter,
        quick_xml::escape::EscapeError::UnterminatedEntity(_) => XmlProblem::Malformed,
    })?;
    if plain.chars().all(is_xml_char) { Ok(plain.into_owned()) } else { Err(XmlProblem::BadCharacter) }
}

fn checked_name(bytes: &[u8]) -> Result<&str, XmlProblem> {
    let name = std::str::from_utf8(bytes).map_err(|_| XmlProblem::BadName)?;
    if is_xml_name(name) { Ok(local_part(name)) } else { Err(XmlProblem::BadName) }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &Value) {
        assert_eq!(read_xml(text, XmlLimits::default()).as_ref(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuses(text: &str, problem: XmlProblem) {
        let error = read_xml(text, XmlLimits::default()).map_err(|error| error.problem);
        assert_eq!(error, Err(problem), "{}", text.get(..80).unwrap_or(text));
    }

    #[test]
    fn an_element_with_only_text_is_that_text() {
        check("<a>x</a>", &json!({"a": "x"}));
        check("<a/>", &json!({"a": ""}));
        check("<a></a>", &json!({"a": ""}));
        check("<a> x </a>", &json!({"a": " x "}));
        check("<?xml version=\"1.0\"?>\n<!-- c --><a>1<!-- c -->2<?pi x?>3</a>\n", &json!({"a": "123"}));
    }

    #[test]
    fn prefixes_and_namespaces_are_dropped() {
        check(
            "<s:Envelope xmlns:s=\"u\" xmlns=\"d\"><s:Body s:id=\"1\"><r/></s:Body></s:Envelope>",
            &json!({"Envelope": {"Body": {"@id": "1", "r": ""}}}),
        );
    }

    #[test]
    fn text_beside_attributes_or_elements_has_a_name() {
        check("<a b=\"1\">t</a>", &json!({"a": {"@b": "1", "#text": "t"}}));
        check("<a b=\"1\"/>", &json!({"a": {"@b": "1"}}));
        check("<a>x<b/>y</a>", &json!({"a": {"b": "", "#text": "xy"}}));
        check("<a>\n  <b>1</b>\n</a>", &json!({"a": {"b": "1"}}));
    }

    #[test]
    fn a_repeated_element_is_a_list_in_order() {
        check("<a><b>1</b><c/><b>2</b><b x=\"3\"/></a>", &json!({"a": {"b": ["1", "2", {"@x": "3"}], "c": ""}}));
    }

    #[test]
    fn sections_and_references_are_text() {
        check("<a><![CDATA[<b>&amp;]]>&lt;&#65;&#x42;&quot;</a>", &json!({"a": "<b>&amp;<AB\""}));
        check("<a b=\"&lt;&#10;&apos; \n\"/>", &json!({"a": {"@b": "<\n'  "}}));
        check("<a>1\r\n2\r3</a>", &json!({"a": "1\n2\n3"}));
    }

    #[test]
    fn document_types_and_entities_are_refused() {
        refuses("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", XmlProblem::DocumentType);
        refuses("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", XmlProblem::DocumentType);
        refuses("<a>&nbsp;</a>", XmlProblem::UnknownEntity);
        refuses("<a b=\"&x;\"/>", XmlProblem::UnknownEntity);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        refuses("", XmlProblem::NoRoot);
        refuses("<!-- only -->", XmlProblem::NoRoot);
        refuses("plain", XmlProblem::OutsideRoot);
        refuses("<a/>x", XmlProblem::OutsideRoot);
        refuses("<a/><b/>", XmlProblem::OutsideRoot);
        refuses("<a><b></a></b>", XmlProblem::MismatchedTag);
        refuses("<a></a></a>", XmlProblem::MismatchedTag);
        refuses("<a><b>", XmlProblem::Unclosed);
        refuses("<a", XmlProblem::Unclosed);
        refuses("<a b=1/>", XmlProblem::Malformed);
        refuses("<a b/>", XmlProblem::Malformed);
        refuses("<a b=\"1\" b=\"2\"/>", XmlProblem::DuplicateAttribute);
        refuses("<1a/>", XmlProblem::BadName);
        refuses("<a:b:c/>", XmlProblem::BadName);
        refuses("<a>&#0;</a>", XmlProblem::BadCharacter);
        refuses("<a>\u{1}</a>", XmlProblem::BadCharacter);
        refuses("<a>&#xFFFE;</a>", XmlProblem::BadCharacter);
        refuses("{\"a\": 1}", XmlProblem::OutsideRoot);
    }

    #[test]
    fn a_problem_has_its_place() {
        let error = read_xml("<a>\n  <é></b>\n</a>", XmlLimits::default()).unwrap_err();
        assert_eq!(error.to_string(), "the XML has an end tag that does not match, at line 2, column 6");
    }

    #[test]
    fn nesting_is_bounded_without_using_the_stack() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read_xml(&nested(64), XmlLimits::default()).is_ok());
        refuses(&nested(65), XmlProblem::TooDeep { limit: 64 });
        refuses(&nested(100_000), XmlProblem::TooDeep { limit: 64 });
    }

    #[test]
    fn many_attributes_take_no_longer_than_their_number() {
        let attributes: String = (0..100_000).map(|number| format!(" a{number}=\"\"")).collect();
        assert!(read_xml(&format!("<a{attributes}/>"), XmlLimits::default()).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = read_xml(&text, XmlLimits::default());
        }

        #[test]
        fn no_xml_like_text_makes_it_panic(text in "[<>/!?\\[\\]a-c\"'= &;#x0-9é-]{0,60}") {
            let _ = read_xml(&text, XmlLimits::default());
            let _ = read_xml(&format!("<a>{text}</a>"), XmlLimits::default());
        }
    }
}
