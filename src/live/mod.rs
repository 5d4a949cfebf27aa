//! Change over time: the live catalog, and the task that replaces it when files change.
//!
//! CompiledFile whole, then swapped in one step; a failed reload changes nothing that is served.

mod reload;
mod report;
mod watch;

pub use reload::{Live, LiveSettings};
pub use report::{DirectoryReport, ReloadReport};
