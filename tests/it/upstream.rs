//! Sending over real sockets: every way in which there is no answer, and what an answer looks like.

use std::path::PathBuf;
use std::time::Duration;

use action_executor::catalog::{AllowedHosts, HostPattern};
use action_executor::upstream::{Network, NetworkError, NetworkSettings, OutboundRequest, SendError, Sender};
use bytes::Bytes;
use http::{HeaderValue, Method};
use url::Url;

use crate::support::{
    Act, Bridge, Gate, MIB, PATIENCE, StubService, authority, chunked, closed_port, command, expired_service, get,
    gzip, gzip_header, json_answer, loopback, network, peak_memory, respond, run, second_authority, send,
    send_unanswered, tls_service, zeros_without_end,
};

/// What comes of one request to a service that does this.
#[track_caller]
fn check(acts: Vec<Act>, expected: &Result<&str, SendError>) {
    let stub = StubService::start(move |_| acts.clone());
    let sent = send(&loopback(), &get(&stub.url()));
    let sent = sent.map(|answer| String::from_utf8(answer.body.to_vec()).unwrap());
    assert_eq!(sent.as_deref(), expected.as_ref().map(|text| *text));
}

#[track_caller]
fn check_malformed(acts: Vec<Act>) {
    let stub = StubService::start(move |_| acts.clone());
    let sent = send(&loopback(), &get(&stub.url()));
    assert!(matches!(sent, Err(SendError::Malformed(_))), "{sent:?}");
}

#[track_caller]
fn check_url(network: &Network, url: &str, expected: &SendError) {
    assert_eq!(send(network, &get(url)).as_ref(), Err(expected), "{url}");
    assert!(!expected.may_have_arrived());
}

#[test]
fn a_whole_answer_is_given_as_it_is() {
    let stub = StubService::answering(respond(418, "X-One: 1\r\nX-One: 2\r\n", "short and stout"));
    let answer = send(&loopback(), &get(&stub.url())).unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (418, b"short and stout".as_slice()));
    assert_eq!(answer.headers.get_all("x-one").iter().collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn a_refused_connection_never_arrived() {
    let (_held, address) = closed_port();
    check_url(&loopback(), &format!("http://{address}"), &SendError::Connect);
}

#[test]
fn a_connection_ends_with_the_runtime_that_drives_it_and_no_other_one_waits_for_it() {
    let stub = StubService::answering(respond(200, "", "ok"));
    let (network, url) = (loopback(), stub.url());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let asked = |runtime: &tokio::runtime::Runtime| {
        let answer = runtime.block_on(network.send(Box::new(get(&url))));
        answer.map(|answer| answer.status)
    };
    assert_eq!((asked(&first), asked(&second), asked(&first)), (Ok(200), Ok(200), Ok(200)));
    drop(first);
    assert_eq!(asked(&second), Ok(200));
}

#[test]
fn a_reset_connection_is_cut() {
    let sent = send(&loopback(), &get(&format!("http://{}", StubService::resetting())));
    assert_eq!(sent, Err(SendError::Cut));
    assert!(SendError::Cut.may_have_arrived());
}

#[test]
fn no_answer_at_all_is_cut() {
    check(vec![Act::Close], &Err(SendError::Cut));
}

#[test]
fn an_answer_cut_in_its_head_is_cut() {
    check(vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), Act::Close], &Err(SendError::Cut));
}

#[test]
fn an_answer_cut_in_its_body_is_cut() {
    let answer = json_answer(200, "{\"id\":1}");
    check(vec![Act::Send(answer[..answer.len() - 3].to_vec()), Act::Close], &Err(SendError::Cut));
}

#[test]
fn a_chunked_answer_without_its_end_is_cut() {
    check(vec![Act::Send(chunked("3\r\nabc\r\n")), Act::Close], &Err(SendError::Cut));
    check(vec![Act::Send(chunked("5\r\nab")), Act::Close], &Err(SendError::Cut));
}

#[test]
fn a_length_that_promises_too_much_is_cut() {
    check(
        vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".to_vec()), Act::Close],
        &Err(SendError::Cut),
    );
}

