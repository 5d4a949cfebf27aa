//! The AWS signer against AWS's own test suite (`aws-sig-v4-test-suite`) and against botocore.
//!
//! The suite's requests are those that have no headers outside of what is signed here.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use super::AuthError;
use super::aws_sigv4::{AwsCredentials, apply, canonical_path, canonical_query};
use crate::secret::Masks;
use crate::upstream::OutboundRequest;

const SUITE: AwsCredentials<'_> = AwsCredentials {
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: None,
    region: "us-east-1",
    service: "service",
};

const SUITE_TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUu\
    wthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQc\
    HNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/o\
    LxBA==";

const FORM: &str = "application/x-www-form-urlencoded";

fn request(method: Method, url: &str) -> OutboundRequest {
    let url = Url::parse(url).or_else(|_| Url::parse(&format!("https://example.amazonaws.com{url}"))).unwrap();
    OutboundRequest {
        method,
        url,
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

fn with_body(mut request: OutboundRequest, kind: &'static str, body: &'static str) -> OutboundRequest {
    request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    request.body = body.into();
    request
}

fn with_header(mut request: OutboundRequest, name: &'static str, value: &'static str) -> OutboundRequest {
    request.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    request
}

fn signed(credentials: &AwsCredentials<'_>, mut request: OutboundRequest) -> Result<OutboundRequest, AuthError> {
    let now = "2015-08-30T12:36:00.9Z".parse().unwrap();
    apply(credentials, now, &mut request, &mut Masks::default()).map(|()| request)
}

#[track_caller]
fn check(credentials: &AwsCredentials<'_>, request: OutboundRequest, (names, signature): (&str, &str)) {
    let request = signed(credentials, request).unwrap();
    let service = credentials.service;
    let expected = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, \
         SignedHeaders={names}, Signature={signature}"
    );
    assert_eq!(request.headers[AUTHORIZATION], expected);
    assert!(request.headers[AUTHORIZATION].is_sensitive());
    assert_eq!(request.headers["x-amz-date"], "20150830T123600Z");
}

#[track_caller]
fn check_suite(method: Method, url: &str, signature: &str) {
    check(&SUITE, request(method, url), ("host;x-amz-date", signature));
}

#[track_caller]
fn check_path(service: &str, path: &str, expected: &str) {
    assert_eq!(canonical_path(path, &AwsCredentials { service, ..SUITE }), expected);
}

#[track_caller]
fn check_refused(credentials: AwsCredentials<'_>, expected: &str) {
    let request = request(Method::GET, "/");
    let error = signed(&credentials, request).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn vanilla() {
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    check_suite(Method::GET, "/", vanilla);
    check_suite(Method::GET, "/?", vanilla);
    check_suite(Method::GET, "//", vanilla);
    check_suite(Method::GET, "/./", vanilla);
    check_suite(Method::GET, "/example1/example2/../..", vanilla);
    check_suite(Method::POST, "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

#[test]
fn queries() {
    let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    check_suite(Method::GET, "/?Param1=value1", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb");
    check_suite(
        Method::GET,
        "/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    );
    check_suite(
        Method::GET,
        "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    );
    check_suite(
        Method::GET,
        &format!("/?{unreserved}={unreserved}"),
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    );
    check_suite(Method::GET, "/?ሴ=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
    check_suite(Method::POST, "/?Param1=value1", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11");
    assert_eq!(canonical_query("b&a=1&&a=&B=x+y%2By%2f"), "B=x%20y%2By%2F&a=&a=1&b=");
}

#[test]
fn paths() {
    let unreserved = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    check_suite(Method::GET, unreserved, "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
    check_suite(Method::GET, "//example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84");
    check_suite(Method::GET, "/./example", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5");
}

// As the suite's canonical requests have them; `Url` has done some of it before.
#[test]
fn a_path_is_normalised() {
    check_path("service", "/example/..", "/");
    check_path("service", "/example1/example2/../..", "/");
    check_path("service", "/./", "/");
    check_path("service", "/./example", "/example");
    check_path("service", "//example//", "/example/");
    check_path("service", "/a/b/..", "/a/");
    check_path("service", "/../a", "/a");
    check_path("service", "", "/");
    // `get-utf8` and `get-space` sign a path that is not encoded yet.
    check_path("service", "/ሴ", "/%E1%88%B4");
    check_path("service", "/example space/", "/example%20space/");
    // What is sent is encoded, and is encoded once more.
    check_path("service", "/%E1%88%B4/a:b", "/%25E1%2588%25B4/a%3Ab");
}

#[test]
fn the_path_of_s3_is_encoded_once_and_stays_as_it_is() {
    check_path("s3", "/%E1%88%B4//a:b(c)/%2f~/", "/%E1%88%B4//a%3Ab%28c%29/%2F~/");
}

#[test]
fn forms() {
    let post = || request(Method::POST, "/");
    let expected = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a";
    check(&SUITE, with_body(post(), FORM, "Param1=value1"), ("content-type;host;x-amz-date", expected));
    let form = with_body(post(), "application/x-www-form-urlencoded; charset=utf8", "Param1=value1");
    let expected = "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe";
    check(&SUITE, form, ("content-type;host;x-amz-date", expected));
}

#[test]
fn temporary_credentials() {
    let credentials = AwsCredentials { session_token: Some(SUITE_TOKEN), ..SUITE };
    let expected = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead";
    check(&credentials, request(Method::POST, "/"), ("host;x-amz-date;x-amz-security-token", expected));
    let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    let credentials = AwsCredentials { session_token: Some(token), ..SUITE };
    let expected = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8";
    check(&credentials, request(Method::GET, "/"), ("host;x-amz-date;x-amz-security-token", expected));
    assert!(signed(&credentials, request(Method::GET, "/")).unwrap().headers["x-amz-security-token"].is_sensitive());
}

#[test]
fn lambda_as_botocore_signs_it() {
    let url = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3A1/invocations\
        ?Qualifier=%24LATEST&a=%20b";
    let request = with_body(request(Method::POST, url), "application/json", r#"{"a":1}"#);
    let request = with_header(request, "x-amz-invocation-type", "Event");
    let expected = "b17ba63c2bffc343285fe1ee1ab7aae5b6e6143d283874f306e57a5b6b99dcf8";
    let names = "content-type;host;x-amz-date;x-amz-invocation-type";
    check(&AwsCredentials { service: "lambda", ..SUITE }, request, (names, expected));
}

#[test]
fn another_port_and_blanks_in_a_header_as_botocore_signs_them() {
    let request = request(Method::POST, "https://dynamodb.local:8443/");
    let request = with_body(request, "application/x-amz-json-1.0", "{}");
    let request = with_header(request, "x-amz-target", "  DynamoDB_20120810.ListTables   x ");
    let credentials = AwsCredentials { service: "dynamodb", session_token: Some("sess/ion+token=="), ..SUITE };
    let expected = "8b586cfbc8e620575b821fc5736a95cbe4f6e9aae518844997daf831814a2363";
    check(&credentials, request, ("content-type;host;x-amz-date;x-amz-security-token;x-amz-target", expected));
}

#[test]
fn s3_as_botocore_signs_it() {
    let url = "https://b.s3.us-east-1.amazonaws.com/a%20b//%C3%BC%2Fc%3D/x?acl&x-id=PutObject";
    let request = with_header(with_body(request(Method::PUT, url), "text/plain", "hello"), "x-amz-meta-name", "n");
    let credentials = AwsCredentials { service: "s3", ..SUITE };
    let expected = "c7528a63a790409920f27e8e0deef430ea955007a5719247b45b8d2a9e15f7e3";
    let names = "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-name";
    check(&credentials, request.clone(), (names, expected));
    let expected = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(signed(&credentials, request).unwrap().headers["x-amz-content-sha256"], expected);
}

#[test]
fn a_query_without_values_as_botocore_signs_it() {
    check_suite(Method::GET, "/foo?b=&a=&a=1&B=2", "778c684dea812eb9836611cd9b83454f1bbe3a43c89e8a0a2851b96737b992b4");
}

#[test]
fn other_headers_may_change_on_the_way() {
    let mut request = request(Method::GET, "/");
    request.headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    check(&SUITE, request, ("host;x-amz-date", vanilla));
}

#[test]
fn a_host_that_is_set_is_the_one_that_is_signed() {
    let mut request = request(Method::GET, "https://127.0.0.1:8443/");
    request.headers.insert(HOST, HeaderValue::from_static("example.amazonaws.com"));
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    check(&SUITE, request, ("host;x-amz-date", vanilla));
}

#[test]
fn signing_again_changes_nothing() {
    let credentials = AwsCredentials { service: "s3", session_token: Some("t"), ..SUITE };
    let once = signed(&credentials, request(Method::GET, "/")).unwrap();
    assert_eq!(signed(&credentials, once.clone()).unwrap(), once);
}

#[test]
fn credentials_that_a_header_cannot_carry_are_refused() {
    check_refused(AwsCredentials { access_key_id: "", ..SUITE }, "the key id, the region or the service");
    check_refused(AwsCredentials { region: "eu west", ..SUITE }, "the key id, the region or the service");
    check_refused(AwsCredentials { service: "a/b", ..SUITE }, "the key id, the region or the service");
    check_refused(AwsCredentials { secret_access_key: "", ..SUITE }, "the secret access key is empty");
    check_refused(AwsCredentials { session_token: Some("a\nb"), ..SUITE }, "the session token is empty or");
}
