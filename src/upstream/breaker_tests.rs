//! How a host is found down, left alone and found up again.

use http::HeaderMap;

use super::*;

const HOST: &str = "https://acme.example.com";

fn enter(breakers: &Breakers, now: Instant) -> Result<Attempt<'_>, Duration> {
    breakers.enter(HOST, now)
}

#[track_caller]
fn end(breakers: &Breakers, health: Health, now: Instant) -> Option<Change> {
    enter(breakers, now).unwrap().end(health, now)
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
    assert_eq!(enter(&breakers, now).unwrap_err(), FIRST_REST);
    let later = now + Duration::from_millis(4500);
    assert_eq!(enter(&breakers, later).unwrap_err(), Duration::from_millis(500));
    assert_eq!(state(&breakers, later), Some(BreakerState::Open { seconds: 1 }));
}

#[test]
fn other_hosts_are_called_meanwhile() {
    let now = Instant::now();
    let breakers = opened(now);
    assert!(breakers.enter("https://acme.example.com:8443", now).is_ok());
    assert!(breakers.enter("http://acme.example.com", now).is_ok());
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
fn what_says_nothing_neither_counts_nor_starts_again() {
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
        assert_eq!(state(&breakers, now), None, "old failures are not told");
        assert_eq!(end(&breakers, Health::Down, now), None);
    }
    now += LONGEST_GAP;
    assert_eq!(end(&breakers, Health::Down, now), None);
    assert_eq!(state(&breakers, now), Some(BreakerState::Closed { failures: 2 }));
}

#[test]
fn one_probe_passes_after_the_rest_and_its_success_closes() {
    let now = Instant::now();
    let breakers = opened(now);
    let now = now + FIRST_REST;
    assert_eq!(state(&breakers, now), Some(BreakerState::HalfOpen));
    let probe = enter(&breakers, now).unwrap();
    assert_eq!(enter(&breakers, now).unwrap_err(), Duration::from_secs(1));
    assert_eq!(state(&breakers, now), Some(BreakerState::HalfOpen));
    assert_eq!(probe.end(Health::Up, now), Some(Change::Closed));
    assert_eq!(breakers.states(now), []);
    assert_eq!(end(&breakers, Health::Down, now), None, "it has ten failures again");
}

#[test]
fn a_probe_that_fails_doubles_the_rest_up_to_a_minute() {
    let mut now = Instant::now();
    let breakers = opened(now);
    let mut rest = FIRST_REST;
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
    assert_eq!(enter(&breakers, now).unwrap_err(), FIRST_REST, "the next incident begins anew");
}

#[test]
fn a_probe_that_is_dropped_or_says_nothing_lets_the_next_pass() {
    let now = Instant::now();
    let breakers = opened(now);
    let now = now + FIRST_REST;
    drop(enter(&breakers, now).unwrap());
    assert_eq!(end(&breakers, Health::Unknown, now), None);
    assert_eq!(end(&breakers, Health::Up, now), Some(Change::Closed));
}

#[test]
fn what_was_under_way_before_does_not_decide() {
    let now = Instant::now();
    let breakers = Breakers::default();
    let [slow, lucky, dropped, late] = [(); 4].map(|()| enter(&breakers, now).unwrap());
    for _ in 0..FAILURES_TO_OPEN {
        end(&breakers, Health::Down, now);
    }
    assert_eq!(slow.end(Health::Down, now), None);
    assert_eq!(lucky.end(Health::Up, now), None);
    assert_eq!(enter(&breakers, now).unwrap_err(), FIRST_REST);
    let now = now + FIRST_REST;
    let probe = enter(&breakers, now).unwrap();
    drop(dropped);
    assert!(enter(&breakers, now).is_err(), "the slot is the probe's");
    assert_eq!(probe.end(Health::Up, now), Some(Change::Closed));
    assert_eq!(late.end(Health::Down, now), None);
}

#[test]
fn the_number_of_hosts_is_bounded_and_those_left_alone_are_kept() {
    let now = Instant::now();
    let breakers = opened(now);
    for number in 0..3 * MAX_HOSTS {
        let host = format!("https://{number}.example.com");
        let attempt = breakers.enter(&host, now).unwrap();
        assert_eq!(attempt.end(Health::Down, now), None);
    }
    assert_eq!(breakers.states(now).len(), MAX_HOSTS);
    assert!(enter(&breakers, now).is_err());
    let later = now + FIRST_REST + FORGOTTEN_AFTER + Duration::from_millis(1);
    assert_eq!(breakers.states(later), []);
    breakers.enter("https://new.example.com", later).unwrap().end(Health::Down, later);
    assert_eq!(breakers.hosts().len(), 1);
}

#[test]
fn where_every_host_is_left_alone_a_new_one_is_not_kept() {
    let (breakers, now) = (Breakers::default(), Instant::now());
    for number in 0..=MAX_HOSTS {
        for _ in 0..FAILURES_TO_OPEN {
            if let Ok(attempt) = breakers.enter(&format!("https://{number}.example.com"), now) {
                attempt.end(Health::Down, now);
            }
        }
    }
    assert_eq!(breakers.states(now).len(), MAX_HOSTS);
    assert!(breakers.enter(&format!("https://{MAX_HOSTS}.example.com"), now).is_ok());
}

#[track_caller]
fn check(sent: Result<u16, SendError>, time: Duration, expected: Health) {
    let sent = sent.map(|status| Answer { status, headers: HeaderMap::new(), body: bytes::Bytes::new() });
    assert_eq!(Health::shown_by(&sent, time), expected, "{sent:?}");
}

#[test]
fn a_host_is_down_when_it_or_what_stands_before_it_says_so() {
    for status in [502, 503, 504] {
        check(Ok(status), ENOUGH_TIME, Health::Down);
    }
    for error in [SendError::Connect, SendError::Tls(String::new()), SendError::Cut] {
        check(Err(error), Duration::ZERO, Health::Down);
    }
    for status in [200, 301, 400, 401, 404, 429, 500, 501, 505] {
        check(Ok(status), ENOUGH_TIME, Health::Up);
    }
    check(Err(SendError::TooLarge { limit: 1 }), ENOUGH_TIME, Health::Up);
    check(Err(SendError::Malformed(String::new())), ENOUGH_TIME, Health::Up);
}

#[test]
fn an_attempt_with_too_little_time_or_without_a_port_says_nothing() {
    check(Err(SendError::Exhausted), ENOUGH_TIME, Health::Unknown);
    for error in [SendError::Timeout, SendError::ConnectTimeout] {
        check(Err(error.clone()), ENOUGH_TIME, Health::Down);
        check(Err(error), Duration::from_millis(999), Health::Unknown);
    }
    for error in [
        SendError::Dns,
        SendError::ForbiddenAddress,
        SendError::PlainHttp,
        SendError::ForbiddenHost,
        SendError::Unsendable("x"),
    ] {
        check(Err(error), ENOUGH_TIME, Health::Unknown);
    }
}
