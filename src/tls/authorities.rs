//! Authorities of one's own. Where they are named for a peer, no other counts there: the address of a server at home is
//! nothing that an authority of the public should be able to speak for.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::{certificates, unreadable};

/// Those whose certificates a peer may show.
#[derive(Clone)]
pub struct Authorities {
    /// Where they were read from.
    pub file: PathBuf,
    all: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// Reads a file in PEM with one certificate or several, as while one authority takes the place of another.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with the file.
    pub fn read(file: &Path) -> Result<Self, String> {
        let pem = std::fs::read(file).map_err(|error| unreadable(file, &error))?;
        let all = certificates(file, &pem)?;
        let mut roots = RootCertStore::empty();
        if all.iter().any(|one| roots.add(one.clone()).is_err()) {
            let file = file.display();
            return Err(format!("{file} holds something that is no certificate of an authority; make it anew"));
        }
        Ok(Self { file: file.to_owned(), all })
    }

    pub(super) fn certificates(&self) -> Vec<Certificate> {
        self.all.iter().filter_map(|der| Certificate::from_der(der).ok()).collect()
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} authorities", self.all.len())
    }
}
