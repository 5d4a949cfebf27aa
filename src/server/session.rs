//! Sessions of the console: a cookie that this process signed after it saw the admin token, good for a working day.
//!
//! Holds no list of sessions, so a restart ends all of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use ring::hmac;

const NAME: &str = "action_executor_session";

const LIFE: Duration = Duration::from_hours(12);

/// Makes sessions and recognises them.
pub(super) struct Sessions {
    /// None where the system gives no randomness; then there are no sessions.
    key: Option<hmac::Key>,
    transport: Transport,
}

/// How browsers reach the admin listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Over plain HTTP.
    Plain,
    /// Over TLS; the cookie is sent over nothing else.
    Tls,
}

impl Sessions {
    pub(super) fn new(transport: Transport) -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &ring::rand::SystemRandom::new()).ok();
        Self { key, transport }
    }

    /// The cookie of a new session.
    pub(super) fn begin(&self) -> Option<HeaderValue> {
        let ends = now().checked_add(LIFE)?.as_secs().to_string();
        let tag = hex::encode(hmac::sign(self.key.as_ref()?, ends.as_bytes()));
        self.cookie(&format!("{ends}.{tag}"), LIFE)
    }

    /// The cookie that ends one.
    pub(super) fn end(&self) -> Option<HeaderValue> {
        self.cookie("", Duration::ZERO)
    }

    /// Whether a request carries a session that has not ended.
    pub(super) fn are_shown_in(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let mut own = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        own.any(|(name, value)| name == NAME && self.is_good(value))
    }

    fn is_good(&self, value: &str) -> bool {
        let (Some(key), Some((ends, tag))) = (&self.key, value.split_once('.')) else { return false };
        let signed = hex::decode(tag).is_ok_and(|tag| hmac::verify(key, ends.as_bytes(), &tag).is_ok());
        signed && ends.parse::<u64>().is_ok_and(|ends| now().as_secs() < ends)
    }

    fn cookie(&self, value: &str, life: Duration) -> Option<HeaderValue> {
        let secure = if self.transport == Transport::Tls { "; Secure" } else { "" };
        let text = format!("{NAME}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}", life.as_secs());
        HeaderValue::from_str(&text).ok()
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn only_what_this_process_signed_is_a_session() {
        let sessions = Sessions::new(Transport::Plain);
        let cookie = sessions.begin().unwrap().to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains("Secure"), "{cookie}");
        let pair = cookie.split(';').next().unwrap();
        assert!(sessions.are_shown_in(&with(&format!("other=1; {pair}"))));
        assert!(!Sessions::new(Transport::Plain).are_shown_in(&with(pair)));
        let (ends, tag) = pair.split_once('=').unwrap().1.split_once('.').unwrap();
        let later = ends.parse::<u64>().unwrap() + 1;
        assert!(!sessions.are_shown_in(&with(&format!("{NAME}={later}.{tag}"))));
        let key = sessions.key.as_ref().unwrap();
        let past = hex::encode(hmac::sign(key, b"1"));
        assert!(!sessions.are_shown_in(&with(&format!("{NAME}=1.{past}"))));
        assert!(!sessions.are_shown_in(&with(&format!("{NAME}="))));
        assert!(Sessions::new(Transport::Tls).begin().unwrap().to_str().unwrap().ends_with("; Secure"));
    }
}
