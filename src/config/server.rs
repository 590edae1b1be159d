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
        let url = raw.url.map(|url| self.own_url(&url)).transpose()?;
        if url.is_none() && (listen.ip().is_unspecified() || tls.is_some()) {
            let warning = "server.url is not set, so WAHA cannot fetch files: nothing but text goes to WhatsApp";
            self.warnings.borrow_mut().push(warning.to_owned());
        }
        Ok(Server { listen, url, admin_listen, tls })
    }

    fn own_url(&self, text: &str) -> Checked<String> {
        let allowed = "must be the address under which WAHA reaches server.listen, like http://rialto:8080";
        let url: reqwest::Url = self.parse("server.url", text, allowed)?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
        let is_plain = url.query().is_none() && url.username().is_empty() && url.password().is_none();
        if is_web && is_plain {
            Ok(text.trim_end_matches('/').to_owned())
        } else {
            Err(self.error("server.url", allowed))
        }
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
