//! The program under test: started, watched from outside, ended.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::command;

/// What must be in no line of the log.
pub(crate) const SECRET: &str = "proof-secret-4711-proof";

/// Lines that are kept for whoever must know what went wrong.
const KEPT: usize = 200;

/// A serving process. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) public: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    last: VecDeque<String>,
    serving: Option<Value>,
    /// Lines, and those that held the secret.
    lines: u64,
    leaks: u64,
    defects: u64,
}

impl Process {
    /// Serves definitions with these further arguments.
    pub(crate) fn serve(actions: &std::path::Path, arguments: &[&str]) -> Self {
        let mut serve = command();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json"]);
        serve.args(["--allow-private", "127.0.0.0/8", "--actions"]).arg(actions).args(arguments);
        Self::start(serve)
    }

    pub(crate) fn start(mut serve: Command) -> Self {
        serve.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let (noted, stderr) = (Arc::clone(&seen), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                noted.lock().unwrap().note(line);
            }
        });
        let until = Instant::now() + Duration::from_secs(20);
        let serving = loop {
            if let Some(serving) = seen.lock().unwrap().serving.clone() {
                break serving;
            }
            assert!(Instant::now() < until, "it does not serve: {:?}", seen.lock().unwrap().last);
            std::thread::sleep(Duration::from_millis(5));
        };
        let address = |name: &str| serving[name].as_str().unwrap().parse().unwrap();
        Self { child, public: address("listen"), seen }
    }

    /// Resident memory in bytes (proc(5)).
    pub(crate) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Open file descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Lines of the log so far; none of them may hold the secret or tell of a defect.
    #[track_caller]
    pub(crate) fn check_log(&self) -> u64 {
        let seen = self.seen.lock().unwrap();
        assert_eq!((seen.leaks, seen.defects), (0, 0), "{:#?}", seen.last);
        seen.lines
    }

    /// The last lines.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().last.iter().cloned().collect()
    }

    /// As a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Seen {
    fn note(&mut self, line: String) {
        self.lines += 1;
        self.leaks += u64::from(line.contains(SECRET));
        self.defects += u64::from(line.contains("\"message\":\"panic\"") || line.contains("\"outcome\":\"bug\""));
        if self.serving.is_none() && line.contains("\"message\":\"serving\"") {
            self.serving = serde_json::from_str(&line).ok();
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `12.3 MiB`
pub(crate) fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}
