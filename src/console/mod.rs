//! The console: the admin operations as pages, for people.
//!
//! Every page is rendered here, whole. The script in `assets/` only replaces parts of a page by those of a newer one, so each
//! thing is shown in one way, and everything works without the script, only slower.
//! Pages are made on the runtime of the admin listener, never on a thread that serves calls.

mod action;
mod assets;
mod calls;
mod catalog;
mod chart;
mod events;
mod figures;
mod file;
mod form;
mod frame;
mod history;
mod labels;
mod overview;
mod parts;
mod playground;
mod routes;
mod test_runs;
mod timeline;
mod try_runner;

pub use history::History;
pub use parts::Console;
pub use test_runs::TestRuns;
pub use try_runner::TryRunner;
