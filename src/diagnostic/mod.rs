//! What is wrong with a definition: code, place, sentence, what to do.
//!
//! Knows nothing of the language; every layer above reports through it.

mod code;
mod explain;
mod fault;
mod github;
mod problem;
mod render;
mod sarif;
mod source;

pub use code::{Code, Severity};
pub use explain::{explanation, summary};
pub use fault::Fault;
pub use github::render_github;
pub use problem::{Diagnostic, Problems};
pub use render::{render_json, render_text};
pub use sarif::render_sarif;
pub use source::{Source, Span};
