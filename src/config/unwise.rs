//! What is allowed and unwise: said by `rialto check`, and in the log at each start.

use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::check::Checker;
use super::{secret, weak};

impl Checker<'_> {
    pub(super) fn warn(&self, key: &str, problem: impl std::fmt::Display) {
        self.warnings.borrow_mut().push(format!("{key}: {problem}"));
    }

    /// A secret that others on the machine can read.
    pub(super) fn warn_of_wide(&self, key: &str, file: Option<&Path>) {
        let Some(path) = file else { return };
        self.secret_files.borrow_mut().push(path.to_owned());
        let mode = std::fs::metadata(path).map_or(0, |found| found.permissions().mode());
        if mode & secret::others(path) != 0 {
            let (path, mode) = (path.display(), mode & 0o777);
            self.warn(
                key,
                format!("{path} has mode {mode:04o}, so others can read it; close it with: chmod 600 {path}"),
            );
        }
    }

    /// What unlocks the database, on the disk that holds it.
    pub(super) fn warn_of_neighbour(&self, key: &str, file: Option<&Path>, database: &Path) {
        let Some(path) = file else { return };
        self.unlock_file.replace(Some(path.to_owned()));
        let near = database.ancestors().skip(1).find_map(|folder| device(&nameable(folder)));
        if near.is_some() && near == device(path) {
            let problem = "lies on the disk of the database, so a copy of the disk opens it; keep it on another, \
                           or encrypt the disk";
            self.warn(key, problem);
        }
    }

    /// Messages that cross foreign networks in the clear.
    pub(super) fn warn_of_plain(&self, key: &str, url: &reqwest::Url) {
        if url.scheme() == "http" && !is_near(url) {
            let problem = "sends messages and the API key in the clear over a network that is not yours; use https, \
                           or a tunnel such as WireGuard";
            self.warn(key, problem);
        }
    }

    /// A door to everybody, without TLS.
    pub(super) fn warn_of_open(&self, key: &str, address: IpAddr) {
        if !address.is_unspecified() && !is_near_address(address) {
            let problem = "takes messages in the clear from a network that is not yours; set tls_cert_file and \
                           tls_key_file, or put a proxy with TLS in front";
            self.warn(key, problem);
        }
    }

    /// The API key is chosen for WAHA; how strong it is, is said and not refused.
    pub(super) fn warn_of_weak(&self, key: &str, text: &str) {
        if text.chars().count() < secret::MINIMUM || weak::is_sample(text) || weak::is_guessed(text) {
            self.warn(key, "is short or soon guessed; make another for WAHA and here with: openssl rand -hex 32");
        }
    }
}

/// This machine, a private network, or a name that only such a network knows.
#[must_use]
pub fn is_near(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if let Ok(address) = host.parse::<IpAddr>() {
        return is_near_address(address);
    }
    let inner = [".local", ".internal", ".lan", ".home.arpa", ".localhost"];
    !host.contains('.') || inner.iter().any(|end| host.ends_with(end))
}

/// This machine, or a private network.
#[must_use]
pub fn is_near_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_loopback() || four.is_private() || four.is_link_local(),
        IpAddr::V6(six) => six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local(),
    }
}

fn device(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|found| found.dev())
}

/// The folder of a bare file name has an empty name.
fn nameable(folder: &Path) -> std::path::PathBuf {
    if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() }
}
