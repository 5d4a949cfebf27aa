//! The operations of the state, by two processes' worth of it.

use std::time::{Duration, Instant};

use action_executor::state::{Claim, Quota, State};

use crate::server::RedisServer;

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
const LIFE: Duration = Duration::from_secs(60);

/// How much longer a window is counted than it is.
const SLACK: Duration = Duration::from_millis(50);

fn two(server: &RedisServer) -> (State, State) {
    let state = || State::shared(&server.url(), KEY, None).unwrap();
    (state(), state())
}

#[tokio::test]
async fn what_one_keeps_the_other_finds() {
    let server = RedisServer::start();
    let (one, two) = two(&server);
    let name = one.key("test", &[b"a"]);
    assert_eq!(name, two.key("test", &[b"a"]));
    one.put(&name, b"value", LIFE).await;
    assert_eq!(two.get(&name).await.as_deref(), Some(&b"value"[..]));
    assert!(!two.exchange(&name, b"other", None).await);
    assert!(two.exchange(&name, b"value", Some((b"next", LIFE))).await);
    assert_eq!(one.get(&name).await.as_deref(), Some(&b"next"[..]));
    assert!(one.exchange(&name, b"next", None).await);
    assert_eq!(two.get(&name).await, None);
}

#[tokio::test]
async fn a_value_ends_with_its_life() {
    let server = RedisServer::start();
    let (one, two) = two(&server);
    let name = one.key("test", &[b"a"]);
    one.put(&name, b"value", Duration::from_millis(50)).await;
    let until = Instant::now() + Duration::from_secs(10);
    while two.get(&name).await.is_some() {
        assert!(Instant::now() < until, "it does not end");
    }
}

#[tokio::test]
async fn a_name_is_claimed_once() {
    let server = RedisServer::start();
    let (one, two) = two(&server);
    let name = one.key("test", &[b"a"]);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200_u32 {
        let (state, name) = (if number % 2 == 0 { one.clone() } else { two.clone() }, name.clone());
        tasks.spawn(async move { state.claim(&name, &number.to_be_bytes(), LIFE).await });
    }
    let claims = tasks.join_all().await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Taken).count(), 1);
    let held: std::collections::BTreeSet<&Vec<u8>> =
        claims.iter().filter_map(|claim| if let Claim::Held(held) = claim { Some(held) } else { None }).collect();
    assert_eq!(held.len(), 1);
}

#[tokio::test]
async fn a_quota_is_counted_together() {
    let server = RedisServer::start();
    let (one, two) = two(&server);
    let name = one.key("test", &[b"a"]);
    let quota = Quota { count: 25, window: LIFE };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (state, name) = (if number % 2 == 0 { one.clone() } else { two.clone() }, name.clone());
        tasks.spawn(async move { state.take(&name, quota).await });
    }
    let taken = tasks.join_all().await;
    assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 25);
    let waits: Vec<Duration> = taken.into_iter().filter_map(Result::err).collect();
    assert!(waits.iter().all(|wait| *wait <= LIFE + SLACK && *wait > LIFE / 2), "{waits:?}");
}

/// Requests take unlike times to their service, so a window is counted longer than it is there.
#[tokio::test]
async fn a_window_is_counted_with_slack() {
    let server = RedisServer::start();
    let (state, _) = two(&server);
    let (name, quota) = (state.key("test", &[b"a"]), Quota { count: 1, window: LIFE });
    let begun = Instant::now();
    assert_eq!(state.take(&name, quota).await, Ok(()));
    let wait = state.take(&name, quota).await.expect_err("the window is full");
    // What passed between the two is not known better than this, however busy the machine is.
    assert!(wait <= LIFE + SLACK && wait + begun.elapsed() >= LIFE + SLACK, "{wait:?}");
}

