//! `type: oauth2` (RFC 6749, RFC 7521, RFC 7523).

use std::time::Duration;

use schemars::JsonSchema;

use super::{ApplyDocument, ExpiryDocument, TokenDocument};
use crate::diagnostic::{Code, Problems, Span};
use crate::document::decode::{Decode, Fields, decode_word};
use crate::document::schema::DurationText;
use crate::document::{ErrorRuleDocument, Keyed, Node, Spanned, SuccessDocument, Text};
use crate::keyword::{ClientSend, Grant, JwtAlgorithm};

/// The keys of `type: oauth2`.
#[derive(Clone, Debug, PartialEq)]
pub struct Oauth2Document {
    /// How a token is had.
    pub grant: Spanned<Grant>,
    /// Where, an absolute address.
    pub token_url: Text,
    /// Who asks.
    pub client: Option<ClientDocument>,
    /// `grant: password`
    pub username: Option<Text>,
    /// `grant: password`
    pub password: Option<Text>,
    /// `grant: refresh_token`
    pub refresh_token: Option<Text>,
    /// `grant: jwt_bearer`
    pub assertion: Option<AssertionDocument>,
    /// More fields of the token request.
    pub params: Option<Keyed<Node>>,
    /// Headers of the token request.
    pub headers: Option<Keyed<Node>>,
    /// What is kept of the answer.
    pub token: TokenDocument,
    /// Which answers say that the token is no longer good.
    pub expired_when: Option<ExpiryDocument>,
    /// Which answers of the token call are a success.
    pub success: Option<SuccessDocument>,
    /// What failures of the token call mean.
    pub errors: Option<Vec<ErrorRuleDocument>>,
    /// Where the token goes.
    pub apply: Option<ApplyDocument>,
}

/// Who asks for a token.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ClientDocument {
    /// Client id.
    #[schemars(extend("examples" = ["{{auth.client_id}}"]))]
    pub id: Text,
    /// Client secret.
    #[schemars(extend("examples" = ["{{auth.client_secret}}"]))]
    pub secret: Option<Text>,
    /// How the client proves who it is.
    #[schemars(extend("default" = "basic", "examples" = ["body"]))]
    pub send: Option<Spanned<ClientSend>>,
    /// Private key in PEM form, for `send: private_key_jwt`.
    #[schemars(extend("examples" = ["{{secrets.private_key}}"]))]
    pub key: Option<Text>,
    /// Algorithm of the signature, for `send: private_key_jwt`.
    #[schemars(extend("default" = "RS256", "examples" = ["ES256"]))]
    pub alg: Option<Spanned<JwtAlgorithm>>,
    /// Id of the key, for `send: private_key_jwt`.
    #[schemars(extend("examples" = ["key-1"]))]
    pub kid: Option<Text>,
    /// Who the signed assertion is for; the token's address if not said.
    #[schemars(extend("examples" = ["https://login.example.com"]))]
    pub audience: Option<Text>,
    /// Where it stands.
    #[schemars(skip)]
    pub span: Span,
}

/// The signed assertion of `grant: jwt_bearer`.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AssertionDocument {
    /// Private key in PEM form, or the shared key of `HS256`.
    #[schemars(extend("examples" = ["{{secrets.private_key}}"]))]
    pub key: Text,
    /// Algorithm of the signature.
    #[schemars(extend("default" = "RS256", "examples" = ["ES256"]))]
    pub alg: Option<Spanned<JwtAlgorithm>>,
    /// Id of the key.
    #[schemars(extend("examples" = ["key-1"]))]
    pub kid: Option<Text>,
    /// Claim `iss`.
    #[schemars(extend("examples" = ["{{auth.client_id}}"]))]
    pub issuer: Text,
    /// Claim `sub`.
    #[schemars(extend("examples" = ["{{auth.username}}"]))]
    pub subject: Option<Text>,
    /// Claim `aud`; the token's address if not said.
    #[schemars(extend("examples" = ["https://login.example.com"]))]
    pub audience: Option<Text>,
    /// How long the assertion holds.
    #[schemars(with = "Option<DurationText>", extend("default" = "3m", "examples" = ["5m"]))]
    pub expires_in: Option<Spanned<Option<Duration>>>,
    /// More claims.
    #[schemars(extend("examples" = [{"scope": "tickets"}]))]
    pub claims: Option<Keyed<Node>>,
}

