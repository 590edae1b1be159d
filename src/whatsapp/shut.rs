//! The door while nothing can be taken in because nothing can be stored: whatever is brought is asked to come again, unread.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, RETRY_AFTER};
use axum::routing::post;

use crate::manners::with_manners;

/// How long WAHA shall wait, in seconds. Its own waits double, so this counts for the first ones only.
const RETRY_SECONDS: &str = "5";

/// The webhooks' routes, shut. Every channel's name gets the same answer, and nothing of a request is looked at.
pub fn shut() -> Router {
    let routes = Router::new()
        .route("/webhooks/waha/{channel}", post(later))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing);
    with_manners(routes)
}

async fn later() -> (StatusCode, [(HeaderName, &'static str); 1]) {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY_SECONDS)])
}

async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}
