//! The key ring: random keys, stored wrapped by a key that comes from the operator's secret.
//!
//! A passphrase is stretched by PBKDF2-HMAC-SHA-256 with a random salt; salt and iterations stand beside the wrapped
//! keys. A key file is the wrapping key itself. A wrong secret shows as a key that does not unwrap, so no hash of the
//! secret is kept. Changing the secret rewraps the keys and leaves every value alone.

use std::collections::BTreeMap;

use aes_gcm::Nonce;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use gcm::Aes256Gcm;
use pbkdf2::{Algorithm, Params, pbkdf2_hmac_with_params};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::{Cipher, Digest, Index, KeyBytes, VaultError, framed, key_of, random, random_key};
use crate::config::{Encryption, Unlock};

/// After so many seals a data key is replaced: far below the 2^32 that random 96-bit nonces allow (NIST SP 800-38D).
const SEALS_BEFORE_ROTATION: u64 = 1 << 31;

/// Whether a data key that has sealed so many values needs a successor.
#[must_use]
pub fn is_worn(seals: u64) -> bool {
    seals >= SEALS_BEFORE_ROTATION
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The one key of the blind indexes.
    Index,
    /// A key that values are sealed with; the one with the highest id seals, all open.
    Data,
}

impl Purpose {
    /// The word in the database and in what the wrapping authenticates.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Data => "data",
        }
    }

    /// The reverse of [`Purpose::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Index, Self::Data].into_iter().find(|purpose| purpose.name() == name)
    }
}

/// How the wrapping key comes from the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kdf {
    /// PBKDF2-HMAC-SHA-256 over a passphrase.
    Pbkdf2 {
        /// 32 random bytes.
        salt: Vec<u8>,
        /// The work factor.
        iterations: u32,
    },
    /// The key file's bytes as they are.
    KeyFile,
    /// Nothing protects the keys: encryption was off when the store was made.
    None,
}

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its number; part of every value it sealed.
    pub id: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// `nonce (12) | wrapped key | tag`, or the bare key under [`Kdf::None`].
    pub wrapped: Vec<u8>,
    /// How many values it has sealed, rounded up.
    pub seals: u64,
}

/// The ring as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRing {
    /// How the wrapping key is derived.
    pub kdf: Kdf,
    /// Whether values may be plain.
    pub plain: bool,
    /// The keys.
    pub keys: Vec<StoredKey>,
}

/// What the unlocked ring can do.
pub struct Vault {
    /// Seals and opens values.
    pub cipher: Cipher,
    /// Makes blind indexes.
    pub index: Index,
    /// For a further key. Whoever reads it in memory has the keys themselves there too.
    wrapping: Option<KeyBytes>,
}

/// A data key that was made while the ring was open. It seals once it is adopted.
pub struct NewKey {
    /// As it is stored.
    pub stored: StoredKey,
    bytes: KeyBytes,
}

impl Vault {
    /// Makes another data key.
    ///
    /// # Errors
    ///
    /// Only if the operating system has no random bytes.
    pub fn another_key(&self, id: u32) -> Result<NewKey, VaultError> {
        let bytes = random_key()?;
        let wrapped = wrap(&bytes, id, Purpose::Data, self.wrapping.as_ref())?;
        Ok(NewKey { stored: StoredKey { id, purpose: Purpose::Data, wrapped, seals: 0 }, bytes })
    }

