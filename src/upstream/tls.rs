//! Why a TLS connection could not be made, in words for the person who configures it.
//!
//! Pure. rustls' own words hold the host name, which is built from values: none of them goes out.

use rustls::{AlertDescription, CertificateError, Error};

/// Why there is no TLS connection, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The handshake broke off without a reason.
    #[error("the handshake failed")]
    Failed,
    /// No authority can be trusted, since none can be read.
    #[error("the certificate authorities cannot be read")]
    NoAuthorities,
    /// The bytes are no TLS.
    #[error("the service does not speak TLS at this port")]
    NotTls,
    /// The name of an alert is one of a fixed list, or a number.
    #[error("the service refused the handshake ({0:?})")]
    Refused(AlertDescription),
    /// Nothing in common that is safe.
    #[error("the service offers no TLS version or cipher that is still safe")]
    Incompatible,
    /// No trusted authority vouches for the certificate.
    #[error(
        "the service's certificate is from an authority that is not trusted; the operator can add one with `--ca-file`"
    )]
    Untrusted,
    /// The certificate is too old.
    #[error("the service's certificate has expired")]
    Expired,
    /// The certificate is too new.
    #[error("the service's certificate is not valid yet")]
    NotYetValid,
    /// The certificate names other hosts.
    #[error("the service's certificate is for another host name")]
    OtherName,
    /// The authority has withdrawn the certificate.
    #[error("the service's certificate was revoked")]
    Revoked,
    /// Anything else that is wrong with the certificate.
    #[error("the service's certificate cannot be used")]
    Unusable,
}

impl TlsError {
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => certificate(error),
            Error::InvalidMessage(_) => Self::NotTls,
            Error::AlertReceived(alert) => Self::Refused(*alert),
            Error::PeerIncompatible(_) | Error::NoApplicationProtocol => Self::Incompatible,
            Error::Other(other) if other.0.is::<NoAuthorities>() => Self::NoAuthorities,
            _ => Self::Failed,
        }
    }

    /// Whether the service refused our certificate or wants one. From TLS 1.3 on it says so after our side of the
    /// handshake, when the request may be on its way already; it has not read it (RFC 8446 §4.4.2.4, §6.2).
    pub(super) fn refuses_ours(error: &Error) -> bool {
        matches!(error, Error::AlertReceived(alert) if is_about_ours(*alert))
    }

    /// Whether the certificates that we trust or show may be the cause: nothing is said of the host then.
    pub(super) fn may_be_ours(&self) -> bool {
        match self {
            Self::NoAuthorities | Self::Untrusted => true,
            Self::Refused(alert) => is_about_ours(*alert),
            _ => false,
        }
    }
}

/// No authority can be trusted; the log says why.
#[derive(Debug, thiserror::Error)]
#[error("the certificate authorities cannot be read")]
pub(super) struct NoAuthorities;

fn is_about_ours(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
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
}

fn certificate(error: &CertificateError) -> TlsError {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsError::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsError::NotYetValid,
        CertificateError::UnknownIssuer => TlsError::Untrusted,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsError::OtherName,
        CertificateError::Revoked => TlsError::Revoked,
        _ => TlsError::Unusable,
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
        let error =
            TlsError::of(&Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }));
        assert_eq!(error.to_string(), "the service's certificate is for another host name");
    }

    #[test]
    fn an_alert_is_named() {
        let error = TlsError::of(&Error::AlertReceived(AlertDescription::HandshakeFailure));
        assert_eq!(error.to_string(), "the service refused the handshake (HandshakeFailure)");
    }
}
