//! Ten thousand calls in flight to a slow service: all answered right, and one more told at once.
//!
//! They come over HTTP/2, 64 to a connection, so that the files which a process may usually open are enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::caller::Caller;
use crate::process::{Process, mib};
use crate::service::{Service, call, desk};
use crate::support::Definitions;

const CALLS: usize = 10_000;
const PER_CONNECTION: usize = 64;

/// How long the service takes.
const SLOW: u64 = 5000;

#[test]
fn ten_thousand_calls_in_flight_are_answered_and_one_more_is_told_at_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let service = Service::start().await;
        let files = desk(&service.url());
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let definitions = Definitions::new(&files);
        let limits = [
            "--max-calls",
            "10000",
            "--max-connections",
            "20000",
            "--deadline",
            "25s",
            "--log",
            "action_executor::cli=info",
        ];
        let process = Process::serve(definitions.root(), &limits);
        // Warm: code and pools that every call uses are no call's own.
        let mut warm = Caller::to(process.public);
        assert_eq!(warm.call("/desk/quick", &call("warm", 0)).await.unwrap().status, 201);
        let (idle, begun, right) = (process.resident(), Instant::now(), Arc::new(AtomicUsize::new(0)));
        let mut calls = tokio::task::JoinSet::new();
        for group in 0..CALLS.div_ceil(PER_CONNECTION) {
            let (address, right) = (process.public, Arc::clone(&right));
            let numbers = group * PER_CONNECTION..((group + 1) * PER_CONNECTION).min(CALLS);
            calls.spawn(async move { several(address, numbers, &right).await });
        }
        // The service counts those that it has in hand.
        while service.seen.in_flight.load(Ordering::SeqCst) < CALLS {
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(begun.elapsed() < Duration::from_secs(20), "{}", service.seen.in_flight.load(Ordering::SeqCst));
        }
        let all_in = begun.elapsed();
        let peak = process.resident();
        let more = warm.call("/desk/quick", &call("one more", 0)).await.unwrap();
        assert_eq!((more.status, more.message()), (400, "The server has too many calls in hand. Try again later."));
        assert!(more.took < Duration::from_millis(500), "{more:?}");
        while let Some(ended) = calls.join_next().await {
            ended.unwrap();
        }
        assert_eq!(right.load(Ordering::SeqCst), CALLS);
        let whole = begun.elapsed();
        assert_eq!(warm.call("/desk/quick", &call("after", 0)).await.unwrap().status, 201);
        process.check_log();
        println!("| {CALLS} calls in flight over HTTP/2 to a service that takes {SLOW} ms | |");
        println!("| answered 201 with the right id | {} |", right.load(Ordering::SeqCst));
        println!("| all at the service after | {:.2} s |", all_in.as_secs_f64());
        println!("| all answered after | {:.2} s |", whole.as_secs_f64());
        println!("| one more answered after | {:.1} ms |", more.took.as_secs_f64() * 1000.0);
        println!("| memory before, with all in flight | {}, {} |", mib(idle), mib(peak));
        println!("| memory per call in flight | {:.1} KiB |", (peak - idle) as f64 / 1024.0 / CALLS as f64);
    });
}

async fn several(address: std::net::SocketAddr, numbers: std::ops::Range<usize>, right: &AtomicUsize) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let answers = numbers.map(|number| {
        let mut sender = sender.clone();
        async move {
            let subject = format!("call-{number}");
            let request = Request::post(format!("http://{address}/desk/slow"))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(call(&subject, SLOW))))
                .unwrap();
            sender.ready().await.unwrap();
            let response = sender.send_request(request).await.unwrap();
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap();
            (status, body["external_id"] == *subject, body)
        }
    });
    let mut set = tokio::task::JoinSet::new();
    answers.for_each(|answer| drop(set.spawn(answer)));
    while let Some(answer) = set.join_next().await {
        let (status, is_right, body) = answer.unwrap();
        assert!(status == 201 && is_right, "{status} {body}");
        right.fetch_add(1, Ordering::SeqCst);
    }
    drop(sender);
    driver.abort();
}
