//! Who is in a group, in the one form that all engines share.

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Value, json};

use super::Waha;
use super::api::{answer, working};
use super::payload::participant_ids;
use super::reads::missing;

/// `GET /api/{session}/groups/{id}/participants/v2`.
pub(crate) async fn participants(
    State(waha): State<Waha>,
    Path((session, id)): Path<(String, String)>,
    uri: Uri,
) -> Response {
    if let Err(refusal) = working(&waha, Some(&session)).await {
        return refusal;
    }
    let found = waha.state().read(|state| {
        let group = state.book.groups.iter().find(|group| group.id == id)?;
        let shown = |jid: &String| {
            let (id, number) = participant_ids(&state.book, jid);
            let public = |wire: String| wire.replace("@s.whatsapp.net", "@c.us");
            json!({ "id": public(id), "pn": number.map(public), "role": "participant" })
        };
        Some(group.participants.iter().map(shown).collect::<Vec<Value>>())
    });
    match found {
        Some(participants) => answer(200, &json!(participants)),
        None => missing(&waha, "Unexpected end of JSON input", &uri),
    }
}
