//! Answers Signal's challenge with a captcha that a person has solved: typed in the control chat, or brought by the admin
//! listener. It passes through memory only.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::tell::{self, Say};
use crate::event::{CaptchaAnswer, Conversation, Notice, Typed, TypedBody};
use crate::signal::{Captcha, SignalError};

/// While one answer waits, another takes its place.
const NOTICE: &str = "captcha";

/// The captcha that the owner typed as `captcha signalcaptcha://…`, if that is what it is.
pub(super) fn typed(typed: &Typed) -> Option<Captcha> {
    let TypedBody::Text(text) = &typed.body else { return None };
    if typed.conversation != Conversation::Direct || typed.quote.is_some() {
        return None;
    }
    let (word, rest) = text.reveal().trim().split_once(char::is_whitespace)?;
    word.eq_ignore_ascii_case("captcha").then(|| Captcha::parse(rest)).flatten()
}

/// Submits it for the channel's bridge account. Accepted, it lets everything go on at once.
pub async fn submit(channel: &Channel, captcha: &Captcha) -> CaptchaAnswer {
    let limit = channel.account.limit();
    let Some(challenge) = limit.as_ref().and_then(|limit| limit.challenge()) else { return CaptchaAnswer::NotAsked };
    let answer = match channel.signal.submit_captcha(challenge, captcha).await {
        Ok(()) => CaptchaAnswer::Accepted,
        Err(SignalError::CaptchaRejected) => CaptchaAnswer::Rejected,
        Err(_) => CaptchaAnswer::NotReached,
    };
    tracing::info!(channel = %channel.name, ?answer, "a captcha was submitted");
    if answer == CaptchaAnswer::Accepted {
        channel.account.lift();
    }
    answer
}

/// Submits what the owner types until `stop`, and answers.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let mut typed = channel.captcha.subscribe();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            // The sender lives in the channel.
            _ = typed.changed() => {}
        }
        let captcha = typed.borrow_and_update().clone();
        let Some(captcha) = captcha else { continue };
        let notice = Notice::Captcha { answer: submit(channel, &captcha).await };
        let (id, now) = (channel.id, channel.clock.now());
        channel
            .insist(move |tx| {
                tx.drop_waiting(id, NOTICE)?;
                tell::owner(tx, Say::control(id, &notice).once(NOTICE), now).map(drop)
            })
            .await;
    }
}
