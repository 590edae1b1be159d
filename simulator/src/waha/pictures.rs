//! Where the pictures of people and groups lie: at `WhatsApp`'s own servers, not here.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use super::Waha;
use super::api::{answer, working};

/// `GET /api/{session}/chats/{chat}/picture`.
pub(crate) async fn picture(State(waha): State<Waha>, Path((session, chat)): Path<(String, String)>) -> Response {
    if let Err(refusal) = working(&waha, Some(&session)).await {
        return refusal;
    }
    let place = waha.state().read(|state| state.pictures.get(&chat).cloned());
    answer(200, &json!({ "url": place }))
}

impl Waha {
    /// Somebody, or a group, has a picture there.
    pub fn has_picture(&self, chat: &str, place: &str) {
        self.state().change(|state| state.pictures.insert(chat.to_owned(), place.to_owned()));
    }
}
