//! Files: fetched from WAHA, and given to it by an address where it fetches them itself.

use std::time::Duration;

use reqwest::{Method, Url};
use serde::Serialize;

use super::Client;
use crate::event::{Address, MediaKind, MessageId};
use crate::redact::Private;
use crate::whatsapp::answers::Sent;
use crate::whatsapp::carrier::Download;
use crate::whatsapp::error::WahaError;
use crate::whatsapp::files;

/// How long a file may take, either way: 100 MB over a line of 2 Mbit/s and a margin.
const FILE: Duration = Duration::from_mins(10);

/// A file on its way to WhatsApp.
#[derive(Debug, Clone)]
pub struct SendFile {
    /// Where to.
    pub chat: Address,
    /// As what.
    pub kind: MediaKind,
    /// Where WAHA fetches it, while the call is open.
    pub url: Private,
    /// Its type.
    pub mimetype: String,
    /// Its name.
    pub name: Private,
    /// The words below it.
    pub caption: Option<Private>,
    /// Whom they name.
    pub mentions: Vec<Address>,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
}

/// The file as `sendImage` and its like take it.
#[derive(Serialize)]
struct RemoteFile<'a> {
    mimetype: &'a str,
    filename: &'a Private,
    url: &'a Private,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileBody<'a> {
    session: &'a str,
    chat_id: Private,
    file: RemoteFile<'a>,
    // Also without words: `sendVideo` has some of its own for who sends none. `sendVoice` takes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<Private>,
    #[serde(rename = "reply_to", skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    convert: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_note: Option<bool>,
}

impl Client {
    /// Begins to fetch a file that lies at `place` below WAHA's base address, and there under this session's files.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Refused`] if the place is another one, or there is nothing (any more).
    pub async fn download(&self, place: &Private) -> Result<Download, WahaError> {
        let mut request = self.request(Method::GET, &[], FILE)?;
        *request.url_mut() = self.file_url(place).ok_or(WahaError::Refused)?;
        let download = self.carrier.download(request).await?;
        match download.status {
            status if status.is_success() => Ok(download),
            // WAHA forgets files after minutes, and serves those of other sessions to nobody.
            status if status.as_u16() == 410 => Err(WahaError::Refused),
            status => Err(WahaError::of_answer(status, None, &[])),
        }
    }

    /// The address as it is asked for, after everything in it has been resolved.
    fn file_url(&self, place: &Private) -> Option<Url> {
        let base = self.base.path().trim_end_matches('/');
        let mut url = self.base.clone();
        url.set_path(&format!("{base}/{}", place.reveal()));
        let own = format!("{base}/api/files/{}/", self.session);
        url.path().strip_prefix(&own).filter(|name| !name.is_empty())?;
        Some(url)
    }

    /// Asks WAHA to fetch the file of a message anew; where it lies then.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Refused`] if there is none to be had.
    pub async fn ask_for_file(&self, chat: &Address, message: &MessageId) -> Result<Private, WahaError> {
        let id = chat.chat_id();
        let path = ["api", &self.session, "chats", id.reveal(), "messages", message.reveal()];
        let json = self.get_within(FILE, &path, &[("downloadMedia", "true")]).await?;
        let url = json.as_ref().and_then(|json| json.pointer("/media/url")?.as_str()).and_then(files::place);
        url.ok_or(WahaError::Refused)
    }

    /// Sends a file.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; after [`WahaError::Unknown`] it may have been sent.
    pub async fn send_file(&self, send: &SendFile) -> Result<Sent, WahaError> {
        let (path, is_voice) = (call(send.kind), send.kind == MediaKind::VoiceMessage);
        let is_film = path == "sendVideo";
        let body = FileBody {
            session: &self.session,
            chat_id: send.chat.chat_id(),
            file: RemoteFile { mimetype: &send.mimetype, filename: &send.name, url: &send.url },
            caption: (!is_voice).then(|| send.caption.as_ref().map_or("", Private::reveal)),
            mentions: send.mentions.iter().filter(|_| !is_voice).map(Address::chat_id).collect(),
            reply_to: send.reply_to.as_ref(),
            convert: (is_voice || is_film).then_some(converts(send)),
            as_note: is_film.then_some(send.kind == MediaKind::VideoNote),
        };
        self.post_message(&["api", path], &body, FILE).await
    }
}

fn call(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Picture => "sendImage",
        MediaKind::Video | MediaKind::Gif | MediaKind::VideoNote => "sendVideo",
        MediaKind::VoiceMessage => "sendVoice",
        MediaKind::Audio | MediaKind::Document | MediaKind::Sticker => "sendFile",
    }
}

/// WAHA makes of other sound and films what WhatsApp plays, and a film of a GIF (as every app can play it from 2026.5.1 on:
/// <https://github.com/devlikeapro/waha/issues/2077>); what fits already is left as it is.
fn converts(send: &SendFile) -> bool {
    !matches!(send.mimetype.as_str(), "audio/ogg" | "video/mp4")
}
