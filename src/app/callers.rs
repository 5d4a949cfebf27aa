//! The checks of callers and operators, their secrets read.

use http::HeaderName;
use ipnet::IpNet;

use super::error::StartError;
use crate::keyword::SignatureEncoding;
use crate::origin::Origin;
use crate::secret::Secret;
use crate::server::{Callers, Secrets};

/// What a caller must show; all that is here must hold.
#[derive(Clone, Debug, Default)]
pub struct CallersConfig {
    /// A secret in a header.
    pub header: Option<HeaderConfig>,
    /// A secret in a field of `auth`.
    pub auth: Option<FieldConfig>,
    /// A secret as the first segment of the path.
    pub path: Option<PathConfig>,
    /// Networks that callers are in.
    pub networks: Option<NetworksConfig>,
    /// A signature of the body.
    pub hmac: Option<SignatureConfig>,
}

/// A secret in a header; one of several must be shown.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "keys of the settings file")]
pub struct HeaderConfig {
    pub name: HeaderName,
    pub secrets: Vec<Origin>,
}

/// A secret in a field of `auth`.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "keys of the settings file")]
pub struct FieldConfig {
    pub field: String,
    pub secrets: Vec<Origin>,
}

/// A secret in the path.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "keys of the settings file")]
pub struct PathConfig {
    pub secrets: Vec<Origin>,
}

/// Networks that callers are in, and networks of the operator's own proxies.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "keys of the settings file")]
pub struct NetworksConfig {
    pub allow: Vec<IpNet>,
    pub proxies: Vec<IpNet>,
}

/// A signature of the body.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "keys of the settings file")]
pub struct SignatureConfig {
    pub header: HeaderName,
    pub secrets: Vec<Origin>,
    pub encoding: SignatureEncoding,
    pub prefix: String,
}

impl CallersConfig {
    /// Whether nothing is checked.
    pub(super) fn is_everyone(&self) -> bool {
        let Self { header, auth, path, networks, hmac } = self;
        header.is_none() && auth.is_none() && path.is_none() && networks.is_none() && hmac.is_none()
    }

    pub(super) fn build(&self) -> Result<Callers, StartError> {
        let mut callers = Callers::default();
        if let Some(networks) = &self.networks {
            callers = callers.from_networks(networks.allow.clone(), networks.proxies.clone());
        }
        if let Some(header) = &self.header {
            callers = callers.with_header(header.name.clone(), secrets("callers.header.secret", &header.secrets)?);
        }
        if let Some(auth) = &self.auth {
            callers = callers.with_auth(auth.field.clone(), secrets("callers.auth.secret", &auth.secrets)?);
        }
        if let Some(path) = &self.path {
            let key = "callers.path.secret";
            let secrets = read(key, &path.secrets)?;
            callers = callers.with_path(&secrets).map_err(|error| wrong(key, error.to_string()))?;
        }
        if let Some(hmac) = &self.hmac {
            let key = "callers.hmac.secret";
            let (form, secrets) = ((hmac.encoding, hmac.prefix.clone()), read(key, &hmac.secrets)?);
            let signed = callers.with_signature(hmac.header.clone(), &secrets, form);
            callers = signed.map_err(|error| wrong(key, error.to_string()))?;
        }
        Ok(callers)
    }
}

/// The token that operators send.
pub(super) fn admin_token(origin: &Origin) -> Result<Secrets, StartError> {
    let token = origin.read().map_err(StartError::AdminToken)?;
    Secrets::any_of(&[token]).map_err(|error| StartError::AdminToken(error.to_string()))
}

fn secrets(key: &'static str, origins: &[Origin]) -> Result<Secrets, StartError> {
    Secrets::any_of(&read(key, origins)?).map_err(|error| wrong(key, error.to_string()))
}

fn read(key: &'static str, origins: &[Origin]) -> Result<Vec<Secret<String>>, StartError> {
    if origins.is_empty() {
        return Err(wrong(key, "it names no secret".to_owned()));
    }
    origins.iter().map(|origin| origin.read().map_err(|reason| wrong(key, reason))).collect()
}

fn wrong(key: &'static str, reason: String) -> StartError {
    StartError::Callers { key, reason }
}
