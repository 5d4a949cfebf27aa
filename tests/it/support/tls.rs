//! A service on loopback that speaks TLS as `localhost`, with a certificate of an authority that nobody trusts.
//!
//! The key beside it protects nothing: it exists for these tests only.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const IDENTITY: &[u8] = include_bytes!("tls/localhost.pem");

/// The file of the authority.
pub(crate) fn authority() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/tls/authority.pem"))
}

/// Answers the first request of each connection with these bytes.
pub(crate) fn tls_service(answer: Vec<u8>) -> SocketAddr {
    let chain = CertificateDer::pem_slice_iter(IDENTITY).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(IDENTITY).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, answer) = (Arc::clone(&config), answer.clone());
            // A client that does not trust the certificate ends the handshake: no matter.
            thread::spawn(move || converse(config, stream, &answer));
        }
    });
    address
}

fn converse(config: Arc<ServerConfig>, stream: TcpStream, answer: &[u8]) -> Option<()> {
    let mut tls = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        tls.read_exact(&mut byte).ok()?;
        head.extend_from_slice(&byte);
    }
    tls.write_all(answer).ok()?;
    tls.conn.send_close_notify();
    tls.flush().ok()
}
