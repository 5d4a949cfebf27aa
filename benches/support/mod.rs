//! What is measured: the stages of a call, each alone, and whole calls without a socket.

mod definitions;
mod service;
mod stages;

pub(crate) use stages::STAGES;
