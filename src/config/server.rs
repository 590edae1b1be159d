//! The two listeners, checked.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::check::{Checked, Checker};
use super::{Server, raw};
use crate::tls::Files;

impl Checker<'_> {
    pub(super) fn server(&self, raw: raw::Server) -> Checked<Server> {
        let address = "must be an address and a port, like 127.0.0.1:8080";
        let listen: SocketAddr = self.parse("server.listen", &raw.listen, address)?;
        let admin_listen: SocketAddr = self.parse("server.admin_listen", &raw.admin_listen, address)?;
        if listen == admin_listen && listen.port() != 0 {
            return Err(self.error("server.admin_listen", "must differ from server.listen"));
        }
        let tls = self.tls(raw.tls_cert_file, raw.tls_key_file)?;
        if tls.is_none() {
            self.warn_of_open("server.listen", listen.ip());
        }
        Ok(Server { listen, admin_listen, tls })
    }

    fn tls(&self, certificate: Option<PathBuf>, key: Option<PathBuf>) -> Checked<Option<Files>> {
        let key = self.file("server.tls_key_file", key)?;
        let files = match (certificate, key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => Files { certificate, key },
            (Some(_), None) => return Err(self.error("server.tls_key_file", "is missing: a certificate needs its key")),
            (None, Some(_)) => {
                return Err(self.error("server.tls_cert_file", "is missing: a key needs its certificate"));
            }
        };
        files.read().map_err(|problem| self.error("server.tls_cert_file", problem))?;
        self.warn_of_wide("server.tls_key_file", Some(&files.key));
        Ok(Some(files))
    }
}
