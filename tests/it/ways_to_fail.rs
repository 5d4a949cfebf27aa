//! Each way to fail, over a socket: its kind, and whether the request may have arrived. That alone decides whether a request that
//! changes something may be sent again.

use std::net::SocketAddr;
use std::time::Duration;

use action_executor::keyword::ProxyAddress;
use action_executor::upstream::{Network, NetworkSettings, OutboundRequest, ProxyError, SendError, TlsError};

use crate::support::frames::{Attack, DATA, END_HEADERS, HEADERS, OK, RST_STREAM, frame, goaway, h2_service};
use crate::support::{
    Act, Gate, Misbehaving, StubService, authority, chunked, closed_port, get, loopback, mutual_service, respond, send,
    tls_service,
};

const NEVER: bool = false;
const MAYBE: bool = true;

#[track_caller]
fn check(network: &Network, request: &OutboundRequest, expected: &SendError, may_have_arrived: bool) {
    assert_eq!(send(network, request).as_ref(), Err(expected), "{}", request.url);
    assert_eq!(expected.may_have_arrived(), may_have_arrived);
}

#[track_caller]
fn check_url(url: &str, expected: &SendError, may_have_arrived: bool) {
    check(&trusting(None), &get(url), expected, may_have_arrived);
}

/// May call loopback, trusts the tests' authority, and leaves by this proxy.
fn trusting(proxy: Option<String>) -> Network {
    Network::new(&NetworkSettings {
        allow_private: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        allow_http: true,
        ca_file: Some(authority()),
        proxy: proxy.map(ProxyAddress::Through),
        ..NetworkSettings::default()
    })
    .unwrap()
}

fn over_tls(address: SocketAddr) -> String {
    format!("https://localhost:{}/", address.port())
}

#[test]
fn without_a_connection_nothing_arrives() {
    check_url("https://nope.invalid", &SendError::Dns, NEVER);
    let (_held, closed) = closed_port();
    check_url(&format!("http://{closed}"), &SendError::Connect, NEVER);
    check_url(&over_tls(closed), &SendError::Connect, NEVER);
}

#[test]
fn without_tls_nothing_arrives() {
    let plain = StubService::saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    check_url(&over_tls(plain), &SendError::Tls(TlsError::NotTls), NEVER);
    check_url(&over_tls(StubService::resetting()), &SendError::Tls(TlsError::Failed), NEVER);
    let service = over_tls(tls_service(respond(200, "", "")));
    check(&loopback(), &get(&service), &SendError::Tls(TlsError::Untrusted), NEVER);
    check_url(&service.replace("localhost", "127.0.0.1"), &SendError::Tls(TlsError::OtherName), NEVER);
    let refused = SendError::Tls(TlsError::Refused(rustls::AlertDescription::CertificateRequired));
    check_url(&over_tls(mutual_service("partner.example.com")), &refused, NEVER);
}

/// A handshake without an end, and one that is begun by nothing but a listening socket.
#[test]
fn a_handshake_that_takes_too_long_sent_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = over_tls(silent.local_addr().unwrap());
    let short = Duration::from_millis(100);
    let by_connect = OutboundRequest { connect_timeout: short, ..get(&url) };
    check(&trusting(None), &by_connect, &SendError::ConnectTimeout, NEVER);
    let by_attempt = OutboundRequest { attempt_timeout: short, ..get(&url) };
    check(&trusting(None), &by_attempt, &SendError::ConnectTimeout, NEVER);
}

#[test]
fn http_1_after_sending() {
    let service = Misbehaving::start();
    for (path, expected) in [
        ("/refuse-after-accept", SendError::Cut),
        ("/reset", SendError::Cut),
        ("/reset-head", SendError::Cut),
        ("/reset-body", SendError::Cut),
        ("/cut-head", SendError::Cut),
        ("/cut-body", SendError::Cut),
        ("/bad-chunk", SendError::Malformed("its body cannot be decoded".to_owned())),
        ("/garbage", SendError::Malformed("its head cannot be read".to_owned())),
    ] {
        check_url(&service.url(path), &expected, MAYBE);
    }
    let short = StubService::start(|_| vec![Act::Send(chunked("5\r\nab")), Act::Close]);
    check_url(&short.url(), &SendError::Cut, MAYBE);
    let gate = Gate::default();
    let waits = gate.clone();
    let silent = StubService::start(move |_| vec![Act::Wait(waits.clone())]);
    let request = OutboundRequest { attempt_timeout: Duration::from_millis(200), ..get(&silent.url()) };
    check(&trusting(None), &request, &SendError::Timeout, MAYBE);
    gate.open();
}

