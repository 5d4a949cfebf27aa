//! How a circuit opens, cools down and closes again.

use http::HeaderMap;

use super::super::TlsError;

use super::*;

const HOST: &str = "https://acme.example.com";

fn key(host: &str) -> CircuitKey<'_> {
    CircuitKey { host, identity: None, caller: None }
}

fn enter(breakers: &Breakers, now: Instant) -> Result<Attempt<'_>, Duration> {
    breakers.enter(key(HOST), now)
}

#[track_caller]
fn end(breakers: &Breakers, health: Health, now: Instant) -> Option<Change> {
    enter(breakers, now).unwrap().end(health, now, HOST)
}

#[track_caller]
fn opened(now: Instant) -> Breakers {
    let breakers = Breakers::default();
    for _ in 1..FAILURES_TO_OPEN {
        assert_eq!(end(&breakers, Health::Down, now), None);
    }
    assert_eq!(end(&breakers, Health::Down, now), Some(Change::Opened));
    breakers
}

fn state(breakers: &Breakers, now: Instant) -> Option<BreakerState> {
    breakers.states(now).first().map(|health| health.state)
}

#[test]
fn ten_failures_in_a_row_open() {
    let now = Instant::now();
    let breakers = opened(now);
    assert_eq!(enter(&breakers, now).unwrap_err(), FIRST_COOL_DOWN);
    let later = now + Duration::from_millis(4500);
    assert_eq!(enter(&breakers, later).unwrap_err(), Duration::from_millis(500));
    assert_eq!(state(&breakers, later), Some(BreakerState::Open { seconds: 1 }));
}

#[test]
fn other_hosts_are_called_meanwhile() {
    let now = Instant::now();
    let breakers = opened(now);
    assert!(breakers.enter(key("https://acme.example.com:8443"), now).is_ok());
    assert!(breakers.enter(key("http://acme.example.com"), now).is_ok());
}

#[test]
fn a_success_between_starts_again() {
    let (breakers, now) = (Breakers::default(), Instant::now());
    for round in 0..100 {
        let health = if round % 10 == 9 { Health::Up } else { Health::Down };
        assert_eq!(end(&breakers, health, now), None);
    }
    assert_eq!(breakers.states(now), []);
}

#[test]
fn an_unknown_result_neither_counts_nor_starts_again() {
    let (breakers, now) = (Breakers::default(), Instant::now());
    for _ in 1..FAILURES_TO_OPEN {
        assert_eq!(end(&breakers, Health::Down, now), None);
        assert_eq!(end(&breakers, Health::Unknown, now), None);
    }
    assert_eq!(state(&breakers, now), Some(BreakerState::Closed { failures: 9 }));
    assert_eq!(end(&breakers, Health::Down, now), Some(Change::Opened));
}

#[test]
fn failures_far_apart_never_open() {
    let (breakers, mut now) = (Breakers::default(), Instant::now());
    for _ in 0..FAILURES_TO_OPEN - 1 {
        assert_eq!(end(&breakers, Health::Down, now), None);
    }
    for _ in 0..100 {
        now += LONGEST_GAP + Duration::from_millis(1);
        assert_eq!(state(&breakers, now), None, "old failures are not shown");
        assert_eq!(end(&breakers, Health::Down, now), None);
    }
    now += LONGEST_GAP;
    assert_eq!(end(&breakers, Health::Down, now), None);
    assert_eq!(state(&breakers, now), Some(BreakerState::Closed { failures: 2 }));
}

#[test]
fn one_probe_passes_after_the_cool_down_and_its_success_closes() {
    let now = Instant::now();
    let breakers = opened(now);
    let now = now + FIRST_COOL_DOWN;
    assert_eq!(state(&breakers, now), Some(BreakerState::HalfOpen));
    let probe = enter(&breakers, now).unwrap();
    assert_eq!(enter(&breakers, now).unwrap_err(), Duration::from_secs(1));
    assert_eq!(state(&breakers, now), Some(BreakerState::HalfOpen));
    assert_eq!(probe.end(Health::Up, now, HOST), Some(Change::Closed));
    assert_eq!(breakers.states(now), []);
    assert_eq!(end(&breakers, Health::Down, now), None, "it has ten failures again");
}

#[test]
fn a_probe_that_fails_doubles_the_cool_down_up_to_a_minute() {
    let mut now = Instant::now();
    let breakers = opened(now);
    let mut rest = FIRST_COOL_DOWN;
    for expected in [10, 20, 40, 60, 60] {
        now += rest;
        rest = Duration::from_secs(expected);
        assert_eq!(end(&breakers, Health::Down, now), Some(Change::OpenedAgain(rest)));
        assert_eq!(enter(&breakers, now).unwrap_err(), rest);
    }
    now += rest;
    assert_eq!(end(&breakers, Health::Up, now), Some(Change::Closed));
    for _ in 1..FAILURES_TO_OPEN {
        assert_eq!(end(&breakers, Health::Down, now), None);
    }
    assert_eq!(end(&breakers, Health::Down, now), Some(Change::Opened));
    assert_eq!(enter(&breakers, now).unwrap_err(), FIRST_COOL_DOWN, "the next incident begins anew");
}

#[test]
fn a_probe_that_is_dropped_or_says_nothing_lets_the_next_pass() {
    let now = Instant::now();
    let breakers = opened(now);
    let now = now + FIRST_COOL_DOWN;
    drop(enter(&breakers, now).unwrap());
    assert_eq!(end(&breakers, Health::Unknown, now), None);
    assert_eq!(end(&breakers, Health::Up, now), Some(Change::Closed));
}

