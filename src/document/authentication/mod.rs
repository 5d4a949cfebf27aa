//! `authentication:`: how a request proves who it is.
//!
//! One file per group of strategies; each mirrors its keys.

mod apply;
mod login;
mod oauth2;
mod signing;
mod strategy;
mod token;

pub use apply::ApplyDocument;
pub use login::LoginDocument;
pub use oauth2::{AssertionDocument, ClientDocument, Oauth2Document};
pub use signing::{AwsDocument, HmacDocument, Oauth1Document};
pub use strategy::{AuthenticationDocument, AuthenticationKind};
pub use token::{ExpiryDocument, ExportDocument, TokenDocument};
