//! JSONPath (RFC 9535): `$…` picks nodes from an answer.
//!
//! Parsing is `jsonpath-rust`'s, named in `parse` alone; checking and evaluation are ours. Does no I/O.

mod advice;
#[cfg(test)]
mod agreement_tests;
mod evaluate;
mod filter;
mod near_miss;
mod node;
mod parse;
mod path;
mod pattern;
mod pattern_class;
mod pattern_text;
mod query;
mod scan;
mod select;

pub use evaluate::PathError;
pub use node::Reading;
pub use path::JsonPath;