#[test]
fn an_attempt_that_began_before_does_not_decide() {
    let now = Instant::now();
    let breakers = Breakers::default();
    let [slow, lucky, dropped, late] = [(); 4].map(|()| enter(&breakers, now).unwrap());
    for _ in 0..FAILURES_TO_OPEN {
        end(&breakers, Health::Down, now);
    }
    assert_eq!(slow.end(Health::Down, now, HOST), None);
    assert_eq!(lucky.end(Health::Up, now, HOST), None);
    assert_eq!(enter(&breakers, now).unwrap_err(), FIRST_COOL_DOWN);
    let now = now + FIRST_COOL_DOWN;
    let probe = enter(&breakers, now).unwrap();
    drop(dropped);
    assert!(enter(&breakers, now).is_err(), "the slot is the probe's");
    assert_eq!(probe.end(Health::Up, now, HOST), Some(Change::Closed));
    assert_eq!(late.end(Health::Down, now, HOST), None);
}

#[test]
fn the_number_of_circuits_is_bounded_and_open_ones_are_kept() {
    let now = Instant::now();
    let breakers = opened(now);
    for number in 0..3 * MAX_CIRCUITS {
        let host = format!("https://{number}.example.com");
        let attempt = breakers.enter(key(&host), now).unwrap();
        assert_eq!(attempt.end(Health::Down, now, HOST), None);
    }
    assert_eq!(breakers.states(now).len(), MAX_CIRCUITS);
    assert!(enter(&breakers, now).is_err());
    let later = now + FIRST_COOL_DOWN + FORGOTTEN_AFTER + Duration::from_millis(1);
    assert_eq!(breakers.states(later), []);
    breakers.enter(key("https://new.example.com"), later).unwrap().end(Health::Down, later, HOST);
    assert_eq!(breakers.circuits().len(), 1);
}

#[test]
fn where_every_circuit_is_open_a_new_one_is_not_kept() {
    let (breakers, now) = (Breakers::default(), Instant::now());
    for number in 0..=MAX_CIRCUITS {
        for _ in 0..FAILURES_TO_OPEN {
            if let Ok(attempt) = breakers.enter(key(&format!("https://{number}.example.com")), now) {
                attempt.end(Health::Down, now, HOST);
            }
        }
    }
    assert_eq!(breakers.states(now).len(), MAX_CIRCUITS);
    assert!(breakers.enter(key(&format!("https://{MAX_CIRCUITS}.example.com")), now).is_ok());
}

#[test]
fn a_caller_has_a_circuit_of_its_own() {
    let (breakers, now) = (Breakers::default(), Instant::now());
    let of = |caller| CircuitKey { caller: Some(caller), ..key(HOST) };
    for _ in 0..FAILURES_TO_OPEN {
        breakers.enter(of(1), now).unwrap().end(Health::Down, now, HOST);
    }
    assert!(breakers.enter(of(1), now).is_err());
    assert!(breakers.enter(of(2), now).is_ok());
    assert!(breakers.enter(key(HOST), now).is_ok());
    assert!(breakers.enter(CircuitKey { identity: Some("partner"), ..of(1) }, now).is_ok());
}

#[track_caller]
fn check(sent: Result<u16, SendError>, time: Duration, of_host: Health, of_caller: Health) {
    let sent = sent.map(|status| Answer { status, headers: HeaderMap::new(), body: bytes::Bytes::new() });
    assert_eq!(Health::of_host(&sent, time), of_host, "{sent:?}");
    assert_eq!(Health::of_caller(&sent, time), of_caller, "{sent:?}");
}

#[test]
fn failures_to_connect_count_for_the_host_alone() {
    check(Err(SendError::Connect), Duration::ZERO, Health::Down, Health::Unknown);
    check(Err(SendError::ConnectTimeout), ENOUGH_TIME, Health::Down, Health::Unknown);
    check(Err(SendError::ConnectTimeout), Duration::from_millis(999), Health::Unknown, Health::Unknown);
    for error in [TlsError::Failed, TlsError::NotTls, TlsError::Expired, TlsError::Incompatible] {
        check(Err(SendError::Tls(error)), ENOUGH_TIME, Health::Down, Health::Unknown);
    }
}

#[test]
fn failures_after_sending_count_for_the_caller_alone() {
    for status in [502, 503, 504] {
        check(Ok(status), ENOUGH_TIME, Health::Up, Health::Down);
    }
    check(Err(SendError::Cut), Duration::ZERO, Health::Unknown, Health::Down);
    check(Err(SendError::Timeout), ENOUGH_TIME, Health::Unknown, Health::Down);
    check(Err(SendError::Timeout), Duration::from_millis(999), Health::Unknown, Health::Unknown);
}

#[test]
fn any_other_answer_is_one() {
    for status in [200, 301, 400, 401, 404, 429, 500, 501, 505] {
        check(Ok(status), ENOUGH_TIME, Health::Up, Health::Up);
    }
    check(Err(SendError::TooLarge { limit: 1 }), ENOUGH_TIME, Health::Up, Health::Up);
    check(Err(SendError::Malformed(String::new())), ENOUGH_TIME, Health::Up, Health::Up);
}

#[test]
fn failures_that_may_be_ours_count_for_nothing() {
    let refused = TlsError::Refused(rustls::AlertDescription::CertificateRequired);
    for error in [
        SendError::Exhausted,
        SendError::Dns,
        SendError::ForbiddenAddress,
        SendError::PlainHttp,
        SendError::ForbiddenHost,
        SendError::Unsendable("x"),
        SendError::Tls(TlsError::Untrusted),
        SendError::Tls(TlsError::NoAuthorities),
        SendError::Tls(refused),
        SendError::Proxy(super::super::ProxyError::Unreachable),
    ] {
        check(Err(error), ENOUGH_TIME, Health::Unknown, Health::Unknown);
    }
}
