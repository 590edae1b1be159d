//! What the page can ask and do.

use std::io;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::{House, cast, changes, files, guard, page, stream, view};

/// The longest text taken, in characters.
const LONGEST: usize = 2000;

/// An answer without content, or why it was refused.
pub(crate) type Done = Result<StatusCode, (StatusCode, &'static str)>;

/// The page and what it needs.
pub(crate) fn routes(house: Arc<House>, port: u16) -> Router {
    Router::new()
        .merge(page::routes())
        .route("/api/state", get(state))
        .route("/api/events", get(stream::events))
        .route("/api/whatsapp", post(write_on_whatsapp))
        .route("/api/signal", post(write_on_signal))
        .route("/api/whatsapp/change", post(changes::on_whatsapp))
        .route("/api/signal/change", post(changes::on_signal))
        .route("/api/switch", post(switch))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .merge(files())
        .layer(from_fn_with_state(port, guard::guard))
        .with_state(house)
}

fn files() -> Router<Arc<House>> {
    Router::new()
        .route("/api/whatsapp/file", post(files::on_whatsapp))
        .route("/api/signal/file", post(files::on_signal))
        .route("/files/whatsapp/{id}", get(files::of_whatsapp))
        .route("/files/signal/{id}", get(files::of_signal))
        .layer(DefaultBodyLimit::max(files::LARGEST))
}

async fn state(State(house): State<Arc<House>>) -> Json<Value> {
    Json(view::snapshot(&house))
}

/// A message on the `WhatsApp` phone.
#[derive(Deserialize)]
struct OnWhatsApp {
    conversation: String,
    /// Who writes, as the chat with that person; nobody is the owner on the phone.
    speaker: Option<String>,
    text: String,
    quoted: Option<String>,
}

async fn write_on_whatsapp(State(house): State<Arc<House>>, Json(message): Json<OnWhatsApp>) -> Done {
    let (chat, text) = (&message.conversation, checked(&message.text)?);
    let chats = cast::chats();
    let known = chats.iter().find(|known| known.id == *chat).ok_or(refused("there is no such chat"))?;
    match &message.speaker {
        None => by_owner(&house, chat, text, message.quoted.as_deref()),
        Some(speaker) => {
            let mut people = known.people.iter();
            let person = people.find(|person| person.chat() == *speaker).ok_or(refused("nobody here has that name"))?;
            // Whoever answers has read what came before; in a group that takes everybody.
            if !known.group {
                house.waha.reads_all(chat);
            }
            cast::speak(&house.waha, chat, person, text, message.quoted.as_deref());
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

fn by_owner(house: &House, chat: &str, text: &str, quoted: Option<&str>) {
    let stanza = match quoted {
        Some(quoted) => house.waha.owner_replies(chat, text, quoted),
        None => house.waha.owner_says(chat, text),
    };
    house.waha.acks(chat, &stanza, 2);
}

/// A message on the Signal phone.
#[derive(Deserialize)]
struct OnSignal {
    /// The group; empty for the chat with the bridge itself.
    conversation: String,
    text: String,
    quoted: Option<String>,
}

async fn write_on_signal(State(house): State<Arc<House>>, Json(message): Json<OnSignal>) -> Done {
    let (group, text) = (message.conversation.as_str(), checked(&message.text)?);
    let signal = &house.signal;
    if !group.is_empty() && !signal.groups().iter().any(|known| known.id == group) {
        return Err(refused("there is no such conversation"));
    }
    let timestamp = message.quoted.and_then(|id| id.parse().ok());
    let quote = timestamp.and_then(|at| Some((at, signal.author_of(at)?)));
    match (group, quote) {
        ("", None) => signal.owner_says_direct(text),
        ("", Some((at, author))) => signal.owner_quotes_direct(text, at, &author),
        (group, None) => signal.owner_says(group, text),
        (group, Some((at, author))) => signal.owner_quotes(group, text, at, &author),
    };
    Ok(StatusCode::NO_CONTENT)
}

/// Something between the phones is started or stopped.
#[derive(Deserialize)]
struct Switch {
    part: Part,
    on: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Waha,
    SignalCli,
    Bridge,
}

async fn switch(State(house): State<Arc<House>>, Json(switch): Json<Switch>) -> Done {
    if !switch.on {
        turn_off(&house, &switch.part).await;
    } else if turn_on(&house, &switch.part).await.is_err() {
        return Err((StatusCode::INTERNAL_SERVER_ERROR, "it could not be started"));
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn turn_on(house: &House, part: &Part) -> io::Result<()> {
    match part {
        Part::Waha if !house.waha.is_running() => house.waha.restart().await,
        Part::SignalCli if !house.signal.is_running() => house.signal.restart().await,
        Part::Bridge => house.bridge.start().await,
        Part::Waha | Part::SignalCli => Ok(()),
    }
}

async fn turn_off(house: &House, part: &Part) {
    match part {
        Part::Waha => house.waha.stop().await,
        Part::SignalCli => house.signal.stop().await,
        Part::Bridge => house.bridge.kill().await,
    }
}

pub(crate) fn checked(text: &str) -> Result<&str, (StatusCode, &'static str)> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(refused("there is no text")),
        1..=LONGEST => Ok(text),
        _ => Err(refused("the text is too long")),
    }
}

pub(crate) fn refused(why: &'static str) -> (StatusCode, &'static str) {
    (StatusCode::UNPROCESSABLE_ENTITY, why)
}