/// Keys that one grant alone has.
const OF_GRANT: [(&str, Grant); 4] = [
    ("username", Grant::Password),
    ("password", Grant::Password),
    ("refresh_token", Grant::RefreshToken),
    ("assertion", Grant::JwtBearer),
];

impl Oauth2Document {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let grant: Option<Spanned<Grant>> = fields.required("grant");
        let token_url = fields.required("token_url");
        if let Some(grant) = grant {
            check_grant(grant.value, fields);
        }
        // Read in any case, so that every problem is told.
        let (client, username) = (fields.optional("client"), fields.optional("username"));
        let (password, refresh_token) = (fields.optional("password"), fields.optional("refresh_token"));
        let (assertion, params) = (fields.optional("assertion"), fields.optional("params"));
        let (headers, token) = (fields.optional("headers"), fields.optional("token"));
        let (expired_when, success) = (fields.optional("expired_when"), fields.optional("success"));
        let (errors, apply) = (fields.optional("errors"), fields.optional("apply"));
        Some(Self {
            grant: grant?,
            token_url: token_url?,
            client,
            username,
            password,
            refresh_token,
            assertion,
            params,
            headers,
            token: token.unwrap_or_default(),
            expired_when,
            success,
            errors,
            apply,
        })
    }
}

fn check_grant(grant: Grant, fields: &mut Fields<'_, '_>) {
    for (key, owner) in OF_GRANT {
        if owner == grant && !fields.has(key) {
            let span = fields.span();
            fields
                .problems
                .add(Code::MissingKey, span, format!("`{key}` is missing: `grant: {}` needs it.", grant.as_str()))
                .help(format!("add `{key}: …`"));
        } else if owner != grant && fields.has(key) {
            let span = fields.key_span(key);
            fields
                .problems
                .add(Code::ConflictingKeys, span, format!("`{key}` belongs to `grant: {}`.", owner.as_str()))
                .help("remove it, or change `grant`");
        }
    }
    if grant != Grant::JwtBearer && !fields.has("client") {
        let span = fields.span();
        fields
            .problems
            .add(Code::MissingKey, span, format!("`client` is missing: `grant: {}` needs it.", grant.as_str()))
            .help("add `client: { id: …, secret: … }`");
    }
}

impl Decode for ClientDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`client`", problems)?;
        let (id, secret) = (fields.required("id"), fields.optional("secret"));
        let (send, key) = (fields.optional("send"), fields.optional("key"));
        let (alg, kid) = (fields.optional("alg"), fields.optional("kid"));
        let audience = fields.optional("audience");
        fields.close();
        Some(Self { id: id?, secret, send, key, alg, kid, audience, span: node.span })
    }
}

impl Decode for AssertionDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`assertion`", problems)?;
        let (key, issuer) = (fields.required("key"), fields.required("issuer"));
        let (alg, kid) = (fields.optional("alg"), fields.optional("kid"));
        let (subject, audience) = (fields.optional("subject"), fields.optional("audience"));
        let (expires_in, claims) = (fields.optional("expires_in"), fields.optional("claims"));
        fields.close();
        Some(Self { key: key?, alg, kid, issuer: issuer?, subject, audience, expires_in, claims })
    }
}

impl Decode for Spanned<Grant> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_word(node, &Grant::ALL.map(|grant| (grant.as_str(), grant)), problems)
    }
}

impl Decode for Spanned<ClientSend> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words =
            [("basic", ClientSend::Basic), ("body", ClientSend::Body), ("private_key_jwt", ClientSend::PrivateKeyJwt)];
        decode_word(node, &words, problems)
    }
}

impl Decode for Spanned<JwtAlgorithm> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [("RS256", JwtAlgorithm::Rs256), ("ES256", JwtAlgorithm::Es256), ("HS256", JwtAlgorithm::Hs256)];
        decode_word(node, &words, problems)
    }
}
