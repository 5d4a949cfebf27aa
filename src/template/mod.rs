//! Temporary: only what the helpers need.
mod helpers;
mod scope;
pub use helpers::{Example, Helper, helper, helpers};
pub use scope::{Moment, Scope};
