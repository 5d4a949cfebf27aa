//! A helper as the list has it: its name, its documentation, its function.

use serde_json::Value;

use super::arguments::Arguments;
use super::error::HelperError;

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
    pub(in crate::template) call: fn(&Arguments<'_>) -> Result<Option<Value>, HelperError>,
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
