//! Files that do not come, or come later.

use super::super::labels::NOTICE;
use super::kinds::kind;
use crate::event::{MediaFailure, Unsupported};
use crate::redact::Private;

/// The line that stands for the file of a WhatsApp message that does not come: what it is and is called, and why.
#[must_use]
pub fn not_brought(what: Unsupported, name: Option<&Private>, why: MediaFailure) -> String {
    let name = name.map_or_else(String::new, |name| format!(" ({})", name.reveal()));
    let why = match why {
        MediaFailure::TooLarge => "is larger than the bridge lets through. It is in WhatsApp on the phone.",
        MediaFailure::Gone => "cannot be had from WhatsApp any more. Look in WhatsApp on the phone.",
        MediaFailure::Broken => "did not come whole. Look in WhatsApp on the phone.",
        MediaFailure::NoSpace => "found no room on the server. It is in WhatsApp on the phone.",
        MediaFailure::NoWay => "is not brought: the bridge has no folder by which signal-cli gets files.",
    };
    format!("{NOTICE} {}{name} {why}", kind(what))
}

/// The line that stands for a file that takes long.
#[must_use]
pub fn on_its_way(what: Unsupported, once: bool) -> String {
    let once = if once { ", to be seen once" } else { "" };
    format!("{NOTICE} {} follows{once}", kind(what))
}

/// Instead of a second time what may be seen once.
#[must_use]
pub fn perhaps_shown(what: Unsupported) -> String {
    format!(
        "{NOTICE} {}, to be seen once, may have come already. If it has not, it is in WhatsApp on the phone.",
        kind(what)
    )
}

/// Why a file that the owner attached does not go.
pub(super) fn not_sent(what: Option<Unsupported>, why: MediaFailure) -> String {
    let what = what.map_or("a file", kind);
    let why = match why {
        MediaFailure::TooLarge => "is larger than the bridge lets through",
        MediaFailure::Gone => "is not on the server any more; attach it again",
        MediaFailure::Broken => "did not arrive whole on the server; attach it again",
        MediaFailure::NoSpace => "finds no room on the server; make some, and attach it again",
        MediaFailure::NoWay => {
            "has no way there: the bridge's configuration says neither where signal-cli keeps files nor \
            where WAHA gets them"
        }
    };
    format!("Not sent to WhatsApp: {what} {why}. What else was in this message goes.")
}
