//! What is wrong with a definition: code, place, sentence, what to do.
//!
//! Knows nothing of the language; every layer above reports through it.

mod code;
mod fault;
mod problem;
mod render;
mod source;

pub use code::{Code, Severity};
pub use fault::Fault;
pub use problem::{Diagnostic, Problems};
pub use render::{render_json, render_text};
pub use source::{Source, Span};
