//! Files on the page: pictures that it draws, and one voice message, a short chime made for this demo.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::api::{Done, refused};
use super::cast::{self, Chat, Person};
use super::{House, api};
use crate::kind;
use crate::waha::Other;

/// As `WhatsApp` records, and as Signal's apps do.
const VOICE: [&[u8]; 2] = [include_bytes!("page/voice.ogg"), include_bytes!("page/voice.aac")];

/// The largest picture taken, in bytes.
pub(crate) const LARGEST: usize = 2 * 1024 * 1024;

/// A file that is sent; a picture is the body.
#[derive(Deserialize)]
pub(crate) struct Sent {
    conversation: String,
    /// On `WhatsApp`: who sends it, as the chat with that person.
    #[serde(default)]
    speaker: String,
    #[serde(default)]
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Picture,
    Voice,
}

impl Sent {
    /// The words below it.
    fn caption(&self) -> Result<&str, (StatusCode, &'static str)> {
        if self.text.trim().is_empty() { Ok("") } else { api::checked(&self.text) }
    }
}

fn picture(bytes: &Bytes) -> Result<&[u8], (StatusCode, &'static str)> {
    if kind::mime(bytes).starts_with("image/") { Ok(bytes) } else { Err(refused("that is no picture")) }
}

pub(crate) async fn on_whatsapp(State(house): State<Arc<House>>, Query(sent): Query<Sent>, body: Bytes) -> Done {
    let chats = cast::chats();
    let chat = chats.iter().find(|known| known.id == sent.conversation).ok_or(refused("there is no such chat"))?;
    let person = speaker(chat, &sent.speaker)?;
    let caption = Some(sent.caption()?).filter(|text| !text.is_empty()).map(str::to_owned);
    let (kind, bytes) = match sent.kind {
        Kind::Picture => (Other::Image { caption }, picture(&body)?),
        Kind::Voice => (Other::Voice, VOICE[0]),
    };
    match person {
        Some(person) => house.waha.sends_file(&chat.id, person.in_chat(&chat.id).as_deref(), kind, bytes),
        None => house.waha.owner_sends_file(&chat.id, kind, bytes),
    };
    Ok(StatusCode::NO_CONTENT)
}

/// Who sends it; nobody is the owner on the phone.
fn speaker<'c>(chat: &'c Chat, speaker: &str) -> Result<Option<&'c Person>, (StatusCode, &'static str)> {
    let person = chat.people.iter().copied().find(|person| person.chat() == speaker);
    if person.is_none() && !speaker.is_empty() { Err(refused("nobody here has that name")) } else { Ok(person) }
}

pub(crate) async fn on_signal(State(house): State<Arc<House>>, Query(sent): Query<Sent>, body: Bytes) -> Done {
    let group = Some(sent.conversation.as_str()).filter(|group| !group.is_empty());
    if group.is_some_and(|group| !house.signal.groups().iter().any(|known| known.id == group)) {
        return Err(refused("there is no such conversation"));
    }
    let file = match sent.kind {
        Kind::Picture => ("picture.jpg", "image/jpeg", picture(&body)?),
        // The apps give what they record no name.
        Kind::Voice => ("", "audio/aac", VOICE[1]),
    };
    house.signal.owner_sends_files(group, sent.caption()?, &[file]);
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn of_whatsapp(State(house): State<Arc<House>>, Path(stanza): Path<String>) -> Response {
    shown(house.waha.file_of(&stanza))
}

pub(crate) async fn of_signal(State(house): State<Arc<House>>, Path(timestamp): Path<i64>) -> Response {
    shown(house.signal.file_of(timestamp))
}

fn shown(bytes: Option<Vec<u8>>) -> Response {
    match bytes {
        Some(bytes) => ([(header::CONTENT_TYPE, kind::mime(&bytes))], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
