//! What comes back from WhatsApp of a change that the bridge made there. The id in WAHA's answer tells it; where an answer did
//! not come, what did the same to the same message is taken for it, for an hour.

use super::to_whatsapp;
use crate::event::{Amendment, Author, Change, Deed, SeenKey, SeenKind, StanzaId, TypedBody};
use crate::redact::Private;

/// What a change looks like when it comes back.
pub(super) fn of(change: &Change) -> Deed<Option<Private>> {
    match &change.deed {
        Deed::Edit(TypedBody::Text(text)) => Deed::Edit(Some(to_whatsapp::words(text))),
        Deed::Edit(_) => Deed::Edit(None),
        Deed::Delete => Deed::Delete,
        Deed::React(emoji) => Deed::React(emoji.clone()),
    }
}

/// The key of what was done without an answer.
pub(super) fn key(target: &StanzaId, deed: &Deed<Option<Private>>) -> SeenKey {
    let (name, content) = match deed {
        Deed::Edit(text) => ("edit", text.as_ref()),
        Deed::Delete => ("delete", None),
        Deed::React(emoji) => ("react", emoji.as_ref()),
    };
    let item = format!("{}/{name}/{}", target.reveal(), content.map_or("", Private::reveal));
    SeenKey { scope: "echo".into(), item: item.into(), kind: SeenKind::Change }
}

/// The key under which something may be known as an echo; nothing for what others do.
pub(super) fn may_be(amendment: &Amendment) -> Option<SeenKey> {
    (amendment.author == Author::Owner).then(|| key(&amendment.target, &amendment.deed))
}
