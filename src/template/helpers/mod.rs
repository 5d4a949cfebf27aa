//! The helpers: one file each, one line each in the list below.

mod adf;
mod and;
mod arguments;
mod base64;
mod base64_decode;
mod boolean;
mod choose;
mod comparison;
mod concat;
mod date;
mod default;
mod digits;
mod eq;
mod first;
mod gt;
mod gte;
mod hex;
mod hmac_sha256;
mod html;
mod indent;
mod instant_text;
mod integer;
mod join;
mod json;
mod last;
mod len;
mod lines;
mod list;
mod lookup;
mod lower;
mod lt;
mod lte;
mod ne;
mod not;
mod now;
mod number;
mod or;
mod phone_e164;
mod replace;
mod sha256;
mod single_line;
mod slack;
mod soql;
mod sosl;
mod split;
mod string;
mod strip_html;
mod trim;
mod truncate;
mod truth;
mod upper;
mod url_encode;
mod uuid;
mod vcard;

pub(super) use arguments::Arguments;
pub use list::{helper, helpers};
pub(super) use truth::is_true;

use serde_json::Value;

use crate::budget::Exhausted;

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
pub(super) enum HelperError {
    /// The arguments do not fit.
    Unfit(String),
    /// What it would make is more than the call may take.
    Exhausted(Exhausted),
}

impl HelperError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self::Unfit(reason.into())
    }
}

impl From<Exhausted> for HelperError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}
