//! Compiled actions: private fields, made only by compile.

mod action;
mod operator;

pub use action::{Action, Service};
pub use operator::Operator;
