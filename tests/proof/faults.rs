//! Everything around the program fails, under load: the contract is kept, no secret gets out, nothing is created twice,
//! memory stays bounded, and all is well again afterwards.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::caller::{Answer, Caller};
use crate::process::{Process, mib};
use crate::redis::RedisServer;
use crate::service::{Service, call, desk};
use crate::support::{Definitions, Misbehaving, command};

/// Of a call, as the process is told.
const DEADLINE: Duration = Duration::from_secs(2);

/// What a loaded machine may add.
const SLACK: Duration = Duration::from_millis(1500);

/// More memory than any fault may cost.
const BOUND: u64 = 96 * 1024 * 1024;

const CALLERS: usize = 16;

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(future);
}

fn definitions(files: &[(&str, String)]) -> Definitions {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Definitions::new(&files)
}

/// Calls until told to stop; every answer has the form of the contract, in time.
async fn load(process: &Process, path: &'static str, stop: &Arc<AtomicBool>) -> Vec<Answer> {
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..CALLERS {
        let (address, stop) = (process.public, Arc::clone(stop));
        callers.spawn(async move {
            let (mut caller, mut answers) = (Caller::to(address), Vec::new());
            while !stop.load(Ordering::Relaxed) {
                let answer = caller.call(path, &call(&format!("{number}-{}", answers.len()), 20)).await.unwrap();
                answer.check_form();
                assert!(answer.took <= DEADLINE + SLACK, "{answer:?}");
                answers.push(answer);
            }
            answers
        });
    }
    let mut all = Vec::new();
    while let Some(answers) = callers.join_next().await {
        all.extend(answers.unwrap());
    }
    all
}

async fn load_for(process: &Process, path: &'static str, time: Duration) -> Vec<Answer> {
    let stop = Arc::new(AtomicBool::new(false));
    let ending = Arc::clone(&stop);
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        ending.store(true, Ordering::Relaxed);
    });
    load(process, path, &stop).await
}

async fn check_well(process: &Process) {
    let answer = Caller::to(process.public).call("/desk/quick", &call("well again", 0)).await.unwrap();
    assert_eq!((answer.status, answer.body["external_id"].as_str()), (201, Some("well again")), "{answer:?}");
}

const SERVICE_FAULTS: [&str; 20] = [
    "refuse-after-accept",
    "stall-head",
    "stall-body",
    "drip",
    "cut-head",
    "cut-body",
    "short-length",
    "bomb",
    "endless-chunks",
    "endless-headers",
    "redirect-private",
    "redirect-self",
    "redirect-other",
    "bad-chunk",
    "http09",
    "garbage",
    "reset",
    "two-answers",
    "refused",
    "dns",
];

#[test]
fn services_that_misbehave() {
    run(async {
        let service = Service::start().await;
        let mut bad = Vec::new();
        let mut files = desk(&service.url());
        let mut routes: Vec<(&'static str, &'static str)> = Vec::new();
        for fault in SERVICE_FAULTS {
            let base = match fault {
                "refused" => "http://127.0.0.1:9".to_owned(),
                "dns" => "http://nowhere.invalid".to_owned(),
                // A host of its own, so that one that is left alone does not hide the next fault.
                _ => {
                    bad.push(Misbehaving::start());
                    bad.last().unwrap().url("")
                }
            };
            let host = base.trim_start_matches("http://").trim_end_matches('/').to_owned();
            // Each in a directory of its own, so that a broken one could not hide behind another.
            let text = format!(
                "version: 1\ntitle: Bad\ninput: {{ auth: {{ key: {{}} }} }}\nallowed_hosts: [\"{host}\"]\nauthentication: {{ type: bearer, token: \"{{{{auth.key}}}}\" }}\n\
                 timeout: {{ connect: 500ms, attempt: 800ms }}\nretry: {{ max: 1 }}\n\
                 request: {{ url: \"{base}/{fault}\", json: {{ a: 1 }} }}\nresponse: {{ message: \"Answered\" }}\n"
            );
            files.push((Box::leak(format!("bad/{fault}.yaml").into_boxed_str()), text));
            routes.push((fault, Box::leak(format!("/bad/{fault}").into_boxed_str())));
        }
        let definitions = definitions(&files);
        let process = Process::serve(definitions.root(), &["--deadline", "2s", "--allow-http", "--log", "debug"]);
        check_well(&process).await;
        let before = process.resident();
        for (fault, route) in routes {
            let answers = load_for(&process, route, Duration::from_millis(1200)).await;
            let done = answers.iter().filter(|answer| answer.status == 201).count();
            let slowest = answers.iter().map(|answer| answer.took).max().unwrap_or_default();
            println!(
                "| service: {fault} | {} answers, {done} of them 201 | slowest {} ms | {} |",
                answers.len(),
                slowest.as_millis(),
                mib(process.resident())
            );
            assert!(!answers.is_empty());
            check_well(&process).await;
        }
        assert!(process.resident() < before + BOUND, "{}", mib(process.resident()));
        process.check_log();
    });
}

