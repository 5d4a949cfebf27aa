//! Runs actions that are described in YAML files against any HTTP service.
//!
//! `actions.d/*.yaml` → [`document`] (as written) → [`catalog`] (compiled) → [`live`] (swapped in) ;
//! a caller's request → [`server`] → [`call`] (build → send → map) → [`server`]. `ARCHITECTURE.md` has
//! the whole map.
//!
//! # Invariants
//!
//! 1. [`document`] types never reach the call.
//! 2. Building a request and mapping an answer are pure: no I/O, no clock.
//! 3. Nothing is parsed per call that could be compiled at load.
//! 4. One call uses one catalog from start to end.
//! 5. A failed reload changes nothing that is served.
//! 6. One module each names handlebars, jsonpath-rust, reqwest and the YAML crate; one names status codes.
//! 7. No value enters a URL, header, JSON or XML without the escape of its position.
//! 8. No log line, message, metric or page holds a secret; no text is kept unmasked.
//! 9. Nothing is dropped silently.
//! 10. Every loop over data is charged to the call's budget.
//! 11. An answer is judged once.
//! 12. Evidence of what was sent only grows.
//! 13. Nothing that serves calls waits for pages, tests, loads or exports.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::todo,
        clippy::unreachable
    )
)]

// Vocabulary.
pub mod budget;
pub mod diagnostic;
pub mod host_pattern;
pub mod keyword;
pub mod origin;
pub mod regular_expression;
pub mod route;
pub mod secret;
pub mod status_pattern;
pub mod suggest;
pub mod value;

// The files as written.
pub mod document;

// Compiled pieces; each the only user of its library.
pub mod condition;
pub mod content;
pub mod json_path;
pub mod template;

// Compiled actions.
pub mod catalog;

// One call.
pub mod auth;
pub mod call;
pub mod state;
pub mod upstream;

// Change over time.
pub mod live;

// What the process tells of itself to machines.
pub mod telemetry;

// What operators may ask and order.
pub mod operations;

// HTTP in.
pub mod server;

// What editors ask.
pub mod lsp;

// The examples of definitions, run offline.
pub mod testing;

// Definitions that the program writes: imports, scaffolds, recorded tests.
pub mod authoring;

// The catalog described for others.
pub mod export;

// Pages for people.
pub mod console;

// The running program, put together.
pub mod app;

// Commands.
pub mod cli;
