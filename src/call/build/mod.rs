//! Request plan + scope → the request that will be sent. Pure: no I/O, no clock.

mod address;
mod body;
mod error;
mod multipart;
mod pairs;
mod request;
mod structure;

pub use address::{build_link, build_url};
pub use body::{Body, build_body};
pub use error::BuildError;
pub use multipart::build_multipart;
pub use request::build_request;
pub use structure::build_value;
