//! That Signal limits the bridge account, and what lifts the limit.

use super::span;
use crate::event::CaptchaAnswer;
use std::time::Duration;

/// The steps for whoever looks after the server.
pub const CAPTCHA_STEPS: &str = "Open https://signalcaptchas.org/challenge/generate.html, solve the captcha, copy the \
    address behind \"Open Signal\", and run: rialto captcha 'signalcaptcha://...'";

pub(super) fn limited(captcha: bool) -> String {
    let limited = "Signal limits how fast the bridge may send, and nothing came here for a while. Nothing is lost.";
    if !captcha {
        return format!("{limited} The bridge goes on by itself as soon as Signal lets it.");
    }
    format!(
        "{limited} Signal asks for a captcha: open https://signalcaptchas.org/challenge/generate.html in a browser, \
        solve it, copy the address behind \"Open Signal\", and write here: captcha signalcaptcha://… Without it the \
        bridge waits as long as Signal wants, which can be a day."
    )
}

pub(super) fn takes(after: Duration) -> String {
    format!("Signal had limited how fast the bridge may send, for {}. It is over; what waited comes now.", span(after))
}

pub(super) fn answered(answer: CaptchaAnswer) -> &'static str {
    match answer {
        CaptchaAnswer::Accepted => "Signal accepted the captcha. What waited comes now.",
        CaptchaAnswer::Rejected => {
            "Signal did not accept the captcha: it was too old, used before, or solved on another network. Get a fresh \
            one at https://signalcaptchas.org/challenge/generate.html and write it here at once."
        }
        CaptchaAnswer::NotAsked => "Signal asks for no captcha now. Nothing was done.",
        CaptchaAnswer::NotReached => {
            "The captcha could not be handed to Signal: signal-cli or Signal did not answer. Write it here again; if \
            that does not help, get a fresh one."
        }
    }
}
