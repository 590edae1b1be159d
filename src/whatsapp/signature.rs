//! Proves that a webhook was sent by WAHA: `X-Webhook-Hmac`, an HMAC-SHA512 over the raw bytes of the body.

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha512;

/// 64 bytes in hexadecimal digits.
const HEADER: &str = "x-webhook-hmac";
/// Absent or `1`: the body alone is signed. Some builds sign the timestamp header too and say `2`.
const VERSION: &str = "x-webhook-hmac-version";

/// Whether there is something to check at all.
pub(super) fn is_there(headers: &HeaderMap) -> bool {
    headers.get(HEADER).is_some_and(|given| decode(given.as_bytes()).is_some())
}

/// Whether the headers carry a signature of this body by one of these secrets. Takes the same time for every wrong
/// signature, and whichever secret fits: all are tried.
pub(super) fn is_valid(headers: &HeaderMap, secrets: &[SecretString], body: &[u8]) -> bool {
    let plain_version = headers.get(VERSION).is_none_or(|version| version == "1");
    let given = headers.get(HEADER).and_then(|given| decode(given.as_bytes()));
    let (true, Some(given)) = (plain_version, given) else { return false };
    secrets.iter().fold(false, |valid, secret| valid | signs(secret, body, &given))
}

fn signs(secret: &SecretString, body: &[u8], given: &[u8]) -> bool {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(given).is_ok()
}

fn decode(hex: &[u8]) -> Option<Vec<u8>> {
    let pairs = (hex.len() == 128).then(|| hex.chunks_exact(2))?;
    pairs.map(|pair| pair.iter().try_fold(0, |byte, &digit| Some(byte << 4 | nibble(digit)?))).collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of WAHA's documentation.
    const BODY: &[u8] = br#"{"event":"message","session":"default","engine":"WEBJS"}"#;
    const SIGNATURE: &str = "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89";

    fn valid(pairs: &[(&'static str, &str)], body: &[u8]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        // Beside another secret, on either side of it, it is as good; the other alone is not.
        let (key, other) = (|| "my-secret-key".into(), || "another-key".into());
        let valid =
            [vec![key()], vec![key(), other()], vec![other(), key()]].map(|keys| is_valid(&headers, &keys, body));
        assert!(valid.iter().all(|one| *one == valid[0]) && !is_valid(&headers, &[other()], body));
        valid[0]
    }

    #[test]
    fn the_documented_example_is_valid() {
        assert!(valid(&[(HEADER, SIGNATURE)], BODY));
        assert!(valid(&[(HEADER, &SIGNATURE.to_uppercase()), (VERSION, "1")], BODY));
    }

    #[test]
    fn anything_else_is_not() {
        let wrong = SIGNATURE.replacen('2', "3", 1);
        for given in [
            &wrong,
            "",
            "20",
            SIGNATURE.strip_suffix("89").unwrap(),
            &format!("{SIGNATURE}00"),
            &SIGNATURE.replacen('2', "g", 1),
        ] {
            assert!(!valid(&[(HEADER, given)], BODY), "{given}");
        }
        assert!(!valid(&[], BODY));
        assert!(!valid(&[(HEADER, SIGNATURE), (VERSION, "2")], BODY));
        assert!(!valid(&[(HEADER, SIGNATURE)], b"{}"));
    }
}
