//! OAuth 1.0 (RFC 5849) with keyed signatures, in the `Authorization` header.
//!
//! No clock, no randomness: the time and the nonce come from the caller. Getting a token is not here.

use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::{CONTROLS, percent_encode};

use super::unreserved::{encode, encode_again};
use super::{AuthError, hmac};
use crate::keyword::{HmacAlgorithm, Oauth1Method, SignatureEncoding};
use crate::secret::Masks;
use crate::upstream::OutboundRequest;

/// Who signs.
#[derive(Clone, Copy)]
pub(super) struct Oauth1<'a> {
    /// The application's name at the service.
    pub(super) consumer_key: &'a str,
    /// The application's secret.
    pub(super) consumer_secret: &'a str,
    /// On whose behalf; none where the application acts for itself.
    pub(super) token: Option<&'a str>,
    /// The secret of the token.
    pub(super) token_secret: Option<&'a str>,
    /// How to sign.
    pub(super) method: Oauth1Method,
    /// Part of the header, and of no signature: NetSuite's account, for one.
    pub(super) realm: Option<&'a str>,
}

/// What makes this signature the only one of its kind (RFC 5849 §3.3).
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    /// Seconds since 1970.
    pub(super) seconds: i64,
    /// Never used before with these seconds.
    pub(super) nonce: &'a str,
}

/// Sets `Authorization: OAuth …` for the request as it is; nothing may change afterwards.
///
/// # Errors
/// A realm that a header cannot carry.
pub(super) fn apply(
    credentials: &Oauth1<'_>,
    stamp: &Stamp<'_>,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    [Some(credentials.consumer_secret), credentials.token, credentials.token_secret]
        .into_iter()
        .flatten()
        .for_each(|secret| masks.add(secret));
    let mut parameters = vec![("oauth_consumer_key", credentials.consumer_key.to_owned())];
    parameters.extend(credentials.token.map(|token| ("oauth_token", token.to_owned())));
    parameters.extend([
        ("oauth_signature_method", method_name(credentials.method).to_owned()),
        ("oauth_timestamp", stamp.seconds.to_string()),
        ("oauth_nonce", stamp.nonce.to_owned()),
        ("oauth_version", "1.0".to_owned()),
    ]);
    parameters.push(("oauth_signature", signature(credentials, &base_string(request, &parameters))));

    let realm = credentials.realm.map(quoted_realm).transpose()?;
    let parts = parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value.as_bytes())));
    let header = format!("OAuth {}", realm.into_iter().chain(parts).collect::<Vec<_>>().join(", "));
    let mut value = HeaderValue::from_str(&header).map_err(|_| unfit("it has a line break"))?;
    value.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, value);
    Ok(())
}

/// RFC 5849 §3.4.2.
fn signature(credentials: &Oauth1<'_>, base: &str) -> String {
    let secrets = [credentials.consumer_secret, credentials.token_secret.unwrap_or_default()];
    let key = secrets.map(|secret| encode(secret.as_bytes())).join("&");
    let algorithm = match credentials.method {
        Oauth1Method::HmacSha1 => HmacAlgorithm::Sha1,
        Oauth1Method::HmacSha256 => HmacAlgorithm::Sha256,
    };
    hmac::signature(algorithm, key.as_bytes(), base.as_bytes(), SignatureEncoding::Base64)
}

fn method_name(method: Oauth1Method) -> &'static str {
    match method {
        Oauth1Method::HmacSha1 => "HMAC-SHA1",
        Oauth1Method::HmacSha256 => "HMAC-SHA256",
    }
}

/// RFC 5849 §3.4.1.1.
fn base_string(request: &OutboundRequest, oauth: &[(&str, String)]) -> String {
    let mut parameters: Vec<_> =
        oauth.iter().map(|(name, value)| (encode(name.as_bytes()), encode(value.as_bytes()))).collect();
    parameters.extend(form_pairs(request.url.query().unwrap_or_default()));
    if is_form(request) {
        // Only so that it is text: what is no ASCII is decoded again with the rest.
        parameters.extend(form_pairs(&percent_encode(&request.body, CONTROLS).to_string()));
    }
    // §3.4.1.3.2: sorted as encoded, by name and then by value.
    parameters.sort();
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    [request.method.as_str(), &base_address(request), &parameters.join("&")]
        .map(|part| encode(part.as_bytes()))
        .join("&")
}

