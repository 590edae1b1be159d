//! An authority of a test's own, and tunnels that put TLS around the simulators, which speak plain http.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rialto::clock::Clock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub(crate) const DAY: Duration = Duration::from_hours(24);

/// Who signs certificates here.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its key, in PEM.
pub(crate) struct Signed {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// For a name, good since yesterday and for so long.
    pub(crate) fn signs(&self, name: &str, left: Duration) -> Signed {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let now = UNIX_EPOCH + Duration::from_millis(Clock::system().now().0.unsigned_abs());
        (params.not_before, params.not_after) = ((now - DAY).into(), (now + left).into());
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Signed { certificate, key: key.serialize_pem() }
    }

    /// A file for `ca_file`.
    pub(crate) fn file(&self, folder: &Path, name: &str) -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, &self.pem).unwrap();
        file
    }

    fn client(&self) -> ClientConfig {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
    }

    /// A connection in TLS to whoever shows a certificate of this authority for `localhost`.
    pub(crate) async fn connect(&self, to: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(to).await?;
        let connector = TlsConnector::from(Arc::new(self.client()));
        connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
    }

    /// Takes plain connections and carries them on in TLS; returns where.
    pub(crate) async fn tunnel_to(self: &Arc<Self>, to: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (here, authority, to) = (listener.local_addr().unwrap(), Arc::clone(self), to.to_owned());
        tokio::spawn(async move {
            while let Ok((mut plain, _)) = listener.accept().await {
                let (authority, to) = (Arc::clone(&authority), to.clone());
                tokio::spawn(async move {
                    if let Ok(mut secure) = authority.connect(&to).await {
                        let _ = copy_bidirectional(&mut plain, &mut secure).await;
                    }
                });
            }
        });
        here.to_string()
    }
}

impl Signed {
    /// Takes connections in TLS under this certificate and carries them on in plain; returns the port.
    pub(crate) async fn tunnel_to(&self, to: &str) -> u16 {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let chain = vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let server = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let (acceptor, to) = (TlsAcceptor::from(Arc::new(server)), to.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, to) = (acceptor.clone(), to.clone());
                tokio::spawn(async move {
                    let Ok(mut secure) = acceptor.accept(stream).await else { return };
                    let Ok(mut plain) = TcpStream::connect(to).await else { return };
                    let _ = copy_bidirectional(&mut secure, &mut plain).await;
                });
            }
        });
        port
    }

    /// Puts both into a folder, under the names that [`lines`] gives.
    pub(crate) fn put(&self, folder: &Path) {
        std::fs::write(folder.join("cert.pem"), &self.certificate).unwrap();
        std::fs::write(folder.join("key.pem"), &self.key).unwrap();
    }
}

/// What the configuration says of [`Signed::put`].
pub(crate) fn lines(folder: &Path) -> String {
    let folder = folder.display();
    format!("tls_cert_file = \"{folder}/cert.pem\"\ntls_key_file = \"{folder}/key.pem\"\n")
}
