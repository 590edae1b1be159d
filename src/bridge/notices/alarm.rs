//! What is said by the second path, outside of Signal.

use crate::store::About;

/// What is said by the second path. It leaves the house, so there is nothing in it that could differ from one bridge, or
/// one person, to another.
#[must_use]
pub fn alarm(about: About, begins: bool) -> &'static str {
    match (about, begins) {
        (About::Signal, true) => {
            "Rialto cannot reach Signal. Messages wait and nothing is lost; look at signal-cli and at the network."
        }
        (About::Signal, false) => "Rialto reaches Signal again. What waited is being delivered.",
        (About::WhatsApp, true) => "Rialto cannot reach WhatsApp. Look at WAHA and at the linked phone.",
        (About::WhatsApp, false) => "Rialto reaches WhatsApp again.",
        (About::SignedOut, true) => {
            "Signal does not take Rialto's own account any more. Messages wait and nothing is lost; register or link the \
             account again, as Rialto's log says."
        }
        (About::SignedOut, false) => "Signal takes Rialto's own account again. What waited is being delivered.",
        (About::Limited, true) => {
            "Signal limits how fast Rialto may send. Messages wait and nothing is lost; Rialto's log says what to do."
        }
        (About::Limited, false) => "Signal lets Rialto send again. What waited is being delivered.",
        (About::Receipts, true) => {
            "Rialto sends and no phone confirms. If the phone is not simply off, look at Signal on it."
        }
        (About::Receipts, false) => "Messages from Rialto are confirmed again.",
    }
}

/// The same about a program that waits for its secret.
#[must_use]
pub fn alarm_locked(begins: bool) -> &'static str {
    if begins {
        "Rialto waits for its secret and carries nothing. WAHA and Signal keep what comes; give it with rialto unlock."
    } else {
        "Rialto has its secret. What waited is being delivered."
    }
}
