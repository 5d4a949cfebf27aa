//! Tests over real sockets, real files and the real binary.

mod cli;
mod reload;
mod support;
mod upstream;
