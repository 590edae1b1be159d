//! The end of a session: logged out at WhatsApp, and then deleted in WAHA.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::super::answers::SessionState;
use super::super::carrier::Answer;
use super::super::error::WahaError;
use super::{Client, READ, SEND};
use crate::failpoint::reach;

/// The status of a session that is linked and connected.
const WORKING: &str = "WORKING";

/// WAHA has no session any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlinked {
    /// It was logged out and deleted.
    Now {
        /// Whether it was connected before, so that WhatsApp has heard of it. WAHA logs out without a word also what
        /// is not.
        connected: bool,
    },
    /// There was none.
    Before,
}

/// WAHA has the session still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUnlinked {
    /// It does not say whether there is one. Nothing was done.
    #[error("WAHA does not say whether there is a session: {0}")]
    Unseen(WahaError),
    /// It is not logged out, as far as is known. It was not deleted either: that would leave the phone linked to a session
    /// which nobody can log out any more.
    #[error("WAHA did not log the session out: {0}")]
    LoggedIn(WahaError),
    /// It is logged out, and not deleted.
    #[error("WAHA logged the session out and did not delete it")]
    Kept,
}

impl Client {
    /// Logs the session out and deletes it. Can be repeated.
    ///
    /// # Errors
    ///
    /// [`NotUnlinked`] says how far it came.
    pub async fn unlink(&self) -> Result<Unlinked, NotUnlinked> {
        let Some(status) = self.status_if_any().await.map_err(NotUnlinked::Unseen)? else {
            return Ok(Unlinked::Before);
        };
        let request = self.request(Method::POST, &["api", "sessions", &self.session, "logout"], SEND);
        self.call(request.map_err(NotUnlinked::LoggedIn)?).await.map_err(NotUnlinked::LoggedIn)?;
        reach!("leave.after_logout");
        let connected = status == WORKING;
        // WAHA takes a session that was logged out for one to be paired again. Whether it is gone shows afterwards.
        let request = self.request(Method::DELETE, &["api", "sessions", &self.session], SEND);
        let _ = self.call(request.map_err(|_| NotUnlinked::Kept)?).await;
        match self.status_if_any().await {
            Ok(None) => Ok(Unlinked::Now { connected }),
            _ => Err(NotUnlinked::Kept),
        }
    }

    /// The session's status; nothing if WAHA says that there is no such session. Another program's 404 says nothing.
    async fn status_if_any(&self) -> Result<Option<String>, WahaError> {
        let request = self.request(Method::GET, &["api", "sessions", &self.session], READ)?;
        let Answer { status, retry_after, body } = self.carrier.carry(request).await?;
        let body = body.unwrap_or_default();
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status == StatusCode::NOT_FOUND && json.get("message").and_then(Value::as_str) == Some("Session not found") {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(WahaError::of_answer(status, retry_after.as_deref(), &body));
        }
        SessionState::of(&json).map(|state| Some(state.status)).ok_or(WahaError::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::waha;
    use super::*;

    #[tokio::test]
    async fn nothing_is_deleted_before_it_is_logged_out() {
        for (status, body, error) in [
            (401, "", WahaError::Unauthorised),
            (404, r#"{"message":"Cannot GET /api/sessions/default","statusCode":404}"#, WahaError::Refused),
            (404, "<html>", WahaError::Refused),
            (200, "<html>", WahaError::Unknown),
            (500, "{}", WahaError::Unknown),
        ] {
            let (client, log) = waha(status, body).await;
            assert_eq!(client.unlink().await, Err(NotUnlinked::Unseen(error)), "{status} {body}");
            assert_eq!(log.lock().unwrap().len(), 1);
        }
    }

    #[tokio::test]
    async fn it_is_gone_only_when_waha_says_so() {
        // Captured from WAHA 2026.2.1.
        let gone = r#"{"message":"Session not found","error":"Not Found","statusCode":404}"#;
        let (client, log) = waha(404, gone).await;
        assert_eq!(client.unlink().await, Ok(Unlinked::Before));
        assert_eq!(log.lock().unwrap().len(), 1);
        let (client, log) = waha(200, r#"{"name":"default","status":"STARTING"}"#).await;
        assert_eq!(client.unlink().await, Err(NotUnlinked::Kept));
        let lines: Vec<_> = log.lock().unwrap().iter().map(|asked| asked.line.clone()).collect();
        let session = "/api/sessions/default";
        let expected = [("GET", ""), ("POST", "/logout"), ("DELETE", ""), ("GET", "")];
        assert_eq!(lines, expected.map(|(method, more)| format!("{method} {session}{more}")));
    }
}