#[test]
fn a_length_that_promises_too_little_ends_the_answer() {
    check(vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef".to_vec()), Act::Close], &Ok("abc"));
}

#[test]
fn an_answer_without_a_length_ends_with_its_connection() {
    check(vec![Act::Send(b"HTTP/1.0 200 OK\r\n\r\nabc".to_vec()), Act::Close], &Ok("abc"));
}

#[test]
fn chunks_and_drips_are_put_together() {
    check(vec![Act::Drip(chunked("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"))], &Ok("abcde"));
    check(vec![Act::Drip(json_answer(200, "{\"id\":1}"))], &Ok("{\"id\":1}"));
}

#[test]
fn what_is_no_http_is_malformed() {
    check_malformed(vec![Act::Send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec())]);
    check_malformed(vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_vec())]);
    check_malformed(vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nab".to_vec())]);
    check_malformed(vec![Act::Send(chunked("zz\r\nabc\r\n0\r\n\r\n"))]);
    check_malformed(vec![Act::Send([b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; 2 * MIB]].concat())]);
}

#[test]
fn what_cannot_be_decompressed_is_malformed() {
    check_malformed(vec![Act::Send(respond(200, "Content-Encoding: gzip\r\n", "this is no gzip"))]);
    let whole = gzip(b"a text that was cut");
    for missing in [1, 8, 9, whole.len() - 1] {
        let part = &whole[..whole.len() - missing];
        check_malformed(vec![Act::Send(respond(200, "Content-Encoding: gzip\r\n", part)), Act::Close]);
    }
    check_malformed(vec![Act::Send(respond(200, "Content-Encoding: deflate\r\n", &ZLIB[..ZLIB.len() - 1]))]);
    check_malformed(vec![Act::Send(respond(200, "Content-Encoding: br\r\n", &BROTLI[..BROTLI.len() - 1]))]);
}

#[test]
fn a_compressed_answer_that_is_cut_is_cut() {
    let whole = gzip(b"a text that was cut");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", whole.len() + 9);
    for there in [15, whole.len()] {
        let acts = vec![Act::Send([head.as_bytes(), &whole[..there]].concat()), Act::Close];
        check(acts, &Err(SendError::Cut));
    }
}

#[test]
fn nothing_is_nothing_whatever_its_headers_say() {
    check(vec![Act::Send(respond(200, "Content-Encoding: gzip\r\n", ""))], &Ok(""));
    check(vec![Act::Send(b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n".to_vec())], &Ok(""));
    // What a HEAD announces does not come (RFC 9110 §9.3.2).
    let stub = StubService::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec());
    let head = OutboundRequest { method: Method::HEAD, ..get(&stub.url()) };
    assert_eq!(send(&loopback(), &head).unwrap().body, "");
}

#[test]
fn an_answer_over_the_cap_is_too_large() {
    let over = Err(SendError::TooLarge { limit: MIB });
    check(vec![Act::Send(respond(200, "", vec![b'x'; MIB + 1]))], &over);
    check(vec![Act::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Act::Endless(vec![b'x'; 65536])], &over);
    check(vec![Act::Send(chunked("")), Act::Endless(b"4\r\nabcd\r\n".repeat(999))], &over);
}

#[test]
fn an_announced_length_over_the_cap_is_not_waited_for() {
    let gate = Gate::default();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MIB + 1).into_bytes();
    check(vec![Act::Send(head), Act::Wait(gate.clone())], &Err(SendError::TooLarge { limit: MIB }));
    gate.open();
}

#[test]
fn an_answer_at_the_cap_is_whole() {
    let stub = StubService::answering(respond(200, "", vec![b'x'; MIB]));
    assert_eq!(send(&loopback(), &get(&stub.url())).unwrap().body.len(), MIB);
}

/// Zeros without end, sent as gzip.
#[test]
fn a_gzip_bomb_is_too_large_and_takes_no_memory() {
    let (start, more) = zeros_without_end();
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
    let acts = vec![Act::Send([head, gzip_header(), start].concat()), Act::Endless(more.repeat(500))];
    let before = peak_memory();
    check(acts, &Err(SendError::TooLarge { limit: MIB }));
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < 128 * MIB, "{grown} bytes more");
}

