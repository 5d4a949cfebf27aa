//! The token signer against the standard's keys and against PyJWT.
//!
//! Signatures are verified by `ring`'s other half; the keys are those of RFC 7515 §A.2 and §A.3.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Map, Value, json};

use super::AuthError;
use super::jwt::{SigningKey, sign, signature};
use crate::keyword::JwtAlgorithm;
use crate::keyword::JwtAlgorithm::{Es256, Hs256, Rs256};

const RSA: &str = "\
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO
jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL
aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn
juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5
ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf
toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg
VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW
PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G
O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj
kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6
XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB
4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K
pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr
0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE
lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6
kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP
rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw
kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp
5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2
9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/
evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG
yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj
OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2
tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3
ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56
03k2+ZQwVK0JKSHuLFkuQ3U=
-----END PRIVATE KEY-----
";

/// The modulus of the key above.
const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-\
    pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-\
    UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-\
    DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

const P256: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
-----END PRIVATE KEY-----
";

/// The point of the key above: `04 || x || y`.
const POINT: [&str; 2] = ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"];

/// The key above, as SEC 1 has it.
const SEC1: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END EC PRIVATE KEY-----
";

/// An RSA key of 1024 bits.
const SHORT: &str = "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAMUmWhX7Znsngai6CCHC1K6eNgZeRd6Akvtsnugcc81Bs1xGth1lxcdU3kU7gD\
    fXTZWUi0tkj82Q1iXKjSf3gYUfeRt9mY0PhVUEeN7+FKMybgJozyWtOF89h9S6JVd/aiZ/6MUHHNm8xldodraQrUjkQP//El9413eg3VzeTbfD\
    AgMBAAECgYEAqtiObsg6yfS1dtsn2uH03xG5rZEaqTPwq7M4jdrCO5h47zlT7mvYleGk8Igcl8ebs0lT4NTXjYO7IGrEImNpN8dm49ENeUppwf\
    Yx3/yREYV8MrgTmClFSiTS/1v2pljQp8Efii3SjZB3o5MoIxB8K4tPLASB4YnpHdNCwPyW5QkCQQDjEvRW9Bg/iQdEkZknIOEP37oYqklI2Zz8\
    iRb4ULxRcRurV3ztzXscrbPSmhNED1U5gE948Al/dM7bU4mqMZkdAkEA3kOMEBR47ar510WDKLXzI5t5rK3WMwFi9U/XUw0+JALSO+OrjrBoTr\
    8okvAPZKeriezV4maNuZ4yYeQMSB6eXwJBAJephUC+b6Of5hbKGDymHSv5BdaLhb7+eXfCKHFZmy3aGdzq5in+YAfbjItRFSUUCJwLMwlXaUCT\
    x8V9mijuT5ECQQDRxfLFomzX88zGDodRvxhxfOYDwjYuAZsCaI6ThiYmGruNZr2eeISZ/fUvaX89wro1/N+JRL1yeQqYNYIZ9zwFAkBEBSDCuO\
    Yn38UTCLuX49j0iuEK2Eq9Xa5zZgJoAJBqznPC8QHOsLJ3ddLlGUHcUQ9n/QDEMKcgA3mewO72jdiF";

fn key(algorithm: JwtAlgorithm, key: &str) -> SigningKey<'_> {
    SigningKey { algorithm, key, key_id: None }
}

fn claims() -> Map<String, Value> {
    let Value::Object(claims) = json!({"iss": "me@example.com", "exp": 1_300_819_380, "ok": true}) else {
        unreachable!("it is a map");
    };
    claims
}

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// PKCS#1 is PKCS#8 without its first 26 bytes, for a key of this size.
fn pkcs1() -> String {
    let body: String = RSA.lines().filter(|line| !line.starts_with('-')).collect();
    pem("RSA PRIVATE KEY", &STANDARD.encode(&STANDARD.decode(body).unwrap()[26..]))
}

#[track_caller]
fn check_rs256(pem: &str) {
    let token = sign(&claims(), &key(Rs256, pem)).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let public = PublicKeyComponents { n: URL_SAFE_NO_PAD.decode(MODULUS).unwrap(), e: vec![1, 0, 1] };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(&RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &signature).unwrap();
}

#[track_caller]
fn check_es256(pem: &str) {
    let token = sign(&claims(), &key(Es256, pem)).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut point = vec![4];
    POINT.iter().for_each(|half| point.extend(URL_SAFE_NO_PAD.decode(half).unwrap()));
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(input.as_bytes(), &signature).unwrap();
}

#[track_caller]
fn check_refused(algorithm: JwtAlgorithm, pem: &str, expected: &str) {
    let error = sign(&claims(), &key(algorithm, pem)).unwrap_err();
    assert_eq!(error, AuthError::Key { reason: expected_reason(&error) });
    assert!(error.to_string().contains(expected), "{error}");
    for line in pem.lines().filter(|line| line.len() > 8 && !line.starts_with('-')) {
        assert!(!format!("{error:?} {error}").contains(line));
    }
}

fn expected_reason(error: &AuthError) -> &'static str {
    let AuthError::Key { reason } = error else { panic!("{error}") };
    reason
}

