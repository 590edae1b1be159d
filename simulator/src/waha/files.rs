//! Files: those that come with messages, kept for a while and fetched by whoever has the key; and those that are to be sent,
//! which are fetched from where the call says.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::Waha;
use super::api::{failure, object, refusal, working};
use super::message::{Content, Media};
use super::model::Other;
use super::send::{Call, attempt, broken, field, mentions, suffixed};
use crate::link::Knife;

/// What WAHA and `WhatsApp` have of files, by name.
#[derive(Default)]
pub(crate) struct Files {
    /// WAHA's cache.
    kept: HashMap<String, Vec<u8>>,
    /// What `WhatsApp` has.
    originals: HashMap<String, Vec<u8>>,
    /// Whether nobody gets one for now.
    held: bool,
    /// Whether the next one who asks gets a 500.
    fails: bool,
    /// Whether `WhatsApp` keeps none any more.
    lost: bool,
}

/// A file that WAHA accepted for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// `sendImage`, `sendVideo`, `sendVoice` or `sendFile`.
    pub call: String,
    /// The chat as the client named it.
    pub chat_id: String,
    /// The type the client gave it.
    pub mimetype: String,
    /// The name the client gave it.
    pub filename: String,
    /// The words below it; nothing if the call has none.
    pub caption: Option<String>,
    /// The message it answers, as the client named it.
    pub reply_to: Option<String>,
    /// Whom it mentions.
    pub mentions: Vec<String>,
    /// Whether WAHA was asked to convert it, if the client said.
    pub convert: Option<bool>,
    /// The bare id under which it was sent.
    pub stanza: String,
    /// What it is.
    pub bytes: Vec<u8>,
}

/// What was fetched for a call.
#[derive(Clone)]
pub(crate) struct Fetched {
    pub(crate) call: &'static str,
    mimetype: String,
    filename: String,
    bytes: Vec<u8>,
}

