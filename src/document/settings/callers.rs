//! `callers:`: what a caller must show before anything is run for it.

use http::HeaderName;
use ipnet::IpNet;
use schemars::JsonSchema;

use crate::diagnostic::Problems;
use crate::document::decode::{Decode, Fields, decode_some};
use crate::document::schema::OneOrMore;
use crate::document::{Node, Spanned};
use crate::keyword::SignatureEncoding;
use crate::origin::Origin;

/// What a caller must show; all that stand here must hold.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CallersDocument {
    /// A shared secret in a header.
    #[schemars(extend("examples" = [{"name": "X-Bridge-Key", "secret": "env:BRIDGE_KEY"}]))]
    pub header: Option<HeaderDocument>,
    /// A shared secret as a field of `auth`; no definition sees the field.
    #[schemars(extend("examples" = [{"field": "bridge_key", "secret": "env:BRIDGE_KEY"}]))]
    pub auth: Option<AuthFieldDocument>,
    /// A shared secret as the first segment of the path: `/SECRET/zendesk/create_ticket`.
    #[schemars(extend("examples" = [{"secret": "env:BRIDGE_KEY"}]))]
    pub path: Option<SecretsDocument>,
    /// Networks that callers stand in.
    #[schemars(extend("examples" = [{"allow": ["203.0.113.0/24"]}]))]
    pub networks: Option<NetworksDocument>,
    /// A signature of the body, made with a shared secret.
    #[schemars(extend("examples" = [{"header": "X-Signature", "secret": "env:SIGNING_KEY", "prefix": "sha256="}]))]
    pub hmac: Option<HmacCallerDocument>,
}

/// A shared secret in a header.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HeaderDocument {
    /// The header.
    #[schemars(with = "String", extend("examples" = ["X-Bridge-Key"]))]
    pub name: Spanned<HeaderName>,
    /// The secret, or several of which one must be shown.
    #[schemars(with = "OneOrMore<String>", extend("examples" = ["env:BRIDGE_KEY", ["env:NEW_KEY", "env:OLD_KEY"]]))]
    pub secret: Vec<Spanned<Origin>>,
}

/// A shared secret as a field of `auth`.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AuthFieldDocument {
    /// The field.
    #[schemars(with = "String", extend("examples" = ["bridge_key"]))]
    pub field: Spanned<String>,
    /// The secret, or several of which one must be shown.
    #[schemars(with = "OneOrMore<String>", extend("examples" = ["env:BRIDGE_KEY"]))]
    pub secret: Vec<Spanned<Origin>>,
}

/// Shared secrets.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SecretsDocument {
    /// The secret, or several of which one must be shown.
    #[schemars(with = "OneOrMore<String>", extend("examples" = ["env:BRIDGE_KEY"]))]
    pub secret: Vec<Spanned<Origin>>,
}

/// Networks that callers stand in.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NetworksDocument {
    /// The networks.
    #[schemars(with = "Vec<String>", extend("examples" = [["203.0.113.0/24", "2001:db8::/32"]]))]
    pub allow: Vec<Spanned<IpNet>>,
    /// Networks of your own proxies: behind them, the last address of `X-Forwarded-For` that is not a proxy's is the caller's.
    #[schemars(with = "Option<Vec<String>>", extend("examples" = [["10.0.0.0/8"]]))]
    pub proxies: Option<Vec<Spanned<IpNet>>>,
}

/// A signature of the body: HMAC (RFC 2104) with SHA-256.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HmacCallerDocument {
    /// The header that holds it.
    #[schemars(with = "String", extend("examples" = ["X-Signature"]))]
    pub header: Spanned<HeaderName>,
    /// The secret, or several of which one must have been used.
    #[schemars(with = "OneOrMore<String>", extend("examples" = ["env:SIGNING_KEY"]))]
    pub secret: Vec<Spanned<Origin>>,
    /// How its bytes are written.
    #[schemars(extend("default" = "hex", "examples" = ["base64"]))]
    pub encoding: Option<Spanned<SignatureEncoding>>,
    /// What stands in front of them.
    #[schemars(with = "Option<String>", extend("examples" = ["sha256="]))]
    pub prefix: Option<Spanned<String>>,
}

/// One, or a list.
struct Secrets(Vec<Spanned<Origin>>);

impl Decode for Secrets {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        decode_some(node, problems).map(Self)
    }
}

fn secrets(fields: &mut Fields<'_, '_>) -> Option<Vec<Spanned<Origin>>> {
    fields.required("secret").map(|Secrets(secrets)| secrets)
}

impl Decode for CallersDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`callers`", problems)?;
        let document = Self {
            header: fields.optional("header"),
            auth: fields.optional("auth"),
            path: fields.optional("path"),
            networks: fields.optional("networks"),
            hmac: fields.optional("hmac"),
        };
        fields.close();
        Some(document)
    }
}

impl Decode for HeaderDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`header`", problems)?;
        let (name, secret) = (fields.required("name"), secrets(&mut fields));
        fields.close();
        Some(Self { name: name?, secret: secret? })
    }
}

impl Decode for AuthFieldDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`auth`", problems)?;
        let (field, secret) = (fields.required("field"), secrets(&mut fields));
        fields.close();
        Some(Self { field: field?, secret: secret? })
    }
}

impl Decode for SecretsDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`path`", problems)?;
        let secret = secrets(&mut fields);
        fields.close();
        Some(Self { secret: secret? })
    }
}

impl Decode for NetworksDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`networks`", problems)?;
        let (allow, proxies) = (fields.required("allow"), fields.optional("proxies"));
        fields.close();
        Some(Self { allow: allow?, proxies })
    }
}

impl Decode for HmacCallerDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`hmac`", problems)?;
        let (header, secret) = (fields.required("header"), secrets(&mut fields));
        let (encoding, prefix) = (fields.optional("encoding"), fields.optional("prefix"));
        fields.close();
        Some(Self { header: header?, secret: secret?, encoding, prefix })
    }
}
