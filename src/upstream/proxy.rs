//! The status with which a proxy refuses a tunnel.
//!
//! The client library keeps it to itself, and a 407 is the operator's to fix. So a proxy that has refused is asked once more, for
//! the status alone; nothing of the request goes to it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// `HTTP/1.1 407`
const STATUS_LINE: usize = 12;

/// A tunnel that a proxy has refused.
pub(super) struct RefusedTunnel {
    proxy: Url,
    /// Host and port of the service.
    target: String,
}

impl RefusedTunnel {
    /// `None` where the proxy is asked over TLS: the status is not known then. Boxed, since each request without a proxy would hold
    /// the room for it.
    pub(super) fn new(proxy: &Url, service: &Url) -> Option<Box<Self>> {
        let target = format!("{}:{}", service.host_str()?, service.port_or_known_default()?);
        (proxy.scheme() == "http").then(|| Box::new(Self { proxy: proxy.clone(), target }))
    }

    /// The status of the proxy's answer; `None` where it gives none, or would make the tunnel now.
    pub(super) async fn status(&self) -> Option<u16> {
        let address = (self.proxy.host_str()?, self.proxy.port_or_known_default()?);
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(self.head().as_bytes()).await.ok()?;
        let mut line = [0; STATUS_LINE];
        stream.read_exact(&mut line).await.ok()?;
        let status = std::str::from_utf8(&line).ok()?.strip_prefix("HTTP/1.")?.split_once(' ')?.1;
        status.parse().ok().filter(|status| !(200..300).contains(status))
    }

    fn head(&self) -> String {
        let target = &self.target;
        let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
        if !self.proxy.username().is_empty() {
            let user = decoded(self.proxy.username());
            let password = decoded(self.proxy.password().unwrap_or_default());
            let credentials = BASE64_STANDARD.encode([user.as_slice(), b":", &password].concat());
            head.push_str(&format!("Proxy-Authorization: Basic {credentials}\r\n"));
        }
        head.push_str("\r\n");
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_go_to_the_proxy_as_they_are() {
        let proxy = Url::parse("http://us%40er:p%3Aw@proxy.internal:3128").unwrap();
        let tunnel = RefusedTunnel::new(&proxy, &Url::parse("https://acme.example.com/x?q").unwrap()).unwrap();
        assert_eq!(
            tunnel.head(),
            "CONNECT acme.example.com:443 HTTP/1.1\r\nHost: acme.example.com:443\r\n\
             Proxy-Authorization: Basic dXNAZXI6cDp3\r\n\r\n"
        );
    }

    #[test]
    fn a_proxy_over_tls_is_not_asked() {
        let proxy = Url::parse("https://proxy.internal").unwrap();
        assert!(RefusedTunnel::new(&proxy, &Url::parse("https://acme.example.com").unwrap()).is_none());
    }
}
