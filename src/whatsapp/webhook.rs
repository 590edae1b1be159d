//! The webhook: `POST /webhooks/waha/{channel}`.
//!
//! The answer decides what WAHA does next. It repeats after everything that is not 2xx, 4xx as well, as often as its
//! session is set to, and waits `Retry-After` where that is longer. It follows a redirect as a GET without a body and
//! counts that as delivered, so there is never one here. So: 200 means that the event is on disk or has no consequence,
//! and all else means "again".
//!
//! What comes at once has only so much room; the rest waits with its body unread. Nobody else learns anything here: a
//! refusal is a status without a word, and a path or method that does not exist is the same as any other.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::middleware::map_response;
use axum::response::IntoResponse;
use axum::routing::post;
use secrecy::SecretString;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::crowd::{Crowd, Flow, Source};
use super::inbound::{self, Read};
use super::room::{self, Room};
use super::signature;
use crate::clock::{Clock, Moment};
use crate::event::{Intake, Refusal};
use crate::failpoint::reach;
use crate::manners::with_manners;

/// The largest body in bytes: thumbnails and nested quotes make some of them megabytes.
pub const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// How old a signed webhook may be. A recorded one is worth nothing after that, and until then it is known as seen.
pub const FRESHNESS: Duration = Duration::from_hours(24);

/// Who typed longer ago than this may have stopped.
const PASSES: Duration = Duration::from_mins(1);

/// How far WAHA's clock may run ahead of ours.
const AHEAD: Duration = Duration::from_mins(10);

/// How long one request may take; a body that comes drop by drop ends here.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long WAHA shall wait when the database cannot be written, in seconds.
const RETRY_SECONDS: &str = "5";

/// How long who brought too much shall wait, in seconds: WAHA does, and repeats it then.
const CROWDED_SECONDS: &str = "60";

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
    doors: HashMap<String, (Door<I>, Flow)>,
    room: Room,
    /// For those who have lost their credit.
    corner: Room,
    crowd: Crowd,
    clock: Clock,
}

/// What a request has with it before anything of it is believed.
struct Caller {
    source: Source,
    cost: u32,
    /// Whether it has left a deposit.
    has_credit: bool,
}

/// The webhook's routes for these channels.
pub fn router<I: Intake>(doors: Vec<Door<I>>, clock: Clock) -> Router {
    let doors = doors.into_iter().map(|door| (door.channel.clone(), (door, Flow::new()))).collect();
    let (room, corner, crowd) = (Room::new(room::SIZE), Room::new(room::CORNER), Crowd::new(clock.clone()));
    let routes = Router::new()
        .route("/webhooks/waha/{channel}", post(receive::<I>))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .with_state(Arc::new(Hall { doors, room, corner, crowd, clock }))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        // Dropping a request here does not undo a commit that is under way; then the repeat finds it known.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(map_response(quiet));
    with_manners(routes)
}

async fn nothing() -> Answer {
    Answer::Nothing
}

/// The message of a panic can quote what was being read, so it is left out here.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    tracing::error!("a webhook request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Leaves nothing of an answer but its status, and when to come again.
async fn quiet(answer: Response<Body>) -> Response<Body> {
    let mut quiet = answer.status().into_response();
    if let Some(wait) = answer.headers().get(RETRY_AFTER) {
        quiet.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    quiet
}

/// What WAHA is told.
enum Answer {
    Done,
    Unsigned,
    Stale,
    Later,
    /// Too much came.
    Crowded,
    /// There is no such thing.
    Nothing,
    /// The body could not be taken in: too large, or cut off.
    Broken(StatusCode),
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Done => StatusCode::OK.into_response(),
            Self::Unsigned => StatusCode::UNAUTHORIZED.into_response(),
            Self::Stale => StatusCode::FORBIDDEN.into_response(),
            Self::Nothing => StatusCode::NOT_FOUND.into_response(),
            Self::Crowded => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, CROWDED_SECONDS)]).into_response(),
            Self::Later => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, RETRY_SECONDS)]).into_response(),
            Self::Broken(status) => status.into_response(),
        }
    }
}

async fn receive<I: Intake>(
    State(hall): State<Arc<Hall<I>>>,
    channel: Result<Path<String>, PathRejection>,
    request: Request,
) -> Answer {
    let Ok(Path(channel)) = channel else { return Answer::Nothing };
    let headers = request.headers().clone();
    let caller = hall.meet(&request);
    if !caller.has_credit && !signature::is_there(&headers) {
        return hall.refuse(&channel, &caller).await;
    }
    let room = if caller.has_credit { &hall.room } else { &hall.corner };
    let Some(place) = room.enter(&headers).await else {
        hall.settle(&caller);
        return Answer::Later;
    };
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejection) => return Answer::Broken(rejection.status()),
    };
    // Apart, so that a request that is given up keeps its place for as long as what it brought is here.
    let judged = tokio::spawn(async move {
        let _place = place;
        judge(&hall, &channel, &caller, &headers, body).await
    });
    judged.await.unwrap_or_else(|fallen| match fallen.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Answer::Later,
    })
}

impl<I: Intake> Hall<I> {
    fn meet(&self, request: &Request) -> Caller {
        let source = request.extensions().get::<Source>().copied().unwrap_or_default();
        let cost = room::cost(request.headers());
        Caller { source, cost, has_credit: self.crowd.take(source, cost) }
    }

    /// It has proven itself, or is not to blame.
    fn settle(&self, caller: &Caller) {
        if caller.has_credit {
            self.crowd.give_back(caller.source, caller.cost);
        }
    }

    /// A channel that does not exist answers as one whose signature is wrong, so that names cannot be tried out.
    async fn refuse(&self, channel: &str, caller: &Caller) -> Answer {
        let (refusal, answer) = if caller.has_credit {
            (Refusal::BadSignature, Answer::Unsigned)
        } else {
            (Refusal::Crowded, Answer::Crowded)
        };
        if let Some((door, _)) = self.doors.get(channel) {
            door.intake.refuse(refusal).await;
        }
        answer
    }
}

async fn judge<I: Intake>(hall: &Hall<I>, channel: &str, caller: &Caller, headers: &HeaderMap, body: Bytes) -> Answer {
    let known = hall.doors.get(channel).filter(|(door, _)| signature::is_valid(headers, &door.secrets, &body));
    let Some((door, flow)) = known else { return hall.refuse(channel, caller).await };
    hall.settle(caller);
    let now = hall.clock.now();
    if !flow.takes(now) {
        door.intake.refuse(Refusal::TooMany).await;
        return Answer::Crowded;
    }
    let read = inbound::read(&body, now);
    drop(body);
    take(door, read, now).await
}

/// What happens with a body that WAHA signed.
async fn take<I: Intake>(door: &Door<I>, read: Read, now: Moment) -> Answer {
    if read.session.as_ref().is_some_and(|session| *session != door.session) {
        door.intake.refuse(Refusal::OtherSession).await;
        return Answer::Done;
    }
    if read.is_presence {
        if let Some(typing) = read.typing.filter(|_| read.created.is_none_or(|created| created >= now.minus(PASSES))) {
            door.intake.typing(typing);
        }
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
