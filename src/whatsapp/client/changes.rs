//! Changes messages that are there: each call names its message, so it can be made again and does the same.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::{Client, SEND};
use crate::event::{Address, MessageId, StanzaId};
use crate::redact::Private;
use crate::whatsapp::answers::{self, Sent};
use crate::whatsapp::error::WahaError;

/// A message by both of its names.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Its chat.
    pub chat: Address,
    /// Its full id: NOWEB takes no other, and in groups the author's part matters.
    pub id: MessageId,
}

/// The body of `PUT …/messages/{id}`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EditBody<'a> {
    text: &'a Private,
    // As in a new message: a preview would make WAHA fetch the address.
    link_preview: bool,
}

/// The body of `PUT /api/reaction`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReactBody<'a> {
    session: &'a str,
    message_id: &'a MessageId,
    reaction: &'a str,
}

/// The body of `POST /api/sendSeen`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeenBody<'a> {
    session: &'a str,
    chat_id: Private,
    message_ids: &'a [MessageId],
}

impl Client {
    /// Marks messages of a chat as seen by the owner: these and, with an engine that heeds the ids, no others. Without ids WAHA
    /// would mark all of the chat, so none are refused.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; it can be done again.
    pub async fn seen(&self, chat: &Address, messages: &[MessageId]) -> Result<(), WahaError> {
        if messages.is_empty() {
            return Err(WahaError::Refused);
        }
        let body = SeenBody { session: &self.session, chat_id: chat.chat_id(), message_ids: messages };
        self.change(Method::POST, &["api", "sendSeen"], Some(&body)).await.map(drop)
    }

    /// Gives a message of the owner other words. The answer is the edit's own bare id, if WAHA says it.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; after [`WahaError::Unknown`] it may have been done.
    pub async fn edit(&self, message: &Named, text: &Private) -> Result<Option<StanzaId>, WahaError> {
        let body = EditBody { text, link_preview: false };
        let (chat, id) = (message.chat.chat_id(), message.id.reveal());
        self.change(Method::PUT, &self.path(chat.reveal(), id), Some(&body)).await
    }

    /// Deletes a message of the owner for everybody. The answer is the deletion's own bare id, if WAHA says it.
    ///
    /// # Errors
    ///
    /// As for [`Client::edit`].
    pub async fn delete(&self, message: &Named) -> Result<Option<StanzaId>, WahaError> {
        let (chat, id) = (message.chat.chat_id(), message.id.reveal());
        self.change(Method::DELETE, &self.path(chat.reveal(), id), None::<&EditBody<'_>>).await
    }

    /// Gives a message the owner's reaction; nothing takes it back. The answer is the reaction's own bare id, if WAHA says it.
    ///
    /// # Errors
    ///
    /// As for [`Client::edit`].
    pub async fn react(&self, message: &Named, emoji: Option<&Private>) -> Result<Option<StanzaId>, WahaError> {
        let reaction = emoji.map_or("", Private::reveal);
        let body = ReactBody { session: &self.session, message_id: &message.id, reaction };
        self.change(Method::PUT, &["api", "reaction"], Some(&body)).await
    }

    /// Whether one of these addresses is an admin's of a group.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn is_admin(&self, group: &Address, who: &[Address]) -> Result<bool, WahaError> {
        let id = group.chat_id();
        let json = self.get(&["api", &self.session, "groups", id.reveal()], &[]).await?;
        Ok(json.is_some_and(|json| answers::admins(&json).iter().any(|admin| who.contains(admin))))
    }

