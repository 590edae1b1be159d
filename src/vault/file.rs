//! Files, sealed in pieces, so that one of any size is sealed and opened with little memory.
//!
//! Each file has a random key of its own, which stands sealed in the file's row: without the row nothing opens the file.
//! The pieces are 64 KiB, sealed with AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015):
//! the nonce carries the number of the piece and whether it is the last one, so that a piece that was cut off, swapped, left
//! out or put in is noticed. Each is bound to the row's id. The key seals one file and no other, so the nonce needs no
//! random part.

use aead_stream::{DecryptorBE32, EncryptorBE32, Nonce, StreamBE32};
use aes_gcm::aead::{KeyInit, Payload};
use gcm::Aes256Gcm;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyBytes, VaultError, key_of, random_key};

/// How much of a file is sealed at a time, in bytes.
pub const PIECE: usize = 64 * 1024;
/// How much longer a piece is once it is sealed, in bytes.
const TAG: usize = 16;
/// How much is read of a sealed file at a time, in bytes.
pub const SEALED_PIECE: usize = PIECE + TAG;

/// The key of one file. It is written nowhere but in a sealed value.
#[derive(Clone)]
pub struct FileKey(KeyBytes);

impl FileKey {
    /// A new one.
    ///
    /// # Errors
    ///
    /// Only if the operating system has no random bytes.
    pub fn fresh() -> Result<Self, VaultError> {
        random_key().map(Self)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }
}

impl Serialize for FileKey {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(to)
    }
}

impl<'de> Deserialize<'de> for FileKey {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bytes = Zeroizing::new(Vec::<u8>::deserialize(from)?);
        key_of(&bytes).map(Self).ok_or_else(|| serde::de::Error::custom("no key"))
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}

/// Seals a file as its bytes come.
pub struct FileSealer {
    stream: EncryptorBE32<Aes256Gcm>,
    row: Vec<u8>,
    waiting: Zeroizing<Vec<u8>>,
}

impl FileSealer {
    /// For the file of this row.
    #[must_use]
    pub fn new(key: &FileKey, row: &[u8]) -> Self {
        let stream = EncryptorBE32::from_aead(key.cipher(), &nonce());
        Self { stream, row: row.to_vec(), waiting: Zeroizing::new(Vec::with_capacity(PIECE)) }
    }

    /// Takes the next bytes; returns what is to be written, which may be nothing.
    ///
    /// # Errors
    ///
    /// [`VaultError::BadValue`] beyond 256 TiB.
    pub fn take(&mut self, mut bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut sealed = Vec::new();
        while !bytes.is_empty() {
            // A whole piece waits until there is more: the last one is sealed as such.
            if self.waiting.len() == PIECE {
                let payload = Payload { msg: &self.waiting, aad: &self.row };
                sealed.extend(self.stream.encrypt_next(payload).map_err(|_| VaultError::BadValue)?);
                self.waiting.clear();
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            bytes = later;
        }
        Ok(sealed)
    }

    /// The end: what is still to be written.
    ///
    /// # Errors
    ///
    /// As [`FileSealer::take`].
    pub fn finish(self) -> Result<Vec<u8>, VaultError> {
        let payload = Payload { msg: &self.waiting, aad: &self.row };
        self.stream.encrypt_last(payload).map_err(|_| VaultError::BadValue)
    }
}

/// Opens a file piece by piece.
pub struct FileOpener {
    stream: DecryptorBE32<Aes256Gcm>,
    row: Vec<u8>,
}

impl FileOpener {
    /// For the file of this row.
    #[must_use]
    pub fn new(key: &FileKey, row: &[u8]) -> Self {
        Self { stream: DecryptorBE32::from_aead(key.cipher(), &nonce()), row: row.to_vec() }
    }

    /// Opens a piece that is not the last one: [`SEALED_PIECE`] bytes.
    ///
    /// # Errors
    ///
    /// [`VaultError::BadValue`] if it is not the next piece of this file.
    pub fn next(&mut self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let payload = Payload { msg: sealed, aad: &self.row };
        self.stream.decrypt_next(payload).map(Zeroizing::new).map_err(|_| VaultError::BadValue)
    }

