//! Which parts of an example request are credentials, by what vendors call them.

/// Words in the names of headers, parameters and cookies that carry credentials.
const NAMES: [&str; 12] = [
    "authorization",
    "apikey",
    "accesskey",
    "accesstoken",
    "authtoken",
    "token",
    "secret",
    "password",
    "session",
    "signature",
    "credential",
    "appkey",
];

/// Whether a header, parameter or cookie of this name carries a credential.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    let folded: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let counted = ["idempotency", "pagetoken", "nexttoken", "continuation", "synctoken"];
    let is_key = folded.ends_with("key") && !["sortkey", "partitionkey"].contains(&folded.as_str());
    (is_key || NAMES.iter().any(|word| folded.contains(word))) && !counted.iter().any(|word| folded.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_name() {
        for name in
            ["Authorization", "X-Api-Key", "api_key", "access_token", "X-Auth-Token", "key", "PHPSESSION", "X-Desk-Key"]
        {
            assert!(is_credential(name), "{name}");
        }
        for name in ["Accept", "Idempotency-Key", "pageToken", "keyword", "X-Request-Id"] {
            assert!(!is_credential(name), "{name}");
        }
    }
}
