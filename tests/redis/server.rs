//! A Redis of the test's own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Killed when dropped.
pub(crate) struct RedisServer {
    address: SocketAddr,
    tls: bool,
    child: Option<Child>,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        Self::starting(false)
    }

    /// Speaks TLS only, as `localhost`.
    pub(crate) fn start_with_tls() -> Self {
        Self::starting(true)
    }

    fn starting(tls: bool) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut server = Self { address, tls, child: None };
        server.begin();
        server
    }

    /// Starts it, perhaps again, empty.
    pub(crate) fn begin(&mut self) {
        let port = self.address.port().to_string();
        let certificate = crate::support::tls_file("localhost.pem").display().to_string();
        let started = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(if self.tls { ["--port", "0", "--tls-port", &port] } else { ["--port", &port, "--tls-port", "0"] })
            .args(["--tls-cert-file", &certificate, "--tls-key-file", &certificate, "--tls-auth-clients", "no"])
            .args(["--tls-ca-cert-file", &crate::support::authority().display().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child =
            Some(started.expect("`redis-server` is needed: install it, for example `apt-get install redis-server`"));
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < until, "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        if self.tls {
            return format!("rediss://localhost:{}", self.address.port());
        }
        format!("redis://{}", self.address)
    }

    /// Every key and value, as Redis holds them.
    pub(crate) fn everything(&self) -> Vec<u8> {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
        let mut all = Vec::new();
        for key in keys {
            all.extend_from_slice(&key);
            let dumped: Vec<u8> = redis::cmd("DUMP").arg(&key).query(&mut connection).unwrap();
            all.extend(dumped);
        }
        all
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.end();
    }
}
