//! Runs actions that are described in YAML files against any HTTP service.

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

pub mod diagnostic;
pub mod document;
pub mod host_pattern;
pub mod near;
pub mod route;
pub mod secret;
pub mod value;

pub mod condition;
pub mod content;
pub mod json_path;
pub mod status_pattern;
pub mod template;

pub mod catalog;

pub mod auth;
pub mod engine;
pub mod upstream;

pub mod live;

pub mod server;

pub mod rehearsal;

pub mod cli;