    fn path<'a>(&'a self, chat: &'a str, id: &'a str) -> [&'a str; 6] {
        ["api", &self.session, "chats", chat, "messages", id]
    }

    /// An empty answer is a good one that says nothing.
    async fn change(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&impl Serialize>,
    ) -> Result<Option<StanzaId>, WahaError> {
        let mut request = self.request(method, path, SEND)?;
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(serde_json::to_vec(body).map_err(|_| WahaError::Refused)?.into());
        }
        Ok(self.call(request).await?.and_then(|json| Sent::of(&json).stanza))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::whatsapp::client::tests::{address, waha};

    fn named() -> Named {
        Named { chat: address("79111111111@c.us"), id: MessageId::new("true_79111111111@c.us_S") }
    }

    #[tokio::test]
    async fn each_names_its_message_in_full() {
        let (client, log) = waha(200, r#"{"id":"true_79111111111@c.us_E","_data":{}}"#).await;
        let own = client.edit(&named(), &"new".into()).await.unwrap();
        assert_eq!(own.unwrap().reveal(), "E");
        client.delete(&named()).await.unwrap();
        client.react(&named(), Some(&"👍".into())).await.unwrap();
        client.react(&named(), None).await.unwrap();
        let asked = log.lock().unwrap().clone();
        let path = "/api/default/chats/79111111111@c.us/messages/true_79111111111@c.us_S";
        let lines: Vec<_> = asked.iter().map(|asked| asked.line.as_str()).collect();
        assert_eq!(
            lines,
            [&*format!("PUT {path}"), &*format!("DELETE {path}"), "PUT /api/reaction", "PUT /api/reaction"]
        );
        assert_eq!(asked[0].body, json!({"text": "new", "linkPreview": false}));
        let reaction = |text: &str| json!({"session": "default", "messageId": named().id, "reaction": text});
        assert_eq!((&asked[2].body, &asked[3].body), (&reaction("👍"), &reaction("")));
    }

    #[tokio::test]
    async fn what_is_seen_is_always_named() {
        let (client, log) = waha(201, "").await;
        let chat = address("79111111111@c.us");
        let read = MessageId::new("false_79111111111@c.us_S");
        assert_eq!(client.seen(&chat, &[]).await, Err(WahaError::Refused));
        client.seen(&chat, std::slice::from_ref(&read)).await.unwrap();
        let asked = log.lock().unwrap().clone();
        assert_eq!((asked.len(), asked[0].line.as_str()), (1, "POST /api/sendSeen"));
        assert_eq!(asked[0].body, json!({"session": "default", "chatId": "79111111111@c.us", "messageIds": [read]}));
    }

    #[tokio::test]
    async fn what_waha_answers_names_the_change_or_nothing() {
        let noweb = r#"{"key":{"remoteJid":"79111111111@s.whatsapp.net","fromMe":true,"id":"E"},"status":"PENDING"}"#;
        assert_eq!(waha(200, noweb).await.0.delete(&named()).await.unwrap().unwrap().reveal(), "E");
        for nothing in ["", "{}", "null"] {
            assert_eq!(waha(200, nothing).await.0.delete(&named()).await, Ok(None), "{nothing}");
        }
        assert_eq!(waha(500, "{}").await.0.delete(&named()).await, Err(WahaError::Unknown));
    }

    #[tokio::test]
    async fn an_admin_is_known_by_either_address() {
        let noweb = r#"{"participants":[{"id":"100@lid","phoneNumber":"7911@s.whatsapp.net","admin":"superadmin"},
            {"id":"200@lid","admin":null}]}"#;
        let gows = r#"{"Participants":[{"JID":"100@lid","PhoneNumber":"7911@s.whatsapp.net","LID":"100@lid","IsAdmin":true},
            {"JID":"200@lid","IsAdmin":false,"IsSuperAdmin":false}]}"#;
        let group = address("1203@g.us");
        for body in [noweb, gows] {
            let client = waha(200, body).await.0;
            for (who, is) in [("100@lid", true), ("7911@c.us", true), ("200@lid", false), ("300@lid", false)] {
                assert_eq!(client.is_admin(&group, &[address(who)]).await, Ok(is), "{who}");
            }
            assert_eq!(client.is_admin(&group, &[]).await, Ok(false));
        }
    }
}
