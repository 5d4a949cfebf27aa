//! Temporary: only what the template helpers need.
pub mod diagnostic;
pub mod near;
pub mod value;
pub mod document;
pub mod template;
