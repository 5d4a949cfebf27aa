//! Who is let into the console, and what its answers forbid browsers.

use super::operator::{Served, Site, guarded};
use super::wire::Wire;
use crate::secret::Secret;
use crate::server::Secrets;

const TOKEN: &str = "a+token+of+thirty-two+characters";

fn with_token() -> Site {
    let token = Secret::new(TOKEN.replace('+', " "));
    guarded(Served::Good, Some(Secrets::any_of(&[token]).expect("long enough")))
}

/// Status line, headers and body, as they came.
async fn ask(site: &Site, line: &str, headers: &str, body: &str) -> String {
    let mut wire = Wire::to(site.address).await;
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    wire.send(format!("{line} HTTP/1.1\r\nConnection: close\r\n{headers}{length}\r\n{body}")).await;
    wire.rest().await
}

const OWN: &str = "Host: desk.example\r\nOrigin: https://desk.example\r\n";
const FOREIGN: &str = "Host: desk.example\r\nOrigin: https://evil.example\r\n";

#[tokio::test]
async fn signing_in_takes_the_token_and_gives_a_session() {
    let site = with_token();
    let turned = ask(&site, "GET /console/", "Host: desk.example\r\n", "").await;
    assert!(turned.starts_with("HTTP/1.1 303 ") && turned.contains("location: /console/sign-in\r\n"), "{turned}");
    let asked = ask(&site, "GET /console/sign-in", "Host: desk.example\r\n", "").await;
    assert!(asked.ends_with("sign in, First"), "{asked}");
    let wrong = ask(&site, "POST /console/sign-in", OWN, "token=another+token").await;
    assert!(
        wrong.starts_with("HTTP/1.1 403 ") && wrong.ends_with("WrongToken") && !wrong.contains("set-cookie"),
        "{wrong}"
    );
    let right = ask(&site, "POST /console/sign-in", OWN, &format!("token={TOKEN}")).await;
    assert!(right.starts_with("HTTP/1.1 303 "), "{right}");
    let cookie = right.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).expect("a cookie");
    let session = format!("Cookie: {cookie}\r\n");
    let page = ask(&site, "GET /console/", &format!("{OWN}{session}"), "").await;
    assert!(page.ends_with("signed in: true, form: false"), "{page}");
    let catalog = ask(&site, "GET /api/catalog", &format!("Host: desk.example\r\n{session}"), "").await;
    assert!(catalog.starts_with("HTTP/1.1 200 "), "{catalog}");
    let ended = ask(&site, "POST /console/sign-out", &format!("{OWN}{session}"), "").await;
    assert!(ended.contains("Max-Age=0"), "{ended}");
}

#[tokio::test]
async fn a_page_of_another_site_does_nothing_with_a_session() {
    let site = with_token();
    let right = ask(&site, "POST /console/sign-in", OWN, &format!("token={TOKEN}")).await;
    let cookie = right.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).expect("a cookie");
    let session = format!("Cookie: {cookie}\r\n");
    for (line, headers) in [
        ("POST /console/", format!("{FOREIGN}{session}")),
        ("POST /console/", format!("Host: desk.example\r\n{session}")),
        ("POST /console/", format!("Host: desk.example\r\nOrigin: null\r\n{session}")),
        ("POST /console/sign-in", FOREIGN.to_owned()),
    ] {
        let refused = ask(&site, line, &headers, "a=b").await;
        assert!(refused.starts_with("HTTP/1.1 403 "), "{line} {headers}: {refused}");
    }
    let reload = ask(&site, "POST /reload", &format!("{FOREIGN}{session}"), "").await;
    assert!(reload.starts_with("HTTP/1.1 401 "), "{reload}");
    let own = ask(&site, "POST /reload", &format!("{OWN}{session}"), "").await;
    assert!(own.starts_with("HTTP/1.1 200 "), "{own}");
    let form = ask(&site, "POST /console/", &format!("{OWN}{session}"), "a=b").await;
    assert!(form.ends_with("form: true"), "{form}");
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_sign_in_to() {
    let site = guarded(Served::Good, None);
    let own = "Host: localhost:8081\r\nOrigin: http://localhost:8081\r\n";
    assert!(ask(&site, "GET /console/sign-in", own, "").await.starts_with("HTTP/1.1 404 "));
    assert!(ask(&site, "GET /console/", own, "").await.ends_with("signed in: false, form: false"));
    assert!(ask(&site, "GET /console/", "Host: evil.example\r\n", "").await.starts_with("HTTP/1.1 403 "));
    let to = ask(&site, "GET /", "Host: localhost:8081\r\nAccept: text/html,*/*\r\n", "").await;
    assert!(to.contains("location: /console/\r\n"), "{to}");
}

#[tokio::test]
async fn pages_forbid_what_they_do_not_need() {
    let site = guarded(Served::Good, None);
    let page = ask(&site, "GET /console/", "Host: localhost\r\n", "").await;
    for header in [
        "content-security-policy: default-src 'none'; script-src 'self';",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "content-type: text/html; charset=utf-8",
    ] {
        assert!(page.contains(header), "{header}: {page}");
    }
    let style = ask(&site, "GET /console/assets/a.css", "Host: localhost\r\n", "").await;
    assert!(style.contains("content-type: text/css\r\n") && style.ends_with("a{}"), "{style}");
    assert!(ask(&site, "DELETE /console/", "Host: localhost\r\n", "").await.starts_with("HTTP/1.1 405 "));
    let large = format!("a={}", "x".repeat(1024 * 1024));
    let own = "Host: localhost\r\nOrigin: http://localhost\r\n";
    assert!(ask(&site, "POST /console/", own, &large).await.starts_with("HTTP/1.1 400 "));
}
