//! `authentication:`: how a request proves who it is.

use super::decode::{Decode, Fields, decode_word};
use super::{Node, Text};
use crate::diagnostic::{Problems, Span};
use crate::keyword::KeyPlace;

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

const TYPES: [(&str, Kind); 4] =
    [("none", Kind::None), ("basic", Kind::Basic), ("bearer", Kind::Bearer), ("api_key", Kind::ApiKey)];

#[derive(Clone, Copy)]
enum Kind {
    None,
    Basic,
    Bearer,
    ApiKey,
}

impl Decode for AuthenticationDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`authentication`", problems)?;
        let kind: Option<Strategy> = fields.required("type");
        let Strategy(kind) = kind?;
        let kind = match kind {
            Kind::None => Some(AuthenticationKind::None),
            Kind::Basic => {
                let (username, password) = (fields.required("username"), fields.required("password"));
                username.zip(password).map(|(username, password)| AuthenticationKind::Basic { username, password })
            }
            Kind::Bearer => fields.required("token").map(|token| AuthenticationKind::Bearer { token }),
            Kind::ApiKey => api_key(&mut fields),
        };
        fields.close();
        Some(Self { kind: kind?, span: node.span })
    }
}

fn api_key(fields: &mut Fields<'_, '_>) -> Option<AuthenticationKind> {
    fields.exactly_one(&["header", "query", "cookie"]);
    let places = [("header", KeyPlace::Header), ("query", KeyPlace::Query), ("cookie", KeyPlace::Cookie)];
    let named: Vec<(KeyPlace, Text)> =
        places.into_iter().filter_map(|(key, place)| fields.optional(key).map(|name| (place, name))).collect();
    let value = fields.required("value");
    let (place, name) = named.into_iter().next()?;
    Some(AuthenticationKind::ApiKey { place, name, value: value? })
}

struct Strategy(Kind);

impl Decode for Strategy {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_word(node, &TYPES, problems).map(|word| Self(word.value))
    }
}
