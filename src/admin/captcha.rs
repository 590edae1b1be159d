//! `POST /captcha`: lifts Signal's limit on the bridge account, for `rialto captcha`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};

use super::Health;
use crate::bridge::{Channel, captcha};
use crate::event::CaptchaAnswer;
use crate::signal::Captcha;

/// What is asked. JSON, so that no web page can make a browser ask it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Solved {
    /// The address behind "Open Signal".
    pub captcha: Captcha,
    /// The channel whose bridge account is limited; needed only where several are.
    pub channel: Option<String>,
}

type Answer = (StatusCode, &'static str);

pub(super) async fn submit(State(health): State<Health>, Json(solved): Json<Solved>) -> Answer {
    let Some(captcha) = Captcha::parse(solved.captcha.reveal()) else {
        return (
            StatusCode::BAD_REQUEST,
            "this is no captcha: copy the whole address that begins with signalcaptcha://\n",
        );
    };
    match find(&health.channels, solved.channel.as_deref()) {
        Ok(channel) => words(captcha::submit(channel, &captcha).await),
        Err(answer) => answer,
    }
}

fn find<'a>(channels: &'a [Arc<Channel>], name: Option<&str>) -> Result<&'a Channel, Answer> {
    let wants = |channel: &&Arc<Channel>| channel.account.limit().is_some_and(|limit| limit.wants_captcha());
    let named = |channel: &&Arc<Channel>| name.is_none_or(|name| channel.name == name);
    let mut asked = channels.iter().filter(named).filter(wants);
    let first = asked.next().ok_or(words(CaptchaAnswer::NotAsked))?;
    if asked.all(|other| Arc::ptr_eq(&other.account, &first.account)) {
        return Ok(first);
    }
    Err((StatusCode::CONFLICT, "Signal limits several bridge accounts: name one by --channel\n"))
}

fn words(answer: CaptchaAnswer) -> Answer {
    match answer {
        CaptchaAnswer::Accepted => (StatusCode::OK, "Signal accepted the captcha; what waited is being sent\n"),
        CaptchaAnswer::Rejected => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "Signal did not accept the captcha: it was too old, used before, or solved on another network. Get a fresh one \
             at https://signalcaptchas.org/challenge/generate.html\n",
        ),
        CaptchaAnswer::NotAsked => (StatusCode::CONFLICT, "Signal asks for no captcha now; nothing was done\n"),
        CaptchaAnswer::NotReached => {
            (StatusCode::BAD_GATEWAY, "signal-cli or Signal did not answer; try again, then with a fresh captcha\n")
        }
    }
}
