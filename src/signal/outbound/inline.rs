//! A small file inside the request itself, so that it lies nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::redact::Private;

/// A file in the form in which signal-cli takes one instead of a path. Neither type nor name may come from anybody: what
/// does not look like this form is taken for a path.
#[must_use]
pub fn inline(mimetype: &'static str, name: &'static str, content: &str) -> Private {
    format!("data:{mimetype};filename={name};base64,{}", STANDARD.encode(content)).into()
}
