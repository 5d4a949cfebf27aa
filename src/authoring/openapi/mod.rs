//! An OpenAPI document (3.0, 3.1, Swagger 2.0) → services and actions. Reads no files; follows references within the document.
//!
//! <https://spec.openapis.org/oas/v3.1.1>, <https://spec.openapis.org/oas/v2.0>

mod address;
mod body;
mod document;
mod draft;
mod errors;
mod example;
mod field;
mod operation;
mod parameters;
mod schema;
mod security;
mod swagger;

pub use document::{Document, DocumentError};
pub use draft::{OpenapiOptions, drafts_of};
pub use operation::Operation;
