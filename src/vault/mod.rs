//! Sealing at rest: random keys wrapped by the operator's secret, AES-256-GCM for values, HMAC for lookups.
//!
//! - [`keyring`](KeyRing): how keys are made, wrapped and unlocked.
//! - [`cipher`](Cipher): seals and opens one value, bound to its place in the database.
//! - [`file`](FileKey): seals files in pieces, each under a key of its own.
//! - [`index`](Index): the keyed hash by which a sealed value is found again.
//!
//! Not hidden by this: how many rows there are, when they came, how long values are (in steps of 32 bytes), and which
//! rows share an index value.

use zeroize::Zeroizing;

mod cipher;
mod file;
mod index;
mod keyring;

pub use cipher::{Cipher, Place};
pub use file::{FileKey, FileOpener, FileSealer, PIECE, SEALED_PIECE};
pub use index::{Digest, Index};
pub use keyring::{Kdf, KeyRing, NewKey, Purpose, StoredKey, StoredRing, Vault, is_worn};

/// Why the vault cannot do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The secret does not open the key ring of this store.
    #[error(
        "the secret does not open this store: give the secret or key file it was opened with last, \
         or move the old database away to begin anew"
    )]
    WrongSecret,
    /// The store is sealed and no secret is configured.
    #[error("this store is sealed and no secret is configured: set encryption.secret_file or encryption.key_file")]
    SecretNeeded,
    /// A person has to give the secret, and has not.
    #[error("this store opens with a secret that a person gives (encryption.locked_start): run `rialto unlock`")]
    Locked,
    /// The stored key ring is not as this program left it.
    #[error("the key ring in the database was changed from outside or is damaged: restore the database from a backup")]
    BadRing,
    /// A value does not open at its place: it was changed, moved, or sealed under a key that is gone.
    #[error("a stored value does not open: the database was changed from outside or is damaged")]
    BadValue,
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
}

type KeyBytes = Zeroizing<[u8; 32]>;

/// A new key, made in the place that is wiped.
fn random_key() -> Result<KeyBytes, VaultError> {
    let mut key = KeyBytes::default();
    getrandom::fill(key.as_mut_slice()).map_err(|_| VaultError::NoRandomness)?;
    Ok(key)
}

/// These bytes as a key, copied into the place that is wiped.
fn key_of(bytes: &[u8]) -> Option<KeyBytes> {
    let mut key = KeyBytes::default();
    (bytes.len() == key.len()).then(|| key.copy_from_slice(bytes))?;
    Some(key)
}

/// `N` random bytes from the operating system.
fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

/// Joins parts so that no two lists of parts give the same bytes: each is preceded by its length.
fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|p| p.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests;
