//! JSONPath (RFC 9535): `$…` picks nodes from an answer.
//!
//! Parsing is `jsonpath-rust`'s, named in `parse` alone; checking and evaluation are ours. Does no I/O.

mod advice;
#[cfg(test)]
mod agreement_tests;
mod evaluate;
mod filter;
mod near_miss;
mod parse;
mod path;
mod pattern;
mod pattern_class;
mod query;
mod scan;
mod select;

pub use evaluate::{PathError, Reading};
pub use path::JsonPath;
