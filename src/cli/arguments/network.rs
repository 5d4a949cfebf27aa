//! The flags about requests to services.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use ipnet::IpNet;

use super::unseen::Unseen;
use crate::budget::BudgetBounds;
use crate::keyword::ProxyAddress;
use crate::upstream::{IdentityFiles, ServiceNetwork};

/// Where requests may go.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct NetworkArguments {
    /// A private network that services may stand in, for example 10.2.0.0/16. Repeatable.
    #[arg(long, value_name = "CIDR", env = "ACTION_EXECUTOR_ALLOW_PRIVATE", value_delimiter = ',')]
    pub(in crate::cli) allow_private: Vec<IpNet>,
    /// Allow plain http to other hosts than loopback.
    #[arg(long, value_parser = FalseyValueParser::new(), env = "ACTION_EXECUTOR_ALLOW_HTTP")]
    pub(in crate::cli) allow_http: bool,
    /// A PEM file with certificate authorities to trust besides the platform's.
    #[arg(long, value_name = "FILE", env = "ACTION_EXECUTOR_CA_FILE")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// A client certificate that definitions can name, and its key, as PEM files. Repeatable; `;` between several in
    /// the variable.
    #[arg(
        long = "identity",
        value_name = "NAME=CERT.pem,KEY.pem",
        env = "ACTION_EXECUTOR_IDENTITY",
        value_delimiter = ';',
        value_parser = identity
    )]
    pub(in crate::cli) identities: Vec<(String, IdentityFiles)>,
    /// An HTTP proxy that requests leave by; `direct` for none.
    #[arg(long, value_name = "ADDRESS|direct", value_parser = Unseen::<ProxyAddress>::parser(), env = "ACTION_EXECUTOR_PROXY", hide_env_values = true)]
    pub(in crate::cli) proxy: Option<ProxyAddress>,
    /// What the settings file allows the work of one call.
    #[arg(skip)]
    pub(in crate::cli) call_bounds: BudgetBounds,
    /// What the settings file says of single services.
    #[arg(skip)]
    pub(in crate::cli) services: BTreeMap<String, ServiceSettings>,
    /// The time that one call may take, at most 25s.
    #[arg(long, value_name = "DURATION", default_value = "8s", value_parser = deadline, env = "ACTION_EXECUTOR_DEADLINE")]
    pub(in crate::cli) deadline: Duration,
}

/// What the settings file says of one service.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct ServiceSettings {
    /// Where its requests may go.
    pub(in crate::cli) network: ServiceNetwork,
    /// The time that one call of it may take.
    pub(in crate::cli) deadline: Option<Duration>,
    /// Calls of it in flight at once.
    pub(in crate::cli) calls: Option<usize>,
}

fn identity(text: &str) -> Result<(String, IdentityFiles), String> {
    let parts = text.split_once('=').and_then(|(name, files)| Some((name.trim(), files.split_once(',')?)));
    match parts {
        Some((name, (certificate, key))) if ![name, certificate, key].contains(&"") && !key.contains(',') => {
            Ok((name.to_owned(), IdentityFiles { certificate: certificate.into(), key: key.into() }))
        }
        _ => Err("expected NAME=CERT.pem,KEY.pem".to_owned()),
    }
}

fn deadline(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() || duration > Duration::from_secs(25) {
        return Err("a call has between 1ms and 25s".to_owned());
    }
    Ok(duration)
}