/// `GET /api/files/{session}/{file}`.
pub(crate) async fn file(State(waha): State<Waha>, Path((session, file)): Path<(String, String)>) -> Response {
    waha.state().wait_for(|| waha.state().read(|state| !state.files.held)).await;
    if waha.state().change(|state| std::mem::take(&mut state.files.fails)) {
        return failure(&waha, "Timed Out", &Value::Null);
    }
    let found = waha.state().read(|state| state.files.kept.get(&file).cloned());
    match found.filter(|_| session == waha.options().session) {
        Some(bytes) => ([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response(),
        None => refusal(404, "Not Found", "File not found"),
    }
}

/// `POST /api/sendImage` and its like.
pub(crate) async fn send(waha: Waha, knife: Knife, call: &'static str, body: Bytes) -> Response {
    match checked(&waha, call, &body).await {
        Ok(call) => attempt(&waha, &knife, call).await,
        Err(refusal) => refusal,
    }
}

calls!(image = "sendImage", video = "sendVideo", voice = "sendVoice", document = "sendFile");

async fn checked(waha: &Waha, call: &'static str, body: &Bytes) -> Result<Call, Response> {
    let body = object(body)?;
    working(waha, field(&body, "session")).await?;
    let chat = field(&body, "chatId").map(suffixed);
    let text = field(&body, "caption").unwrap_or_default().to_owned();
    let file = fetch(waha, call, &body).await;
    let body = Value::Object(body);
    match (chat, file) {
        (Some(chat), Some(file)) => Ok(Call { body, chat, text, file: Some(file), thing: None }),
        _ => Err(broken(waha, "Request failed with status code 404", &body)),
    }
}

async fn fetch(waha: &Waha, call: &'static str, body: &Map<String, Value>) -> Option<Fetched> {
    let file = body.get("file")?;
    let text = |name: &str| file.get(name).and_then(Value::as_str).map(str::to_owned);
    let bytes = waha.client().get(&text("url")?).await.ok()?;
    Some(Fetched { call, mimetype: text("mimetype")?, filename: text("filename").unwrap_or_default(), bytes })
}

impl Fetched {
    /// The message it becomes.
    pub(crate) fn content(&self, caption: &str) -> Content {
        let caption = (!caption.is_empty()).then(|| caption.to_owned());
        match self.call {
            "sendImage" => Content::other(Other::Image { caption }),
            "sendVideo" => Content::other(Other::Video { caption }),
            "sendVoice" => Content::other(Other::Voice),
            _ => Content::other(Other::Document { filename: self.filename.clone(), caption }),
        }
    }

    /// What is remembered of it.
    pub(crate) fn record(&self, call: &Call, stanza: String) -> SentFile {
        let field = |name| call.body.get(name).and_then(Value::as_str).map(str::to_owned);
        SentFile {
            call: self.call.to_owned(),
            chat_id: call.chat.clone(),
            mimetype: self.mimetype.clone(),
            filename: self.filename.clone(),
            caption: field("caption"),
            reply_to: field("reply_to"),
            mentions: mentions(&call.body),
            convert: call.body.get("convert").and_then(Value::as_bool),
            stanza,
            bytes: self.bytes.clone(),
        }
    }
}

impl Waha {
    /// Somebody sends a file with these bytes.
    #[expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]
    pub fn sends_file(&self, chat: &str, participant: Option<&str>, kind: Other, bytes: &[u8]) -> String {
        let message = self.incoming(chat, participant, Content::other(kind));
        self.keep_file(&message.stanza, message.content.media.as_ref(), bytes);
        self.publish(message)
    }

    /// The owner sends one on the phone, past the bridge.
    #[expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]
    pub fn owner_sends_file(&self, chat: &str, kind: Other, bytes: &[u8]) -> String {
        let message = self.typed(chat, Content::other(kind));
        self.keep_file(&message.stanza, message.content.media.as_ref(), bytes);
        self.publish(message)
    }

    /// Everything of WAHA's cache of files is forgotten, as after three minutes. Asked for a message, it gets its file again.
    pub fn forget_files(&self) {
        self.state().change(|state| state.files.kept.clear());
    }

    /// `WhatsApp` itself has no file any more, nor any of what comes.
    pub fn lose_files(&self) {
        self.state().change(|state| {
            state.files.lost = true;
            state.files.kept.clear();
            state.files.originals.clear();
        });
    }

    /// The next one who asks for a file gets a 500.
    pub fn fail_file(&self) {
        self.state().change(|state| state.files.fails = true);
    }

    /// Whoever asks for a file waits for as long as this is so.
    pub fn hold_files(&self, holds: bool) {
        self.state().change(|state| state.files.held = holds);
    }

    /// The files that were sent, in order.
    #[must_use]
    pub fn sent_files(&self) -> Vec<SentFile> {
        self.state().read(|state| state.sent_files.clone())
    }

    pub(crate) fn keep_file(&self, stanza: &str, media: Option<&Media>, bytes: &[u8]) {
        let Some(media) = media else { return };
        let name = format!("{stanza}.{}", media.extension);
        self.state().change(|state| {
            if state.files.lost {
                return;
            }
            state.files.kept.insert(name.clone(), bytes.to_vec());
            state.files.originals.insert(name, bytes.to_vec());
        });
    }

    /// Gets the file of a message from `WhatsApp` again. False if that has none.
    pub(crate) fn refetch(&self, stanza: &str) -> bool {
        self.state().change(|state| {
            let found = state.files.originals.iter().find(|(name, _)| name.starts_with(stanza));
            let Some((name, bytes)) = found.map(|(name, bytes)| (name.clone(), bytes.clone())) else { return false };
            state.files.kept.insert(name, bytes);
            true
        })
    }
}

impl super::state::State {
    /// The file of a message, as the phone has it.
    pub(crate) fn file_of(&self, stanza: &str) -> Option<&[u8]> {
        let sent = self.sent_files.iter().find(|sent| sent.stanza == stanza).map(|sent| sent.bytes.as_slice());
        let is_its = |name: &str| name.rsplit_once('.').is_some_and(|(stem, _)| stem == stanza);
        sent.or_else(|| self.files.originals.iter().find(|(name, _)| is_its(name)).map(|(_, bytes)| bytes.as_slice()))
    }
}

/// The first bytes of a file of each kind, and a little more.
pub(crate) fn sample(kind: &str) -> &'static [u8] {
    match kind {
        "image" => b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0 a picture \xff\xd9",
        "sticker" => b"RIFF\x20\0\0\0WEBPVP8 \x10\0\0\0 a sticker",
        "video" => b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom a video",
        "ptt" => b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead a voice",
        _ => b"%PDF-1.7\n a document\n%%EOF\n",
    }
}
