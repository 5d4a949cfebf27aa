//! Over real sockets: what a caller sees, byte for byte.
//!
//! The backend is a stub; no action is compiled here.

mod agreement;
mod arrival;
mod bodies;
mod console;
mod deadlines;
mod framing;
mod http2;
mod log;
mod operator;
mod shutdown;
mod site;
mod surface;
mod wire;
