//! Strategies that sign each request: `hmac`, `aws_sigv4`, `oauth1`.

use super::ApplyDocument;
use crate::diagnostic::Problems;
use crate::document::decode::{Decode, Fields, decode_word};
use crate::document::{Keyed, Node, Spanned, Text};
use crate::keyword::{HmacAlgorithm, Oauth1Method, SignatureEncoding};

/// The keys of `type: hmac`.
#[derive(Clone, Debug, PartialEq)]
pub struct HmacDocument {
    /// Hash.
    pub algorithm: Option<Spanned<HmacAlgorithm>>,
    /// Shared key.
    pub key: Text,
    /// What is signed, in order: words for parts of the request, or templates.
    pub parts: Vec<Text>,
    /// Between the parts; nothing if not said.
    pub separator: Option<Text>,
    /// How the signature is written.
    pub encoding: Option<Spanned<SignatureEncoding>>,
    /// Where the signature goes.
    pub apply: ApplyDocument,
    /// More headers, which may hold the time and the nonce that were signed.
    pub also: Option<Keyed<Text>>,
}

/// The keys of `type: aws_sigv4`.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsDocument {
    /// Id of the access key.
    pub access_key_id: Text,
    /// The secret key.
    pub secret_access_key: Text,
    /// Token of a temporary session.
    pub session_token: Option<Text>,
    /// For example `eu-west-1`.
    pub region: Text,
    /// For example `support`.
    pub service: Text,
}

/// The keys of `type: oauth1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Oauth1Document {
    /// Key of the application.
    pub consumer_key: Text,
    /// Secret of the application.
    pub consumer_secret: Text,
    /// Token of the user.
    pub token: Option<Text>,
    /// Secret of the user's token.
    pub token_secret: Option<Text>,
    /// How it is signed.
    pub method: Option<Spanned<Oauth1Method>>,
    /// `realm` of the header.
    pub realm: Option<Text>,
}

impl HmacDocument {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (algorithm, key) = (fields.optional("algorithm"), fields.required("key"));
        let (parts, separator) = (fields.required("parts"), fields.optional("separator"));
        let (encoding, apply) = (fields.optional("encoding"), fields.required("apply"));
        let also = fields.optional("also");
        Some(Self { algorithm, key: key?, parts: parts?, separator, encoding, apply: apply?, also })
    }
}

impl AwsDocument {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (id, secret) = (fields.required("access_key_id"), fields.required("secret_access_key"));
        let session_token = fields.optional("session_token");
        let (region, service) = (fields.required("region"), fields.required("service"));
        Some(Self { access_key_id: id?, secret_access_key: secret?, session_token, region: region?, service: service? })
    }
}

impl Oauth1Document {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (key, secret) = (fields.required("consumer_key"), fields.required("consumer_secret"));
        let (token, token_secret) = (fields.optional("token"), fields.optional("token_secret"));
        let (method, realm) = (fields.optional("method"), fields.optional("realm"));
        Some(Self { consumer_key: key?, consumer_secret: secret?, token, token_secret, method, realm })
    }
}

impl Decode for Spanned<HmacAlgorithm> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words =
            [("sha256", HmacAlgorithm::Sha256), ("sha512", HmacAlgorithm::Sha512), ("sha1", HmacAlgorithm::Sha1)];
        decode_word(node, &words, problems)
    }
}

impl Decode for Spanned<SignatureEncoding> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [
            ("hex", SignatureEncoding::Hex),
            ("hex_upper", SignatureEncoding::HexUpper),
            ("base64", SignatureEncoding::Base64),
            ("base64_url", SignatureEncoding::Base64Url),
        ];
        decode_word(node, &words, problems)
    }
}

impl Decode for Spanned<Oauth1Method> {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let words = [("HMAC-SHA256", Oauth1Method::HmacSha256), ("HMAC-SHA1", Oauth1Method::HmacSha1)];
        decode_word(node, &words, problems)
    }
}
