//! Proof under load and under faults, as commands that anyone can run; not part of a plain `cargo test`:
//! `just faults`, `just many`, `just soak`. Each prints its figures as rows of a table.
//!
//! Everything stays on loopback and ends by itself.

mod caller;
mod faults;
mod many;
mod process;
mod service;
mod soak;

#[allow(dead_code, unused_imports, reason = "what the other tests stand on, of which these use a part")]
#[path = "../it/support/mod.rs"]
mod support;

#[path = "../redis/server.rs"]
#[allow(dead_code, reason = "another suite uses the rest")]
mod redis;