    /// Opens the last piece: what is there after whole ones.
    ///
    /// # Errors
    ///
    /// [`VaultError::BadValue`] if it is not the last piece of this file.
    pub fn last(self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let payload = Payload { msg: sealed, aad: &self.row };
        self.stream.decrypt_last(payload).map(Zeroizing::new).map_err(|_| VaultError::BadValue)
    }
}

fn nonce() -> Nonce<Aes256Gcm, StreamBE32<Aes256Gcm>> {
    Nonce::<Aes256Gcm, StreamBE32<Aes256Gcm>>::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &[u8] = b"row";

    fn seal(key: &FileKey, bytes: &[u8], step: usize) -> Vec<u8> {
        let mut sealer = FileSealer::new(key, ROW);
        let mut written = Vec::new();
        for some in bytes.chunks(step) {
            written.extend(sealer.take(some).unwrap());
        }
        written.extend(sealer.finish().unwrap());
        written
    }

    fn open(key: &FileKey, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut opener = FileOpener::new(key, row);
        let (mut plain, mut rest) = (Vec::new(), sealed);
        while rest.len() > SEALED_PIECE {
            let (piece, later) = rest.split_at(SEALED_PIECE);
            plain.extend_from_slice(&opener.next(piece)?);
            rest = later;
        }
        plain.extend_from_slice(&opener.last(rest)?);
        Ok(plain)
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    #[test]
    fn a_file_of_any_length_comes_back_however_it_was_cut() {
        let key = FileKey::fresh().unwrap();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7] {
            for step in [1000, PIECE, 5 * PIECE] {
                let sealed = seal(&key, &bytes(length), step);
                assert_eq!(open(&key, ROW, &sealed), Ok(bytes(length)), "{length} in steps of {step}");
            }
        }
    }

    #[test]
    fn what_was_cut_swapped_left_out_or_put_in_is_noticed() {
        let key = FileKey::fresh().unwrap();
        let sealed = seal(&key, &bytes(3 * PIECE + 7), PIECE);
        let piece = |at: usize| sealed[at * SEALED_PIECE..(at + 1) * SEALED_PIECE].to_vec();
        let (end, whole) = (sealed[3 * SEALED_PIECE..].to_vec(), sealed[..3 * SEALED_PIECE].to_vec());
        let mut flipped = sealed.clone();
        flipped[SEALED_PIECE + 5] ^= 1;
        let changed = [
            ("cut between pieces", whole),
            ("cut inside a piece", sealed[..sealed.len() - 1].to_vec()),
            ("swapped", [piece(1), piece(0), piece(2), end.clone()].concat()),
            ("left out", [piece(0), piece(2), end.clone()].concat()),
            ("put in", [piece(0), piece(0), piece(1), piece(2), end].concat()),
            ("lengthened", [sealed.clone(), vec![0]].concat()),
            ("flipped", flipped),
            ("empty", Vec::new()),
        ];
        for (what, changed) in changed {
            assert_eq!(open(&key, ROW, &changed), Err(VaultError::BadValue), "{what}");
        }
        assert_eq!(open(&key, b"another row", &sealed), Err(VaultError::BadValue));
        assert_eq!(open(&FileKey::fresh().unwrap(), ROW, &sealed), Err(VaultError::BadValue));
    }

    #[test]
    fn a_key_comes_back_from_its_json_and_does_not_print() {
        let key = FileKey::fresh().unwrap();
        let json = serde_json::to_vec(&key).unwrap();
        let back: FileKey = serde_json::from_slice(&json).unwrap();
        assert_eq!(open(&back, ROW, &seal(&key, b"hi", 1)), Ok(b"hi".to_vec()));
        assert_eq!(format!("{key:?}"), "FileKey(…)");
        assert!(serde_json::from_str::<FileKey>("[1,2]").is_err());
    }
}
