//! Services on loopback that speak TLS as `localhost`, with certificates of authorities that nobody trusts.
//!
//! The keys beside it protect nothing: they exist for these tests only.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rustls::client::verify_server_name;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::respond;

const LOCALHOST: &[u8] = include_bytes!("tls/localhost.pem");
const EXPIRED: &[u8] = include_bytes!("tls/expired.pem");

/// The file of the authority.
pub(crate) fn authority() -> PathBuf {
    tls_file("authority.pem")
}

/// The file of the authority of client certificates and of the one that has expired.
pub(crate) fn second_authority() -> PathBuf {
    tls_file("second-authority.pem")
}

/// A file of certificates or keys: `partner.pem` is of the second authority, `stranger.pem` of none; their keys are
/// `partner.key.pem` and `stranger.key.pem`.
pub(crate) fn tls_file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/tls")).join(name)
}

/// Answers the first request of each connection with these bytes.
pub(crate) fn tls_service(answer: Vec<u8>) -> SocketAddr {
    serve(config(LOCALHOST, WebPkiClientVerifier::no_client_auth()), move |_| answer.clone())
}

/// As `tls_service`, with a certificate whose time is over.
pub(crate) fn expired_service() -> SocketAddr {
    serve(config(EXPIRED, WebPkiClientVerifier::no_client_auth()), |_| respond(200, CLOSE, "never read"))
}

/// Asks every client for a certificate of the second authority, and answers 403 unless it is for this name.
pub(crate) fn mutual_service(name: &'static str) -> SocketAddr {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(second_authority()).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
    serve(config(LOCALHOST, verifier.build().unwrap()), move |connection| {
        let certificate = &connection.peer_certificates().unwrap()[0];
        let certificate = ParsedCertificate::try_from(certificate).unwrap();
        let fits = verify_server_name(&certificate, &ServerName::try_from(name).unwrap()).is_ok();
        respond(if fits { 200 } else { 403 }, CLOSE, name)
    })
}

/// Sends these bytes without end as soon as a request comes.
pub(crate) fn tls_flood(bytes: Vec<u8>) -> SocketAddr {
    let config = Arc::new(config(LOCALHOST, WebPkiClientVerifier::no_client_auth()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, bytes) = (Arc::clone(&config), bytes.clone());
            thread::spawn(move || {
                let mut tls = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
                tls.read_exact(&mut [0]).ok()?;
                while tls.write_all(&bytes).is_ok() {}
                Some(())
            });
        }
    });
    address
}

/// As `localhost`, for HTTP/2 alone.
pub(super) fn h2_config() -> ServerConfig {
    let mut config = config(LOCALHOST, WebPkiClientVerifier::no_client_auth());
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

const CLOSE: &str = "Connection: close\r\n";

fn config(identity: &[u8], verifier: Arc<dyn ClientCertVerifier>) -> ServerConfig {
    let chain = CertificateDer::pem_slice_iter(identity).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity).unwrap();
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap()
}

fn serve(config: ServerConfig, answer: impl Fn(&ServerConnection) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    let (config, answer) = (Arc::new(config), Arc::new(answer));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, answer) = (Arc::clone(&config), Arc::clone(&answer));
            // A client that does not trust the certificate ends the handshake: no matter.
            thread::spawn(move || converse(config, stream, &*answer));
        }
    });
    address
}

fn converse(config: Arc<ServerConfig>, stream: TcpStream, answer: &dyn Fn(&ServerConnection) -> Vec<u8>) -> Option<()> {
    let mut tls = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if tls.read_exact(&mut byte).is_err() {
            // Closing a socket with unread bytes would reset the connection, and the client would not see the alert.
            tls.sock.shutdown(Shutdown::Write).ok()?;
            std::io::copy(&mut tls.sock, &mut std::io::sink()).ok()?;
            return None;
        }
        head.extend_from_slice(&byte);
    }
    let answer = answer(&tls.conn);
    tls.write_all(&answer).ok()?;
    tls.conn.send_close_notify();
    tls.flush().ok()
}
