//! Tests over real sockets, real files and the real binary.

mod check_cases;
mod cli;
mod docs;
mod reload;
mod support;
mod upstream;