#[test]
fn definitions_that_break_while_calls_run() {
    run(async {
        let service = Service::start().await;
        let definitions = definitions(&desk(&service.url()));
        let process = Process::serve(definitions.root(), &["--deadline", "2s"]);
        let stop = Arc::new(AtomicBool::new(false));
        let (file, ending) = (definitions.path("desk/quick.yaml"), Arc::clone(&stop));
        let breaking = tokio::spawn(async move {
            let good = std::fs::read_to_string(&file).unwrap();
            let half = format!("{}: [", good.get(..good.len() / 2).unwrap());
            for turn in 0..120 {
                match turn % 6 {
                    0 => std::fs::write(&file, &half).unwrap(),
                    1 => std::fs::write(&file, b"\xff\xfe\x00").unwrap(),
                    2 => std::fs::write(&file, "x: ".repeat(20_000)).unwrap(),
                    3 => std::fs::write(&file, "&a [*a, *a]").unwrap(),
                    4 => std::fs::write(&file, "").unwrap(),
                    _ => std::fs::write(&file, format!("{good}# {turn}\n")).unwrap(),
                }
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
            std::fs::write(&file, &good).unwrap();
            ending.store(true, Ordering::Relaxed);
        });
        let answers = load(&process, "/desk/quick", &stop).await;
        breaking.await.unwrap();
        let wrong = answers.iter().find(|answer| answer.status != 201);
        assert!(wrong.is_none(), "a good version was always there: {wrong:?} {:?}", process.last_lines());
        println!(
            "| definitions broken and mended 120 times under load | {} answers, all 201 | | {} |",
            answers.len(),
            mib(process.resident())
        );
        process.check_log();
    });
}

#[test]
fn a_log_that_cannot_be_written() {
    run(async {
        let service = Service::start().await;
        let definitions = definitions(&desk(&service.url()));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut child = command()
            .args([
                "serve",
                "--admin",
                "off",
                "--allow-private",
                "127.0.0.0/8",
                "--listen",
                &port.to_string(),
                "--actions",
            ])
            .arg(definitions.root())
            .stdout(Stdio::null())
            .stderr(full)
            .spawn()
            .unwrap();
        while tokio::net::TcpStream::connect(port).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut caller = Caller::to(port);
        for number in 0..500 {
            let answer = caller.call("/desk/quick", &call(&number.to_string(), 0)).await.unwrap();
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        assert!(child.try_wait().unwrap().is_none(), "it still runs");
        child.kill().unwrap();
        child.wait().unwrap();
        println!("| the disk that the log goes to is full | 500 answers, all 201 | | |");
    });
}

/// Needs `faketime`, which gives a process another clock.
#[test]
fn a_clock_that_jumps() {
    run(async {
        let library = [
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
            "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
        ];
        let library = library.into_iter().find(|path| Path::new(path).exists());
        let library = library.expect("`faketime` is needed: install it, for example `apt-get install faketime`");
        let service = Service::start().await;
        let definitions = definitions(&desk(&service.url()));
        let clock = definitions.path("../clock");
        std::fs::write(&clock, "+0").unwrap();
        let mut serve = command();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json"]);
        serve.args(["--allow-private", "127.0.0.0/8", "--deadline", "2s", "--actions"]).arg(definitions.root());
        serve.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock);
        // Only the calendar jumps: no system sets its monotonic clock.
        serve.env("FAKETIME_NO_CACHE", "1").env("DONT_FAKE_MONOTONIC", "1");
        let process = Process::start(serve);
        let mut count = 0;
        for jump in ["+0", "+2h", "-1d", "+400d", "-30d", "+0"] {
            std::fs::write(&clock, jump).unwrap();
            for path in ["/token/create", "/desk/once", "/desk/quick"] {
                let answers = load_for(&process, path, Duration::from_millis(300)).await;
                assert!(answers.iter().all(|answer| answer.status == 201), "{jump} {path} {:?}", process.last_lines());
                count += answers.len();
            }
        }
        process.check_log();
        println!(
            "| the clock jumps by hours, days, a year, to and fro | {count} answers, all 201 | | {} |",
            mib(process.resident())
        );
    });
}

fn replica(definitions: &Definitions, server: &RedisServer) -> Process {
    std::fs::write(definitions.path("../state.key"), "0123456789abcdef0123456789abcdef").unwrap();
    let key = format!("file:{}", definitions.path("../state.key").display());
    Process::serve(definitions.root(), &["--state", &server.url(), "--state-key", &key, "--deadline", "2s"])
}

/// Needs `redis-server`.
#[test]
fn a_state_that_goes_away_and_comes_back() {
    run(async {
        let (service, mut server) = (Service::start().await, RedisServer::start());
        let definitions = definitions(&desk(&service.url()));
        let process = replica(&definitions, &server);
        let mut count = 0;
        for turn in 0..3 {
            let stop = Arc::new(AtomicBool::new(false));
            let ending = Arc::clone(&stop);
            let away = tokio::task::spawn_blocking(move || {
                std::thread::sleep(Duration::from_millis(400));
                server.end();
                std::thread::sleep(Duration::from_millis(1200));
                server.begin();
                std::thread::sleep(Duration::from_millis(800));
                ending.store(true, Ordering::Relaxed);
                server
            });
            let path = if turn == 1 { "/token/create" } else { "/desk/quick" };
            let answers = load(&process, path, &stop).await;
            server = away.await.unwrap();
            assert!(answers.iter().all(|answer| answer.status == 201), "{:?}", process.last_lines());
            count += answers.len();
        }
        process.check_log();
        println!(
            "| Redis killed and started again three times under load | {count} answers, all 201 | | {} |",
            mib(process.resident())
        );
    });
}

/// Needs `redis-server`.
#[test]
fn a_process_killed_under_load_creates_nothing_twice() {
    run(async {
        let (service, server) = (Service::start().await, RedisServer::start());
        let definitions = definitions(&desk(&service.url()));
        let mut cut = Vec::new();
        let (mut answered, rounds) = (0, 5);
        for round in 0..rounds {
            let mut process = replica(&definitions, &server);
            let mut callers = tokio::task::JoinSet::new();
            for number in 0..CALLERS {
                let address = process.public;
                callers.spawn(async move {
                    let mut caller = Caller::to(address);
                    for turn in 0.. {
                        let subject = format!("{round}-{number}-{turn}");
                        if caller.call("/desk/once", &call(&subject, 0)).await.is_err() {
                            return (turn, subject);
                        }
                    }
                    unreachable!("it goes on until the process is killed")
                });
            }
            tokio::time::sleep(Duration::from_millis(700)).await;
            process.kill();
            while let Some(caller) = callers.join_next().await {
                let (turns, subject) = caller.unwrap();
                answered += turns;
                cut.push(subject);
            }
        }
        // Whoever got no answer asks again, of a replica that lives.
        let process = replica(&definitions, &server);
        let (mut carried_out, mut told) = (0, 0);
        for subject in &cut {
            let answer = Caller::to(process.public).call("/desk/once", &call(subject, 0)).await.unwrap();
            answer.check_form();
            if answer.status == 201 { carried_out += 1 } else { told += 1 }
        }
        let created = service.seen.created.lock().unwrap();
        let twice: Vec<_> = created.iter().filter(|(_, times)| **times > 1).collect();
        assert_eq!(twice, [], "created twice");
        process.check_log();
        println!(
            "| killed (-9) under load {rounds} times; the {} calls cut off were sent again | {answered} answered before, {carried_out} then carried out, {told} told that it is not known | none created twice | |",
            cut.len()
        );
    });
}
