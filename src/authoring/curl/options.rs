//! The options of curl: which take a value, and which matter here.
//!
//! From the manual page of curl 8 (<https://curl.se/docs/manpage.html>).

/// An option that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opt {
    /// `-X`
    Method,
    /// `-H`
    Header,
    /// `-d` and its kin.
    Data,
    /// `--data-raw`: an `@` is a letter.
    DataRaw,
    /// `--data-urlencode`
    DataEncoded,
    /// `--json`
    Json,
    /// `-F`
    Form,
    /// `--form-string`: `@` and `<` are letters.
    FormString,
    /// `-u`
    User,
    /// `-A`, `-e`: headers with an option of their own.
    NamedHeader(&'static str),
    /// `-b`
    Cookie,
    /// `--oauth2-bearer`
    Bearer,
    /// `--aws-sigv4`
    Aws,
    /// `--url`
    Url,
    /// `-G`
    DataInQuery,
    /// `-I`
    Head,
    /// `--digest`
    Digest,
    /// Changes nothing that a definition says.
    Ignored,
    /// Cannot be carried over; why.
    Lost(&'static str),
}

/// What an option means, and whether a value follows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    pub(super) opt: Opt,
    pub(super) takes_value: bool,
}

const fn value(opt: Opt) -> Meaning {
    Meaning { opt, takes_value: true }
}

const fn flag(opt: Opt) -> Meaning {
    Meaning { opt, takes_value: false }
}

const CERTIFICATE: Opt = Opt::Lost("client certificates are the operator's: see `mtls` in the authentication page");

/// The meaning of `--name`; `None` if it is not known.
pub(super) fn long(name: &str) -> Option<Meaning> {
    Some(match name {
        "request" => value(Opt::Method),
        "header" => value(Opt::Header),
        "data" | "data-ascii" | "data-binary" => value(Opt::Data),
        "data-raw" => value(Opt::DataRaw),
        "data-urlencode" => value(Opt::DataEncoded),
        "json" => value(Opt::Json),
        "form" => value(Opt::Form),
        "form-string" => value(Opt::FormString),
        "user" => value(Opt::User),
        "user-agent" => value(Opt::NamedHeader("User-Agent")),
        "referer" => value(Opt::NamedHeader("Referer")),
        "cookie" => value(Opt::Cookie),
        "oauth2-bearer" => value(Opt::Bearer),
        "aws-sigv4" => value(Opt::Aws),
        "url" => value(Opt::Url),
        "get" => flag(Opt::DataInQuery),
        "head" => flag(Opt::Head),
        "digest" => flag(Opt::Digest),
        "cert" | "key" | "cert-type" | "key-type" | "pass" => value(CERTIFICATE),
        "upload-file" => value(Opt::Lost("a file that is sent as it is: use `body: { base64, content_type }`")),
        "proxy" | "proxy-user" | "cacert" | "capath" | "resolve" | "interface" => {
            value(Opt::Lost("how the network is reached is the operator's to say"))
        }
        "insecure" => flag(Opt::Lost("certificates are always checked; `--ca-file` trusts an authority of your own")),
        "location" | "location-trusted" => flag(Opt::Lost("redirects are never followed")),
        "ntlm" | "negotiate" => flag(Opt::Lost("this way to prove who one is does not exist here")),
        "max-time" | "connect-timeout" | "retry" | "retry-delay" | "retry-max-time" | "output" | "write-out"
        | "cookie-jar" | "dump-header" | "limit-rate" | "tls-max" | "ciphers" | "max-filesize" | "stderr"
        | "config" => value(Opt::Ignored),
        "silent" | "show-error" | "verbose" | "include" | "fail" | "fail-with-body" | "compressed" | "basic"
        | "globoff" | "progress-bar" | "http1.1" | "http2" | "http1.0" | "remote-name" | "no-buffer" | "tlsv1.2"
        | "tlsv1.3" | "ipv4" | "ipv6" | "path-as-is" | "retry-connrefused" | "retry-all-errors"
        | "no-progress-meter" | "create-dirs" | "ssl-no-revoke" | "disable" => flag(Opt::Ignored),
        _ => return None,
    })
}

/// The meaning of `-x`; `None` if it is not known.
pub(super) fn short(letter: char) -> Option<Meaning> {
    long(match letter {
        'X' => "request",
        'H' => "header",
        'd' => "data",
        'F' => "form",
        'u' => "user",
        'A' => "user-agent",
        'e' => "referer",
        'b' => "cookie",
        'G' => "get",
        'I' => "head",
        'E' => "cert",
        'T' => "upload-file",
        'x' => "proxy",
        'k' => "insecure",
        'L' => "location",
        'm' => "max-time",
        'o' => "output",
        'w' => "write-out",
        'c' => "cookie-jar",
        'D' => "dump-header",
        'K' => "config",
        's' => "silent",
        'S' => "show-error",
        'v' => "verbose",
        'i' => "include",
        'f' => "fail",
        'g' => "globoff",
        '#' => "progress-bar",
        'O' => "remote-name",
        'N' => "no-buffer",
        '4' => "ipv4",
        '6' => "ipv6",
        'q' => "disable",
        '0' => "http1.0",
        _ => return None,
    })
}
