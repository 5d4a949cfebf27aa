//! The strategies, chosen by `type`.

use super::{ApplyDocument, AwsDocument, HmacDocument, LoginDocument, Oauth1Document, Oauth2Document};
use crate::diagnostic::{Problems, Span};
use crate::document::decode::{Decode, Fields, decode_word};
use crate::document::{Node, Text};
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
        /// Another place for it.
        apply: Option<ApplyDocument>,
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
    /// `type: digest` (RFC 7616)
    Digest {
        /// User name template.
        username: Text,
        /// Password template.
        password: Text,
    },
    /// `type: oauth2` (RFC 6749)
    Oauth2(Box<Oauth2Document>),
    /// `type: login`
    Login(Box<LoginDocument>),
    /// `type: hmac`
    Hmac(Box<HmacDocument>),
    /// `type: aws_sigv4`
    Aws(Box<AwsDocument>),
    /// `type: oauth1` (RFC 5849)
    Oauth1(Box<Oauth1Document>),
    /// `type: mtls`
    Mtls {
        /// Name of the operator's client certificate.
        identity: Text,
    },
}

const TYPES: [(&str, Kind); 11] = [
    ("none", Kind::None),
    ("basic", Kind::Basic),
    ("bearer", Kind::Bearer),
    ("api_key", Kind::ApiKey),
    ("digest", Kind::Digest),
    ("oauth2", Kind::Oauth2),
    ("login", Kind::Login),
    ("hmac", Kind::Hmac),
    ("aws_sigv4", Kind::Aws),
    ("oauth1", Kind::Oauth1),
    ("mtls", Kind::Mtls),
];

#[derive(Clone, Copy)]
enum Kind {
    None,
    Basic,
    Bearer,
    ApiKey,
    Digest,
    Oauth2,
    Login,
    Hmac,
    Aws,
    Oauth1,
    Mtls,
}

impl Decode for AuthenticationDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`authentication`", problems)?;
        let kind: Option<Strategy> = fields.required("type");
        let Strategy(kind) = kind?;
        let kind = match kind {
            Kind::None => Some(AuthenticationKind::None),
            Kind::Basic => {
                user(&mut fields).map(|(username, password)| AuthenticationKind::Basic { username, password })
            }
            Kind::Digest => {
                user(&mut fields).map(|(username, password)| AuthenticationKind::Digest { username, password })
            }
            Kind::Bearer => {
                let (token, apply) = (fields.required("token"), fields.optional("apply"));
                token.map(|token| AuthenticationKind::Bearer { token, apply })
            }
            Kind::ApiKey => api_key(&mut fields),
            Kind::Oauth2 => Oauth2Document::read(&mut fields).map(Box::new).map(AuthenticationKind::Oauth2),
            Kind::Login => LoginDocument::read(&mut fields).map(Box::new).map(AuthenticationKind::Login),
            Kind::Hmac => HmacDocument::read(&mut fields).map(Box::new).map(AuthenticationKind::Hmac),
            Kind::Aws => AwsDocument::read(&mut fields).map(Box::new).map(AuthenticationKind::Aws),
            Kind::Oauth1 => Oauth1Document::read(&mut fields).map(Box::new).map(AuthenticationKind::Oauth1),
            Kind::Mtls => fields.required("identity").map(|identity| AuthenticationKind::Mtls { identity }),
        };
        fields.close();
        Some(Self { kind: kind?, span: node.span })
    }
}

fn user(fields: &mut Fields<'_, '_>) -> Option<(Text, Text)> {
    let (username, password) = (fields.required("username"), fields.required("password"));
    username.zip(password)
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
