//! Certificates, and TLS with them: whom the peers have to be known by, and what the bridge shows at its own door. It is
//! rustls on ring for both, in versions 1.2 and 1.3.

mod authorities;
mod files;
mod shown;

use std::path::Path;
use std::sync::Arc;

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

pub use authorities::Authorities;
pub use files::{Files, Pair, SOON};
pub use shown::{Look, Shown};

/// The one implementation of all cryptography of TLS.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().map_or_else(|| Arc::new(ring::default_provider()), Arc::clone)
}

/// A client for calls to a peer: no redirects, no proxy of the environment, and where authorities are named, only those.
pub fn client(authorities: Option<&Authorities>) -> ClientBuilder {
    nameless(authorities).user_agent("rialto")
}

/// The same for whoever is not to learn that a bridge calls.
pub fn nameless(authorities: Option<&Authorities>) -> ClientBuilder {
    // An error means that it is there already.
    let _ = ring::default_provider().install_default();
    let builder = reqwest::Client::builder().redirect(Policy::none()).no_proxy();
    match authorities {
        Some(authorities) => builder.tls_certs_only(authorities.certificates()),
        None => builder,
    }
}

/// Whether a call failed because the peer's certificate is not what it has to be.
#[must_use]
pub fn is_distrust(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if matches!(inner(error), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// An error of input that wraps another hides it from who asks for its source.
fn inner<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => inner(error.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// The certificates in a file, at least one. The error says what to do and repeats nothing of the file.
fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(format!(
            "{} holds no certificate; it takes PEM, with the line -----BEGIN CERTIFICATE-----",
            path.display()
        )),
        Err(_) => Err(format!("{} is not whole: its PEM cannot be read; copy the file again", path.display())),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be read ({}); check that it exists and that this user may read it", path.display(), error.kind())
}
