//! Checks of callers: networks, secrets and signatures, compared in constant time.
//!
//! Keeps no secret, only HMACs of secrets.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use ring::hmac;
use serde_json::Value;

use crate::keyword::SignatureEncoding;
use crate::secret::Secret;
use crate::value::FieldMap;

/// Shorter secrets are guessed.
const SHORTEST: usize = 16;

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Secrets of which a caller must send one.
#[derive(Clone)]
pub struct Secrets {
    /// Made for this process: equal tags mean equal secrets, and the time of a comparison leaks nothing of them.
    key: hmac::Key,
    tags: Vec<hmac::Tag>,
}

/// Why secrets cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// Too short.
    #[error("it is shorter than {SHORTEST} bytes; make one with `openssl rand -hex 32`")]
    Short,
    /// No randomness to be had.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// Not fit for a path.
    #[error("for a path it is made of letters, digits, `-`, `.`, `_` and `~`")]
    NotOfAPath,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.tags.len())
    }
}

impl Secrets {
    /// Any of these.
    ///
    /// # Errors
    /// One that is too short.
    pub fn any_of(secrets: &[Secret<String>]) -> Result<Self, SecretsError> {
        if secrets.iter().any(|secret| secret.expose().len() < SHORTEST) {
            return Err(SecretsError::Short);
        }
        let random = ring::rand::SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random).map_err(|_| SecretsError::NoRandomness)?;
        let tags = secrets.iter().map(|secret| hmac::sign(&key, secret.expose().as_bytes())).collect();
        Ok(Self { key, tags })
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn hold(&self, shown: &[u8]) -> bool {
        // All are compared, so that the time does not show which one fits.
        self.tags.iter().fold(false, |found, tag| hmac::verify(&self.key, shown, tag.as_ref()).is_ok() | found)
    }
}

/// The checks of every caller; without any, everyone may call.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    networks: Option<Networks>,
    header: Option<(HeaderName, Secrets)>,
    path: Option<Secrets>,
    signature: Option<Signature>,
    auth: Option<(String, Secrets)>,
}

#[derive(Clone, Debug)]
struct Networks {
    allow: Vec<IpNet>,
    proxies: Vec<IpNet>,
}

#[derive(Clone, Debug)]
struct Signature {
    header: HeaderName,
    keys: Vec<hmac::Key>,
    encoding: SignatureEncoding,
    prefix: String,
}

/// The check that a caller failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerCheck {
    /// An address of the allowed networks.
    Networks,
    /// The secret in a header.
    Header,
    /// The secret in the path.
    Path,
    /// The signature of the body.
    Hmac,
    /// The secret in `auth`.
    Auth,
}

impl CallerCheck {
    /// The name in logs, metrics and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Networks => "networks",
            Self::Header => "header",
            Self::Path => "path",
            Self::Hmac => "hmac",
            Self::Auth => "auth",
        }
    }
}

impl Callers {
    /// Callers have an address of these networks; behind `proxies`, the one in `X-Forwarded-For`.
    #[must_use]
    pub fn from_networks(self, allow: Vec<IpNet>, proxies: Vec<IpNet>) -> Self {
        Self { networks: Some(Networks { allow, proxies }), ..self }
    }

    /// Callers show a secret in a header.
    #[must_use]
    pub fn with_header(self, name: HeaderName, secrets: Secrets) -> Self {
        Self { header: Some((name, secrets)), ..self }
    }

