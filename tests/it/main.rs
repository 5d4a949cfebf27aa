//! Tests over real sockets, real files and the real binary.

mod support;
mod upstream;
