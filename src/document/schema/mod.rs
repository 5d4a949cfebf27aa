//! JSON Schema of the definition language, made from the document types, for editors.
//!
//! Says what `decode` says; a test keeps the two in step. What only the catalog can judge is not in it.

mod authentication;
mod condition;
mod publish;
mod scalars;
mod values;

pub use publish::{action_schema, service_schema, settings_schema};
pub(super) use scalars::{BytesText, DurationText, OneOrMore, RateText, Reasons, RetryCount, SizeText, Statuses};
pub(super) use values::InputFields;

#[cfg(test)]
mod tests;
