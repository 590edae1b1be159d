//! Secrets: given in place or, better, in a file; never shown again.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use zeroize::Zeroizing;

use super::weak;

/// The shortest passphrase or webhook secret that is taken, in characters.
pub const MINIMUM: usize = 32;

/// Takes the value from where it stands. The error says what to do and holds nothing of the value.
pub(super) fn read(
    value: Option<SecretString>,
    file: Option<&Path>,
    key: &str,
) -> Result<Option<SecretString>, String> {
    match (value, file) {
        (Some(_), Some(_)) => Err(format!("set either {key} or {key}_file, not both")),
        (Some(value), None) => Ok(Some(value)),
        (None, Some(path)) => text_file(path).map(Some),
        (None, None) => Ok(None),
    }
}

/// What a path begins with that names a credential of systemd's.
const CREDENTIAL: &str = "credential:";

/// Where a file is: a credential lies in the folder that systemd made for this start of the service.
pub(super) fn place(path: PathBuf, credentials: Option<&Path>) -> Result<PathBuf, String> {
    let Some(name) = path.to_str().and_then(|path| path.strip_prefix(CREDENTIAL)) else { return Ok(path) };
    if name.is_empty() || name == ".." || name.contains('/') {
        return Err("names a credential by one word, like credential:encryption_secret".to_owned());
    }
    credentials.map(|folder| folder.join(name)).ok_or_else(|| {
        "names a credential, and CREDENTIALS_DIRECTORY is not set: systemd sets it for a unit with LoadCredential=; for a \
         command beside it set it to /run/credentials/ and the unit's name"
            .to_owned()
    })
}

/// Where systemd puts credentials.
const CREDENTIALS: &str = "/run/credentials";

/// The permission bits by which others reach a file of a secret. A credential's service is let in by an ACL, whose mask shows
/// as rights of the group.
#[must_use]
pub fn others(path: &Path) -> u32 {
    if path.starts_with(CREDENTIALS) { 0o007 } else { 0o077 }
}

fn text_file(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| unreadable(path, &error))?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}

/// Exactly 32 bytes.
pub(super) fn key_file(path: &Path) -> Result<SecretSlice<u8>, String> {
    let bytes = std::fs::read(path).map(Zeroizing::new).map_err(|error| unreadable(path, &error))?;
    if bytes.len() == 32 {
        Ok(bytes.to_vec().into())
    } else {
        Err(format!("{} must hold exactly 32 bytes; make one with: head -c 32 /dev/urandom > FILE", path.display()))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be read ({}); check that it exists and that this user may read it", path.display(), error.kind())
}

/// Long enough, not a value from a sample, and not one that is soon guessed.
pub(super) fn strong(text: &str) -> Result<(), String> {
    let problem = if text.chars().count() < MINIMUM {
        format!("needs {MINIMUM} characters or more")
    } else if weak::is_sample(text) {
        "is a sample value".to_owned()
    } else if weak::is_guessed(text) {
        "is soon guessed: it repeats itself, counts up, or has too few different characters".to_owned()
    } else {
        return Ok(());
    };
    Err(format!("{problem}; make one of your own with: openssl rand -hex 32"))
}

/// One secret, or while it is changed two, a line each; all of them strong.
pub(super) fn one_or_two(text: &SecretString) -> Result<Vec<SecretString>, String> {
    let lines = text.expose_secret().lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Vec<SecretString> = lines.map(SecretString::from).collect();
    if !(1..=2).contains(&secrets.len()) {
        return Err("takes one value, or while it is changed two, a line each: the new one and the old one".to_owned());
    }
    secrets.iter().try_for_each(|secret| strong(secret.expose_secret()))?;
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_as_rights_of_a_group_may_be_the_service_alone() {
        assert_eq!(others(Path::new("/run/credentials/rialto.service/encryption_secret")), 0o007);
        for path in ["/run/secrets/encryption_secret", "/run/credentials-of-mine/secret", "secrets/encryption_secret"] {
            assert_eq!(others(Path::new(path)), 0o077, "{path}");
        }
    }

    #[test]
    fn a_credential_lies_in_the_folder_of_this_start_and_nowhere_else() {
        let folder = Path::new("/run/credentials/rialto.service");
        let place = |path: &str, folder| place(PathBuf::from(path), folder);
        assert_eq!(place("/etc/secret", None).unwrap(), Path::new("/etc/secret"));
        assert_eq!(place("credential:one", Some(folder)).unwrap(), folder.join("one"));
        for outside in ["credential:", "credential:..", "credential:../one", "credential:/etc/shadow"] {
            assert!(place(outside, Some(folder)).unwrap_err().contains("by one word"), "{outside}");
        }
        assert!(place("credential:one", None).unwrap_err().contains("CREDENTIALS_DIRECTORY"));
    }
}
