//! HTTP Digest authentication (RFC 7616, and RFC 2069 for services without `qop`).
//!
//! Pure: the service's challenge and our nonce come from the caller, who sends the request again.

use md5::{Digest as _, Md5};
use ring::digest::{SHA256, digest};

use super::challenge::{Challenge, challenges};
use super::error::AuthError;
use super::unreserved::encode;
use crate::upstream::OutboundRequest;

/// Who asks.
#[derive(Clone, Copy)]
pub(super) struct Login<'a> {
    /// The user's name.
    pub(super) username: &'a str,
    /// The user's password.
    pub(super) password: &'a str,
}

/// What makes our answer the only one of its kind.
#[derive(Clone, Copy)]
pub(super) struct ClientNonce<'a> {
    /// Ours; the same for all requests under one nonce of the service, or `-sess` breaks.
    pub(super) nonce: &'a str,
    /// How many requests used the service's nonce, this one included.
    pub(super) count: u32,
}

/// Whether a service asks for Digest, given all values of `WWW-Authenticate`.
#[must_use]
pub(super) fn is_challenged(values: &[&str]) -> bool {
    challenges(values).iter().any(|challenge| challenge.is("Digest"))
}

/// Whether the service's nonce was too old, and the login may be right (RFC 7616 §3.3).
#[must_use]
pub(super) fn is_stale(values: &[&str]) -> bool {
    let is_true = |value: &str| value.eq_ignore_ascii_case("true");
    challenges(values).iter().any(|challenge| challenge.is("Digest") && challenge.get("stale").is_some_and(is_true))
}

/// The `Authorization` that answers the strongest challenge, given all values of `WWW-Authenticate`.
///
/// # Errors
/// No challenge that can be answered, or a login that a header cannot carry.
pub(super) fn respond(
    values: &[&str],
    login: &Login<'_>,
    request: &OutboundRequest,
    stamp: &ClientNonce<'_>,
) -> Result<String, AuthError> {
    if login.username.chars().chain(login.password.chars()).any(char::is_control) {
        return Err(AuthError::Unfit {
            place: "digest authentication".to_owned(),
            reason: "it has a control character",
        });
    }
    let offered = challenges(values);
    let offered: Vec<_> = offered.iter().filter(|challenge| challenge.is("Digest")).collect();
    let usable = offered.iter().filter_map(|challenge| Usable::of(challenge));
    // The first of the strongest: RFC 7616 §3.7 lets the service order them.
    let usable = usable.min_by_key(|usable| std::cmp::Reverse(usable.hash));
    usable.map(|usable| usable.answer(login, request, stamp)).ok_or_else(|| unusable(&offered))
}

/// A hash, the weaker first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    fn of(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Self::Md5 => hex::encode(Md5::digest(text)),
            Self::Sha256 => hex::encode(digest(&SHA256, text.as_bytes())),
        }
    }
}

/// A challenge that can be answered.
struct Usable<'a> {
    challenge: &'a Challenge<'a>,
    hash: Hash,
    is_session: bool,
    has_qop: bool,
    realm: &'a str,
    nonce: &'a str,
}

impl<'a> Usable<'a> {
    fn of(challenge: &'a Challenge<'a>) -> Option<Self> {
        let (hash, is_session) = match challenge.get("algorithm").map(str::to_ascii_lowercase).as_deref() {
            None | Some("md5") => (Hash::Md5, false),
            Some("md5-sess") => (Hash::Md5, true),
            Some("sha-256") => (Hash::Sha256, false),
            Some("sha-256-sess") => (Hash::Sha256, true),
            Some(_) => return None,
        };
        let qop = challenge.get("qop").filter(|qop| !qop.trim().is_empty());
        if qop.is_some_and(|qop| !qop.split(',').any(|word| word.trim().eq_ignore_ascii_case("auth"))) {
            return None;
        }
        let (realm, nonce) = (challenge.get("realm")?, challenge.get("nonce")?);
        Some(Self { challenge, hash, is_session, has_qop: qop.is_some(), realm, nonce })
    }