    /// Callers show a secret as the first segment of the path.
    ///
    /// # Errors
    /// A secret that a path would have to encode.
    pub fn with_path(self, secrets: &[Secret<String>]) -> Result<Self, SecretsError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if !secrets.iter().all(|secret| secret.expose().chars().all(plain)) {
            return Err(SecretsError::NotOfAPath);
        }
        Ok(Self { path: Some(Secrets::any_of(secrets)?), ..self })
    }

    /// Callers show a secret as a field of `auth`.
    #[must_use]
    pub fn with_auth(self, field: String, secrets: Secrets) -> Self {
        Self { auth: Some((field, secrets)), ..self }
    }

    /// Callers sign the body (HMAC with SHA-256, RFC 2104).
    ///
    /// # Errors
    /// A secret that is too short.
    pub fn with_signature(
        self,
        header: HeaderName,
        secrets: &[Secret<String>],
        (encoding, prefix): (SignatureEncoding, String),
    ) -> Result<Self, SecretsError> {
        if secrets.iter().any(|secret| secret.expose().len() < SHORTEST) {
            return Err(SecretsError::Short);
        }
        let keys = secrets.iter().map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()));
        Ok(Self { signature: Some(Signature { header, keys: keys.collect(), encoding, prefix }), ..self })
    }

    /// The checks that need only the head of a request.
    pub(super) fn check_head(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<(), CallerCheck> {
        if self.networks.as_ref().is_some_and(|networks| !networks.allow(headers, peer.ip())) {
            return Err(CallerCheck::Networks);
        }
        match &self.header {
            Some((name, secrets)) if !only(headers, name).is_some_and(|shown| secrets.hold(shown)) => {
                Err(CallerCheck::Header)
            }
            _ => Ok(()),
        }
    }

    /// The route without the secret in front of it.
    pub(super) fn check_path<'r>(&self, route: &'r str) -> Result<&'r str, CallerCheck> {
        let Some(secrets) = &self.path else { return Ok(route) };
        let below = route.strip_prefix('/').unwrap_or(route);
        let (shown, rest) = below.split_at(below.find('/').unwrap_or(below.len()));
        if secrets.hold(shown.as_bytes()) { Ok(rest) } else { Err(CallerCheck::Path) }
    }

    /// The signature of a body.
    pub(super) fn check_body(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), CallerCheck> {
        match &self.signature {
            Some(signature) if !signature.fits(headers, body) => Err(CallerCheck::Hmac),
            _ => Ok(()),
        }
    }

    /// Takes the secret out of `auth`, so that no definition sees it.
    pub(super) fn check_auth(&self, auth: &mut FieldMap) -> Result<(), CallerCheck> {
        let Some((field, secrets)) = &self.auth else { return Ok(()) };
        let shown = auth.remove(field);
        match shown.as_ref().and_then(Value::as_str).is_some_and(|shown| secrets.hold(shown.as_bytes())) {
            true => Ok(()),
            false => Err(CallerCheck::Auth),
        }
    }
}

/// The value of a header that is sent exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.as_bytes())
}

impl Networks {
    fn allow(&self, headers: &HeaderMap, peer: IpAddr) -> bool {
        self.caller(headers, peer).is_some_and(|address| contain(&self.allow, address))
    }

    /// From the nearest on, the first address that is none of our proxies'; none if something there is no address.
    fn caller(&self, headers: &HeaderMap, peer: IpAddr) -> Option<IpAddr> {
        let mut nearest = peer.to_canonical();
        let values: Vec<&str> =
            headers.get_all(FORWARDED).iter().map(|value| value.to_str().ok()).collect::<Option<_>>()?;
        let mut forwarded = values.iter().flat_map(|value| value.split(',')).rev();
        while contain(&self.proxies, nearest) {
            let Some(next) = forwarded.next() else { break };
            nearest = address(next.trim())?.to_canonical();
        }
        Some(nearest)
    }
}

/// An address as proxies write it, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.trim_matches(['[', ']']).parse().ok();
    bare().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

