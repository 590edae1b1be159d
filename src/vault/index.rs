//! Blind indexes: how a sealed value is found without being readable.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::framed;

/// HMAC-SHA-256 of a value under the index key. Equal values give equal digests; without the key nothing can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The bytes as they stand in an index column.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes digests. The key is independent of the data keys and of whether values are sealed, so that switching
/// encryption on or off never changes an index.
#[derive(Clone)]
pub struct Index(Hmac<Sha256>);

impl Index {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        Self(Hmac::new_from_slice(key).expect("any length is a key"))
    }

    /// The digest of `parts` for one purpose. `purpose` separates columns from each other: the same chat id has
    /// unrelated digests in two tables.
    #[must_use]
    pub fn digest(&self, purpose: &str, parts: &[&str]) -> Digest {
        let mut all = vec![purpose.as_bytes()];
        all.extend(parts.iter().map(|part| part.as_bytes()));
        let mut mac = self.0.clone();
        mac.update(&framed(&all));
        Digest(mac.finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Index(‹key›)")
    }
}
