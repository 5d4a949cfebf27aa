//! The certificates of a listener, read from files, and again when these change.
//!
//! A changed file that cannot be used is logged once, and the certificate before it stays in use.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{Error, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use x509_cert::der::Decode as _;

/// What is offered to clients, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Where a listener's certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM: the certificate, and after it those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM: its private key, not encrypted.
    pub key: PathBuf,
    /// PEM: authorities; a client without a certificate of theirs is refused.
    pub client_authorities: Option<PathBuf>,
}

/// Why a listener has no certificate.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the TLS file {path} cannot be used: {reason}")]
pub struct TlsError {
    /// Which file.
    pub path: PathBuf,
    /// Why; nothing of its content.
    pub reason: String,
}

/// The certificate of a listener, as its files are now.
#[derive(Debug)]
pub struct Certificates {
    files: TlsFiles,
    current: ArcSwap<Loaded>,
    /// The last error that was logged.
    complaint: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    /// The bytes of the files.
    texts: Vec<Vec<u8>>,
    ends: Option<SystemTime>,
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be read, that holds no certificate or key, or a key that does not fit.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let loaded = Loaded::read(&files)?;
        Ok(Self { files, current: ArcSwap::from_pointee(loaded), complaint: Mutex::default() })
    }

    /// For the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.load().config))
    }

    /// When the certificate ends.
    #[must_use]
    pub fn ends(&self) -> Option<SystemTime> {
        self.current.load().ends
    }

    /// Reads the files at this interval. New connections get a changed certificate; those that are open keep theirs.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let this = Arc::clone(&self);
            // Files may lie on a slow disk.
            let _ = tokio::task::spawn_blocking(move || this.renew()).await;
        }
    }

    /// Reads the files again; whether what is served changed.
    pub fn renew(&self) -> bool {
        let mut complaint = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        match Loaded::read(&self.files) {
            Ok(loaded) if loaded.texts == self.current.load().texts => {
                *complaint = None;
                false
            }
            Ok(loaded) => {
                *complaint = None;
                self.current.store(Arc::new(loaded));
                tracing::info!(file = %self.files.certificate.display(), "certificate reloaded");
                true
            }
            Err(error) => {
                let error = error.to_string();
                if complaint.as_ref() != Some(&error) {
                    tracing::error!(error, "certificate not reloaded, the one before is served on");
                    *complaint = Some(error);
                }
                false
            }
        }
    }
}

impl Loaded {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (certificate, key) = (read(&files.certificate)?, read(&files.key)?);
        let chain = certificates(&files.certificate, &certificate)?;
        let private = private_key(&files.key, &key)?;
        let ends = chain.first().and_then(ends);
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&files.certificate, error.to_string()))?;
        let mut texts = vec![certificate, key];
        let builder = match &files.client_authorities {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let pem = read(path)?;
                let mut roots = RootCertStore::empty();
                for authority in certificates(path, &pem)? {
                    roots.add(authority).map_err(|_| unusable(path, "a certificate in it cannot be read"))?;
                }
                texts.push(pem);
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| unusable(path, error.to_string()))?)
            }
        };
        let mut config = builder.with_single_cert(chain, private).map_err(|error| match error {
            Error::InconsistentKeys(_) => unusable(&files.key, "the key does not fit the certificate"),
            Error::InvalidCertificate(_) => unusable(&files.certificate, "the first certificate in it cannot be read"),
            _ => unusable(&files.key, "the key in it cannot be used; RSA, ECDSA and Ed25519 keys can"),
        })?;
        config.alpn_protocols = PROTOCOLS.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Self { config: Arc::new(config), texts, ends })
    }
}

fn unusable(path: &Path, reason: impl Into<String>) -> TlsError {
    TlsError { path: path.to_owned(), reason: reason.into() }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|error| unusable(path, error.to_string()))
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|_| unusable(path, "it is not valid PEM"))?;
    if chain.is_empty() { Err(unusable(path, "it holds no certificate in PEM form")) } else { Ok(chain) }
}

fn private_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_| unusable(path, "it holds no private key in PEM form, or an encrypted one"))
}

/// RFC 5280 §4.1.2.5.
fn ends(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let read = x509_cert::Certificate::from_der(certificate).ok()?;
    Some(SystemTime::UNIX_EPOCH + read.tbs_certificate().validity().not_after.to_unix_duration())
}