// RFC 7515 §A.1.
#[test]
fn hs256_as_the_standard_has_it() {
    // The standard's key is no text, so its bytes are given to the code below the token.
    let bytes = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGF\
        tcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let code = super::hmac::signature(
        crate::keyword::HmacAlgorithm::Sha256,
        &URL_SAFE_NO_PAD.decode(bytes).unwrap(),
        input.as_bytes(),
        crate::keyword::SignatureEncoding::Base64Url,
    );
    assert_eq!(code, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

// RFC 7515 §A.2.
#[test]
fn rs256_as_the_standard_has_it() {
    let input = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19\
        yb290Ijp0cnVlfQ";
    let expected = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbd\
        s9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383L\
        cOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB\
        p0igcN_IoypGlUPQGe77Rw";
    let signature = signature(input.as_bytes(), &key(Rs256, RSA)).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(signature), expected);
}

#[test]
fn hs256_as_pyjwt_signs_it() {
    let token = sign(&claims(), &key(Hs256, "secret of at least thirty-two by")).unwrap();
    let expected = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJtZUBleGFtcGxlLmNvbSIsImV4cCI6MTMwMDgxOTM4MCwib2siOnRy\
        dWV9.bL40NjAGj6QeaP9CyvF8I6njt-1GTUmfCdER6ppIwew";
    assert_eq!(token, expected);
}

#[test]
fn rs256_with_a_key_id_as_pyjwt_signs_it() {
    let token = sign(&claims(), &SigningKey { algorithm: Rs256, key: RSA, key_id: Some("k1") }).unwrap();
    let expected = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJtZUBleGFtcGxlLmNvbSIsImV4cCI6MTMwMDgxOTM4MCwib2\
    siOnRydWV9.PRTqZfIpea2X8OEbo1Cy8t6S1SiSZaqEENSzKKHedVaeTC2BBhGOP7YFVlg_8dT5PdC0jEM6yqwSav3wWs048kotQ_7cgGAz6pR\
    geJW9OH19yj_qYpAhq__oq9_I5m-TEilwvksMaDc3BQjuRym0bLMkgeu5uRjQehlJmr-idlue60p6ATmxJznFOGG5Yi2REgs5vyloPXdFVkRfI\
    3hqjw_vDCI0O6CB8RTOYXLcxZufycNviFAqlMZIQ75jad2v-EpgUsthy5Ls9TPbCnLqvoodrPPxS2sgHjrliw3a2OSnc7zU35fjvEqckdTa-\
    dh8eKaVHQfOh31HFY9iON7BTA";
    assert_eq!(token, expected);
}

#[test]
fn rs256_takes_both_forms_of_pem() {
    check_rs256(RSA);
    check_rs256(&pkcs1());
}

#[test]
fn es256_verifies() {
    check_es256(P256);
}

#[test]
fn pem_may_have_lost_its_line_breaks() {
    check_rs256(&RSA.replace('\n', "\\n"));
    check_rs256(&RSA.replace('\n', "\\r\\n"));
    check_rs256(&RSA.replace('\n', "\r\n"));
    check_rs256(&RSA.replace('\n', " "));
    check_rs256(&RSA.replace('\n', ""));
    check_rs256(&format!("  {}", RSA.replace('\n', "\n    ")));
    check_es256(&P256.replace('\n', " "));
}

#[test]
fn a_private_key_is_found_after_other_sections() {
    check_es256(&format!("{}{P256}", pem("EC PARAMETERS", "BggqhkjOPQMBBw==")));
    check_es256(&format!("{}{P256}", pem("CERTIFICATE", "AAAA")));
}

#[test]
fn a_key_that_cannot_sign_is_told_without_its_content() {
    check_refused(Hs256, "", "it is empty");
    check_refused(Rs256, "", "it is not PEM");
    check_refused(Rs256, "just some secret", "it is not PEM");
    check_refused(Rs256, &RSA[..900], "its end is missing");
    check_refused(Rs256, &RSA.replace("MIIEvQ", "MII%vQ"), "its base64 is damaged");
    check_refused(Rs256, &RSA.replace("MIIEvQ", "MIIEvA"), "damaged or unusual");
    check_refused(Rs256, &pem("PRIVATE KEY", SHORT), "shorter than 2048 bits");
    check_refused(Rs256, P256, "it is not an RSA key");
    check_refused(Rs256, SEC1, "it is not an RSA key");
    check_refused(Es256, RSA, "not a key on the curve P-256");
    check_refused(Es256, &pkcs1(), "not a key on the curve P-256");
    check_refused(Es256, SEC1, "openssl pkcs8 -topk8 -nocrypt");
    check_refused(Rs256, &pem("ENCRYPTED PRIVATE KEY", "MIIEvQIBADANBgkq"), "it is encrypted");
    let old = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIEvQIBADANBgkq";
    check_refused(Rs256, &pem("RSA PRIVATE KEY", old), "it is encrypted");
    check_refused(Rs256, &pem("PUBLIC KEY", "MIIEvQIBADANBgkq"), "needs the private key");
    check_refused(Rs256, &pem("OPENSSH PRIVATE KEY", "MIIEvQIBADANBgkq"), "ssh-keygen");
}