/// What the service does with the first stream of an HTTP/2 connection.
#[track_caller]
fn check_h2(once: Vec<u8>, close: bool, expected: &SendError, may_have_arrived: bool) {
    let service = h2_service(Attack { once, close, ..Attack::default() });
    check_url(&over_tls(service), expected, may_have_arrived);
}

#[test]
fn http_2_streams_that_the_service_did_not_look_at() {
    const NO_ERROR: u32 = 0;
    const ENHANCE_YOUR_CALM: u32 = 11;
    check_h2(goaway(0, NO_ERROR), true, &SendError::Refused, NEVER);
    check_h2(goaway(0, ENHANCE_YOUR_CALM), true, &SendError::Refused, NEVER);
    check_h2(frame(RST_STREAM, 0, 1, &[0, 0, 0, 7]), false, &SendError::Refused, NEVER);
    assert!(SendError::Refused.may_pass());
}

#[test]
fn http_2_streams_that_the_service_looked_at() {
    let head = frame(HEADERS, END_HEADERS, 1, OK);
    check_h2(goaway(1, 0), true, &SendError::Cut, MAYBE);
    check_h2(goaway(1, 11), true, &SendError::Cut, MAYBE);
    check_h2(Vec::new(), true, &SendError::Cut, MAYBE);
    for reason in [0, 1, 2, 8] {
        check_h2(frame(RST_STREAM, 0, 1, &[0, 0, 0, reason]), false, &SendError::Cut, MAYBE);
    }
    check_h2(head.clone(), true, &SendError::Cut, MAYBE);
    check_h2([head, frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])].concat(), false, &SendError::Cut, MAYBE);
    let unreadable = SendError::Malformed("its HTTP/2 frames cannot be read".to_owned());
    check_h2(frame(DATA, 0, 1, b"no head"), false, &unreadable, MAYBE);
    check_h2(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), false, &unreadable, MAYBE);
}

fn refused_by_proxy(status: u16) -> SendError {
    SendError::Proxy(ProxyError::Refused { status: Some(status) })
}

#[test]
fn a_proxy_that_makes_no_tunnel_sends_nothing_on() {
    for status in [407, 502, 403] {
        let proxy = StubService::answering(respond(status, "", ""));
        let network = trusting(Some(proxy.url()));
        check(&network, &get("https://acme.example.com/s3cr3t"), &refused_by_proxy(status), NEVER);
        let asked = proxy.requests();
        assert!(asked.iter().all(|request| request.method == "CONNECT"), "{asked:?}");
    }
    assert!(!refused_by_proxy(407).may_pass() && refused_by_proxy(502).may_pass());
    assert_eq!(
        refused_by_proxy(407).to_string(),
        "the proxy wants a user name and a password (status 407); the operator can give them in the proxy's address"
    );
}

#[test]
fn a_proxy_that_wants_a_password_sends_nothing_on() {
    let proxy = StubService::answering(respond(407, "", ""));
    check(&trusting(Some(proxy.url())), &get("http://acme.example.com/"), &refused_by_proxy(407), NEVER);
}

#[test]
fn a_proxy_that_is_silent_or_away_sends_nothing_on() {
    let gate = Gate::default();
    let waits = gate.clone();
    let proxy = StubService::start(move |_| vec![Act::Wait(waits.clone())]);
    let request = OutboundRequest { connect_timeout: Duration::from_millis(200), ..get("https://acme.example.com/") };
    check(&trusting(Some(proxy.url())), &request, &SendError::ConnectTimeout, NEVER);
    gate.open();
    let unreachable = SendError::Proxy(ProxyError::Unreachable);
    for url in ["https://acme.example.com/", "http://acme.example.com/"] {
        let (_held, closed) = closed_port();
        check(&trusting(Some(format!("http://{closed}"))), &get(url), &unreachable, NEVER);
        check(&trusting(Some("http://nope.invalid:3128".to_owned())), &get(url), &unreachable, NEVER);
        let cutting = StubService::resetting();
        let expected = if url.starts_with("https") { (unreachable.clone(), NEVER) } else { (SendError::Cut, MAYBE) };
        check(&trusting(Some(format!("http://{cutting}"))), &get(url), &expected.0, expected.1);
    }
}
