//! What `WhatsApp` calls channels.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use super::Waha;
use super::api::{answer, refusal, working};

impl Waha {
    /// The owner follows a newsletter of this name.
    pub fn follows(&self, id: &str, name: &str) {
        self.state().change(|state| state.newsletters.push((id.to_owned(), name.to_owned())));
    }
}

/// `GET /api/{session}/channels/{id}`.
pub(crate) async fn newsletter(State(waha): State<Waha>, Path((session, id)): Path<(String, String)>) -> Response {
    if let Err(refusal) = working(&waha, Some(&session)).await {
        return refusal;
    }
    let found = waha.state().read(|state| state.newsletters.iter().find(|(known, _)| *known == id).cloned());
    match found {
        Some((id, name)) => answer(
            200,
            &json!({
                "id": id, "name": name, "role": "SUBSCRIBER", "verified": false, "subscribersCount": 2,
                "invite": "https://www.whatsapp.com/channel/1",
            }),
        ),
        None => refusal(404, "Not Found", "Channel not found"),
    }
}
