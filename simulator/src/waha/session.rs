//! What is done to the session through the API.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::Waha;
use super::api::{answer, failure, refusal, request};
use super::faults::WahaFault;

/// `POST /api/sessions/{session}/restart`: the session starts anew and works again at once.
pub(crate) async fn restart(State(waha): State<Waha>, Path(name): Path<String>) -> Response {
    if !waha.has_session(&name) {
        return refusal(404, "Not Found", "Session not found");
    }
    waha.state().change(|state| state.restarts += 1);
    waha.session_status("STARTING");
    waha.session_status("WORKING");
    answer(201, &waha.session())
}

/// `POST /api/sessions/{session}/logout`: the phone is unlinked, and the session starts anew to be paired again.
pub(crate) async fn logout(State(waha): State<Waha>, Path(name): Path<String>) -> Response {
    if !waha.has_session(&name) {
        return refusal(404, "Not Found", "Session not found");
    }
    if waha.takes(|fault| matches!(fault, WahaFault::LogoutFails { .. })) {
        return failure(&waha, "Timed Out", &request("POST", &format!("/api/sessions/{name}/logout"), None));
    }
    waha.state().change(|state| state.logouts += 1);
    waha.session_status("STARTING");
    let answered = answer(201, &waha.session());
    waha.session_status("SCAN_QR_CODE");
    answered
}

/// `DELETE /api/sessions/{session}`: an empty answer, whether there was such a session or not.
pub(crate) async fn delete(State(waha): State<Waha>, Path(name): Path<String>) -> Response {
    if waha.has_session(&name) && !waha.takes(|fault| matches!(fault, WahaFault::DeleteForgets { .. })) {
        waha.session_status("STOPPED");
        waha.state().change(|state| state.deleted = true);
    }
    ().into_response()
}

impl Waha {
    fn takes(&self, is_it: impl Fn(&WahaFault) -> bool) -> bool {
        self.state().change(|state| state.faults.take(is_it)).is_some()
    }
}
