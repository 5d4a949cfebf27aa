//! What the operator says of where requests may go. Holds no behaviour.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;

use super::identity::IdentityFiles;
use crate::host_pattern::HostPattern;
use crate::keyword::ProxyAddress;

/// Where the requests of all services may go, and how they leave.
#[derive(Clone, Debug, Default)]
pub struct NetworkSettings {
    /// Private networks that services may stand in.
    pub allow_private: Vec<IpNet>,
    /// Whether plain http to other hosts than loopback is allowed.
    pub allow_http: bool,
    /// A PEM file whose authorities are trusted besides the platform's.
    pub ca_file: Option<PathBuf>,
    /// The proxy that requests leave by.
    pub proxy: Option<ProxyAddress>,
    /// Client certificates by the operator's name for them.
    pub identities: BTreeMap<String, IdentityFiles>,
    /// What holds for single services besides, by the name of their directory.
    pub services: BTreeMap<String, ServiceNetwork>,
}

/// What holds for the requests of one service besides.
#[derive(Clone, Debug, Default)]
pub struct ServiceNetwork {
    /// Further private networks that it may stand in.
    pub allow_private: Vec<IpNet>,
    /// Whether it may use plain http.
    pub allow_http: bool,
    /// Hosts that its requests may go to, whatever its definitions allow; all of those if not said.
    pub allowed_hosts: Option<Vec<HostPattern>>,
    /// A PEM file whose authorities it may use besides.
    pub ca_file: Option<PathBuf>,
    /// The proxy that its requests leave by, instead of that for all.
    pub proxy: Option<ProxyAddress>,
}
