//! Calls WAHA's REST API.

mod changes;
mod files;
mod history;
mod lookup;
mod participants;
mod things;
mod typing;
mod unlink;
mod votes;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;
use serde_json::Value;

use super::answers::{self, ContactName, EngineVersion, Sent, SessionState};
use super::carrier::{Answer, Carrier, Network};
use super::error::WahaError;
use super::surrogates;
use crate::config;
use crate::event::{Address, AddressKind, MessageId, StanzaId};
use crate::redact::Private;

pub use changes::Named;
pub use files::SendFile;
pub use history::{ChatSummary, MessagesOf, Page};
pub use lookup::Whereabouts;
pub use participants::Participant;
pub use things::SendThing;
pub use unlink::{NotUnlinked, Unlinked};

/// How long a send may take. WAHA itself waits up to 10 s for a session that is not there.
const SEND: Duration = Duration::from_mins(1);
/// How long a read may take.
const READ: Duration = Duration::from_secs(20);

/// One channel's WAHA session. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    carrier: Arc<dyn Carrier>,
    base: Url,
    session: String,
}

/// A text on its way to WhatsApp.
#[derive(Debug, Clone)]
pub struct SendText {
    /// Where to.
    pub chat: Address,
    /// What.
    pub text: Private,
    /// The message it answers. One that WAHA's store does not hold is left out without a word.
    pub reply_to: Option<MessageId>,
    /// Whom it names; their digits stand in the text behind an `@`.
    pub mentions: Vec<Address>,
    /// The id it shall have; only where [`EngineVersion::takes_chosen_id`].
    pub id: Option<StanzaId>,
}

/// The body of `POST /api/sendText`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SendBody<'a> {
    session: &'a str,
    chat_id: Private,
    text: &'a Private,
    // A preview would make WAHA fetch the address and so show the server to whoever owns it.
    link_preview: bool,
    #[serde(rename = "reply_to", skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a MessageId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<Private>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a StanzaId>,
}

impl Client {
    /// Prepares the calls over the network; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`WahaError::Refused`] if the API key cannot stand in a header or the machine's TLS cannot be set up.
    pub fn new(waha: &config::WhatsApp) -> Result<Self, WahaError> {
        Self::over(Arc::new(Network::new(waha)?), waha)
    }

    /// Prepares the calls over any carrier.
    ///
    /// # Errors
    ///
    /// [`WahaError::Refused`] if the configured address is none.
    pub fn over(carrier: Arc<dyn Carrier>, waha: &config::WhatsApp) -> Result<Self, WahaError> {
        let base = Url::parse(&waha.url).map_err(|_| WahaError::Refused)?;
        Ok(Self { carrier, base, session: waha.session.clone() })
    }

    /// Sends a text.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; after [`WahaError::Unknown`] it may have been sent.
    pub async fn send_text(&self, send: SendText) -> Result<Sent, WahaError> {
        let body = SendBody {
            session: &self.session,
            chat_id: send.chat.chat_id(),
            text: &send.text,
            link_preview: false,
            reply_to: send.reply_to.as_ref(),
            mentions: send.mentions.iter().map(Address::chat_id).collect(),
            id: send.id.as_ref(),
        };
        self.post_message(&["api", "sendText"], &body, SEND).await
    }

    async fn post_message(&self, path: &[&str], body: &impl Serialize, limit: Duration) -> Result<Sent, WahaError> {
        let mut request = self.request(Method::POST, path, limit)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(serde_json::to_vec(body).map_err(|_| WahaError::Refused)?.into());
        Ok(Sent::of(&self.call(request).await?.ok_or(WahaError::Unknown)?))
    }

    /// The session's state.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Refused`] also means that there is no such session.
    pub async fn session(&self) -> Result<SessionState, WahaError> {
        let json = self.get(&["api", "sessions", &self.session], &[]).await?;
        json.as_ref().and_then(SessionState::of).ok_or(WahaError::Unknown)
    }

