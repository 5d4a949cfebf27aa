//! Mixed load with a reload each second, for as long as `PROOF_SECONDS` says (30 minutes if it does not): no wrong answer,
//! and neither memory nor descriptors grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::caller::Caller;
use crate::process::{Process, mib};
use crate::service::{Service, call, desk};
use crate::support::Definitions;

const CALLERS: usize = 24;

/// How often memory and descriptors are read.
const EVERY: Duration = Duration::from_secs(5);

#[test]
fn nothing_grows_and_no_answer_is_wrong() {
    let seconds = std::env::var("PROOF_SECONDS").map_or(1800, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(soak(Duration::from_secs(seconds)));
}

async fn soak(time: Duration) {
    let service = Service::start().await;
    let files = desk(&service.url());
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let definitions = Definitions::new(&files);
    let process = Process::serve(definitions.root(), &[]);
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let (address, stop, answered) = (process.public, Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut caller = Caller::to(address);
                let mut turn = number as u64;
                while !stop.load(Ordering::Relaxed) {
                    one(&mut caller, turn, number).await;
                    answered.fetch_add(1, Ordering::Relaxed);
                    turn += 1;
                }
            })
        })
        .collect();
    let begun = Instant::now();
    let (mut reloads, mut samples, mut next) = (0_u64, Vec::new(), Duration::ZERO);
    let changing = definitions.path("desk/quick.yaml");
    let text = std::fs::read_to_string(&changing).unwrap();
    while begun.elapsed() < time {
        tokio::time::sleep(Duration::from_secs(1)).await;
        reloads += 1;
        // By turns: another text of the same meaning, and one that cannot be served.
        let next_text =
            if reloads % 5 == 0 { "version: 1\nrequest: [".to_owned() } else { format!("{text}# {reloads}\n") };
        std::fs::write(&changing, next_text).unwrap();
        if begun.elapsed() >= next {
            next += EVERY;
            samples.push((process.resident(), process.descriptors()));
        }
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let lines = process.check_log();
    let calls = answered.load(Ordering::Relaxed);
    report(&samples, (calls, reloads, lines), begun.elapsed());
    assert!(process.stop().success());
}

/// A call whose answer is known.
async fn one(caller: &mut Caller, turn: u64, number: usize) {
    let subject = format!("{number}-{turn}");
    let (path, status, id) = match turn % 16 {
        0 => ("/desk/slow", 201, Some(subject.as_str())),
        1 => ("/desk/refused", 400, None),
        2 => ("/desk/down", 400, None),
        3 => ("/desk/large", 201, Some(subject.as_str())),
        4 | 5 => ("/token/create", 201, Some(subject.as_str())),
        6 => ("/desk/once", 201, Some(subject.as_str())),
        _ => ("/desk/quick", 201, Some(subject.as_str())),
    };
    let answer = caller.call(path, &call(&subject, 50)).await.unwrap();
    answer.check_form();
    assert_eq!((answer.status, answer.body["external_id"].as_str()), (status, id), "{path} {answer:?}");
}

fn report(samples: &[(u64, usize)], (calls, reloads, lines): (u64, u64, u64), time: Duration) {
    // The first tenth fills pools, caches and the ring of recent calls.
    let settled = &samples[samples.len() / 10..];
    let third = (settled.len() / 3).max(1);
    let median = |samples: &[(u64, usize)]| {
        let mut memory: Vec<u64> = samples.iter().map(|sample| sample.0).collect();
        memory.sort_unstable();
        memory[memory.len() / 2]
    };
    let most = |samples: &[(u64, usize)]| samples.iter().map(|sample| sample.1).max().unwrap();
    let (first, last) = (&settled[..third], &settled[settled.len() - third..]);
    println!("| time | {} s |", time.as_secs());
    println!("| calls, all answered as expected | {calls} ({:.0} a second) |", calls as f64 / time.as_secs_f64());
    println!("| reloads | {reloads}, every fifth of a file with errors |");
    println!("| lines of log, none with a secret | {lines} |");
    println!("| memory, median of the first and the last third | {}, {} |", mib(median(first)), mib(median(last)));
    println!("| most descriptors in the first and the last third | {}, {} |", most(first), most(last));
    assert!(median(last) <= median(first) + median(first) / 20 + 2 * 1024 * 1024, "memory grows: {samples:?}");
    assert!(most(last) <= most(first) + 8, "descriptors grow: {samples:?}");
}
