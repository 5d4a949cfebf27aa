//! The built binary, started on free ports, and what it says.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::Value;

use super::PATIENCE;

/// The binary with an environment that decides nothing.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_action-executor"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ACTION_EXECUTOR_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A serving process. Killed when dropped.
pub(crate) struct Bridge {
    child: Child,
    log: Arc<Log>,
    public: SocketAddr,
    admin: SocketAddr,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Lines>,
    grown: Condvar,
}

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    ended: bool,
}

impl Bridge {
    /// Serves a directory with these further arguments; loopback may be called.
    pub(crate) fn serve(actions: &Path, arguments: &[&str]) -> Self {
        let mut serve = command();
        serve.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--log-format",
            "json",
            "--allow-private",
            "127.0.0.0/8",
        ]);
        serve.arg("--actions").arg(actions).args(arguments);
        Self::start(serve)
    }

    /// Waits until it serves. It must log as JSON.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Log::default());
        let (lines, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lines.lock().unwrap().lines.push(line);
                lines.grown.notify_all();
            }
            lines.lines.lock().unwrap().ended = true;
            lines.grown.notify_all();
        });
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut bridge = Self { child, log, public: nowhere, admin: nowhere };
        let serving = bridge.wait_for_line("serving");
        let address = |name: &str| serving[name].as_str().and_then(|address| address.parse().ok());
        bridge.public = address("listen").unwrap_or_else(|| panic!("{serving}"));
        bridge.admin = address("admin").unwrap_or(nowhere);
        bridge
    }

    pub(crate) fn public(&self) -> SocketAddr {
        self.public
    }

    pub(crate) fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// A figure of the system about its memory, in KiB: `VmRSS` now, `VmHWM` at its most. 0 where the system has none.
    pub(crate) fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// What it has said so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log.lines.lock().unwrap().lines.clone()
    }

    /// Waits for a log line with this message.
    #[track_caller]
    pub(crate) fn wait_for_line(&self, message: &str) -> Value {
        self.wait_for(|line| line["message"] == message)
    }

    /// Waits for a log line that fits.
    #[track_caller]
    pub(crate) fn wait_for(&self, fits: impl Fn(&Value) -> bool) -> Value {
        let find = |lines: &Lines| lines.lines.iter().filter_map(|line| serde_json::from_str(line).ok()).find(&fits);
        let lines = self.log.lines.lock().unwrap();
        let (lines, _) =
            self.log.grown.wait_timeout_while(lines, PATIENCE, |lines| !lines.ended && find(lines).is_none()).unwrap();
        find(&lines).unwrap_or_else(|| panic!("no such line:\n{}", lines.lines.join("\n")))
    }

    /// Sends a signal such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let killed = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for the end; standard output and all log lines.
    pub(crate) fn wait(mut self) -> (ExitStatus, String, Vec<String>) {
        let mut output = String::new();
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout.read_to_string(&mut output).unwrap();
        }
        let status = self.child.wait().unwrap();
        let lines = self.log.lines.lock().unwrap();
        let (lines, _) = self.log.grown.wait_timeout_while(lines, PATIENCE, |lines| !lines.ended).unwrap();
        let lines = lines.lines.clone();
        (status, output, lines)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // Gone already is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
