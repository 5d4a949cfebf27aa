//! `authentication:`: how a request proves who it is.

use super::Text;
use crate::diagnostic::Span;

/// One `authentication:` block, chosen by its `type`.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthenticationDocument {
    /// The strategy and its keys.
    pub kind: AuthenticationKind,
    /// Where the block stands.
    pub span: Span,
}

/// The strategies.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthenticationKind {
    /// `type: none`
    None,
    /// `type: basic` (RFC 7617)
    Basic {
        /// User name template.
        username: Text,
        /// Password template.
        password: Text,
    },
    /// `type: bearer` (RFC 6750)
    Bearer {
        /// Token template.
        token: Text,
    },
    /// `type: api_key`
    ApiKey {
        /// Where the key goes.
        place: KeyPlace,
        /// Name of the header, parameter or cookie.
        name: Text,
        /// Key template.
        value: Text,
    },
}

/// Where an API key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// `header: NAME`
    Header,
    /// `query: NAME`
    Query,
    /// `cookie: NAME`
    Cookie,
}
