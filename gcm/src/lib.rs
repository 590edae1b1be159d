//! AES-256-GCM as a type without parameters.
//!
//! The one of the `aes-gcm` crate is generic, so its code is compiled by whoever uses it, and in a debug build without
//! optimization: a film of 95 MB took minutes. Here it is compiled by a package of its own, which the workspace's profile
//! optimizes in every build. Nothing else happens here.

use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadCore, AeadInOut, Key, KeyInit, KeySizeUser, Nonce, Result, Tag, TagPosition};

/// A key, ready to seal and to open.
pub struct Aes256Gcm(aes_gcm::Aes256Gcm);

impl KeySizeUser for Aes256Gcm {
    type KeySize = U32;
}

impl KeyInit for Aes256Gcm {
    fn new(key: &Key<Self>) -> Self {
        Self(aes_gcm::Aes256Gcm::new(key))
    }
}

impl AeadCore for Aes256Gcm {
    type NonceSize = U12;
    type TagSize = U16;
    const TAG_POSITION: TagPosition = <aes_gcm::Aes256Gcm as AeadCore>::TAG_POSITION;
}

impl AeadInOut for Aes256Gcm {
    fn encrypt_inout_detached(&self, nonce: &Nonce<Self>, aad: &[u8], text: InOutBuf<'_, '_, u8>) -> Result<Tag<Self>> {
        self.0.encrypt_inout_detached(nonce, aad, text)
    }

    fn decrypt_inout_detached(
        &self,
        nonce: &Nonce<Self>,
        aad: &[u8],
        text: InOutBuf<'_, '_, u8>,
        tag: &Tag<Self>,
    ) -> Result<()> {
        self.0.decrypt_inout_detached(nonce, aad, text, tag)
    }
}

impl std::fmt::Debug for Aes256Gcm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aes256Gcm(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes_gcm::aead::{Aead, Payload};

    #[test]
    fn it_is_the_one_of_the_crate() {
        let (key, nonce) = ([7; 32], Nonce::<Aes256Gcm>::from([3; 12]));
        let payload = || Payload { msg: b"words", aad: b"place" };
        let (ours, theirs) = (Aes256Gcm::new(&key.into()), aes_gcm::Aes256Gcm::new(&key.into()));
        let sealed = ours.encrypt(&nonce, payload()).expect("it is sealed");
        assert_eq!(Ok(&sealed), theirs.encrypt(&nonce, payload()).as_ref());
        assert_eq!(ours.decrypt(&nonce, Payload { msg: &sealed, aad: b"place" }).as_deref(), Ok(b"words".as_slice()));
        assert!(ours.decrypt(&nonce, Payload { msg: &sealed, aad: b"other" }).is_err());
    }
}
