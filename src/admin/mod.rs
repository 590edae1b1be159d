//! The admin listener: health for machines and for whoever looks after the bridge. It stands on an address of its own,
//! so that WAHA's network does not reach it.

mod captcha;
mod data;
mod detail;
mod forget;
mod metrics;
pub mod places;
pub mod readable;
mod reseal;
mod unlock;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};

pub use captcha::Solved;
pub use data::{Ages, Files};
pub use forget::Forget;
pub use reseal::ResealWish;
pub use unlock::{LOCKED, Lock, LockState, Opened, UnlockWish};

use crate::bridge::Channel;
use crate::clock::Clock;
use crate::manners::with_manners;
use crate::store::Store;
use crate::store::reseal::Reseal;
use crate::tls::Shown;

/// What health is read from.
#[derive(Clone)]
pub struct Health {
    /// The database.
    pub store: Store,
    /// The channels.
    pub channels: Arc<[Arc<Channel>]>,
    /// The clock of the process.
    pub clock: Clock,
    /// Its files.
    pub files: Files,
    /// The names of the jobs whose last run is shown.
    pub jobs: [&'static str; 2],
    /// The certificate at the door, if there is one.
    pub certificate: Option<Arc<Shown>>,
    /// The job that seals values anew.
    pub reseal: Reseal,
}

/// The most that is read of a request.
const BODY: usize = 32 * 1024;

/// The routes of the admin listener.
pub fn router(health: Health) -> Router {
    let routes = Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/health/detail", get(detail))
        .route("/metrics", get(metrics))
        .route("/data", get(data))
        .route("/captcha", post(captcha::submit).layer(DefaultBodyLimit::max(BODY)))
        .route("/reseal", post(reseal::ask).layer(DefaultBodyLimit::max(BODY)))
        .route("/forget", post(forget::submit).layer(DefaultBodyLimit::max(BODY)))
        .route("/unlock", post(unlock::is_open))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .with_state(health);
    with_manners(routes)
}

/// The same while the program is locked: all that can be said without the database, and the way to open it.
pub fn locked(lock: Lock) -> Router {
    let routes = Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(unlock::later))
        .route("/health/detail", get(|State(lock): State<Lock>| async move { Json(lock.state().await) }))
        .route(
            "/metrics",
            get(|State(lock): State<Lock>| async move { (PROMETHEUS, metrics::locked(&lock.state().await)) }),
        )
        .route("/data", get(unlock::later))
        .route("/captcha", post(unlock::later))
        .route("/reseal", post(unlock::later))
        .route("/forget", post(unlock::later))
        .route("/unlock", post(unlock::unlock).layer(DefaultBodyLimit::max(BODY)))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .with_state(lock);
    with_manners(routes)
}

const PROMETHEUS: [(header::HeaderName, &str); 1] =
    [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];

/// Ready means that events can be accepted: the database takes a write. It says nothing of the peers, so that an
/// outage of Signal never takes the webhook away from WAHA.
async fn ready(State(health): State<Health>) -> Response {
    match health.store.write(|tx| tx.probe()).await {
        Ok(()) => (StatusCode::OK, "ready\n").into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")).into_response(),
    }
}

async fn detail(State(health): State<Health>) -> Response {
    match detail::read(&health).await {
        Ok(detail) => Json(detail).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn data(State(health): State<Health>) -> Response {
    match data::read(&health).await {
        Ok(places) => Json(places).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metrics(State(health): State<Health>) -> Response {
    match metrics::read(&health).await {
        Ok(page) => (PROMETHEUS, page).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}
