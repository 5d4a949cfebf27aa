//! Reasons why the program does not start, or stops. For operators; each names the setting to change, none holds a secret.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::catalog::LoadError;
use crate::diagnostic::Diagnostic;
use crate::server::TlsError;
use crate::state::StateError;
use crate::telemetry::TracesError;
use crate::upstream::NetworkError;

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum StartError {
    #[error("the runtime cannot start: {0}")]
    Runtime(io::Error),
    #[error("threads for calls cannot start: {0}")]
    Workers(io::Error),
    #[error("{address} cannot be served: {error}")]
    Bind { address: SocketAddr, error: io::Error },
    #[error(
        "--admin {0}: off loopback the admin listener needs a token, for example `--admin-token file:PATH`; or use 127.0.0.1:8081"
    )]
    AdminWithoutToken(SocketAddr),
    #[error("the socket handed over as number {index} cannot be served: {error}")]
    HandedSocket { index: usize, error: io::Error },
    #[error("more sockets were handed over than one for `public` and one for `admin`")]
    TooManySockets,
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("not started; fix the definitions, or serve the rest with `--skip-broken`")]
    BrokenDefinitions(Vec<Diagnostic>),
    #[error("--secret {name}: {reason}")]
    Secret { name: String, reason: String },
    #[error("--identity {0}: the name is given twice")]
    IdentityTwice(String),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("--state: {0}")]
    State(#[from] StateError),
    #[error("--state: {0}")]
    StateAddress(String),
    #[error(
        "--state-key is missing: what is kept in Redis is sealed with it; `--state-key env:VARIABLE` or `--state-key file:PATH`"
    )]
    NoStateKey,
    #[error("--state-key: {0}")]
    StateKey(String),
    #[error("--ca-file {}: {error}", path.display())]
    CaFile { path: PathBuf, error: io::Error },
    #[error("{key}: {reason}")]
    Callers { key: &'static str, reason: String },
    #[error("--admin-token: {0}")]
    AdminToken(String),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("--traces: expected an address such as http://127.0.0.1:4318")]
    TracesEndpoint,
    #[error("traces.authorization: {0}")]
    TracesAuthorization(String),
    #[error("--traces: {0}")]
    Traces(#[from] TracesError),
}

/// Why the program stopped before it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("the listener failed: {0}")]
pub struct ServeError(#[from] io::Error);