    /// RFC 7616 §3.4.
    fn answer(&self, login: &Login<'_>, request: &OutboundRequest, stamp: &ClientNonce<'_>) -> String {
        let url = &request.url;
        let uri = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let count = format!("{:08x}", stamp.count);

        let mut parts = self.user(login);
        parts.extend([
            format!("realm={}", quoted(self.realm)),
            format!("nonce={}", quoted(self.nonce)),
            format!("uri={}", quoted(&uri)),
        ]);
        parts.extend(self.challenge.get("algorithm").map(|algorithm| format!("algorithm={algorithm}")));
        let first = self.secret(login, stamp);
        let second = self.hash.of(&[request.method.as_str(), &uri]);
        let response = if self.has_qop {
            self.hash.of(&[&first, self.nonce, &count, stamp.nonce, "auth", &second])
        } else {
            self.hash.of(&[&first, self.nonce, &second])
        };
        parts.push(format!("response=\"{response}\""));
        parts.extend(self.challenge.get("opaque").map(|opaque| format!("opaque={}", quoted(opaque))));
        if self.has_qop {
            parts.extend(["qop=auth".to_owned(), format!("nc={count}")]);
        }
        // A session's secret has our nonce in it, whatever the `qop`.
        if self.has_qop || self.is_session {
            parts.push(format!("cnonce={}", quoted(stamp.nonce)));
        }
        format!("Digest {}", parts.join(", "))
    }

    /// `A1`, hashed (RFC 7616 §3.4.2).
    fn secret(&self, login: &Login<'_>, stamp: &ClientNonce<'_>) -> String {
        let secret = self.hash.of(&[login.username, self.realm, login.password]);
        if self.is_session { self.hash.of(&[&secret, self.nonce, stamp.nonce]) } else { secret }
    }