fn contain(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

impl Signature {
    fn fits(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let shown = only(headers, &self.header).and_then(|shown| shown.strip_prefix(self.prefix.as_bytes()));
        let tag = shown.and_then(|shown| match self.encoding {
            SignatureEncoding::Hex | SignatureEncoding::HexUpper => hex::decode(shown).ok(),
            SignatureEncoding::Base64 => STANDARD.decode(shown).ok(),
            SignatureEncoding::Base64Url => URL_SAFE_NO_PAD.decode(shown).ok(),
        });
        let Some(tag) = tag else { return false };
        self.keys.iter().fold(false, |found, key| hmac::verify(key, body, &tag).is_ok() | found)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    const KEY: &str = "0123456789abcdef";

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn nets(list: &[&str]) -> Vec<IpNet> {
        list.iter().map(|network| network.parse().unwrap()).collect()
    }

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
        };
        list.iter().map(pair).collect()
    }

    #[track_caller]
    fn check_network(peer: &str, forwarded: &[&str], expected: bool) {
        let callers =
            Callers::default().from_networks(nets(&["203.0.113.0/24", "2001:db8::/32"]), nets(&["10.0.0.0/8"]));
        let list: Vec<(&str, &str)> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        assert_eq!(callers.check_head(&headers(&list), peer).is_ok(), expected, "{peer} {forwarded:?}");
    }

    #[test]
    fn callers_stand_in_their_networks() {
        check_network("203.0.113.9", &[], true);
        check_network("::ffff:203.0.113.9", &[], true);
        check_network("2001:db8::1", &[], true);
        check_network("198.51.100.1", &[], false);
    }

    #[test]
    fn only_our_own_proxies_say_who_called_them() {
        check_network("10.0.0.1", &["203.0.113.9"], true);
        check_network("10.0.0.1", &["198.51.100.1, 203.0.113.9"], true);
        check_network("10.0.0.1", &["203.0.113.9, 198.51.100.1"], false);
        check_network("10.0.0.1", &["203.0.113.9", "10.0.0.2"], true);
        check_network("10.0.0.1", &["203.0.113.9:4711"], true);
        check_network("10.0.0.1", &["[2001:db8::7]:4711"], true);
        check_network("10.0.0.1", &["203.0.113.9, unknown"], false);
        check_network("10.0.0.1", &[], false);
        check_network("198.51.100.1", &["203.0.113.9"], false);
    }

    #[test]
    fn a_secret_in_a_header_is_sent_once() {
        let callers = Callers::default().with_header(
            HeaderName::from_static("x-key"),
            Secrets::any_of(&[secret("another secret of ours"), secret(KEY)]).unwrap(),
        );
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let check = |list: &[(&str, &str)]| callers.check_head(&headers(list), peer).is_ok();
        assert!(check(&[("x-key", KEY)]));
        assert!(check(&[("x-key", "another secret of ours")]));
        assert!(!check(&[("x-key", "0123456789abcdeF")]));
        assert!(!check(&[("x-key", KEY), ("x-key", KEY)]));
        assert!(!check(&[]));
    }

    #[test]
    fn a_secret_in_the_path_is_taken_off() {
        let callers = Callers::default().with_path(&[secret(KEY)]).unwrap();
        assert_eq!(callers.check_path("/0123456789abcdef/desk/create"), Ok("/desk/create"));
        assert_eq!(callers.check_path("/0123456789abcdef"), Ok(""));
        assert_eq!(callers.check_path("/desk/create"), Err(CallerCheck::Path));
        assert_eq!(Callers::default().with_path(&[secret("0123456789abcdef/")]).unwrap_err(), SecretsError::NotOfAPath);
    }

    #[test]
    fn a_secret_in_auth_is_taken_out() {
        let callers = Callers::default().with_auth("bridge".to_owned(), Secrets::any_of(&[secret(KEY)]).unwrap());
        let auth = json!({ "bridge": KEY, "token": "t" }).as_object().cloned().unwrap();
        let mut auth = FieldMap::from(auth);
        assert_eq!(callers.check_auth(&mut auth), Ok(()));
        assert_eq!(auth.to_value(), json!({ "token": "t" }));
        assert_eq!(callers.check_auth(&mut auth), Err(CallerCheck::Auth));
    }

    #[test]
    fn a_signature_is_that_of_the_body() {
        // RFC 4231, test case 2, has a key too short for us; this is `openssl dgst -sha256 -hmac 0123456789abcdef`.
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()), b"{}");
        let name = HeaderName::from_static("x-signature");
        for (encoding, text) in [
            (SignatureEncoding::Hex, hex::encode(tag.as_ref())),
            (SignatureEncoding::Base64, STANDARD.encode(tag.as_ref())),
        ] {
            let callers = Callers::default()
                .with_signature(name.clone(), &[secret(KEY)], (encoding, "sha256=".to_owned()))
                .unwrap();
            let signed = headers(&[("x-signature", &format!("sha256={text}"))]);
            assert_eq!(callers.check_body(&signed, b"{}"), Ok(()));
            assert_eq!(callers.check_body(&signed, b"{ }"), Err(CallerCheck::Hmac));
            assert_eq!(callers.check_body(&headers(&[("x-signature", &text)]), b"{}"), Err(CallerCheck::Hmac));
            assert_eq!(callers.check_body(&headers(&[]), b"{}"), Err(CallerCheck::Hmac));
        }
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        assert_eq!(Secrets::any_of(&[secret("short")]).unwrap_err(), SecretsError::Short);
    }

    #[test]
    fn secrets_print_nothing_of_themselves() {
        assert_eq!(format!("{:?}", Secrets::any_of(&[secret(KEY)]).unwrap()), "Secrets(1)");
    }
}
