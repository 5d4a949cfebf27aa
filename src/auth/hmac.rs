//! Keyed signatures (RFC 2104, RFC 4231) over bytes that the caller chooses.
//!
//! Pure; what is signed, and where the signature goes, is the caller's.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512, Key};

use crate::keyword::{HmacAlgorithm, SignatureEncoding};

/// The signature of a message, as text.
#[must_use]
pub(super) fn signature(algorithm: HmacAlgorithm, key: &[u8], message: &[u8], encoding: SignatureEncoding) -> String {
    let code = code(algorithm, key, message);
    match encoding {
        SignatureEncoding::Hex => hex::encode(code),
        SignatureEncoding::HexUpper => hex::encode_upper(code),
        SignatureEncoding::Base64 => STANDARD.encode(code),
        SignatureEncoding::Base64Url => URL_SAFE_NO_PAD.encode(code),
    }
}

/// The signature of a message, as bytes.
#[must_use]
pub(super) fn code(algorithm: HmacAlgorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm {
        HmacAlgorithm::Sha1 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        HmacAlgorithm::Sha256 => HMAC_SHA256,
        HmacAlgorithm::Sha512 => HMAC_SHA512,
    };
    ring::hmac::sign(&Key::new(algorithm, key), message).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use HmacAlgorithm::{Sha1, Sha256, Sha512};
    use SignatureEncoding::{Base64, Base64Url, Hex, HexUpper};

    #[track_caller]
    fn check(algorithm: HmacAlgorithm, key: &[u8], message: &[u8], expected: &str) {
        assert_eq!(signature(algorithm, key, message, Hex), expected);
    }

    #[track_caller]
    fn check_encoding(encoding: SignatureEncoding, expected: &str) {
        assert_eq!(signature(Sha256, b"Jefe", b"what do ya want for nothing?", encoding), expected);
    }

    // RFC 2202 §3, test cases 1, 2 and 6.
    #[test]
    fn sha_1_as_the_standard_has_it() {
        check(Sha1, &[0x0b; 20], b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00");
        check(Sha1, b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        check(Sha1, &[0xaa; 80], message, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    }

    // RFC 4231 §4.2, §4.3 and §4.7.
    #[test]
    fn sha_256_as_the_standard_has_it() {
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        check(Sha256, &[0x0b; 20], b"Hi There", expected);
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        check(Sha256, b"Jefe", b"what do ya want for nothing?", expected);
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        check(Sha256, &[0xaa; 131], message, expected);
    }

    #[test]
    fn sha_512_as_the_standard_has_it() {
        let expected = "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                        daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854";
        check(Sha512, &[0x0b; 20], b"Hi There", expected);
        let expected = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                        9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
        check(Sha512, b"Jefe", b"what do ya want for nothing?", expected);
    }

    #[test]
    fn an_empty_key_is_a_key() {
        check(Sha256, b"", b"", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    }

    #[test]
    fn every_encoding_writes_the_same_bytes() {
        check_encoding(HexUpper, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843");
        check_encoding(Base64, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
        check_encoding(Base64Url, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
        let url = signature(Sha1, &[0x0b; 20], b"Hi There", Base64Url);
        assert_eq!(url, "thcxhlUFcmTii8C2-zeMjvFGvgA");
    }
}
