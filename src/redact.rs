//! Text that must never be readable in a log, an error or a debug print.
//!
//! Every message text, name, number, chat id, message id and path of the bridge lives in a [`Private`] or in a newtype
//! over it made with [`private_text!`](crate::private_text). `Debug` prints a fixed mark and there is no `Display`, so a
//! `tracing` field, a `{:?}` or an error chain cannot carry the content: whoever needs it must write
//! [`Private::reveal`], which is easy to find in a review.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A string that prints as `‹private›` and is wiped from memory when dropped.
///
/// Serialising gives the plain text: that is only ever done into bytes that are sealed next (see `vault`) or sent to
/// the peer that is meant to have them.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(String);

impl Private {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for a peer, for sealing, or for a pure mapping; never for a log or an error.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹private›")
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Declares newtypes over [`Private`]: distinct types for ids that must not be mixed up, all of them unprintable.
#[macro_export]
macro_rules! private_text {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name($crate::redact::Private);

        impl $name {
            /// Wraps a value that is already known to be well formed.
            pub fn new(text: impl Into<String>) -> Self {
                Self($crate::redact::Private::new(text))
            }

            /// The plain value, for a peer, an index or sealing; never for a log or an error.
            #[must_use]
            pub fn reveal(&self) -> &str {
                self.0.reveal()
            }
        }
    )*};
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro makes public types")]
mod tests {
    use super::*;

    private_text! {
        /// An id for the test.
        Id;
    }

    #[test]
    fn nothing_of_the_text_is_printed() {
        let (text, id) = (Private::new("canary"), Id::new("canary"));
        let printed = format!("{text:?} {id:?} {:?}", Some(&text));
        assert!(!printed.contains("canary"), "{printed}");
        assert_eq!((text.reveal(), id.reveal()), ("canary", "canary"));
    }

    #[test]
    fn serialises_as_a_plain_string() {
        let id = Id::new("x");
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"x\"");
        assert_eq!(serde_json::from_str::<Id>("\"x\"").unwrap(), id);
    }
}
