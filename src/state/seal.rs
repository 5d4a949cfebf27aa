//! What of the state leaves this process is sealed: a reader of the store learns nothing from it.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::Key;

/// Names and seals with keys derived from the operator's.
pub(super) struct Seal {
    names: hmac::Key,
    values: LessSafeKey,
    random: SystemRandom,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(«redacted»)")
    }
}

impl Seal {
    /// Two keys for two uses, so that neither tells of the other; `None` only if the library refuses their length.
    pub(super) fn new(operator_key: &[u8]) -> Option<Self> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, operator_key);
        let derived = |label: &[u8]| hmac::sign(&master, label);
        let names = hmac::Key::new(hmac::HMAC_SHA256, derived(b"action-executor names 1").as_ref());
        let values = UnboundKey::new(&AES_256_GCM, derived(b"action-executor values 1").as_ref()).ok()?;
        Some(Self { names, values: LessSafeKey::new(values), random: SystemRandom::new() })
    }

    /// The name for these parts; the same in every process with this key.
    pub(super) fn key(&self, kind: &'static str, parts: &[&[u8]]) -> Key {
        Key::new(&self.names, kind, parts)
    }

    /// The value as only we can read it, and only under this name; `None` if there is no randomness.
    pub(super) fn seal(&self, key: &Key, value: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let mut sealed = value.to_vec();
        let aad = Aad::from(key.as_bytes());
        self.values.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// The value; `None` if it was sealed by another key, under another name, or changed since.
    pub(super) fn open(&self, key: &Key, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut value = rest.to_vec();
        let opened = self.values.open_in_place(nonce, Aad::from(key.as_bytes()), &mut value).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &str) -> Seal {
        Seal::new(key.as_bytes()).expect("a seal")
    }

    #[test]
    fn what_is_sealed_opens_under_its_name_alone() {
        let seal = seal("k");
        let (name, other) = (seal.key("t", &[b"a"]), seal.key("t", &[b"b"]));
        let sealed = seal.seal(&name, b"token").unwrap();
        assert_eq!(seal.open(&name, &sealed).as_deref(), Some(&b"token"[..]));
        assert_eq!(seal.open(&other, &sealed), None);
    }

    #[test]
    fn another_key_names_and_opens_differently() {
        let (one, two) = (seal("one"), seal("two"));
        assert_ne!(one.key("t", &[b"a"]), two.key("t", &[b"a"]));
        let name = one.key("t", &[b"a"]);
        assert_eq!(two.open(&name, &one.seal(&name, b"token").unwrap()), None);
    }

    #[test]
    fn a_changed_byte_opens_nothing() {
        let seal = seal("k");
        let name = seal.key("t", &[b"a"]);
        let sealed = seal.seal(&name, b"token").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(seal.open(&name, &changed), None);
        }
        assert_eq!(seal.open(&name, b"short"), None);
    }

    #[test]
    fn nothing_stands_in_clear_and_nothing_is_sealed_twice_alike() {
        let seal = seal("k");
        let name = seal.key("t", &[b"a"]);
        let (first, second) = (seal.seal(&name, b"token").unwrap(), seal.seal(&name, b"token").unwrap());
        assert_ne!(first, second);
        assert!(!first.windows(5).any(|window| window == b"token"));
    }
}
