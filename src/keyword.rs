//! The words a definition may choose from.
//!
//! Vocabulary that the files, what they compile to and the engine share. Holds no behaviour.

use schemars::JsonSchema;

/// What a field's value is turned into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum FieldType {
    /// Text, kept as it is.
    #[default]
    String,
    /// A whole number, also from its digits.
    Integer,
    /// A number, also from its text.
    Number,
    /// `true` or `false`, also from those words.
    Boolean,
    /// A list, also from `a, b` and from `["a","b"]`.
    List,
    /// A map, also from its JSON text.
    Object,
    /// An instant, printed RFC 3339 in UTC.
    Datetime,
    /// Whatever is sent.
    Any,
}

/// A well-known form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum FieldFormat {
    /// An e-mail address.
    Email,
    /// An absolute http or https address.
    Url,
    /// One label of a host name: `[a-z0-9-]`, 1 to 63 characters.
    HostnameLabel,
    /// A telephone number.
    Phone,
}

/// What to do with a value that is nothing but `{{…}}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum Placeholders {
    /// It counts as absent.
    #[default]
    Absent,
    /// It is kept as text.
    Keep,
}

/// What a captured value is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum As {
    /// Text, digits exact; a list or map is an error.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// JSON text.
    Json,
    /// The value as it is.
    Any,
}

/// Which node counts where a path finds several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum Pick {
    /// The first node.
    First,
    /// The last node.
    Last,
    /// The node, an error if there are several.
    Only,
    /// All nodes as a list.
    All,
    /// All nodes as text with `separator` between.
    Join,
}

/// Two-operand comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`
    Eq,
    /// `ne`
    Ne,
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `lt`
    Lt,
    /// `lte`
    Lte,
}

/// How a list is written in a query or form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum ListStyle {
    /// `a=1&a=2`
    #[default]
    Repeat,
    /// `a[]=1&a[]=2`
    Brackets,
    /// `a[0]=1&a[1]=2`
    Indices,
    /// `a=1,2`
    Comma,
}

/// How a map is written in a query or form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum MapStyle {
    /// `a[b]=1`
    #[default]
    Brackets,
    /// `a.b=1`
    Dots,
}

/// Line ends of a text body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum LineEnds {
    /// `\n`
    #[default]
    Lf,
    /// `\r\n`
    Crlf,
}

/// How an answer is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum AnswerFormat {
    /// By content, tolerating a lying content type.
    #[default]
    Auto,
    /// As JSON.
    Json,
    /// As XML.
    Xml,
    /// As text.
    Text,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum ErrorKind {
    /// The service refused the request.
    Rejected,
    /// The service refused the credentials.
    Auth,
    /// The service is too busy.
    Busy,
    /// The service is down.
    Unavailable,
    /// The thing exists already, or has changed meanwhile.
    Conflict,
    /// The thing does not exist.
    NotFound,
    /// The service's answer makes no sense.
    BadAnswer,
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
    /// `field: NAME`, at the top of a JSON or form body
    Field,
}

/// How an OAuth 2.0 token is had (RFC 6749 §4 and §6, RFC 7523 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `client_credentials`
    ClientCredentials,
    /// `password`
    Password,
    /// `refresh_token`
    RefreshToken,
    /// `jwt_bearer`
    JwtBearer,
}

impl Grant {
    /// Every grant.
    pub const ALL: [Self; 4] = [Self::ClientCredentials, Self::Password, Self::RefreshToken, Self::JwtBearer];

    /// The word in definitions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::JwtBearer => "jwt_bearer",
        }
    }
}

/// How an OAuth 2.0 client proves who it is (RFC 6749 §2.3, RFC 7523 §2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum ClientSend {
    /// Id and secret in the `Authorization` header.
    #[default]
    Basic,
    /// Id and secret as fields of the body.
    Body,
    /// An assertion signed with a private key.
    PrivateKeyJwt,
}

/// How a token of our own is signed (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum JwtAlgorithm {
    /// RSA PKCS#1 with SHA-256.
    #[default]
    #[schemars(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[schemars(rename = "ES256")]
    Es256,
    /// HMAC with SHA-256.
    #[schemars(rename = "HS256")]
    Hs256,
}

/// Hash of an HMAC signature (RFC 2104).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum HmacAlgorithm {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
    /// SHA-1, for services that know no better.
    Sha1,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum SignatureEncoding {
    /// `0a1b…`
    #[default]
    Hex,
    /// `0A1B…`
    HexUpper,
    /// RFC 4648 §4.
    Base64,
    /// RFC 4648 §5, without padding.
    Base64Url,
}

/// How an OAuth 1.0 request is signed (RFC 5849 §3.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub enum Oauth1Method {
    /// HMAC with SHA-256.
    #[default]
    #[schemars(rename = "HMAC-SHA256")]
    HmacSha256,
    /// HMAC with SHA-1.
    #[schemars(rename = "HMAC-SHA1")]
    HmacSha1,
}

/// How a service fails to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline, rename_all = "snake_case")]
pub enum AnswerFault {
    /// The connection cannot be made.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection ends in the middle.
    Cut,
}

/// How requests leave the house.
#[derive(Clone, PartialEq, Eq)]
pub enum ProxyAddress {
    /// By themselves.
    Direct,
    /// Through an HTTP proxy at this address, which may hold a password.
    Through(String),
}

impl std::fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Direct => "Direct",
            Self::Through(_) => "Through(…)",
        })
    }
}

impl std::str::FromStr for ProxyAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "direct" => Ok(Self::Direct),
            address if is_http(address) => Ok(Self::Through(address.to_owned())),
            _ => Err("expected an address such as http://proxy.internal:3128, or `direct`"),
        }
    }
}

/// Whether a text is an absolute `http` or `https` address.
#[must_use]
pub fn is_http(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
