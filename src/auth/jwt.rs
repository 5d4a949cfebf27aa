//! Signed tokens (RFC 7519) in the compact form of RFC 7515 §7.1.
//!
//! No clock, no I/O: instants are claims, and come from the caller. Only ES256 draws random numbers.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::error::KeyRejected;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Map, Value};

use super::{AuthError, hmac};
use crate::keyword::{HmacAlgorithm, JwtAlgorithm};

/// What a token is signed with.
#[derive(Clone, Copy)]
pub struct SigningKey<'a> {
    /// How to sign.
    pub algorithm: JwtAlgorithm,
    /// PEM for `RS256` and `ES256`, the shared secret itself for `HS256`.
    pub key: &'a str,
    /// `kid` of the token's header.
    pub key_id: Option<&'a str>,
}

/// A signed token with these claims.
///
/// # Errors
/// A key that cannot be read, or is not one for the algorithm.
pub fn sign(claims: &Map<String, Value>, key: &SigningKey<'_>) -> Result<String, AuthError> {
    let mut header = Map::new();
    header.insert("typ".to_owned(), "JWT".into());
    header.insert("alg".to_owned(), name(key.algorithm).into());
    if let Some(key_id) = key.key_id {
        header.insert("kid".to_owned(), key_id.into());
    }
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(Value::from(part.clone()).to_string()));
    let input = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(signature(input.as_bytes(), key)?);
    Ok(format!("{input}.{signature}"))
}

/// The signature of a token's first two parts (RFC 7518 §3.2 to §3.4).
pub(super) fn signature(input: &[u8], key: &SigningKey<'_>) -> Result<Vec<u8>, AuthError> {
    match key.algorithm {
        JwtAlgorithm::Hs256 if key.key.is_empty() => Err(unusable("it is empty")),
        JwtAlgorithm::Hs256 => Ok(hmac::code(HmacAlgorithm::Sha256, key.key.as_bytes(), input)),
        JwtAlgorithm::Rs256 => {
            let pair = rsa(key.key)?;
            let mut signature = vec![0; pair.public().modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature)
                .map_err(|_| unusable("signing with it failed"))?;
            Ok(signature)
        }
        JwtAlgorithm::Es256 => {
            let pair = p256(key.key)?;
            let signature = pair.sign(&SystemRandom::new(), input).map_err(|_| unusable("signing with it failed"))?;
            Ok(signature.as_ref().to_vec())
        }
    }
}

fn name(algorithm: JwtAlgorithm) -> &'static str {
    match algorithm {
        JwtAlgorithm::Rs256 => "RS256",
        JwtAlgorithm::Es256 => "ES256",
        JwtAlgorithm::Hs256 => "HS256",
    }
}

fn rsa(pem: &str) -> Result<RsaKeyPair, AuthError> {
    let pair = match private_key(pem)? {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(unusable("it is not an RSA key, and `RS256` needs one")),
    };
    pair.map_err(|rejected| unusable(rejection(&rejected, "it is not an RSA key, and `RS256` needs one")))
}

fn p256(pem: &str) -> Result<EcdsaKeyPair, AuthError> {
    let other = "it is not a key on the curve P-256, and `ES256` needs one";
    match private_key(pem)? {
        PrivateKeyDer::Pkcs8(der) => {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der(), &SystemRandom::new())
                .map_err(|rejected| unusable(rejection(&rejected, other)))
        }
        PrivateKeyDer::Sec1(_) => {
            Err(unusable("it is an `EC PRIVATE KEY`; convert it with `openssl pkcs8 -topk8 -nocrypt`"))
        }
        _ => Err(unusable(other)),
    }
}

/// `ring` tells its reasons as words only.
fn rejection(rejected: &KeyRejected, other_algorithm: &'static str) -> &'static str {
    match rejected.to_string().as_str() {
        "WrongAlgorithm" => other_algorithm,
        "TooSmall" => "it is shorter than 2048 bits",
        "TooLarge" => "it is longer than 4096 bits",
        "PublicKeyIsMissing" => "it lacks its public half; write it anew with `openssl pkcs8 -topk8 -nocrypt`",
        "VersionNotSupported" => "it has an unknown version",
        _ => "its content is damaged or unusual",
    }
}

/// The first private key of a PEM text (RFC 7468).
fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, AuthError> {
    PrivateKeyDer::from_pem_slice(with_lines(pem)?.as_bytes()).map_err(|_| unusable("its base64 is damaged"))
}

/// The first private key with its line breaks back: form fields and environment variables carry
/// them as `\n` in two characters, as blanks, or not at all.
fn with_lines(pem: &str) -> Result<String, AuthError> {
    let text = pem.replace("\\r", "\n").replace("\\n", "\n");
    let mut rest = text.as_str();
    let mut found = "it is not PEM: a line `-----BEGIN PRIVATE KEY-----` is missing";
    while let Some((label, after)) = rest.split_once("-----BEGIN ").and_then(|(_, from)| from.split_once("-----")) {
        let Some((body, next)) = after.split_once(&format!("-----END {label}-----")) else {
            return Err(unusable("its end is missing: a line `-----END …-----` like its first"));
        };
        match label {
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if !body.contains("ENCRYPTED") => {
                let body: String = body.split_whitespace().collect();
                if STANDARD.decode(&body).is_err() {
                    return Err(unusable("its base64 is damaged"));
                }
                return Ok(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"));
            }
            // PKCS#8 says it in its label, the older forms in a `Proc-Type` line.
            label if label.ends_with("PRIVATE KEY") && (label.starts_with("ENC") || body.contains("ENCRYPTED")) => {
                found = "it is encrypted; write it in the clear with `openssl pkcs8 -topk8 -nocrypt`";
            }
            "OPENSSH PRIVATE KEY" => {
                found = "it is an OpenSSH key; write it as PEM with `ssh-keygen -p -m PKCS8 -f FILE`";
            }
            "CERTIFICATE" | "PUBLIC KEY" | "RSA PUBLIC KEY" => {
                found = "it is a public key or a certificate, and signing needs the private key";
            }
            _ => {}
        }
        rest = next;
    }
    Err(unusable(found))
}

fn unusable(reason: &'static str) -> AuthError {
    AuthError::Key { reason }
}
