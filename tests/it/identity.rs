//! Client certificates: what the operator configures, what a service sees, and what never leaves without.

use std::path::PathBuf;
use std::sync::Arc;

use action_executor::upstream::{
    IdentityFiles, Network, NetworkError, NetworkSettings, OutboundRequest, SendError, Sender, TlsError,
};

use crate::support::{
    Definitions, StubService, authority, command, get, mutual_service, respond, send, service_at, ticket, tls_file,
};

fn files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> IdentityFiles {
    IdentityFiles { certificate: certificate.into(), key: key.into() }
}

fn network(identities: &[(&str, IdentityFiles)]) -> Result<Network, NetworkError> {
    let allow_private = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let identities = identities.iter().map(|(name, files)| ((*name).to_owned(), files.clone())).collect();
    Network::new(&NetworkSettings {
        allow_private,
        ca_file: Some(authority()),
        identities,
        ..NetworkSettings::default()
    })
}

/// Both, each under its own name.
fn both() -> Network {
    let partner = files(tls_file("partner.pem"), tls_file("partner.key.pem"));
    let stranger = files(tls_file("stranger.pem"), tls_file("stranger.key.pem"));
    network(&[("partner", partner), ("stranger", stranger)]).unwrap()
}

fn request(url: &str, identity: Option<&str>) -> OutboundRequest {
    OutboundRequest { identity: identity.map(Arc::from), ..get(url) }
}

#[track_caller]
fn refused(network: &Network, url: &str, identity: Option<&str>) {
    match send(network, &request(url, identity)) {
        Err(SendError::Tls(error)) => assert!(matches!(error, TlsError::Refused(_)), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_sees_the_certificate_that_the_request_names() {
    let network = both();
    let url = format!("https://localhost:{}/", mutual_service("partner.example.com").port());
    let answer = send(&network, &request(&url, Some("partner"))).unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (200, b"partner.example.com".as_slice()));
    let elsewhere = format!("https://localhost:{}/", mutual_service("another.example.com").port());
    assert_eq!(send(&network, &request(&elsewhere, Some("partner"))).unwrap().status, 403);
}

#[test]
fn a_certificate_that_the_service_does_not_accept_is_a_tls_error() {
    let url = format!("https://localhost:{}/", mutual_service("partner.example.com").port());
    refused(&both(), &url, Some("stranger"));
}

#[test]
fn no_certificate_where_one_is_demanded_is_a_tls_error() {
    let url = format!("https://localhost:{}/", mutual_service("partner.example.com").port());
    refused(&both(), &url, None);
}

/// A connection that one certificate opened is never used for another, or for none.
#[test]
fn certificates_do_not_share_connections() {
    let network = both();
    let url = format!("https://localhost:{}/", mutual_service("partner.example.com").port());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for _ in 0..3 {
            assert_eq!(network.send(Box::new(request(&url, Some("partner")))).await.unwrap().status, 200);
            assert!(network.send(Box::new(request(&url, Some("stranger")))).await.is_err());
            assert!(network.send(Box::new(request(&url, None))).await.is_err());
        }
    });
}

#[test]
fn a_request_is_never_sent_without_its_certificate() {
    let stub = StubService::answering(respond(200, "", "ok"));
    let error = send(&both(), &request(&stub.url(), Some("nobody"))).unwrap_err();
    assert_eq!(error, SendError::UnknownIdentity);
    assert!(!error.may_have_arrived() && !error.may_pass());
    assert_eq!(
        error.to_string(),
        "the operator has configured no client certificate of this name; start with `--identity NAME=CERT.pem,KEY.pem`"
    );
    let plain = send(&both(), &request(&stub.url(), Some("partner"))).unwrap_err();
    assert_eq!(plain, SendError::Unsendable("a client certificate is shown over https only"));
    assert_eq!(stub.connections(), 0);
}

