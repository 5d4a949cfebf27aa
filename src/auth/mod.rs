//! How a request proves who it is: one file per strategy.
//!
//! Pure; the credentials come from the scope, and the masks learn how they look on the wire.

mod apply;
mod aws_sigv4;
#[cfg(test)]
mod aws_sigv4_tests;
mod basic;
mod bearer;
mod challenge;
mod credential;
mod digest;
mod error;
mod hmac;
mod jwt;
#[cfg(test)]
mod jwt_tests;
mod oauth1;
mod place;
mod signing;
mod unreserved;

pub use apply::{answer_challenge, apply};
pub use error::AuthError;
pub use jwt::{SigningKey, sign};
