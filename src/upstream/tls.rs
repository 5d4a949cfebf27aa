//! Why a TLS connection could not be made, in words for the person who configures it.
//!
//! Pure. rustls' own words hold the host name, which is built from values: none of them goes out.

use rustls::{CertificateError, Error};

/// The handshake broke off without saying why.
pub(super) const FAILED: &str = "the handshake failed";

/// There is no authority to trust.
pub(super) const UNAVAILABLE: &str = "the certificate authorities cannot be read";

/// The reason, as the end of a sentence.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error).to_owned(),
        Error::InvalidMessage(_) => "the service does not speak TLS at this port".to_owned(),
        // The name of an alert is one of a fixed list, or a number.
        Error::AlertReceived(alert) => format!("the service refused the handshake ({alert:?})"),
        Error::PeerIncompatible(_) | Error::NoApplicationProtocol => {
            "the service offers no TLS version or cipher that is still safe".to_owned()
        }
        Error::General(why) if why == UNAVAILABLE => UNAVAILABLE.to_owned(),
        _ => FAILED.to_owned(),
    }
}

/// Whether the service refused our certificate or wants one. From TLS 1.3 on it says so after our side of the
/// handshake, when the request may be on its way already; it has not read it (RFC 8446 §4.4.2.4, §6.2).
pub(super) fn refuses_ours(error: &Error) -> bool {
    use rustls::AlertDescription as Alert;
    matches!(
        error,
        Error::AlertReceived(
            Alert::CertificateRequired
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::DecryptError
                | Alert::HandshakeFailure
        )
    )
}

fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the service's certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the service's certificate is not valid yet"
        }
        CertificateError::UnknownIssuer => {
            "the service's certificate is from an authority that is not trusted; the operator can add one with `--ca-file`"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the service's certificate is for another host name"
        }
        CertificateError::Revoked => "the service's certificate was revoked",
        _ => "the service's certificate cannot be used",
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn the_host_name_stays_inside() {
        let expected = ServerName::try_from("s3cr3t.example.com").unwrap();
        let presented = vec!["other.example.com".to_owned()];
        let told = reason(&Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }));
        assert_eq!(told, "the service's certificate is for another host name");
    }

    #[test]
    fn an_alert_is_named() {
        let told = reason(&Error::AlertReceived(rustls::AlertDescription::HandshakeFailure));
        assert_eq!(told, "the service refused the handshake (HandshakeFailure)");
    }
}
