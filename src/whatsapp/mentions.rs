//! Whom a message names. Pure.

use std::collections::HashSet;

use serde_json::Value;

use super::addresses::Own;
use super::kinds;
use super::payload::{IdText, MessagePayload};
use crate::event::{Address, Content, Mention};
use crate::redact::Private;

/// So many people of one message are looked up by name.
const MOST: usize = 32;

/// Those who stand in the text. A message can name people whom it does not show: everybody in a group, say.
pub(super) fn of(message: &MessagePayload, text: Option<&Private>, own: &Own) -> Vec<Mention> {
    let Some(text) = text else { return Vec::new() };
    let (shown, mut mentions) = (digits(text.reveal()), Vec::<Mention>::new());
    for address in named(message).into_iter().filter(Address::is_person) {
        if mentions.len() >= MOST {
            break;
        }
        if shown.contains(address.user().reveal()) && !mentions.iter().any(|known| known.address == address) {
            mentions.push(Mention { is_owner: own.includes(&address), address });
        }
    }
    mentions
}

/// The digits behind each `@`: looked up once, however many people a stranger names.
fn digits(text: &str) -> HashSet<&str> {
    let behind = text.split('@').skip(1);
    behind.map(|rest| rest.get(..rest.bytes().take_while(u8::is_ascii_digit).count()).unwrap_or_default()).collect()
}

/// Where people can be named.
pub(super) fn words(content: &Content) -> Option<&Private> {
    match content {
        Content::Text(text) => Some(text),
        Content::Media { caption, .. } => caption.as_ref(),
        Content::Thing(_) | Content::Unsupported { .. } => None,
    }
}

/// NOWEB: `mentionedJid`; GOWS: `mentionedJID`, both beside the text; WEBJS: a list of its own.
fn named(message: &MessagePayload) -> Vec<Address> {
    let data = message.data.get();
    let context = kinds::shape(data).inner.and_then(|inner| inner.get("contextInfo"));
    let list = context.and_then(|context| context.get("mentionedJid").or_else(|| context.get("mentionedJID")));
    let beside = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let apart: Vec<&IdText> = data.and_then(|data| data.mentioned.get()).into_iter().flatten().collect();
    beside.chain(apart.into_iter().map(|id| id.0.reveal())).filter_map(Address::parse).collect()
}
