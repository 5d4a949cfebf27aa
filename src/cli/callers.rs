//! What the settings want of callers and operators → checks, their secrets read.

use super::settings::ServeSettings;
use crate::document::{CallersDocument, Spanned};
use crate::origin::Origin;
use crate::secret::Secret;
use crate::server::{Callers, Secrets};

/// The checks of callers.
pub(super) fn callers(settings: &ServeSettings) -> Result<Callers, String> {
    let CallersDocument { header, auth, path, networks, hmac } = settings.callers.clone();
    let mut callers = Callers::default();
    if let Some(networks) = networks {
        let plain = |list: Vec<Spanned<ipnet::IpNet>>| list.into_iter().map(|network| network.value).collect();
        callers = callers.from_networks(plain(networks.allow), plain(networks.proxies.unwrap_or_default()));
    }
    if let Some(header) = header {
        let secrets = secrets("callers.header.secret", &header.secret)?;
        callers = callers.with_header(header.name.value, secrets);
    }
    if let Some(auth) = auth {
        let secrets = secrets("callers.auth.secret", &auth.secret)?;
        callers = callers.with_auth(auth.field.value, secrets);
    }
    if let Some(path) = path {
        let key = "callers.path.secret";
        callers = callers.with_path(&read(key, &path.secret)?).map_err(|error| format!("{key}: {error}"))?;
    }
    if let Some(hmac) = hmac {
        let key = "callers.hmac.secret";
        let form = (hmac.encoding.map(|encoding| encoding.value).unwrap_or_default(), hmac.prefix);
        let form = (form.0, form.1.map(|prefix| prefix.value).unwrap_or_default());
        let secrets = read(key, &hmac.secret)?;
        callers =
            callers.with_signature(hmac.header.value, &secrets, form).map_err(|error| format!("{key}: {error}"))?;
    }
    Ok(callers)
}

/// What operators send.
pub(super) fn admin_token(origin: Option<&Origin>) -> Result<Option<Secrets>, String> {
    let Some(origin) = origin else { return Ok(None) };
    let told = |reason: String| format!("--admin-token: {reason}");
    let token = origin.read().map_err(told)?;
    Secrets::any_of(&[token]).map(Some).map_err(|error| told(error.to_string()))
}

fn secrets(key: &str, origins: &[Spanned<Origin>]) -> Result<Secrets, String> {
    Secrets::any_of(&read(key, origins)?).map_err(|error| format!("{key}: {error}"))
}

fn read(key: &str, origins: &[Spanned<Origin>]) -> Result<Vec<Secret<String>>, String> {
    if origins.is_empty() {
        return Err(format!("{key}: it names no secret"));
    }
    origins.iter().map(|origin| origin.value.read().map_err(|reason| format!("{key}: {reason}"))).collect()
}