    /// Restarts the session.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn restart(&self) -> Result<(), WahaError> {
        let request = self.request(Method::POST, &["api", "sessions", &self.session, "restart"], SEND)?;
        self.call(request).await.map(drop)
    }

    /// Which WAHA and engine answer.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn version(&self) -> Result<EngineVersion, WahaError> {
        let json = self.get(&["api", "server", "version"], &[]).await?;
        json.as_ref().and_then(EngineVersion::of).ok_or(WahaError::Unknown)
    }

    /// An id for [`SendText::id`], in the engine's own form.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Refused`] from a WAHA that is too old for it.
    pub async fn new_message_id(&self) -> Result<StanzaId, WahaError> {
        let json = self.get(&["api", &self.session, "new-message-id"], &[]).await?;
        json.as_ref().and_then(answers::new_id).ok_or(WahaError::Unknown)
    }

    /// What a contact is called; nothing if WAHA does not know.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; NOWEB refuses it without its store.
    pub async fn contact_name(&self, contact: &Address) -> Result<Option<ContactName>, WahaError> {
        let id = contact.chat_id();
        let query = [("contactId", id.reveal()), ("session", &self.session)];
        let json = self.get(&["api", "contacts"], &query).await?;
        Ok(json.as_ref().and_then(ContactName::of))
    }

    /// What a group is called; nothing if WAHA does not know.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; an unknown group gives [`WahaError::Unknown`], because WAHA answers 500.
    pub async fn group_subject(&self, group: &Address) -> Result<Option<Private>, WahaError> {
        let id = group.chat_id();
        let json = self.get(&["api", &self.session, "groups", id.reveal()], &[]).await?;
        Ok(json.as_ref().and_then(answers::subject))
    }

    /// What a newsletter is called, which WhatsApp calls a channel; nothing if WAHA does not know.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn newsletter_name(&self, newsletter: &Address) -> Result<Option<Private>, WahaError> {
        let id = newsletter.chat_id();
        let json = self.get(&["api", &self.session, "channels", id.reveal()], &[]).await?;
        Ok(json.as_ref().and_then(answers::newsletter))
    }

    /// A contact's number for a LID, or the LID for a number; nothing if WAHA does not know it, which may last.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn other_address(&self, contact: &Address) -> Result<Option<Address>, WahaError> {
        let id = contact.chat_id();
        let json = match contact.kind() {
            AddressKind::Lid => self.get(&["api", &self.session, "lids", id.reveal()], &[]).await?,
            AddressKind::Number => self.get(&["api", &self.session, "lids", "pn", id.reveal()], &[]).await?,
            AddressKind::Group | AddressKind::Status | AddressKind::Newsletter => return Ok(None),
        };
        Ok(json.as_ref().and_then(|json| answers::other_address(json, contact)))
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Option<Value>, WahaError> {
        self.get_within(READ, path, query).await
    }

    async fn get_within(
        &self,
        limit: Duration,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Value>, WahaError> {
        let mut request = self.request(Method::GET, path, limit)?;
        if !query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(query);
        }
        self.call(request).await
    }

    fn request(&self, method: Method, path: &[&str], limit: Duration) -> Result<Request, WahaError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| WahaError::Refused)?.pop_if_empty().extend(path);
        let mut request = Request::new(method, url);
        *request.timeout_mut() = Some(limit);
        Ok(request)
    }

    /// Carries a request and reads the answer; nothing for an empty one, which is how NOWEB says "unknown".
    async fn call(&self, request: Request) -> Result<Option<Value>, WahaError> {
        let Answer { status, retry_after, body } = self.carrier.carry(request).await?;
        if !status.is_success() {
            return Err(WahaError::of_answer(status, retry_after.as_deref(), &body.unwrap_or_default()));
        }
        let body = body.ok_or(WahaError::Unknown)?;
        if body.is_empty() {
            return Ok(None);
        }
        let json = serde_json::from_slice(&body).or_else(|_| serde_json::from_slice(&surrogates::mend(&body)));
        json.map(Some).map_err(|_| WahaError::Unknown)
    }
}

#[cfg(test)]
mod tests;
