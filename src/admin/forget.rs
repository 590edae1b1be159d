//! `POST /forget`: forgets a chat, for `rialto forget`.
//!
//! The chat is named by its row, which only who can read the database knows: no number comes through this door, and
//! nobody learns by it whether somebody has written.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};

use super::Health;
use crate::bridge::{Begun, begin_to_forget};
use crate::store::ChatId;

/// What is asked. JSON, so that no web page can make a browser ask it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Forget {
    /// The chat's row.
    pub chat: String,
}

type Answer = (StatusCode, &'static str);

pub(super) async fn submit(State(health): State<Health>, Json(forget): Json<Forget>) -> Answer {
    let no_chat = (StatusCode::NOT_FOUND, "there is no such chat\n");
    let Some(chat) = ChatId::parse(&forget.chat) else { return no_chat };
    for channel in health.channels.iter() {
        match begin_to_forget(channel, chat).await {
            Ok(Begun::Yes) => return (StatusCode::OK, "the chat is being forgotten\n"),
            Ok(Begun::NoSuchChat) => {}
            Err(_) => return (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written now; try again\n"),
        }
    }
    no_chat
}
