//! `POST /reseal`: asks for the values to be brought to what is written now, for `rialto reseal`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};

use super::Health;

/// What is asked. JSON, so that no web page can make a browser ask it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResealWish {
    /// Whether a new key is made first.
    pub new_key: bool,
}

pub(super) async fn ask(State(health): State<Health>, Json(wish): Json<ResealWish>) -> (StatusCode, String) {
    match health.reseal.ask(wish.new_key).await {
        Ok(()) => (StatusCode::OK, BEGUN.to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

const BEGUN: &str =
    "the running bridge has begun; /health/detail shows how far it is, and its log says when it is done\n";
