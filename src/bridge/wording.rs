//! What people wrote on WhatsApp, as Signal shows it: with its looks, and without the marks of the bridge.

use super::labels;
use crate::event::{Aci, Rich};
use crate::redact::Private;
use crate::signal::{Recipient, SendRequest, mentions_of, styles};
use crate::whatsapp::markup;

/// Signal's apps look at so many styles of a message and leave out the rest.
const MOST: usize = 200;

/// A body. One with more looks than Signal shows keeps its markers as characters.
#[must_use]
pub fn body(text: &Private) -> Rich {
    let text = labels::body(text.reveal());
    let rich = markup::read(&text);
    if rich.spans().len() > MOST { text.into() } else { rich }
}

/// A request that says this. Where it names the owner, it does so in a group: alone with the bridge every message rings.
#[must_use]
pub fn say(request: SendRequest, rich: &Rich, owner: Option<&Aci>) -> SendRequest {
    let rich = rich.trim_end();
    let owner = owner.filter(|_| matches!(request.to, Recipient::Group(_)));
    let mentions = owner.map_or_else(Vec::new, |owner| mentions_of(owner, &rich));
    SendRequest { text: rich.text().clone(), styles: styles(&rich), mentions, ..request }
}