    /// What shows that the ring was changed from outside.
    #[must_use]
    pub fn proof(&self, ring: &StoredRing) -> Digest {
        let kdf = match &ring.kdf {
            Kdf::Pbkdf2 { salt, iterations } => format!("pbkdf2 {salt:?} {iterations}"),
            Kdf::KeyFile => "key_file".to_owned(),
            Kdf::None => "none".to_owned(),
        };
        let keys = ring.keys.iter().map(|key| format!("{} {} {:?}", key.id, key.purpose.name(), key.wrapped));
        let parts: Vec<_> = [kdf, format!("plain {}", ring.plain)].into_iter().chain(keys).collect();
        self.index.digest("key_ring", &parts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Seals with a new key from now on. It must be on disk: what it seals is lost without it.
    pub fn adopt(&self, key: &NewKey) {
        self.cipher.begin_with(key.stored.id, &key.bytes);
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("cipher", &self.cipher).field("index", &self.index).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("id", &self.stored.id).finish_non_exhaustive()
    }
}

/// Makes and opens rings.
#[derive(Debug)]
pub struct KeyRing;

impl KeyRing {
    /// A new ring with one index key and one data key.
    ///
    /// # Errors
    ///
    /// Only if the operating system has no random bytes.
    pub fn create(encryption: &Encryption) -> Result<StoredRing, VaultError> {
        let kdf = new_kdf(&encryption.unlock)?;
        let wrapping = wrapping_key(&kdf, &encryption.unlock)?;
        let keys = vec![new_key(1, Purpose::Index, wrapping.as_ref())?, new_key(2, Purpose::Data, wrapping.as_ref())?];
        Ok(StoredRing { kdf, plain: !encryption.enabled, keys })
    }

    /// Unlocks a stored ring, changing it where it must change: a ring that was begun without a secret is wrapped by
    /// the first one that is configured, and a data key that has sealed enough gets a successor.
    ///
    /// # Errors
    ///
    /// [`VaultError::WrongSecret`], [`VaultError::SecretNeeded`] or [`VaultError::BadRing`].
    pub fn open(ring: &mut StoredRing, encryption: &Encryption) -> Result<Vault, VaultError> {
        wrap_if_bare(ring, encryption)?;
        ring.plain |= !encryption.enabled;
        let wrapping = wrapping_key(&ring.kdf, &encryption.unlock)?;
        rotate_if_worn(ring, wrapping.as_ref())?;
        let mut data = BTreeMap::new();
        let mut index = None;
        for (key, bytes) in ring.keys.iter().zip(unwrap_all(ring, wrapping.as_ref())?) {
            match key.purpose {
                Purpose::Index => index = Some(Index::new(&bytes)),
                Purpose::Data => drop(data.insert(key.id, bytes)),
            }
        }
        let (cipher, index) = (Cipher::new(&data, encryption.enabled, ring.plain)?, index.ok_or(VaultError::BadRing)?);
        Ok(Vault { cipher, index, wrapping })
    }

    /// Wraps the keys by another secret, with a new salt. The keys themselves stay.
    ///
    /// # Errors
    ///
    /// Those of [`KeyRing::open`], for `old`; then the ring is as it was.
    pub fn rewrap(ring: &mut StoredRing, old: &Encryption, new: &Encryption) -> Result<(), VaultError> {
        let keys = unwrap_all(ring, wrapping_key(&ring.kdf, &old.unlock)?.as_ref())?;
        let kdf = new_kdf(&new.unlock)?;
        let wrapping = wrapping_key(&kdf, &new.unlock)?;
        let wrapped =
            ring.keys.iter().zip(&keys).map(|(key, bytes)| wrap(bytes, key.id, key.purpose, wrapping.as_ref()));
        let wrapped = wrapped.collect::<Result<Vec<_>, _>>()?;
        ring.keys.iter_mut().zip(wrapped).for_each(|(key, wrapped)| key.wrapped = wrapped);
        ring.kdf = kdf;
        Ok(())
    }
}

/// A key that does not unwrap shows a wrong secret. If the secret opens another, or what belongs to another, it is right,
/// and the ring was changed.
fn unwrap_all(ring: &StoredRing, wrapping: Option<&KeyBytes>) -> Result<Vec<KeyBytes>, VaultError> {
    let opens = |place: &StoredKey, key: &StoredKey| {
        unwrap(&StoredKey { wrapped: key.wrapped.clone(), ..place.clone() }, wrapping).is_ok()
    };
    let keys: Result<Vec<_>, _> = ring.keys.iter().map(|key| unwrap(key, wrapping)).collect();
    keys.map_err(|error| {
        let is_right = ring.keys.iter().any(|place| ring.keys.iter().any(|key| opens(place, key)));
        if is_right { VaultError::BadRing } else { error }
    })
}

fn new_kdf(unlock: &Unlock) -> Result<Kdf, VaultError> {
    Ok(match unlock {
        Unlock::Passphrase { iterations, .. } => {
            Kdf::Pbkdf2 { salt: random::<32>()?.to_vec(), iterations: *iterations }
        }
        Unlock::KeyFile(_) => Kdf::KeyFile,
        Unlock::ByHand { .. } => return Err(VaultError::Locked),
        Unlock::Nothing => Kdf::None,
    })
}

fn wrap_if_bare(ring: &mut StoredRing, encryption: &Encryption) -> Result<(), VaultError> {
    if ring.kdf != Kdf::None || matches!(encryption.unlock, Unlock::Nothing) {
        return Ok(());
    }
    KeyRing::rewrap(ring, encryption, encryption)
}

fn rotate_if_worn(ring: &mut StoredRing, wrapping: Option<&KeyBytes>) -> Result<(), VaultError> {
    let newest = ring.keys.iter().filter(|k| k.purpose == Purpose::Data).max_by_key(|k| k.id);
    if newest.is_some_and(|key| is_worn(key.seals)) {
        let id = ring.keys.iter().map(|k| k.id).max().unwrap_or(0) + 1;
        ring.keys.push(new_key(id, Purpose::Data, wrapping)?);
    }
    Ok(())
}

fn wrapping_key(kdf: &Kdf, unlock: &Unlock) -> Result<Option<KeyBytes>, VaultError> {
    match (kdf, unlock) {
        (Kdf::None, _) => Ok(None),
        (Kdf::Pbkdf2 { salt, iterations }, Unlock::Passphrase { secret, .. }) => {
            let secret = secret.expose_secret().as_bytes();
            let params = Params::new(*iterations).map_err(|_| VaultError::BadRing)?;
            let mut key = KeyBytes::default();
            // What is generic is compiled here, which in a debug build takes seconds for each key.
            pbkdf2_hmac_with_params(secret, salt, Algorithm::Pbkdf2Sha256, params, key.as_mut());
            Ok(Some(key))
        }
        (Kdf::KeyFile, Unlock::KeyFile(bytes)) => {
            Ok(Some(key_of(bytes.expose_secret()).ok_or(VaultError::WrongSecret)?))
        }
        (_, Unlock::ByHand { .. }) => Err(VaultError::Locked),
        (_, Unlock::Nothing) => Err(VaultError::SecretNeeded),
        _ => Err(VaultError::WrongSecret),
    }
}

fn new_key(id: u32, purpose: Purpose, wrapping: Option<&KeyBytes>) -> Result<StoredKey, VaultError> {
    let key = random_key()?;
    Ok(StoredKey { id, purpose, wrapped: wrap(&key, id, purpose, wrapping)?, seals: 0 })
}

fn wrap(key: &KeyBytes, id: u32, purpose: Purpose, wrapping: Option<&KeyBytes>) -> Result<Vec<u8>, VaultError> {
    let Some(wrapping) = wrapping else { return Ok(key.to_vec()) };
    let nonce = random::<12>()?;
    let payload = Payload { msg: key.as_slice(), aad: &wrap_aad(id, purpose) };
    let sealed = wrap_cipher(wrapping).encrypt(&Nonce::from(nonce), payload);
    Ok([nonce.as_slice(), &sealed.map_err(|_| VaultError::BadRing)?].concat())
}

fn unwrap(key: &StoredKey, wrapping: Option<&KeyBytes>) -> Result<KeyBytes, VaultError> {
    let bytes = match wrapping {
        None => Zeroizing::new(key.wrapped.clone()),
        Some(wrapping) => {
            let (nonce, sealed) = key.wrapped.split_first_chunk::<12>().ok_or(VaultError::BadRing)?;
            let payload = Payload { msg: sealed, aad: &wrap_aad(key.id, key.purpose) };
            let opened = wrap_cipher(wrapping).decrypt(&Nonce::from(*nonce), payload);
            Zeroizing::new(opened.map_err(|_| VaultError::WrongSecret)?)
        }
    };
    key_of(&bytes).ok_or(VaultError::BadRing)
}

fn wrap_cipher(wrapping: &KeyBytes) -> Aes256Gcm {
    Aes256Gcm::new((&**wrapping).into())
}

fn wrap_aad(id: u32, purpose: Purpose) -> Vec<u8> {
    framed(&[b"rialto/v1/keyring", purpose.name().as_bytes(), &id.to_be_bytes()])
}
