//! What people wrote on WhatsApp, as Signal shows it: with its looks, and without the marks of the bridge.

use super::labels;
use crate::event::Rich;
use crate::redact::Private;
use crate::signal::{SendRequest, styles};
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

/// A request that says this.
#[must_use]
pub fn say(request: SendRequest, rich: &Rich) -> SendRequest {
    let rich = rich.trim_end();
    SendRequest { text: rich.text().clone(), styles: styles(&rich), ..request }
}
