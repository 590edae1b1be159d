//! A certificate and its key, in two files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use zeroize::Zeroizing;

use super::{certificates, provider, unreadable};
use crate::clock::Moment;

/// Where a certificate and its key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate, and behind it those that lead to an authority. PEM.
    pub certificate: PathBuf,
    /// Its key. PEM, without a password.
    pub key: PathBuf,
}

/// A certificate with its key, as read.
#[derive(Debug, Clone)]
pub struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    /// From when on it is good.
    pub begins: Moment,
    /// Until when.
    pub ends: Moment,
}

/// How long before its end a certificate is worth a word.
pub const SOON: Duration = Duration::from_hours(14 * 24);

impl Pair {
    /// What is wrong with the time of the certificate, or soon will be, with the next step.
    #[must_use]
    pub fn worry(&self, now: Moment) -> Option<String> {
        let days = self.ends.since(now).as_secs() / (24 * 3600);
        if now < self.begins {
            Some("the certificate is not good yet: check the clock of this machine".to_owned())
        } else if now >= self.ends {
            Some(
                "the certificate has ended, so WAHA brings nothing any more: renew it; no restart is needed".to_owned(),
            )
        } else if self.ends.since(now) <= SOON {
            Some(format!("the certificate ends in {days} days: renew it; no restart is needed"))
        } else {
            None
        }
    }
}

impl Files {
    /// Reads both and holds one against the other. A certificate that has ended is read like any other.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with which file.
    pub fn read(&self) -> Result<Pair, String> {
        let pem = std::fs::read(&self.certificate).map_err(|error| unreadable(&self.certificate, &error))?;
        let chain = certificates(&self.certificate, &pem)?;
        let (begins, ends) = chain.first().and_then(span).ok_or_else(|| {
            format!("{} holds no certificate that a server can show; make it anew", self.certificate.display())
        })?;
        let key =
            CertifiedKey::from_der(chain, key(&self.key)?, &provider()).map_err(|error| self.objection(&error))?;
        Ok(Pair { key: Arc::new(key), begins, ends })
    }

    fn objection(&self, error: &Error) -> String {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        match error {
            Error::InconsistentKeys(_) => {
                format!("{key} is not the key of the certificate in {certificate}; take both from the same place")
            }
            _ => format!("{key} is a key of a kind that is not known here; make one of P-256, Ed25519 or RSA"),
        }
    }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let pem = std::fs::read(path).map(Zeroizing::new).map_err(|error| unreadable(path, &error))?;
    let path = path.display();
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        PemError::NoItemsFound if pem.windows(9).any(|word| word == b"ENCRYPTED") => {
            format!(
                "{path} is locked with a password, which nobody could type at a start; take it off with openssl pkey"
            )
        }
        PemError::NoItemsFound => {
            format!("{path} holds no private key; it takes PEM, with -----BEGIN PRIVATE KEY-----")
        }
        _ => format!("{path} is not whole: its PEM cannot be read; copy the file again"),
    })
}

/// From when to when a certificate is good. The library tells it only to who asks at a wrong time, and looks at that before
/// anything else.
fn span(certificate: &CertificateDer<'_>) -> Option<(Moment, Moment)> {
    let certificate = ParsedCertificate::try_from(certificate).ok()?;
    let begins = match verdict(&certificate, 0) {
        Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => moment(not_before),
        // Good since before there was such a time.
        _ => Moment(0),
    };
    match verdict(&certificate, FAR) {
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            Some((begins, moment(not_after)))
        }
        _ => None,
    }
}

/// Later than any certificate can end, in seconds since 1970: those know years of four digits.
const FAR: u64 = 300_000_000_000;

/// Never good, because no authority is given.
fn verdict(certificate: &ParsedCertificate<'_>, at: u64) -> Error {
    let (time, nobody) = (UnixTime::since_unix_epoch(Duration::from_secs(at)), RootCertStore::empty());
    let algorithms = provider().signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(certificate, &nobody, &[], time, algorithms)
        .err()
        .unwrap_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))
}

fn moment(time: UnixTime) -> Moment {
    Moment(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000))
}
