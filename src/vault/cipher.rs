//! Seals and opens one value.
//!
//! A stored value is `0x00 | plain` or `0x01 | key id (4) | nonce (12) | ciphertext | tag (16)`. Both kinds are readable
//! side by side, which is what makes switching encryption on or off gradual. Plain text is padded to steps of 32 bytes
//! before sealing (`len (4) | text | zeros`), so that a length tells little.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use aes_gcm::Nonce;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use gcm::Aes256Gcm;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{VaultError, framed, random};

const PLAIN: u8 = 0;
const SEALED: u8 = 1;
const STEP: usize = 32;

/// Where a value stands. It is authenticated with the value, so that a sealed value that was copied to another row,
/// column or table does not open there.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's own id, chosen before the insert.
    pub row: &'a [u8],
}

/// Seals with the newest data key and opens with any.
pub struct Cipher {
    keys: RwLock<Keys>,
    enabled: bool,
    takes_plain: AtomicBool,
    seals: AtomicU64,
}

struct Keys {
    all: BTreeMap<u32, Aes256Gcm>,
    active: u32,
}

impl Cipher {
    pub(super) fn new(
        keys: &BTreeMap<u32, Zeroizing<[u8; 32]>>,
        enabled: bool,
        plain: bool,
    ) -> Result<Self, VaultError> {
        let active = *keys.keys().next_back().ok_or(VaultError::BadRing)?;
        let all = keys.iter().map(|(id, key)| (*id, field_cipher(key))).collect();
        let (keys, takes_plain) = (RwLock::new(Keys { all, active }), AtomicBool::new(plain));
        Ok(Self { keys, enabled, takes_plain, seals: AtomicU64::new(0) })
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_to_change(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals with this key from now on. It must be on disk already.
    pub(super) fn begin_with(&self, id: u32, key: &[u8; 32]) {
        let mut keys = self.keys_to_change();
        keys.all.insert(id, field_cipher(key));
        if id > keys.active {
            keys.active = id;
            self.seals.store(0, Ordering::Relaxed);
        }
    }

    /// Forgets a key that no value names any more; never the one that seals.
    pub fn forget(&self, id: u32) {
        let mut keys = self.keys_to_change();
        if id != keys.active {
            keys.all.remove(&id);
        }
    }

    /// Takes no plain value any more: all are sealed, so one was put there by somebody without the keys.
    pub fn refuse_plain(&self) {
        self.takes_plain.store(!self.enabled, Ordering::Relaxed);
    }

    /// What a value begins with that is as it would be written now.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        if self.enabled { [&[SEALED], self.usage().0.to_be_bytes().as_slice()].concat() } else { vec![PLAIN] }
    }

    /// Whether values are sealed.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Seals a value for its place, or frames it as plain if encryption is off.
    ///
    /// # Errors
    ///
    /// Only if the operating system has no random bytes.
    pub fn seal(&self, place: Place<'_>, text: &[u8]) -> Result<Vec<u8>, VaultError> {
        if !self.enabled {
            return Ok([&[PLAIN], text].concat());
        }
        let nonce = random::<12>()?;
        let keys = self.keys();
        let cipher = keys.all.get(&keys.active).ok_or(VaultError::BadRing)?;
        let (aad, padded) = (aad(place, keys.active), pad(text));
        let payload = Payload { msg: &padded, aad: &aad };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| VaultError::BadValue)?;
        self.seals.fetch_add(1, Ordering::Relaxed);
        Ok([&[SEALED], keys.active.to_be_bytes().as_slice(), &nonce, &sealed].concat())
    }

    /// Opens a value of either kind; a plain one only where there may be any.
    ///
    /// # Errors
    ///
    /// [`VaultError::BadValue`] if it was changed or does not belong here.
    pub fn open(&self, place: Place<'_>, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match stored.split_first() {
            Some((&PLAIN, text)) if self.takes_plain.load(Ordering::Relaxed) => Ok(Zeroizing::new(text.to_vec())),
            Some((&SEALED, rest)) => self.open_sealed(place, rest),
            _ => Err(VaultError::BadValue),
        }
    }

    fn open_sealed(&self, place: Place<'_>, rest: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (id, rest) = rest.split_first_chunk::<4>().ok_or(VaultError::BadValue)?;
        let (nonce, sealed) = rest.split_first_chunk::<12>().ok_or(VaultError::BadValue)?;
        let id = u32::from_be_bytes(*id);
        let keys = self.keys();
        let cipher = keys.all.get(&id).ok_or(VaultError::BadValue)?;
        let aad = aad(place, id);
        let padded = cipher
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map_err(|_| VaultError::BadValue)?;
        unpad(&Zeroizing::new(padded))
    }

    /// The id of the key that seals now, and how many values it sealed since this process began to seal with it.
    #[must_use]
    pub fn usage(&self) -> (u32, u64) {
        (self.keys().active, self.seals.load(Ordering::Relaxed))
    }
}

/// The data key itself is never used: what it seals is derived from it, so that media can have a key of its own.
fn field_cipher(key: &[u8; 32]) -> Aes256Gcm {
    let mut field = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "HKDF-SHA-256 gives up to 8,160 bytes")]
    Hkdf::<Sha256>::new(None, key).expand(b"rialto/v1/field", field.as_mut()).expect("32 bytes can be derived");
    Aes256Gcm::new((&*field).into())
}

fn aad(place: Place<'_>, key: u32) -> Vec<u8> {
    framed(&[place.table.as_bytes(), place.column.as_bytes(), place.row, &key.to_be_bytes()])
}

fn pad(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(Vec::with_capacity((text.len() + 4).next_multiple_of(STEP)));
    padded.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    padded.extend_from_slice(text);
    padded.resize((text.len() + 4).next_multiple_of(STEP), 0);
    padded
}

fn unpad(padded: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (length, text) = padded.split_first_chunk::<4>().ok_or(VaultError::BadValue)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| VaultError::BadValue)?;
    text.get(..length).map(|text| Zeroizing::new(text.to_vec())).ok_or(VaultError::BadValue)
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cipher")
            .field("active", &self.usage().0)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