#[track_caller]
fn check_start(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>, expected: (PathBuf, &str)) {
    match network(&[("partner", files(certificate, key))]) {
        Err(NetworkError::Identity { name, path, reason }) => {
            assert_eq!((name.as_str(), path, reason.as_str()), ("partner", expected.0, expected.1));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_with_a_certificate_shows_at_start() {
    let directory = tempfile::tempdir().unwrap();
    let written = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = (tls_file("partner.pem"), tls_file("partner.key.pem"));
    let missing = directory.path().join("missing.pem");
    let no_file = "No such file or directory (os error 2)";
    if cfg!(unix) {
        check_start(&missing, &key, (missing.clone(), no_file));
        check_start(&certificate, &missing, (missing.clone(), no_file));
    }
    check_start(&key, &key, (key.clone(), "it holds no certificate in PEM form"));
    check_start(&certificate, &certificate, (certificate.clone(), "it holds no private key in PEM form"));
    let other = tls_file("stranger.key.pem");
    check_start(&certificate, &other, (other.clone(), "the key does not fit the certificate"));

    let torn = written("torn.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    check_start(&torn, &key, (torn.clone(), "it is not valid PEM"));
    let empty = written("empty.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    check_start(&empty, &key, (empty.clone(), "the first certificate in it cannot be read"));
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let locked = written("locked.pem", locked);
    check_start(&certificate, &locked, (locked.clone(), "the key in it is encrypted; give one without a passphrase"));
    let unknown = written("unknown.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    let no_key = "the key in it cannot be used; RSA, ECDSA and Ed25519 keys can";
    check_start(&certificate, &unknown, (unknown.clone(), no_key));
    let text = std::fs::read_to_string(&key).unwrap();
    let two = written("two.pem", &format!("{text}{text}"));
    check_start(&certificate, &two, (two.clone(), "it holds more than one private key"));
}

#[test]
fn one_file_may_hold_both_and_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.pem");
    let parts = ["partner.key.pem", "partner.pem", "second-authority.pem"];
    let text: String = parts.iter().map(|name| std::fs::read_to_string(tls_file(name)).unwrap()).collect();
    std::fs::write(&path, format!("Bag Attributes\n    friendlyName: partner\n{text}")).unwrap();
    let network = network(&[("partner", files(&path, &path))]).unwrap();
    let url = format!("https://localhost:{}/", mutual_service("partner.example.com").port());
    assert_eq!(send(&network, &request(&url, Some("partner"))).unwrap().status, 200);
}

/// Exit code and standard error of `run` with this identity, given as a flag or as the variable.
fn run(flags: &[&str], variable: Option<&str>) -> (i32, String) {
    let definitions = Definitions::new(&[
        ("desk/service.yaml", &service_at("https://127.0.0.1:1")),
        ("desk/one.yaml", &ticket("first")),
    ]);
    let input = definitions.path("../input.json");
    std::fs::write(&input, "{}").unwrap();
    let mut run = command();
    run.args(["run", "/desk/one", "--allow-private", "127.0.0.0/8", "--input"]).arg(input);
    run.arg("--actions").arg(definitions.root()).args(flags);
    run.envs(variable.map(|text| ("ACTION_EXECUTOR_IDENTITY", text)));
    let output = run.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_operator_gives_them_by_flag_or_variable() {
    let pair = |name: &str| {
        let (certificate, key) = (tls_file(&format!("{name}.pem")), tls_file(&format!("{name}.key.pem")));
        format!("{name}={},{}", certificate.display(), key.display())
    };
    let (partner, stranger) = (pair("partner"), pair("stranger"));
    for (flags, variable) in [
        (vec!["--identity", partner.as_str(), "--identity", stranger.as_str()], None),
        (vec![], Some(format!("{partner};{stranger}"))),
    ] {
        let (_, stderr) = run(&flags, variable.as_deref());
        assert!(!stderr.contains("identity") && !stderr.contains("client certificate"), "{stderr}");
    }
    let (code, stderr) = run(&["--identity", &partner, "--identity", &partner], None);
    assert!(code == 2 && stderr.contains("--identity partner: the name is given twice"), "{code} {stderr}");
    for wrong in ["partner", "partner=", "partner=a.pem", "=a.pem,b.pem", "partner=a.pem,", "partner=a.pem,b.pem,c.pem"]
    {
        let (code, stderr) = run(&["--identity", wrong], None);
        assert!(code != 0 && stderr.contains("expected NAME=CERT.pem,KEY.pem"), "{wrong}: {code} {stderr}");
    }
    let (code, stderr) = run(&["--identity", "partner=/nowhere/cert.pem,/nowhere/key.pem"], None);
    assert!(
        code != 0 && stderr.contains("the client certificate `partner` cannot be used: /nowhere/cert.pem: "),
        "{stderr}"
    );
}
