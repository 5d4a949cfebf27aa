//! Definitions that the program writes: imported from what vendors publish, begun from nothing, recorded from a call.
//!
//! Makes text; what it means is for the catalog to say. Reads and writes no files.

mod answer;
pub mod curl;
mod draft;
mod insertion;
mod names;
pub mod openapi;
pub mod postman;
pub mod sample;
mod scaffold;
mod secrets;
mod yaml;

pub use draft::{ActionDraft, DraftFile, FieldDraft, ServiceDraft, TestDraft};
pub use insertion::with_test;
pub use names::{Names, identifier, title_of};
pub use scaffold::{Proof, new_action, new_service};
pub use secrets::is_credential;
pub use yaml::{Map, Yaml};