#[tokio::test]
async fn nothing_is_kept_in_clear_and_another_key_opens_nothing() {
    let server = RedisServer::start();
    let state = State::shared(&server.url(), KEY, None).unwrap();
    let name = state.key("test", &[b"name-in-clear"]);
    state.put(&name, b"token-in-clear", LIFE).await;
    let all = server.everything();
    assert!(all.windows(15).any(|window| window == b"action-executor"));
    for clear in [&b"token-in-clear"[..], b"name-in-clear"] {
        assert!(!all.windows(clear.len()).any(|window| window == clear));
    }
    let stranger = State::shared(&server.url(), b"ffffffffffffffffffffffffffffffff", None).unwrap();
    assert_ne!(stranger.key("test", &[b"name-in-clear"]), name);
    assert_eq!(stranger.get(&name).await, None);
}

#[tokio::test]
async fn while_redis_is_away_each_goes_on_with_its_own_and_comes_back() {
    let mut server = RedisServer::start();
    let (one, two) = two(&server);
    let name = one.key("test", &[b"a"]);
    one.put(&name, b"before", LIFE).await;
    server.end();
    let began = Instant::now();
    assert_eq!(one.get(&name).await.as_deref(), Some(&b"before"[..]), "what was kept here too");
    for _ in 0..100 {
        one.put(&name, b"during", LIFE).await;
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(one.is_degraded());
    assert_eq!(one.get(&name).await.as_deref(), Some(&b"during"[..]));
    server.begin();
    let until = Instant::now() + Duration::from_secs(20);
    while one.is_degraded() || two.get(&name).await.as_deref() != Some(b"after") {
        assert!(Instant::now() < until, "it does not come back");
        one.put(&name, b"after", LIFE).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_was_written_during_an_outage_is_shared_after_it() {
    let mut server = RedisServer::start();
    let (one, two) = two(&server);
    let (name, probe) = (one.key("test", &[b"a"]), one.key("test", &[b"probe"]));
    one.put(&probe, b"1", LIFE).await;
    server.end();
    assert_eq!(one.claim(&name, b"mine", LIFE).await, Claim::Taken);
    server.begin();
    let until = Instant::now() + Duration::from_secs(20);
    while two.get(&name).await.as_deref() != Some(b"mine") {
        assert!(Instant::now() < until, "it is never shared");
        one.get(&probe).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(two.claim(&name, b"theirs", LIFE).await, Claim::Held(b"mine".to_vec()));
}

#[tokio::test]
async fn what_redis_forgets_in_a_restart_that_nobody_saw_still_stands() {
    let mut server = RedisServer::start();
    let (one, two) = two(&server);
    let (held, running) = (one.key("test", &[b"a"]), one.key("test", &[b"b"]));
    assert_eq!(one.claim(&held, b"mine", LIFE).await, Claim::Taken);
    assert_eq!(one.claim(&running, b"running", LIFE).await, Claim::Taken);
    server.end();
    server.begin();
    assert_eq!(one.claim(&held, b"again", LIFE).await, Claim::Held(b"mine".to_vec()));
    assert!(!one.is_degraded(), "nobody was without Redis");
    assert!(one.exchange(&running, b"running", Some((b"done", LIFE))).await);
    assert_eq!(two.get(&running).await.as_deref(), Some(&b"done"[..]));
    assert_eq!(two.claim(&held, b"theirs", LIFE).await, Claim::Held(b"mine".to_vec()));
}

#[tokio::test]
async fn a_redis_that_speaks_tls_is_asked_over_tls() {
    let server = RedisServer::start_with_tls();
    let authority = std::fs::read(crate::support::authority()).unwrap();
    let state = State::shared(&server.url(), KEY, Some(authority)).unwrap();
    let name = state.key("test", &[b"a"]);
    state.put(&name, b"value", LIFE).await;
    assert!(!state.is_degraded());
    assert_eq!(state.get(&name).await.as_deref(), Some(&b"value"[..]));
    // No other certificate is accepted.
    let stranger = State::shared(&server.url(), KEY, None).unwrap();
    stranger.put(&name, b"other", LIFE).await;
    assert!(stranger.is_degraded());
    assert_eq!(state.get(&name).await.as_deref(), Some(&b"value"[..]));
}
