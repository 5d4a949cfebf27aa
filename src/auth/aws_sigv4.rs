//! AWS Signature Version 4 in the `Authorization` header, as AWS's IAM user guide describes it
//! ("Create a signed AWS API request").
//!
//! No clock: the instant comes from the caller. Signs the bytes that are sent, so it comes last.

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue};
use ring::digest::{SHA256, digest};

use super::unreserved::{encode, encode_again};
use super::{AuthError, hmac};
use crate::keyword::{HmacAlgorithm, SignatureEncoding};
use crate::secret::Masks;
use crate::upstream::OutboundRequest;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Who signs, and for what.
#[derive(Clone, Copy)]
pub(super) struct AwsCredentials<'a> {
    /// `AKIA…`, or `ASIA…` with a session token.
    pub(super) access_key_id: &'a str,
    /// The secret of the key.
    pub(super) secret_access_key: &'a str,
    /// For temporary credentials.
    pub(super) session_token: Option<&'a str>,
    /// `eu-west-1`
    pub(super) region: &'a str,
    /// The signing name of the service: `execute-api`, `lambda`, `s3`.
    pub(super) service: &'a str,
}

/// Sets `X-Amz-Date`, `X-Amz-Security-Token`, for S3 `X-Amz-Content-Sha256`, and `Authorization`,
/// for the request as it is; nothing may change afterwards.
///
/// # Errors
/// Credentials or signed headers that the signature cannot carry.
pub(super) fn apply(
    credentials: &AwsCredentials<'_>,
    now: jiff::Timestamp,
    request: &mut OutboundRequest,
    masks: &mut Masks,
) -> Result<(), AuthError> {
    check(credentials)?;
    masks.add(credentials.secret_access_key);
    let instant = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let date = now.strftime("%Y%m%d").to_string();
    let payload = hex::encode(digest(&SHA256, &request.body));

    set(request, DATE, &instant)?;
    if let Some(token) = credentials.session_token {
        masks.add(token);
        set(request, SECURITY_TOKEN, token)?;
    }
    if is_s3(credentials) {
        set(request, CONTENT_SHA256, &payload)?;
    }

    let (headers, names) = canonical_headers(request)?;
    let path = canonical_path(request.url.path(), credentials);
    let query = canonical_query(request.url.query().unwrap_or_default());
    let canonical = format!("{}\n{path}\n{query}\n{headers}\n{names}\n{payload}", request.method);

    let AwsCredentials { access_key_id, region, service, .. } = credentials;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let hash = hex::encode(digest(&SHA256, canonical.as_bytes()));
    let text = format!("{ALGORITHM}\n{instant}\n{scope}\n{hash}");
    let key = signing_key(credentials, &date);
    let signature = hmac::signature(HmacAlgorithm::Sha256, &key, text.as_bytes(), SignatureEncoding::Hex);
    let value = format!("{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}");
    set(request, AUTHORIZATION, &value)
}

/// The commas and slashes of the header are the only ones in it.
fn check(credentials: &AwsCredentials<'_>) -> Result<(), AuthError> {
    let fits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && !b",/".contains(&byte));
    if ![credentials.access_key_id, credentials.region, credentials.service].into_iter().all(fits) {
        return Err(unfit(
            "the key id, the region or the service is empty or has a blank, a comma, a slash or a non-ASCII letter",
        ));
    }
    if credentials.secret_access_key.is_empty() {
        return Err(unfit("the secret access key is empty"));
    }
    let token = credentials.session_token.unwrap_or("-");
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unfit("the session token is empty or has a blank, a line break or a non-ASCII letter"));
    }
    Ok(())
}

/// The secret, bound to the day, the region and the service.
fn signing_key(credentials: &AwsCredentials<'_>, date: &str) -> Vec<u8> {
    let secret = format!("AWS4{}", credentials.secret_access_key).into_bytes();
    [date, credentials.region, credentials.service, "aws4_request"]
        .iter()
        .fold(secret, |key, part| hmac::code(HmacAlgorithm::Sha256, &key, part.as_bytes()))
}

fn is_s3(credentials: &AwsCredentials<'_>) -> bool {
    credentials.service == "s3"
}

/// The signed headers, each on a line, and their names with semicolons between.
fn canonical_headers(request: &OutboundRequest) -> Result<(String, String), AuthError> {
    let mut lines = Vec::new();
    if !request.headers.contains_key(HOST) {
        lines.push(("host", host(request)));
    }
    for name in request.headers.keys().filter(|name| is_signed(name)) {
        let mut values = Vec::new();
        for value in request.headers.get_all(name) {
            let text = std::str::from_utf8(value.as_bytes()).map_err(|_| unfit("a header to be signed is no UTF-8"))?;
            values.push(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
        }
        lines.push((name.as_str(), values.join(",")));
    }
    lines.sort();
    let names: Vec<_> = lines.iter().map(|(name, _)| *name).collect();
    let text = lines.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    Ok((text, names.join(";")))
}

/// Other headers may be changed on the way, by a proxy or by the library that sends them.
fn is_signed(name: &HeaderName) -> bool {
    name == HOST || name == CONTENT_TYPE || name.as_str().starts_with("x-amz-")
}

fn host(request: &OutboundRequest) -> String {
    let host = request.url.host_str().unwrap_or_default();
    request.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// S3 takes the path as it is, encoded once; the others take it normalised (RFC 3986 §5.2.4,
/// and no empty segments), and encode what is encoded already once more.
pub(super) fn canonical_path(path: &str, credentials: &AwsCredentials<'_>) -> String {
    if is_s3(credentials) {
        return path.split('/').map(encode_again).collect::<Vec<_>>().join("/");
    }
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(encode(segment.as_bytes())),
        }
    }
    let is_folder = !segments.is_empty() && ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    format!("/{}{}", segments.join("/"), if is_folder { "/" } else { "" })
}

/// Sorted as encoded, by name and then by value; a name alone has an empty value. A `+` is a
/// space, as the services read it.
pub(super) fn canonical_query(query: &str) -> String {
    let spell = |part: &str| encode_again(&part.replace('+', " "));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (spell(name), spell(value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn set(request: &mut OutboundRequest, name: HeaderName, text: &str) -> Result<(), AuthError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| unfit("it has characters that headers do not have"))?;
    value.set_sensitive(name == AUTHORIZATION || name == SECURITY_TOKEN);
    request.headers.insert(name, value);
    Ok(())
}

fn unfit(reason: &'static str) -> AuthError {
    AuthError::Unfit { place: "an AWS signature".to_owned(), reason }
}
