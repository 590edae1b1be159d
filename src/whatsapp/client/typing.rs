//! Shows that the owner types, and asks to hear who else does. None of it is worth a second call.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::{Client, READ};
use crate::event::Address;
use crate::redact::Private;
use crate::whatsapp::error::WahaError;

/// The body of `POST /api/startTyping` and `/api/stopTyping`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatBody<'a> {
    session: &'a str,
    chat_id: Private,
}

impl Client {
    /// Shows in a chat that the owner types, or has stopped: WAHA does not stop by itself.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn typing(&self, chat: &Address, is_typing: bool) -> Result<(), WahaError> {
        let path = ["api", if is_typing { "startTyping" } else { "stopTyping" }];
        let body = ChatBody { session: &self.session, chat_id: chat.chat_id() };
        let mut request = self.request(Method::POST, &path, READ)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(serde_json::to_vec(&body).map_err(|_| WahaError::Refused)?.into());
        self.call(request).await.map(drop)
    }

    /// Asks WhatsApp to say who types in a chat. It does so while the session is online, until it disconnects.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn watch_presence(&self, chat: &Address) -> Result<(), WahaError> {
        let id = chat.chat_id();
        let request =
            self.request(Method::POST, &["api", &self.session, "presence", id.reveal(), "subscribe"], READ)?;
        self.call(request).await.map(drop)
    }
}
