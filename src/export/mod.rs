//! The catalog described for others: Talkdesk, who activates it, and tools that read OpenAPI.
//!
//! Describes what is compiled; reads no files.

mod activation;
mod openapi;
mod table;

pub use activation::{Activation, activations};
pub use openapi::openapi;
pub use table::{csv, markdown};
