//! The helpers: one file each, one line each in the list below.

mod arguments;
mod boolean;
mod choose;
mod concat;
mod date;
mod default;
mod first;
mod indent;
mod instant_text;
mod integer;
mod join;
mod json;
mod last;
mod lines;
mod list;
mod lower;
mod now;
mod number;
mod replace;
mod single_line;
mod split;
mod string;
mod trim;
mod truncate;
mod truth;
mod upper;
mod uuid;

pub(super) use arguments::Arguments;
pub use list::{helper, helpers};
pub(super) use truth::is_true;

use serde_json::Value;

/// A function that templates can call.
#[derive(Debug)]
pub struct Helper {
    /// Its name.
    pub name: &'static str,
    /// How it is called, for the documentation.
    pub signature: &'static str,
    /// What it does, and what happens to absent or unfit arguments.
    pub summary: &'static str,
    /// Least and greatest number of arguments.
    pub arity: (usize, usize),
    /// Names of named arguments; `["*"]` for any.
    pub named: &'static [&'static str],
    /// Examples; each is run by a test.
    pub examples: &'static [Example],
    pub(super) call: fn(&Arguments<'_>) -> Result<Option<Value>, HelperError>,
}

/// One example of a helper.
#[derive(Debug)]
pub struct Example {
    /// The template.
    pub template: &'static str,
    /// `data`, as JSON.
    pub data: &'static str,
    /// The value it gives, as JSON.
    pub gives: &'static str,
}

/// Why a helper refuses its arguments: the rest of a sentence that begins with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HelperError(pub(super) String);

impl HelperError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
