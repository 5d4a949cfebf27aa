//! Templates: Handlebars text, compiled once, evaluated over JSON values with their types kept.
//!
//! The `handlebars` crate judges the syntax; reading and evaluation are ours. Absent and null differ, a lone
//! expression keeps its JSON type, and what Handlebars would do differently is refused at load.

#[cfg(test)]
mod agreement_tests;
mod compiled;
mod evaluate;
mod expression;
mod helpers;
mod parse;
mod path;
mod program;
mod render_error;
mod scan;
mod scope;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod white_space;

pub use compiled::{Reference, Template};
pub use helpers::{Example, Helper, helper, helpers};
pub use render_error::{EscapeError, RenderError};
pub use scope::{CallClock, Named, Scope};
