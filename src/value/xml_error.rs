//! What can be wrong with XML, in words that never echo it.
//!
//! Finds nothing itself.

use std::fmt;

use thiserror::Error;

use crate::budget::Exhausted;

/// What is wrong with the XML, and where; says nothing of its content.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{problem}, at line {line}, column {column}")]
pub struct XmlError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: XmlProblem,
}

/// The ways in which a text fails to be XML that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlProblem {
    /// Not XML.
    Malformed,
    /// An element, tag, comment or section has no end.
    Unclosed,
    /// An end tag that does not belong to the element that is open.
    MismatchedTag,
    /// A document type definition.
    DocumentType,
    /// An entity other than the five that XML itself has.
    UnknownEntity,
    /// A character that XML 1.0 cannot carry.
    BadCharacter,
    /// An element or attribute with a name that XML does not allow.
    BadName,
    /// The same attribute twice on one element.
    DuplicateAttribute,
    /// Text or a second element outside the root element.
    OutsideRoot,
    /// No element at all.
    NoRoot,
    /// More elements inside one another than allowed.
    TooDeep {
        /// The number allowed.
        limit: usize,
    },
    /// The call may not read so much.
    Exhausted(Exhausted),
}

impl XmlError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        match self.problem {
            XmlProblem::Exhausted(exhausted) => Some(exhausted),
            _ => None,
        }
    }
}

impl fmt::Display for XmlProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => out.write_str("the XML is malformed"),
            Self::Unclosed => out.write_str("the XML ends too early"),
            Self::MismatchedTag => out.write_str("the XML has an end tag that does not match"),
            Self::DocumentType => out.write_str("the XML has a document type, which is not accepted"),
            Self::UnknownEntity => out.write_str("the XML has an entity that XML itself does not define"),
            Self::BadCharacter => out.write_str("the XML has a character that XML 1.0 does not allow"),
            Self::BadName => out.write_str("the XML has an element or attribute with an impossible name"),
            Self::DuplicateAttribute => out.write_str("the XML has the same attribute twice on one element"),
            Self::OutsideRoot => out.write_str("the XML has content outside its root element"),
            Self::NoRoot => out.write_str("the XML has no element"),
            Self::TooDeep { limit } => write!(out, "the XML is nested deeper than {limit} levels"),
            Self::Exhausted(exhausted) => write!(out, "{exhausted}"),
        }
    }
}
