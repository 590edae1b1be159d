//! The certificate that is shown at the door, and its follower when the files change: whoever keeps a bridge for years
//! renews certificates without thinking of it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{Files, Pair, provider};

/// What is shown now.
#[derive(Debug)]
pub struct Shown {
    files: Files,
    now: RwLock<State>,
    failed: AtomicU64,
}

#[derive(Debug)]
struct State {
    pair: Pair,
    problem: Option<String>,
}

/// What a look at the files has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// What is shown already.
    Same,
    /// Another certificate, which is shown from now on.
    Renewed,
    /// Something that cannot be shown: why, in a sentence. The one before is shown on.
    Unusable(String),
}

impl Shown {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// As [`Files::read`].
    pub fn of(files: &Files) -> Result<Arc<Self>, String> {
        let state = State { pair: files.read()?, problem: None };
        Ok(Arc::new(Self { files: files.clone(), now: RwLock::new(state), failed: AtomicU64::new(0) }))
    }

    /// Reads the files again. A certificate may be there before its key: then the next look takes both.
    pub fn look(&self) -> Look {
        let read = self.files.read();
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.problem = read.as_ref().err().cloned();
        match read {
            Ok(pair) if pair.key.cert == now.pair.key.cert => Look::Same,
            Ok(pair) => {
                now.pair = pair;
                Look::Renewed
            }
            Err(problem) => Look::Unusable(problem),
        }
    }

    /// The certificate as it is now.
    #[must_use]
    pub fn pair(&self) -> Pair {
        self.now.read().unwrap_or_else(PoisonError::into_inner).pair.clone()
    }

    /// Why the files cannot be taken now.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).problem.clone()
    }

    /// Counts a greeting that failed; how many there are now.
    pub fn fail(&self) -> u64 {
        self.failed.fetch_add(1, Relaxed) + 1
    }

    /// How many greetings have failed since the program began.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// How a connection at the door begins.
    ///
    /// # Errors
    ///
    /// If the library does not have the versions it was built with.
    pub fn server(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth();
        let mut server = builder.with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(server)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair().key)
    }
}