/// RFC 5849 §3.4.1.2; `Url` holds scheme and host in small letters and no default port already.
fn base_address(request: &OutboundRequest) -> String {
    let url = &request.url;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// RFC 5849 §3.4.1.3.1: a body counts when it is a form of one part, and says so.
fn is_form(request: &OutboundRequest) -> bool {
    let kind = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn form_pairs(text: &str) -> Vec<(String, String)> {
    let spell = |part: &str| encode_again(&part.replace('+', " "));
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (spell(name), spell(value)))
        .collect()
}

/// RFC 5849 §3.5.1: the realm is a quoted string, not percent-encoded.
fn quoted_realm(realm: &str) -> Result<String, AuthError> {
    if !realm.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(unfit("it has a line break or a non-ASCII letter"));
    }
    Ok(format!("realm=\"{}\"", realm.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn unfit(reason: &'static str) -> AuthError {
    AuthError::Unfit { place: "the realm of OAuth 1.0".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, Method};
    use url::Url;

    use super::*;

    const PHOTOS: Oauth1<'_> = Oauth1 {
        consumer_key: "dpf43f3p2l4k3l03",
        consumer_secret: "kd94hf93k423kf44",
        token: Some("nnch734d00sl2jdk"),
        token_secret: Some("pfkkdhi9sl3r4s00"),
        method: Oauth1Method::HmacSha1,
        realm: Some("Photos"),
    };

    fn request(method: Method, url: &str, form: &str) -> OutboundRequest {
        let mut headers = HeaderMap::new();
        if !form.is_empty() {
            let kind = HeaderValue::from_static("Application/X-WWW-Form-Urlencoded; charset=UTF-8");
            headers.insert(CONTENT_TYPE, kind);
        }
        OutboundRequest {
            method,
            url: Url::parse(url).unwrap(),
            headers,
            body: form.to_owned().into(),
            connect_timeout: Duration::from_secs(1),
            attempt_timeout: Duration::from_secs(1),
            max_answer: 1,
            identity: None,
            service: None,
            shown_host: None,
            caller: 0,
        }
    }

    fn header(credentials: &Oauth1<'_>, stamp: (i64, &str), mut request: OutboundRequest) -> String {
        let stamp = Stamp { seconds: stamp.0, nonce: stamp.1 };
        apply(credentials, &stamp, &mut request, &mut Masks::default()).unwrap();
        let value = &request.headers[AUTHORIZATION];
        assert!(value.is_sensitive());
        value.to_str().unwrap().to_owned()
    }

    #[track_caller]
    fn check_signature(credentials: &Oauth1<'_>, stamp: (i64, &str), request: OutboundRequest, expected: &str) {
        let header = header(credentials, stamp, request);
        assert!(header.ends_with(&format!(", oauth_signature=\"{expected}\"")), "{header}");
    }

    #[track_caller]
    fn check_base(address: &str, expected: &str) {
        let base = base_string(&request(Method::GET, address, ""), &[]);
        assert_eq!(base, format!("GET&{expected}"));
    }

    // RFC 5849 §3.4.1.1, and the signature in its erratum 2550.
    #[test]
    fn a_base_string_as_the_standard_has_it() {
        let request =
            request(Method::POST, "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", "c2&a3=2+q");
        let oauth = [
            ("oauth_consumer_key", "9djdj82h48djs9d2".to_owned()),
            ("oauth_token", "kkk9d7dh3k39sjv7".to_owned()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", "137131201".to_owned()),
            ("oauth_nonce", "7d8f3e4a".to_owned()),
        ];
        let base = base_string(&request, &oauth);
        let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
            %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a\
            %26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(base, expected);
        let credentials = Oauth1 { consumer_secret: "j49sk3j29djd", token_secret: Some("dh893hdasih9"), ..PHOTOS };
        assert_eq!(signature(&credentials, &base), "r6/TJjbCOr97/+UU0NsvSne7s5g=");
    }

    // RFC 5849 §1.2, whose requests have no `oauth_version`.
    #[test]
    fn the_photos_of_the_standard() {
        let request = request(Method::GET, "http://photos.example.net/photos?file=vacation.jpg&size=original", "");
        let oauth = [
            ("oauth_consumer_key", "dpf43f3p2l4k3l03".to_owned()),
            ("oauth_token", "nnch734d00sl2jdk".to_owned()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", "137131202".to_owned()),
            ("oauth_nonce", "chapoH".to_owned()),
        ];
        assert_eq!(signature(&PHOTOS, &base_string(&request, &oauth)), "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    // Twitter's "Creating a signature".
    #[test]
    fn the_status_of_twitter() {
        let credentials = Oauth1 {
            consumer_key: "xvz1evFS4wEEPTGEFPHBog",
            consumer_secret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
            token: Some("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
            token_secret: Some("LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"),
            method: Oauth1Method::HmacSha1,
            realm: None,
        };
        let request = request(
            Method::POST,
            "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
            "status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
        );
        let expected = "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", \
            oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", \
            oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", \
            oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", oauth_version=\"1.0\", \
            oauth_signature=\"hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D\"";
        let stamp = (1_318_622_958, "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg");
        assert_eq!(header(&credentials, stamp, request), expected);
    }

    #[test]
    fn sha_256_a_realm_and_odd_letters_as_oauthlib_signs_them() {
        let credentials = Oauth1 {
            consumer_key: "ck&1",
            consumer_secret: "c$ /cret",
            token: Some("tk=2"),
            token_secret: Some("t%ret"),
            method: Oauth1Method::HmacSha256,
            realm: Some("123456_SB1"),
        };
        let address = "https://123456-sb1.restlets.api.netsuite.com:443/app/site/hosting/restlet.nl\
            ?script=6&deploy=1&name=J%C3%BCrgen+M%26%C3%BC&empty=&a~-._=%7E%2B";
        let expected = "OAuth realm=\"123456_SB1\", oauth_consumer_key=\"ck%261\", oauth_token=\"tk%3D2\", \
            oauth_signature_method=\"HMAC-SHA256\", oauth_timestamp=\"1700000000\", oauth_nonce=\"n0nce\", \
            oauth_version=\"1.0\", oauth_signature=\"CtyW6lJnyn246D3uZxB7bua7YsfEAcfQPqPrSE%2BENOQ%3D\"";
        assert_eq!(header(&credentials, (1_700_000_000, "n0nce"), request(Method::GET, address, "")), expected);
    }

    #[test]
    fn no_token_and_another_port_as_oauthlib_signs_them() {
        let credentials = Oauth1 {
            consumer_key: "ck",
            consumer_secret: "cs",
            token: None,
            token_secret: None,
            method: Oauth1Method::HmacSha1,
            realm: None,
        };
        let request = request(Method::GET, "http://EXAMPLE.com:8080/r%20v/X?id=123&id=12", "");
        check_signature(&credentials, (1_700_000_000, "n0nce"), request, "rRe8Qj2LWihkaCLI8DbYvHbZyAA%3D");
    }

    #[test]
    fn the_base_string_is_over_what_is_sent() {
        check_base("https://Example.COM:443", "https%3A%2F%2Fexample.com%2F&");
        check_base("http://example.com:443/", "http%3A%2F%2Fexample.com%3A443%2F&");
        check_base("http://example.com/?", "http%3A%2F%2Fexample.com%2F&");
        check_base("http://example.com/?a=%FF&&b#c", "http%3A%2F%2Fexample.com%2F&a%3D%25FF%26b%3D");
        // Sorted as encoded: `%` comes before letters, and `=` takes no part in it.
        check_base(
            "http://h.example/?ab=1&a=2&%C3%BC=3&a=10",
            "http%3A%2F%2Fh.example%2F&%25C3%25BC%3D3%26a%3D10%26a%3D2%26ab%3D1",
        );
    }

    #[test]
    fn a_body_that_is_no_form_is_not_signed() {
        let mut request = request(Method::POST, "http://example.com/", "a=1");
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert_eq!(base_string(&request, &[]), "POST&http%3A%2F%2Fexample.com%2F&");
    }

    #[test]
    fn a_form_is_signed_by_its_bytes() {
        let mut request = request(Method::POST, "http://example.com/", "a=1");
        request.body = b"a=\xff+%41%".to_vec().into();
        assert_eq!(base_string(&request, &[]), "POST&http%3A%2F%2Fexample.com%2F&a%3D%25FF%2520A%2525");
    }

    #[test]
    fn a_realm_is_quoted_or_refused() {
        let quoted = Oauth1 { realm: Some("a \"b\" \\"), ..PHOTOS };
        let header = header(&quoted, (1, "n"), request(Method::GET, "http://example.com/", ""));
        assert!(header.starts_with(r#"OAuth realm="a \"b\" \\", oauth_consumer_key"#), "{header}");
        let credentials = Oauth1 { realm: Some("a\nb"), ..PHOTOS };
        let mut request = request(Method::GET, "http://example.com/", "");
        let stamp = Stamp { seconds: 1, nonce: "n" };
        let error = apply(&credentials, &stamp, &mut request, &mut Masks::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the realm of OAuth 1.0 cannot carry this value: it has a line break or a non-ASCII letter"
        );
    }
}
