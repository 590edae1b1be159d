//! Secrets: given in place or, better, in a file; never shown again.

use std::path::Path;

use secrecy::{SecretSlice, SecretString};

/// Values that stand in documentation, here and elsewhere, and so protect nothing.
const SAMPLES: [&str; 5] = ["change-me", "changeme", "your-secret", "example", "replace-with"];

/// The shortest passphrase or webhook secret that is taken, in characters.
pub const MINIMUM: usize = 32;

/// Takes the value from where it stands. The error says what to do and holds nothing of the value.
pub(super) fn read(value: Option<String>, file: Option<&Path>, key: &str) -> Result<Option<SecretString>, String> {
    match (value, file) {
        (Some(_), Some(_)) => Err(format!("set either {key} or {key}_file, not both")),
        (Some(value), None) => Ok(Some(value.into())),
        (None, Some(path)) => text_file(path).map(Some),
        (None, None) => Ok(None),
    }
}

fn text_file(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
}

/// Exactly 32 bytes.
pub(super) fn key_file(path: &Path) -> Result<SecretSlice<u8>, String> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    if bytes.len() == 32 {
        Ok(bytes.into())
    } else {
        Err(format!("{} must hold exactly 32 bytes; make one with: head -c 32 /dev/urandom > FILE", path.display()))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be read ({}); check that it exists and that this user may read it", path.display(), error.kind())
}

/// Long enough and not a value from a sample.
pub(super) fn strong(text: &str) -> Result<(), String> {
    if text.chars().count() < MINIMUM {
        return Err(format!("needs {MINIMUM} characters or more; make one with: openssl rand -hex 32"));
    }
    let lower = text.to_lowercase();
    let repeats = text.chars().all(|c| text.starts_with(c));
    if repeats || SAMPLES.iter().any(|sample| lower.contains(sample)) {
        return Err("is a sample value; make one of your own with: openssl rand -hex 32".to_owned());
    }
    Ok(())
}
