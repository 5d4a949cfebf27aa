//! Who vouches for services: the platform's authorities, and those that the operator adds.
//!
//! The platform's are many files: they are read once, by the first handshake or before it ([`Trust::prepare`]).

use std::sync::{Arc, OnceLock};
use std::thread;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::tls::NoAuthorities;

/// What is offered to services, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Checks the certificates of services.
#[derive(Debug)]
pub(super) struct Trust {
    provider: Arc<CryptoProvider>,
    /// Trusted besides the platform's.
    authorities: Vec<CertificateDer<'static>>,
    verifier: OnceLock<Result<Verifier, Error>>,
}

impl Trust {
    /// Of these authorities and the platform's.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub(super) fn new(authorities: Vec<CertificateDer<'static>>) -> Result<Self, Error> {
        let mut readable = RootCertStore::empty();
        authorities.iter().try_for_each(|authority| readable.add(authority.clone()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Ok(Self { provider, authorities, verifier: OnceLock::new() })
    }

    /// The same and these authorities.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub(super) fn and(&self, more: Vec<CertificateDer<'static>>) -> Result<Self, Error> {
        Self::new(self.authorities.iter().cloned().chain(more).collect())
    }

    /// TLS towards services that are trusted so, with a certificate of ours if they want one.
    ///
    /// # Errors
    /// No version of TLS is left.
    pub(super) fn config(self: &Arc<Self>, ours: Option<CertifiedKey>) -> Result<ClientConfig, Error> {
        let trusting = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>);
        let mut config = match ours {
            Some(ours) => trusting.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(ours))),
            None => trusting.with_no_client_auth(),
        };
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(config)
    }

    /// Reads the platform's authorities on a thread of its own, so that no call waits for it.
    pub(super) fn prepare(self: &Arc<Self>) {
        let trust = Arc::clone(self);
        let prepared = thread::Builder::new().name("authorities".to_owned()).spawn(move || drop(trust.verifier()));
        if let Err(error) = prepared {
            tracing::warn!(%error, "no thread could be started; the first call reads the certificate authorities");
        }
    }

    fn verifier(&self) -> Result<&Verifier, Error> {
        // The reason goes to the log, once.
        let unreadable = |_: &Error| Error::Other(OtherError(Arc::new(NoAuthorities)));
        self.verifier.get_or_init(|| self.read()).as_ref().map_err(unreadable)
    }

    fn read(&self) -> Result<Verifier, Error> {
        let with = |more: &[CertificateDer<'static>]| {
            Verifier::new_with_extra_roots(self.authorities.iter().chain(more).cloned(), Arc::clone(&self.provider))
        };
        let platform = Verifier::new(Arc::clone(&self.provider));
        let verifier = match platform {
            Ok(platform) if self.authorities.is_empty() => Ok(platform),
            Ok(_) => with(&[]),
            // As in a container image that holds nothing but the program.
            Err(error) => {
                tracing::info!(%error, "the platform has no certificate authorities; Mozilla's are trusted instead");
                with(webpki_root_certs::TLS_SERVER_ROOT_CERTS)
            }
        };
        verifier.inspect_err(|error| tracing::error!(%error, "{NoAuthorities}"))
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verifier()?.verify_server_cert(certificate, intermediates, server, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
