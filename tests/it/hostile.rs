//! Services that send without end, or more than they should: an attempt ends within its time, memory is bounded, and other calls on
//! the same thread are answered meanwhile.

use std::sync::Arc;
use std::time::Duration;

use action_executor::upstream::{Answer, Network, NetworkSettings, OutboundRequest, SendError, Sender};

use crate::support::frames::{
    Attack, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, OK, PING, PRIORITY, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, field, frame, h2_service,
};
use crate::support::{MIB, PATIENCE, StubService, authority, get, peak_memory, respond, run, tls_flood};

const ATTEMPT: Duration = Duration::from_secs(1);

fn unreadable() -> Result<Answer, SendError> {
    Err(SendError::Malformed("its HTTP/2 frames cannot be read".to_owned()))
}

/// One call to the hostile service at this port, and as many to another one as there is time for, on one thread.
#[track_caller]
fn check(port: u16, expected: Result<Answer, SendError>) {
    let allow_private = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let settings = NetworkSettings { allow_private, ca_file: Some(authority()), ..NetworkSettings::default() };
    let network = Arc::new(Network::new(&settings).unwrap());
    let well = StubService::answering(respond(200, "", "ok"));
    let before = peak_memory();
    run(async {
        let light = get(&well.url());
        network.send(Box::new(light.clone())).await.unwrap();
        let hostile = OutboundRequest { attempt_timeout: ATTEMPT, ..get(&format!("https://localhost:{port}/")) };
        let attacked = Arc::clone(&network);
        let attacked = tokio::spawn(async move { attacked.send(Box::new(hostile)).await });
        let mut answered = 0;
        let ended = tokio::time::timeout(PATIENCE, async {
            while !attacked.is_finished() {
                network.send(Box::new(light.clone())).await.unwrap();
                answered += 1;
            }
            attacked.await.unwrap()
        });
        assert_eq!(ended.await.expect("the attempt has no end"), expected);
        assert!(answered > 0);
    });
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < 128 * MIB, "{grown} bytes more");
}

#[track_caller]
fn check_h2(once: Vec<u8>, endless: &[u8], expected: Result<Answer, SendError>) {
    check(h2_service(Attack { once, endless: endless.repeat(1000), close: false }).port(), expected);
}

fn head() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, OK)
}

#[test]
fn settings_without_end() {
    let table = |size: u16| frame(SETTINGS, 0, 0, &[&[0, 1, 0, 0], size.to_be_bytes().as_slice()].concat());
    check_h2(Vec::new(), &frame(SETTINGS, 0, 0, &[]), Err(SendError::Timeout));
    check_h2(Vec::new(), &[table(0), table(4096)].concat(), Err(SendError::Timeout));
}

#[test]
fn pings_without_end() {
    check_h2(Vec::new(), &frame(PING, 0, 0, &[0; 8]), Err(SendError::Timeout));
}

#[test]
fn windows_that_grow_without_end() {
    check_h2(Vec::new(), &frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]), Err(SendError::Timeout));
    check_h2(Vec::new(), &frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]), Err(SendError::Timeout));
}

#[test]
fn frames_without_meaning_without_end() {
    check_h2(Vec::new(), &frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 1]), Err(SendError::Timeout));
    check_h2(Vec::new(), &frame(0xfe, 0, 0, &[]), Err(SendError::Timeout));
}

#[test]
fn resets_without_end() {
    check_h2(Vec::new(), &frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]), Err(SendError::Cut));
    check_h2(Vec::new(), &frame(RST_STREAM, 0, 3, &[0, 0, 0, 8]), unreadable());
}

#[test]
fn a_head_without_end() {
    let lines = field("x", "yyyyyyyy").repeat(1000);
    check_h2(frame(HEADERS, 0, 1, OK), &frame(CONTINUATION, 0, 1, &lines), unreadable());
    check_h2(frame(HEADERS, 0, 1, OK), &frame(CONTINUATION, 0, 1, &[]), unreadable());
}

#[test]
fn trailers_without_end() {
    let begun = [head(), frame(HEADERS, END_STREAM, 1, &field("x", "y"))].concat();
    check_h2(begun, &frame(CONTINUATION, 0, 1, &field("x", "yyyyyyyy").repeat(1000)), unreadable());
}

#[test]
fn data_without_end() {
    check_h2(head(), &frame(DATA, 0, 1, &[]), unreadable());
    // More than the window of the stream is.
    check_h2(head(), &frame(DATA, 0, 1, &[b'x'; 1000]), unreadable());
}

/// One header of 4,000 bytes in the table, named 12,000 times by one byte each (RFC 7541 §4.4).
#[test]
fn a_head_that_grows_when_it_is_read() {
    let put = [&[0x88, 0x40, 1, b'x', 0x7f, 0xa1, 0x1e], [b'v'; 4000].as_slice()].concat();
    let block = [put, vec![0xbe; 12_000]].concat();
    check_h2(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block), &[], unreadable());
}

#[test]
fn interim_heads_without_end() {
    let early_hints = [&[0x08, 3], b"103".as_slice(), &field("link", "</x>")].concat();
    check_h2(Vec::new(), &frame(HEADERS, END_HEADERS, 1, &early_hints), Err(SendError::Timeout));
    let port = tls_flood(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(1000)).port();
    check(port, Err(SendError::Timeout));
}
