//! `network:` and `services:`: where requests may go, of all services and of one.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use schemars::JsonSchema;

use super::deadline::decode_deadline;
use super::scalars::Count;
use crate::diagnostic::Problems;
use crate::document::decode::{Decode, Fields};
use crate::document::{Keyed, Node, Spanned};
use crate::host_pattern::HostPattern;
use crate::keyword::ProxyAddress;

/// Where requests may go.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NetworkDocument {
    /// Private networks that services may stand in.
    #[schemars(with = "Option<Vec<String>>", extend("examples" = [["10.2.0.0/16"]]))]
    pub allow_private: Option<Vec<Spanned<IpNet>>>,
    /// Allow plain http to other hosts than loopback.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub allow_http: Option<Spanned<bool>>,
    /// A PEM file with certificate authorities to trust besides the platform's.
    #[schemars(with = "Option<String>", extend("examples" = ["/etc/ssl/own.pem"]))]
    pub ca_file: Option<Spanned<PathBuf>>,
    /// An HTTP proxy that requests leave by. It resolves the names: which addresses it may reach is for it to check.
    #[schemars(with = "Option<String>", extend("default" = "direct", "examples" = ["http://proxy.internal:3128"]))]
    pub proxy: Option<Spanned<ProxyAddress>>,
    /// Client certificates that definitions can name.
    #[schemars(extend("examples" = [{"acme": {"certificate": "acme.crt", "key": "acme.key"}}]))]
    pub identities: Option<Keyed<IdentityDocument>>,
}

/// A client certificate.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct IdentityDocument {
    /// The certificate, as a PEM file.
    #[schemars(with = "String", extend("examples" = ["acme.crt"]))]
    pub certificate: Spanned<PathBuf>,
    /// Its private key, as a PEM file.
    #[schemars(with = "String", extend("examples" = ["acme.key"]))]
    pub key: Spanned<PathBuf>,
}

/// What holds for one service.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServiceSettingsDocument {
    /// Private networks that it may stand in, besides those for all.
    #[schemars(with = "Option<Vec<String>>", extend("examples" = [["10.2.0.0/16"]]))]
    pub allow_private: Option<Vec<Spanned<IpNet>>>,
    /// Allow it plain http.
    #[schemars(extend("default" = false, "examples" = [true]))]
    pub allow_http: Option<Spanned<bool>>,
    /// Hosts that its requests may go to, whatever its definitions allow.
    #[schemars(with = "Option<Vec<String>>", extend("examples" = [["redmine.internal"]]))]
    pub allowed_hosts: Option<Vec<Spanned<HostPattern>>>,
    /// A PEM file with certificate authorities that it may use besides those for all.
    #[schemars(with = "Option<String>", extend("examples" = ["redmine-ca.pem"]))]
    pub ca_file: Option<Spanned<PathBuf>>,
    /// The proxy that its requests leave by, instead of that for all; `direct` for none.
    #[schemars(with = "Option<String>", extend("examples" = ["direct"]))]
    pub proxy: Option<Spanned<ProxyAddress>>,
    /// The time that one call of it may take, if less than that for all.
    #[schemars(with = "Option<String>", extend("examples" = ["5s"]))]
    pub deadline: Option<Spanned<Duration>>,
    /// Calls of it in hand at once; more are told at once that the server is too busy.
    #[schemars(with = "Option<usize>", extend("examples" = [50]))]
    pub calls: Option<Spanned<usize>>,
}

impl Decode for NetworkDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "`network`", problems)?;
        let document = Self {
            allow_private: fields.optional("allow_private"),
            allow_http: fields.optional("allow_http"),
            ca_file: fields.optional("ca_file"),
            proxy: fields.optional("proxy"),
            identities: fields.optional("identities"),
        };
        fields.close();
        Some(document)
    }
}

impl Decode for IdentityDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a client certificate", problems)?;
        let (certificate, key) = (fields.required("certificate"), fields.required("key"));
        fields.close();
        Some(Self { certificate: certificate?, key: key? })
    }
}

impl Decode for ServiceSettingsDocument {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(node, "a service's settings", problems)?;
        let document = Self {
            allow_private: fields.optional("allow_private"),
            allow_http: fields.optional("allow_http"),
            allowed_hosts: fields.optional("allowed_hosts"),
            ca_file: fields.optional("ca_file"),
            proxy: fields.optional("proxy"),
            deadline: decode_deadline(&mut fields, "deadline"),
            calls: fields.optional("calls").map(|calls: Count| calls.0),
        };
        fields.close();
        Some(document)
    }
}