    /// Hashed where the service asks for it (RFC 7616 §3.4.4); in the form for other letters than
    /// ASCII only where the service knows of them, since older ones do not know that form.
    fn user(&self, login: &Login<'_>) -> Vec<String> {
        let says = |name, word: &str| self.challenge.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        if says("userhash", "true") {
            let name = self.hash.of(&[login.username, self.realm]);
            return vec![format!("username=\"{name}\""), "userhash=true".to_owned()];
        }
        if !login.username.is_ascii() && says("charset", "UTF-8") {
            return vec![format!("username*=UTF-8''{}", encode(login.username.as_bytes()))];
        }
        vec![format!("username={}", quoted(login.username))]
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What was offered, by the words of the standard only.
fn unusable(offered: &[&Challenge<'_>]) -> AuthError {
    if offered.is_empty() {
        return AuthError::Challenge("it offers no `Digest`".to_owned());
    }
    let word = |text: &str| -> String {
        let known = |letter: &char| letter.is_ascii_alphanumeric() || "-_, ".contains(*letter);
        text.chars().filter(known).take(40).collect()
    };
    let offers: Vec<_> = offered
        .iter()
        .map(|challenge| {
            let algorithm = word(challenge.get("algorithm").unwrap_or("MD5"));
            let qop = challenge.get("qop").map(|qop| format!(" with the qop `{}`", word(qop))).unwrap_or_default();
            let missing = ["realm", "nonce"].into_iter().find(|name| challenge.get(name).is_none());
            let missing = missing.map(|name| format!(" without a `{name}`")).unwrap_or_default();
            format!("`{algorithm}`{qop}{missing}")
        })
        .collect();
    AuthError::Challenge(format!(
        "it offers {}; what can be answered is `SHA-256` and `MD5`, with or without `-sess`, with the qop `auth` or none",
        offers.join(" and ")
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, Method};
    use url::Url;

    use super::*;

    const MUFASA: Login<'_> = Login { username: "Mufasa", password: "Circle of Life" };
    const USER: Login<'_> = Login { username: "user", password: "p:ss w" };

    /// RFC 7616 §3.9.1.
    const STANDARD: [&str; 2] = [
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
    ];

    fn request(method: Method, url: &str) -> OutboundRequest {
        OutboundRequest {
            method,
            url: Url::parse(url).unwrap(),
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
            connect_timeout: Duration::from_secs(1),
            attempt_timeout: Duration::from_secs(1),
            max_answer: 1,
            identity: None,
            service: None,
            shown_host: None,
            caller: 0,
        }
    }

    fn answer(values: &[&str], login: &Login<'_>, nonce: &str, request: &OutboundRequest) -> String {
        respond(values, login, request, &ClientNonce { nonce, count: 1 }).unwrap()
    }

    #[track_caller]
    fn check_standard(values: &[&str], algorithm: &str, response: &str) {
        let nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let request = request(Method::GET, "http://www.example.org/dir/index.html");
        let expected = format!(
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", algorithm={algorithm}, \
             response=\"{response}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", qop=auth, nc=00000001, \
             cnonce=\"{nonce}\""
        );
        assert_eq!(answer(values, &MUFASA, nonce, &request), expected);
    }

    #[track_caller]
    fn check_put(algorithm: &str, cnonce: &str, response: &str) {
        let challenge = format!(r#"Digest realm="r", nonce="n1", opaque="o", algorithm={algorithm}, qop="auth""#);
        let expected = format!(
            r#"Digest username="user", realm="r", nonce="n1", uri="/?x=/y", algorithm={algorithm}, response="{response}", opaque="o", qop=auth, nc=00000001, cnonce="{cnonce}""#
        );
        assert_eq!(answer(&[&challenge], &USER, cnonce, &request(Method::PUT, "https://h.example/?x=/y")), expected);
    }

    #[track_caller]
    fn check_choice(values: &[&str], expected: &str) {
        let answer = answer(values, &USER, "c", &request(Method::GET, "https://h.example/"));
        assert!(answer.contains(expected), "{answer}");
    }

    #[track_caller]
    fn check_refused(values: &[&str], expected: &str) {
        let request = request(Method::GET, "https://h.example/");
        let error = respond(values, &USER, &request, &ClientNonce { nonce: "c", count: 1 }).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn both_algorithms_as_the_standard_has_them() {
        let [strong, weak] = STANDARD;
        let sha_256 = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        check_standard(&[strong], "SHA-256", sha_256);
        check_standard(&[weak], "MD5", "8ca523f5e9506fed4657c9700eebdbec");
        check_standard(&[strong, weak], "SHA-256", sha_256);
        check_standard(&[weak, strong], "SHA-256", sha_256);
        check_standard(&[&format!("Basic realm=\"x\", {weak}, {strong}")], "SHA-256", sha_256);
    }

    // RFC 2617 §3.5.
    #[test]
    fn the_older_standard_without_an_algorithm() {
        let challenge = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
            nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let login = Login { username: "Mufasa", password: "Circle Of Life" };
        let request = request(Method::GET, "http://www.nowhere.org/dir/index.html");
        let answer = answer(&[challenge], &login, "0a4f113b", &request);
        assert!(answer.contains("response=\"6629fae49393a05397450978507c4ef1\""), "{answer}");
        assert!(!answer.contains("algorithm"), "{answer}");
    }

    #[test]
    fn without_qop_as_requests_answers() {
        let request = request(Method::GET, "https://h.example/a/b?c=d%20e");
        let expected = "Digest username=\"user\", realm=\"r\", nonce=\"n1\", uri=\"/a/b?c=d%20e\", \
            response=\"ff27af5849857ce502f13997b507e9e2\"";
        assert_eq!(answer(&["Digest realm=\"r\", nonce=\"n1\""], &USER, "c", &request), expected);
        assert_eq!(answer(&["Digest realm=r, nonce=n1, qop=\"\""], &USER, "c", &request), expected);
    }

    #[test]
    fn every_algorithm_as_requests_and_httpx_answer() {
        check_put("SHA-256", "3f23bc884dbc60c4", "0ee00643f9bce153c09b1586e3399960f81d97cc03dab8ec30bcb8c9be589be3");
        check_put("MD5-sess", "ca3eb8d40d47aad7", "a91a3a3cb4ec9bc67dab53d3eb687db5");
        check_put("SHA-256-sess", "c0ffee00", "97ee33dc35765af881a9982fb4bcd2b613fbff95679dd4efeffca72716094550");
        check_put("MD5-sess", "c0ffee00", "ffee3afedcf53b9ad70ce447434410dd");
        check_put("SHA-256", "c0ffee00", "3260215e4845f79ba9b2a73563f49d565e421db0a5b52f802a0620a92f340199");
        check_put("MD5", "c0ffee00", "fb5b38af9252bba703fcfb9b0800e004");
    }

    #[test]
    fn the_strongest_that_can_be_answered_is() {
        let (weak, unknown) = ("Digest realm=r, nonce=md5", "Digest realm=r, nonce=sha512, algorithm=SHA-512-256");
        check_choice(&[unknown, weak], "nonce=\"md5\"");
        check_choice(&[weak, "Digest realm=r, nonce=sha, algorithm=sha-256-SESS"], "algorithm=sha-256-SESS");
        check_choice(&["Digest realm=r, nonce=i, algorithm=SHA-256, qop=auth-int", weak], "nonce=\"md5\"");
        check_choice(&[weak, "Digest realm=r, nonce=second"], "nonce=\"md5\"");
    }

    #[test]
    fn names_are_quoted_hashed_or_in_other_letters() {
        let login = Login { username: r#"DOM\a"b"#, password: "p" };
        let request = request(Method::GET, "https://h.example/");
        let escaped = answer(&[r#"Digest realm="a\"b", nonce=n"#], &login, "c", &request);
        assert!(escaped.starts_with(r#"Digest username="DOM\\a\"b", realm="a\"b","#), "{escaped}");
        let login = Login { username: "Jäsøn Doe", password: "p" };
        let known = answer(&["Digest realm=r, nonce=n, charset=utf-8"], &login, "c", &request);
        assert!(known.starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm"), "{known}");
        let unknown = answer(&["Digest realm=r, nonce=n"], &login, "c", &request);
        assert!(unknown.starts_with("Digest username=\"Jäsøn Doe\", realm"), "{unknown}");
        let hashed = answer(&["Digest realm=r, nonce=n, userhash=TRUE"], &USER, "c", &request);
        assert!(
            hashed.starts_with("Digest username=\"f2014bc543adfc117d6000879437967d\", userhash=true, realm"),
            "{hashed}"
        );
    }

    #[test]
    fn the_count_is_hexadecimal() {
        let request = request(Method::GET, "https://h.example/");
        let stamp = ClientNonce { nonce: "c", count: 27 };
        let answer = respond(&["Digest realm=r, nonce=n, qop=auth"], &USER, &request, &stamp).unwrap();
        assert!(answer.contains("nc=0000001b"), "{answer}");
    }

    #[test]
    fn what_cannot_be_answered_is_told() {
        check_refused(&["Basic realm=\"x\""], "it offers no `Digest`");
        check_refused(&["Digest realm=r, nonce=n, algorithm=SHA-512-256"], "it offers `SHA-512-256`; what can be");
        check_refused(&["Digest realm=r, nonce=n, qop=\"auth-int\""], "`MD5` with the qop `auth-int`");
        check_refused(&["Digest realm=r"], "`MD5` without a `nonce`");
        check_refused(
            &["Digest realm=r,nonce=n,algorithm=\"<b>\n\"", "Digest nonce=n"],
            "`b` and `MD5` without a `realm`",
        );
        let login = Login { username: "a\nb", password: "p" };
        let request = request(Method::GET, "https://h.example/");
        let error = respond(&STANDARD, &login, &request, &ClientNonce { nonce: "c", count: 1 }).unwrap_err();
        assert!(matches!(error, AuthError::Unfit { .. }));
    }

    #[test]
    fn a_challenge_and_a_stale_nonce_are_known() {
        assert!(is_challenged(&STANDARD) && !is_stale(&STANDARD));
        assert!(is_challenged(&["Basic realm=x, digest nonce=n, stale=TRUE"]));
        assert!(is_stale(&["Basic realm=x, digest nonce=n, stale=TRUE"]));
        assert!(!is_stale(&["Digest nonce=n, stale=false"]) && !is_stale(&["Basic stale=true"]));
        assert!(!is_challenged(&["Basic realm=\"Digest\""]) && !is_challenged(&[]));
    }
}
