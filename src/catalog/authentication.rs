//! How a request proves who it is, compiled. Holds no behaviour; `auth` applies it, the engine fetches tokens.

use std::time::Duration;

use super::{Capture, Step, Structure};
use crate::condition::Condition;
use crate::keyword::{HmacAlgorithm, JwtAlgorithm, KeyPlace, Oauth1Method, SignatureEncoding};
use crate::status_pattern::StatusPattern;
use crate::template::Template;

/// The place of an error rule that no file holds.
pub const BUILT_IN: &str = "built in";

/// How a request proves who it is.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// Not at all.
    None,
    /// RFC 7617.
    Basic {
        /// User name.
        username: Template,
        /// Password.
        password: Template,
    },
    /// Client id and secret, form-encoded before they are joined (RFC 6749 §2.3.1).
    Client {
        /// Client id.
        id: Template,
        /// Client secret.
        secret: Template,
    },
    /// RFC 6750.
    Bearer {
        /// Token.
        token: Template,
        /// Another place for it.
        apply: Option<Apply>,
    },
    /// A key in a header, parameter or cookie.
    ApiKey(Apply),
    /// RFC 7616.
    Digest {
        /// User name.
        username: Template,
        /// Password.
        password: Template,
    },
    /// A keyed hash over parts of the request.
    Hmac(Box<HmacPlan>),
    /// AWS Signature Version 4.
    Aws(Box<AwsPlan>),
    /// RFC 5849.
    Oauth1(Box<Oauth1Plan>),
    /// A client certificate of the operator's, by name.
    Mtls(String),
    /// A token that is fetched first, and kept.
    Token(Box<TokenPlan>),
}

/// Where a credential goes.
#[derive(Clone, Debug)]
pub struct Apply {
    /// The place.
    pub place: KeyPlace,
    /// Its name there.
    pub name: String,
    /// What it carries.
    pub value: Template,
}

/// `type: hmac`
#[derive(Clone, Debug)]
pub struct HmacPlan {
    /// Hash.
    pub algorithm: HmacAlgorithm,
    /// Shared key.
    pub key: Template,
    /// What is signed.
    pub parts: Vec<SignedPart>,
    /// Between the parts.
    pub separator: String,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// Where it goes.
    pub apply: Apply,
    /// More headers.
    pub also: Vec<Apply>,
}

/// One part of what is signed.
#[derive(Clone, Debug)]
pub enum SignedPart {
    /// The method, in capitals.
    Method,
    /// The whole address.
    Url,
    /// Host, with its port where it is not the scheme's own.
    Host,
    /// Path as sent.
    Path,
    /// Query as sent, without `?`.
    Query,
    /// Path and query as sent.
    PathAndQuery,
    /// The bytes of the body.
    Body,
    /// SHA-256 of the body in hex.
    BodySha256,
    /// Anything else.
    Text(Template),
}

impl SignedPart {
    /// The words for parts of the request.
    pub const WORDS: [&str; 8] = ["method", "url", "host", "path", "query", "path_and_query", "body", "body_sha256"];

    /// The part that a word names.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "method" => Some(Self::Method),
            "url" => Some(Self::Url),
            "host" => Some(Self::Host),
            "path" => Some(Self::Path),
            "query" => Some(Self::Query),
            "path_and_query" => Some(Self::PathAndQuery),
            "body" => Some(Self::Body),
            "body_sha256" => Some(Self::BodySha256),
            _ => None,
        }
    }
}

/// `type: aws_sigv4`
#[derive(Clone, Debug)]
pub struct AwsPlan {
    /// Id of the access key.
    pub access_key_id: Template,
    /// The secret key.
    pub secret_access_key: Template,
    /// Token of a temporary session.
    pub session_token: Option<Template>,
    /// Region.
    pub region: Template,
    /// Service.
    pub service: Template,
}

/// `type: oauth1`
#[derive(Clone, Debug)]
pub struct Oauth1Plan {
    /// Key of the application.
    pub consumer_key: Template,
    /// Secret of the application.
    pub consumer_secret: Template,
    /// Token of the user.
    pub token: Option<Template>,
    /// Secret of the user's token.
    pub token_secret: Option<Template>,
    /// How it is signed.
    pub method: Oauth1Method,
    /// `realm` of the header.
    pub realm: Option<Template>,
}

/// A token: how it is had, how long it is kept, where it goes.
#[derive(Clone, Debug)]
pub struct TokenPlan {
    /// The block as written, and what it builds on: together with the credentials the token's identity.
    pub identity: String,
    /// What beside `auth` and `secrets` the token depends on.
    pub inputs: Vec<Template>,
    /// Assertions of our own, signed before the first step and kept under their names.
    pub assertions: Vec<(String, AssertionPlan)>,
    /// The refresh token that the caller or the operator gives; the service may have given a later one.
    pub refresh_token: Option<Template>,
    /// What to do, top to bottom.
    pub steps: Vec<Step>,
    /// The token itself, from the last answer or a template.
    pub value: Capture,
    /// How long it lives.
    pub expires_in: Option<Capture>,
    /// More to keep with it.
    pub exports: Vec<Export>,
    /// Which answers say that it is no longer good.
    pub expired_when: ExpiryRule,
    /// Another place for it than `Authorization: Bearer`.
    pub apply: Option<Apply>,
}

/// A value kept with a token.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name and where it comes from.
    pub capture: Capture,
    /// Whether it is masked and kept out of the response.
    pub secret: bool,
}

/// Which answers say that a token is no longer good; both parts must hold.
#[derive(Clone, Debug)]
pub struct ExpiryRule {
    /// Statuses.
    pub status: Vec<StatusPattern>,
    /// What must hold of the answer as well.
    pub when: Option<Condition>,
}

/// A token of our own (RFC 7519), signed with a key of the caller's or the operator's.
#[derive(Clone, Debug)]
pub struct AssertionPlan {
    /// The claims but the times and the id.
    pub claims: Vec<(String, Structure)>,
    /// How it is signed.
    pub algorithm: JwtAlgorithm,
    /// Private key in PEM form, or the shared key.
    pub key: Template,
    /// Id of the key.
    pub key_id: Option<Template>,
    /// How long it holds.
    pub life: Duration,
}

impl Authentication {
    /// The names of what its token exports, and whether each is a secret.
    #[must_use]
    pub fn exports(&self) -> Vec<(&str, bool)> {
        match self {
            Self::Token(plan) => {
                plan.exports.iter().map(|export| (export.capture.name.as_str(), export.secret)).collect()
            }
            _ => Vec::new(),
        }
    }
}
