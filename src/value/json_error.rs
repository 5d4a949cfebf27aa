//! What can be wrong with JSON, in words that never echo it.
//!
//! Finds nothing itself.

use std::fmt;

use thiserror::Error;

use crate::budget::Exhausted;

/// What is wrong with the JSON, and where; says nothing of its content.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{problem}, at line {line}, column {column}")]
pub struct JsonError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: JsonProblem,
}

/// The ways in which a text fails to be JSON that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonProblem {
    /// Nothing but white space.
    Empty,
    /// The text stops in the middle of a value.
    Incomplete,
    /// Not JSON.
    Malformed,
    /// Something stands after the end of the value.
    TrailingText,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Half of a surrogate pair in a `\u` escape.
    LoneSurrogate,
    /// The same key twice in one map.
    DuplicateKey,
    /// A key that this program cannot carry.
    ReservedKey,
    /// More lists and maps inside one another than allowed.
    TooDeep {
        /// The number allowed.
        limit: usize,
    },
    /// The call may not read so much.
    Exhausted(Exhausted),
}

impl JsonError {
    /// Whether the budget of the call ended it, and how.
    #[must_use]
    pub fn exhausted(&self) -> Option<Exhausted> {
        match self.problem {
            JsonProblem::Exhausted(exhausted) => Some(exhausted),
            _ => None,
        }
    }
}

impl fmt::Display for JsonProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("the JSON is empty"),
            Self::Incomplete => out.write_str("the JSON ends too early"),
            Self::Malformed => out.write_str("the JSON is malformed"),
            Self::TrailingText => out.write_str("there is text after the end of the JSON"),
            Self::NotUtf8 => out.write_str("the JSON is not valid UTF-8"),
            Self::LoneSurrogate => out.write_str("the JSON has half of a surrogate pair in a `\\u` escape"),
            Self::DuplicateKey => out.write_str("the JSON has the same key twice in one map"),
            Self::ReservedKey => out.write_str("the JSON has a key that is reserved"),
            Self::TooDeep { limit } => write!(out, "the JSON is nested deeper than {limit} levels"),
            Self::Exhausted(exhausted) => write!(out, "{exhausted}"),
        }
    }
}

/// A problem and its byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte that does not fit; past the end if something is missing there.
    pub(super) at: usize,
    pub(super) problem: JsonProblem,
}