#[test]
fn a_service_that_does_not_answer_in_time_may_have_received_it() {
    let gate = Gate::default();
    let waits = gate.clone();
    let stub = StubService::start(move |_| vec![Act::Wait(waits.clone())]);
    assert_eq!(
        run(send_unanswered(&loopback(), get(&stub.url()), || !stub.requests().is_empty())),
        Err(SendError::Timeout)
    );
    assert!(SendError::Timeout.may_have_arrived());
    gate.open();
}

#[test]
fn a_body_that_stalls_is_a_timeout_too() {
    let gate = Gate::default();
    let acts = vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_vec()), Act::Wait(gate.clone())];
    let stub = StubService::start(move |_| acts.clone());
    assert_eq!(
        run(send_unanswered(&loopback(), get(&stub.url()), || !stub.requests().is_empty())),
        Err(SendError::Timeout)
    );
    gate.open();
}

/// A listener whose queue is full lets nobody in: Linux drops further connection requests.
#[test]
#[cfg(target_os = "linux")]
fn a_connection_that_takes_too_long_sent_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(Ok(stream)) =
            tokio::time::timeout(Duration::from_millis(300), tokio::net::TcpStream::connect(address)).await
        {
            waiting.push(stream);
            assert!(waiting.len() < 100, "the queue never fills");
        }
        let url = format!("http://{address}");
        let network = loopback();
        let by_connect = OutboundRequest { connect_timeout: Duration::from_millis(100), ..get(&url) };
        assert_eq!(network.send(Box::new(by_connect.clone())).await, Err(SendError::ConnectTimeout));
        let both = Duration::from_millis(333);
        let by_attempt = OutboundRequest { connect_timeout: both, attempt_timeout: both, ..get(&url) };
        assert_eq!(
            network.send(Box::new(by_attempt.clone())).await,
            Err(SendError::ConnectTimeout),
            "nothing was sent, so it says so"
        );
    });
    assert!(!SendError::ConnectTimeout.may_have_arrived());
}

#[test]
fn tls_to_a_plain_port_is_a_tls_error() {
    let plain = StubService::saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let sent = send(&loopback(), &get(&format!("https://{plain}")));
    assert!(matches!(sent, Err(SendError::Tls(_))), "{sent:?}");
}

#[test]
fn a_certificate_of_an_unknown_authority_is_a_tls_error_and_the_operator_can_add_the_authority() {
    let url = format!("https://localhost:{}", tls_service(respond(200, "Connection: close\r\n", "ok")).port());
    assert_eq!(tls_reason(&loopback(), &url), UNKNOWN_AUTHORITY);
    assert_eq!(send(&trusting(authority()).unwrap(), &get(&url)).unwrap().body, "ok");
}

#[test]
fn a_certificate_for_another_name_does_not_tell_the_name() {
    let url = format!("https://{}", tls_service(respond(200, "Connection: close\r\n", "ok")));
    let reason = tls_reason(&trusting(authority()).unwrap(), &url);
    assert_eq!(reason, "the service's certificate is for another host name");
}

#[test]
fn an_expired_certificate_is_told_as_such() {
    let url = format!("https://localhost:{}", expired_service().port());
    let reason = tls_reason(&trusting(second_authority()).unwrap(), &url);
    assert_eq!(reason, "the service's certificate has expired");
}

