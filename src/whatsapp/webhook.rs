//! The webhook: `POST /webhooks/waha/{channel}`.
//!
//! The answer decides what WAHA does next. It repeats after everything that is not 2xx, 4xx as well, as often as its
//! session is set to, and waits `Retry-After` where that is longer. It follows a redirect as a GET without a body and
//! counts that as delivered, so there is never one here. So: 200 means that the event is on disk or has no consequence,
//! and all else means "again".
//!
//! What comes at once has only so much room; the rest waits with its body unread.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::middleware::map_response;
use axum::response::IntoResponse;
use axum::routing::post;
use secrecy::SecretString;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::inbound::{self, Read};
use super::room::Room;
use super::signature;
use crate::clock::{Clock, Moment};
use crate::event::{Intake, Refusal};
use crate::failpoint::reach;

/// The largest body in bytes: thumbnails and nested quotes make some of them megabytes.
pub const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// How old a signed webhook may be. A recorded one is worth nothing after that, and until then it is known as seen.
pub const FRESHNESS: Duration = Duration::from_hours(24);

/// How far WAHA's clock may run ahead of ours.
const AHEAD: Duration = Duration::from_mins(10);

/// How long one request may take; a body that comes drop by drop ends here.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long WAHA shall wait when the database cannot be written, in seconds.
const RETRY_SECONDS: &str = "5";

/// One channel's way in.
#[derive(Debug)]
pub struct Door<I> {
    /// The channel's name, the last part of the path.
    pub channel: String,
    /// The name of its WAHA session.
    pub session: String,
    /// The HMAC keys of the session's webhook, any of which will do: two while it is changed.
    pub secrets: Vec<SecretString>,
    /// Takes what comes in.
    pub intake: I,
}

struct Hall<I> {
    doors: HashMap<String, Door<I>>,
    room: Room,
    clock: Clock,
}

/// The webhook's routes for these channels.
pub fn router<I: Intake>(doors: Vec<Door<I>>, clock: Clock) -> Router {
    let doors = doors.into_iter().map(|door| (door.channel.clone(), door)).collect();
    Router::new()
        .route("/webhooks/waha/{channel}", post(receive::<I>))
        .with_state(Arc::new(Hall { doors, room: Room::new(), clock }))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        // Dropping a request here does not undo a commit that is under way; then the repeat finds it known.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(map_response(no_store))
}

/// The message of a panic can quote what was being read, so it is left out here.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    tracing::error!("a webhook request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn no_store(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What WAHA is told.
enum Answer {
    Done,
    Unsigned,
    Stale,
    Later,
    /// The body could not be taken in: too large, or cut off.
    Broken(StatusCode),
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Done => StatusCode::OK.into_response(),
            Self::Unsigned => (StatusCode::UNAUTHORIZED, "signature missing or wrong").into_response(),
            Self::Stale => (StatusCode::FORBIDDEN, "too old or from the future").into_response(),
            Self::Later => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY_SECONDS)]).into_response(),
            Self::Broken(status) => status.into_response(),
        }
    }
}

async fn receive<I: Intake>(State(hall): State<Arc<Hall<I>>>, Path(channel): Path<String>, request: Request) -> Answer {
    let headers = request.headers().clone();
    let Some(place) = hall.room.enter(&headers).await else { return Answer::Later };
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejection) => return Answer::Broken(rejection.status()),
    };
    // Apart, so that a request that is given up keeps its place for as long as what it brought is here.
    let judged = tokio::spawn(async move {
        let _place = place;
        judge(&hall, &channel, &headers, body).await
    });
    judged.await.unwrap_or_else(|fallen| match fallen.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Answer::Later,
    })
}

async fn judge<I: Intake>(hall: &Hall<I>, channel: &str, headers: &HeaderMap, body: Bytes) -> Answer {
    // A channel that does not exist answers as one whose signature is wrong, so that names cannot be tried out.
    let Some(door) = hall.doors.get(channel) else { return Answer::Unsigned };
    if !signature::is_valid(headers, &door.secrets, &body) {
        door.intake.refuse(Refusal::BadSignature).await;
        return Answer::Unsigned;
    }
    let now = hall.clock.now();
    let read = inbound::read(&body, now);
    drop(body);
    take(door, read, now).await
}

/// What happens with a body that WAHA signed.
async fn take<I: Intake>(door: &Door<I>, read: Read, now: Moment) -> Answer {
    if read.session.as_ref().is_some_and(|session| *session != door.session) {
        tracing::warn!(channel = door.channel, "a webhook of another session came in; check the session's webhook URL");
        return Answer::Done;
    }
    if !is_fresh(read.created, now) {
        return stale(door, read).await;
    }
    reach!("webhook.read");
    match door.intake.accept(vec![read.arrival]).await {
        Ok(_) => {
            reach!("webhook.before_answer");
            Answer::Done
        }
        Err(_) => Answer::Later,
    }
}

/// A body without a time counts as fresh: it is signed, and a repeat is still found out by its key.
fn is_fresh(created: Option<Moment>, now: Moment) -> bool {
    created.is_none_or(|created| created >= now.minus(FRESHNESS) && created <= now.plus(AHEAD))
}

/// What was accepted in time is done. The rest is refused in a way that makes WAHA repeat it, so that a message
/// survives a clock that was wrong for a while.
async fn stale<I: Intake>(door: &Door<I>, read: Read) -> Answer {
    match door.intake.is_known(read.arrival.key).await {
        Ok(true) => Answer::Done,
        Ok(false) => {
            door.intake.refuse(Refusal::Stale).await;
            Answer::Stale
        }
        Err(_) => Answer::Later,
    }
}
