//! The client certificates that the operator has configured, read and checked at start.
//!
//! Says why one cannot be used; what is in a key never goes out.

use std::path::{Path, PathBuf};

use rustls::Error;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Where a client certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityFiles {
    /// PEM: the certificate, and after it those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM: its private key, not encrypted.
    pub key: PathBuf,
}

/// Which file cannot be used, and why, as the end of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) path: PathBuf,
    pub(super) reason: String,
}

/// The chain and the key that fits it.
pub(super) fn read_identity(files: &IdentityFiles, provider: &CryptoProvider) -> Result<CertifiedKey, Unusable> {
    let (certificate, key) = (files.certificate.as_path(), files.key.as_path());
    let chain = chain(&read(certificate)?).map_err(|reason| unusable(certificate, reason))?;
    let private = private_key(&read(key)?).map_err(|reason| unusable(key, reason))?;
    CertifiedKey::from_der(chain, private, provider).map_err(|error| match error {
        Error::InconsistentKeys(_) => unusable(key, "the key does not fit the certificate"),
        Error::InvalidCertificate(_) => unusable(certificate, "the first certificate in it cannot be read"),
        _ => unusable(key, "the key in it cannot be used; RSA, ECDSA and Ed25519 keys can"),
    })
}

fn unusable(path: &Path, reason: impl Into<String>) -> Unusable {
    Unusable { path: path.to_owned(), reason: reason.into() }
}

fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    std::fs::read(path).map_err(|error| unusable(path, error.to_string()))
}

fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| "it is not valid PEM")?;
    if chain.is_empty() { Err("it holds no certificate in PEM form") } else { Ok(chain) }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, &'static str> {
    let encrypted = b"ENCRYPTED";
    if pem.windows(encrypted.len()).any(|window| window == encrypted) {
        return Err("the key in it is encrypted; give one without a passphrase");
    }
    let mut keys: Vec<_> =
        PrivateKeyDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| "it is not valid PEM")?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_), false) => Err("it holds more than one private key"),
        (None, _) => Err("it holds no private key in PEM form"),
    }
}