#[track_caller]
fn tls_reason(network: &Network, url: &str) -> String {
    match send(network, &get(url)) {
        Err(SendError::Tls(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

const UNKNOWN_AUTHORITY: &str =
    "the service's certificate is from an authority that is not trusted; the operator can add one with `--ca-file`";

/// A network that may call loopback and trusts this file's authorities too.
fn trusting(ca_file: PathBuf) -> Result<Network, NetworkError> {
    let allow_private = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    Network::new(&NetworkSettings { allow_private, ca_file: Some(ca_file), ..NetworkSettings::default() })
}

#[test]
fn a_file_of_authorities_that_adds_none_is_refused_at_start() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    for (text, expected) in [
        ("", "it holds no certificate in PEM form"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "it holds no certificate in PEM form"),
        ("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "it is not valid PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a certificate in it cannot be read"),
    ] {
        std::fs::write(&file, text).unwrap();
        match trusting(file.clone()) {
            Err(NetworkError::CaFile { path, reason }) => assert_eq!((path, reason.as_str()), (file.clone(), expected)),
            other => panic!("{other:?}"),
        }
    }
}

/// As in a container image that holds nothing but the program.
#[test]
#[cfg(target_os = "linux")]
fn it_starts_where_the_platform_has_no_authorities() {
    let nothing = tempfile::tempdir().unwrap();
    let mut serve = command();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--admin", "off", "--log-format", "json", "--actions"]);
    serve.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/actions.d"));
    serve.env("SSL_CERT_FILE", nothing.path().join("none.pem")).env("SSL_CERT_DIR", nothing.path());
    let bridge = Bridge::start(serve);
    bridge.wait_for_line("the platform has no certificate authorities; Mozilla's are trusted instead");
}

#[test]
fn a_name_without_address_is_a_dns_error() {
    check_url(&loopback(), "https://nope.invalid", &SendError::Dns);
}

#[test]
fn private_addresses_are_forbidden_in_any_form() {
    let network = network(&[]);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[64:ff9b::7f00:1]",
    ] {
        check_url(&network, &format!("https://{host}:9"), &SendError::ForbiddenAddress);
    }
}

#[test]
fn what_cannot_be_put_on_the_wire_never_arrived() {
    for url in ["ftp://127.0.0.1/", "ws://127.0.0.1/", "file:///etc/passwd", "data:,x"] {
        check_url(&loopback(), url, &SendError::Unsendable("its address is neither http nor https"));
    }
    let stub = StubService::answering(respond(200, "", "ok"));
    let long = format!("{}/?q={}", stub.url(), "s3cr3t".repeat(12_000));
    let sent = send(&loopback(), &get(&long)).unwrap_err();
    assert!(matches!(sent, SendError::Unsendable(_)), "{sent:?}");
    assert!(!sent.may_have_arrived());
    assert_eq!(stub.connections(), 0);
}

#[test]
fn no_error_tells_the_address() {
    let closed = closed_port();
    let plain = StubService::saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let cutting = StubService::start(|_| vec![Act::Close]);
    let babbling = StubService::answering(b"s3cr3t\r\n\r\n".to_vec());
    let undecodable = StubService::answering(respond(200, "Content-Encoding: gzip\r\n", "s3cr3t"));
    for base in [
        "https://s3cr3t.invalid".to_owned(),
        "http://s3cr3t.example.com".to_owned(),
        format!("http://{}", closed.1),
        format!("https://{plain}"),
        cutting.url(),
        babbling.url(),
        undecodable.url(),
    ] {
        let error = send(&loopback(), &get(&format!("{base}/s3cr3t?token=s3cr3t"))).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
    }
}

/// Values come from the caller; whatever they hold, the host is one that the definition names.
#[test]
fn a_value_in_a_host_does_not_lead_elsewhere() {
    let hosts = AllowedHosts::new(vec![HostPattern::compile("*.zendesk.com").unwrap()]);
    for value in [
        "x.evil.com/",
        "x.evil.com#",
        "x.evil.com?",
        "x.evil.com\\",
        "127.0.0.1#",
        "127.0.0.1:80/",
        "[::ffff:169.254.169.254]/",
        "zendesk.com@evil.com/",
        "a:b@evil.com#",
        "evil.com\u{ff0f}",
        "evil.com/\u{ff0e}zendesk",
        "zendesk.com.evil.com/",
    ] {
        // What is no address at all is refused before.
        let allowed = Url::parse(&format!("https://{value}.zendesk.com/x")).is_ok_and(|url| hosts.allow(&url));
        assert!(!allowed, "{value}");
    }
    let spelt = |url: &str| hosts.allow(&Url::parse(url).unwrap());
    assert!(spelt("https://acme\u{ff0e}zendesk\u{3002}com/x"), "other dots are dots");
    assert!(spelt("https://\u{ff41}cme.zendesk.com/x"), "wide letters are letters");
    assert!(!spelt("https://acme.z\u{435}ndesk.com/x"), "a letter that looks alike is another");
    assert!(!spelt("https://evilzendesk\u{ff0e}com/x"));
}

#[test]
fn plain_http_is_for_loopback_only() {
    check_url(&network(&["10.0.0.0/8"]), "http://10.0.0.1", &SendError::PlainHttp);
    check_url(&loopback(), "http://example.com", &SendError::PlainHttp);
    check_url(&loopback(), "http://localhost.example.com", &SendError::PlainHttp);
    let stub = StubService::answering(respond(200, "", "ok"));
    let by_name = format!("http://localhost:{}", stub.address().port());
    assert_eq!(send(&loopback(), &get(&by_name)).unwrap().status, 200);
}

#[test]
fn redirects_are_answers() {
    let elsewhere = StubService::answering(respond(200, "", "elsewhere"));
    let stub = StubService::answering(respond(302, &format!("Location: {}\r\n", elsewhere.url()), ""));
    assert_eq!(send(&loopback(), &get(&stub.url())).unwrap().status, 302);
    assert_eq!(elsewhere.connections(), 0);
}

/// A connection is free again when its own task has seen the end of the answer.
async fn set_free() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let stub = StubService::answering(json_answer(200, "{}"));
    let network = loopback();
    run(async {
        for _ in 0..20 {
            network.send(Box::new(get(&stub.url()))).await.unwrap();
            set_free().await;
        }
    });
    assert_eq!(stub.connections(), 1);
}

/// As when less is left of a call's time than its definition gives a connection: never twice the same.
#[test]
fn connections_are_kept_when_the_time_to_connect_varies() {
    let stub = StubService::answering(json_answer(200, "{}"));
    let network = loopback();
    run(async {
        for spent in 0..40_u64 {
            let left = PATIENCE.saturating_sub(Duration::from_micros(spent * 37));
            let request = OutboundRequest { connect_timeout: left, attempt_timeout: left, ..get(&stub.url()) };
            network.send(Box::new(request.clone())).await.unwrap();
            set_free().await;
        }
    });
    assert_eq!(stub.connections(), 1);
}

#[test]
fn compressed_answers_are_decompressed() {
    check(vec![Act::Send(respond(200, "Content-Encoding: gzip\r\n", gzip(b"hello")))], &Ok("hello"));
    check(vec![Act::Send(respond(200, "Content-Encoding: deflate\r\n", ZLIB))], &Ok("hello"));
    check(vec![Act::Send(respond(200, "Content-Encoding: deflate\r\n", &ZLIB[2..ZLIB.len() - 4]))], &Ok("hello"));
    check(vec![Act::Send(respond(200, "Content-Encoding: br\r\n", BROTLI))], &Ok("hello"));
}

/// Heads that curl reads too.
#[test]
fn odd_heads_are_read() {
    let check_header = |lines: &str, name: &str, expected: &str| {
        let answer = send(&loopback(), &get(&StubService::answering(respond(200, lines, "ok")).url())).unwrap();
        assert_eq!((answer.headers.get(name).unwrap().as_bytes(), &answer.body[..]), (expected.as_bytes(), &b"ok"[..]));
    };
    check_header("X-Odd: a\r\n b\r\n", "x-odd", "a b");
    check_header("X-Odd: a\r\n\tb\r\nX-More: c\r\n", "x-more", "c");
    check_header("X-Odd : a\r\n", "x-odd", "a");
    // With `Content-Length` there are 256.
    check_header(&"X-Many: a\r\n".repeat(255), "x-many", "a");
    check_malformed(vec![Act::Send(respond(200, &"X-Many: a\r\n".repeat(256), "ok"))]);
}

/// Made with zlib (RFC 1950) and brotli (RFC 7932), of the text `hello`.
const ZLIB: &[u8] = &[0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x06, 0x2c, 0x02, 0x15];
const BROTLI: &[u8] = &[0x0b, 0x02, 0x80, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x03];

#[test]
fn a_gzip_answer_is_read_to_its_last_member() {
    let members = [gzip(b"one, "), gzip(b"two")].concat();
    for coding in ["gzip", "x-gzip", "GZip"] {
        let stub = StubService::answering(respond(200, &format!("Content-Encoding: {coding}\r\n"), &members));
        let answer = send(&loopback(), &get(&stub.url())).unwrap();
        assert_eq!(answer.body, "one, two");
        assert!(!answer.headers.contains_key("content-encoding") && !answer.headers.contains_key("content-length"));
        let recorded = &stub.requests()[0];
        assert_eq!(recorded.header("accept-encoding").as_deref(), Some("gzip, br, deflate"));
    }
    let garbage = [gzip(b"one"), b"and more".to_vec()].concat();
    check_malformed(vec![Act::Send(respond(200, "Content-Encoding: gzip\r\n", garbage))]);
}

#[test]
fn an_encoding_that_was_not_asked_for_is_malformed() {
    let reason = "its body is in an encoding that is not one of those asked for (gzip, br, deflate)";
    for coding in ["zstd", "ZSTD", "compress", "gzip, zstd", "gzip\r\nContent-Encoding: zstd", "s3cr3t"] {
        let answer = respond(200, &format!("Content-Encoding: {coding}\r\n"), "\u{28}\u{b5}");
        check(vec![Act::Send(answer)], &Err(SendError::Malformed(reason.to_owned())));
    }
    for harmless in ["identity", "Identity", "", "UTF-8", "iso-8859-1"] {
        check(vec![Act::Send(respond(200, &format!("Content-Encoding: {harmless}\r\n"), "text"))], &Ok("text"));
    }
    check(vec![Act::Send(respond(200, "Content-Encoding: zstd\r\n", ""))], &Ok(""));
}

#[test]
fn a_definition_may_ask_for_an_answer_as_it_is() {
    let stub = StubService::answering(respond(200, "", "ok"));
    let mut request = get(&stub.url());
    request.headers.insert("accept-encoding", HeaderValue::from_static("identity"));
    send(&loopback(), &request).unwrap();
    assert_eq!(stub.requests()[0].header("accept-encoding").as_deref(), Some("identity"));
}

#[test]
fn a_request_names_this_program_unless_told_otherwise() {
    let stub = StubService::answering(respond(200, "", ""));
    let mut request = get(&stub.url());
    send(&loopback(), &request).unwrap();
    request.headers.insert("user-agent", HeaderValue::from_static("mine/1"));
    send(&loopback(), &request).unwrap();
    let agents: Vec<_> = stub.requests().iter().map(|request| request.header("user-agent").unwrap()).collect();
    assert_eq!(agents, [concat!("action-executor/", env!("CARGO_PKG_VERSION")), "mine/1"]);
}

#[test]
fn the_bytes_of_a_request_arrive_as_they_are() {
    let stub = StubService::answering(respond(200, "", ""));
    let body = "{\"text\":\"Zoë 🙂 \\u0000 %2F\"}\r\n";
    let target = "/a%2Fb/%C3%A9/c%20d/;x=1/e+f//?q=%2F%20+&list[]=1&empty=&x=%F0%9F%99%82";
    let mut request = get(&format!("{}{target}", stub.url()));
    request.method = Method::PATCH;
    request.body = Bytes::from_static(body.as_bytes());
    request.headers.insert("content-type", HeaderValue::from_static("application/json"));
    request.headers.insert("x-exact", HeaderValue::from_static("  spaced,  twice "));
    send(&loopback(), &request).unwrap();
    let recorded = &stub.requests()[0];
    assert_eq!((recorded.method.as_str(), recorded.target.as_str()), ("PATCH", target));
    assert_eq!(recorded.text(), body);
    assert_eq!(recorded.header("content-length"), Some(body.len().to_string()));
    assert_eq!(recorded.header("host"), Some(stub.address().to_string()));
    assert_eq!(recorded.header("x-exact").as_deref(), Some("spaced,  twice"));
    assert_eq!(recorded.header("referer"), None);
    assert_eq!(recorded.header("cookie"), None);
}

#[test]
fn cookies_are_not_remembered() {
    let stub = StubService::answering(respond(200, "Set-Cookie: session=1; Path=/\r\n", ""));
    let (network, request) = (loopback(), get(&stub.url()));
    send(&network, &request).unwrap();
    send(&network, &request).unwrap();
    assert_eq!(stub.requests()[1].header("cookie"), None);
}
